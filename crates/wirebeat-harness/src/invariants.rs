//! What must hold for every trace, whatever was called.
//!
//! Each function checks one invariant and says which; [`connection_ops`] checks all of them.

use wirebeat::{CloseCode, Event, Kind, ReadyState, Reason, Role, Transport};

use crate::frame::{SentFrame, sent_frames};
use crate::model::{self, Heard};
use crate::rules::Rules;
use crate::runner::run;
use crate::scenario::{BEAT_LEN, Finish, Op, Scenario};
use crate::trace::{Did, Step, Trace};

/// The harness of the target `connection_ops`: calls in any order, and all invariants.
///
/// # Panics
///
/// If one of them doesn't hold.
pub fn connection_ops(data: &[u8]) {
    let scenario = Scenario::draw(data);
    let trace = run(&scenario);
    comes_to_an_end(&trace);
    ready_state_only_grows(&trace);
    events_keep_their_order(&trace);
    the_last_event_says_how_it_ended(&trace);
    nothing_is_sent_once_closed(&trace);
    frames_are_sent_as_the_rfc_wants(&trace);
    messages_are_sent_in_order_or_reported_lost(&trace);
    idle_calls_change_nothing(&trace);
    buffered_amount_is_what_was_not_taken(&trace);
    deadlines_lie_ahead(&trace);
    few_pongs_wait(&trace);
    if data.first().is_some_and(|byte| byte & 0x80 != 0) {
        same_calls_same_bytes(&scenario, &trace);
    }
}

/// Whatever was called, the connection ends when the transport does, when it's closed and time
/// passes, or when its peer is silent for too long.
///
/// # Panics
///
/// If it doesn't.
pub fn comes_to_an_end(trace: &Trace) {
    let Some(last) = trace.steps.last() else { return };
    // Without timeouts nobody notices a silent peer.
    let is_patient = trace.scenario.settings.patient && trace.scenario.finish == Finish::Silence;
    assert!(is_patient || last.ready_state == ReadyState::Closed, "no end: {last:?}");
}

/// Invariant 5, first half: `readyState` only grows.
///
/// # Panics
///
/// If it falls.
pub fn ready_state_only_grows(trace: &Trace) {
    for pair in trace.steps.windows(2) {
        assert!(pair[0].ready_state <= pair[1].ready_state, "{:?}", pair[1]);
    }
}

fn events(trace: &Trace) -> impl Iterator<Item = &Event<'static>> {
    trace.steps.iter().flat_map(|step| &step.events)
}

/// Invariant 5, second half: Error and Closed come once at most, in this order, and last; nothing
/// of the peer's comes before the connection is open, after its Close, or after its violation.
///
/// # Panics
///
/// If an event comes out of its turn.
pub fn events_keep_their_order(trace: &Trace) {
    #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
    enum Turn {
        Opening,
        Deciding,
        Open,
        PeerClosed,
        Rejected,
        Failed,
        Closed,
    }
    let established = trace.scenario.established;
    let mut turn = if established { Turn::Open } else { Turn::Opening };
    for event in events(trace) {
        let (after, to) = match event {
            Event::Request(_) => (turn == Turn::Opening, Turn::Deciding),
            Event::Open(_) => (turn == Turn::Opening, Turn::Open),
            Event::Rejected(_) => (turn == Turn::Opening, Turn::Rejected),
            Event::Message(_) | Event::Fragment(_) | Event::Ping(_) | Event::Pong { .. } => {
                (turn == Turn::Open || turn == Turn::Deciding, Turn::Open)
            }
            Event::Closing(_) => (turn == Turn::Open || turn == Turn::Deciding, Turn::PeerClosed),
            Event::Error(_) => (turn < Turn::Failed, Turn::Failed),
            Event::Closed(closed) => (
                turn < Turn::Closed && (turn == Turn::Failed) == closed.cause.is_error(),
                Turn::Closed,
            ),
        };
        assert!(after, "{event:?} while {turn:?}");
        turn = to;
    }
    for pair in trace.steps.windows(2) {
        let is_failing =
            pair[0].cause.is_some_and(|cause| matches!(cause.reason, Reason::Protocol(_)));
        let is_end = |event: &Event<'_>| matches!(event, Event::Error(_) | Event::Closed(_));
        assert!(!is_failing || pair[1].events.iter().all(is_end), "{:?}", pair[1].events);
    }
    let last = trace.steps.last().expect("a trace has steps");
    assert_eq!(turn == Turn::Closed, last.ready_state == ReadyState::Closed, "Closed is reported");
}

