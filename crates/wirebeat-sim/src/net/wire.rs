use core::fmt;

use super::pipe::Pipe;
use crate::check::Said;
use crate::host::HostId;
use crate::link::Link;
use crate::timer::Timer;

/// One end of a transport, as a host holds it.
///
/// It's never used twice: one that is over stays so, and calls that name it change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Socket {
    pub(crate) index: u32,
    pub(crate) generation: u32,
    pub(crate) side: Side,
}

/// Which end of a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Side {
    /// The one that dialed.
    Dialer,
    /// The one that was dialed.
    Acceptor,
}

impl Socket {
    /// The other end.
    pub(crate) fn peer(self) -> Socket {
        let side = match self.side {
            Side::Dialer => Side::Acceptor,
            Side::Acceptor => Side::Dialer,
        };
        Socket { side, ..self }
    }
}

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "transport {}.{}", self.index, self.generation)
    }
}

/// A transport between two hosts.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) generation: u32,
    pub(crate) link: Link,
    pub(crate) dialer: End,
    pub(crate) acceptor: End,
    /// The answer to a dial: whether it was accepted.
    pub(crate) answer: Option<bool>,
    /// Whether the dialer has heard it.
    pub(crate) is_answered: bool,
}

/// One end of a transport.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) host: HostId,
    /// Whether the host holds it: it was dialed or accepted, and not dropped.
    pub(crate) is_held: bool,
    /// Whether the host reads what arrives.
    pub(crate) is_reading: bool,
    /// Whether the host waits until there's room to write.
    pub(crate) waits_for_room: bool,
    pub(crate) timer: Timer,
    /// What this end writes.
    pub(crate) outgoing: Pipe,
    /// What this end said and the other hasn't heard.
    pub(crate) said: Said,
}

impl End {
    pub(crate) fn new(host: HostId, is_held: bool) -> End {
        End {
            host,
            is_held,
            is_reading: true,
            waits_for_room: false,
            timer: Timer::default(),
            outgoing: Pipe::default(),
            said: Said::default(),
        }
    }
}

impl Wire {
    pub(crate) fn end(&self, side: Side) -> &End {
        match side {
            Side::Dialer => &self.dialer,
            Side::Acceptor => &self.acceptor,
        }
    }

    pub(crate) fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Dialer => &mut self.dialer,
            Side::Acceptor => &mut self.acceptor,
        }
    }
}

/// All transports.
#[derive(Debug, Default)]
pub(crate) struct Wires {
    slots: Vec<Option<Wire>>,
    generations: Vec<u32>,
    free: Vec<u32>,
}

impl Wires {
    /// Makes a transport that is being dialed. Returns the dialer's end.
    pub(crate) fn dial(&mut self, from: HostId, to: HostId, link: Link) -> Socket {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.slots.push(None);
                self.generations.push(0);
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        let at = index as usize;
        self.generations[at] += 1;
        let generation = self.generations[at];
        self.slots[at] = Some(Wire {
            generation,
            link,
            dialer: End::new(from, true),
            acceptor: End::new(to, false),
            answer: None,
            is_answered: false,
        });
        Socket { index, generation, side: Side::Dialer }
    }

    pub(crate) fn get(&self, socket: Socket) -> Option<&Wire> {
        let wire = self.slots.get(socket.index as usize)?.as_ref()?;
        (wire.generation == socket.generation).then_some(wire)
    }

    pub(crate) fn get_mut(&mut self, socket: Socket) -> Option<&mut Wire> {
        let wire = self.slots.get_mut(socket.index as usize)?.as_mut()?;
        (wire.generation == socket.generation).then_some(wire)
    }

    /// Forgets a transport that nobody holds.
    pub(crate) fn free(&mut self, socket: Socket) {
        if self.get(socket).is_some() {
            self.slots[socket.index as usize] = None;
            self.free.push(socket.index);
        }
    }

    /// All ends that a host holds, in a fixed order.
    pub(crate) fn held_by(&self, host: HostId) -> Vec<Socket> {
        let mut held = Vec::new();
        for (index, wire) in self.slots.iter().enumerate() {
            let Some(wire) = wire else { continue };
            for side in [Side::Dialer, Side::Acceptor] {
                let end = wire.end(side);
                if end.host == host && end.is_held {
                    let index = u32::try_from(index).unwrap_or(u32::MAX);
                    held.push(Socket { index, generation: wire.generation, side });
                }
            }
        }
        held
    }

    /// Every transport, by its dialer's end.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Socket, &Wire)> {
        self.slots.iter().enumerate().filter_map(|(index, wire)| {
            let wire = wire.as_ref()?;
            let index = u32::try_from(index).ok()?;
            Some((Socket { index, generation: wire.generation, side: Side::Dialer }, wire))
        })
    }

    pub(crate) fn timer(&mut self, socket: Socket) -> Option<&mut Timer> {
        let end = self.get_mut(socket)?.end_mut(socket.side);
        end.is_held.then_some(&mut end.timer)
    }
}
