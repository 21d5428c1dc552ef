//! What a recording is told of a connection, and what it isn't.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Buf;
use wirebeat::handshake::{OriginPolicy, Request};
use wirebeat::record::{Begin, Call, Recorded, Recorder, Recording, Role};
use wirebeat::{
    Config, Connection, Endpoint, Event, Input, InputMark, Message, Prepared, ReadyState,
    SendErrorReason, Timestamp,
};

const NOW: Timestamp = Timestamp::ZERO;

/// Keeps what it's told, unless it doesn't want to.
#[derive(Clone, Debug, Default)]
struct Calls {
    told: Arc<Mutex<Vec<(Timestamp, Call)>>>,
    ends: Arc<Mutex<u32>>,
    refuses: bool,
}

impl Calls {
    fn take(&self) -> Vec<Call> {
        self.told.lock().unwrap().drain(..).map(|(_, call)| call).collect()
    }
}

impl Recorder for Calls {
    fn record(&self, _begin: &Begin) -> Option<Box<dyn Recording>> {
        (!self.refuses).then(|| Box::new(self.clone()) as Box<dyn Recording>)
    }
}

impl Recording for Calls {
    fn call(&mut self, at: Timestamp, call: Call) {
        self.told.lock().unwrap().push((at, call));
    }

    fn end(&mut self) {
        *self.ends.lock().unwrap() += 1;
    }
}

fn server(calls: &Calls, config: &Config) -> Recorded {
    Recorded::begin(Role::EstablishedServer, config, NOW, calls)
}

/// A long frame's begin, for which a driver would be given a place to read into.
fn long_begin() -> Vec<u8> {
    let mut begin = vec![0x82, 0xFF];
    begin.extend_from_slice(&1_000_000_u64.to_be_bytes());
    begin.extend_from_slice(&[0; 4]);
    begin
}

#[test]
fn a_full_queue_is_not_told_however_often_it_is_asked() {
    let calls = Calls::default();
    let mut server = server(&calls, &Config { send_queue_len_max: 8, ..Config::default() });
    server.send(NOW, "12345678").unwrap();
    for _ in 0..3 {
        assert_eq!(server.send(NOW, "more").unwrap_err().reason, SendErrorReason::Full);
        assert_eq!(server.ping(NOW, "more").unwrap_err().reason, SendErrorReason::Full);
    }
    assert_eq!(calls.take(), [Call::Send(Message::from("12345678"))]);
}

#[test]
fn messages_are_told_with_how_they_are_sent() {
    let calls = Calls::default();
    let mut server = server(&calls, &Config::default());
    for message in [Message::from("tëxt"), Message::from(vec![0xFF])] {
        server.send(NOW, message.borrow()).unwrap();
        server.send_uncompressed(NOW, message.borrow()).unwrap();
        server.send_prepared(NOW, &Prepared::new(message.borrow())).unwrap();
        let plain = Prepared::new(message.borrow()).compress(false);
        server.send_prepared(NOW, &plain).unwrap();
        assert_eq!(
            calls.take(),
            [
                Call::Send(message.clone()),
                Call::SendUncompressed(message.clone()),
                Call::SendPrepared(message.clone(), true),
                Call::SendPrepared(message, false),
            ]
        );
    }
}

#[test]
fn all_bytes_are_told_as_they_came() {
    let calls = Calls::default();
    let mut server = server(&calls, &Config::default());
    let mut bytes = b"\x81\x82\x01\x02\x03\x04\x69\x6b".to_vec();
    let came = bytes.clone();
    let event = server.receive(NOW, &mut Input::new(&mut bytes));
    assert_eq!(event, Some(Event::Message(Message::from("hi"))));
    assert_eq!(calls.take(), [Call::Receive(came)]);
    let begin = long_begin();
    assert_eq!(server.receive(NOW, &mut Input::new(&mut begin.clone())), None);
    assert!(server.read_target().is_none(), "nothing is read past the recording");
    assert_eq!(calls.take(), [Call::Receive(begin)]);
}

/// What a connection knows a chunk by after each of its messages, eaten by one input or by one for each
/// event.
fn marks_of_many(messages: usize, is_resumed: bool) -> (Vec<Call>, Vec<InputMark>) {
    let calls = Calls::default();
    let mut server = server(&calls, &Config::default());
    let mut bytes = b"\x81\x81\x01\x02\x03\x04\x69".repeat(messages);
    let (mut rest, mut mark, mut marks) = (&mut bytes[..], InputMark::default(), Vec::new());
    while !rest.is_empty() {
        let len = rest.len();
        let mut input = Input::resume(rest, mark);
        while server.receive(NOW, &mut input).is_some() {
            marks.push(input.mark());
            if is_resumed {
                break;
            }
        }
        let eaten = len - input.len();
        mark = input.mark();
        rest = &mut std::mem::take(&mut rest)[eaten..];
    }
    (calls.take(), marks)
}

