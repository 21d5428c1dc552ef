//! A recording replays to the same states, events and bytes; one that is cut or changed says where;
//! one that is redacted holds nothing that was said.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::time::Duration;

use bytes::Buf;
use wirebeat::extension::{Deflate, DeflateParameters, WindowBits};
use wirebeat::handshake::{Acceptance, OriginPolicy, Request};
use wirebeat::{
    CloseFrame, Config, Event, Heartbeat, Input, Kind, Prepared, ReadyState, Timestamp, Transport,
};
use wirebeat_sim::Rng;
use wirebeat_sim::record::{Log, Reader, Recorded, RecordingErrorReason, replay};

/// What was seen of an endpoint while it was recorded.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    events: Vec<Event<'static>>,
    written: Vec<u8>,
    ready_state: Option<ReadyState>,
    timeout: Option<Timestamp>,
}

/// An endpoint that is recorded, and what was seen of it.
struct Endpoint {
    recorded: Recorded,
    log: Log,
    seen: Seen,
}

impl Endpoint {
    /// Writes some of what waits, in one of two ways, and returns it.
    fn write(&mut self, now: Timestamp, rng: &mut Rng) -> Vec<u8> {
        let max = rng.len_between(1, 200);
        let bytes = match rng.chance(30) {
            true => self.recorded.take_transmit(max).map(|mut taken| {
                let len = taken.remaining();
                taken.copy_to_bytes(len).to_vec()
            }),
            false => self.recorded.poll_transmit().map(|mut transmit| {
                let len = transmit.remaining().min(max);
                transmit.copy_to_bytes(len).to_vec()
            }),
        };
        let bytes = bytes.unwrap_or_default();
        if !bytes.is_empty() {
            self.recorded.handle_written(now, bytes.len());
        }
        self.seen.written.extend_from_slice(&bytes);
        bytes
    }

    fn receive(&mut self, now: Timestamp, mut bytes: Vec<u8>) {
        let mut input = Input::new(&mut bytes);
        while let Some(event) = self.recorded.receive(now, &mut input) {
            let event = event.into_owned();
            if let Event::Request(_) = event {
                let acceptance =
                    Acceptance::new().header("Set-Cookie", "id=secret-cookie").unwrap();
                self.recorded.accept(now, &acceptance).unwrap();
            }
            self.seen.events.push(event);
        }
    }

    fn finish(&mut self) {
        self.seen.ready_state = Some(self.recorded.ready_state());
        self.seen.timeout = self.recorded.poll_timeout();
    }
}

/// A client and a server talk to each other, and time passes; both are recorded.
fn talk(seed: u64, redacted: bool, compresses: bool) -> [Endpoint; 2] {
    let mut rng = Rng::new(seed, 0);
    let mut now = Timestamp::from_nanos(1_000);
    let beat = Duration::from_secs(5);
    let heartbeat = Some(Heartbeat::pings(beat, beat));
    let deflate = compresses.then(|| deflate(&mut rng));
    let config = Config { heartbeat, deflate, ..Config::default() };
    let request = Request::new("example.com", None, "/chat?token=secret-query").unwrap();
    let request = request.header("Authorization", "Bearer secret-token").unwrap();
    let log = || if redacted { Log::new().redacted() } else { Log::new() };
    let logs = [log(), log()];
    let client = Recorded::client(request, &config, [7; 32], now, &logs[0]);
    let server = Recorded::server(OriginPolicy::SameHost, &config, now, &logs[1]);
    let [client_log, server_log] = logs;
    let seen = Seen::default;
    let mut ends = [
        Endpoint { recorded: client, log: client_log, seen: seen() },
        Endpoint { recorded: server, log: server_log, seen: seen() },
    ];
    for step in 0..rng.between(50, 400) {
        now = now + Duration::from_millis(rng.between(0, 300));
        let side = usize::from(rng.chance(50));
        act(&mut ends[side].recorded, now, &mut rng, step);
        let bytes = ends[side].write(now, &mut rng);
        ends[1 - side].receive(now, bytes);
        if ends[side].recorded.transport() == Transport::Drop {
            ends[1 - side].recorded.handle_eof(now);
        }
        for end in &mut ends {
            end.receive(now, Vec::new());
        }
    }
    ends.iter_mut().for_each(Endpoint::finish);
    ends
}

