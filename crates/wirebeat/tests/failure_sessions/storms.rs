//! Reconnect storms: Slack's of 2022-02-22 (T39), ezsockets#104, Rails PR#40229.

use super::*;

const CLIENTS: u64 = 10_000;

/// A session whose seed is drawn as an adapter would, but from a number.
fn client(number: u64, config: &SessionConfig) -> Session {
    let mut numbers = Numbers::new(number);
    let mut seed = [0; 32];
    for part in seed.chunks_mut(8) {
        part.copy_from_slice(&numbers.next().to_le_bytes());
    }
    Session::new(target(), config.clone(), Seed::new(seed), START)
}

/// The delays of all clients, of which each loses its server by `lose`.
fn delays(lose: impl Fn(&mut Session) -> SessionClosed) -> Vec<Duration> {
    let config = usual();
    (0..CLIENTS)
        .map(|number| {
            let mut session = client(number, &config);
            let closed = lose(&mut session);
            let lost_at = START + secs(100);
            retry_at(&closed).since(lost_at)
        })
        .collect()
}

fn open_at(session: &mut Session, now: Timestamp) -> wirebeat::session::Attempt {
    poll(session);
    open(session, now)
}

/// Every delay is within the range that the policy states, and they're spread over the whole of it:
/// Pearson's chi-square over `bins` of equal width, with a chance of one in a thousand to fail for a
/// generator that is right. The seeds are fixed, so it fails always or never. No two neighbouring
/// bins differ by more than chance either, at the same odds for each pair.
fn assert_spread(delays: &[Duration], shortest: Duration, longest: Duration, bins: u32) {
    assert!(delays.iter().all(|delay| (shortest..=longest).contains(delay)));
    let width = (longest - shortest).as_nanos() / u128::from(bins);
    let mut counts = vec![0.0_f64; bins as usize];
    for delay in delays {
        let bin = ((*delay - shortest).as_nanos() / width).min(u128::from(bins) - 1);
        counts[usize::try_from(bin).expect("small")] += 1.0;
    }
    let expected = f64::from(u32::try_from(delays.len()).expect("small")) / f64::from(bins);
    let chi_square: f64 = counts.iter().map(|count| (count - expected).powi(2) / expected).sum();
    // Wilson and Hilferty's approximation of the value that chance exceeds once in a thousand times.
    let (freedom, z) = (f64::from(bins - 1), 3.09);
    let step = 2.0 / (9.0 * freedom);
    let critical = freedom * (1.0 - step + z * step.sqrt()).powi(3);
    assert!(chi_square < critical, "{chi_square} of at most {critical}: {counts:?}");
    for pair in counts.windows(2) {
        let chance = 3.29 * (2.0 * expected).sqrt();
        assert!((pair[0] - pair[1]).abs() < chance, "{pair:?} in {counts:?}");
    }
}

#[test]
fn failure_t39_clients_that_lose_their_server_at_once_come_back_spread() {
    let delays = delays(|session| {
        let attempt = open_at(session, START + secs(90));
        lose(session, START + secs(100), attempt)
    });
    assert_spread(&delays, millis(100), secs(1), 18);
}

/// The window grows, and stays full.
#[test]
fn failure_t39_clients_that_fail_again_and_again_stay_spread() {
    let delays = delays(|session| {
        let mut now = START;
        for _ in 0..8 {
            let closed = fail(session, now, DialError::Refused);
            now = wait_for_retry(session, &closed);
        }
        // As if all waited for the same moment.
        now = START + secs(100).max(now.since(START));
        let attempt = to_dial(session);
        session.handle_dial_failed(now, attempt, DialError::Refused);
        let mut closed = closed(&poll(session));
        closed.next = Next::At(START + secs(100) + retry_at(&closed).since(now));
        closed
    });
    assert_spread(&delays, millis(100), secs(30), 29);
}

#[test]
fn failure_t39_clients_of_a_server_that_restarts_come_back_spread() {
    for code in [1012, 1013] {
        let delays = delays(|session| {
            let attempt = open_at(session, START + secs(90));
            peer_closes(session, START + secs(100), attempt, code)
        });
        assert_spread(&delays, secs(5), secs(30), 25);
    }
}

/// A `Retry-After` of the same length for all is no reason to come at the same moment.
#[test]
fn failure_t39_clients_that_are_told_when_to_come_back_come_spread() {
    let delays_after = |asked: &'static str| {
        delays(move |session| {
            poll(session);
            // Within connect_timeout of the attempt that began at START.
            let closed = refuse(session, START, 503, &[("Retry-After", asked)]);
            let next = Next::At(START + secs(100) + retry_at(&closed).since(START));
            SessionClosed { next, ..closed }
        })
    };
    assert_spread(&delays_after("60"), secs(60), secs(61), 20);
    assert_spread(&delays_after("86400"), secs(300), secs(301), 20);
    let range = Exponential::default().range(1, Pause::RetryAfter(secs(60)));
    assert_eq!(range, secs(60)..=secs(61));
}

/// Clients whose network comes back do so all at once.
#[test]
fn failure_t39_clients_that_come_online_at_once_come_back_spread() {
    let delays = delays(|session| {
        session.handle_offline(START);
        let mut closed = fail(session, START, DialError::Unreachable);
        session.handle_online(START + secs(100));
        closed.next = Next::At(session.poll_timeout().expect("it retries"));
        closed
    });
    assert_spread(&delays, millis(100), secs(1), 18);
}

/// ezsockets doesn't wait at all when a connection ends; neither do hand-written loops.
#[test]
fn zero_delay_storms() {
    let mut session = session(usual(), START);
    let mut now = START;
    // A server that accepts and throws out at once, for an hour.
    while now < START + secs(3600) {
        let attempt = open(&mut session, now);
        let closed = peer_closes(&mut session, now, attempt, 1011);
        let delay = retry_at(&closed).since(now);
        assert!(delay >= millis(100), "{delay:?}");
        now = wait_for_retry(&mut session, &closed);
    }
    // At a mean of 15 s; without back-off it would be without end.
    assert!(session.attempt().number() < 400, "{}", session.attempt());
}
