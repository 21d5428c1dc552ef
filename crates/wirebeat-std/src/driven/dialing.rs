use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mio::event::Event;
use mio::{Registry, Waker};
use wirebeat::DialError;
#[cfg(feature = "tls")]
use wirebeat::session::UrlFault;
use wirebeat::session::{Attempt, Target};
#[cfg(feature = "tls")]
use wirebeat_tls::ClientTls;

use super::link::Link;
use crate::address::{Address, Resolving};
use crate::dial::Race;
use crate::error::ConnectError;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// One attempt to get a transport. To drop it is to give it up, at once.
pub(crate) struct Dialing {
    pub(crate) attempt: Attempt,
    address: Address,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    stage: Stage,
    /// The first token of its sockets'.
    token: usize,
}

/// How far an attempt has come.
enum Stage {
    Resolving(Resolving),
    Connecting(Race),
    /// It's connected, and made secure if it has to be.
    Connected(Box<Link>),
    /// The operating system refused.
    Refused(io::Error),
    /// The transport was handed over.
    Over,
}

/// What has become of an attempt.
pub(crate) enum Dialed {
    /// Nothing, before something happens to its name or to one of its sockets, or for so long.
    Pending(Option<Duration>),
    Done(Box<Link>),
}

/// Why there's no transport, for the core and for people.
pub(crate) struct NoTransport {
    pub(crate) why: DialError,
    pub(crate) error: ConnectError,
}

impl Dialing {
    pub(crate) fn start(
        attempt: Attempt,
        target: &Target,
        via: Option<SocketAddr>,
        #[cfg(feature = "tls")] tls: &ClientTls,
        doorbell: &Arc<Waker>,
        token: usize,
    ) -> Result<Dialing, NoTransport> {
        let address = Address::of(target).map_err(NoTransport::for_good)?;
        #[cfg(feature = "tls")]
        let tls = match (address.server_name(), target.is_secure()) {
            (Some(name), _) => Some(Tls::client(tls, name).map_err(NoTransport::for_good)?),
            (None, false) => None,
            (None, true) => {
                let url = format!("wss://{}", address.name()).into();
                return Err(NoTransport::for_good(ConnectError::Url {
                    url,
                    fault: UrlFault::Host,
                }));
            }
        };
        let doorbell = Arc::clone(doorbell);
        let resolving = match via {
            Some(address) => Resolving::Known(address),
            // If it can't be rung, the attempt takes too long, and the next one follows.
            None => address.resolve_aside(move || drop(doorbell.wake()))?,
        };
        Ok(Dialing {
            attempt,
            address,
            #[cfg(feature = "tls")]
            tls,
            stage: Stage::Resolving(resolving),
            token,
        })
    }

    /// Takes note of what happened to one of its sockets.
    pub(crate) fn note(&mut self, event: &Event, registry: &Registry) {
        match &mut self.stage {
            Stage::Connecting(race) => {
                let Some(stream) = race.outcome(event.token()) else { return };
                self.stage = match Link::new(stream, event.token(), registry) {
                    Ok(link) => Stage::Connected(Box::new(self.secured(link))),
                    Err(error) => Stage::Refused(error),
                };
            }
            Stage::Connected(link) => link.note(event),
            Stage::Resolving(_) | Stage::Refused(_) | Stage::Over => {}
        }
    }

    #[cfg(feature = "tls")]
    fn secured(&mut self, mut link: Link) -> Link {
        if let Some(tls) = self.tls.take() {
            link.secure(tls);
        }
        link
    }

    #[cfg(not(feature = "tls"))]
    fn secured(&mut self, link: Link) -> Link {
        link
    }

    /// Goes on as far as it can without waiting.
    pub(crate) fn advance(&mut self, registry: &Registry) -> Result<Dialed, NoTransport> {
        if let Stage::Resolving(resolving) = &mut self.stage {
            let Some(found) = resolving.outcome() else { return Ok(Dialed::Pending(None)) };
            self.stage = Stage::Connecting(Race::new(self.address.name(), found?, self.token));
        }
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Connecting(mut race) => {
                let next_in = race.start_due(registry)?;
                self.stage = Stage::Connecting(race);
                Ok(Dialed::Pending(next_in))
            }
            Stage::Connected(mut link) => {
                if link.shake_hands()? {
                    return Ok(Dialed::Done(link));
                }
                self.stage = Stage::Connected(link);
                Ok(Dialed::Pending(None))
            }
            Stage::Refused(error) => Err(ConnectError::Io(error).into()),
            Stage::Resolving(_) | Stage::Over => Ok(Dialed::Pending(None)),
        }
    }
}

impl NoTransport {
    /// What stays as it is, however often it's tried.
    fn for_good(error: ConnectError) -> NoTransport {
        NoTransport { why: DialError::Configuration, error }
    }
}

impl From<ConnectError> for NoTransport {
    fn from(error: ConnectError) -> NoTransport {
        let why = match &error {
            ConnectError::Dns { .. } => DialError::Name,
            ConnectError::Unreachable { source, .. } | ConnectError::UnixSocket { source, .. } => {
                match source.kind() {
                    ErrorKind::ConnectionRefused => DialError::Refused,
                    _ => DialError::Unreachable,
                }
            }
            ConnectError::Timeout(_) => DialError::Timeout,
            #[cfg(feature = "tls")]
            ConnectError::Tls(rustls::Error::InvalidCertificate(_)) => DialError::Certificate,
            #[cfg(feature = "tls")]
            ConnectError::Tls(_) => DialError::Tls,
            #[cfg(feature = "tls")]
            ConnectError::NoRoots(_) => DialError::Configuration,
            // It ended while it was being made secure.
            ConnectError::Handshake(_) => DialError::Tls,
            ConnectError::Url { .. }
            | ConnectError::Target(_)
            | ConnectError::TlsNotBuiltIn
            | ConnectError::Request(_) => DialError::Configuration,
            ConnectError::Rejected(_) | ConnectError::Io(_) | ConnectError::Entropy(_) => {
                DialError::Other
            }
        };
        NoTransport { why, error }
    }
}