/// How messages are compressed.
fn deflate(rng: &mut Rng) -> Deflate {
    let mut parameters = || DeflateParameters {
        server_no_context_takeover: rng.chance(50),
        client_no_context_takeover: rng.chance(50),
        server_max_window_bits: WindowBits::new(u8::try_from(rng.between(9, 15)).unwrap()).unwrap(),
        ..DeflateParameters::default()
    };
    let deflate = Deflate::default().parameters(parameters()).or(parameters());
    deflate.message_len_min(4).level(1 + u8::try_from(rng.below(9)).unwrap())
}

/// One call of an application's or a driver's. What is refused is recorded too.
fn act(end: &mut Recorded, now: Timestamp, rng: &mut Rng, step: u64) {
    match rng.below(20) {
        0..8 => drop(end.send(now, format!("secret text {step}"))),
        8 if rng.chance(30) => drop(end.send_uncompressed(now, "secret text as it is")),
        8 if rng.chance(30) => {
            drop(end.send_prepared(
                now,
                &Prepared::new("secret text for all").compress(rng.chance(80)),
            ));
        }
        8..10 => drop(end.send(now, vec![0xA5; rng.len_between(0, 300)])),
        10 => drop(end.send_fragment(now, Some(Kind::Text), "secret fragment", false)),
        11 => drop(end.send_fragment(now, None, "secret end", true)),
        12 => drop(end.ping(now, "secret ping")),
        13 => end.handle_write_blocked(now),
        14 => end.handle_reading(now, rng.chance(50)),
        15 => end.probe(now),
        16 if step > 150 => {
            let _ = end.close(now, Some(CloseFrame::new(4000, "secret reason").unwrap()));
        }
        17 if step > 300 => end.handle_lost(now),
        _ => end.handle_timeout(now),
    }
}

#[test]
fn a_recording_replays_to_the_same_states_events_and_bytes() {
    for seed in 0..200 {
        for end in talk(seed, false, seed % 2 == 1) {
            let bytes = end.log.bytes();
            let mut again = Seen::default();
            let mut steps = replay(&bytes).unwrap();
            for step in &mut steps {
                let step = step.unwrap();
                again.events.extend(step.events);
                again.written.extend(step.written);
            }
            again.ready_state = Some(steps.connection().ready_state());
            again.timeout = steps.connection().poll_timeout();
            assert_eq!(again, end.seen, "seed {seed}");
        }
    }
}

/// A client of version 1 said two things, heard them back, and closed.
#[test]
fn a_recording_of_the_version_before_replays() {
    let steps = replay(include_bytes!("recordings/version-1.wbrec")).unwrap();
    let events: Vec<Event<'static>> = steps.flat_map(|step| step.unwrap().events).collect();
    assert!(matches!(&events[0], Event::Open(accepted) if accepted.deflate().is_none()));
    assert_eq!(events[1..3], ["hello", "world"].map(|text| Event::Message(text.into())));
    assert!(matches!(events.last(), Some(Event::Closed(closed)) if closed.was_clean));
}

#[test]
fn a_recording_of_a_version_to_come_is_told_from_a_broken_one() {
    for version in [0, 3, 255] {
        let bytes = [b"WBREC", &[version][..], b"whatever"].concat();
        assert_eq!(read(&bytes).1, Some((5, RecordingErrorReason::Version(version))));
    }
}

/// All that a recording says, and the error that it ends with.
fn read(bytes: &[u8]) -> (usize, Option<(usize, RecordingErrorReason)>) {
    let error = |error: wirebeat_sim::record::RecordingError| (error.offset, error.reason);
    match replay(bytes) {
        Err(broken) => (0, Some(error(broken))),
        Ok(steps) => {
            let mut count = 0;
            for step in steps {
                match step {
                    Ok(_) => count += 1,
                    Err(broken) => return (count, Some(error(broken))),
                }
            }
            (count, None)
        }
    }
}

/// Where the records of a recording begin.
fn offsets(bytes: &[u8]) -> Vec<usize> {
    Reader::new(bytes).unwrap().1.map(|record| record.unwrap().offset).collect()
}

