use core::time::Duration;

use wirebeat::session::{Backoff, Next, Reconnect, Wanted};
use wirebeat::websocket::{SendErrorReason, WebSocket};
use wirebeat::{DialError, Timestamp};

use crate::rig::{ARRAY_BUFFER, Rig, URL, close, close_frame, seed, text};

const LOST: [&str; 2] = ["error 3", "close 3 1006 \"\" not clean"];

/// One that connects again three seconds after each loss.
fn reconnecting() -> Rig {
    let policy = Reconnect::with(Backoff::fixed(Duration::from_secs(3)));
    let socket = WebSocket::with_reconnect(URL, &[], policy, seed(), Timestamp::ZERO);
    Rig::new(socket.expect("the URL is good"))
}

#[test]
fn open_and_close_come_for_each_connection() {
    let mut rig = reconnecting();
    for _ in 0..3 {
        assert_eq!(rig.ready_state(), 0);
        rig.accept_with("", &text("hi"));
        assert_eq!(rig.events(), ["open 1", "message 1 \"hi\""]);
        rig.lost();
        assert_eq!(rig.events(), LOST);
        assert_eq!(rig.ready_state(), 3, "between two connections");
        assert_eq!(rig.socket.wanted(), Wanted::Nothing);
        rig.time_out();
        rig.dispatch();
        assert!(matches!(rig.socket.wanted(), Wanted::Dial(_)));
    }
}

#[test]
fn close_says_whether_and_when_another_connection_follows() {
    let mut rig = reconnecting();
    let log = rig.log.clone();
    rig.socket.on_close(move |socket, event| match event.next {
        Next::At(at) => log.note(format!("next in {:?}", at.since(socket.now()))),
        Next::WhenOnline => log.note("next when online"),
        Next::Never => log.note("last"),
    });
    rig.accept("");
    rig.receive(&close(1001, ""));
    assert_eq!(rig.frames(), [close_frame(1001, "")]);
    rig.eof();
    assert_eq!(rig.events(), ["open 1", "close 3 1001 \"\" clean", "next in 3s"]);
    rig.time_out();
    rig.accept("");
    rig.receive(&close(1000, ""));
    rig.transmit();
    rig.eof();
    assert_eq!(rig.events(), ["open 1", "close 3 1000 \"\" clean", "last"]);
    assert_eq!(rig.socket.poll_timeout(), None);
}

#[test]
fn what_is_sent_between_connections_goes_out_before_open_is_heard() {
    let mut rig = reconnecting();
    rig.socket.send(rig.now, "before the first").unwrap();
    assert_eq!(rig.socket.buffered_amount(), 16);
    rig.socket.on_open(|socket| socket.send("in open").unwrap());
    rig.accept("");
    assert_eq!(rig.events(), ["open 1"]);
    assert_eq!(rig.frames(), [(1, b"before the first".to_vec()), (1, b"in open".to_vec())]);
    assert_eq!(rig.socket.buffered_amount(), 0);

    rig.lost();
    assert_eq!(rig.events(), LOST);
    rig.socket.send(rig.now, "while closed").unwrap();
    rig.time_out();
    rig.dispatch();
    rig.socket.send(rig.now, "while connecting").unwrap();
    rig.accept("");
    assert_eq!(rig.events(), ["open 1"]);
    assert_eq!(
        rig.frames(),
        [
            (1, b"while closed".to_vec()),
            (1, b"while connecting".to_vec()),
            (1, b"in open".to_vec())
        ]
    );
}

#[test]
fn what_waits_is_bounded() {
    let policy = Reconnect::default();
    let mut config = wirebeat::session::SessionConfig::reconnecting(policy);
    config.outbox_messages_max = 2;
    let socket = WebSocket::builder(URL).config(config).build(seed(), Timestamp::ZERO).unwrap();
    let mut rig = Rig::new(socket);
    rig.socket.send(rig.now, "1").unwrap();
    rig.socket.send(rig.now, "2").unwrap();
    let error = rig.socket.send(rig.now, "3").unwrap_err();
    assert_eq!((error.reason, error.unsent.as_text()), (SendErrorReason::Full, Some("3")));
    assert_eq!(error.reason.exception_name(), None);
    assert_eq!(rig.socket.buffered_amount(), 2, "what is refused doesn't count");
    rig.accept("");
    assert_eq!(rig.events(), ["open 1"]);
    assert_eq!(rig.frames().len(), 2);
}

#[test]
fn attributes_of_a_connection_go_with_it_and_those_of_the_page_stay() {
    let policy = Reconnect::with(Backoff::fixed(Duration::from_secs(3)));
    let socket = WebSocket::with_reconnect(URL, &["a", "b"], policy, seed(), Timestamp::ZERO);
    let mut rig = Rig::new(socket.unwrap());
    rig.socket.set_binary_type(ARRAY_BUFFER);
    rig.accept("Sec-WebSocket-Protocol: b\r\n");
    assert_eq!(rig.socket.protocol(), "b");
    rig.lost();
    rig.dispatch();
    assert_eq!(rig.socket.protocol(), "b", "as the last connection had it");
    rig.time_out();
    rig.dispatch();
    assert_eq!((rig.ready_state(), rig.socket.protocol()), (0, ""));
    assert_eq!(rig.socket.binary_type(), ARRAY_BUFFER);
    rig.accept("Sec-WebSocket-Protocol: a\r\n");
    assert_eq!(rig.socket.protocol(), "a");
}

