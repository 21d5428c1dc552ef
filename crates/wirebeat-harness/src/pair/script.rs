//! What two ends say, and what the links between them do to it.

use core::time::Duration;

use wirebeat::{Config, Delivery, Heartbeat, Role};

use crate::exchange::{Pace, Sending};
use crate::source::Source;

/// Two ends, and what happens, in order.
#[derive(Clone, Debug)]
pub struct Script {
    /// The client's seed.
    pub seed: [u8; 32],
    /// Whether messages are handed over in pieces.
    pub pieces: bool,
    /// Whether the send queues are so small that messages are refused.
    pub small_queue: bool,
    /// Whether pings are sent while nothing is heard.
    pub heartbeat: bool,
    /// What happens.
    pub steps: Vec<Step>,
}

/// One thing that happens, to the end with this role or to what is on its way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The application sends, if the connection is open.
    Send(Role, Sending),
    /// The application closes, perhaps with a code.
    Close(Role, Option<u16>),
    /// The transport takes some of what waits.
    Take(Role, Pace),
    /// So many bytes arrive, in chunks of at most this length; behind the last, the end of them.
    Deliver(Role, usize, usize),
    /// A byte on its way is another.
    Corrupt(Role, usize, u8),
    /// Nothing more comes behind what is on its way.
    HalfClose(Role),
    /// The transport fails, and what is on its way to the end is gone.
    Lose(Role),
    /// Nothing more arrives, and nobody is told.
    BlackHole(Role),
    /// Time passes.
    Pass(Duration),
    /// Time passes until something is due.
    Deadline,
}

impl Script {
    /// The script that the bytes stand for. Every slice is one.
    #[must_use]
    pub fn draw(data: &[u8]) -> Script {
        let mut source = Source::new(data);
        let mut seed = [0; 32];
        seed[0] = source.byte();
        let choice = source.byte();
        let mut steps = Vec::new();
        // As a rule it opens; otherwise hardly any case would get that far.
        if choice & 0x30 != 0 {
            for role in [Role::Client, Role::Server] {
                steps.push(Step::Take(role, Pace { len: usize::MAX, how: 0 }));
                steps.push(Step::Deliver(role.peer(), usize::MAX, usize::MAX));
            }
        }
        while !source.is_empty() && steps.len() < 120 {
            steps.push(Step::draw(&mut source));
        }
        let has = |bit: u8| choice & bit != 0;
        Script { seed, pieces: has(1), small_queue: has(2), heartbeat: has(4), steps }
    }

    /// The configuration of both ends.
    #[must_use]
    pub fn config(&self) -> Config {
        let beat = Duration::from_secs(20);
        Config {
            delivery: match self.pieces {
                true => Delivery::Pieces { message_len_max: None, frame_len_max: None },
                false => Delivery::Whole,
            },
            send_queue_len_max: if self.small_queue { 300 } else { 1 << 20 },
            heartbeat: self.heartbeat.then(|| Heartbeat::pings(beat, beat)),
            ..Config::default()
        }
    }
}

impl Step {
    fn draw(source: &mut Source<'_>) -> Step {
        let choice = source.byte();
        let role = if choice & 1 == 0 { Role::Server } else { Role::Client };
        match choice >> 1 & 31 {
            0..=8 => Step::Send(role, Sending::draw(source)),
            9 => Step::Close(role, source.is_odd().then(|| 1000 + u16::from(source.below(16)))),
            10..=17 => Step::Take(role, Pace { len: 1 + source.len(), how: source.byte() }),
            18..=25 => Step::Deliver(role, source.len(), 1 + source.len()),
            26 => Step::Corrupt(role, source.byte().into(), source.byte()),
            27 => match source.below(4) {
                0 => Step::HalfClose(role),
                1 => Step::Lose(role),
                2 => Step::BlackHole(role),
                _ => Step::Deadline,
            },
            28 => Step::Pass(Duration::from_millis(source.number().into())),
            29 => Step::Deadline,
            30 => Step::Take(role, Pace { len: usize::MAX, how: 0 }),
            _ => Step::Deliver(role, usize::MAX, usize::MAX),
        }
    }
}
