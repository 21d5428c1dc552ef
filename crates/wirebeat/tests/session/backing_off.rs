use super::*;

/// The delays of so many failures in a row.
fn delays(session: &mut Session, count: usize) -> Vec<core::time::Duration> {
    let mut now = START;
    (0..count)
        .map(|_| {
            let closed = fail(session, now, DialError::Refused);
            let delay = retry_at(&closed).since(now);
            now = wait_for_retry(session, &closed);
            delay
        })
        .collect()
}

#[test]
fn the_range_grows_from_one_second_to_thirty() {
    let exponential = Exponential::default();
    let cap = |failures| exponential.range(failures, Pause::Unasked).end().as_millis();
    let caps: Vec<u128> = (1..=10).map(cap).collect();
    assert_eq!(caps, [1000, 1600, 2560, 4096, 6553, 10_485, 16_777, 26_843, 30_000, 30_000]);
    assert_eq!(cap(u32::MAX), 30_000);
    for failures in [1, 5, 100] {
        assert_eq!(*exponential.range(failures, Pause::Unasked).start(), millis(100));
    }
}

#[test]
fn every_delay_is_within_the_range_also_the_first() {
    let exponential = Exponential::default();
    for seed in 0..50 {
        let mut session = Session::new(target(), usual(), Seed::new([seed; 32]), START);
        for (failures, delay) in (1..).zip(delays(&mut session, 12)) {
            let range = exponential.range(failures, Pause::Unasked);
            assert!(range.contains(&delay), "{delay:?} after {failures}");
        }
    }
}

#[test]
fn both_ends_of_the_range_are_reached_and_nothing_beyond() {
    let closed = closed_of(START);
    let failure = |failures, pause| wirebeat::session::Failure {
        attempt: closed.attempt,
        closed: &closed.closed,
        failures,
        pause,
        is_retryable: true,
    };
    for backoff in [Backoff::default(), Backoff::fixed(secs(3))] {
        for failures in [1, 2, 9, 1000] {
            let asked = Pause::RetryAfter(secs(7));
            for pause in [Pause::Unasked, Pause::Restart, asked] {
                let range = backoff.range(failures, pause).expect("it's known");
                let delay = |draw| backoff.delay(&failure(failures, pause), draw);
                assert_eq!(delay(0), *range.start());
                assert_eq!(delay(u64::MAX), *range.end());
            }
        }
    }
}

fn closed_of(now: Timestamp) -> wirebeat::session::SessionClosed {
    fail(&mut session(usual(), now), now, DialError::Refused)
}

/// A minimum alone would synchronise all clients on it.
#[test]
fn what_a_server_asks_for_is_kept_and_spread() {
    let range = |failures, pause| Exponential::default().range(failures, pause);
    assert_eq!(range(1, Pause::Restart), secs(5)..=secs(30));
    assert_eq!(range(9, Pause::Restart), secs(5)..=secs(30));
    assert_eq!(range(1, Pause::RetryAfter(secs(60))), secs(60)..=secs(61));
    assert_eq!(range(9, Pause::RetryAfter(secs(60))), secs(60)..=secs(90));
    assert_eq!(range(1, Pause::RetryAfter(secs(86_400))), secs(300)..=secs(301));
    assert_eq!(range(1, Pause::RetryAfter(secs(0))), millis(100)..=millis(1100));
}

#[test]
fn restart_and_overload_are_waited_for() {
    for code in [1012, 1013] {
        let mut session = session(usual(), START);
        let attempt = open(&mut session, START);
        let closed = peer_closes(&mut session, START, attempt, code);
        let delay = retry_at(&closed).since(START);
        assert!((secs(5)..=secs(30)).contains(&delay), "{delay:?} after {code}");
    }
}

#[test]
fn retry_after_is_waited_for() {
    for status in [429, 503] {
        let mut session = session(usual(), START);
        let closed = refuse(&mut session, START, status, &[("Retry-After", "20")]);
        let delay = retry_at(&closed).since(START);
        assert!((secs(20)..=secs(21)).contains(&delay), "{delay:?} after {status}");
    }
}

/// RFC 9110 §10.2.3: seconds, or a date, which nothing here can read.
#[test]
fn a_retry_after_that_is_no_number_of_seconds_is_none() {
    for value in ["Fri, 31 Dec 1999 23:59:59 GMT", "-1", "+20", "20.5", "twenty"] {
        let mut session = session(usual(), START);
        let closed = refuse(&mut session, START, 503, &[("Retry-After", value)]);
        assert!(retry_at(&closed).since(START) <= secs(1), "{value}");
    }
    let mut session = session(usual(), START);
    let closed = refuse(&mut session, START, 503, &[("Retry-After", "99999999999999999999999")]);
    assert!(retry_at(&closed).since(START) >= secs(300), "it's a long time");
}

