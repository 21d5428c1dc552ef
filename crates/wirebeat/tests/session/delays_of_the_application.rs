//! Delays that the application's own function gives, and those that don't grow.

use super::*;

fn custom(delay_secs: u64) -> SessionConfig {
    let backoff = Backoff::custom(move |_, _| secs(delay_secs));
    SessionConfig { reconnect: Some(Reconnect::with(backoff)), ..SessionConfig::default() }
}

/// Nobody but the function knows, so there's no range to state.
#[test]
fn have_no_range_that_is_known() {
    let backoff = Backoff::custom(|_, _| secs(1));
    assert_eq!(backoff.range(1, Pause::Unasked), None);
    assert_eq!(Backoff::fixed(secs(1)).range(9, Pause::Unasked), Some(secs(1)..=secs(1)));
}

/// A delay of zero would never rest.
#[test]
fn are_never_zero() {
    let mut session = session(custom(0), START);
    let attempt = to_dial(&session);
    session.handle_dial_failed(START, attempt, DialError::Refused);
    poll(&mut session);
    assert_eq!(session.poll_timeout(), Some(START + Backoff::DELAY_MIN));
}

/// A host that comes online has no failure to ask the function about, and doesn't wait for a minute
/// that was meant for one.
#[test]
fn are_not_asked_for_when_the_host_comes_online() {
    let mut session = session(custom(3600), START);
    let attempt = to_dial(&session);
    session.handle_offline(START);
    session.handle_dial_failed(START, attempt, DialError::Unreachable);
    poll(&mut session);
    session.handle_online(START);
    let soon = session.poll_timeout().expect("it tries again");
    assert!(soon <= START + Exponential::default().cap, "{soon}");
}

/// "At 100 or less it doesn't grow."
#[test]
fn that_do_not_grow_stay_where_they_are() {
    for growth_percent in [0, 99, 100] {
        let exponential = Exponential { growth_percent, ..Exponential::default() };
        let ranges = [1, 2, 50].map(|failures| {
            Backoff::Exponential(exponential).range(failures, Pause::Unasked).expect("it's known")
        });
        assert!(ranges.iter().all(|range| *range == ranges[0]), "{ranges:?}");
    }
    let grown = |failures| {
        let exponential = Exponential { growth_percent: 101, ..Exponential::default() };
        Backoff::Exponential(exponential).range(failures, Pause::Unasked).expect("it's known")
    };
    assert!(grown(2).end() > grown(1).end());
}
