use core::any::Any;
use core::fmt;
use core::time::Duration;

use wirebeat::{DialError, Timestamp};

use crate::check::Violation;
use crate::net::Socket;
use crate::rng::Rng;
use crate::trace::What;
use crate::world::World;

/// A host of a simulation, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub(crate) u32);

impl HostId {
    /// The host's number: from 0, in the order in which they were added.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host {}", self.0)
    }
}

/// What runs on a host: a server, a client, or any code of one's own.
///
/// It's told what happens by [`handle`](Host::handle), and acts by the [`Net`] that it's given: the
/// only clock, network and randomness that it has. [`Server`](crate::Server),
/// [`Client`](crate::Client) and [`Page`](crate::Page) are hosts.
///
/// ```
/// use core::time::Duration;
/// use wirebeat_sim::{Host, HostId, Link, Net, Signal, Sim};
///
/// /// Sends a word, and keeps what it hears.
/// struct Caller(HostId, Vec<u8>);
/// impl Host for Caller {
///     fn handle(&mut self, net: &mut Net<'_>, signal: Signal<'_>) {
///         match signal {
///             Signal::Started => drop(net.dial(self.0)),
///             Signal::Dialed(socket) => drop(net.write(socket, b"hello")),
///             Signal::Received(_, bytes) => self.1.extend_from_slice(bytes),
///             _ => {}
///         }
///     }
/// }
///
/// /// Sends back what it hears.
/// struct Echo;
/// impl Host for Echo {
///     fn handle(&mut self, net: &mut Net<'_>, signal: Signal<'_>) {
///         match signal {
///             Signal::Started => net.listen(true),
///             Signal::Received(socket, bytes) => drop(net.write(socket, bytes)),
///             _ => {}
///         }
///     }
/// }
///
/// let mut sim = Sim::new(7);
/// let echo = sim.add_host("echo", Link::default(), Echo);
/// let caller = sim.add_host("caller", Link::default(), Caller(echo, Vec::new()));
/// sim.run_for(Duration::from_secs(1));
/// assert_eq!(sim.host::<Caller>(caller).unwrap().1, b"hello");
/// ```
pub trait Host: Any {
    /// Something happened.
    fn handle(&mut self, net: &mut Net<'_>, signal: Signal<'_>);

    /// What is still missing for the host to be well; `None` if nothing is. After the last fault
    /// every host must be well within its [`recovery`](Host::recovery).
    fn ailment(&self) -> Option<String> {
        None
    }

    /// How long the host may take to be well when all faults are over.
    fn recovery(&self) -> Duration {
        Duration::ZERO
    }

    /// What must hold when everything is over, after [`Signal::Finish`] and what came of it.
    ///
    /// # Errors
    ///
    /// What doesn't hold.
    fn verdict(&self) -> Result<(), Violation> {
        Ok(())
    }
}

/// What happened to a host.
#[derive(Debug)]
#[non_exhaustive]
pub enum Signal<'s> {
    /// The host begins, or begins again after [`Signal::Crashed`] or [`Signal::Stopping`].
    Started,
    /// Somebody connected.
    Accepted(Socket),
    /// What was dialed answered.
    Dialed(Socket),
    /// What was dialed didn't answer, and the socket is no more.
    DialFailed(Socket, DialError),
    /// Bytes came. They're the host's to change: [`Input`](wirebeat::Input) unmasks them in place.
    Received(Socket, &'s mut [u8]),
    /// There's room again, after [`Net::write`] took less than it was given.
    Writable(Socket),
    /// The other side ended its direction, and everything it sent was received.
    Eof(Socket),
    /// The transport failed, and the socket is no more.
    Lost(Socket),
    /// The host's timer is due.
    Timeout,
    /// A socket's timer is due.
    SocketTimeout(Socket),
    /// The process died: all its sockets are gone, and it forgets all that it knew.
    Crashed,
    /// The process is asked to go; it's gone after this long.
    Stopping(Duration),
    /// The machine wakes up, and doesn't know what became of its transports.
    Resumed,
    /// The machine has no network.
    Offline,
    /// The machine has a network again.
    Online,
    /// The simulation comes to its end: no fault follows, and what is under way may be finished.
    Finish,
}

/// A host's way to its clock, its network and its randomness.
pub struct Net<'n> {
    pub(crate) world: &'n mut World,
    pub(crate) host: HostId,
}

impl Net<'_> {
    /// The time by the host's clock, which a fault may put forward or back.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world.local_now(self.host)
    }

    /// This host.
    #[must_use]
    pub fn host(&self) -> HostId {
        self.host
    }

    /// The host's name, or another's.
    #[must_use]
    pub fn name_of(&self, host: HostId) -> &str {
        self.world.name_of(host)
    }

    /// The host at the other end of a socket; `None` if the socket is no more.
    #[must_use]
    pub fn peer_of(&self, socket: Socket) -> Option<HostId> {
        let wire = self.world.wires.get(socket)?;
        Some(wire.end(socket.peer().side).host)
    }

    /// The host's randomness.
    pub fn rng(&mut self) -> &mut Rng {
        &mut self.world.hosts[self.host.index()].rng
    }

    /// Lets others connect, or refuses them.
    pub fn listen(&mut self, listens: bool) {
        self.world.hosts[self.host.index()].listens = listens;
    }

    /// Begins to connect to a host. [`Signal::Dialed`] or [`Signal::DialFailed`] follows, or
    /// nothing, if the network is silent.
    #[must_use]
    pub fn dial(&mut self, to: HostId) -> Socket {
        self.world.dial(self.host, to)
    }

    /// Writes some of the bytes. Returns how many the transport took; [`Signal::Writable`] follows
    /// if that's not all of them.
    pub fn write(&mut self, socket: Socket, bytes: &[u8]) -> usize {
        self.world.write(self.host, socket, bytes)
    }

    /// Ends this side's direction behind what was written.
    pub fn shutdown_write(&mut self, socket: Socket) {
        self.world.shutdown_write(self.host, socket);
    }

    /// Drops the socket: what was written still goes out, unless something is left unread, which
    /// resets the transport.
    pub fn close(&mut self, socket: Socket) {
        self.world.close(self.host, socket);
    }

    /// Whether the host reads from the socket; at first it does. Bytes that aren't read stay on the
    /// way, until there's no room for more.
    pub fn set_reading(&mut self, socket: Socket, reading: bool) {
        self.world.set_reading(self.host, socket, reading);
    }

    /// Sets the host's timer, by its clock: [`Signal::Timeout`] comes then, once. `None` stops it.
    pub fn set_timer(&mut self, deadline: Option<Timestamp>) {
        self.world.set_host_timer(self.host, deadline);
    }

    /// Sets a socket's timer: [`Signal::SocketTimeout`] comes then, once.
    pub fn set_socket_timer(&mut self, socket: Socket, deadline: Option<Timestamp>) {
        self.world.set_socket_timer(self.host, socket, deadline);
    }

    /// Writes something into the trace.
    pub fn note(&mut self, note: impl Into<String>) {
        self.trace(What::Note(note.into()));
    }

    /// Says that something is wrong that must never be: the run ends here, and has failed.
    pub fn fail(&mut self, what: impl Into<String>) {
        self.violate(Violation::new("host", what));
    }

    pub(crate) fn violate(&mut self, violation: Violation) {
        self.world.violate(self.host, violation);
    }

    pub(crate) fn trace(&mut self, what: What) {
        self.world.trace(self.host, what);
    }
}

impl fmt::Debug for Net<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("host", &self.host).finish_non_exhaustive()
    }
}
