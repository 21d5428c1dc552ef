use core::any::Any;
use core::fmt;
use core::time::Duration;

use wirebeat::{DialError, Timestamp};

use crate::check::Violation;
use crate::fault::Script;
use crate::host::{Host, HostId, Net, Signal};
use crate::link::Link;
use crate::net::{Readable, Side, Socket};
use crate::queue::Due;
use crate::trace::{Counts, Entry, What};
use crate::world::World;

/// A simulation: hosts, the network between them, and a clock that goes from one thing that happens
/// to the next.
///
/// The same seed, hosts and script give the same run, to the byte: [`hash`](Sim::hash) tells.
///
/// ```
/// use core::time::Duration;
/// use wirebeat_sim::{Client, Echo, Link, Server, Sim, Talk};
///
/// let run = |seed| {
///     let mut sim = Sim::new(seed);
///     let server = sim.add_host("server", Link::default(), Server::new(Echo));
///     let talk = Talk::every(Duration::from_secs(1));
///     sim.add_host("client", Link::default(), Client::new([server], talk));
///     sim.run_for(Duration::from_secs(3600));
///     assert!(sim.violation().is_none() && sim.counts().messages_received > 7000);
///     sim.hash()
/// };
/// assert_eq!(run(1), run(1));
/// assert_ne!(run(1), run(2));
/// ```
pub struct Sim {
    pub(crate) world: World,
    pub(crate) hosts: Vec<Option<Box<dyn Host>>>,
    pub(crate) script: Script,
    chunk: Vec<u8>,
}

impl Sim {
    /// A simulation without hosts, whose randomness is this seed's.
    #[must_use]
    pub fn new(seed: u64) -> Sim {
        Sim {
            world: World::new(seed),
            hosts: Vec::new(),
            script: Script::default(),
            chunk: Vec::new(),
        }
    }

    /// Adds a host, which starts at once. The names of all hosts should differ: scripts name them.
    pub fn add_host(&mut self, name: impl Into<String>, link: Link, host: impl Host) -> HostId {
        self.hosts.push(Some(Box::new(host)));
        self.world.add_host(name.into(), link)
    }

    /// Keeps all entries, for [`entries`](Sim::entries) and the pictures of them.
    pub fn keep_trace(&mut self) {
        self.world.trace.keep();
    }

    /// Gives every entry to a function, as it happens.
    pub fn on_entry(&mut self, sink: impl FnMut(&Entry) + 'static) {
        self.world.trace.set_sink(Box::new(sink));
    }

    /// Runs until something went wrong or `time` has passed. Returns whether all is well.
    pub fn run_for(&mut self, time: Duration) -> bool {
        self.run_until(self.world.now + time)
    }

    /// Runs until something went wrong or it's `end`. Returns whether all is well.
    pub fn run_until(&mut self, end: Timestamp) -> bool {
        while self.world.violation.is_none() {
            if self.world.queue.next_at().is_none_or(|at| at > end) {
                self.world.now = self.world.now.max(end);
                return true;
            }
            self.step();
        }
        false
    }

    /// Lets the next thing happen. Returns whether there was one.
    pub fn step(&mut self) -> bool {
        let Some((at, due)) = self.world.queue.pop() else { return false };
        self.world.pass_to(at);
        self.happen(due);
        true
    }