/// Code and reason of the last event are those of the peer's Close, else 1005 or 1006; the cause is
/// the one that was told before.
///
/// # Panics
///
/// If they aren't.
pub fn the_last_event_says_how_it_ended(trace: &Trace) {
    let closing = events(trace).find_map(|event| match event {
        Event::Closing(frame) => Some(frame.clone()),
        _ => None,
    });
    for event in events(trace) {
        let Event::Closed(closed) = event else { continue };
        let expected = match &closing {
            Some(Some(frame)) => (frame.code(), frame.reason()),
            Some(None) => (CloseCode::NO_STATUS, ""),
            None => (CloseCode::ABNORMAL, ""),
        };
        assert_eq!((closed.code, &*closed.reason), expected);
        let sent = frames(trace, &trace.wire);
        let is_ours_sent = sent.iter().any(|f| f.opcode() == 8 && f.end() <= trace.wire.len());
        let is_complete = closing.is_some() && is_ours_sent;
        assert!(!closed.was_clean || is_complete, "clean without both Closes");
        assert_eq!(trace.steps.last().and_then(|step| step.cause), Some(closed.cause));
    }
    for event in events(trace) {
        if let Event::Error(cause) = event {
            assert_eq!(trace.steps.last().and_then(|step| step.cause), Some(*cause));
        }
    }
}

/// Invariant 6, first half: once its transport is to be dropped, a connection has no output, no
/// deadline and nothing to read; and when it's closed, the transport is to be dropped.
///
/// # Panics
///
/// If it has.
pub fn nothing_is_sent_once_closed(trace: &Trace) {
    for step in &trace.steps {
        let is_dropped = step.transport == Transport::Drop;
        assert!(is_dropped || step.ready_state < ReadyState::Closed, "a transport is left");
        if is_dropped {
            assert_eq!(step.waiting.as_deref().unwrap_or_default(), b"", "output once dropped");
            assert_eq!((step.timeout, step.wants_read), (None, false), "it goes on");
        }
    }
}

