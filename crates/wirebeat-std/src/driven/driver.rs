use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};
use wirebeat::session::{Attempt, Driven, Wanted};
use wirebeat::{Timestamp, Transport};
#[cfg(feature = "tls")]
use wirebeat_tls::ClientTls;

use super::Machine;
use super::dialing::{Dialed, Dialing, NoTransport};
use super::link::{Link, Progress};
use crate::ConnectError;

/// How many steps are made before whoever else needs the machine has a turn.
const STEPS_MAX: usize = 16;

/// More tokens than a host has addresses: those of two attempts are never the same.
const TOKENS_OF_AN_ATTEMPT: usize = 1 << 16;

const DOORBELL: Token = Token(0);

/// What tells the time of a driver and of all who call its machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock(Instant::now())
    }

    pub(crate) fn now(self) -> Timestamp {
        Timestamp::ZERO + self.0.elapsed()
    }
}

/// Holds what the machine wants to be held, and keeps its time.
pub(crate) struct Driver {
    poll: Poll,
    events: Events,
    doorbell: Arc<Waker>,
    clock: Clock,
    /// Where to dial, wherever the targets' names lead.
    via: Option<SocketAddr>,
    #[cfg(feature = "tls")]
    tls: ClientTls,
    held: Held,
    /// The first token of the next attempt's sockets.
    next_token: usize,
    /// When the sockets were last seen to have nothing more than what's known.
    looked_at: Timestamp,
}

enum Held {
    Nothing,
    Dialing(Box<Dialing>),
    Link(Attempt, Box<Link>),
}

/// What a step came to.
enum Step {
    /// Something has changed, so there may be more to do.
    Again,
    /// There's nothing to do before something happens, or for so long.
    Wait(Option<Duration>),
}

impl Driver {
    pub(crate) fn new(
        clock: Clock,
        via: Option<SocketAddr>,
        #[cfg(feature = "tls")] tls: ClientTls,
    ) -> Result<Driver, ConnectError> {
        let poll = Poll::new().map_err(ConnectError::Io)?;
        let doorbell = Waker::new(poll.registry(), DOORBELL).map_err(ConnectError::Io)?;
        Ok(Driver {
            poll,
            events: Events::with_capacity(64),
            doorbell: Arc::new(doorbell),
            clock,
            via,
            #[cfg(feature = "tls")]
            tls,
            held: Held::Nothing,
            next_token: DOORBELL.0 + 1,
            looked_at: clock.now(),
        })
    }

    /// What ends a [`wait`](Driver::wait), from any thread.
    pub(crate) fn doorbell(&self) -> Arc<Waker> {
        Arc::clone(&self.doorbell)
    }

    /// Does all that can be done without waiting, or much of it. Returns how long to wait.
    pub(crate) fn step(&mut self, machine: &mut impl Machine) -> Option<Duration> {
        for _ in 0..STEPS_MAX {
            let step = self.step_once(machine);
            machine.deliver(self.clock.now());
            match step {
                Step::Again => {}
                Step::Wait(_) if self.has_work(machine) => {}
                Step::Wait(limit) => {
                    let now = self.clock.now();
                    let due = machine.core().poll_timeout().map(|at| at.since(now));
                    return limit.into_iter().chain(due).min();
                }
            }
        }
        Some(Duration::ZERO)
    }

    /// Waits until something happens, or for so long.
    pub(crate) fn wait(&mut self, limit: Option<Duration>) -> io::Result<()> {
        // Whatever has come by now will be seen.
        let now = self.clock.now();
        match self.poll.poll(&mut self.events, limit) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        self.looked_at = now;
        for event in &self.events {
            match &mut self.held {
                Held::Nothing => {}
                Held::Dialing(dialing) => dialing.note(event, self.poll.registry()),
                Held::Link(_, link) => link.note(event),
            }
        }
        Ok(())
    }

