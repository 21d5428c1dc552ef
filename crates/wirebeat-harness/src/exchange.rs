//! A client and a server that talk to each other.

mod draw;
mod sending;

use std::collections::VecDeque;

use bytes::Buf;
use wirebeat::handshake::{Acceptance, OriginPolicy, Request};
use wirebeat::{
    CloseCode, CloseFrame, Closed, Config, Connection, Delivery, Event, Input, Kind, ReadyState,
    Seed, Timestamp, Transport,
};

use crate::split::{last_events, waiting};

pub use draw::roundtrip;
pub use sending::{Ownership, Sending, send};

/// What both ends send, and how it gets from one to the other.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What the client sends.
    pub client: Vec<Sending>,
    /// What the server sends.
    pub server: Vec<Sending>,
    /// How much moves at once, over and over.
    pub pace: Vec<Pace>,
    /// Whether both receive in pieces.
    pub pieces: bool,
    /// The client's seed.
    pub seed: [u8; 32],
}

/// One step of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many bytes the transport takes.
    pub len: usize,
    /// How they're taken, and how they're cut where they arrive.
    pub how: u8,
}

/// What an end received, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Whole messages.
    pub messages: Vec<(Kind, Vec<u8>)>,
    /// Pings.
    pub pings: Vec<Vec<u8>>,
    /// Pongs.
    pub pongs: Vec<Vec<u8>>,
    /// The peer's Close.
    pub closing: Option<Option<CloseFrame>>,
    /// The last event.
    pub closed: Option<Closed>,
    piece: Vec<u8>,
    is_in_message: bool,
}

impl Received {
    /// Takes note of an event.
    fn note(&mut self, event: Event<'_>) {
        match event {
            Event::Message(message) => {
                self.messages.push((message.kind(), message.as_bytes().to_vec()));
            }
            Event::Fragment(fragment) => {
                assert_eq!(fragment.first, !self.is_in_message);
                self.is_in_message = !fragment.last;
                self.piece.extend_from_slice(&fragment.payload);
                if fragment.last {
                    self.messages.push((fragment.kind, std::mem::take(&mut self.piece)));
                }
            }
            Event::Ping(payload) => self.pings.push(payload.to_vec()),
            Event::Pong { payload, .. } => self.pongs.push(payload.to_vec()),
            Event::Closing(frame) => self.closing = Some(frame),
            Event::Closed(closed) => self.closed = Some(closed),
            Event::Open(_) => {}
            other => panic!("{other:?} between two ends that break no rule"),
        }
    }
}

/// What was sent, as [`Received`] should have it.
#[must_use]
pub fn messages(sendings: &[Sending]) -> Vec<(Kind, Vec<u8>)> {
    let message = |sending: &Sending| match sending {
        Sending::Message { kind, bytes, .. } => Some((*kind, bytes.clone())),
        Sending::Fragments(kind, parts) => Some((*kind, parts.concat())),
        Sending::Rest(_) | Sending::Ping(_) => None,
    };
    sendings.iter().filter_map(message).collect()
}

/// The payloads of the pings that were sent.
#[must_use]
pub fn pings(sendings: &[Sending]) -> Vec<Vec<u8>> {
    let ping = |sending: &Sending| match sending {
        Sending::Ping(payload) => Some(payload.clone()),
        Sending::Message { .. } | Sending::Fragments(..) | Sending::Rest(_) => None,
    };
    sendings.iter().filter_map(ping).collect()
}

struct End {
    connection: Connection,
    to_send: VecDeque<Sending>,
    waits: Option<Sending>,
    received: Received,
    wire: Vec<u8>,
}

impl End {
    fn new(connection: Connection, sendings: &[Sending]) -> End {
        let to_send = sendings.iter().cloned().collect();
        End { connection, to_send, waits: None, received: Received::default(), wire: Vec::new() }
    }

    fn send_next(&mut self, now: Timestamp) {
        let is_open = self.connection.ready_state() == ReadyState::Open;
        if let Some(next) =
            is_open.then(|| self.waits.take().or_else(|| self.to_send.pop_front())).flatten()
        {
            self.waits = next.pass(&mut self.connection, now);
        }
    }

    fn is_done(&self) -> bool {
        self.waits.is_none() && self.to_send.is_empty() && !self.connection.has_transmit()
    }

