//! A stream of frames, cut anywhere, against the model.

use bytes::{Buf, BufMut};
use wirebeat::{
    CloseCode, Connection, Event, Fragment, Input, Message, ProtocolError, Reason, Timestamp,
};

use crate::model::{self, Heard};
use crate::rules::Rules;
use crate::source::Source;

/// How a stream is cut: these chunks, over and over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cuts(pub Vec<Cut>);

/// One chunk of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many bytes are read at once.
    pub len: usize,
    /// Whether they're read into the message, where the connection allows it.
    pub into_message: bool,
}

impl Cuts {
    /// The whole stream at once.
    #[must_use]
    pub fn none() -> Cuts {
        Cuts(Vec::new())
    }

    /// The same length again and again.
    #[must_use]
    pub fn every(len: usize) -> Cuts {
        Cuts(vec![Cut { len, into_message: false }])
    }

    /// Cuts of a fuzzer's choice.
    pub fn draw(source: &mut Source<'_>) -> Cuts {
        let count = source.below(12);
        let cut = |source: &mut Source<'_>| match source.byte() {
            byte @ 0..=127 => Cut { len: usize::from(byte), into_message: false },
            byte => Cut { len: usize::from(byte - 127) * 50, into_message: byte & 1 == 1 },
        };
        Cuts((0..count).map(|_| cut(source)).collect())
    }

    /// The chunks, one after another, without an end.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = Cut> {
        let rest = Cut { len: usize::MAX, into_message: false };
        let is_useless = self.0.iter().all(|cut| cut.len == 0);
        let cuts = if is_useless { vec![rest] } else { self.0.clone() };
        (0..cuts.len()).cycle().map(move |i| cuts[i])
    }
}

/// What a connection made of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// What was heard, and a violation where it was found.
    pub heard: Vec<Heard>,
    /// How many bytes had been given when the violation was found.
    pub failed_at: Option<usize>,
    /// What waits to be sent.
    pub output: Vec<u8>,
    /// The events after the peer ended the transport.
    pub ending: Vec<Event<'static>>,
}

/// Gives a stream to a connection, cut as wanted. The peer ends the transport behind it.
#[must_use]
pub fn receive(rules: &Rules, stream: &[u8], cuts: &Cuts) -> Seen {
    let now = Timestamp::ZERO;
    let mut connection = rules.connection();
    let (mut heard, mut failed_at, mut at) = (Vec::new(), None, 0);
    for cut in cuts.chunks() {
        if at == stream.len() {
            break;
        }
        let mut len = cut.len.min(stream.len() - at);
        let mut chunk = Vec::new();
        match connection.read_target() {
            Some(mut target) if cut.into_message => {
                len = len.min(target.remaining_mut());
                target.put_slice(&stream[at..at + len]);
            }
            Some(_) | None => chunk.extend_from_slice(&stream[at..at + len]),
        }
        at += len;
        let mut input = Input::new(&mut chunk);
        while let Some(event) = connection.receive(now, &mut input) {
            assert_eq!(failed_at, None, "{event:?} after a violation");
            heard.push(hear(event));
        }
        assert!(input.is_empty(), "receive ended before its input");
        if let (None, Some(error)) = (failed_at, violation(&connection)) {
            heard.push(Heard::Violation(error));
            failed_at = Some(at);
        }
    }
    let output = waiting(&mut connection);
    connection.handle_written(now, output.len());
    connection.handle_eof(now);
    let ending = last_events(&mut connection);
    Seen { heard, failed_at, output, ending }
}

/// The events of a connection that has ended.
///
/// # Panics
///
/// If there are more than three: an answer that refuses, what went wrong, and the end.
#[must_use]
pub fn last_events(connection: &mut Connection) -> Vec<Event<'static>> {
    let events: Vec<_> = std::iter::from_fn(|| connection.poll_event()).take(4).collect();
    assert!(events.len() < 4, "no end of events: {events:?}");
    events
}

/// What the model's words for an event are.
pub(crate) fn hear(event: Event<'_>) -> Heard {
    match event {
        Event::Message(Message::Text(text)) => {
            Heard::Message(wirebeat::Kind::Text, text.as_bytes().to_vec())
        }
        Event::Message(Message::Binary(payload)) => {
            Heard::Message(wirebeat::Kind::Binary, payload.to_vec())
        }
        Event::Fragment(Fragment { kind, payload, first, last }) => {
            Heard::Piece { kind, bytes: payload.to_vec(), first, last }
        }
        Event::Ping(payload) => Heard::Ping(payload.to_vec()),
        Event::Pong { payload, .. } => Heard::Pong(payload.to_vec()),
        Event::Closing(frame) => {
            Heard::Closing(frame.map(|frame| (frame.code().get(), frame.reason().to_owned())))
        }
        other => panic!("no frame leads to {other:?}"),
    }
}

/// The violation that a connection ends of.
#[must_use]
pub fn violation(connection: &Connection) -> Option<ProtocolError> {
    match connection.cause()?.reason {
        Reason::Protocol(error) => Some(error),
        _ => None,
    }
}

