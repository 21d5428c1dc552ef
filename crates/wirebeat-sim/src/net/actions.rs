use core::time::Duration;

use wirebeat::Timestamp;

use super::{Readable, Socket};
use crate::host::HostId;
use crate::queue::Due;
use crate::world::World;

/// What was lost on a network that was silent is sent again within this time when it isn't any
/// more.
const RETRANSMISSION_MAX: Duration = Duration::from_millis(400);

/// What hosts do to their transports.
impl World {
    pub(crate) fn dial(&mut self, from: HostId, to: HostId) -> Socket {
        let link = self.hosts[from.index()].link.clone();
        let latency = link.latency.draw(&mut self.rng) + self.condition.delay(self.now, from, to);
        let socket = self.wires.dial(from, to, link);
        self.queue.push(self.now + latency, Due::Knock(socket.peer()));
        socket
    }

    pub(crate) fn write(&mut self, host: HostId, socket: Socket, bytes: &[u8]) -> usize {
        let now = self.now;
        let Some(wire) = self.wires.get_mut(socket) else { return 0 };
        let peer = wire.end(socket.peer().side).host;
        let delay = self.condition.delay(now, host, peer);
        let link = wire.link.clone();
        let end = wire.end_mut(socket.side);
        if !end.is_held || end.host != host {
            return 0;
        }
        let taken = end.outgoing.write(now, bytes, &link, delay, &mut self.rng);
        end.waits_for_room = taken < bytes.len();
        let has_room = end.outgoing.has_room(&link);
        self.trace.bytes(now, host, true, &bytes[..taken]);
        self.await_arrival(socket.peer());
        // A write that took a part for no reason but the drawing's is tried again at once.
        if 0 < taken && taken < bytes.len() && has_room {
            self.queue.push(now, Due::Room(socket));
        }
        taken
    }

    pub(crate) fn shutdown_write(&mut self, host: HostId, socket: Socket) {
        let now = self.now;
        let Some(wire) = self.wires.get_mut(socket) else { return };
        let peer = wire.end(socket.peer().side).host;
        let link = wire.link.clone();
        let delay = self.condition.delay(now, host, peer);
        wire.end_mut(socket.side).outgoing.end(now, &link, delay, &mut self.rng);
        self.await_arrival(socket.peer());
    }

    pub(crate) fn close(&mut self, host: HostId, socket: Socket) {
        let Some(wire) = self.wires.get_mut(socket) else { return };
        let end = wire.end_mut(socket.side);
        if end.host != host || !end.is_held {
            return;
        }
        end.is_held = false;
        end.timer.deadline = None;
        let leaves_unread = wire.end(socket.peer().side).outgoing.holds_bytes();
        if !wire.end(socket.peer().side).is_held {
            // A dial that nobody waits for any more, or a transport whose other end is gone too.
            self.wires.free(socket);
        } else if leaves_unread {
            self.reset_peer(socket);
        } else {
            self.shutdown_write(host, socket);
        }
    }

    /// The other end hears that the transport is gone, as soon as that takes.
    pub(crate) fn reset_peer(&mut self, socket: Socket) {
        let now = self.now;
        let Some(wire) = self.wires.get_mut(socket) else { return };
        let latency = wire.link.latency.draw(&mut self.rng);
        wire.end_mut(socket.side).outgoing.cut();
        wire.end_mut(socket.peer().side).outgoing.cut();
        self.queue.push(now + latency, Due::Lost(socket.peer()));
    }

    pub(crate) fn set_reading(&mut self, host: HostId, socket: Socket, reading: bool) {
        let Some(wire) = self.wires.get_mut(socket) else { return };
        let end = wire.end_mut(socket.side);
        if end.host == host && end.is_reading != reading {
            end.is_reading = reading;
            if reading {
                self.await_arrival(socket);
            }
        }
    }

    /// Sees to it that the host of this socket hears of what comes next.
    pub(crate) fn await_arrival(&mut self, socket: Socket) {
        let now = self.now;
        let Some(wire) = self.wires.get_mut(socket) else { return };
        let pipe = &mut wire.end_mut(socket.peer().side).outgoing;
        if pipe.is_awaited {
            return;
        }
        let at = match pipe.readable(now) {
            Readable::Nothing(None) => return,
            Readable::Nothing(Some(at)) => at,
            Readable::Bytes(_) | Readable::End => now,
        };
        pipe.is_awaited = true;
        self.queue.push(at, Due::Arrive(socket));
    }

    /// When something that comes to this socket from the other end passes, if it doesn't now.
    pub(crate) fn silent_until(&mut self, socket: Socket) -> Option<Timestamp> {
        let wire = self.wires.get(socket)?;
        let (from, to) = (wire.end(socket.peer().side).host, wire.end(socket.side).host);
        let until = self.condition.silent_until(self.now, from, to)?;
        Some(until + self.rng.time_between(Duration::ZERO, RETRANSMISSION_MAX))
    }
}
