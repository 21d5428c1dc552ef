//! Where a run of ours differs from what is right.

use serde_json::{Map, Value};

use super::frames;
use super::run::Outcome;
use super::scenario::Scenario;

/// A step of a page: what it saw or did, and how everything stood.
pub(super) type Step = Map<String, Value>;

/// Compares a run with its scenario. Returns a line for each difference.
pub(super) fn differences(scenario: &Scenario, outcome: &Outcome) -> Vec<String> {
    let mut found = steps(scenario, &outcome.steps);
    found.extend(outcome.surprises.iter().cloned());
    found.extend(frames::request(scenario, outcome.request.as_deref()));
    found.extend(frames::frames(scenario, &outcome.frames));
    found
}

fn steps(scenario: &Scenario, ours: &[Step]) -> Vec<String> {
    let golden = &scenario.golden.steps;
    let mut amounts = Amounts::new(scenario.golden.exact_buffered_amount);
    let mut found = Vec::new();
    let (mut at, mut at_golden) = (0, 0);
    while at < ours.len() || at_golden < golden.len() {
        match (ours.get(at), golden.get(at_golden)) {
            (Some(our), Some(expected)) if is_same_kind(our, expected) => {
                let fields = fields(our, expected, &mut amounts);
                found.extend(fields.iter().map(|field| format!("{}: {field}", name(expected))));
                (at, at_golden) = (at + 1, at_golden + 1);
            }
            // Snapshots stand between other steps: one that's there or missing shifts nothing.
            (Some(our), expected) if our.contains_key("snap") || expected.is_none() => {
                found.push(format!("only ours: {}", show(our)));
                at += 1;
            }
            (Some(_), Some(expected)) if expected.contains_key("snap") => {
                found.push(format!("missing: {}", show(expected)));
                at_golden += 1;
            }
            (Some(our), Some(expected)) => {
                found.push(format!("{} instead of {}", show(our), show(expected)));
                return found;
            }
            (None, Some(expected)) => {
                found.push(format!("missing: {}", show(expected)));
                at_golden += 1;
            }
            (Some(_), None) | (None, None) => unreachable!("one of them has a step left"),
        }
    }
    found
}

const KINDS: [&str; 4] = ["ev", "call", "snap", "inv"];

fn is_same_kind(our: &Step, expected: &Step) -> bool {
    KINDS.iter().all(|kind| our.get(*kind) == expected.get(*kind))
}

fn name(step: &Step) -> String {
    KINDS
        .iter()
        .find_map(|kind| Some(format!("{kind} {}", step.get(*kind)?.as_str()?)))
        .unwrap_or_default()
}

fn show(step: &Step) -> String {
    Value::Object(step.clone()).to_string()
}

/// Compares what two steps of one kind say.
fn fields(our: &Step, expected: &Step, amounts: &mut Amounts) -> Vec<String> {
    let mut found = amounts.compare(our, expected);
    for (field, value) in expected.iter().filter(|(field, _)| *field != "ba") {
        let ours = our.get(field).unwrap_or(&Value::Null);
        if !is_same(ours, value) {
            found.push(format!("{field} is {ours} instead of {value}"));
        }
    }
    found.extend(
        our.keys()
            .filter(|field| !expected.contains_key(*field))
            .map(|field| format!("{field} is ours alone")),
    );
    found
}

/// Compares values; long texts are cut off in the recording, behind a `…`.
fn is_same(ours: &Value, expected: &Value) -> bool {
    match (ours, expected) {
        (Value::Array(ours), Value::Array(expected)) => {
            ours.len() == expected.len()
                && ours.iter().zip(expected).all(|(ours, expected)| is_same(ours, expected))
        }
        (Value::String(ours), Value::String(expected)) => match expected.split_once('…') {
            Some((start, "")) => ours.starts_with(start),
            Some((start, len)) => {
                ours.starts_with(start) && len == format!("({})", ours.encode_utf16().count())
            }
            None => ours == expected,
        },
        (Value::Number(ours), Value::Number(expected)) => ours.as_f64() == expected.as_f64(),
        (ours, expected) => ours == expected,
    }
}

