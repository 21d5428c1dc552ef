use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use wirebeat_std::{Accepted, Closed, Event, Message, Side};

use crate::failure::Failure;
use crate::show::time_in_utc;

/// A line of the output, as `wirebeat connect --help` describes it.
#[derive(Debug, Serialize)]
struct Line<'l> {
    time: String,
    #[serde(flatten)]
    what: What<'l>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum What<'l> {
    Open {
        url: &'l str,
        subprotocol: Option<&'l str>,
        headers: Vec<(&'l str, String)>,
    },
    Message {
        kind: String,
        len: usize,
        #[serde(flatten)]
        content: Content<'l>,
    },
    Ping {
        len: usize,
        base64: String,
    },
    Pong {
        len: usize,
        base64: String,
        latency_ms: Option<f64>,
    },
    Closing {
        code: Option<u16>,
        reason: &'l str,
    },
    Closed {
        code: u16,
        reason: &'l str,
        was_clean: bool,
        by: &'static str,
        cause: String,
        messages_lost: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_in_ms: Option<f64>,
    },
    Failed {
        error: String,
        exit_code: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_in_ms: Option<f64>,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Content<'l> {
    Text(&'l str),
    Base64(String),
}

pub(crate) fn open(url: &str, accepted: Option<&Accepted>) -> String {
    let subprotocol = accepted.and_then(Accepted::subprotocol).map(|name| &**name);
    let headers = accepted.map(|accepted| {
        let pairs = accepted.headers().iter();
        pairs.map(|(name, value)| (name, String::from_utf8_lossy(value).into_owned())).collect()
    });
    line(What::Open { url, subprotocol, headers: headers.unwrap_or_default() })
}

/// What is written of an event, if anything.
pub(crate) fn event(event: &Event<'_>) -> Option<String> {
    Some(line(match event {
        Event::Message(message) => What::Message {
            kind: message.kind().to_string(),
            len: message.len(),
            content: content(message),
        },
        Event::Ping(payload) => What::Ping { len: payload.len(), base64: STANDARD.encode(payload) },
        Event::Pong { payload, latency } => What::Pong {
            len: payload.len(),
            base64: STANDARD.encode(payload),
            latency_ms: latency.map(millis),
        },
        Event::Closing(frame) => What::Closing {
            code: frame.as_ref().map(|frame| frame.code().get()),
            reason: frame.as_ref().map_or("", |frame| frame.reason()),
        },
        _ => return None,
    }))
}

/// A connection is over. `retry_in` is how long it is until the next attempt, if one follows.
pub(crate) fn closed(closed: &Closed, retry_in: Option<Duration>) -> String {
    line(What::Closed {
        code: closed.code.get(),
        reason: &closed.reason,
        was_clean: closed.was_clean,
        by: match closed.cause.side() {
            Side::Local => "us",
            Side::Peer => "server",
            Side::Transport => "transport",
        },
        cause: closed.cause.to_string(),
        messages_lost: closed.messages_lost,
        retry_in_ms: retry_in.map(millis),
    })
}

pub(crate) fn failed(failure: &Failure, retry_in: Option<Duration>) -> String {
    line(What::Failed {
        error: failure.to_string(),
        exit_code: failure.exit_code(),
        retry_in_ms: retry_in.map(millis),
    })
}

fn line(what: What<'_>) -> String {
    let line = Line { time: time_in_utc(), what };
    // Only maps whose keys aren't strings, and numbers that aren't, fail: there are none.
    serde_json::to_string(&line).unwrap_or_default()
}

fn content<'m>(message: &'m Message<'_>) -> Content<'m> {
    match message.as_text() {
        Some(text) => Content::Text(text),
        None => Content::Base64(STANDARD.encode(message.as_bytes())),
    }
}

/// Milliseconds, to the microsecond.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
