//! Calls in any order, as a fuzzer's bytes want them.

use core::time::Duration;

use wirebeat::{Config, Delivery, Heartbeat, Kind, Role};

use crate::exchange::Ownership;
use crate::frame::Frame;
use crate::source::Source;

/// The length of the message that an application's heartbeat sends. Nothing else is that long, so
/// that it can be told apart.
pub const BEAT_LEN: usize = 7;

/// A connection, and what is done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The role.
    pub role: Role,
    /// Whether it's open from the start.
    pub established: bool,
    /// Limits and times.
    pub settings: Settings,
    /// The calls.
    pub ops: Vec<Op>,
    /// How it comes to its end.
    pub finish: Finish,
}

/// Limits and times of a connection, some of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Limits that are soon reached.
    pub small: bool,
    /// Deadlines of some milliseconds.
    pub short: bool,
    /// Messages are handed over in pieces.
    pub pieces: bool,
    /// The heartbeat sends messages.
    pub beats: bool,
    /// Neither a heartbeat nor timeouts that may be left out.
    pub patient: bool,
}

/// How a scenario comes to its end, after its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The transport takes all, and the peer ends it.
    Eof,
    /// The transport fails.
    Lost,
    /// The application closes, and only time passes.
    Close,
    /// Only time passes.
    Silence,
}

/// One call, or a few that belong together.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Bytes arrive.
    Bytes(Vec<u8>),
    /// A frame arrives.
    Frame(Frame),
    /// So many pings arrive at once.
    Pings(u8),
    /// The peer's half of the opening handshake arrives; not always a good one.
    Head(u8),
    /// The application asks for at most so many events.
    Receive(u8),
    /// Bytes are read into a message, if one is there to be read into.
    ReadInto(usize),
    /// The transport takes at most so many bytes.
    Write(usize),
    /// At most so many bytes are taken out.
    Take(usize),
    /// The transport takes so many of the bytes that were taken out.
    Taken(usize),
    /// The transport says that it took more than there is.
    WriteAllAndMore(usize),
    /// The application calls.
    Call(Call),
    /// Time passes, in milliseconds, and nobody says so.
    Advance(u16),
    /// The driver says what time it is, now or some milliseconds ago.
    Timeout(u16),
    /// The driver says that it's as early as can be, in every call that does nothing else.
    Backwards,
    /// The driver wakes at the next deadline.
    Deadline,
    /// The peer ends its side of the transport.
    Eof,
    /// The transport fails.
    Lost,
    /// The application begins or ceases to read.
    Reading(bool),
    /// The transport takes no bytes.
    Blocked,
    /// Calls that have nothing to do.
    Idle,
}

/// One call of the application's.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// A message.
    Send(Kind, usize, Ownership),
    /// So many small messages.
    SendMany(u8),
    /// A fragment; the bytes of text may be cut anywhere.
    Fragment {
        /// The kind of the message that begins, if one does.
        first: Option<Kind>,
        /// The payload.
        payload: Vec<u8>,
        /// Whether the message ends.
        fin: bool,
    },
    /// A ping.
    Ping(usize),
    /// The application closes, perhaps with a code.
    Close(Option<u16>),
    /// A server's application accepts the request.
    Accept,
    /// A server's application answers otherwise.
    Respond,
}

impl Scenario {
    /// A scenario of a fuzzer's choice.
    #[must_use]
    pub fn draw(data: &[u8]) -> Scenario {
        let mut source = Source::new(data);
        let choice = source.byte();
        let role = if choice & 1 == 0 { Role::Server } else { Role::Client };
        let finish = match choice >> 2 & 3 {
            0 => Finish::Eof,
            1 => Finish::Lost,
            2 => Finish::Close,
            _ => Finish::Silence,
        };
        let established = choice & 2 == 0;
        let settings = Settings::draw(&mut source);
        // As a rule it opens; otherwise hardly any case would get that far.
        let opens = !established && choice & 0x30 != 0;
        let mut ops =
            if opens { vec![Op::Head(u8::MAX), Op::Call(Call::Accept)] } else { Vec::new() };
        let mut in_message = false;
        while !source.is_empty() && ops.len() < 200 {
            ops.push(Op::draw(&mut source, role, &mut in_message));
        }
        Scenario { role, established, settings, ops, finish }
    }
}

