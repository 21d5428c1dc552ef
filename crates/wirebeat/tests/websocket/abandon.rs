use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use wirebeat::Input;
use wirebeat::session::Wanted;
use wirebeat::websocket::EventType;

use crate::rig::{Rig, close, close_frame, text};

#[test]
fn before_open_the_connection_fails() {
    let mut rig = Rig::plain();
    rig.transmit();
    rig.socket.abandon(rig.now);
    assert_eq!(rig.socket.wanted(), Wanted::Nothing);
    assert_eq!(rig.frames(), []);
    assert_eq!(rig.events(), [""; 0], "nobody is told");
}

/// WHATWG WebSockets §7, "make disappear".
#[test]
fn an_open_connection_is_closed_with_1001() {
    let mut rig = Rig::open();
    rig.socket.send(rig.now, "last words").unwrap();
    rig.socket.abandon(rig.now);
    assert_eq!(rig.frames(), [(1, b"last words".to_vec()), close_frame(1001, "")]);
    rig.receive(&[text("late"), close(1001, "")].concat());
    assert!(matches!(rig.socket.wanted(), Wanted::Hold(..)), "the server closes the transport");
    rig.eof();
    assert_eq!(rig.socket.wanted(), Wanted::Nothing);
    assert_eq!(rig.socket.poll_timeout(), None);
    assert_eq!(rig.events(), [""; 0], "nobody is told");
}

#[test]
fn a_server_that_says_nothing_does_not_keep_it() {
    let mut rig = Rig::open();
    rig.socket.abandon(rig.now);
    rig.transmit();
    rig.time_out();
    assert_eq!(rig.socket.wanted(), Wanted::Nothing);
}

#[test]
fn one_that_is_closing_goes_on_as_it_was() {
    let mut rig = Rig::open();
    rig.socket.close(rig.now, Some((3000, ""))).unwrap();
    rig.socket.abandon(rig.now);
    assert_eq!(rig.frames(), [close_frame(3000, "")]);
}

#[test]
fn nothing_is_dispatched_of_what_happened_before_or_after() {
    let mut rig = Rig::open();
    let (now, attempt) = (rig.now, rig.attempt());
    rig.socket.receive(now, attempt, &mut Input::new(&mut text("before")));
    rig.socket.abandon(now);
    assert!(!rig.socket.dispatch(now));
    rig.transmit();
    rig.socket.receive(now, attempt, &mut Input::new(&mut text("after")));
    assert!(!rig.socket.dispatch(now));
    rig.lost();
    assert!(!rig.socket.dispatch(now));

    let mut rig = Rig::open();
    rig.lost();
    rig.socket.receive(now, attempt, &mut Input::default());
    rig.socket.abandon(now);
    assert!(!rig.socket.dispatch(now));
}

#[test]
fn an_event_whose_handler_panicked_ends_with_it() {
    let mut rig = Rig::open();
    rig.socket.on_message(|_, _| resume_unwind(Box::new("a panic")));
    let (now, attempt) = (rig.now, rig.attempt());
    rig.socket.receive(now, attempt, &mut Input::new(&mut text("")));
    assert!(catch_unwind(AssertUnwindSafe(|| rig.socket.dispatch(now))).is_err());
    rig.socket.abandon(now);
    assert!(!rig.socket.dispatch(now));
}

#[test]
fn what_handlers_hold_is_dropped() {
    let mut rig = Rig::open();
    let held = Arc::new(());
    for event_type in EventType::ALL {
        let held = held.clone();
        rig.socket.add_event_listener(event_type, move |_, _| drop(held.clone()));
    }
    rig.socket.abandon(rig.now);
    assert_eq!(Arc::strong_count(&held), 1);
}
