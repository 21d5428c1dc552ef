//! What the browser's object throws (WHATWG WebSockets §3.1), and what isn't a URL.

use std::error::Error;

use wirebeat::handshake::RequestError;
use wirebeat::session::{Target, TargetError};
use wirebeat::websocket::{
    CloseArgumentError, ConstructError, SendError, SendErrorReason, WebSocket,
};
use wirebeat::{Message, Seed, Timestamp};

use super::assert_said;

fn refused(url: &str, protocols: &[&str]) -> ConstructError {
    let socket = WebSocket::new(url, protocols, Seed::new([7; 32]), Timestamp::ZERO);
    socket.expect_err("it's refused")
}

#[test]
fn a_constructor_that_throws_says_what_is_wrong() {
    assert_said([
        (refused("ws://", &[]), "the URL is invalid: empty host"),
        (refused("ftp://h/", &[]), "the URL's scheme is \"ftp\", not ws, wss, http or https"),
        (refused("ws://h/#", &[]), "the URL has a fragment"),
        (refused("ws://h/", &["a b"]), "the subprotocol \"a b\" isn't a token"),
        (refused("ws://h/", &["a", "a"]), "the subprotocol \"a\" occurs more than once"),
        (ConstructError::Request(RequestError::OriginInvalid), "the origin is invalid"),
    ]);
}

/// An error that has another for its reason hands it on; the others have none.
#[test]
fn a_constructor_that_throws_names_the_error_behind() {
    let source = |error: &ConstructError| error.source().map(ToString::to_string);
    assert_eq!(source(&refused("ws://", &[])).as_deref(), Some("empty host"));
    let request = ConstructError::Request(RequestError::OriginInvalid);
    assert_eq!(source(&request).as_deref(), Some("the origin is invalid"));
    for error in [
        refused("ftp://h/", &[]),
        refused("ws://h/#", &[]),
        refused("ws://h/", &["a b"]),
        refused("ws://h/", &["a", "a"]),
    ] {
        assert_eq!(source(&error), None, "{error}");
    }
}

#[test]
fn a_close_that_throws_says_which_argument_is_wrong() {
    for (error, text, name) in [
        (
            CloseArgumentError::Code(1001),
            "close code 1001 is neither 1000 nor from 3000 to 4999",
            "InvalidAccessError",
        ),
        (
            CloseArgumentError::ReasonTooLong(124),
            "a close reason of 124 bytes; at most 123 fit",
            "SyntaxError",
        ),
    ] {
        assert_eq!((error.to_string().as_str(), error.exception_name()), (text, name));
    }
}

#[test]
fn a_send_that_throws_says_why() {
    for (reason, text, name) in [
        (SendErrorReason::Connecting, "the connection isn't open yet", Some("InvalidStateError")),
        (SendErrorReason::Full, "too much waits to be sent", None),
    ] {
        let error = SendError { reason, unsent: Message::from("x") };
        assert_eq!((error.to_string().as_str(), reason.exception_name()), (text, name));
    }
}

/// RFC 6455 §3.
#[test]
fn a_url_that_names_no_target_says_why() {
    for (url, text) in [
        ("h", "not a URL: relative URL without a base"),
        ("ftp://h/", "the URL's scheme isn't ws, wss, http or https"),
        ("ws://h/#x", "the URL has a fragment"),
        ("ws://a`b/", "the host is invalid"),
    ] {
        let error = url.parse::<Target>().expect_err("it's refused");
        assert_eq!((error.to_string().as_str(), Target::parse(url)), (text, Err(error)));
    }
    let Err(TargetError::Syntax(error)) = Target::parse("h") else { panic!("it's no URL") };
    assert_eq!(format!("{error:?}"), "UrlSyntaxError(\"relative URL without a base\")");
}
