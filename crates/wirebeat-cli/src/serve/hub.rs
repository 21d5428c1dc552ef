use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wirebeat_std::Prepared;

/// How many messages may wait for a client that reads slowly.
const WAITING_MAX: usize = 256;

/// All clients of a server that broadcasts: what one sends goes to each of them.
///
/// A client gets messages through a queue of its own, so that one that doesn't read holds nobody up.
/// It's put out when its queue is full.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    queues: Mutex<BTreeMap<u64, SyncSender<Prepared>>>,
}

impl Hub {
    /// Adds a client. The queue ends when the client leaves, or is put out.
    pub(crate) fn join(&self, number: u64) -> Receiver<Prepared> {
        let (queue, messages) = sync_channel(WAITING_MAX);
        self.queues().insert(number, queue);
        messages
    }

    /// Removes a client, if it's still there.
    pub(crate) fn leave(&self, number: u64) {
        self.queues().remove(&number);
    }

    /// Gives a message to every client.
    pub(crate) fn send(&self, message: &Prepared) {
        self.queues().retain(|_, queue| match queue.try_send(message.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        });
    }

    fn queues(&self) -> MutexGuard<'_, BTreeMap<u64, SyncSender<Prepared>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_goes_to_every_client_that_is_there() {
        let hub = Hub::default();
        let (first, second) = (hub.join(1), hub.join(2));
        hub.send(&Prepared::new("to both"));
        hub.leave(2);
        hub.send(&Prepared::new("to the first"));
        assert_eq!(first.try_iter().count(), 2);
        assert_eq!(second.iter().count(), 1, "the queue of one that left ends");
    }

    #[test]
    fn a_client_that_does_not_read_is_put_out_and_holds_nobody_up() {
        let hub = Hub::default();
        let (slow, quick) = (hub.join(1), hub.join(2));
        for _ in 0..=WAITING_MAX {
            hub.send(&Prepared::new("message"));
            assert!(quick.try_recv().is_ok());
        }
        assert_eq!(slow.iter().count(), WAITING_MAX, "what was given to it is there");
    }
}
