//! Without the feature `tracing` nobody is told.

use std::future::Future;

use wirebeat::handshake::Request;
use wirebeat::session::{Attempt, SessionClosed, Target};
use wirebeat::{Closed, Role, Timestamp};

use crate::ConnectError;

#[derive(Clone, Debug)]
pub(crate) struct Span;

impl Span {
    pub(crate) const NONE: Span = Span;

    pub(crate) fn client(_: &Request, _: bool) -> Span {
        Span
    }

    pub(crate) fn server(_: impl FnOnce() -> Option<String>) -> Span {
        Span
    }

    pub(crate) fn upgraded(_: Role) -> Span {
        Span
    }

    pub(crate) fn session(_: Option<&Target>) -> Span {
        Span
    }

    pub(crate) fn in_scope<T>(&self, act: impl FnOnce() -> T) -> T {
        act()
    }

    pub(crate) fn instrument<F: Future>(&self, future: F) -> F {
        future
    }

    pub(crate) fn opened(&self, _: Role, _: Option<&str>) {}

    pub(crate) fn closed(&self, _: Role, _: &Closed) {}

    pub(crate) fn dialing(&self, _: Attempt, _: &Target) {}

    pub(crate) fn dial_failed(&self, _: Attempt, _: &ConnectError) {}

    pub(crate) fn session_closed(&self, _: &SessionClosed, _: Timestamp) {}
}