#[test]
fn a_recording_that_is_cut_says_where_and_replays_as_far_as_it_goes() {
    let bytes = talk(1, false, true)[0].log.bytes();
    let offsets = offsets(&bytes);
    for len in 0..bytes.len() {
        let (count, error) = read(&bytes[..len]);
        let whole = offsets.iter().filter(|offset| **offset < len).count();
        match error {
            // The end of a record is a place to end at.
            None => assert!(offsets.contains(&len) && count == whole, "{len}"),
            Some((offset, reason)) => {
                let expected = match len {
                    0..5 => RecordingErrorReason::NoRecording,
                    _ => RecordingErrorReason::Truncated,
                };
                assert_eq!(reason, expected, "{len}");
                assert!(offset <= len && count == whole.saturating_sub(1), "{len}: {offset}");
                let begins = offset <= 6 || offsets.contains(&offset);
                assert!(begins, "{offset} isn't where a record begins");
            }
        }
    }
}

#[test]
fn a_recording_in_which_a_bit_is_changed_says_where() {
    let bytes = talk(2, false, true)[1].log.bytes();
    let offsets = offsets(&bytes);
    let mut rng = Rng::new(3, 0);
    for _ in 0..3_000 {
        let (at, bit) = (rng.len_between(0, bytes.len() - 1), rng.below(8));
        let mut changed = bytes.clone();
        changed[at] ^= 1 << bit;
        let (count, error) = read(&changed);
        let (offset, _) = error.expect("every bit is covered");
        let before = offsets.iter().filter(|offset| **offset <= at).count();
        assert!(offset <= at, "{at}: {offset}");
        assert_eq!(count, before.saturating_sub(1), "{at}: {offset}");
    }
}

#[test]
fn garbage_is_refused_and_never_panics() {
    let mut rng = Rng::new(4, 0);
    for _ in 0..3_000 {
        let len = rng.len_between(0, 200);
        let garbage: Vec<u8> = (0..len).map(|_| u8::try_from(rng.below(256)).unwrap()).collect();
        assert!(read(&garbage).1.is_some());
        // Behind a right begin, with right checksums.
        let mut recording = b"WBREC\x02".to_vec();
        for _ in 0..2 {
            recording.extend(u32::try_from(garbage.len()).unwrap().to_le_bytes());
            recording.extend_from_slice(&garbage);
            recording.extend(crc32fast::hash(&garbage).to_le_bytes());
        }
        let (_, error) = read(&recording);
        assert!(error.is_some(), "{garbage:?}");
    }
}

#[test]
fn a_redacted_recording_holds_nothing_that_was_said_and_replays_to_the_same_course() {
    for seed in 0..100 {
        let plain = talk(seed, false, false);
        for (end, plain) in talk(seed, true, false).into_iter().zip(plain) {
            let bytes = end.log.bytes();
            for secret in ["secret", "token=", "id="] {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} (seed {seed})");
            }
            let (mut events, mut written) = (Vec::new(), 0);
            let mut steps = replay(&bytes).unwrap();
            for step in &mut steps {
                let step = step.unwrap();
                for event in &step.events {
                    assert!(!format!("{event:?}").contains("secret"), "{event:?} (seed {seed})");
                }
                written += step.written.len();
                events.extend(step.events.iter().map(shape));
            }
            let expected: Vec<String> = plain.seen.events.iter().map(shape).collect();
            assert_eq!(events, expected, "seed {seed}");
            assert_eq!(written, plain.seen.written.len(), "seed {seed}");
            assert_eq!(Some(steps.connection().ready_state()), plain.seen.ready_state);
        }
    }
}

/// An event without what was said.
fn shape(event: &Event<'_>) -> String {
    match event {
        Event::Message(message) => format!("{:?} {}", message.kind(), message.len()),
        Event::Ping(payload) => format!("ping {}", payload.len()),
        Event::Pong { payload, latency } => format!("pong {} {latency:?}", payload.len()),
        Event::Closing(frame) => format!("closing {:?}", frame.as_ref().map(CloseFrame::code)),
        Event::Closed(closed) => format!("{} {} {}", closed.code, closed.was_clean, closed.cause),
        Event::Request(_) => "request".into(),
        Event::Open(_) => "open".into(),
        other => format!("{other:?}"),
    }
}
