//! Whatever happens, and whenever handlers are called: the order of events, the states they see, and
//! the amount that is buffered.

use proptest::prelude::*;
use wirebeat::session::{Reconnect, Wanted};
use wirebeat::websocket::{Event, EventType, WebSocket};
use wirebeat::{DialError, Input, ReadyState, Timestamp};
use wirebeat_harness::strategies::config;

use crate::rig::{Log, REGRESSIONS, Rig, URL, binary, close, frame, seed, text};

#[derive(Clone, Debug)]
enum Step {
    Dial,
    DialFails,
    /// The server's yes, if there's a request, cut in two.
    Accept(usize),
    Refuse,
    Bytes(Vec<u8>),
    Eof,
    Lost,
    /// Lets the transport take so many bytes.
    Write(usize),
    Blocked,
    TimeOut,
    /// Lets handlers be called, for at most so many events.
    Dispatch(u8),
    Send(usize),
    Close,
    CloseWith(u16),
    Reconnect,
    Abandon,
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => Just(text("text")),
        2 => Just(binary(&[1, 2, 3])),
        1 => Just(frame(0x89, b"ping")),
        1 => Just(close(1000, "bye")),
        1 => Just(close(1001, "")),
        1 => Just(frame(0x83, b"")),
        1 => Just(frame(0x81, b"\xff")),
        2 => Just([text("a"), close(4000, "in one"), text("b")].concat()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Dial),
        1 => Just(Step::DialFails),
        6 => (0_usize..200).prop_map(Step::Accept),
        1 => Just(Step::Refuse),
        8 => bytes().prop_map(Step::Bytes),
        1 => Just(Step::Eof),
        1 => Just(Step::Lost),
        4 => (1_usize..500).prop_map(Step::Write),
        1 => Just(Step::Blocked),
        2 => Just(Step::TimeOut),
        8 => (0_u8..4).prop_map(Step::Dispatch),
        4 => (0_usize..200).prop_map(Step::Send),
        1 => Just(Step::Close),
        1 => prop::sample::select(vec![1000, 3000, 1001, 5000]).prop_map(Step::CloseWith),
        1 => Just(Step::Reconnect),
        1 => Just(Step::Abandon),
    ]
}

fn receive(rig: &mut Rig, bytes: &[u8]) {
    let attempt = rig.attempt();
    let mut bytes = bytes.to_vec();
    let mut input = Input::new(&mut bytes);
    rig.socket.receive(rig.now, attempt, &mut input);
    while !input.is_empty() {
        rig.dispatch();
        rig.socket.receive(rig.now, attempt, &mut input);
    }
}

