//! The whole table, held to a golden file (RFC 6455 §5.5.1, §7.1; failure T36).
//!
//! `UPDATE_GOLDEN=1 cargo test -p wirebeat state` writes the file anew; read the difference.

extern crate std;

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use super::*;

/// Every state, in the order of a connection's life.
const STATES: [State; 9] = [
    State::Opening,
    State::Aborting,
    State::Refusing,
    State::Open,
    State::CloseSent,
    State::CloseReceived,
    State::Draining,
    State::Failing,
    State::Closed,
];

/// Every input.
const INPUTS: [StateInput; 18] = [
    StateInput::Opened,
    StateInput::Refused,
    StateInput::OpenFailed,
    StateInput::Close,
    StateInput::Settle,
    StateInput::PeerClose { flushed: false },
    StateInput::PeerClose { flushed: true },
    StateInput::Violation,
    StateInput::Flushed { eof: false },
    StateInput::Flushed { eof: true },
    StateInput::Eof { flushed: false },
    StateInput::Eof { flushed: true },
    StateInput::Lost,
    StateInput::OpenTimeout,
    StateInput::HeartbeatTimeout,
    StateInput::CloseTimeout,
    StateInput::LingerTimeout,
    StateInput::WriteStall,
];

const ROLES: [Role; 2] = [Role::Client, Role::Server];

/// Where a state stands in `STATES`: whoever adds a state has to add it there too.
const fn place(state: State) -> usize {
    match state {
        State::Opening => 0,
        State::Aborting => 1,
        State::Refusing => 2,
        State::Open => 3,
        State::CloseSent => 4,
        State::CloseReceived => 5,
        State::Draining => 6,
        State::Failing => 7,
        State::Closed => 8,
    }
}

/// Where an input stands in `INPUTS`.
const fn input_place(input: StateInput) -> usize {
    match input {
        StateInput::Opened => 0,
        StateInput::Refused => 1,
        StateInput::OpenFailed => 2,
        StateInput::Close => 3,
        StateInput::Settle => 4,
        StateInput::PeerClose { flushed: false } => 5,
        StateInput::PeerClose { flushed: true } => 6,
        StateInput::Violation => 7,
        StateInput::Flushed { eof: false } => 8,
        StateInput::Flushed { eof: true } => 9,
        StateInput::Eof { flushed: false } => 10,
        StateInput::Eof { flushed: true } => 11,
        StateInput::Lost => 12,
        StateInput::OpenTimeout => 13,
        StateInput::HeartbeatTimeout => 14,
        StateInput::CloseTimeout => 15,
        StateInput::LingerTimeout => 16,
        StateInput::WriteStall => 17,
    }
}

fn rows() -> impl Iterator<Item = (State, Role, StateInput, Option<Transition>)> {
    STATES.into_iter().flat_map(|state| {
        ROLES.into_iter().flat_map(move |role| {
            INPUTS.into_iter().map(move |input| (state, role, input, state.on(role, input)))
        })
    })
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not of the core")]
fn the_table_is_the_golden_one() {
    let actual = print_table();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/connection/state/table.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &actual).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    for (number, (actual, golden)) in actual.lines().zip(golden.lines()).enumerate() {
        assert_eq!(actual, golden, "line {}", number + 1);
    }
    assert_eq!(actual.lines().count(), golden.lines().count());
}

#[test]
fn the_lists_of_this_test_are_complete() {
    assert!(STATES.into_iter().map(place).eq(0..STATES.len()));
    assert!(INPUTS.into_iter().map(input_place).eq(0..INPUTS.len()));
}

/// WHATWG WebSockets §3.1: the state "MUST only grow".
#[test]
fn ready_state_never_falls() {
    for (state, role, input, transition) in rows() {
        let to = transition.map_or(state, |transition| transition.to);
        assert!(to.ready_state() >= state.ready_state(), "{state:?} {role} {input:?}");
    }
}

/// RFC 6455 §5.5.1: an endpoint sends one Close frame, and no data after it.
#[test]
fn a_close_frame_is_queued_only_on_the_way_out_of_open() {
    for (state, role, input, transition) in rows() {
        let queues = transition.is_some_and(|transition| {
            matches!(
                transition.effect,
                Effect::QueueClose | Effect::QueueReply | Effect::QueueFailure
            )
        });
        let leaves_open = state == State::Open
            && transition.is_some_and(|transition| {
                transition.to != State::Open && transition.to != State::Closed
            });
        assert_eq!(queues, leaves_open, "{state:?} {role} {input:?}");
    }
}

#[test]
fn a_connection_ends_when_it_comes_to_closed_and_only_then() {
    for (state, role, input, transition) in rows() {
        let Some(Transition { to, effect }) = transition else { continue };
        let ends = matches!(effect, Effect::EndCleanly | Effect::EndWithError);
        assert_eq!(ends, to == State::Closed, "{state:?} {role} {input:?}");
    }
}

#[test]
fn nothing_leads_out_of_closed() {
    assert!(rows().filter(|row| row.0 == State::Closed).all(|row| row.3.is_none()));
}

/// A transport that is lost leaves nothing to wait for.
#[test]
fn a_lost_transport_ends_every_state() {
    for (state, role, input, transition) in rows() {
        if input == StateInput::Lost && state != State::Closed {
            assert_eq!(transition.map(|transition| transition.to), Some(State::Closed), "{role}");
        }
    }
}

fn print_table() -> String {
    let mut table = String::from(
        "# Every state × input × role. A dot: nothing changes. Written by this folder's tests.\n",
    );
    for state in STATES {
        let _ = writeln!(table, "\n{state:?} ({})", state.ready_state());
        for input in INPUTS {
            let [client, server] = ROLES.map(|role| print_transition(state.on(role, input)));
            let name = print_input(input);
            let _ = if client == server {
                writeln!(table, "  {name:<21} {client}")
            } else {
                writeln!(table, "  {name:<21} client {client}; server {server}")
            };
        }
    }
    table
}

fn print_transition(transition: Option<Transition>) -> String {
    match transition {
        None => String::from("."),
        Some(Transition { to, effect: Effect::None }) => format!("{to:?}"),
        Some(Transition { to, effect }) => format!("{to:?}, {effect:?}"),
    }
}

fn print_input(input: StateInput) -> String {
    match input {
        StateInput::PeerClose { flushed: true } => String::from("PeerClose after flush"),
        StateInput::PeerClose { flushed: false } => String::from("PeerClose"),
        StateInput::Flushed { eof: true } => String::from("Flushed after EOF"),
        StateInput::Flushed { eof: false } => String::from("Flushed"),
        StateInput::Eof { flushed: true } => String::from("EOF after flush"),
        StateInput::Eof { flushed: false } => String::from("EOF"),
        other => format!("{other:?}"),
    }
}
