use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicUsize, atomic::Ordering};

use wirebeat_std::Prepared;

/// How many messages may wait for a client that reads slowly.
const WAITING_MAX: usize = 256;

/// How many bytes may wait for it; one message may always.
const WAITING_LEN_MAX: usize = 16 * 1024 * 1024;

/// All clients of a server that broadcasts: what one sends goes to each of them.
///
/// A client gets messages through a queue of its own, so that one that doesn't read holds nobody up.
/// It's put out when its queue is full.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    clients: Mutex<BTreeMap<u64, Client>>,
}

#[derive(Debug)]
struct Client {
    queue: SyncSender<Prepared>,
    waiting_len: Arc<AtomicUsize>,
}

/// What waits for one client.
#[derive(Debug)]
pub(crate) struct Queue {
    messages: Receiver<Prepared>,
    waiting_len: Arc<AtomicUsize>,
}

impl Hub {
    /// Adds a client. The queue ends when the client leaves, or is put out.
    pub(crate) fn join(&self, number: u64) -> Queue {
        let (queue, messages) = sync_channel(WAITING_MAX);
        let waiting_len = Arc::<AtomicUsize>::default();
        let client = Client { queue, waiting_len: Arc::clone(&waiting_len) };
        self.clients().insert(number, client);
        Queue { messages, waiting_len }
    }

    /// Removes a client, if it's still there.
    pub(crate) fn leave(&self, number: u64) {
        self.clients().remove(&number);
    }

    /// Gives a message to every client.
    pub(crate) fn send(&self, message: &Prepared) {
        self.clients().retain(|_, client| client.give(message));
    }

    fn clients(&self) -> MutexGuard<'_, BTreeMap<u64, Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Queues a message. Returns whether there was room.
    fn give(&self, message: &Prepared) -> bool {
        let before = self.waiting_len.fetch_add(message.len(), Ordering::Relaxed);
        let has_room = before == 0 || before + message.len() <= WAITING_LEN_MAX;
        has_room && self.queue.try_send(message.clone()).is_ok()
    }
}

impl Iterator for Queue {
    type Item = Prepared;

    /// Waits for the next message. `None` at the end.
    fn next(&mut self) -> Option<Prepared> {
        let message = self.messages.recv().ok()?;
        self.waiting_len.fetch_sub(message.len(), Ordering::Relaxed);
        Some(message)
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
        hub.leave(1);
        assert_eq!(first.count(), 2);
        assert_eq!(second.count(), 1);
    }

    #[test]
    fn a_client_that_does_not_read_is_put_out_and_holds_nobody_up() {
        let long = Prepared::new(vec![0; WAITING_LEN_MAX / 4]);
        for (message, waiting_max) in [(Prepared::new("short"), WAITING_MAX), (long, 4)] {
            let hub = Hub::default();
            let (slow, mut quick) = (hub.join(1), hub.join(2));
            for _ in 0..=waiting_max {
                hub.send(&message);
                assert!(quick.next().is_some());
            }
            assert_eq!(slow.count(), waiting_max, "what was given to it is there");
            hub.send(&message);
            assert!(quick.next().is_some(), "the other is still there");
        }
    }

    #[test]
    fn one_message_may_be_longer_than_what_may_wait() {
        let hub = Hub::default();
        let mut queue = hub.join(1);
        let long = Prepared::new(vec![0; WAITING_LEN_MAX + 1]);
        for _ in 0..2 {
            hub.send(&long);
            assert!(queue.next().is_some());
        }
    }
}
