use std::sync::{Arc, Mutex};

use wirebeat::websocket::{EventType, Handler, ListenerId, Scope};

use crate::rig::{Log, Rig, close_frame, text};

/// Something to call that notes its name and the state.
fn named(log: &Log, name: &'static str) -> Handler {
    let log = log.clone();
    Box::new(move |socket, _| log.note(format!("{name} {}", socket.ready_state() as u8)))
}

/// A rig whose log has what the test's listeners note, and nothing else.
fn quiet() -> Rig {
    let mut rig = Rig::open();
    rig.log = Log::default();
    rig
}

fn message(rig: &mut Rig) -> Vec<String> {
    rig.receive(&text(""));
    rig.log.take()
}

#[test]
fn listeners_are_called_in_order_of_registration() {
    let mut rig = quiet();
    let log = rig.log.clone();
    rig.socket.add_event_listener(EventType::Message, named(&log, "A"));
    rig.socket.set_handler(EventType::Message, Some(named(&log, "H")));
    rig.socket.add_event_listener(EventType::Close, named(&log, "never"));
    rig.socket.add_event_listener(EventType::Message, named(&log, "B"));
    assert_eq!(message(&mut rig), ["A 1", "H 1", "B 1"]);
}

#[test]
fn a_handler_that_replaces_another_keeps_its_place() {
    let mut rig = quiet();
    let log = rig.log.clone();
    rig.socket.set_handler(EventType::Message, Some(named(&log, "H1")));
    rig.socket.add_event_listener(EventType::Message, named(&log, "A"));
    rig.socket.set_handler(EventType::Message, Some(named(&log, "H2")));
    assert_eq!(message(&mut rig), ["H2 1", "A 1"]);

    // Given up and set again, it's at the end.
    rig.socket.set_handler(EventType::Message, None);
    assert_eq!(message(&mut rig), ["A 1"]);
    rig.socket.set_handler(EventType::Message, Some(named(&log, "H3")));
    assert_eq!(message(&mut rig), ["A 1", "H3 1"]);
}

#[test]
fn each_type_has_a_handler_of_its_own() {
    let mut rig = Rig::plain();
    let log = Log::default();
    for (event_type, name) in [
        (EventType::Open, "open"),
        (EventType::Message, "message"),
        (EventType::Error, "error"),
        (EventType::Close, "close"),
    ] {
        rig.socket.set_handler(event_type, Some(named(&log, name)));
    }
    rig.accept_with("", &text(""));
    rig.lost();
    rig.dispatch();
    assert_eq!(log.take(), ["open 1", "message 1", "error 3", "close 3"]);
}

#[test]
fn once_is_once() {
    let mut rig = quiet();
    let log = rig.log.clone();
    let once = rig.socket.add_event_listener_once(EventType::Message, named(&log, "once"));
    rig.socket.add_event_listener(EventType::Message, named(&log, "A"));
    assert_eq!(message(&mut rig), ["once 1", "A 1"]);
    assert_eq!(message(&mut rig), ["A 1"]);
    assert!(!rig.socket.remove_event_listener(once));
}

#[test]
fn a_listener_that_is_removed_before_its_turn_is_not_called() {
    let mut rig = quiet();
    let log = rig.log.clone();
    let doomed: Arc<Mutex<Vec<ListenerId>>> = Arc::default();
    let remove = doomed.clone();
    rig.socket.add_event_listener(EventType::Message, move |socket, _| {
        for listener in remove.lock().unwrap().drain(..) {
            assert!(socket.remove_event_listener(listener));
        }
    });
    let b = rig.socket.add_event_listener(EventType::Message, named(&log, "B"));
    rig.socket.add_event_listener(EventType::Message, named(&log, "C"));
    rig.socket.set_handler(EventType::Message, Some(named(&log, "H")));
    doomed.lock().unwrap().push(b);
    assert_eq!(message(&mut rig), ["C 1", "H 1"]);
    assert_eq!(message(&mut rig), ["C 1", "H 1"]);
}

#[test]
fn a_listener_that_is_added_hears_the_next_event() {
    let mut rig = quiet();
    let log = rig.log.clone();
    rig.socket.add_event_listener_once(EventType::Message, move |socket, _| {
        let inner = log.clone();
        socket.add_event_listener(EventType::Message, move |_, _| inner.note("added"));
        socket.set_handler(EventType::Message, Some(named(&log, "H")));
    });
    assert_eq!(message(&mut rig), [""; 0]);
    assert_eq!(message(&mut rig), ["added", "H 1"]);
}

#[test]
fn a_handler_that_is_replaced_before_its_turn_is_not_called_but_the_new_one_is() {
    let mut rig = quiet();
    let log = rig.log.clone();
    let replace = log.clone();
    rig.socket.add_event_listener_once(EventType::Message, move |socket, _| {
        socket.set_handler(EventType::Message, Some(named(&replace, "new")));
    });
    rig.socket.set_handler(EventType::Message, Some(named(&log, "old")));
    assert_eq!(message(&mut rig), ["new 1"]);
}

