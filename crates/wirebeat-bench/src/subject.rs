use crate::{Codec, Delivered, ReceiveJob, SendJob, Workload};

/// A library that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Its name, as in the tables.
    pub name: &'static str,
    /// What it is to the comparison.
    pub rank: Rank,
    /// Receives what a job holds.
    pub receive: fn(ReceiveJob) -> Delivered,
    /// Sends what a job holds.
    pub send: fn(SendJob),
    /// How it compresses, if it does.
    pub codec: Option<Codec>,
}

impl Subject {
    /// Whether it can do a workload at all.
    #[must_use]
    pub fn can_do(&self, workload: &Workload) -> bool {
        match workload {
            Workload::Receive(_) | Workload::Send(_) => true,
            Workload::Compressed(_) => self.codec.is_some(),
        }
    }
}

/// What a [`Subject`] is to the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Wirebeat.
    Ours,
    /// A loop written by hand: no library, but what one could cost.
    Floor,
    /// Another library, to be compared with.
    Peer,
}
