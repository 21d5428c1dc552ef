use core::time::Duration;

use svg::node::element::{Group, Line, Title};
use wirebeat::{ReadyState, Timestamp};

use super::pen::{colour, line, rect, text};
use super::timeline::Scale;
use crate::trace::entry::{Closing, Entry, Time, What};

/// Marks that are closer than this aren't told apart.
const MARK_WIDTH: f64 = 1.0;
/// A label needs so much room.
const LABEL_WIDTH: f64 = 46.0;

/// What one host's lane shows.
#[derive(Debug)]
pub(super) struct Lane {
    name: String,
    states: Vec<(Timestamp, ReadyState)>,
    sent: Marks,
    received: Marks,
    pongs: Vec<(f64, Duration)>,
    attempts: Marks,
    closings: Vec<(Timestamp, Closing)>,
    lost: u64,
    pings: u64,
}

/// Places of small marks, each once.
#[derive(Debug, Default)]
struct Marks(Vec<f64>);

impl Marks {
    fn add(&mut self, x: f64) {
        if self.0.last().is_none_or(|last| x - last >= MARK_WIDTH) {
            self.0.push(x);
        }
    }
}

impl Lane {
    pub(super) fn new(name: &str) -> Lane {
        Lane {
            name: name.into(),
            states: Vec::new(),
            sent: Marks::default(),
            received: Marks::default(),
            pongs: Vec::new(),
            attempts: Marks::default(),
            closings: Vec::new(),
            lost: 0,
            pings: 0,
        }
    }

    pub(super) fn see(&mut self, entry: &Entry, scale: &Scale) {
        let x = scale.x(entry.at);
        let is_shown = scale.has(entry.at);
        match &entry.what {
            // What was before the part that is shown decides how it begins.
            What::State(state) => self.states.push((entry.at, *state)),
            _ if !is_shown => {}
            What::Sent(..) => self.sent.add(x),
            What::Received(..) => self.received.add(x),
            What::Pong(Some(latency)) => self.pongs.push((x, *latency)),
            What::Ping => self.pings += 1,
            What::Dialing(..) => self.attempts.add(x),
            What::Closed(closing) => self.closings.push((entry.at, closing.clone())),
            What::Lost(count) => self.lost += *count as u64,
            _ => {}
        }
    }

    pub(super) fn draw(&self, scale: &Scale, top: f64, height: f64) -> Group {
        let (begin, end) = (scale.x(Timestamp::ZERO), scale.end());
        let middle = top + height * 0.46;
        let name = text(begin - 10.0, middle + 5.0, 12, colour::INK, self.name.clone())
            .set("text-anchor", "end")
            .set("font-weight", "bold");
        let ground = rect(begin, top + 1.0, end - begin, height - 2.0, colour::LANE);
        let mut lane = Group::new().add(ground).add(name);
        if self.states.is_empty() {
            // A server: its connections have states, not it.
            lane = lane.add(line((begin, middle), (end, middle), colour::CLOSED, 2.0));
        }
        for (index, (at, state)) in self.states.iter().enumerate() {
            let next = self.states.get(index + 1).map_or(end, |(next, _)| scale.x(*next));
            let (x, y, high) = (scale.x(*at), middle - 7.0, 14.0);
            let width = (next - x).max(0.0);
            let title = Title::new(format!("{state} at {at}"));
            lane = lane.add(rect(x, y, width, high, fill(*state)).add(title));
        }
        for (at, closing) in &self.closings {
            // Between two attempts it only waits.
            if let Some(wait) = closing.retry_in {
                let (x, next) = (scale.x(*at), scale.x(*at + wait));
                lane = lane.add(rect(x, middle - 7.0, next - x, 14.0, colour::WAITING));
            }
        }
        for x in &self.sent.0 {
            lane = lane.add(tick(*x, middle - 16.0, middle - 8.0, colour::SENT));
        }
        for x in &self.received.0 {
            lane = lane.add(tick(*x, middle + 8.0, middle + 16.0, colour::RECEIVED));
        }
        for x in &self.attempts.0 {
            let mark = text(*x, middle + 4.5, 11, colour::INK, "⟳");
            lane = lane.add(mark.set("text-anchor", "middle"));
        }
        lane.add(self.draw_pongs(top + height)).add(self.draw_closings(scale, middle))
    }

    /// A heart for each pong, and its latency where there's room.
    fn draw_pongs(&self, bottom: f64) -> Group {
        let mut pongs = Group::new();
        let mut free_from = f64::MIN;
        for (x, latency) in &self.pongs {
            let mark = match *x >= free_from {
                true => {
                    free_from = x + LABEL_WIDTH + 8.0;
                    format!("♥ {}", Time(*latency))
                }
                false if *x >= free_from - LABEL_WIDTH => continue,
                false => "♥".into(),
            };
            pongs = pongs.add(text(*x, bottom - 3.0, 9, colour::BEAT, mark));
        }
        pongs
    }

    /// A cross for each end, with its code, and the wait behind it.
    fn draw_closings(&self, scale: &Scale, middle: f64) -> Group {
        let mut closings = Group::new();
        let mut free_from = f64::MIN;
        for (at, closing) in &self.closings {
            let x = scale.x(*at);
            let title = Title::new(closing.to_string());
            let has_room = x >= free_from;
            let is_server = self.states.is_empty();
            let mark = match (has_room, is_server) {
                (true, false) => {
                    free_from = x + LABEL_WIDTH;
                    format!("✕ {}", closing.code)
                }
                (true, true) => {
                    free_from = x + 4.0;
                    "✕".into()
                }
                (false, _) => continue,
            };
            closings = closings.add(text(x - 3.0, middle - 17.0, 10, colour::INK, mark).add(title));
        }
        closings
    }
}

fn tick(x: f64, from: f64, to: f64, colour: &str) -> Line {
    line((x, from), (x, to), colour, 1.2)
}

fn fill(state: ReadyState) -> &'static str {
    match state {
        ReadyState::Connecting => colour::CONNECTING,
        ReadyState::Open => colour::OPEN,
        ReadyState::Closing => colour::CLOSING,
        ReadyState::Closed => colour::CLOSED,
    }
}

pub(super) fn axis_line(scale: &Scale, bottom: f64, left: f64) -> Line {
    line((left, bottom), (scale.end(), bottom), colour::FAINT, 1.0)
}
