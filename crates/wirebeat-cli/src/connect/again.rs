use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::time::Duration;

use wirebeat_std::{
    CloseCode, CloseFrame, Closed, ConnectError, Event, Kind, Message, Next, Payload, ReadyState,
    Reason, ReceivedResponse, Session, SessionBuilder, SessionClosed, SessionEvent, SessionEvents,
};

use super::input::{Outcome, Sink, Source};
use super::options::Wait;
use super::report::{Form, Reporter};
use super::talk::{Input, closing_on_interrupt};
use super::{Arguments, advice, ending};
use crate::failure::{Failure, NotConnected};
use crate::options::saved;

/// Connects as often as it's needed, and talks until no connection follows.
pub(crate) fn until_the_end(builder: SessionBuilder, arguments: &Arguments) -> Result<(), Failure> {
    let (source, screen) = Source::open(arguments.binary);
    let form = Form::of(arguments.json, arguments.binary);
    let reporter = Arc::new(Reporter::new(form, arguments.quiet, screen));
    let (session, events) = builder.connect()?;
    let interrupt = closing_on_interrupt(session.clone(), Arc::clone(&reporter))?;
    // One sign that something came is as good as many.
    let (sign, signs) = mpsc::sync_channel(1);
    let outcome = Arc::new(Outcome::default());
    let input = Input {
        source,
        sender: session.clone(),
        signs,
        wait: if arguments.once { Wait::Forever } else { arguments.wait },
        is_once: arguments.once,
    };
    input.start(Arc::clone(&outcome), interrupt.clone())?;

    let end = Talk::new(session.clone(), events, &reporter, arguments, sign).until_over()?;
    let (is_refused, failure) = outcome.take();
    interrupt.finish();
    if let Some(savings) = session.savings() {
        reporter.note(&saved(&savings))?;
    }
    match (failure, end) {
        (None, End::NotConnected(failure)) => {
            reporter.failed(&failure)?;
            Err(failure)
        }
        (Some(failure), End::NotConnected(_)) => Err(failure),
        (failure, End::Closed(closed)) => {
            let verdict = match failure {
                Some(failure) => Err(failure),
                None => ending::judge(&closed, is_refused),
            };
            reporter.closed(&closed, verdict.is_err())?;
            verdict
        }
    }
}

/// How it was over.
enum End {
    /// After a connection, or because the user had enough.
    Closed(Closed),
    /// The last attempt came to nothing, and it was no use to try again.
    NotConnected(Failure),
}

/// What is heard of a session, and printed.
struct Talk<'t> {
    session: Session,
    events: SessionEvents,
    reporter: &'t Reporter,
    arguments: &'t Arguments,
    sign: SyncSender<()>,
    is_open: bool,
    /// What the server answered instead of opening a connection.
    rejected: Option<Box<ReceivedResponse>>,
    /// Messages that were lost with their connections, or that no connection followed for.
    lost: u64,
    /// Whether one message was wanted, and is there.
    is_enough: bool,
}

impl<'t> Talk<'t> {
    fn new(
        session: Session,
        events: SessionEvents,
        reporter: &'t Reporter,
        arguments: &'t Arguments,
        sign: SyncSender<()>,
    ) -> Talk<'t> {
        Talk {
            session,
            events,
            reporter,
            arguments,
            sign,
            is_open: false,
            rejected: None,
            lost: 0,
            is_enough: false,
        }
    }

    fn until_over(mut self) -> Result<End, Failure> {
        let mut printed = Ok(());
        let mut end = None;
        while let Some(event) = self.events.recv_event() {
            // If a sign is there already, or nobody waits for one, that's as well.
            let _ = self.sign.try_send(());
            let said = match event {
                SessionEvent::Closed(closed) => self.ended(closed, &mut end),
                event => self.hear(event),
            };
            if printed.is_ok() && said.is_err() {
                // Nobody reads what comes: there is nothing to wait for.
                Sink::close(&self.session);
                printed = said;
            }
        }
        printed?;
        // What ends without one has no thread any more.
        end.ok_or_else(|| Failure::Ended("the session ended without a word".into()))
    }

    fn hear(&mut self, event: SessionEvent<'static>) -> Result<(), Failure> {
        match event {
            SessionEvent::Open(accepted) => {
                self.is_open = true;
                self.reporter.open(&self.arguments.url, Some(&accepted))?;
                self.reporter.compression(self.arguments, self.session.deflate().is_some())
            }
            SessionEvent::Rejected(response) => {
                self.rejected = Some(response);
                Ok(())
            }
            SessionEvent::Dropped(_) => {
                self.lost += 1;
                Ok(())
            }
            SessionEvent::Message(_) if self.is_enough => Ok(()),
            SessionEvent::Message(message) => {
                let printed = self.reporter.event(&Event::Message(message));
                if self.arguments.once {
                    self.is_enough = true;
                    Sink::close(&self.session);
                }
                printed
            }
            SessionEvent::Ping(payload) => self.reporter.event(&Event::Ping(payload)),
            SessionEvent::Pong { payload, latency } => {
                self.reporter.event(&Event::Pong { payload, latency })
            }
            SessionEvent::Closing(frame) => self.reporter.event(&Event::Closing(frame)),
            _ => Ok(()),
        }
    }

    /// A connection or an attempt is over, and perhaps everything.
    fn ended(&mut self, closed: SessionClosed, end: &mut Option<End>) -> Result<(), Failure> {
        let SessionClosed { mut closed, next, .. } = closed;
        let was_open = mem::take(&mut self.is_open);
        self.lost += closed.messages_lost;
        let retry_in = match next {
            Next::At(at) => Some(at.since(self.session.now())),
            // Nobody here says that there's no network.
            Next::WhenOnline => Some(Duration::ZERO),
            Next::Never => None,
        };
        if was_open || closed.cause.reason == Reason::Aborted {
            if let Some(retry_in) = retry_in {
                return self.reporter.lost(&closed, retry_in);
            }
            closed.messages_lost = self.lost;
            *end = Some(End::Closed(closed));
            return Ok(());
        }
        let failure = self.no_connection(&closed);
        match retry_in {
            Some(retry_in) => self.reporter.failed_for_now(&failure, retry_in),
            None => {
                *end = Some(End::NotConnected(failure));
                Ok(())
            }
        }
    }

    /// Why there's no connection, in this program's words.
    fn no_connection(&mut self, closed: &Closed) -> Failure {
        let handshake = match self.rejected.take() {
            Some(response) => ConnectError::Rejected(response),
            None => ConnectError::Handshake(closed.cause),
        };
        let error = self.events.failure().unwrap_or(&handshake);
        Failure::NotConnected(NotConnected::from(error), advice::on(error, self.arguments))
    }
}

impl Sink for Session {
    fn send(&self, message: Message<'_>) -> bool {
        self.send_blocking(message).is_ok()
    }

    fn send_part(&self, part: Payload<'_>, is_first: bool, is_last: bool) -> bool {
        self.send_fragment(is_first.then_some(Kind::Binary), part, is_last).is_ok()
    }

    fn close(&self) {
        Session::close(self, CloseFrame::new(CloseCode::NORMAL, "").ok());
    }

    fn is_waiting(&self) -> bool {
        self.outbox_messages() > 0 || self.ready_state() == ReadyState::Connecting
    }
}
