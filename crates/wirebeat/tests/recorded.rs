//! What a recording is told of a connection, and what it isn't.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Buf;
use wirebeat::record::{Begin, Call, Recorded, Recorder, Recording, Role};
use wirebeat::{
    Config, Connection, Endpoint, Event, Input, Message, Prepared, SendErrorReason, Timestamp,
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
fn messages_are_told_alike_however_they_are_sent() {
    let calls = Calls::default();
    let mut server = server(&calls, &Config::default());
    for message in [Message::from("tëxt"), Message::from(vec![0xFF])] {
        server.send(NOW, message.borrow()).unwrap();
        server.send_uncompressed(NOW, message.borrow()).unwrap();
        server.send_prepared(NOW, &Prepared::new(message.borrow())).unwrap();
        assert_eq!(calls.take(), vec![Call::Send(message); 3]);
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
