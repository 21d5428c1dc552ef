use serde_json::{Value, json};
use wirebeat::Kind;

use super::entry::{Entry, What};

/// An entry as an object for a line of JSON, with the host's name.
///
/// `at` is in nanoseconds, and so are all lengths of time.
///
/// ```
/// use core::time::Duration;
/// use wirebeat_sim::{Client, Echo, Link, Server, Sim, Talk, trace};
///
/// let mut sim = Sim::new(7);
/// sim.keep_trace();
/// let server = sim.add_host("server", Link::default(), Server::new(Echo));
/// sim.add_host("client", Link::default(), Client::new([server], Talk::every(Duration::from_secs(1))));
/// sim.run_for(Duration::from_secs(5));
/// let lines = sim.entries().iter().map(|entry| trace::to_json(entry, sim.name_of(entry.host)));
/// assert!(lines.into_iter().any(|line| line["what"] == "sent"));
/// ```
#[must_use]
pub fn to_json(entry: &Entry, name: &str) -> Value {
    let (what, mut fields) = match &entry.what {
        What::Started => ("started", json!({})),
        What::State(state) => ("state", json!({ "state": state.to_string() })),
        What::Dialing(attempt, to) => ("dialing", json!({ "attempt": attempt, "to": to.number() })),
        What::DialFailed(why) => ("dial-failed", json!({ "why": why.to_string() })),
        What::Rejected(status) => ("rejected", json!({ "status": status })),
        What::Accepted => ("accepted", json!({})),
        What::Sent(kind, len) => ("sent", message(*kind, *len)),
        What::Refused(kind, len) => ("refused", message(*kind, *len)),
        What::Received(kind, len) => ("received", message(*kind, *len)),
        What::Ping => ("ping", json!({})),
        What::Pong(latency) => {
            let latency = latency.map(nanos);
            ("pong", json!({ "latency": latency }))
        }
        What::Closing(code) => ("closing", json!({ "code": code })),
        What::Closed(closing) => {
            let retry_in = closing.retry_in.map(nanos);
            let (code, was_clean, cause) = (closing.code, closing.was_clean, &closing.cause);
            let fields = json!({
                "code": code, "was_clean": was_clean, "cause": cause, "retry_in": retry_in,
            });
            ("closed", fields)
        }
        What::Lost(count) => ("lost", json!({ "messages": count })),
        What::Dropped => ("dropped", json!({})),
        What::Fault(line) => ("fault", json!({ "fault": line })),
        What::Healed => ("healed", json!({})),
        What::Note(note) => ("note", json!({ "note": note })),
        What::Violation(what) => ("violation", json!({ "violation": what })),
    };
    if let Value::Object(fields) = &mut fields {
        fields.insert("at".into(), entry.at.as_nanos().into());
        fields.insert("host".into(), name.into());
        fields.insert("what".into(), what.into());
    }
    fields
}

fn message(kind: Kind, len: usize) -> Value {
    let kind = match kind {
        Kind::Text => "text",
        Kind::Binary => "binary",
    };
    json!({ "kind": kind, "len": len })
}

fn nanos(time: core::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
