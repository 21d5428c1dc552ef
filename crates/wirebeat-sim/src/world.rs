use core::time::Duration;

use wirebeat::Timestamp;

use crate::check::{Model, Violation};
use crate::host::HostId;
use crate::link::Link;
use crate::net::{Condition, Socket, Wires};
use crate::queue::{Due, Queue};
use crate::rng::Rng;
use crate::timer::Timer;
use crate::trace::{Trace, What};

/// What hosts' clocks show when the simulation's shows zero, so that they can be put back: a day.
pub(crate) const CLOCK_START: Duration = Duration::from_secs(24 * 3600);

/// So many things don't happen at one time but to hosts that wake each other up for ever.
const STEPS_MAX: u64 = 10_000_000;

/// All of a simulation but the code of its hosts.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) now: Timestamp,
    pub(crate) queue: Queue,
    pub(crate) hosts: Vec<Machine>,
    pub(crate) wires: Wires,
    pub(crate) condition: Condition,
    pub(crate) trace: Trace,
    pub(crate) model: Model,
    /// The network's randomness.
    pub(crate) rng: Rng,
    /// The first thing that went wrong, and where.
    pub(crate) violation: Option<(Timestamp, HostId, Violation)>,
    /// When the last fault that began is over.
    pub(crate) faults_end: Timestamp,
    /// How many things happened.
    pub(crate) steps: u64,
    /// How many had when the time last went on.
    steps_before: u64,
}

/// What the simulation knows of a host.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) link: Link,
    pub(crate) rng: Rng,
    pub(crate) timer: Timer,
    /// Whether it accepts connections.
    pub(crate) listens: bool,
    /// Whether its process runs.
    pub(crate) is_up: bool,
    /// What waits until the host goes on, if it stands still.
    pub(crate) stopped: Option<Stopped>,
    /// What its clock shows beyond the simulation's.
    pub(crate) clock_ahead: u64,
    /// How far its clock was put back, in all.
    pub(crate) put_back: Duration,
}

/// A host that stands still.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) until: Timestamp,
    /// Whether the machine slept, which it notices.
    pub(crate) is_asleep: bool,
    pub(crate) waiting: Vec<Due>,
}

impl World {
    pub(crate) fn new(seed: u64) -> World {
        World {
            seed,
            now: Timestamp::ZERO,
            queue: Queue::default(),
            hosts: Vec::new(),
            wires: Wires::default(),
            condition: Condition::default(),
            trace: Trace::new(),
            model: Model::default(),
            rng: Rng::new(seed, u64::MAX),
            violation: None,
            faults_end: Timestamp::ZERO,
            steps: 0,
            steps_before: 0,
        }
    }

    /// Something happens at this time.
    pub(crate) fn pass_to(&mut self, at: Timestamp) {
        self.steps += 1;
        if at > self.now {
            self.now = at;
            self.steps_before = self.steps;
        } else if self.steps - self.steps_before > STEPS_MAX {
            let what = format!("{STEPS_MAX} things happened at {}", self.now);
            self.violate(HostId(0), Violation::new("time goes on", what));
        }
    }

    pub(crate) fn add_host(&mut self, name: String, link: Link) -> HostId {
        let id = HostId(u32::try_from(self.hosts.len()).unwrap_or(u32::MAX));
        let rng = Rng::new(self.seed, u64::from(id.0));
        let clock_ahead = u64::try_from(CLOCK_START.as_nanos()).unwrap_or(0);
        self.hosts.push(Machine {
            name,
            link,
            rng,
            timer: Timer::default(),
            listens: false,
            is_up: true,
            stopped: None,
            clock_ahead,
            put_back: Duration::ZERO,
        });
        self.queue.push(self.now, Due::Start(id));
        id
    }

    pub(crate) fn name_of(&self, host: HostId) -> &str {
        self.hosts.get(host.index()).map_or("", |machine| &machine.name)
    }

    pub(crate) fn trace(&mut self, host: HostId, what: What) {
        self.trace.record(self.now, host, what);
    }

    pub(crate) fn violate(&mut self, host: HostId, violation: Violation) {
        if self.violation.is_none() {
            self.trace(host, What::Violation(violation.to_string()));
            self.violation = Some((self.now, host, violation));
        }
    }

    /// A fault is over at this time, by what comes of it.
    pub(crate) fn fault_until(&mut self, at: Timestamp, due: Due) {
        self.faults_end = self.faults_end.max(at);
        self.queue.push(at, due);
    }

