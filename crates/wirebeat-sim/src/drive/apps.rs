use core::time::Duration;
use std::collections::VecDeque;

use wirebeat::session::SessionEvent;
use wirebeat::{Closed, Message, Timestamp};

use super::client::App;
use super::client_scope::ClientScope;
use super::room::Room;
use super::server::Service;
use crate::net::Socket;

/// A service that sends back what it's sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Echo;

impl Service for Echo {
    fn message(&mut self, room: &mut Room<'_, '_>, guest: Socket, message: Message<'_>) {
        // A queue that is full refuses, and the client does without.
        let _ = room.send(guest, message);
    }
}

/// A service that sends what it's sent to everybody, the sender included.
#[derive(Clone, Copy, Debug, Default)]
pub struct Broadcast;

impl Service for Broadcast {
    fn message(&mut self, room: &mut Room<'_, '_>, _: Socket, message: Message<'_>) {
        for guest in room.guests() {
            // As above.
            let _ = room.send(guest, message.borrow());
        }
    }

    fn closed(&mut self, _: &mut Room<'_, '_>, _: Socket, _: &Closed) {}
}

/// An application that only stays connected.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idle;

impl App for Idle {
    fn event(&mut self, _: &mut ClientScope<'_, '_>, _: &SessionEvent<'_>) {}
}

/// An application that sends a numbered message at each interval, and expects of an
/// [`Echo`] that what comes back on a connection is what was sent, in order, and nothing twice.
#[derive(Clone, Debug)]
pub struct Talk {
    every: Duration,
    len: (usize, usize),
    next_at: Option<Timestamp>,
    count: u64,
    /// What was sent and hasn't come back, in order.
    awaited: VecDeque<u64>,
    is_finishing: bool,
    is_checked: bool,
}

impl Talk {
    /// Sends so often, messages of 10 to 40 bytes.
    #[must_use]
    pub fn every(every: Duration) -> Talk {
        Talk {
            every,
            len: (10, 40),
            next_at: None,
            count: 0,
            awaited: VecDeque::new(),
            is_finishing: false,
            is_checked: true,
        }
    }

    /// Sets how long messages are, at least and at most; they aren't shorter than their number.
    #[must_use]
    pub fn len(self, low: usize, high: usize) -> Talk {
        Talk { len: (low, high), ..self }
    }

    /// Lets it take whatever comes back: from another service than [`Echo`], or over a network that
    /// changes bytes.
    #[must_use]
    pub fn unchecked(self) -> Talk {
        Talk { is_checked: false, ..self }
    }

    /// How many messages it has sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.count
    }

    fn next(&mut self, client: &mut ClientScope<'_, '_>) {
        let (low, high) = (self.every / 2, self.every + self.every / 2);
        let after = client.net().rng().time_between(low, high).max(Duration::from_nanos(1));
        let at = client.now() + after;
        self.next_at = Some(at);
        client.wake_at(Some(at));
    }
}

impl App for Talk {
    fn event(&mut self, client: &mut ClientScope<'_, '_>, event: &SessionEvent<'_>) {
        match event {
            SessionEvent::Dialing(_) if self.next_at.is_none() && !self.is_finishing => {
                self.next(client);
            }
            SessionEvent::Message(message) if self.is_checked => {
                let number = message.as_text().and_then(|text| text.split(' ').next());
                let Some(number) = number.and_then(|number| number.parse().ok()) else { return };
                // Those before it were lost with a connection.
                while self.awaited.front().is_some_and(|awaited| *awaited < number) {
                    self.awaited.pop_front();
                }
                match self.awaited.pop_front() {
                    Some(awaited) if awaited == number => {}
                    _ => client.net().fail(format!("the echo of {number} came unasked, or twice")),
                }
            }
            _ => {}
        }
    }

    fn timeout(&mut self, client: &mut ClientScope<'_, '_>) {
        if self.is_finishing {
            return;
        }
        self.count += 1;
        let (low, high) = self.len;
        let len = client.net().rng().len_between(low, high);
        let mut text = format!("{} ", self.count);
        text.extend(core::iter::repeat_n('x', len.saturating_sub(text.len())));
        if client.send(text).is_ok() && self.is_checked {
            self.awaited.push_back(self.count);
        }
        self.next(client);
    }

    fn crashed(&mut self) {
        self.awaited.clear();
        self.next_at = None;
    }

    fn finish(&mut self, client: &mut ClientScope<'_, '_>) {
        self.is_finishing = true;
        client.wake_at(None);
    }
}