/// Does a step. Returns the most by which the buffered amount may have fallen.
fn perform(rig: &mut Rig, step: &Step) -> u64 {
    let (now, attempt) = (rig.now, rig.attempt());
    match step {
        Step::Dial => rig.socket.handle_dialed(now, attempt),
        Step::DialFails => rig.socket.handle_dial_failed(now, attempt, DialError::Refused),
        Step::Accept(cut) => {
            rig.written.clear();
            let before = rig.socket.buffered_amount();
            rig.transmit();
            let taken = before.saturating_sub(rig.socket.buffered_amount());
            if rig.written.starts_with(b"GET ") {
                let answer = rig.answer("");
                let (first, second) = answer.split_at((*cut).min(answer.len()));
                receive(rig, first);
                receive(rig, second);
            }
            return taken;
        }
        Step::Refuse => receive(rig, b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"),
        Step::Bytes(bytes) => receive(rig, bytes),
        Step::Eof => rig.eof(),
        Step::Lost => rig.lost(),
        Step::Write(len) => {
            let mut transmit = rig.socket.take_transmit(attempt, *len);
            if let Some(outgoing) = transmit.take() {
                let len = bytes::Buf::remaining(&outgoing);
                rig.socket.handle_written(now, attempt, len);
                return len as u64;
            }
        }
        Step::Blocked => rig.socket.handle_write_blocked(now, attempt),
        Step::TimeOut => {
            if rig.socket.poll_timeout().is_some() {
                rig.time_out();
            }
        }
        Step::Dispatch(events) => {
            for _ in 0..*events {
                rig.socket.dispatch(now);
            }
        }
        Step::Send(len) => drop(rig.socket.send(now, vec![0; *len])),
        Step::Close => rig.socket.close(now, None).expect("no arguments"),
        Step::CloseWith(code) => drop(rig.socket.close(now, Some((*code, "")))),
        Step::Reconnect => rig.socket.reconnect(now),
        Step::Abandon => rig.socket.abandon(now),
    }
    0
}

/// Ends what is left, and lets every handler be called.
fn finish(rig: &mut Rig) {
    rig.socket.close(rig.now, None).expect("no arguments");
    rig.dispatch();
    for _ in 0..100 {
        rig.lost();
        rig.dispatch();
        if let Wanted::Dial(attempt) = rig.socket.wanted() {
            rig.socket.handle_dial_failed(rig.now, attempt, DialError::Refused);
        }
        rig.dispatch();
        if rig.socket.ready_state() == ReadyState::Closed {
            // Between two connections, that's not the end.
            rig.socket.close(rig.now, None).expect("no arguments");
            rig.dispatch();
        }
    }
}

fn first_word(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

/// The events of one connection or attempt: `open`, messages, `error`, `close`, each as it may come.
fn check_one(events: &[String]) -> Result<(), TestCaseError> {
    let (last, before) = events.split_last().expect("at least close");
    prop_assert!(last.starts_with("close 3 "), "{events:?}");
    let before = match before.split_last() {
        Some((error, before)) if error == "error 3" => {
            prop_assert!(last.ends_with("not clean"), "{events:?}");
            before
        }
        _ => before,
    };
    if let Some((open, messages)) = before.split_first() {
        prop_assert_eq!(open, "open 1");
        prop_assert!(messages.iter().all(|line| line.starts_with("message 1 ")), "{:?}", events);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    #[test]
    fn a_plain_socket_is_opened_and_closed_once(
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let mut rig = Rig::plain();
        let (mut state, mut amount) = (rig.socket.ready_state(), 0);
        let mut is_abandoned = false;
        for step in steps.iter().filter(|step| !matches!(step, Step::Reconnect)) {
            is_abandoned |= matches!(step, Step::Abandon);
            let taken = perform(&mut rig, step);
            prop_assert!(rig.socket.ready_state() >= state, "{step:?}");
            state = rig.socket.ready_state();
            let now = rig.socket.buffered_amount();
            prop_assert!(now + taken >= amount, "{step:?}: from {amount} to {now}");
            amount = now;
        }
        finish(&mut rig);
        prop_assert!(rig.socket.buffered_amount() >= amount);
        prop_assert_eq!(rig.socket.wanted(), Wanted::Nothing);
        prop_assert_eq!(rig.socket.poll_timeout(), None);
        let events = rig.log.take();
        if is_abandoned {
            let closes = events.iter().filter(|line| first_word(line) == "close").count();
            prop_assert!(closes <= 1);
        } else {
            check_one(&events)?;
        }
    }

    #[test]
    fn a_socket_that_reconnects_does_so_for_each_connection(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let socket = WebSocket::with_reconnect(
            URL, &[], Reconnect::default(), seed(), Timestamp::ZERO,
        );
        let mut rig = Rig::new(socket.unwrap());
        for step in steps.iter().filter(|step| !matches!(step, Step::Abandon)) {
            perform(&mut rig, step);
        }
        finish(&mut rig);
        prop_assert_eq!(rig.socket.wanted(), Wanted::Nothing);
        prop_assert_eq!(rig.socket.poll_timeout(), None);
        let events = rig.log.take();
        for connection in events.split_inclusive(|line| first_word(line) == "close") {
            check_one(connection)?;
        }
        prop_assert!(rig.socket.closed().is_some_and(|closed| closed.is_final()));
    }

    /// Who is called late sees what who is called at once sees.
    #[test]
    fn events_do_not_depend_on_when_handlers_are_called(
        chunks in prop::collection::vec(bytes(), 1..8),
        is_lost in any::<bool>(),
    ) {
        let runs = [true, false].map(|at_once| {
            let mut rig = Rig::open();
            let log = Log::default();
            for event_type in EventType::ALL {
                let log = log.clone();
                rig.socket.add_event_listener(event_type, move |scope, event| {
                    let binary_type = scope.binary_type();
                    log.note(format!("{event:?} {:?} {binary_type:?}", scope.ready_state()));
                    if let Event::Open = event {
                        scope.send("x").unwrap();
                    }
                });
            }
            for chunk in &chunks {
                receive(&mut rig, chunk);
                if at_once {
                    rig.dispatch();
                }
            }
            rig.transmit();
            if is_lost { rig.lost() } else { rig.eof() }
            rig.dispatch();
            log.take()
        });
        prop_assert_eq!(&runs[0], &runs[1]);
    }
}
