use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use wirebeat_tokio::Prepared;

/// How many bytes may wait for a client that reads slowly; one message may always.
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
    queue: UnboundedSender<Prepared>,
    waiting_len: Arc<AtomicUsize>,
}

/// What waits for one client.
#[derive(Debug)]
pub(crate) struct Queue {
    messages: UnboundedReceiver<Prepared>,
    waiting_len: Arc<AtomicUsize>,
}

impl Hub {
    /// Adds a client. The queue ends when the client leaves, or is put out.
    pub(crate) fn join(&self, number: u64) -> Queue {
        let (queue, messages) = unbounded_channel();
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
        let len = waiting_len(message);
        let before = self.waiting_len.fetch_add(len, Ordering::Relaxed);
        let has_room = before == 0 || before + len <= WAITING_LEN_MAX;
        has_room && self.queue.send(message.clone()).is_ok()
    }
}

/// What a message counts while it waits, however many it waits for: its place in the queue too.
fn waiting_len(message: &Prepared) -> usize {
    message.len() + size_of::<Prepared>()
}

impl Queue {
    /// Waits for the next message. `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Prepared> {
        let message = self.messages.recv().await?;
        self.waiting_len.fetch_sub(waiting_len(&message), Ordering::Relaxed);
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
        assert_eq!(count(first), 2);
        assert_eq!(count(second), 1);
    }

    /// How many messages wait in a queue that has ended.
    fn count(mut queue: Queue) -> usize {
        let mut count = 0;
        while queue.messages.try_recv().is_ok() {
            count += 1;
        }
        assert!(queue.messages.is_closed(), "nothing can come any more");
        count
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_put_out_and_holds_nobody_up() {
        for message in [Prepared::new("short"), Prepared::new(vec![0; WAITING_LEN_MAX / 5])] {
            let waiting_max = WAITING_LEN_MAX / waiting_len(&message);
            let hub = Hub::default();
            let (slow, mut quick) = (hub.join(1), hub.join(2));
            for _ in 0..=waiting_max {
                hub.send(&message);
                assert!(quick.next().await.is_some());
            }
            assert_eq!(count(slow), waiting_max, "what was given to it is there");
            hub.send(&message);
            assert!(quick.next().await.is_some(), "the other is still there");
        }
    }

    #[tokio::test]
    async fn one_message_may_be_longer_than_what_may_wait() {
        let hub = Hub::default();
        let mut queue = hub.join(1);
        let long = Prepared::new(vec![0; WAITING_LEN_MAX + 1]);
        for _ in 0..2 {
            hub.send(&long);
            assert!(queue.next().await.is_some());
        }
    }
}