#[test]
fn a_handler_may_replace_or_remove_itself_while_it_runs() {
    let mut rig = quiet();
    let log = rig.log.clone();
    rig.socket.set_handler(EventType::Message, {
        let log = log.clone();
        Some(Box::new(move |socket, _| {
            log.note("first");
            socket.set_handler(EventType::Message, Some(named(&log, "second")));
        }))
    });
    assert_eq!(message(&mut rig), ["first"]);
    assert_eq!(message(&mut rig), ["second 1"]);

    rig.socket.on_message({
        let log = log.clone();
        move |socket, _| {
            log.note("third");
            socket.set_handler(EventType::Message, None);
        }
    });
    assert_eq!(message(&mut rig), ["third"]);
    assert_eq!(message(&mut rig), [""; 0]);

    let own: Arc<Mutex<Option<ListenerId>>> = Arc::default();
    let listener = rig.socket.add_event_listener(EventType::Message, {
        let own = own.clone();
        move |socket, _| {
            log.note("fourth");
            assert!(socket.remove_event_listener(own.lock().unwrap().unwrap()));
        }
    });
    *own.lock().unwrap() = Some(listener);
    assert_eq!(message(&mut rig), ["fourth"]);
    assert_eq!(message(&mut rig), [""; 0]);
}

#[test]
fn an_on_handler_has_no_listeners_id() {
    let mut rig = quiet();
    let log = rig.log.clone();
    let first = rig.socket.add_event_listener(EventType::Message, named(&log, "A"));
    rig.socket.set_handler(EventType::Message, Some(named(&log, "H")));
    assert!(rig.socket.remove_event_listener(first));
    assert!(!rig.socket.remove_event_listener(first), "it's gone already");
    assert_eq!(message(&mut rig), ["H 1"]);
}

#[test]
fn a_handler_may_send_and_close() {
    let mut rig = quiet();
    let log = rig.log.clone();
    rig.socket.on_message(move |socket, event| {
        socket.send(event.data.as_text().unwrap()).unwrap();
        assert_eq!(socket.buffered_amount(), 2);
        socket.close(Some((3000, "done"))).unwrap();
        log.note(format!("handler {}", socket.ready_state() as u8));
    });
    rig.socket.add_event_listener(EventType::Message, named(&rig.log.clone(), "behind"));
    rig.receive(&text("hi"));
    // The other handlers of this event are called all the same.
    assert_eq!(rig.log.take(), ["handler 2", "behind 2"]);
    assert_eq!(rig.frames(), [(1, b"hi".to_vec()), close_frame(3000, "done")]);
}

#[test]
fn a_handler_that_panics_stops_neither_the_others_nor_itself() {
    let mut rig = quiet();
    let log = rig.log.clone();
    let noisy = |name: &'static str| {
        let log = log.clone();
        move |_: &mut Scope<'_>, _: &wirebeat::websocket::Event| {
            log.note(name);
            std::panic::resume_unwind(Box::new(name));
        }
    };
    rig.socket.add_event_listener(EventType::Message, named(&log, "A"));
    rig.socket.add_event_listener(EventType::Message, noisy("B panics"));
    rig.socket.add_event_listener_once(EventType::Message, noisy("C panics once"));
    rig.socket.set_handler(EventType::Message, Some(Box::new(noisy("H panics"))));
    rig.socket.add_event_listener(EventType::Message, named(&log, "D"));
    rig.receive(&[text("1"), text("2")].concat());
    assert_eq!(
        log.take(),
        [
            "A 1",
            "B panics",
            "C panics once",
            "H panics",
            "D 1", //
            "A 1",
            "B panics",
            "H panics",
            "D 1",
        ]
    );
    rig.lost();
    rig.dispatch();
    assert_eq!(rig.ready_state(), 3);
}

#[test]
fn nothing_is_called_but_by_dispatch() {
    let mut rig = quiet();
    let log = rig.log.clone();
    for event_type in EventType::ALL {
        rig.socket.add_event_listener(event_type, named(&log, event_type.name()));
    }
    let (attempt, now) = (rig.attempt(), rig.now);
    rig.socket.send(now, "x").unwrap();
    rig.socket.receive(now, attempt, &mut wirebeat::Input::new(&mut text("")));
    rig.socket.handle_lost(now, attempt);
    rig.socket.close(now, None).unwrap();
    assert_eq!(log.take(), [""; 0]);
    assert!(rig.socket.dispatch(now));
    // close() came before the message's turn.
    assert_eq!(log.take(), ["error 3"]);
    assert!(rig.socket.dispatch(now));
    assert_eq!(log.take(), ["close 3"]);
    assert!(!rig.socket.dispatch(now));
}