/// Each copy has a mark of its own. If each message copied the rest, a chunk of many would cost the
/// square of their number.
#[test]
fn a_chunk_of_many_messages_is_copied_once() {
    for is_resumed in [false, true] {
        let (calls, marks) = marks_of_many(1_000, is_resumed);
        assert_eq!(calls, vec![Call::Receive(b"\x81\x81\x01\x02\x03\x04\x69".to_vec()); 1_000]);
        assert_eq!(marks.len(), 1_000);
        assert!(marks.iter().all(|mark| *mark == marks[0] && *mark != InputMark::default()));
    }
}

#[test]
fn another_input_is_another_however_long_it_is() {
    let calls = Calls::default();
    let mut server = server(&calls, &Config::default());
    let (first, second) = (b"\x81\x81\0\0\0\0a\x81\x81\0\0\0\0b", b"\x81\x81\0\0\0\0c");
    let mut bytes = first.to_vec();
    server.receive(NOW, &mut Input::new(&mut bytes));
    // Nothing is eaten by what has nothing, and what is left by one input isn't what another brings.
    assert_eq!(server.receive(NOW, &mut Input::default()), None);
    server.receive(NOW, &mut Input::new(&mut second.to_vec()));
    let told = [&first[..7], &second[..]].map(|bytes| Call::Receive(bytes.to_vec()));
    assert_eq!(calls.take(), told);
}

#[test]
fn what_is_taken_out_has_the_time_of_the_call_before() {
    let (calls, later) = (Calls::default(), NOW + Duration::from_secs(1));
    let mut server = server(&calls, &Config::default());
    assert!(server.take_transmit(10).is_none());
    server.send(later, "hi").unwrap();
    assert_eq!(server.take_transmit(10).unwrap().remaining(), 4);
    let told = calls.told.lock().unwrap().clone();
    assert_eq!(told[1..], [(later, Call::Take(10))]);
}

/// As the connection takes it: a driver needs not know the time where none passes.
#[test]
fn time_that_goes_back_is_told_as_none() {
    let (calls, later) = (Calls::default(), NOW + Duration::from_secs(1));
    let mut server = server(&calls, &Config::default());
    server.send(later, "hi").unwrap();
    server.send(NOW, "hi").unwrap();
    let told = calls.told.lock().unwrap().clone();
    assert_eq!(told.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [later, later]);
}

#[test]
fn the_end_is_told_once_the_application_has_heard_it() {
    let calls = Calls::default();
    let mut server = server(&calls, &Config::default());
    server.handle_lost(NOW);
    assert_eq!(*calls.ends.lock().unwrap(), 0);
    let last = std::iter::from_fn(|| server.poll_event()).last();
    assert!(matches!(last, Some(Event::Closed(_))), "{last:?}");
    assert_eq!(*calls.ends.lock().unwrap(), 1);
}

/// It's the connection, down to the bytes that are read past its driver's chunk.
#[test]
fn without_a_recording_nothing_is_told_and_nothing_changes() {
    let calls = Calls { refuses: true, ..Calls::default() };
    let plain = Connection::established(Endpoint::Server, &Config::default(), NOW);
    for mut server in [server(&calls, &Config::default()), plain.into()] {
        assert_eq!(server.receive(NOW, &mut Input::new(&mut long_begin())), None);
        assert!(server.read_target().is_some());
        server.send(NOW, "hi").unwrap();
        assert_eq!(server.poll_transmit().unwrap().chunk(), b"\x81\x02hi");
    }
    assert_eq!(calls.take(), []);
}

#[test]
fn every_beginning_makes_the_end_that_it_tells_of() {
    let request = Box::new(Request::new("example.com", None, "/").unwrap());
    let seed = [7; 32];
    for (role, is_client, has_handshake) in [
        (Role::Client(request, seed), true, true),
        (Role::Server(OriginPolicy::Any), false, true),
        (Role::EstablishedClient(seed), true, false),
        (Role::EstablishedServer, false, false),
    ] {
        let begin = Begin { role, config: Config::default(), now: NOW };
        assert_eq!((begin.is_client(), begin.has_handshake()), (is_client, has_handshake));
        let mut connection = begin.connection();
        let end = if is_client { wirebeat::Role::Client } else { wirebeat::Role::Server };
        assert_eq!(connection.role(), end);
        let is_open = connection.ready_state() == ReadyState::Open;
        assert_eq!(is_open, !has_handshake);
        // RFC 6455 §4.1: it's the client who begins.
        assert_eq!(connection.poll_transmit().is_some(), is_client && has_handshake);
    }
}

#[test]
fn a_recorder_takes_compressed_messages_unless_it_says_otherwise() {
    assert!(Calls::default().takes_compressed());
}