/// All bytes that wait to be sent.
#[must_use]
pub fn waiting(connection: &mut Connection) -> Vec<u8> {
    let Some(mut transmit) = connection.poll_transmit() else { return Vec::new() };
    let mut bytes = Vec::with_capacity(transmit.remaining());
    while transmit.has_remaining() {
        let chunk = transmit.chunk();
        assert!(!chunk.is_empty(), "no chunk although {} bytes remain", transmit.remaining());
        bytes.extend_from_slice(chunk);
        let len = chunk.len();
        transmit.advance(len);
    }
    bytes
}

/// Checks that a stream means the same however it's cut, and what the model says.
///
/// # Panics
///
/// If it doesn't.
pub fn check_split(rules: &Rules, stream: &[u8], cuts: &Cuts) {
    let decoded = model::decode(stream, rules);
    let at_once = receive(rules, stream, &Cuts::none());
    check_against_model(rules, &decoded.heard, &at_once);
    for cuts in [cuts, &Cuts::every(1)] {
        let seen = receive(rules, stream, cuts);
        assert_same_heard(rules, &decoded.heard, &seen.heard);
        assert_eq!(seen.output, at_once.output, "the output depends on {cuts:?}");
        assert_eq!(seen.ending, at_once.ending, "the end depends on {cuts:?}");
        if *cuts == Cuts::every(1) {
            assert_eq!(seen.failed_at, decoded.failed_at, "a violation found late or early");
        }
    }
}

/// Checks what was seen of a stream in one piece.
fn check_against_model(rules: &Rules, expected: &[Heard], seen: &Seen) {
    assert_same_heard(rules, expected, &seen.heard);
    let output = model::decode(&seen.output, &Rules::of_peer(rules.role)).heard;
    assert_eq!(output, expected_output(expected), "the output");
    let Some(Event::Closed(closed)) = seen.ending.last() else {
        panic!("no Closed at the end: {:?}", seen.ending);
    };
    let (code, is_error) = match expected.last() {
        Some(Heard::Closing(Some((code, _)))) => (CloseCode::from(*code), false),
        Some(Heard::Closing(None)) => (CloseCode::NO_STATUS, false),
        _ => (CloseCode::ABNORMAL, true),
    };
    assert_eq!((closed.code, closed.was_clean), (code, !is_error));
    match (&seen.ending[..], is_error) {
        ([Event::Closed(_)], false) => {}
        ([Event::Error(cause), Event::Closed(_)], true) => assert_eq!(*cause, closed.cause),
        (other, _) => panic!("the end is {other:?}"),
    }
}

/// What an end says that sent nothing of its own, and whose output nobody took meanwhile.
fn expected_output(heard: &[Heard]) -> Vec<Heard> {
    match heard.last() {
        // What hasn't begun is dropped when the peer closes or fails.
        Some(Heard::Closing(frame)) => {
            vec![Heard::Closing(frame.as_ref().map(|(code, _)| (*code, String::new())))]
        }
        Some(Heard::Violation(error)) => {
            vec![Heard::Closing(Some((error.close_code().get(), String::new())))]
        }
        _ => {
            let mut pongs = Vec::new();
            for heard in heard {
                if let Heard::Ping(payload) = heard {
                    pongs.truncate(15);
                    pongs.push(Heard::Pong(payload.clone()));
                }
            }
            pongs
        }
    }
}

/// Compares what was heard with what the model heard.
fn assert_same_heard(rules: &Rules, expected: &[Heard], seen: &[Heard]) {
    if !rules.pieces {
        assert_eq!(seen, model::whole(expected));
        return;
    }
    let (mut expected, mut seen) = (model::merged(expected), model::merged(seen));
    let doubtful = [unfinished_text(&mut expected), unfinished_text(&mut seen)];
    let [expected_text, seen_text] = &doubtful;
    assert!(
        expected_text.starts_with(seen_text),
        "{seen_text:x?} of a text of which {expected_text:x?} is UTF-8"
    );
    assert_eq!(seen, expected);
}

/// Takes out what came of a text before it turned out not to be UTF-8: how much of it was handed
/// over depends on the chunks.
fn unfinished_text(heard: &mut Vec<Heard>) -> Vec<u8> {
    match &mut heard[..] {
        [
            ..,
            Heard::Piece { bytes, last: false, .. },
            Heard::Violation(ProtocolError::TextNotUtf8),
        ] => {
            let bytes = std::mem::take(bytes);
            heard.remove(heard.len() - 2);
            bytes
        }
        _ => Vec::new(),
    }
}

/// The harness of the target `frame_split`: rules, cuts, and the stream behind them.
///
/// # Panics
///
/// If what was received isn't what the model says, or depends on the cuts.
pub fn frame_split(data: &[u8]) {
    let mut source = Source::new(data);
    let rules = Rules::draw(&mut source);
    let cuts = Cuts::draw(&mut source);
    check_split(&rules, source.rest(), &cuts);
}