impl Settings {
    fn draw(source: &mut Source<'_>) -> Settings {
        let choice = source.byte();
        let has = |bit: u8| choice & bit != 0;
        Settings {
            small: has(1),
            short: has(2),
            pieces: has(4),
            beats: has(8),
            patient: choice & 0x30 == 0x30,
        }
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        if self.small {
            config.head_len_max = 600;
            config.message_len_max = 1000;
            config.frame_len_max = 600;
            config.send_queue_len_max = 1000;
        }
        let mut beat = Duration::from_secs(20);
        if self.short {
            beat = Duration::from_millis(60);
            config.open_timeout = Some(Duration::from_millis(50));
            config.close_timeout = Duration::from_millis(40);
            config.linger = Duration::ZERO;
            config.write_stall_timeout = Some(Duration::from_millis(30));
        }
        if self.pieces {
            let max = self.small.then_some(600);
            config.delivery = Delivery::Pieces { message_len_max: max, frame_len_max: max };
        }
        config.heartbeat = Some(if self.beats {
            Heartbeat::messages(beat, beat, "b".repeat(BEAT_LEN), None)
        } else {
            Heartbeat::pings(beat, beat)
        });
        if self.patient {
            config.heartbeat = None;
            config.open_timeout = None;
            config.write_stall_timeout = None;
        }
        config
    }
}

impl Op {
    /// A call of a fuzzer's choice. Those that keep the connection alive are the likelier ones.
    fn draw(source: &mut Source<'_>, role: Role, in_message: &mut bool) -> Op {
        match source.below(64) {
            0 => {
                let len = usize::from(source.below(20));
                Op::Bytes(source.slice(len).to_vec())
            }
            1 => Op::Head(source.byte()),
            2 => Op::Pings(source.below(40)),
            3..=16 => Op::Frame(Frame::draw(source, role, in_message)),
            17..=18 => Op::Receive(source.below(4)),
            19..=20 => Op::ReadInto(source.number().into()),
            21..=27 => Op::Write(source.len()),
            28..=30 => Op::Take(source.len()),
            31..=33 => Op::Taken(source.len()),
            34 => Op::WriteAllAndMore(source.len()),
            35..=39 => Op::Call(Call::draw_send(source)),
            40 => Op::Call(Call::SendMany(source.below(70))),
            41..=45 => Op::Call(Call::draw_fragment(source)),
            46..=47 => Op::Call(Call::Ping(usize::from(source.byte() / 2))),
            48 => Op::Call(Call::Close(match source.byte() {
                0..=99 => None,
                byte => Some(995 + u16::from(byte - 100) % 22),
            })),
            49..=51 => Op::Call(Call::Accept),
            52 => Op::Call(Call::Respond),
            53..=54 => Op::Advance(source.number() % 60_000),
            55 => Op::Advance(source.byte().into()),
            56 => Op::Timeout(0),
            57 => Op::Timeout(source.byte().into()),
            58 => Op::Deadline,
            59 => match source.below(8) {
                0 => Op::Lost,
                1 => Op::Eof,
                _ => Op::Deadline,
            },
            60 => Op::Reading(source.is_odd()),
            61 => Op::Blocked,
            62.. => Op::Idle,
        }
    }
}

impl Call {
    fn draw_send(source: &mut Source<'_>) -> Call {
        let kind = if source.is_odd() { Kind::Text } else { Kind::Binary };
        let ownership = match source.below(4) {
            0 => Ownership::Borrowed,
            1 => Ownership::Owned,
            2 => Ownership::Shared,
            _ => Ownership::Prepared,
        };
        Call::Send(kind, not_a_beat(source.len()), ownership)
    }

    fn draw_fragment(source: &mut Source<'_>) -> Call {
        let choice = source.byte();
        let first = match choice & 3 {
            0 => Some(Kind::Text),
            1 => Some(Kind::Binary),
            _ => None,
        };
        let mut payload = "aé€😀".as_bytes().repeat(not_a_beat(source.len()) / 10 + 1);
        payload.truncate(not_a_beat(payload.len() - usize::from(choice >> 4 & 7)));
        Call::Fragment { first, payload, fin: choice & 4 != 0 }
    }
}

fn not_a_beat(len: usize) -> usize {
    if len == BEAT_LEN { BEAT_LEN - 1 } else { len }
}
