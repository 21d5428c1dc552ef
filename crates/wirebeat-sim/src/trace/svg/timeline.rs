use svg::Document;
use svg::node::element::Group;
use wirebeat::Timestamp;

use super::lane::{self, Lane};
use super::pen::{axis_label, axis_step, colour, line, page, rect, text};
use crate::fault::{Event, Fault, Hosts};
use crate::host::HostId;
use crate::sim::Sim;

const WIDTH: f64 = 1280.0;
const LEFT: f64 = 120.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 84.0;
const LANE_HEIGHT: f64 = 58.0;
const LEGEND_LINE: f64 = 18.0;

/// What a timeline shows.
#[derive(Clone, Debug)]
pub struct TimelineOptions {
    /// What stands on top.
    pub title: String,
    /// How many hosts it shows at most; 24.
    pub hosts_max: usize,
    /// The part of the run, by the simulation's clock; all of it.
    pub span: Option<(Timestamp, Timestamp)>,
}

impl Default for TimelineOptions {
    fn default() -> TimelineOptions {
        TimelineOptions { title: "wirebeat sim".into(), hosts_max: 24, span: None }
    }
}

/// Where a time lies in the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    begin: f64,
    end: f64,
}

impl Scale {
    pub(super) fn x(&self, at: Timestamp) -> f64 {
        let share = (seconds(at) - self.begin) / (self.end - self.begin);
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    pub(super) fn has(&self, at: Timestamp) -> bool {
        (self.begin..=self.end).contains(&seconds(at))
    }

    pub(super) fn end(&self) -> f64 {
        WIDTH - RIGHT
    }
}

#[allow(clippy::cast_precision_loss, reason = "a picture has no nanoseconds")]
fn seconds(at: Timestamp) -> f64 {
    at.as_nanos() as f64 / 1e9
}

/// The entries that were [kept](Sim::keep_trace) as a picture: a lane for each host, with its state,
/// messages, pings, retries, and the faults that it met.
#[must_use]
pub fn timeline_svg(sim: &Sim, options: &TimelineOptions) -> String {
    let last = sim.entries().last().map_or(sim.now(), |entry| entry.at);
    let (begin, end) = options.span.unwrap_or((Timestamp::ZERO, last));
    let scale = Scale { begin: seconds(begin), end: seconds(end).max(seconds(begin) + 0.001) };
    let shown: Vec<HostId> = sim.host_ids().take(options.hosts_max).collect();
    let hidden = sim.host_ids().count() - shown.len();
    #[allow(clippy::cast_precision_loss, reason = "there are few lanes")]
    let lane_top = |index: usize| TOP + LANE_HEIGHT * index as f64;
    let bottom = lane_top(shown.len());

    let mut picture = page().add(head(sim, options)).add(axis(&scale, bottom));
    let mut lanes: Vec<Lane> = shown.iter().map(|host| Lane::new(sim.name_of(*host))).collect();
    for entry in sim.entries() {
        if let Some(lane) = lanes.get_mut(entry.host.index()) {
            lane.see(entry, &scale);
        }
    }
    for (index, lane) in lanes.iter().enumerate() {
        picture = picture.add(lane.draw(&scale, lane_top(index), LANE_HEIGHT));
    }
    let events: Vec<&Event> =
        sim.script.events().iter().filter(|event| scale.has(Timestamp::ZERO + event.at)).collect();
    for (index, event) in events.iter().enumerate() {
        for (lane, host) in shown.iter().enumerate() {
            if concerns(event, sim, *host) {
                picture = picture.add(band(event, index, &scale, lane_top(lane)));
            }
        }
    }
    let mut y = bottom + 44.0;
    if hidden > 0 {
        let more = format!("and {hidden} more hosts, which aren't shown");
        picture = picture.add(text(LEFT, bottom + 34.0, 12, colour::FAINT, more));
        y += LEGEND_LINE;
    }
    for (index, event) in events.iter().enumerate() {
        let what = format!("{}  {event}", index + 1);
        picture = picture.add(text(LEFT, y, 12, colour::FAULT, what));
        y += LEGEND_LINE;
    }
    let document = Document::new()
        .set("viewBox", (0, 0, WIDTH, y + 12.0))
        .set("width", WIDTH)
        .set("height", y + 12.0)
        .add(rect(0.0, 0.0, WIDTH, y + 12.0, "white"))
        .add(picture);
    document.to_string()
}

/// Whether a fault is one of this host's.
fn concerns(event: &Event, sim: &Sim, host: HostId) -> bool {
    let name = sim.name_of(host);
    let one = |hosts: &Hosts| match hosts {
        Hosts::One(host) => host == name,
        Hosts::All => false,
    };
    match &event.fault {
        Fault::Silence { from, to, .. }
        | Fault::Delay { from, to, .. }
        | Fault::Corrupt { from, to, .. } => {
            one(from) || one(to) || (*from == Hosts::All && *to == Hosts::All)
        }
        Fault::RestartFleet { .. } => {
            sim.world.hosts.get(host.index()).is_some_and(|machine| machine.listens)
        }
        fault => fault.names().contains(&name),
    }
}

/// The number of a fault, and how long it lasts.
fn band(event: &Event, index: usize, scale: &Scale, top: f64) -> Group {
    let at = Timestamp::ZERO + event.at;
    let (begin, end) = (scale.x(at), scale.x(at + event.fault.time().unwrap_or_default()));
    let shade = rect(begin, top + 1.0, (end - begin).max(1.5), LANE_HEIGHT - 2.0, colour::FAULT)
        .set("fill-opacity", 0.13);
    let edge = line((begin, top + 1.0), (begin, top + LANE_HEIGHT - 1.0), colour::FAULT, 1.5);
    let number = text(begin + 3.0, top + 11.0, 10, colour::FAULT, (index + 1).to_string())
        .set("font-weight", "bold");
    Group::new().add(shade).add(edge).add(number)
}

fn head(sim: &Sim, options: &TimelineOptions) -> Group {
    let counts = sim.counts();
    let sums = format!(
        "seed {} · {} hosts · {} attempts, {} opened · {} messages sent, {} received, {} lost · \
         {} pings · hash {:016x}",
        sim.seed(),
        sim.host_ids().count(),
        counts.attempts,
        counts.opened,
        counts.messages_sent,
        counts.messages_received,
        counts.messages_lost,
        counts.pings,
        sim.hash(),
    );
    let title = text(LEFT, 24.0, 17, colour::INK, options.title.clone());
    let mut head = Group::new().add(title.set("font-weight", "bold")).add(text(
        LEFT,
        42.0,
        12,
        colour::FAINT,
        sums,
    ));
    let mut x = LEFT;
    for (what, colour, width) in [
        ("CONNECTING", colour::CONNECTING, 112.0),
        ("waits to retry", colour::WAITING, 112.0),
        ("OPEN", colour::OPEN, 72.0),
        ("CLOSING", colour::CLOSING, 88.0),
        ("CLOSED", colour::CLOSED, 84.0),
    ] {
        head = head.add(rect(x, 51.0, 18.0, 10.0, colour)).add(text(
            x + 23.0,
            60.0,
            11,
            colour::INK,
            what,
        ));
        x += width;
    }
    for (mark, what, colour, width) in [
        ("╵", "sent, above", colour::SENT, 86.0),
        ("╷", "received, below", colour::RECEIVED, 108.0),
        ("♥", "pong, with its latency", colour::BEAT, 152.0),
        ("⟳", "an attempt begins", colour::INK, 122.0),
        ("✕", "closed", colour::INK, 60.0),
        ("▌", "fault", colour::FAULT, 0.0),
    ] {
        head = head.add(text(x, 60.0, 11, colour, mark)).add(text(
            x + 13.0,
            60.0,
            11,
            colour::INK,
            what,
        ));
        x += width + 14.0;
    }
    head
}

fn axis(scale: &Scale, bottom: f64) -> Group {
    let mut axis = Group::new();
    let step = axis_step(scale.end - scale.begin, 14.0);
    let mut at = (scale.begin / step).ceil() * step;
    while at <= scale.end {
        let x = LEFT + (at - scale.begin) / (scale.end - scale.begin) * (WIDTH - LEFT - RIGHT);
        let label = text(x, bottom + 15.0, 11, colour::FAINT, axis_label(at));
        axis = axis
            .add(line((x, TOP - 4.0), (x, bottom + 3.0), colour::RULE, 1.0))
            .add(label.set("text-anchor", "middle"));
        at += step;
    }
    axis.add(lane::axis_line(scale, bottom, LEFT))
}
