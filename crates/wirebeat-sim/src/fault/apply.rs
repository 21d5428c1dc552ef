use core::time::Duration;

use wirebeat::Timestamp;

use super::kind::{Fault, Hosts};
use super::script::{Event, Script, ScriptError, ScriptErrorReason};
use crate::host::{HostId, Signal};
use crate::net::{Socket, Trouble, Who};
use crate::queue::Due;
use crate::sim::Sim;
use crate::trace::What;
use crate::world::{Stopped, World};

impl Sim {
    /// Lets these faults come at their times, instead of others that were set before. Those whose
    /// time has passed come at once.
    ///
    /// # Errors
    ///
    /// [`ScriptErrorReason::Host`]: it names a host that isn't there.
    pub fn set_script(&mut self, script: Script) -> Result<(), ScriptError> {
        for event in script.events() {
            for name in event.fault.names() {
                if self.find(name).is_none() {
                    let reason = ScriptErrorReason::Host(name.into());
                    return Err(ScriptError { line: 0, text: event.to_string(), reason });
                }
            }
        }
        self.script = script;
        for (index, event) in self.script.events().iter().enumerate() {
            let at = self.world.now.max(Timestamp::ZERO + event.at);
            self.world.fault_until(at, Due::Fault(index));
        }
        Ok(())
    }

    /// The host of this name; the first of several.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<HostId> {
        self.host_ids().find(|host| self.name_of(*host) == name)
    }

    /// A fault of the script begins.
    pub(crate) fn fault(&mut self, index: usize) {
        let Some(Event { fault, .. }) = self.script.events().get(index).cloned() else { return };
        let first = fault.names().first().and_then(|name| self.find(name));
        self.world.trace(first.unwrap_or(HostId(0)), What::Fault(fault.to_string()));
        let host = first.unwrap_or(HostId(u32::MAX));
        match &fault {
            Fault::Reset { .. } => self.world.reset(host),
            Fault::HalfClose { .. } => self.world.half_close(host),
            Fault::Silence { from, to, time } => {
                let (from, to) = (self.who(from), self.who(to));
                self.world.trouble(from, to, *time, Trouble::Silence);
            }
            Fault::Partition { hosts, time } => {
                let hosts: Vec<HostId> = hosts.iter().filter_map(|name| self.find(name)).collect();
                self.world.part(&hosts, *time);
            }
            Fault::Delay { from, to, by, time } => {
                let (from, to) = (self.who(from), self.who(to));
                self.world.trouble(from, to, *time, Trouble::Delay(*by));
            }
            Fault::Corrupt { from, to, time } => {
                let (from, to) = (self.who(from), self.who(to));
                self.world.trouble(from, to, *time, Trouble::Corruption);
            }
            Fault::Crash { time, .. } => self.crash(host, *time),
            Fault::Restart { time, .. } => self.restart(host, *time),
            Fault::RestartFleet { every, time } => self.restart_fleet(*every, *time),
            Fault::Pause { time, .. } => self.stop(host, *time, false),
            Fault::Suspend { time, .. } => self.stop(host, *time, true),
            Fault::Clock { by, is_forward, .. } => self.world.turn_clock(host, *by, *is_forward),
            Fault::Offline { time, .. } => {
                self.world.part(&[host], *time);
                self.tell(host, Signal::Offline);
                self.world.fault_until(self.world.now + *time, Due::Online(host));
            }
        }
    }

    fn who(&self, hosts: &Hosts) -> Who {
        match hosts {
            Hosts::One(name) => Who::These(self.find(name).into_iter().collect()),
            Hosts::All => Who::Everybody,
        }
    }

    /// The process of a host dies, and starts again later.
    fn crash(&mut self, host: HostId, time: Duration) {
        self.down(host);
        self.tell(host, Signal::Crashed);
        self.world.fault_until(self.world.now + time, Due::Start(host));
    }

    /// The process of a host isn't there any more.
    fn down(&mut self, host: HostId) {
        let machine = &mut self.world.hosts[host.index()];
        machine.is_up = false;
        machine.listens = false;
        machine.stopped = None;
        machine.timer.deadline = None;
        for socket in self.world.wires.held_by(host) {
            self.world.drop_held(socket);
        }
    }

    /// The process of a host is asked to go, has gone at half time, and starts again at the end.
    pub(crate) fn restart(&mut self, host: HostId, time: Duration) {
        self.world.hosts[host.index()].listens = false;
        self.tell(host, Signal::Stopping(time / 2));
        self.world.queue.push(self.world.now + time / 2, Due::Gone(host));
        self.world.fault_until(self.world.now + time, Due::Start(host));
    }

    /// The process of a host that was asked to go is gone.
    pub(crate) fn gone(&mut self, host: HostId) {
        self.down(host);
        self.tell(host, Signal::Crashed);
    }

    fn restart_fleet(&mut self, every: Duration, time: Duration) {
        let listening: Vec<HostId> =
            self.host_ids().filter(|host| self.world.hosts[host.index()].listens).collect();
        for (index, host) in listening.into_iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let at = self.world.now + every.saturating_mul(index);
            self.world.fault_until(at, Due::Restart(host, time));
        }
    }

    /// A host stands still. If it does already, the longer time counts.
    fn stop(&mut self, host: HostId, time: Duration, is_asleep: bool) {
        let until = self.world.now + time;
        let machine = &mut self.world.hosts[host.index()];
        match &mut machine.stopped {
            Some(stopped) => {
                stopped.until = stopped.until.max(until);
                stopped.is_asleep |= is_asleep;
            }
            None => machine.stopped = Some(Stopped { until, is_asleep, waiting: Vec::new() }),
        }
        self.world.fault_until(until, Due::Resume(host));
    }

    /// Something that was wrong with the network is over.
    pub(crate) fn heal(&mut self) {
        let now = self.world.now;
        self.world.condition.heal(now);
    }

    /// A host has a network again.
    pub(crate) fn online(&mut self, host: HostId) {
        self.world.trace(host, What::Healed);
        self.tell(host, Signal::Online);
    }
}