/// Compares `bufferedAmount` along a run.
///
/// Where it isn't exact, it depends on how much the sockets hold from the first time on that it
/// falls. Even then it never falls once the connection is closed, and grows by what is sent.
struct Amounts {
    is_exact: bool,
    has_fallen: bool,
    /// The last pair, ours and the recorded, and whether it was seen in CLOSED.
    last: Option<(u64, u64, bool)>,
}

impl Amounts {
    fn new(is_exact: bool) -> Amounts {
        Amounts { is_exact, has_fallen: false, last: None }
    }

    fn compare(&mut self, our: &Step, expected: &Step) -> Vec<String> {
        let amount = |step: &Step| step.get("ba").and_then(Value::as_u64);
        let (Some(ours), Some(theirs)) = (amount(our), amount(expected)) else {
            return if our.get("ba") == expected.get("ba") {
                Vec::new()
            } else {
                vec!["ba is in one alone".to_owned()]
            };
        };
        let is_closed = our.get("rs").and_then(Value::as_u64) == Some(3);
        let last = self.last.replace((ours, theirs, is_closed));
        self.has_fallen |= last.is_some_and(|(_, last, _)| theirs < last);
        let is_right = match last {
            _ if self.is_exact || !self.has_fallen => ours == theirs,
            Some((our_last, last, true)) if is_closed => {
                ours.checked_sub(our_last) == theirs.checked_sub(last)
            }
            Some((our_last, ..)) if is_closed => theirs == 0 || ours == our_last,
            Some(_) | None => true,
        };
        if is_right { Vec::new() } else { vec![format!("ba is {ours} instead of {theirs}")] }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Known, Verdict, run, scenario::Traces};
    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("traces")
    }

    /// Something else than the value.
    fn other_than(value: &Value) -> Value {
        match value {
            Value::Null => Value::from("SyntaxError"),
            Value::Bool(bool) => Value::from(!bool),
            Value::Number(number) => Value::from(number.as_i64().unwrap_or_default() + 1),
            Value::String(string) => Value::from(format!("x{string}")),
            Value::Array(array) => {
                let mut longer = array.clone();
                longer.push(Value::Null);
                Value::from(longer)
            }
            Value::Object(_) => Value::Null,
        }
    }

    #[test]
    fn whatever_is_changed_in_a_golden_run_that_agrees_is_a_difference() {
        let known = Known::read(&folder().join("known.json")).unwrap();
        let mut traces = Traces::read(&folder().join("traces.json")).unwrap();
        let mut changes = 0;
        for (name, scenario) in &mut traces.scenarios {
            let outcome = run::run(name, scenario);
            if known.judge(name, differences(scenario, &outcome)) != Verdict::Agrees {
                continue;
            }
            for at in 0..scenario.golden.steps.len() {
                let step = scenario.golden.steps[at].clone();
                for (field, value) in &step {
                    if field == "ba" && !scenario.golden.exact_buffered_amount {
                        continue;
                    }
                    scenario.golden.steps[at].insert(field.clone(), other_than(value));
                    let found = differences(scenario, &outcome);
                    assert!(!found.is_empty(), "{name}, step {at}: {field}");
                    changes += 1;
                    scenario.golden.steps[at] = step.clone();
                }
                let removed = scenario.golden.steps.remove(at);
                assert!(!differences(scenario, &outcome).is_empty(), "{name}, step {at} is gone");
                scenario.golden.steps.insert(at, removed);
            }
            let close = &mut scenario.golden.client_close_code_on_wire;
            close.sent = !close.sent;
            assert!(!differences(scenario, &outcome).is_empty(), "{name}: no Close, or one");
        }
        assert!(changes > 1000, "{changes}");
    }
}
