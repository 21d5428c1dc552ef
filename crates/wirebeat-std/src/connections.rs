use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mio::Waker;

use crate::shared::StdShared;
use crate::{CloseCode, Socket};

/// The connections of a server, each of which has a [`Place`] here for as long as its thread runs.
pub(crate) struct Connections<S: Socket> {
    table: Mutex<Table<S>>,
    /// A thread has ended.
    ended: Condvar,
    /// Wakes the thread that accepts.
    waker: Arc<Waker>,
}

struct Table<S: Socket> {
    /// `None` until the thread has begun.
    places: HashMap<u64, Option<Arc<StdShared<S>>>>,
    next_key: u64,
    /// Whether connections are to end as soon as they can.
    is_leaving: bool,
}

/// One thread's place among the connections, which is free again when it's dropped.
pub(crate) struct Place<S: Socket> {
    connections: Arc<Connections<S>>,
    key: u64,
}

impl<S: Socket> Connections<S> {
    pub(crate) fn new(waker: Arc<Waker>) -> Connections<S> {
        let table = Table { places: HashMap::new(), next_key: 0, is_leaving: false };
        Connections { table: Mutex::new(table), ended: Condvar::new(), waker }
    }

    pub(crate) fn len(&self) -> usize {
        self.table().places.len()
    }

    /// Makes place for one more.
    pub(crate) fn enter(self: &Arc<Connections<S>>) -> Place<S> {
        let mut table = self.table();
        let key = table.next_key;
        table.next_key += 1;
        table.places.insert(key, None);
        Place { connections: Arc::clone(self), key }
    }

    /// Begins to close all that there are, with 1001, and waits for none of them.
    pub(crate) fn leave(&self) {
        self.table().is_leaving = true;
        for connection in self.begun() {
            connection.leave(CloseCode::GOING_AWAY);
        }
    }

    /// Waits until no thread is left, or until the deadline, if there is one. Returns how many are
    /// left.
    pub(crate) fn wait_for_end(&self, deadline: Option<Instant>) -> usize {
        let mut table = self.table();
        while !table.places.is_empty() {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            table = match left {
                None => self.ended.wait(table).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => break,
                Some(left) => {
                    let woken = self.ended.wait_timeout(table, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        table.places.len()
    }

    /// Gives up all that are left.
    pub(crate) fn give_up(&self) {
        for connection in self.begun() {
            connection.give_up();
        }
    }

    /// Those whose threads have begun. What is done to them is done without holding the table.
    fn begun(&self) -> Vec<Arc<StdShared<S>>> {
        self.table().places.values().flatten().cloned().collect()
    }

    // Nothing panics while it holds the table.
    fn table(&self) -> MutexGuard<'_, Table<S>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Socket> Place<S> {
    /// The connection that has this place from now on.
    pub(crate) fn take(&self, connection: &Arc<StdShared<S>>) {
        let mut table = self.connections.table();
        table.places.insert(self.key, Some(Arc::clone(connection)));
        let is_leaving = table.is_leaving;
        drop(table);
        if is_leaving {
            connection.leave(CloseCode::GOING_AWAY);
        }
    }
}

impl<S: Socket> Drop for Place<S> {
    fn drop(&mut self) {
        self.connections.table().places.remove(&self.key);
        self.connections.ended.notify_all();
        // There may be room for one who waits. If it can't be woken, it's woken by the next client.
        let _ = self.connections.waker.wake();
    }
}
