use std::future::Future;

use tokio::time::{Instant, timeout_at};
use wirebeat::Config;

use crate::error::{ConnectError, Step};

/// The time that connecting may take, all steps together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimit(pub(crate) Option<Instant>);

impl TimeLimit {
    pub(crate) fn start(config: &Config) -> TimeLimit {
        TimeLimit(config.open_timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    /// Takes a step within what is left.
    pub(crate) async fn within<T>(
        self,
        step: Step,
        work: impl Future<Output = Result<T, ConnectError>>,
    ) -> Result<T, ConnectError> {
        match self.0 {
            None => work.await,
            Some(deadline) => match timeout_at(deadline, work).await {
                Ok(done) => done,
                Err(_) => Err(ConnectError::Timeout(step)),
            },
        }
    }
}