#[test]
fn failed_attempts_are_counted() {
    let mut rig = reconnecting();
    for failures in 1..4 {
        let attempt = rig.attempt();
        rig.socket.handle_dial_failed(rig.now, attempt, DialError::Refused);
        assert_eq!(rig.events(), LOST);
        assert_eq!(rig.socket.retry_count(), failures);
        rig.time_out();
        rig.dispatch();
    }
}

#[test]
fn a_url_for_the_next_connection_is_set_in_the_close_handler() {
    let mut rig = reconnecting();
    rig.socket.on_close(|socket, _| {
        assert!(socket.set_url("nonsense").is_err());
        socket.set_url("wss://other.example/?token=2").unwrap();
    });
    rig.accept("");
    rig.lost();
    rig.dispatch();
    rig.log.take();
    assert_eq!(rig.socket.url(), "wss://other.example/?token=2");
    rig.time_out();
    let target = rig.socket.target().unwrap();
    assert_eq!((target.host(), target.is_secure()), ("other.example", true));
    rig.transmit();
    assert!(rig.written.starts_with(b"GET /?token=2 HTTP/1.1\r\n"));
    let log = rig.log.clone();
    rig.socket.on_message(move |_, event| log.note(&*event.origin));
    rig.accept_with("", &text(""));
    assert_eq!(rig.events(), ["open 1", "message 1 \"\"", "wss://other.example"]);
}

#[test]
fn a_url_that_leads_nowhere_is_not_tried_again() {
    let mut rig = reconnecting();
    rig.socket.set_url("ws://h:6000/").unwrap();
    rig.accept("");
    assert_eq!(rig.events(), ["open 1"], "the connection that there is stays");
    rig.lost();
    assert_eq!(rig.events(), LOST);
    rig.time_out();
    assert_eq!(rig.events(), LOST);
    assert_eq!(rig.socket.poll_timeout(), None);
    // A good one can be connected to.
    rig.socket.set_url(URL).unwrap();
    rig.socket.reconnect(rig.now);
    rig.dispatch();
    rig.accept("");
    assert_eq!(rig.events(), ["open 1"]);
}

#[test]
fn close_ends_it_for_good_in_every_state() {
    let mut rig = reconnecting();
    rig.socket.close(rig.now, None).unwrap();
    assert_eq!(rig.ready_state(), 2);
    assert_eq!(rig.events(), LOST, "while connecting");
    assert_eq!((rig.socket.wanted(), rig.socket.poll_timeout()), (Wanted::Nothing, None));

    let mut rig = reconnecting();
    rig.accept("");
    rig.socket.close(rig.now, Some((3000, "over"))).unwrap();
    assert_eq!(rig.frames(), [close_frame(3000, "over")]);
    rig.receive(&close(3000, ""));
    rig.eof();
    assert_eq!(rig.events(), ["open 1", "close 3 3000 \"\" clean"], "while open");
    assert_eq!((rig.socket.wanted(), rig.socket.poll_timeout()), (Wanted::Nothing, None));

    let mut rig = reconnecting();
    rig.accept("");
    rig.receive(&close(1001, "theirs"));
    assert_eq!(rig.ready_state(), 2);
    rig.socket.close(rig.now, Some((3000, "ours"))).unwrap();
    assert_eq!(rig.frames(), [close_frame(1001, "")]);
    rig.eof();
    assert_eq!(rig.events(), ["open 1", "close 3 1001 \"theirs\" clean"], "while theirs closes");
    assert_eq!((rig.socket.wanted(), rig.socket.poll_timeout()), (Wanted::Nothing, None));

    let mut rig = reconnecting();
    rig.accept("");
    rig.socket.reconnect(rig.now);
    rig.dispatch();
    rig.socket.close(rig.now, None).unwrap();
    rig.eof();
    assert_eq!(rig.events()[1..], LOST, "while it's being replaced");
    assert_eq!((rig.socket.wanted(), rig.socket.poll_timeout()), (Wanted::Nothing, None));

    let mut rig = reconnecting();
    rig.accept("");
    rig.lost();
    rig.dispatch();
    rig.log.take();
    rig.socket.send(rig.now, "never").unwrap();
    rig.socket.close(rig.now, None).unwrap();
    assert_eq!(rig.events(), LOST, "between connections: the last close");
    assert!(rig.socket.closed().unwrap().is_final());
    assert_eq!((rig.socket.wanted(), rig.socket.poll_timeout()), (Wanted::Nothing, None));
    assert_eq!(rig.socket.buffered_amount(), 5);
    rig.socket.send(rig.now, "nor this").unwrap();
    assert_eq!(rig.socket.buffered_amount(), 13, "as in the browser, once it's over");
}

#[test]
fn reconnect_replaces_the_connection_and_works_when_it_was_over() {
    let mut rig = reconnecting();
    rig.accept("");
    rig.socket.reconnect(rig.now);
    rig.dispatch();
    assert_eq!(rig.ready_state(), 2);
    assert_eq!(rig.frames(), [close_frame(1000, "")]);
    rig.receive(&close(1000, ""));
    rig.eof();
    assert_eq!(rig.events(), ["open 1", "close 3 1000 \"\" clean"]);
    assert_eq!(rig.ready_state(), 0);
    rig.accept("");
    assert_eq!(rig.events(), ["open 1"]);

    rig.socket.close(rig.now, None).unwrap();
    rig.lost();
    assert_eq!(rig.events(), LOST);
    rig.socket.reconnect(rig.now);
    rig.dispatch();
    assert_eq!(rig.ready_state(), 0);
    rig.accept("");
    assert_eq!(rig.events(), ["open 1"]);
}
