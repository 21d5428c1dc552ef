use wirebeat::session::SessionConfig;
use wirebeat::websocket::{BinaryType, EventType, WebSocket};
use wirebeat::{CloseCode, Delivery, Timestamp};

use crate::rig::{ARRAY_BUFFER, Rig, URL, binary, close, close_frame, frame, seed, text};

#[test]
fn what_comes_with_the_101_is_heard_after_open() {
    let mut rig = Rig::plain();
    rig.accept_with("", &[text("one"), binary(&[2]), text("")].concat());
    assert_eq!(
        rig.events(),
        ["open 1", "message 1 \"one\"", "message 1 Blob [2]", "message 1 \"\""]
    );
}

/// §4: the task that changes the state to CLOSING comes behind the open event's.
#[test]
fn a_close_in_the_segment_of_the_101_leaves_open_open() {
    let mut rig = Rig::plain();
    let mut answer = rig.answer("");
    answer.extend(close(1001, "PASS"));
    let attempt = rig.attempt();
    let mut input = wirebeat::Input::new(&mut answer);
    rig.socket.receive(rig.now, attempt, &mut input);
    assert_eq!(rig.ready_state(), 0, "no handler was called yet");
    assert!(rig.socket.dispatch(rig.now));
    assert_eq!(rig.log.take(), ["open 1"]);
    assert_eq!(rig.ready_state(), 1);
    rig.socket.receive(rig.now, attempt, &mut input);
    assert_eq!(rig.ready_state(), 1);
    assert!(!rig.socket.dispatch(rig.now), "a Close is no event");
    assert_eq!(rig.ready_state(), 2);
    assert_eq!(rig.frames(), [close_frame(1001, "")]);
    rig.eof();
    assert_eq!(rig.events(), ["close 3 1001 \"PASS\" clean"]);
}

#[test]
fn nothing_is_received_while_an_event_waits_for_its_handlers() {
    let mut rig = Rig::open();
    let mut bytes = [text("one"), text("two")].concat();
    let attempt = rig.attempt();
    let mut input = wirebeat::Input::new(&mut bytes);
    for _ in 0..3 {
        rig.socket.receive(rig.now, attempt, &mut input);
        assert_eq!(input.len(), text("two").len());
    }
    assert_eq!(rig.events(), ["message 1 \"one\""]);
    rig.socket.receive(rig.now, attempt, &mut input);
    assert_eq!(rig.events(), ["message 1 \"two\""]);
}

#[test]
fn nothing_is_received_while_a_panic_keeps_an_event_from_its_handlers() {
    let mut rig = Rig::open();
    rig.socket.on_message(|_, _| std::panic::resume_unwind(Box::new("a panic")));
    let (now, attempt) = (rig.now, rig.attempt());
    let mut bytes = [text("one"), text("two")].concat();
    let mut input = wirebeat::Input::new(&mut bytes);
    rig.socket.receive(now, attempt, &mut input);
    let dispatch = std::panic::AssertUnwindSafe(|| rig.socket.dispatch(now));
    assert!(std::panic::catch_unwind(dispatch).is_err());
    rig.socket.receive(now, attempt, &mut input);
    assert_eq!(input.len(), text("two").len());
    assert!(rig.socket.dispatch(now), "the rest of the first event");
    rig.socket.receive(now, attempt, &mut input);
    assert!(input.is_empty());
}

/// The browser has no pieces of messages.
#[test]
fn messages_are_whole_whatever_the_configuration_says() {
    let mut config = SessionConfig::browser();
    config.connection.delivery = Delivery::Pieces { message_len_max: None, frame_len_max: None };
    let socket = WebSocket::builder(URL).config(config).build(seed(), Timestamp::ZERO);
    let mut rig = Rig::new(socket.unwrap());
    rig.accept_with("", &[frame(0x01, b"in "), frame(0x80, b"pieces")].concat());
    assert_eq!(rig.events(), ["open 1", "message 1 \"in pieces\""]);
}

#[test]
fn no_message_is_heard_after_close_was_called() {
    let mut rig = Rig::open();
    rig.socket.on_message(|socket, _| socket.close(Some((1000, ""))).unwrap());
    rig.receive(&[text("one"), text("two"), binary(&[3])].concat());
    assert_eq!(rig.events(), ["message 1 \"one\""]);
    assert_eq!(rig.ready_state(), 2);
    rig.receive(&[text("late"), close(1000, "")].concat());
    assert_eq!(rig.frames(), [close_frame(1000, "")]);
    rig.eof();
    assert_eq!(rig.events(), ["close 3 1000 \"\" clean"]);
}

