//! The driver's calls and the page's attributes pass through the object to its session.

use std::sync::{Arc, Mutex};

use bytes::{Buf, BufMut};
use wirebeat::session::{Reconnect, Wanted};
use wirebeat::websocket::{ArrayBuffer, Blob, EventType, MessageData, WebSocket};
use wirebeat::{Message, ReadyState, Timestamp};

use crate::rig::{ARRAY_BUFFER, Rig, URL, binary, close, seed};

/// A long binary message may be read into: what the transport gives goes where it's put together.
#[test]
fn a_long_message_is_read_into_its_place() {
    let mut rig = Rig::open();
    let attempt = rig.attempt();
    assert!(rig.socket.read_target(attempt).is_none(), "no message is under way");
    let len = 100_000_u64;
    rig.receive(&[&[0x82, 127][..], &len.to_be_bytes(), &[7; 10]].concat());
    let mut left = usize::try_from(len).expect("it's small") - 10;
    while left > 0 {
        let mut target = rig.socket.read_target(attempt).expect("a message is under way");
        let read = target.remaining_mut().min(left);
        target.put_bytes(7, read);
        left -= read;
        rig.socket.receive(rig.now, attempt, &mut wirebeat::Input::new(&mut []));
    }
    assert_eq!(rig.events(), [format!("message 1 Blob {:?}", vec![7; 100_000])]);
}

/// Those of an attempt that is over have no effect.
#[test]
fn nothing_is_wanted_of_an_attempt_that_is_over() {
    let mut rig = Rig::open();
    let attempt = rig.attempt();
    assert!(rig.socket.wants_read(attempt));
    rig.lost();
    rig.events();
    assert!(!rig.socket.wants_read(attempt) && rig.socket.read_target(attempt).is_none());
    assert!(rig.socket.poll_transmit(attempt).is_none());
    assert!(rig.socket.take_transmit(attempt, 100).is_none());
}

#[test]
fn what_was_taken_out_is_written_behind_the_objects_back() {
    let mut rig = Rig::open();
    rig.socket.send(rig.now, "hello").expect("it's open");
    let attempt = rig.attempt();
    let mut outgoing = rig.socket.take_transmit(attempt, 100).expect("it waits");
    assert_eq!((outgoing.remaining(), rig.socket.buffered_amount()), (11, 5));
    outgoing.advance(11);
    rig.socket.handle_written(rig.now, attempt, 11);
    assert_eq!(rig.socket.buffered_amount(), 0);
}

/// A page whose application doesn't read hears nothing of a deadline that only its silence explains.
#[test]
fn a_deadline_waits_for_an_application_that_does_not_read() {
    let mut rig = Rig::open();
    rig.socket.close(rig.now, Some((1000, ""))).expect("they may be sent");
    rig.frames();
    let attempt = rig.attempt();
    rig.socket.handle_reading(rig.now, attempt, false);
    assert_eq!(rig.socket.poll_timeout(), None);
    rig.socket.handle_reading(rig.now, attempt, true);
    assert!(rig.socket.poll_timeout().is_some());
}

/// The hints of the host: offline waits, online doesn't, and a sleep counts.
#[test]
fn hints_of_the_host_reach_the_session() {
    let socket = WebSocket::with_reconnect(URL, &[], Reconnect::default(), seed(), Timestamp::ZERO);
    let mut rig = Rig::new(socket.expect("the URL is good"));
    rig.accept("");
    rig.lost();
    rig.dispatch();
    assert_eq!(rig.socket.wanted(), Wanted::Nothing);
    rig.socket.handle_offline(rig.now);
    assert_eq!(rig.socket.poll_timeout(), None, "nothing is tried without a network");
    rig.socket.handle_online(rig.now);
    rig.time_out();
    assert!(matches!(rig.socket.wanted(), Wanted::Dial(_)));
    rig.lost();
    let Wanted::Dial(attempt) = rig.socket.wanted() else { panic!("it dials") };
    rig.socket.handle_dial_failed(rig.now, attempt, wirebeat::DialError::Unreachable);
    rig.dispatch();
    assert_eq!(rig.socket.wanted(), Wanted::Nothing);
    let before = rig.socket.poll_timeout().expect("it tries again");
    rig.socket.handle_resumed(rig.now);
    assert!(rig.socket.poll_timeout().is_some_and(|deadline| deadline <= before));
}

/// A handler sees and does what the page could: the scope and the object are one.
#[test]
fn a_handler_sees_the_attributes_of_its_object() {
    let socket = WebSocket::new(URL, &["chat"], seed(), Timestamp::ZERO);
    let mut rig = Rig::new(socket.expect("the URL is good"));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    rig.socket.add_event_listener(EventType::Message, move |scope, _| {
        scope.set_binary_type(ARRAY_BUFFER);
        scope.send("four").expect("it's open");
        log.lock().expect("no panic held it").push(format!(
            "{} {} {:?} {:?} {} {:?} {} {} {:?} {:?}",
            scope.url(),
            scope.protocol(),
            scope.extensions(),
            scope.ready_state(),
            scope.buffered_amount(),
            scope.binary_type(),
            scope.is_full(),
            scope.retry_count(),
            scope.now(),
            scope.closed().is_some(),
        ));
    });
    rig.accept("Sec-WebSocket-Protocol: chat\r\n");
    rig.receive(&binary(b"x"));
    let socket = &rig.socket;
    let expected = format!(
        "{URL} chat \"\" {:?} 4 {ARRAY_BUFFER:?} false 0 {:?} false",
        ReadyState::Open,
        rig.now,
    );
    assert_eq!(*seen.lock().expect("no panic held it"), [expected]);
    assert_eq!((socket.protocol(), socket.buffered_amount()), ("chat", 4));
    assert_eq!((socket.binary_type(), socket.is_full()), (ARRAY_BUFFER, false));
    rig.receive(&close(1000, ""));
    rig.frames();
    rig.eof();
    assert_eq!(rig.events().last().map(String::as_str), Some("close 3 1000 \"\" clean"));
    assert!(rig.socket.closed().is_some_and(|closed| closed.closed.was_clean));
}

/// ECMAScript and the File API: lengths, slices, and what they're made of.
#[test]
fn buffers_and_blobs_are_their_bytes() {
    let buffer = ArrayBuffer::from(vec![1, 2, 3]);
    assert_eq!((buffer.byte_length(), &buffer[..]), (3, &[1, 2, 3][..]));
    assert_eq!(format!("{buffer:?}"), "ArrayBuffer { byte_length: 3 }");
    assert_eq!(Message::from(buffer.clone()), Message::from(&[1, 2, 3]));
    assert_eq!(buffer.slice(-2, None).into_bytes(), [2, 3][..]);
    let blob = Blob::new(vec![1, 2, 3]).with_type("image/png");
    assert_eq!((blob.size(), blob.media_type(), blob.as_bytes()), (3, "image/png", &[1, 2, 3][..]));
    assert_eq!(blob.array_buffer(), buffer);
    for (data, text, bytes) in [
        (MessageData::Text("a".into()), Some("a"), &b"a"[..]),
        (MessageData::Blob(blob), None, &[1, 2, 3]),
        (MessageData::ArrayBuffer(buffer), None, &[1, 2, 3]),
    ] {
        assert_eq!((data.as_text(), data.as_bytes()), (text, bytes));
    }
}