    /// Takes some bytes of output, in one of three ways.
    fn transmit(&mut self, now: Timestamp, pace: Pace) -> Vec<u8> {
        let mut taken = Vec::new();
        if pace.how & 1 == 0 {
            taken = waiting(&mut self.connection);
            taken.truncate(pace.len);
            self.connection.handle_written(now, taken.len());
        } else if let Some(mut outgoing) = self.connection.take_transmit(pace.len) {
            let step = if pace.how & 2 == 0 { usize::MAX } else { 1 + pace.len / 3 };
            while outgoing.has_remaining() {
                let len = step.min(outgoing.chunk().len());
                taken.extend_from_slice(&outgoing.chunk()[..len]);
                outgoing.advance(len);
                self.connection.handle_written(now, len);
            }
        }
        self.wire.extend_from_slice(&taken);
        taken
    }

    fn receive(&mut self, now: Timestamp, bytes: &mut [u8], chunk_len: usize) {
        for chunk in bytes.chunks_mut(chunk_len) {
            let mut input = Input::new(chunk);
            while let Some(event) = self.connection.receive(now, &mut input) {
                match event {
                    Event::Request(_) => {
                        self.connection.accept(now, &Acceptance::new()).expect("it asks");
                    }
                    event => self.received.note(event),
                }
            }
        }
    }
}

/// What came of an exchange.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the client received.
    pub client: Received,
    /// What the server received.
    pub server: Received,
    /// All that the client sent.
    pub client_wire: Vec<u8>,
    /// All that the server sent.
    pub server_wire: Vec<u8>,
}

impl Exchange {
    /// Opens, lets both say all they have to say, and closes from the client's side.
    ///
    /// # Panics
    ///
    /// If it comes to no end, or if an end meets with something that breaks a rule.
    #[must_use]
    pub fn run(&self) -> Outcome {
        let now = Timestamp::ZERO;
        let delivery = if self.pieces {
            Delivery::Pieces { message_len_max: None, frame_len_max: None }
        } else {
            Delivery::Whole
        };
        // So small that a message is often refused at first.
        let send_queue_len_max = 3000;
        let config = Config { heartbeat: None, delivery, send_queue_len_max, ..Config::default() };
        let request = Request::new("example.com", None, "/").expect("it's valid");
        let client = Connection::client(request, &config, &Seed::new(self.seed), now);
        let server = Connection::server(OriginPolicy::Any, &config, now);
        let mut client = End::new(client, &self.client);
        let mut server = End::new(server, &self.server);
        let mut pace = self.pace.iter().cycle();
        let mut is_closing = false;
        for step in 0.. {
            assert!(step < 1_000_000, "no end: {:?} {:?}", client.connection, server.connection);
            client.send_next(now);
            server.send_next(now);
            let mut idle = true;
            for _ in 0..2 {
                let pace = *pace.next().expect("it goes in a circle");
                let mut bytes = client.transmit(now, pace);
                idle &= bytes.is_empty();
                server.receive(now, &mut bytes, 1 + usize::from(pace.how) * 7);
                std::mem::swap(&mut client, &mut server);
            }
            let is_open = client.connection.ready_state() == ReadyState::Open;
            if idle && is_open && !is_closing && client.is_done() && server.is_done() {
                let frame = CloseFrame::new(CloseCode::NORMAL, "that's all").expect("it's valid");
                client.connection.close(now, Some(frame)).expect("a client may send 1000");
                is_closing = true;
            }
            if server.connection.transport() == Transport::Drop {
                client.connection.handle_eof(now);
                break;
            }
        }
        for end in [&mut client, &mut server] {
            for event in last_events(&mut end.connection) {
                end.received.note(event);
            }
        }
        Outcome {
            client: client.received,
            server: server.received,
            client_wire: client.wire,
            server_wire: server.wire,
        }
    }

    /// Runs it and checks that each end received what the other sent.
    ///
    /// # Panics
    ///
    /// If it didn't.
    pub fn check(&self) -> Outcome {
        let outcome = self.run();
        for (sent, received) in [(&self.client, &outcome.server), (&self.server, &outcome.client)] {
            assert_eq!(received.messages, messages(sent));
            assert_eq!(received.pings, pings(sent));
            let closed = received.closed.as_ref().expect("it was closed");
            assert!(closed.was_clean && closed.code == CloseCode::NORMAL, "{closed:?}");
            assert_eq!(closed.messages_lost, 0);
        }
        for (sent, received) in [(&self.client, &outcome.client), (&self.server, &outcome.server)] {
            let pings = pings(sent);
            // Some may be left out, but never the last, and the order stays.
            assert_eq!(received.pongs.last(), pings.last());
            let mut rest = pings.iter();
            assert!(received.pongs.iter().all(|pong| rest.any(|ping| ping == pong)));
        }
        outcome
    }
}