/// A Retry-After is of one answer, and not of the next failure.
#[test]
fn what_a_server_asked_for_is_waited_for_once() {
    let mut session = session(usual(), START);
    let closed = refuse(&mut session, START, 503, &[("Retry-After", "20")]);
    let at = wait_for_retry(&mut session, &closed);
    let closed = fail(&mut session, at, DialError::Refused);
    assert!(retry_at(&closed).since(at) <= millis(1600));
}

#[test]
fn fixed_is_always_the_same() {
    assert_eq!(delays(&mut session(fixed(), START), 5), [secs(3); 5]);
    let mut session = session(fixed(), START);
    let attempt = open(&mut session, START);
    let closed = peer_closes(&mut session, START, attempt, 1012);
    assert_eq!(retry_at(&closed), START + secs(3));
}

#[test]
fn fixed_keeps_what_a_server_asks_for() {
    let mut session = session(fixed(), START);
    let closed = refuse(&mut session, START, 503, &[("Retry-After", "20")]);
    assert!((secs(20)..=secs(23)).contains(&retry_at(&closed).since(START)));
}

#[test]
fn a_function_may_say_how_long() {
    let backoff = Backoff::custom(|failure, draw| {
        assert_eq!(failure.closed.cause.reason, Reason::Dial(DialError::Refused));
        secs(u64::from(failure.failures) * 10 + draw % 2)
    });
    let reconnect = Some(Reconnect::with(backoff));
    let mut session = session(SessionConfig { reconnect, ..usual() }, START);
    let delays: Vec<u64> = delays(&mut session, 3).iter().map(|d| d.as_secs() / 10).collect();
    assert_eq!(delays, [1, 2, 3]);
}

#[test]
fn no_delay_is_ever_zero() {
    let zero = Exponential {
        floor: secs(0),
        cap: secs(0),
        cap_max: secs(0),
        restart: (secs(0), secs(0)),
        ..Exponential::default()
    };
    let backoffs =
        [Backoff::fixed(secs(0)), Backoff::custom(|_, _| secs(0)), Backoff::Exponential(zero)];
    for backoff in backoffs {
        let reconnect = Some(Reconnect::with(backoff));
        let mut session = session(SessionConfig { reconnect, ..usual() }, START);
        assert_eq!(delays(&mut session, 3), [Backoff::DELAY_MIN; 3]);
    }
}

#[test]
fn without_a_policy_nothing_is_retried() {
    let mut session = session(never(), START);
    let closed = fail(&mut session, START, DialError::Refused);
    assert!(closed.is_final());
    assert_stopped(&mut session);
}

#[test]
fn retries_run_out_in_a_row() {
    let reconnect = Some(Reconnect { max_retries: Some(2), ..Reconnect::default() });
    let mut session = session(SessionConfig { reconnect, ..usual() }, START);
    let mut now = START;
    for failures in 1..=2 {
        let closed = fail(&mut session, now, DialError::Refused);
        assert_eq!((closed.failures, session.failures()), (failures, failures));
        now = wait_for_retry(&mut session, &closed);
    }
    // One that holds lets the count start anew.
    let attempt = open(&mut session, now);
    now = now + secs(5);
    let closed = lose(&mut session, now, attempt);
    assert_eq!(closed.failures, 1);
    now = wait_for_retry(&mut session, &closed);
    let closed = fail(&mut session, now, DialError::Refused);
    now = wait_for_retry(&mut session, &closed);
    let closed = fail(&mut session, now, DialError::Refused);
    assert_eq!((closed.failures, closed.next), (3, Next::Never));
    assert_stopped(&mut session);
}

/// Without it, a server that accepts and throws out at once would be asked for ever at the shortest
/// delay.
#[test]
fn the_count_starts_anew_only_after_min_uptime() {
    let mut session = session(usual(), START);
    let mut now = START;
    for failures in 1..=4 {
        let attempt = open(&mut session, now);
        now = now + (secs(5) - TICK);
        let closed = lose(&mut session, now, attempt);
        assert_eq!(closed.failures, failures);
        now = wait_for_retry(&mut session, &closed);
    }
    let attempt = open(&mut session, now);
    assert_eq!(session.failures(), 4);
    now = now + secs(5);
    session.handle_timeout(now);
    assert_eq!(session.failures(), 0);
    assert_eq!(lose(&mut session, now, attempt).failures, 1);
}