/// Where the frames begin in what was sent: behind the head of the opening handshake. `None` if
/// there are none.
fn frames_start(trace: &Trace, wire: &[u8]) -> Option<usize> {
    if trace.scenario.established {
        return Some(0);
    }
    if trace.scenario.role == Role::Server && !wire.starts_with(b"HTTP/1.1 101 ") {
        return None;
    }
    wire.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

fn frames(trace: &Trace, wire: &[u8]) -> Vec<SentFrame> {
    match frames_start(trace, wire) {
        Some(start) => sent_frames(wire, start, trace.scenario.role),
        None => Vec::new(),
    }
}

/// Invariant 6, second half, and what the RFC says of frames: masked by clients alone, minimal
/// lengths, fragments in order, UTF-8; one Close at most, with a code that may be sent, and behind
/// it nothing but pongs. A server that refuses answers once.
///
/// # Panics
///
/// If a frame isn't so.
pub fn frames_are_sent_as_the_rfc_wants(trace: &Trace) {
    let mut wire = trace.wire.clone();
    if let Some(waiting) = trace.steps.last().and_then(|step| step.waiting.as_ref()) {
        wire.extend_from_slice(waiting);
    }
    let sent = frames(trace, &wire);
    let start = frames_start(trace, &wire).unwrap_or(wire.len());
    let decoded = model::decode(&wire[start..], &Rules::of_peer(trace.scenario.role));
    assert_eq!(decoded.failed_at, None, "{:?}", decoded.heard.last());
    let mut behind = sent.iter().skip_while(|frame| frame.opcode() != 8).skip(1);
    assert!(behind.all(|frame| frame.opcode() == 0xA), "a frame behind our Close: {sent:?}");
    let head: &[u8] = match (trace.scenario.established, trace.scenario.role) {
        (true, _) => b"",
        (false, Role::Client) => b"GET ",
        (false, Role::Server) => b"HTTP/1.1 ",
    };
    let len = head.len().min(wire.len());
    assert_eq!(wire[..len], head[..len], "something comes before the handshake");
    let heads = wire.windows(9).filter(|window| window.starts_with(b"HTTP/1.1 ")).count();
    assert!(trace.scenario.role == Role::Client || heads <= 1, "a request was answered twice");
}

/// A message that was accepted is handed over whole and in order, or reported as lost.
///
/// # Panics
///
/// If one is neither, or both.
pub fn messages_are_sent_in_order_or_reported_lost(trace: &Trace) {
    let start = frames_start(trace, &trace.wire).unwrap_or(trace.wire.len());
    let heard = model::decode(&trace.wire[start..], &Rules::of_peer(trace.scenario.role)).heard;
    let beat = || "b".repeat(BEAT_LEN).into_bytes();
    let sent: Vec<_> = model::whole(&heard)
        .into_iter()
        .filter_map(|heard| match heard {
            Heard::Message(kind, bytes) => Some((kind, bytes)),
            _ => None,
        })
        .filter(|message| *message != (Kind::Text, beat()))
        .collect();
    assert!(trace.accepted.starts_with(&sent), "not what was accepted");
    for event in events(trace) {
        if let Event::Closed(closed) = event {
            let lost = trace.accepted.len() - sent.len();
            assert_eq!(closed.messages_lost, lost as u64, "messages lost");
        }
    }
}

/// Invariant 7: calls that have nothing to do change nothing; invariant 9, second half: nor does
/// time that goes backwards.
///
/// # Panics
///
/// If they do.
pub fn idle_calls_change_nothing(trace: &Trace) {
    for step in &trace.steps {
        if let Did::Nothing { before, after } = &step.did {
            assert_eq!(before, after, "idle calls changed something");
        }
    }
}

/// Invariant 8: `bufferedAmount` is what was accepted, or came too late, without what the transport
/// took: it falls by nothing else.
///
/// # Panics
///
/// If it isn't.
pub fn buffered_amount_is_what_was_not_taken(trace: &Trace) {
    let is_app = |frame: &&SentFrame| frame.opcode() < 8 && !is_beat(frame);
    let sent = frames(trace, &trace.wire);
    for step in &trace.steps {
        let app_frames = sent.iter().filter(is_app);
        let taken: usize = app_frames.map(|frame| frame.payload_within(step.wire_len)).sum();
        assert_eq!(step.buffered_amount, step.app_len - taken as u64, "bufferedAmount");
    }
}

fn is_beat(frame: &SentFrame) -> bool {
    frame.first == 0x81 && frame.payload_len == BEAT_LEN
}

/// Invariant 9, first half: after `handle_timeout(t)`, the next deadline is later than `t`.
///
/// # Panics
///
/// If it isn't.
pub fn deadlines_lie_ahead(trace: &Trace) {
    for step in trace.steps.iter().filter(|step| step.did == Did::Timeout) {
        assert!(step.timeout.is_none_or(|deadline| deadline > step.now), "{step:?}");
    }
}

/// Invariant 9, second half: time that goes backwards, at any moment, changes nothing of what comes.
///
/// # Panics
///
/// If it does.
pub fn backward_time_changes_nothing(scenario: &Scenario) {
    let mut disturbed = scenario.clone();
    disturbed.ops = scenario.ops.iter().flat_map(|op| [Op::Backwards, op.clone()]).collect();
    let (trace, mut disturbed) = (run(scenario), run(&disturbed));
    // One step for the beginning, and then two for each call, of which the first is the disturbance.
    let is_disturbance = |index: usize| index % 2 == 1 && index < 2 * scenario.ops.len();
    let mut index = 0;
    disturbed.steps.retain(|_| {
        index += 1;
        !is_disturbance(index - 1)
    });
    assert_eq!(disturbed.steps.len(), trace.steps.len());
    for (disturbed, step) in disturbed.steps.into_iter().zip(&trace.steps) {
        // How it looks inside may differ by a buffer that is kept or not.
        assert_eq!(Step { did: step.did.clone(), ..disturbed }, *step);
    }
    assert_eq!((disturbed.wire, disturbed.accepted), (trace.wire, trace.accepted));
}

/// At most 16 pongs wait, however many pings came.
///
/// # Panics
///
/// If more do.
pub fn few_pongs_wait(trace: &Trace) {
    let sent = frames(trace, &trace.wire);
    for step in &trace.steps {
        let Some(waiting) = step.waiting.as_ref().filter(|waiting| !waiting.is_empty()) else {
            continue;
        };
        // From the frame on of which the transport has a part.
        let is_over = |frame: &&SentFrame| frame.end() <= step.wire_len;
        let over = sent.iter().take_while(is_over).last().map_or(0, SentFrame::end);
        let wire = [&trace.wire[over..step.wire_len], waiting].concat();
        let start = if over > 0 { Some(0) } else { frames_start(trace, &wire) };
        let Some(start) = start else { continue };
        let waiting = sent_frames(&wire, start, trace.scenario.role);
        let pongs = waiting.iter().filter(|frame| frame.opcode() == 0xA).count();
        assert!(pongs <= 16, "{pongs} pongs wait");
    }
}

/// Invariant 4: the same seed and the same calls give the same events and the same bytes.
///
/// # Panics
///
/// If they don't.
pub fn same_calls_same_bytes(scenario: &Scenario, trace: &Trace) {
    let again = run(scenario);
    assert_eq!(again.wire, trace.wire, "other bytes");
    assert!(again == *trace, "other events or levels");
}
