use core::time::Duration;

use super::attempt::Attempt;
use crate::handshake::ReceivedResponse;
use crate::{CloseCode, Closed, Phase};

/// An attempt that came to nothing, or a connection that is over: what a policy decides on.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'f> {
    /// Which attempt.
    pub attempt: Attempt,
    /// How it ended.
    pub closed: &'f Closed,
    /// How many ended in a row, this one included, since one was open for `min_uptime`.
    pub failures: u32,
    /// What the server asked for.
    pub pause: Pause,
    /// Whether the rules would have it tried again.
    pub is_retryable: bool,
}

/// What a server asked of those who come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pause {
    /// Nothing.
    Unasked,
    /// Time to restart or to recover: it closed with 1012 or 1013.
    Restart,
    /// This long: it answered the handshake with `Retry-After`, in seconds. (A date isn't
    /// understood: there's no calendar here.)
    RetryAfter(Duration),
}

impl Pause {
    /// What a Close, or the answer to the handshake, asks for.
    pub(super) fn of(closed: &Closed, retry_after: Option<Duration>) -> Pause {
        match (closed.cause.phase, closed.code) {
            (Phase::PeerClosing, CloseCode::SERVICE_RESTART | CloseCode::TRY_AGAIN_LATER) => {
                Pause::Restart
            }
            _ => retry_after.map_or(Pause::Unasked, Pause::RetryAfter),
        }
    }
}

/// `Retry-After = HTTP-date / delay-seconds` ([RFC 9110 §10.2.3]), of which the seconds are read.
///
/// [RFC 9110 §10.2.3]: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
pub(super) fn retry_after(response: &ReceivedResponse) -> Option<Duration> {
    let value = response.headers().get_str("Retry-After")?;
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More digits than fit are a long time too.
    Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))))
}
