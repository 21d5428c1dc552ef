use super::Session;
use crate::extension::DeflateParameters;
use crate::{Connection, Savings};

impl Session {
    /// What was agreed on for permessage-deflate on the connection, or on the last one.
    #[must_use]
    pub fn deflate(&self) -> Option<DeflateParameters> {
        self.connection.as_ref().and_then(Connection::deflate)
    }

    /// What compression has saved so far, over all connections; `None` if none of them compressed.
    #[must_use]
    pub fn savings(&self) -> Option<Savings> {
        let now = self.connection.as_ref().and_then(Connection::savings);
        match (self.savings_before, now) {
            (Some(before), Some(now)) => Some(before.and(&now)),
            (before, now) => before.or(now),
        }
    }

    /// The connection is about to be replaced.
    pub(super) fn keep_savings(&mut self) {
        self.savings_before = self.savings();
    }
}
