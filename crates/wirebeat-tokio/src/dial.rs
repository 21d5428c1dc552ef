use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use wirebeat::session::{ADDRESS_DELAY, dial_order};

use crate::error::{ConnectError, Step};

type Attempt = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

/// Connects to whichever of a host's addresses takes the connection first, by the idea of RFC 8305.
/// The attempts that come too late are dropped.
pub(crate) async fn dial(
    host: String,
    addresses: Vec<SocketAddr>,
) -> Result<TcpStream, ConnectError> {
    let mut race = Race { waiting: dial_order(addresses), attempts: Vec::new(), failure: None };
    while race.start_next() {
        let next_at = Instant::now() + ADDRESS_DELAY;
        let mut delay = pin!(sleep_until(next_at));
        let outcome = poll_fn(|cx| match race.poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending if race.waiting.is_empty() => Poll::Pending,
            Poll::Pending => delay.as_mut().poll(cx).map(|()| None),
        })
        .await;
        if let Some(stream) = outcome {
            return Ok(stream);
        }
    }
    Err(race.defeat(host))
}

/// All attempts, in one task.
struct Race {
    waiting: VecDeque<SocketAddr>,
    attempts: Vec<Attempt>,
    failure: Option<io::Error>,
}

impl Race {
    /// Begins another attempt, if there's one to begin. Returns whether any is under way.
    fn start_next(&mut self) -> bool {
        if let Some(address) = self.waiting.pop_front() {
            self.attempts.push(Box::pin(TcpStream::connect(address)));
        }
        !self.attempts.is_empty()
    }

    /// The winner; `None` once an attempt has failed, so that the next needn't wait.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<TcpStream>> {
        for at in 0..self.attempts.len() {
            match self.attempts[at].as_mut().poll(cx) {
                Poll::Ready(Ok(stream)) => return Poll::Ready(Some(stream)),
                Poll::Ready(Err(error)) => {
                    drop(self.attempts.swap_remove(at));
                    self.note_failure(error);
                    return Poll::Ready(None);
                }
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }

    /// Keeps the failure that tells most. That there's no way to one of the families of addresses
    /// is so on many machines, and says nothing of the server.
    fn note_failure(&mut self, error: io::Error) {
        let tells_little =
            matches!(error.kind(), ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable);
        if self.failure.is_none() || !tells_little {
            self.failure = Some(error);
        }
    }

    /// Why no attempt has won.
    fn defeat(self, host: String) -> ConnectError {
        let none = || io::Error::from(ErrorKind::AddrNotAvailable);
        let source = self.failure.unwrap_or_else(none);
        match source.kind() {
            ErrorKind::TimedOut => ConnectError::Timeout(Step::Connecting),
            _ => ConnectError::Unreachable { host, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    const LOOPBACK: Ipv4Addr = Ipv4Addr::LOCALHOST;

    fn v4(port: u16) -> SocketAddr {
        (LOOPBACK, port).into()
    }

    fn v6(port: u16) -> SocketAddr {
        (Ipv6Addr::LOCALHOST, port).into()
    }

    async fn live() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// An address that nobody listens at.
    async fn dead() -> SocketAddr {
        live().await.1
    }

    /// An address that doesn't answer, for as long as what comes with it is kept: its backlog is
    /// full, and the system drops whoever else asks.
    async fn silent() -> (TcpListener, Vec<tokio::task::JoinHandle<()>>, SocketAddr) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(v4(0)).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let fill = || {
            tokio::spawn(async move {
                let _stream = TcpStream::connect(address).await;
                std::future::pending::<()>().await;
            })
        };
        let fillers = (0..4).map(|_| fill()).collect();
        tokio::task::yield_now().await;
        (listener, fillers, address)
    }

    #[tokio::test]
    async fn a_dead_address_costs_nothing_but_itself() {
        let (_listener, address) = live().await;
        let dead = [dead().await, v6(dead().await.port()), dead().await];
        let stream = dial("host".into(), [&dead[..], &[address]].concat()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
    }

    /// One after the other, the first would be waited for for minutes.
    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn an_address_that_does_not_answer_does_not_hold_up_the_next() {
        let (_silence, _fillers, silent) = silent().await;
        let (_listener, address) = live().await;
        let stream = dial("host".into(), vec![silent, silent, address]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
    }

    #[tokio::test]
    async fn addresses_that_refuse_are_reported_with_the_host() {
        let result = dial("host".into(), vec![dead().await, dead().await]).await;
        let Err(ConnectError::Unreachable { host, source }) = result else { panic!("{result:?}") };
        assert_eq!((&*host, source.kind()), ("host", ErrorKind::ConnectionRefused));
    }

    #[tokio::test]
    async fn no_address_at_all_is_no_panic() {
        let result = dial("host".into(), Vec::new()).await;
        assert!(matches!(result, Err(ConnectError::Unreachable { .. })), "{result:?}");
    }
}