    /// The time by the simulation's clock, which begins at zero.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world.now
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.world.seed
    }

    /// A number that two runs have in common if they're the same to the byte, and as good as never
    /// otherwise.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.world.trace.hash()
    }

    /// How many things happened.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.world.steps
    }

    /// Sums over the run.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.world.trace.counts
    }

    /// All entries, if they were [kept](Sim::keep_trace).
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.world.trace.kept()
    }

    /// What went wrong first: when, on which host, and what.
    #[must_use]
    pub fn violation(&self) -> Option<&(Timestamp, HostId, Violation)> {
        self.world.violation.as_ref()
    }

    /// All hosts, in the order in which they were added.
    pub fn host_ids(&self) -> impl Iterator<Item = HostId> + use<> {
        (0..u32::try_from(self.hosts.len()).unwrap_or(u32::MAX)).map(HostId)
    }

    /// A host's name.
    #[must_use]
    pub fn name_of(&self, host: HostId) -> &str {
        self.world.name_of(host)
    }

    /// What runs on a host, if it's of this type.
    #[must_use]
    pub fn host<H: Host>(&self, id: HostId) -> Option<&H> {
        let host: &dyn Any = &**self.hosts.get(id.index())?.as_ref()?;
        host.downcast_ref()
    }

    /// Lets a test act on a host, between two things that happen.
    pub fn with_host<H: Host, R>(
        &mut self,
        id: HostId,
        act: impl FnOnce(&mut H, &mut Net<'_>) -> R,
    ) -> Option<R> {
        let mut host = self.hosts.get_mut(id.index())?.take()?;
        let any: &mut dyn Any = &mut *host;
        let mut net = Net { world: &mut self.world, host: id };
        let done = any.downcast_mut().map(|host| act(host, &mut net));
        self.hosts[id.index()] = Some(host);
        done
    }

    /// Tells a host of something.
    pub(crate) fn tell(&mut self, id: HostId, signal: Signal<'_>) {
        let Some(mut host) = self.hosts.get_mut(id.index()).and_then(Option::take) else { return };
        host.handle(&mut Net { world: &mut self.world, host: id }, signal);
        self.hosts[id.index()] = Some(host);
    }

    fn happen(&mut self, due: Due) {
        if let Some(host) = self.world.host_of_due(due) {
            let machine = &mut self.world.hosts[host.index()];
            if let Some(stopped) = &mut machine.stopped {
                return stopped.waiting.push(due);
            }
        }
        match due {
            Due::Start(host) => self.start(host),
            Due::HostTimer(host) => {
                if self.world.take_host_timer(host) {
                    self.tell(host, Signal::Timeout);
                }
            }
            Due::SocketTimer(socket) => {
                if self.world.take_socket_timer(socket)
                    && let Some(host) = self.world.host_of(socket)
                {
                    self.tell(host, Signal::SocketTimeout(socket));
                }
            }
            Due::Knock(socket) => self.knock(socket),
            Due::Answer(socket) => self.answer(socket),
            Due::Arrive(socket) => self.arrive(socket),
            Due::Room(socket) => self.room(socket),
            Due::Lost(socket) => self.lost(socket),
            Due::Resume(host) => self.resume(host),
            Due::Heal => self.heal(),
            Due::Online(host) => self.online(host),
            Due::Gone(host) => self.gone(host),
            Due::Restart(host, time) => self.restart(host, time),
            Due::Fault(index) => self.fault(index),
        }
    }

    pub(crate) fn start(&mut self, host: HostId) {
        self.world.hosts[host.index()].is_up = true;
        self.world.trace(host, What::Started);
        self.tell(host, Signal::Started);
    }

    /// A request to connect reaches its host.
    fn knock(&mut self, socket: Socket) {
        if let Some(later) = self.world.silent_until(socket) {
            return self.world.queue.push(later, Due::Knock(socket));
        }
        let now = self.world.now;
        let Some(wire) = self.world.wires.get_mut(socket) else { return };
        let (from, to) = (wire.dialer.host, wire.acceptor.host);
        let machine = &self.world.hosts[to.index()];
        let is_accepted = machine.is_up && machine.listens;
        wire.answer = Some(is_accepted);
        wire.acceptor.is_held = is_accepted;
        let latency = wire.link.latency.draw(&mut self.world.rng);
        let delay = self.world.condition.delay(now, to, from);
        self.world.queue.push(now + latency + delay, Due::Answer(socket.peer()));
        if is_accepted {
            self.tell(to, Signal::Accepted(socket));
        }
    }

    /// The answer to a request to connect reaches the host that dialed.
    fn answer(&mut self, socket: Socket) {
        if let Some(later) = self.world.silent_until(socket) {
            return self.world.queue.push(later, Due::Answer(socket));
        }
        let Some(wire) = self.world.wires.get_mut(socket) else { return };
        wire.is_answered = true;
        let (host, is_accepted) = (wire.dialer.host, wire.answer == Some(true));
        if !wire.dialer.is_held {
            return;
        }
        if is_accepted {
            self.tell(host, Signal::Dialed(socket));
            self.world.await_arrival(socket);
        } else {
            self.world.wires.free(socket);
            self.tell(host, Signal::DialFailed(socket, DialError::Refused));
        }
    }

    /// Bytes, or the end, reach a socket.
    fn arrive(&mut self, socket: Socket) {
        if let Some(later) = self.world.silent_until(socket) {
            return self.world.queue.push(later, Due::Arrive(socket));
        }
        let Some(wire) = self.world.wires.get_mut(socket) else { return };
        wire.end_mut(socket.peer().side).outgoing.is_awaited = false;
        let end = wire.end(socket.side);
        let host = end.host;
        if socket.side == Side::Dialer && !wire.is_answered {
            return;
        }
        if !end.is_held {
            // What comes to a socket that was dropped resets the transport.
            if wire.end_mut(socket.peer().side).outgoing.holds_bytes() {
                self.world.reset_peer(socket);
            }
            return;
        }
        while let Some(readable) = self.readable(socket) {
            match readable {
                Readable::Nothing(_) => return self.world.await_arrival(socket),
                Readable::Bytes(len) => self.read(host, socket, len),
                Readable::End => {
                    if let Some(wire) = self.world.wires.get_mut(socket) {
                        wire.end_mut(socket.peer().side).outgoing.end_read();
                    }
                    return self.tell(host, Signal::Eof(socket));
                }
            }
            if self.world.violation.is_some() {
                return;
            }
        }
    }

    /// What there is to read; `None` if the host doesn't want to.
    fn readable(&mut self, socket: Socket) -> Option<Readable> {
        let now = self.world.now;
        let wire = self.world.wires.get_mut(socket)?;
        let end = wire.end(socket.side);
        let is_wanted = end.is_held && end.is_reading;
        is_wanted.then(|| wire.end_mut(socket.peer().side).outgoing.readable(now))
    }

    /// One read of a host's.
    fn read(&mut self, host: HostId, socket: Socket, arrived: usize) {
        let now = self.world.now;
        let Some(wire) = self.world.wires.get_mut(socket) else { return };
        let len = wire.link.draw_read_len(&mut self.world.rng).min(arrived);
        let writer = wire.end_mut(socket.peer().side);
        let writer_host = writer.host;
        self.chunk.clear();
        writer.outgoing.read(len, &mut self.chunk);
        if core::mem::take(&mut writer.waits_for_room) {
            let latency = wire.link.latency.draw(&mut self.world.rng);
            self.world.queue.push(now + latency, Due::Room(socket.peer()));
        }
        if self.world.condition.is_corrupt(now, writer_host, host) {
            self.world.corrupt(&mut self.chunk);
        }
        self.world.trace.bytes(now, host, false, &self.chunk);
        let mut chunk = core::mem::take(&mut self.chunk);
        self.tell(host, Signal::Received(socket, &mut chunk));
        self.chunk = chunk;
    }

    fn room(&mut self, socket: Socket) {
        let Some(wire) = self.world.wires.get_mut(socket) else { return };
        let end = wire.end_mut(socket.side);
        end.waits_for_room = false;
        if end.is_held {
            let host = end.host;
            self.tell(host, Signal::Writable(socket));
        }
    }

    /// A transport is gone, as far as this end can see.
    fn lost(&mut self, socket: Socket) {
        if let Some(later) = self.world.silent_until(socket) {
            return self.world.queue.push(later, Due::Lost(socket));
        }
        let Some(wire) = self.world.wires.get_mut(socket) else { return };
        let end = wire.end_mut(socket.side);
        let (host, was_held) = (end.host, core::mem::take(&mut end.is_held));
        let is_dialing = socket.side == Side::Dialer && !wire.is_answered;
        if !wire.end(socket.peer().side).is_held {
            self.world.wires.free(socket);
        }
        match (was_held, is_dialing) {
            (true, true) => self.tell(host, Signal::DialFailed(socket, DialError::Other)),
            (true, false) => self.tell(host, Signal::Lost(socket)),
            (false, _) => {}
        }
    }

    /// A host that stood still goes on: input comes before time.
    pub(crate) fn resume(&mut self, host: HostId) {
        let machine = &mut self.world.hosts[host.index()];
        let Some(stopped) = machine.stopped.take_if(|stopped| stopped.until <= self.world.now)
        else {
            return;
        };
        self.world.trace(host, What::Healed);
        if stopped.is_asleep {
            self.tell(host, Signal::Resumed);
        }
        let is_time = |due: &Due| matches!(due, Due::HostTimer(_) | Due::SocketTimer(_));
        let (times, inputs): (Vec<Due>, Vec<Due>) = stopped.waiting.into_iter().partition(is_time);
        for due in inputs.into_iter().chain(times) {
            self.happen(due);
        }
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").field("world", &self.world).finish_non_exhaustive()
    }
}