    /// Holds what is wanted, and does what it lets be done.
    fn step_once(&mut self, machine: &mut impl Machine) -> Step {
        let now = self.clock.now();
        match (machine.core().wanted(), &mut self.held) {
            (Wanted::Dial(attempt), Held::Dialing(dialing)) if dialing.attempt == attempt => {
                match dialing.advance(self.poll.registry()) {
                    Ok(Dialed::Pending(next_in)) => self.keep_time(machine, next_in),
                    Ok(Dialed::Done(link)) => {
                        self.held = Held::Link(attempt, link);
                        machine.core_mut().handle_dialed(now, attempt);
                        Step::Again
                    }
                    Err(failure) => self.fail(machine, attempt, failure),
                }
            }
            (Wanted::Dial(attempt), _) => self.dial(machine, attempt),
            (Wanted::Hold(wanted, transport), Held::Link(held, link))
                if wanted == *held && transport != Transport::Drop =>
            {
                if link.exchange(machine, wanted, now) == Progress::More {
                    return Step::Again;
                }
                match machine.core().wanted() {
                    Wanted::Hold(still, transport)
                        if still == wanted && transport != Transport::Drop =>
                    {
                        link.obey(machine, wanted, now, transport);
                        if link.is_at_its_end(machine, wanted) {
                            machine.core_mut().handle_lost(now, wanted);
                            return Step::Again;
                        }
                        self.keep_time(machine, None)
                    }
                    Wanted::Hold(..) | Wanted::Dial(_) | Wanted::Nothing => Step::Again,
                }
            }
            (Wanted::Hold(attempt, transport), held) => {
                *held = Held::Nothing;
                if transport != Transport::Drop {
                    machine.core_mut().handle_lost(now, attempt);
                    return Step::Again;
                }
                self.keep_time(machine, None)
            }
            (Wanted::Nothing, held) => {
                *held = Held::Nothing;
                self.keep_time(machine, None)
            }
        }
    }

    fn dial(&mut self, machine: &mut impl Machine, attempt: Attempt) -> Step {
        self.held = Held::Nothing;
        let token = self.next_token;
        self.next_token += TOKENS_OF_AN_ATTEMPT;
        let Some(target) = machine.core().target() else { return Step::Wait(None) };
        let dialing = Dialing::start(
            attempt,
            target,
            self.via,
            #[cfg(feature = "tls")]
            &self.tls,
            &self.doorbell,
            token,
        );
        match dialing {
            Ok(dialing) => {
                self.held = Held::Dialing(Box::new(dialing));
                Step::Again
            }
            Err(failure) => self.fail(machine, attempt, failure),
        }
    }

    fn fail(&mut self, machine: &mut impl Machine, attempt: Attempt, failure: NoTransport) -> Step {
        self.held = Held::Nothing;
        machine.note_failure(Arc::new(failure.error));
        machine.core_mut().handle_dial_failed(self.clock.now(), attempt, failure.why);
        Step::Again
    }

    /// Does what is due, if nothing else is to be done.
    ///
    /// Input comes before time: what counts is when the sockets were last looked at, so that a sign
    /// of life that is there is heard.
    fn keep_time(&mut self, machine: &mut impl Machine, limit: Option<Duration>) -> Step {
        if machine.core().poll_timeout().is_some_and(|at| at <= self.looked_at) {
            machine.core_mut().handle_timeout(self.looked_at);
            return Step::Again;
        }
        Step::Wait(limit)
    }

    /// Whether something is to be done now, because of what was heard in the last step.
    fn has_work(&mut self, machine: &mut impl Machine) -> bool {
        match (machine.core().wanted(), &mut self.held) {
            (Wanted::Nothing | Wanted::Hold(_, Transport::Drop), Held::Nothing) => false,
            (Wanted::Dial(wanted), Held::Dialing(dialing)) => wanted != dialing.attempt,
            (Wanted::Hold(wanted, transport), Held::Link(held, link)) => {
                wanted != *held || transport == Transport::Drop || link.has_work(machine, wanted)
            }
            (Wanted::Nothing | Wanted::Dial(_) | Wanted::Hold(..), _) => true,
        }
    }
}
