use std::time::Duration;

use owo_colors::{AnsiColors, OwoColorize};
use wirebeat_std::{Accepted, Closed, Event, Message};

use super::ending;
use crate::show::{bytes, harmless, hex, short, time_of_day};

/// How much of a text message is shown.
const TEXT_LEN_MAX: usize = 64 * 1024;

/// How much of a binary message, or of a ping, is shown.
const BINARY_LEN_MAX: usize = 32;

/// Where a message's further lines begin: under its first.
const NEWLINE: &str = "\n               ";

/// What is told of an event, if anything.
pub(crate) fn event(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::Message(message) => {
            let size = format!("{} {}", message.kind(), bytes(message.len() as u64));
            let content = content(message);
            line("←", AnsiColors::Green, format!("{}  {content}", size.dimmed()))
        }
        Event::Ping(payload) => {
            let what = format!("ping {}", bytes(payload.len() as u64));
            line("←", AnsiColors::Magenta, with_payload(what, payload).dimmed())
        }
        Event::Pong { payload, latency: Some(latency) } => {
            let what = format!("pong {}", bytes(payload.len() as u64));
            line("♥", AnsiColors::Magenta, format!("{what}, latency {}", short(*latency)).dimmed())
        }
        Event::Pong { payload, latency: None } => {
            let what = format!("pong {}", bytes(payload.len() as u64));
            line("←", AnsiColors::Magenta, with_payload(what, payload).dimmed())
        }
        _ => return None,
    })
}

/// A line about the connection.
pub(crate) fn note(what: &str) -> String {
    line("·", AnsiColors::Default, what)
}

pub(crate) fn open(url: &str, accepted: Option<&Accepted>) -> String {
    match accepted.and_then(Accepted::subprotocol) {
        Some(name) => format!("connected to {url}, subprotocol {name}"),
        None => format!("connected to {url}"),
    }
}

pub(crate) fn closed(closed: &Closed) -> String {
    format!("closed: {}, {}", ending::said(closed), closed.cause)
}

/// When the next attempt to connect begins.
pub(crate) fn retry(retry_in: Duration) -> String {
    format!("the next attempt begins in {}", short(retry_in))
}

fn line(sign: &str, color: AnsiColors, what: impl std::fmt::Display) -> String {
    format!("{} {} {what}", time_of_day().dimmed(), sign.color(color))
}

fn content(message: &Message<'_>) -> String {
    let Some(text) = message.as_text() else {
        return hex(message.as_bytes(), BINARY_LEN_MAX);
    };
    let end = text.floor_char_boundary(TEXT_LEN_MAX);
    let mut content = harmless(&text[..end], NEWLINE);
    if end < text.len() {
        let rest = bytes((text.len() - end) as u64);
        content.push_str(&format!("… ({rest} more; --json or a pipe gives all of it)"));
    }
    content
}

/// A ping's payload is bytes, but mostly those of a text.
fn with_payload(what: String, payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok("") => what,
        Ok(text) if !text.contains(char::is_control) => format!("{what}  {}", harmless(text, " ")),
        Ok(_) | Err(_) => format!("{what}  {}", hex(payload, BINARY_LEN_MAX)),
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    /// What is told, without colours and time.
    fn told(event: &Event<'_>) -> String {
        let line = strip_str(&super::event(event).unwrap()).to_string();
        line["12:34:56.789 ".len()..].to_owned()
    }

    #[test]
    fn a_message_is_told_with_kind_and_size() {
        let text = Event::Message(Message::from("hello\nworld\u{1b}[2J"));
        assert_eq!(told(&text), format!("← text 15 B  hello{NEWLINE}world\\u{{1b}}[2J"));
        let binary = Event::Message(Message::from(vec![0xab; 33]));
        assert_eq!(told(&binary), format!("← binary 33 B  {}…", "ab ".repeat(32)));
    }

    #[test]
    fn a_text_that_is_too_long_for_a_terminal_is_cut_between_characters() {
        let long = Event::Message(Message::from("é".repeat(TEXT_LEN_MAX / 2) + "éé"));
        let told = told(&long);
        assert!(told.contains("é… (4 B more; --json or a pipe gives all of it)"), "{told}");
        let whole = Event::Message(Message::from("é".repeat(TEXT_LEN_MAX / 2)));
        assert!(!super::tests::told(&whole).contains('…'));
    }

    #[test]
    fn pings_and_pongs_are_told_with_what_they_carry() {
        let latency = Some(std::time::Duration::from_micros(1500));
        for (event, expected) in [
            (Event::Ping(b"beat"[..].into()), "← ping 4 B  beat"),
            (Event::Ping(b""[..].into()), "← ping 0 B"),
            (Event::Ping(b"\0\x01"[..].into()), "← ping 2 B  00 01"),
            (Event::Pong { payload: b"\xff\x00"[..].into(), latency: None }, "← pong 2 B  ff 00"),
            (Event::Pong { payload: b"1"[..].into(), latency }, "♥ pong 1 B, latency 1.50 ms"),
        ] {
            assert_eq!(told(&event), expected);
        }
        assert!(super::event(&Event::Closing(None)).is_none(), "the end is told once");
    }
}
