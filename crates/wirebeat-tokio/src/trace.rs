//! What an operator needs to know, as events of tracing's; nothing without the feature.

#[cfg(feature = "tracing")]
use wirebeat::Reason;
use wirebeat::{Closed, Role};

#[cfg(feature = "tracing")]
pub(crate) fn opened(role: Role, subprotocol: Option<&str>) {
    tracing::debug!(%role, subprotocol, "opened");
}

#[cfg(feature = "tracing")]
pub(crate) fn closed(role: Role, closed: &Closed) {
    let (code, cause) = (closed.code.get(), closed.cause);
    let Closed { reason, was_clean, messages_lost, .. } = closed;
    match cause.reason {
        Reason::HeartbeatTimeout => {
            tracing::warn!(%role, code, messages_lost, %cause, "heartbeat lost");
        }
        _ if cause.is_error() => {
            tracing::warn!(%role, code, reason = &**reason, messages_lost, %cause, "lost");
        }
        _ => tracing::debug!(%role, code, reason = &**reason, was_clean, %cause, "closed"),
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn opened(_: Role, _: Option<&str>) {}

#[cfg(not(feature = "tracing"))]
pub(crate) fn closed(_: Role, _: &Closed) {}
