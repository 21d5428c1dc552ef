//! Whether what our WebSocket puts on the wire is what the recorded client put there.

use serde_json::Value;

use super::compare::Step;
use super::scenario::{Action, ClientTrace, Scenario};
use super::wire::{self, WireFrame};
use crate::content::hex;

/// Compares the request with what the standard asks for; the recording has one for each client
/// only.
pub(super) fn request(scenario: &Scenario, request: Option<&[u8]>) -> Vec<String> {
    let Some(request) = request else {
        // Who gives up at once may have asked for nothing yet.
        let opens = |step: &Step| step.get("ev").is_some_and(|event| event == "open");
        let must_ask = scenario.golden.steps.iter().any(opens);
        return if must_ask { vec!["no request".to_owned()] } else { Vec::new() };
    };
    let protocols = scenario.protocols.join(", ");
    let mut found = Vec::new();
    if !request.starts_with(b"GET /s/") {
        found.push("the request isn't for the URL's path".to_owned());
    }
    for (name, expected) in [
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-protocol", &protocols),
    ] {
        let ours = wire::header(request, name);
        if ours != expected {
            found.push(format!("{name} of the request is {ours:?} instead of {expected:?}"));
        }
    }
    found
}

/// Compares frames. How a message is cut into frames is the sender's to choose, so whole messages
/// are compared; for the Close frame the golden code counts.
pub(super) fn frames(scenario: &Scenario, ours: &[WireFrame]) -> Vec<String> {
    let mut found = Vec::new();
    for frame in ours.iter().filter(|frame| !frame.is_masked || !frame.is_minimal()) {
        found.push(format!("a frame that isn't masked, or whose length isn't: {frame:?}"));
    }
    let close = ours.iter().position(|frame| frame.opcode == 8);
    if let Some(behind) = close.and_then(|at| ours.get(at + 1)) {
        // §5.5: a pong may follow our Close, which data may not.
        if behind.opcode != 10 {
            found.push(format!("a frame of opcode {} behind the Close", behind.opcode));
        }
    }
    let body = close.map(|at| &ours[at].payload[..]);
    let code = body.and_then(|body| body.first_chunk()).map(|code| u16::from_be_bytes(*code));
    let expected = scenario.golden.client_close_code_on_wire;
    if (body.is_some(), code) != (expected.sent, expected.code) {
        found.push(format!("Close on the wire is {body:?} instead of {expected:?}"));
    }
    found.extend(reason(scenario, body));
    let ours = messages(ours.iter().map(Part::from));
    let recorded = recording(scenario).map(|trace| trace.wire.concat()).unwrap_or_default();
    let expected = messages(recorded.iter().filter_map(|entry| entry.get("frame")).map(Part::from));
    if ours != expected {
        found.push(format!("on the wire: {ours:?} instead of {expected:?}"));
    }
    found
}

/// A reason that the page gave must be on the wire; reasons that a client makes up are its own.
fn reason(scenario: &Scenario, body: Option<&[u8]>) -> Option<String> {
    let given = scenario.client.values().flatten().find_map(|action| match action {
        Action::Close { reason: Some(Some(reason)), .. } => Some(reason),
        _ => None,
    })?;
    let ours = body.and_then(|body| body.get(2..)).unwrap_or_default();
    let recorded = recording(scenario)?.sent_close.as_ref()?.get("reason")?.as_str()?;
    let is_given = recorded == given;
    (is_given && ours != given.as_bytes())
        .then(|| format!("the Close frame's reason is {ours:?} instead of {given:?}"))
}

/// A frame, or what the recording has of one.
struct Part {
    fin: bool,
    rsv: u64,
    opcode: u64,
    len: u64,
    /// The start of the payload, in hex.
    shown: String,
}

impl From<&WireFrame> for Part {
    fn from(frame: &WireFrame) -> Part {
        let shown = &frame.payload[..frame.payload.len().min(SHOWN_LEN)];
        Part {
            fin: frame.fin,
            rsv: frame.rsv.into(),
            opcode: frame.opcode.into(),
            len: frame.payload.len() as u64,
            shown: hex(shown),
        }
    }
}

impl From<&Value> for Part {
    fn from(frame: &Value) -> Part {
        let number = |name| frame.get(name).and_then(Value::as_u64).unwrap_or_default();
        let payload = frame.get("payload").and_then(Value::as_str).unwrap_or_default();
        Part {
            fin: number("fin") == 1,
            rsv: number("rsv"),
            opcode: number("op"),
            len: number("len"),
            shown: payload.chars().take(SHOWN_LEN * 2).collect(),
        }
    }
}

/// How many bytes of a payload are compared: the recording has the start of long ones.
const SHOWN_LEN: usize = 64;

/// The messages and pongs among the frames, each as a line.
fn messages(frames: impl Iterator<Item = Part>) -> Vec<String> {
    let line = |part: &Part| {
        format!("opcode {}, rsv {}, {} B: {}", part.opcode, part.rsv, part.len, part.shown)
    };
    let mut message: Option<Part> = None;
    let mut found = Vec::new();
    for part in frames.filter(|part| part.opcode != 8) {
        if part.opcode > 8 {
            found.push(line(&part));
            continue;
        }
        let fin = part.fin;
        let whole = match message.take() {
            Some(begun) if part.opcode == 0 => {
                let shown = (begun.shown + &part.shown).chars().take(SHOWN_LEN * 2).collect();
                Part { len: begun.len + part.len, shown, ..begun }
            }
            Some(_) | None => part,
        };
        if fin {
            found.push(line(&whole));
        } else {
            message = Some(whole);
        }
    }
    found
}

/// The run that the golden one was taken from.
fn recording(scenario: &Scenario) -> Option<&ClientTrace> {
    // `chromium+error`: Chromium's run with the error event put in.
    scenario.traces.get(scenario.golden.from.split('+').next()?)
}