impl World {
    fn trouble(&mut self, from: Who, to: Who, time: Duration, trouble: Trouble) {
        let until = self.now + time;
        if trouble == Trouble::Corruption {
            self.model.is_trusted = false;
        }
        self.condition.add(from, to, until, trouble);
        self.fault_until(until, Due::Heal);
    }

    fn part(&mut self, hosts: &[HostId], time: Duration) {
        let (these, others) = (Who::These(hosts.to_vec()), Who::Others(hosts.to_vec()));
        self.trouble(these.clone(), others.clone(), time, Trouble::Silence);
        self.trouble(others, these, time, Trouble::Silence);
    }

    /// All transports of a host are reset, and both ends hear it.
    fn reset(&mut self, host: HostId) {
        let of_host: Vec<Socket> = self
            .wires
            .all()
            .filter(|(_, wire)| wire.dialer.host == host || wire.acceptor.host == host)
            .map(|(socket, _)| socket)
            .collect();
        for socket in of_host {
            self.reset_peer(socket);
            self.reset_peer(socket.peer());
        }
    }

    /// The directions away from a host end.
    fn half_close(&mut self, host: HostId) {
        for socket in self.wires.held_by(host) {
            self.shutdown_write(host, socket);
        }
    }

    /// The process that held this end is gone: the other end is told.
    fn drop_held(&mut self, socket: Socket) {
        let Some(wire) = self.wires.get_mut(socket) else { return };
        let end = wire.end_mut(socket.side);
        end.is_held = false;
        end.timer.deadline = None;
        let is_peer_held = wire.end(socket.peer().side).is_held;
        if is_peer_held {
            self.reset_peer(socket);
        } else {
            self.wires.free(socket);
        }
    }

    /// Changes a bit of what was read, now and then.
    pub(crate) fn corrupt(&mut self, chunk: &mut [u8]) {
        if self.rng.chance(20) && !chunk.is_empty() {
            let at = self.rng.len_between(0, chunk.len() - 1);
            chunk[at] ^= 1 << self.rng.below(8);
        }
    }
}
