use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixStream};
#[cfg(unix)]
use std::path::Path;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Registry, Token};
#[cfg(unix)]
use socket2::{Domain, SockAddr, Socket, Type};
use wirebeat::session::{ADDRESS_DELAY, dial_order};

use crate::error::{ConnectError, Step};
use crate::time_limit::TimeLimit;

/// The shortest timeout of a socket, to which zero is none at all.
#[cfg(unix)]
const WRITE_TIMEOUT_MIN: Duration = Duration::from_millis(1);

/// Connects to whichever of a host's addresses takes the connection first, by the idea of RFC 8305.
/// The attempts that come too late are dropped.
pub(crate) fn dial(
    host: String,
    addresses: Vec<SocketAddr>,
    limit: TimeLimit,
) -> Result<TcpStream, ConnectError> {
    let mut poll = Poll::new().map_err(ConnectError::Io)?;
    let mut events = Events::with_capacity(16);
    let mut race = Race::new(host, addresses, 0);
    loop {
        let left = limit.left(Step::Connecting)?;
        let next_in = race.start_due(poll.registry())?;
        match poll.poll(&mut events, left.into_iter().chain(next_in).min()) {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                return Err(ConnectError::Io(error));
            }
            Ok(()) | Err(_) => {}
        }
        for event in &events {
            if let Some(stream) = race.outcome(event.token()) {
                let stream = TcpStream::from(stream);
                stream.set_nonblocking(false).map_err(ConnectError::Io)?;
                return Ok(stream);
            }
        }
    }
}

/// Connects to a Unix socket, which waits where the server doesn't keep up with accepting.
#[cfg(unix)]
pub(crate) fn dial_unix(path: &Path, limit: TimeLimit) -> Result<UnixStream, ConnectError> {
    let left = limit.left(Step::Connecting)?;
    let connect = || {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        // On Linux it holds for connecting too; elsewhere that doesn't wait.
        socket.set_write_timeout(left.map(|left| left.max(WRITE_TIMEOUT_MIN)))?;
        socket.connect(&SockAddr::unix(path)?)?;
        Ok(OwnedFd::from(socket).into())
    };
    connect().map_err(|source: io::Error| match source.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => ConnectError::Timeout(Step::Connecting),
        _ => ConnectError::UnixSocket { path: path.into(), source },
    })
}

/// All attempts, side by side.
#[derive(Debug)]
pub(crate) struct Race {
    host: String,
    /// The token of the first attempt.
    first: usize,
    /// In the order of their tokens; `None` once one has failed.
    attempts: Vec<Option<mio::net::TcpStream>>,
    schedule: Schedule,
    failure: Option<io::Error>,
}

impl Race {
    /// Attempts that have the tokens from `first` on, one for each address.
    pub(crate) fn new(host: String, addresses: Vec<SocketAddr>, first: usize) -> Race {
        let schedule = Schedule::new(addresses, Instant::now());
        Race { host, first, attempts: Vec::new(), schedule, failure: None }
    }

    /// Starts the attempts that are due. Returns how long it is until another is, if one waits.
    pub(crate) fn start_due(
        &mut self,
        registry: &Registry,
    ) -> Result<Option<Duration>, ConnectError> {
        loop {
            match self.schedule.next(Instant::now()) {
                Next::Start(address) => self.start(registry, address),
                Next::Wait(next_in) => return Ok(next_in),
                Next::GiveUp => return Err(self.defeat()),
            }
        }
    }

    fn start(&mut self, registry: &Registry, address: SocketAddr) {
        let token = Token(self.first + self.attempts.len());
        let attempt = mio::net::TcpStream::connect(address).and_then(|mut stream| {
            registry.register(&mut stream, token, Interest::WRITABLE)?;
            Ok(stream)
        });
        match attempt {
            Ok(stream) => self.attempts.push(Some(stream)),
            Err(error) => {
                self.attempts.push(None);
                self.note_failure(error);
            }
        }
    }

    /// What has become of an attempt: its stream if it is the winner.
    pub(crate) fn outcome(&mut self, token: Token) -> Option<mio::net::TcpStream> {
        let attempt = self.attempts.get_mut(token.0.checked_sub(self.first)?)?;
        match is_connected(attempt.as_ref()?) {
            Ok(true) => attempt.take(),
            Ok(false) => None,
            Err(error) => {
                *attempt = None;
                self.note_failure(error);
                None
            }
        }
    }

