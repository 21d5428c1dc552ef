use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wirebeat::{Closed, Message};

/// What is told of a connection as it goes on, for metrics. Every method does nothing by default.
///
/// They're called inside the connection's calls, while it's held: they should count, and return.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use wirebeat_tokio::{Message, Observer};
///
/// /// Counts the bytes of all messages that come.
/// #[derive(Default)]
/// struct Received(AtomicU64);
///
/// impl Observer for Received {
///     fn received(&self, message: &Message<'_>) {
///         self.0.fetch_add(message.len() as u64, Ordering::Relaxed);
///     }
/// }
/// ```
pub trait Observer: Send + Sync {
    /// A whole message came.
    fn received(&self, message: &Message<'_>) {
        let _ = message;
    }

    /// A message, a fragment or a ping of the application's was queued. `buffered_amount` is what
    /// waits to be written with it, in bytes of the application's.
    fn queued(&self, buffered_amount: u64) {
        let _ = buffered_amount;
    }

    /// The stream took so many bytes.
    fn written(&self, bytes: usize) {
        let _ = bytes;
    }

    /// The heartbeat measured the latency.
    fn measured(&self, latency: Duration) {
        let _ = latency;
    }

    /// The connection ended.
    fn closed(&self, closed: &Closed) {
        let _ = closed;
    }
}

/// Whoever is told, if anybody is.
#[derive(Clone, Default)]
pub(crate) struct Observers(Option<Arc<dyn Observer>>);

impl Observers {
    pub(crate) fn set(&mut self, observer: Arc<dyn Observer>) {
        self.0 = Some(observer);
    }

    #[inline]
    pub(crate) fn tell(&self, tell: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = &self.0 {
            tell(&**observer);
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Observers").field(&self.0.is_some()).finish()
    }
}
