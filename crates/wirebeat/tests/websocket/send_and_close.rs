use wirebeat::session::{SessionConfig, Wanted};
use wirebeat::websocket::{ArrayBuffer, Blob, CloseArgumentError, SendErrorReason, WebSocket};
use wirebeat::{Config, Input, Timestamp};

use crate::rig::{Rig, URL, close, close_frame, seed, text};

#[test]
fn send_before_open_is_refused_and_changes_nothing() {
    let mut rig = Rig::plain();
    let error = rig.socket.send(rig.now, "x").unwrap_err();
    assert_eq!(error.reason, SendErrorReason::Connecting);
    assert_eq!(error.reason.exception_name(), Some("InvalidStateError"));
    assert_eq!(error.unsent.as_text(), Some("x"));
    assert_eq!(rig.socket.buffered_amount(), 0);
    rig.accept("");
    assert_eq!(rig.events(), ["open 1"]);
    assert_eq!(rig.frames(), []);
}

#[test]
fn text_bytes_buffers_and_blobs_go_out_in_order() {
    let mut rig = Rig::open();
    let now = rig.now;
    rig.socket.send(now, "é").unwrap();
    rig.socket.send(now, &[1, 2][..]).unwrap();
    rig.socket.send(now, ArrayBuffer::new(vec![3])).unwrap();
    let blob = Blob::new(vec![3, 4, 5]).slice(Some(1), None, None);
    rig.socket.send(now, blob).unwrap();
    rig.socket.send(now, "").unwrap();
    assert_eq!(rig.socket.buffered_amount(), 7, "bytes of payload, without frames");
    assert_eq!(
        rig.frames(),
        [(1, "é".as_bytes().to_vec()), (2, vec![1, 2]), (2, vec![3]), (2, vec![4, 5]), (1, vec![]),]
    );
    assert_eq!(rig.socket.buffered_amount(), 0);
}

/// §3.1, send(): in CLOSING and CLOSED the amount grows, for ever, and nothing else happens.
#[test]
fn what_is_sent_too_late_counts_for_ever() {
    let mut rig = Rig::open();
    let now = rig.now;
    rig.socket.send(now, "pre").unwrap();
    rig.socket.close(now, Some((1000, ""))).unwrap();
    rig.socket.send(now, "abc").unwrap();
    rig.socket.send(now, Blob::new(vec![0; 5])).unwrap();
    assert_eq!(rig.socket.buffered_amount(), 11);
    assert_eq!(rig.frames(), [(1, b"pre".to_vec()), close_frame(1000, "")]);
    assert_eq!(rig.socket.buffered_amount(), 8);
    rig.receive(&close(1000, ""));
    rig.eof();
    assert_eq!(rig.events(), ["close 3 1000 \"\" clean"]);
    assert_eq!(rig.socket.buffered_amount(), 8);
    rig.socket.send(now, "é").unwrap();
    assert_eq!(rig.socket.buffered_amount(), 10);
}

#[test]
fn what_was_not_sent_counts_after_a_loss() {
    let mut rig = Rig::open();
    rig.socket.send(rig.now, vec![0; 1000]).unwrap();
    rig.lost();
    assert_eq!(rig.events(), ["error 3", "close 3 1006 \"\" not clean"]);
    assert_eq!(rig.socket.buffered_amount(), 1000);
}

/// The server's Close was received, and its task hasn't run: for the page it's OPEN.
#[test]
fn what_is_sent_behind_a_close_that_was_not_seen_yet_counts() {
    let mut rig = Rig::open();
    let (now, attempt) = (rig.now, rig.attempt());
    rig.socket.receive(now, attempt, &mut Input::new(&mut close(1000, "")));
    assert_eq!(rig.ready_state(), 1);
    rig.socket.send(now, "abc").unwrap();
    assert_eq!(rig.socket.buffered_amount(), 3);
    assert_eq!(rig.frames(), [close_frame(1000, "")]);
}

