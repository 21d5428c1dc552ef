use std::sync::Arc;
use std::task::{Context, Poll};

use wirebeat::Transport;
use wirebeat::session::{Attempt, Driven, Wanted};

use super::dialing::{Dialing, NoTransport, Route};
use super::link::Link;
use super::machine::{Machine, Reach};
use crate::clock::Clock;
use crate::timer::Timer;
use crate::trace::Span;

/// How many steps are made before other tasks have a turn.
const STEPS_MAX: usize = 16;

/// Holds what the machine wants to be held, and keeps its time.
pub(crate) struct Driver {
    clock: Clock,
    route: Arc<Route>,
    held: Held,
    timer: Timer,
    span: Span,
}

enum Held {
    Nothing,
    Dialing(Attempt, Dialing),
    Link(Attempt, Box<Link>),
}

impl Driver {
    pub(crate) fn new(clock: Clock, route: Route, span: Span) -> Driver {
        let (route, timer) = (Arc::new(route), Timer::default());
        Driver { clock, route, held: Held::Nothing, timer, span }
    }

    /// Does all that can be done now, or much of it, and has the task woken for the rest.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, machine: &mut impl Reach) {
        // Whatever a connector or a handler says belongs to it.
        self.span.clone().in_scope(|| self.poll_inside(cx, machine));
    }

    fn poll_inside(&mut self, cx: &mut Context<'_>, machine: &mut impl Reach) {
        for _ in 0..STEPS_MAX {
            let is_changed = self.step(cx, machine);
            let now = self.clock.now();
            let has_delivered = machine.reach(|machine| machine.deliver(now));
            if !is_changed && !has_delivered {
                return;
            }
        }
        cx.waker().wake_by_ref();
    }

    /// Holds what is wanted, and does what it lets be done. Returns whether anything has changed,
    /// so that there may be more to do.
    fn step(&mut self, cx: &mut Context<'_>, machine: &mut impl Reach) -> bool {
        let now = self.clock.now();
        match (wanted(machine), &mut self.held) {
            (Wanted::Dial(attempt), Held::Dialing(held, dialing)) if attempt == *held => {
                match dialing.as_mut().poll(cx) {
                    Poll::Pending => self.keep_time(cx, machine),
                    Poll::Ready(Ok(stream)) => {
                        self.held = Held::Link(attempt, Box::new(Link::new(stream)));
                        machine.reach(|machine| machine.core_mut().handle_dialed(now, attempt));
                        true
                    }
                    Poll::Ready(Err(failure)) => self.fail(machine, attempt, failure),
                }
            }
            (Wanted::Dial(attempt), _) => {
                self.held = Held::Nothing;
                let Some(target) = machine.reach(|machine| machine.core().target().cloned()) else {
                    return false;
                };
                self.span.dialing(attempt, &target);
                self.held = Held::Dialing(attempt, self.route.dial(target));
                true
            }
            (Wanted::Hold(wanted, transport), Held::Link(held, link))
                if wanted == *held && transport != Transport::Drop =>
            {
                if link.exchange(cx, machine, wanted, now) {
                    return true;
                }
                if link.obey(cx, machine, wanted, transport) {
                    return true;
                }
                if link.is_at_its_end(machine, wanted) {
                    machine.reach(|machine| machine.core_mut().handle_lost(now, wanted));
                    return true;
                }
                self.keep_time(cx, machine)
            }
            (Wanted::Hold(attempt, transport), held) => {
                *held = Held::Nothing;
                if transport != Transport::Drop {
                    machine.reach(|machine| machine.core_mut().handle_lost(now, attempt));
                    return true;
                }
                self.keep_time(cx, machine)
            }
            (Wanted::Nothing, held) => {
                *held = Held::Nothing;
                self.keep_time(cx, machine)
            }
        }
    }

    fn fail(&mut self, machine: &mut impl Reach, attempt: Attempt, failure: NoTransport) -> bool {
        self.held = Held::Nothing;
        let NoTransport { why, error } = failure;
        self.span.dial_failed(attempt, &error);
        let now = self.clock.now();
        machine.reach(|machine| {
            machine.note_failure(Arc::new(error));
            machine.core_mut().handle_dial_failed(now, attempt, why);
        });
        true
    }

    /// Does what is due, if nothing else is to be done. Input comes before time, so that a sign of
    /// life that is there is heard.
    fn keep_time(&mut self, cx: &mut Context<'_>, machine: &mut impl Reach) -> bool {
        let Some(at) = machine.reach(|machine| machine.core().poll_timeout()) else { return false };
        if self.timer.poll(cx, self.clock, at).is_pending() {
            return false;
        }
        let now = self.clock.now().max(at);
        machine.reach(|machine| machine.core_mut().handle_timeout(now));
        true
    }
}

fn wanted(machine: &mut impl Reach) -> Wanted {
    machine.reach(|machine| machine.core().wanted())
}
