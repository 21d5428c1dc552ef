use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Call, Recording};
use crate::{Connection, Event, Input, InputMark, Timestamp};

/// A recording, and what is known of the connection's past.
#[derive(Debug)]
pub(super) struct Tape {
    recording: Box<dyn Recording>,
    /// The time that was told last.
    last: Timestamp,
    copy: Copied,
}

/// The bytes that the driver read, as they came: they're unmasked where they are.
#[derive(Debug, Default)]
struct Copied {
    bytes: Vec<u8>,
    eaten: usize,
    /// Of which input they are, if any are left.
    mark: InputMark,
}

impl Tape {
    pub(super) fn new(recording: Box<dyn Recording>, now: Timestamp) -> Tape {
        Tape { recording, last: now, copy: Copied::default() }
    }

    /// Tells of a call. Time that goes back is the last that was told: so the connection takes it,
    /// too, and a driver may leave out to look at its clock where none passes.
    pub(super) fn call(&mut self, now: Timestamp, call: Call) {
        self.last = self.last.max(now);
        self.recording.call(self.last, call);
    }

    /// Tells of a call by which no time passes.
    pub(super) fn call_at_last(&mut self, call: Call) {
        self.recording.call(self.last, call);
    }

    /// The application was told that the connection is over.
    pub(super) fn end(&mut self) {
        self.recording.end();
    }

    /// Lets the connection receive, and tells what it ate.
    pub(super) fn receive<'i>(
        &mut self,
        connection: &mut Connection,
        now: Timestamp,
        input: &mut Input<'i>,
    ) -> Option<Event<'i>> {
        let is_empty = input.is_empty();
        if !is_empty {
            self.copy.prepare(input);
        }
        let event = connection.receive(now, input);
        let eaten = if is_empty { Vec::new() } else { self.copy.eat_down_to(input.len()) };
        // What happens without input has its time too.
        if !eaten.is_empty() || event.is_some() {
            self.call(now, Call::Receive(eaten));
        }
        if matches!(event, Some(Event::Closed(_))) {
            self.end();
        }
        event
    }
}

impl Copied {
    /// Copies what is left of the input, unless it's what is left of the copy: a chunk of many
    /// messages is eaten in as many steps, and copied in the first.
    fn prepare(&mut self, input: &mut Input<'_>) {
        let is_known = !input.mark().is_new() && input.mark() == self.mark;
        if is_known && input.len() == self.bytes.len() - self.eaten {
            return;
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(input.rest());
        self.eaten = 0;
        self.mark = self.mark.next();
        input.set_mark(self.mark);
    }

    /// What was eaten when so many bytes are left. With the last, the memory is let go.
    fn eat_down_to(&mut self, left: usize) -> Vec<u8> {
        let end = self.bytes.len() - left;
        let eaten = self.bytes[self.eaten..end].to_vec();
        self.eaten = end;
        if left == 0 {
            (self.bytes, self.eaten) = (Vec::new(), 0);
        }
        eaten
    }
}