/// §3.1: "flag the WebSocket as full and then close the WebSocket connection".
#[test]
fn what_cannot_be_buffered_ends_the_connection() {
    // The first message with its header, and the payload of the second: inclusive.
    let connection = Config { send_queue_len_max: 56 + 50, ..Config::browser() };
    let config = SessionConfig { connection, ..SessionConfig::browser() };
    let socket = WebSocket::builder(URL).config(config).build(seed(), Timestamp::ZERO);
    let mut rig = Rig::new(socket.unwrap());
    rig.accept("");
    assert_eq!(rig.events(), ["open 1"]);
    rig.socket.send(rig.now, vec![0; 50]).unwrap();
    rig.socket.send(rig.now, vec![0; 50]).unwrap();
    assert!(!rig.socket.is_full());
    rig.socket.send(rig.now, "x").unwrap();
    assert!(rig.socket.is_full());
    assert_eq!(rig.socket.buffered_amount(), 101);
    assert_eq!(rig.frames(), [], "the transport is dropped");
    assert_eq!(rig.socket.wanted(), Wanted::Nothing);
    assert_eq!(rig.events(), ["error 3", "close 3 1006 \"\" not clean"]);
    assert_eq!(rig.socket.buffered_amount(), 101);
}

#[test]
fn arguments_of_close_are_checked_in_every_state() {
    let check = |rig: &mut Rig, state: u8| {
        let now = rig.now;
        assert_eq!(rig.ready_state(), state);
        let bad_code = rig.socket.close(now, Some((1001, &"r".repeat(124))));
        assert_eq!(bad_code, Err(CloseArgumentError::Code(1001)));
        assert_eq!(bad_code.unwrap_err().exception_name(), "InvalidAccessError");
        let too_long = rig.socket.close(now, Some((4999, &"r".repeat(124))));
        assert_eq!(too_long, Err(CloseArgumentError::ReasonTooLong(124)));
        assert_eq!(too_long.unwrap_err().exception_name(), "SyntaxError");
        assert_eq!(rig.ready_state(), state, "nothing has changed");
    };
    let mut rig = Rig::plain();
    check(&mut rig, 0);
    rig.accept("");
    rig.dispatch();
    check(&mut rig, 1);
    rig.socket.close(rig.now, None).unwrap();
    check(&mut rig, 2);
    assert_eq!(rig.frames(), [(8, vec![])]);
    rig.receive(&crate::rig::frame(0x88, &[]));
    rig.eof();
    assert_eq!(rig.events(), ["open 1", "close 3 1005 \"\" clean"]);
    check(&mut rig, 3);
    rig.socket.close(rig.now, Some((1000, ""))).unwrap();
    assert_eq!(rig.events(), [""; 0]);
}

#[test]
fn the_first_close_wins() {
    let mut rig = Rig::open();
    rig.socket.send(rig.now, "before").unwrap();
    rig.socket.close(rig.now, Some((3001, "first"))).unwrap();
    assert_eq!(rig.ready_state(), 2);
    rig.socket.close(rig.now, Some((3002, "second"))).unwrap();
    assert_eq!(rig.frames(), [(1, b"before".to_vec()), close_frame(3001, "first")]);
    rig.receive(&close(4000, "theirs"));
    rig.eof();
    assert_eq!(rig.events(), ["close 3 4000 \"theirs\" clean"]);
}

#[test]
fn close_before_open_gives_the_connection_up() {
    let before: [fn(&mut Rig); 3] = [
        |_| {},
        Rig::transmit,
        |rig| {
            rig.transmit();
            rig.receive(b"HTTP/1.1 101 Switching");
        },
    ];
    for before in before {
        let mut rig = Rig::plain();
        before(&mut rig);
        rig.socket.close(rig.now, Some((1000, "for nobody"))).unwrap();
        assert_eq!(rig.ready_state(), 2);
        assert_eq!(rig.log.take(), [""; 0], "nothing is called inside close()");
        assert_eq!(rig.frames(), []);
        assert_eq!(rig.socket.wanted(), Wanted::Nothing);
        assert_eq!(rig.events(), ["error 3", "close 3 1006 \"\" not clean"]);
    }
}

/// The server's yes is there, but no handler has seen it: for the page it isn't open.
#[test]
fn close_between_the_servers_yes_and_the_open_event_gives_it_up_too() {
    let mut rig = Rig::plain();
    let mut answer = [rig.answer(""), text("hi")].concat();
    let (now, attempt) = (rig.now, rig.attempt());
    rig.socket.receive(now, attempt, &mut Input::new(&mut answer));
    assert_eq!(rig.ready_state(), 0);
    rig.socket.close(now, None).unwrap();
    assert_eq!(rig.ready_state(), 2);
    assert_eq!(rig.events(), ["error 3", "close 3 1006 \"\" not clean"]);
    assert_eq!(rig.frames(), []);
}