    /// Keeps the failure that tells most. That there's no way to one of the families of addresses
    /// is so on many machines, and says nothing of the server.
    fn note_failure(&mut self, error: io::Error) {
        self.schedule.note_failure(Instant::now());
        let tells_little =
            matches!(error.kind(), ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable);
        if self.failure.is_none() || !tells_little {
            self.failure = Some(error);
        }
    }

    /// Why no attempt has won.
    fn defeat(&mut self) -> ConnectError {
        let none = || io::Error::from(ErrorKind::AddrNotAvailable);
        let source = self.failure.take().unwrap_or_else(none);
        match source.kind() {
            ErrorKind::TimedOut => ConnectError::Timeout(Step::Connecting),
            _ => ConnectError::Unreachable { host: std::mem::take(&mut self.host), source },
        }
    }
}

/// Whether a stream that could be written to is connected, or why it never will be.
fn is_connected(stream: &mio::net::TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}

/// Which address is tried when.
#[derive(Debug)]
struct Schedule {
    waiting: VecDeque<SocketAddr>,
    under_way: usize,
    /// When the next attempt begins although others are under way.
    next_at: Instant,
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    Start(SocketAddr),
    /// Until an attempt has an outcome, or for that long.
    Wait(Option<Duration>),
    /// Every attempt has failed.
    GiveUp,
}

impl Schedule {
    fn new(addresses: Vec<SocketAddr>, now: Instant) -> Schedule {
        Schedule { waiting: dial_order(addresses), under_way: 0, next_at: now }
    }

    fn next(&mut self, now: Instant) -> Next {
        let is_due = self.under_way == 0 || now >= self.next_at;
        match self.waiting.front() {
            Some(_) if !is_due => Next::Wait(Some(self.next_at - now)),
            Some(&address) => {
                self.waiting.pop_front();
                self.under_way += 1;
                self.next_at = now + ADDRESS_DELAY;
                Next::Start(address)
            }
            None if self.under_way > 0 => Next::Wait(None),
            None => Next::GiveUp,
        }
    }

