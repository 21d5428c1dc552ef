//! What happens to a session, drawn from bytes.

use core::time::Duration;

use wirebeat::DialError;

use crate::source::Source;

/// A session, and what happens to it.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// How the session is set up.
    pub setup: Setup,
    /// What happens, in order.
    pub faults: Vec<Fault>,
}

/// How a session is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The session's seed.
    pub seed: [u8; 32],
    /// Whether it asks for each target.
    pub asks: bool,
    /// How many messages its greeting has.
    pub greetings: u8,
    /// The send queue's limit, in bytes.
    pub send_queue_len_max: usize,
    /// The outbox's limits: bytes, and messages.
    pub outbox: (usize, usize),
    /// A fixed delay instead of the default.
    pub fixed: Option<Duration>,
    /// Application messages as a heartbeat, instead of pings.
    pub beats_by_message: bool,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The application sends a message of this length, or a little longer.
    Send(usize),
    /// It sends one that lives so long.
    SendFor(usize, Duration),
    /// It sends one in two fragments.
    SendFragments(usize),
    /// It says where the attempt leads.
    Answer,
    /// The driver brings the transport that is wanted.
    Dialed,
    /// All that leads to an open connection, if one is wanted.
    Open,
    /// The driver can bring no transport.
    DialFailed(DialError),
    /// The transport takes so many bytes.
    Write(usize),
    /// A writer takes out so many bytes, and the transport takes some of them.
    TakeOut(usize, usize),
    /// The transport takes none.
    Blocked,
    /// So many bytes of what the server sent arrive.
    Deliver(usize),
    /// The server answers the handshake with this status, and perhaps `Retry-After`.
    Refuse(u16, Option<u16>),
    /// The server sends a message.
    ServerSends(usize),
    /// The server closes.
    ServerCloses(u16),
    /// The server sends what it may not.
    ServerBreaks,
    /// The transport is lost.
    Lost,
    /// The server's side ends.
    Eof,
    /// From here on the transport swallows all that is written, and brings nothing.
    BlackHole,
    /// Time passes.
    Pass(Duration),
    /// Time passes until something is due.
    PassToDeadline,
    /// All calls that belong to an attempt that is over.
    Stale(u64),
    /// The host goes offline.
    Offline,
    /// The host comes online.
    Online,
    /// The host wakes up after so long.
    Resumed(Duration),
    /// The application stops or goes on reading.
    Reading(bool),
    /// The application wants a new connection.
    Reconnect,
    /// The application closes.
    Close,
}

impl Schedule {
    /// The schedule that the bytes stand for. Every slice is one.
    #[must_use]
    pub fn draw(bytes: &[u8]) -> Schedule {
        let mut source = Source::new(bytes);
        let setup = Setup::draw(&mut source);
        let mut faults = Vec::new();
        while !source.is_empty() {
            faults.push(Fault::draw(&mut source));
        }
        Schedule { setup, faults }
    }
}

impl Setup {
    fn draw(source: &mut Source<'_>) -> Setup {
        let mut seed = [0; 32];
        seed[0] = source.byte();
        let flags = source.byte();
        Setup {
            seed,
            asks: flags & 1 != 0,
            greetings: (flags >> 1) & 3,
            send_queue_len_max: if flags & 8 == 0 { 1 << 20 } else { 60 },
            outbox: if flags & 16 == 0 { (1 << 20, 1024) } else { (50, 4) },
            fixed: (flags & 32 != 0).then_some(Duration::from_secs(3)),
            beats_by_message: flags & 64 != 0,
        }
    }
}

impl Fault {
    fn draw(source: &mut Source<'_>) -> Fault {
        let len = |source: &mut Source<'_>| usize::from(source.byte() % 40);
        let some = |source: &mut Source<'_>| match source.byte() {
            all @ 128.. => usize::from(all) * 100,
            few => usize::from(few),
        };
        let millis = |source: &mut Source<'_>| Duration::from_millis(source.number().into());
        match source.below(40) {
            0..=5 => Fault::Send(len(source)),
            6 => Fault::SendFor(len(source), millis(source)),
            7 => Fault::SendFragments(len(source)),
            8 => Fault::Answer,
            9..=10 => Fault::Dialed,
            11..=13 => Fault::Open,
            14 => Fault::DialFailed(dial_error(source)),
            15..=18 => Fault::Write(some(source)),
            19 => Fault::TakeOut(some(source), some(source)),
            20 => Fault::Blocked,
            21..=24 => Fault::Deliver(some(source)),
            25 => Fault::Refuse(status(source), source.is_odd().then(|| source.number())),
            26 => Fault::ServerSends(len(source)),
            27 => Fault::ServerCloses(code(source)),
            28 => Fault::ServerBreaks,
            29 => Fault::Lost,
            30 => Fault::Eof,
            31 => Fault::BlackHole,
            32 => Fault::Pass(millis(source)),
            33..=34 => Fault::PassToDeadline,
            35 => Fault::Stale(u64::from(source.byte() % 4)),
            36 => match source.below(4) {
                0 => Fault::Offline,
                1 | 2 => Fault::Online,
                _ => Fault::Resumed(millis(source) * 60),
            },
            37 => Fault::Reading(source.is_odd()),
            38 => Fault::Reconnect,
            _ => match source.below(4) {
                0 => Fault::Close,
                _ => Fault::PassToDeadline,
            },
        }
    }
}

fn dial_error(source: &mut Source<'_>) -> DialError {
    match source.below(4) {
        0 => DialError::Name,
        1 => DialError::Timeout,
        2 => DialError::Certificate,
        _ => DialError::Refused,
    }
}

fn status(source: &mut Source<'_>) -> u16 {
    match source.below(4) {
        0 => 401,
        1 => 429,
        2 => 500,
        _ => 503,
    }
}

fn code(source: &mut Source<'_>) -> u16 {
    match source.below(8) {
        0 => 1000,
        1 => 1001,
        2 => 1008,
        3 => 1011,
        4 | 5 => 1012,
        6 => 1013,
        _ => 4000,
    }
}
