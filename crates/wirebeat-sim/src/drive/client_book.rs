use wirebeat::session::{Next, Session, SessionClosed, SessionConfig, SessionEvent};
use wirebeat::{Heartbeat, ReadyState, Timestamp};

use super::client::{App, Held};
use super::client_scope::ClientScope;
use crate::check::{Account, Attempts};
use crate::host::Net;
use crate::trace::{Closing, What};

/// What is kept beside the session.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) account: Account,
    pub(super) attempts: Attempts,
    pub(super) wake_at: Option<Timestamp>,
    pub(super) ready_state: ReadyState,
    /// Whether the application closed it.
    pub(super) is_closed: bool,
}

/// Keeps account of an event, and hands it to the application.
pub(super) fn hear<A: App>(
    app: &mut A,
    session: &mut Session,
    net: &mut Net<'_>,
    book: &mut Book,
    config: &SessionConfig,
    held: Option<Held>,
    event: SessionEvent<'_>,
) {
    let backoff = config.reconnect.as_ref().map(|reconnect| &reconnect.backoff);
    let mut checked = vec![book.attempts.heard(&event, backoff)];
    match &event {
        SessionEvent::Open(_) => book.account.opened(),
        SessionEvent::Rejected(response) => net.trace(What::Rejected(response.status())),
        SessionEvent::Message(message) => {
            net.trace(What::Received(message.kind(), message.len()));
            checked.extend(held.map(|held| net.world.hear(held.socket, message)));
        }
        SessionEvent::Pong { payload, latency } => {
            net.trace(What::Pong(*latency));
            checked.extend(held.map(|held| net.world.hear_pong(held.socket, payload)));
        }
        SessionEvent::Closing(frame) => {
            net.trace(What::Closing(frame.as_ref().map_or(1005, |frame| frame.code().get())));
            checked.extend(held.map(|held| net.world.hear_close(held.socket, frame.as_ref())));
        }
        SessionEvent::Dropped(dropped) => {
            net.trace(What::Dropped);
            checked.push(book.account.reported(dropped.id));
        }
        SessionEvent::Closed(closed) => {
            trace_closed(net, closed);
            checked.extend(closed.lost.iter().map(|id| book.account.reported(*id)));
        }
        SessionEvent::Dialing(_)
        | SessionEvent::Fragment(_)
        | SessionEvent::Ping(_)
        | SessionEvent::Error(_) => {}
    }
    for violation in checked.into_iter().filter_map(Result::err) {
        net.violate(violation);
    }
    book.trace_state(session, net);
    app.event(&mut ClientScope::new(session, net, book), &event);
}

fn trace_closed(net: &mut Net<'_>, closed: &SessionClosed) {
    let now = net.now();
    if !closed.lost.is_empty() {
        net.trace(What::Lost(closed.lost.len()));
    }
    net.trace(What::Closed(Closing {
        code: closed.closed.code.get(),
        was_clean: closed.closed.was_clean,
        cause: closed.closed.cause.to_string(),
        retry_in: match closed.next {
            Next::At(at) => Some(at.since(now)),
            Next::Never | Next::WhenOnline => None,
        },
    }));
}

impl Book {
    pub(super) fn new(config: &SessionConfig) -> Book {
        let heartbeat = config.connection.heartbeat.as_ref().and_then(Heartbeat::message);
        Book {
            account: Account::new(&config.greeting, heartbeat),
            attempts: Attempts::default(),
            wake_at: None,
            ready_state: ReadyState::Connecting,
            is_closed: false,
        }
    }

    pub(super) fn trace_state(&mut self, session: &Session, net: &mut Net<'_>) {
        let state = session.ready_state();
        if state != self.ready_state {
            self.ready_state = state;
            net.trace(What::State(state));
        }
    }
}
