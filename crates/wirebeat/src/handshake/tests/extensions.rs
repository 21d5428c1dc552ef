//! Extensions of the application's own, and the grammar of all of them (RFC 6455 §9.1).

use alloc::format;

use super::*;
use crate::extension::{Extension, ExtensionError};

const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate, x-mine; level=3, x-other";

fn mine() -> Extension {
    Extension::new("x-mine").unwrap().parameter("level", Some("3")).unwrap()
}

fn offering() -> ClientHandshake {
    let request = example().extension(mine()).unwrap();
    let request = request.extension(Extension::new("x-other").unwrap()).unwrap();
    ClientHandshake::new(request, None, NONCE, HeadLimits::default())
}

/// What the client makes of an answer that says this of extensions.
fn offering_answered(lines: &[&str]) -> ClientOutcome {
    let answer = lines.iter().fold(String::from(ANSWER), |answer, line| and(&answer, line));
    offering().receive(answer.as_bytes()).1.unwrap()
}

#[test]
fn an_extension_of_the_applications_own_is_offered_and_answered() {
    let request = String::from_utf8(offering().request_bytes()).unwrap();
    assert!(request.contains("\r\nSec-WebSocket-Extensions: x-mine; level=3, x-other\r\n"));

    for lines in [
        &["Sec-WebSocket-Extensions: x-mine; level=\"4\""][..],
        &["Sec-WebSocket-Extensions: x-other,x-mine"],
        &["Sec-WebSocket-Extensions: x-other", "sec-websocket-extensions: x-mine"],
        &[],
        &["Sec-WebSocket-Extensions:"],
    ] {
        let ClientOutcome::Open(accepted) = offering_answered(lines) else {
            panic!("refused: {lines:?}");
        };
        let has_mine = accepted.extensions().any(|extension| extension.name() == "x-mine");
        assert_eq!(has_mine, lines.concat().contains("x-mine"));
    }
    let repeated = example().extension(mine()).unwrap().extension(mine());
    assert_eq!(repeated, Err(RequestError::Extension(ExtensionError::Repeated)));
}

#[test]
fn an_answer_that_names_what_was_not_offered_fails_the_handshake() {
    for (value, error) in [
        ("x-third", HandshakeError::ExtensionUnoffered),
        ("X-Mine", HandshakeError::ExtensionUnoffered),
        ("permessage-deflate", HandshakeError::ExtensionUnoffered),
        ("x-mine, x-mine; level=3", HandshakeError::ExtensionRepeated),
        ("x-mine;;", HandshakeError::ExtensionsMalformed),
        ("x-mine; level=\"", HandshakeError::ExtensionsMalformed),
    ] {
        let line = format!("Sec-WebSocket-Extensions: {value}");
        assert_eq!(offering_answered(&[&line]), ClientOutcome::Failed(error), "{value}");
    }
}

#[test]
fn a_server_sees_the_offers_and_uses_what_was_offered() {
    let mut server = server();
    let request = request_with(&mut server, &and(REQUEST, OFFER));
    let names: Vec<_> = request.extensions().map(|extension| extension.name()).collect();
    assert_eq!(names, ["permessage-deflate", "x-mine", "x-other"]);
    let acceptance = Acceptance::new().extension(mine()).unwrap();
    let Consent { response, .. } = server.accept(&acceptance).unwrap();
    let response = String::from_utf8(response).unwrap();
    assert!(response.contains("\r\nSec-WebSocket-Extensions: x-mine; level=3\r\n"), "{response}");

    let unoffered = Acceptance::new().extension(Extension::new("x-third").unwrap()).unwrap();
    let accepted = server.accept(&unoffered).map(|_| ());
    assert_eq!(accepted, Err(AcceptError::ExtensionUnoffered));
    let repeated = acceptance.extension(mine());
    assert_eq!(repeated, Err(ResponseError::Extension(ExtensionError::Repeated)));
}

fn request_with(server: &mut ServerHandshake, request: &str) -> IncomingRequest {
    match server.receive(request.as_bytes()).1 {
        Some(ServerOutcome::Request(request)) => request,
        other => panic!("no request: {other:?}"),
    }
}

#[test]
fn malformed_offers_are_refused_with_400() {
    for value in ["a;", "a b", "a;b=\"", "(", "a;;b"] {
        let request = and(REQUEST, &format!("Sec-WebSocket-Extensions: {value}"));
        let refusal = refusal(&request);
        assert_eq!((refusal, refusal.status()), (RequestRefusal::ExtensionsMalformed, 400));
    }
}
