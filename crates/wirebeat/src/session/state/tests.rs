//! The whole table, held to a golden file.
//!
//! `UPDATE_GOLDEN=1 cargo test -p wirebeat state` writes the file anew; read the difference.

extern crate std;

use alloc::format;
use alloc::string::String;
use core::fmt::Write;

use super::*;

/// Every state, in the order of a session's life.
const STATES: [State; 9] = [
    State::Asking,
    State::Dialing,
    State::Opening,
    State::Open,
    State::Closing,
    State::Replacing,
    State::Waiting,
    State::Offline,
    State::Stopped,
];

/// Every input.
const INPUTS: [StateInput; 12] = [
    StateInput::Targeted,
    StateInput::Dialed,
    StateInput::Opened,
    StateInput::Ended(Verdict::Retry),
    StateInput::Ended(Verdict::Hold),
    StateInput::Ended(Verdict::Stop),
    StateInput::Due,
    StateInput::Close,
    StateInput::Reconnect,
    StateInput::Online,
    StateInput::Offline,
    StateInput::Resumed,
];

/// Where a state stands in `STATES`: whoever adds a state has to add it there too.
const fn place(state: State) -> usize {
    match state {
        State::Asking => 0,
        State::Dialing => 1,
        State::Opening => 2,
        State::Open => 3,
        State::Closing => 4,
        State::Replacing => 5,
        State::Waiting => 6,
        State::Offline => 7,
        State::Stopped => 8,
    }
}

/// Where an input stands in `INPUTS`.
const fn input_place(input: StateInput) -> usize {
    match input {
        StateInput::Targeted => 0,
        StateInput::Dialed => 1,
        StateInput::Opened => 2,
        StateInput::Ended(Verdict::Retry) => 3,
        StateInput::Ended(Verdict::Hold) => 4,
        StateInput::Ended(Verdict::Stop) => 5,
        StateInput::Due => 6,
        StateInput::Close => 7,
        StateInput::Reconnect => 8,
        StateInput::Online => 9,
        StateInput::Offline => 10,
        StateInput::Resumed => 11,
    }
}

fn rows() -> impl Iterator<Item = (State, StateInput, Option<Transition>)> {
    STATES
        .into_iter()
        .flat_map(|state| INPUTS.into_iter().map(move |input| (state, input, state.on(input))))
}

fn to(state: State, input: StateInput) -> State {
    state.on(input).map_or(state, |transition| transition.to)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not of the core")]
fn the_table_is_the_golden_one() {
    let actual = print_table();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/session/state/table.txt");
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

/// A transport is wanted for one attempt at a time: a new one begins only where there's none.
#[test]
fn an_attempt_begins_only_where_no_transport_is_left() {
    for (state, input, transition) in rows() {
        let begins = transition.is_some_and(|transition| {
            matches!(transition.effect, Effect::Announce | Effect::Restart)
        });
        assert_eq!(begins, transition.is_some_and(|transition| transition.to == State::Asking));
        let ended = matches!(input, StateInput::Ended(_)) && state == State::Replacing;
        assert!(!begins || !state.has_connection() || ended, "{state:?} {input:?}");
    }
}

/// What the application closed stays closed, whatever a policy or the host says.
#[test]
fn nothing_but_reconnect_leads_from_a_close_to_another_attempt() {
    for start in STATES {
        let mut reached = std::vec![to(start, StateInput::Close)];
        while let Some(state) = reached.pop() {
            assert!(matches!(state, State::Closing | State::Stopped), "{start:?} to {state:?}");
            for input in INPUTS {
                let next = to(state, input);
                if next != state && input != StateInput::Reconnect {
                    reached.push(next);
                }
            }
        }
    }
}

#[test]
fn reconnect_leads_from_every_state_to_another_attempt() {
    for state in STATES {
        let next = to(state, StateInput::Reconnect);
        assert_eq!(
            to(next, StateInput::Ended(Verdict::Stop)),
            match next {
                State::Replacing => State::Asking,
                State::Asking => State::Stopped,
                other => unreachable!("{state:?} to {other:?}"),
            }
        );
    }
}

#[test]
fn an_end_leaves_no_connection() {
    for (state, input, transition) in rows() {
        if let (StateInput::Ended(_), Some(Transition { to, .. })) = (input, transition) {
            assert!(!to.has_connection(), "{state:?}");
        }
    }
}

fn print_table() -> String {
    let mut table = String::from(
        "# Every state × input. A dot: nothing changes. Written by this folder's tests.\n",
    );
    for state in STATES {
        let _ = writeln!(table, "\n{state:?}");
        for input in INPUTS {
            let name = print_input(input);
            let _ = writeln!(table, "  {name:<12} {}", print_transition(state.on(input)));
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
        StateInput::Ended(verdict) => format!("Ended, {verdict:?}"),
        other => format!("{other:?}"),
    }
}