#[test]
fn the_binary_type_of_the_moment_counts() {
    let mut rig = Rig::open();
    rig.socket.add_event_listener(EventType::Message, |socket, _| {
        socket.set_binary_type(match socket.binary_type() {
            BinaryType::Blob => BinaryType::ArrayBuffer,
            BinaryType::ArrayBuffer => BinaryType::Blob,
        });
    });
    rig.receive(&[binary(&[1]), binary(&[2]), binary(&[3])].concat());
    assert_eq!(
        rig.events(),
        ["message 1 Blob [1]", "message 1 ArrayBuffer [2]", "message 1 Blob [3]"]
    );
    // It was received before, and is dispatched after.
    let mut bytes = binary(&[4]);
    let attempt = rig.attempt();
    rig.socket.set_binary_type(BinaryType::Blob);
    rig.socket.receive(rig.now, attempt, &mut wirebeat::Input::new(&mut bytes));
    rig.socket.set_binary_type(ARRAY_BUFFER);
    assert_eq!(rig.events(), ["message 1 ArrayBuffer [4]"]);
}

#[test]
fn messages_come_from_the_servers_origin() {
    let url = "wss://u:p@example.com:8443/a?b";
    let socket = WebSocket::new(url, &[], seed(), Timestamp::ZERO);
    let mut rig = Rig::new(socket.unwrap());
    let log = rig.log.clone();
    rig.socket.on_message(move |_, event| log.note(&*event.origin));
    rig.accept_with("", &text(""));
    assert_eq!(rig.events(), ["open 1", "message 1 \"\"", "wss://example.com:8443"]);
}

#[test]
fn error_comes_before_close_and_both_see_closed() {
    type Failure = (&'static str, fn(&mut Rig));
    let failures: [Failure; 4] = [
        ("eof", Rig::eof),
        ("lost", Rig::lost),
        ("a violation", |rig| {
            rig.receive(&frame(0x83, b""));
            assert_eq!(rig.ready_state(), 2, "our Close is on its way");
            assert_eq!(rig.frames(), [close_frame(1002, "")]);
            rig.eof();
        }),
        ("bad UTF-8", |rig| {
            rig.receive(&frame(0x81, b"\xff"));
            assert_eq!(rig.frames(), [close_frame(1007, "")]);
            rig.eof();
        }),
    ];
    for (failure, fail) in failures {
        let mut rig = Rig::open();
        fail(&mut rig);
        assert_eq!(rig.events(), ["error 3", "close 3 1006 \"\" not clean"], "{failure}");
        rig.eof();
        rig.lost();
        rig.receive(&text("late"));
        assert_eq!(rig.events(), [""; 0], "{failure}: nothing comes after close");
    }
}

#[test]
fn what_came_before_a_violation_is_heard() {
    let mut rig = Rig::open();
    rig.receive(&[text("good"), frame(0x83, b""), text("never")].concat());
    rig.transmit();
    rig.receive(&close(1000, "never"));
    rig.eof();
    assert_eq!(rig.events(), ["message 1 \"good\"", "error 3", "close 3 1006 \"\" not clean"]);
}

#[test]
fn the_servers_close_is_reported_when_the_transport_ends() {
    for (frame, expected) in [
        (close(1000, "bye"), "close 3 1000 \"bye\" clean"),
        (close(4000, ""), "close 3 4000 \"\" clean"),
        (crate::rig::frame(0x88, &[]), "close 3 1005 \"\" clean"),
    ] {
        let mut rig = Rig::open();
        rig.receive(&frame);
        assert_eq!(rig.events(), [""; 0]);
        assert_eq!(rig.ready_state(), 2);
        assert_eq!(rig.frames().len(), 1, "it's answered once");
        rig.eof();
        assert_eq!(rig.events(), [expected]);
    }
}

#[test]
fn what_the_browser_keeps_from_a_page_is_told_beside_the_events() {
    let mut rig = Rig::open();
    let log = rig.log.clone();
    rig.socket.on_error(move |socket| log.note(socket.closed().unwrap().closed.cause.to_string()));
    rig.receive(&frame(0x83, b""));
    rig.transmit();
    rig.eof();
    let events = rig.events();
    assert!(events[1].contains("opcode"), "{events:?}");
    let closed = &rig.socket.closed().unwrap().closed;
    assert_eq!(closed.code, CloseCode::ABNORMAL);
    assert!(closed.cause.to_string().contains("opcode"), "{}", closed.cause);
}