    /// The time by a host's clock.
    pub(crate) fn local_now(&self, host: HostId) -> Timestamp {
        let ahead = self.hosts.get(host.index()).map_or(0, |machine| machine.clock_ahead);
        Timestamp::from_nanos(self.now.as_nanos().saturating_add(ahead))
    }

    /// When a host's clock shows this time; not before now.
    fn when(&self, host: HostId, local: Timestamp) -> Timestamp {
        let ahead = self.hosts.get(host.index()).map_or(0, |machine| machine.clock_ahead);
        self.now.max(Timestamp::from_nanos(local.as_nanos().saturating_sub(ahead)))
    }

    pub(crate) fn set_host_timer(&mut self, host: HostId, deadline: Option<Timestamp>) {
        let due = deadline.map(|deadline| self.when(host, deadline));
        let Some(machine) = self.hosts.get_mut(host.index()) else { return };
        machine.timer.deadline = deadline;
        if let Some(at) = due
            && machine.timer.armed.is_none_or(|armed| at < armed)
        {
            machine.timer.armed = Some(at);
            self.queue.push(at, Due::HostTimer(host));
        }
    }

    pub(crate) fn set_socket_timer(
        &mut self,
        host: HostId,
        socket: Socket,
        deadline: Option<Timestamp>,
    ) {
        let due = deadline.map(|deadline| self.when(host, deadline));
        let Some(timer) = self.wires.timer(socket) else { return };
        timer.deadline = deadline;
        if let Some(at) = due
            && timer.armed.is_none_or(|armed| at < armed)
        {
            timer.armed = Some(at);
            self.queue.push(at, Due::SocketTimer(socket));
        }
    }

    /// Whether the host's timer has run out; otherwise it's set again.
    pub(crate) fn take_host_timer(&mut self, host: HostId) -> bool {
        let (now, local) = (self.now, self.local_now(host));
        let Some(machine) = self.hosts.get_mut(host.index()) else { return false };
        // A host that stood still comes to its timers late.
        if machine.timer.armed.is_none_or(|armed| armed > now) {
            return false;
        }
        machine.timer.armed = None;
        match machine.timer.deadline {
            Some(deadline) if deadline <= local => {
                machine.timer.deadline = None;
                true
            }
            deadline => {
                self.set_host_timer(host, deadline);
                false
            }
        }
    }

    /// Whether the socket's timer has run out; otherwise it's set again.
    pub(crate) fn take_socket_timer(&mut self, socket: Socket) -> bool {
        let now = self.now;
        let Some(host) = self.host_of(socket) else { return false };
        let local = self.local_now(host);
        let Some(timer) = self.wires.timer(socket) else { return false };
        if timer.armed.is_none_or(|armed| armed > now) {
            return false;
        }
        timer.armed = None;
        match timer.deadline {
            Some(deadline) if deadline <= local => {
                timer.deadline = None;
                true
            }
            deadline => {
                self.set_socket_timer(host, socket, deadline);
                false
            }
        }
    }

    /// Puts a host's clock forward or back. Its timers follow.
    pub(crate) fn turn_clock(&mut self, host: HostId, by: Duration, is_forward: bool) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let Some(machine) = self.hosts.get_mut(host.index()) else { return };
        if is_forward {
            machine.clock_ahead = machine.clock_ahead.saturating_add(nanos);
        } else {
            machine.clock_ahead = machine.clock_ahead.saturating_sub(nanos);
            machine.put_back += by;
        }
        let deadline = machine.timer.deadline;
        self.set_host_timer(host, deadline);
        for socket in self.wires.held_by(host) {
            if let Some(deadline) = self.wires.timer(socket).map(|timer| timer.deadline) {
                self.set_socket_timer(host, socket, deadline);
            }
        }
    }

    /// The host that an end of a transport belongs to.
    pub(crate) fn host_of(&self, socket: Socket) -> Option<HostId> {
        Some(self.wires.get(socket)?.end(socket.side).host)
    }

    /// The host that something happens to.
    pub(crate) fn host_of_due(&self, due: Due) -> Option<HostId> {
        match due {
            Due::Start(host) | Due::HostTimer(host) => Some(host),
            Due::SocketTimer(socket)
            | Due::Knock(socket)
            | Due::Answer(socket)
            | Due::Arrive(socket)
            | Due::Room(socket)
            | Due::Lost(socket) => self.host_of(socket),
            Due::Online(host) => Some(host),
            Due::Resume(_) | Due::Gone(_) | Due::Restart(..) | Due::Heal | Due::Fault(_) => None,
        }
    }
}