    /// An attempt has failed: the next needn't wait.
    fn note_failure(&mut self, now: Instant) {
        self.under_way -= 1;
        self.next_at = now;
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    #[cfg(not(unix))]
    use socket2::{Domain, Socket, Type};

    use super::*;

    const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;
    const NO_LIMIT: Option<Duration> = None;

    fn v4(port: u16) -> SocketAddr {
        (LOOPBACK, port).into()
    }

    fn v6(port: u16) -> SocketAddr {
        (Ipv6Addr::LOCALHOST, port).into()
    }

    fn dial_all(
        addresses: &[SocketAddr],
        timeout: Option<Duration>,
    ) -> Result<TcpStream, ConnectError> {
        dial("host".into(), addresses.to_vec(), TimeLimit::start(timeout))
    }

    fn live() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// An address that nobody listens at.
    fn dead() -> SocketAddr {
        live().1
    }

    /// An address that doesn't answer, for as long as what comes with it is kept: its backlog is
    /// full, and the system drops whoever else asks.
    fn silent() -> (Vec<Socket>, SocketAddr) {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&v4(0).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let mut kept = vec![listener];
        for _ in 0..4 {
            let filler = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            filler.set_nonblocking(true).unwrap();
            let _ = filler.connect(&address.into());
            kept.push(filler);
        }
        (kept, address)
    }

    #[test]
    fn the_next_attempt_begins_after_the_delay_beside_the_first() {
        let start = Instant::now();
        let mut schedule = Schedule::new(vec![v4(1), v4(2)], start);
        assert_eq!(schedule.next(start), Next::Start(v4(1)));
        assert_eq!(schedule.next(start), Next::Wait(Some(ADDRESS_DELAY)));
        let moment = Duration::from_nanos(1);
        let just_before = start + ADDRESS_DELAY - moment;
        assert_eq!(schedule.next(just_before), Next::Wait(Some(moment)));
        assert_eq!(schedule.next(start + ADDRESS_DELAY), Next::Start(v4(2)));
        assert_eq!(schedule.next(start + ADDRESS_DELAY), Next::Wait(None));
    }

    #[test]
    fn the_next_attempt_begins_at_once_when_one_has_failed() {
        let start = Instant::now();
        let mut schedule = Schedule::new(vec![v4(1), v4(2), v4(3)], start);
        schedule.next(start);
        schedule.note_failure(start);
        assert_eq!(schedule.next(start), Next::Start(v4(2)));
        assert_eq!(schedule.next(start + ADDRESS_DELAY), Next::Start(v4(3)));
        // Either of the two may still succeed.
        schedule.note_failure(start + ADDRESS_DELAY);
        assert_eq!(schedule.next(start + ADDRESS_DELAY), Next::Wait(None));
        schedule.note_failure(start + ADDRESS_DELAY);
        assert_eq!(schedule.next(start + ADDRESS_DELAY), Next::GiveUp);
    }

    #[test]
    fn the_stream_waits_for_what_it_reads() {
        let (listener, address) = live();
        let mut stream = dial_all(&[address], None).unwrap();
        let server = std::thread::spawn(move || {
            let (mut accepted, _) = listener.accept().unwrap();
            // Whoever doesn't wait has given up before this.
            std::thread::yield_now();
            std::io::Write::write_all(&mut accepted, b"x").unwrap();
        });
        let mut byte = [0];
        std::io::Read::read_exact(&mut stream, &mut byte).unwrap();
        assert_eq!(byte, *b"x");
        server.join().unwrap();
    }

    #[test]
    fn a_dead_address_costs_nothing_but_itself() {
        let (_listener, address) = live();
        let stream = dial_all(&[dead(), v6(dead().port()), dead(), address], NO_LIMIT).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
    }

    /// One after the other, the first would be waited for for minutes.
    #[test]
    #[cfg(target_os = "linux")]
    fn an_address_that_does_not_answer_does_not_hold_up_the_next() {
        let (_silence, silent) = silent();
        let (_listener, address) = live();
        let stream = dial_all(&[silent, silent, address], NO_LIMIT).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
    }

    /// The first attempt goes on while others fail, and is the winner when it's taken after all.
    #[test]
    #[cfg(target_os = "linux")]
    fn an_address_that_answers_late_wins_if_no_other_does() {
        let (mut silence, silent) = silent();
        let listener = silence.remove(0);
        let server = std::thread::spawn(move || {
            loop {
                // The ones that filled the backlog, and then the one that waits.
                let (_, peer) = listener.accept().unwrap();
                let peer = peer.as_socket().unwrap();
                if !silence.iter().any(|filler| is_from(filler, peer)) {
                    return peer;
                }
            }
        });
        let stream = dial_all(&[silent, dead()], NO_LIMIT).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), silent);
        assert_eq!(server.join().unwrap(), stream.local_addr().unwrap());
    }

    fn is_from(socket: &Socket, peer: SocketAddr) -> bool {
        socket.local_addr().unwrap().as_socket() == Some(peer)
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn addresses_that_do_not_answer_run_into_the_time_limit() {
        let (_silence, silent) = silent();
        let result = dial_all(&[silent, silent], Some(Duration::from_millis(20)));
        assert!(matches!(result, Err(ConnectError::Timeout(Step::Connecting))), "{result:?}");
    }

    #[test]
    fn addresses_that_refuse_are_reported_with_the_host() {
        let result = dial_all(&[dead(), dead()], NO_LIMIT);
        let Err(ConnectError::Unreachable { host, source }) = result else { panic!("{result:?}") };
        assert_eq!((&*host, source.kind()), ("host", ErrorKind::ConnectionRefused));
    }

    #[test]
    fn no_address_at_all_is_no_panic() {
        let result = dial_all(&[], NO_LIMIT);
        assert!(matches!(result, Err(ConnectError::Unreachable { .. })), "{result:?}");
    }

    #[test]
    fn a_refusal_tells_more_than_that_a_family_has_no_way_here() {
        let refused = || io::Error::from(ErrorKind::ConnectionRefused);
        let no_way = || io::Error::from(ErrorKind::NetworkUnreachable);
        for failures in [[refused(), no_way()], [no_way(), refused()]] {
            let mut race = Race::new("host".into(), vec![v4(1), v6(1)], 0);
            for failure in failures {
                race.schedule.next(Instant::now());
                race.note_failure(failure);
            }
            assert_eq!(race.failure.unwrap().kind(), ErrorKind::ConnectionRefused);
        }
    }
}
