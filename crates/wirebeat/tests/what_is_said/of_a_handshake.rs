//! What is wrong with a request or an answer (RFC 6455 §4).

use wirebeat::handshake::{
    AcceptError, HandshakeError, HeaderError, Malformed, OriginError, Request, RequestError,
    RequestRefusal, ResponseError,
};
use wirebeat::{Config, Connection, Event, Input, Seed, Timestamp};

use super::assert_said;

/// To a person who sees only a status.
#[test]
fn a_refusal_says_what_can_be_done_about_it() {
    for (status, advice) in [
        (200, None),
        (302, Some("redirects aren't followed, so use the URL that it names in Location")),
        (401, Some("it wants credentials, as an Authorization header")),
        (403, Some("it doesn't allow this client; check credentials and Origin")),
        (404, Some("check the URL's path")),
        (426, Some("it wants another version of the protocol")),
        (451, Some("check the URL and the headers")),
        (429, Some("there were too many requests; wait before the next")),
        (503, Some("the server has a problem; try again later")),
    ] {
        let request = Request::new("example.com", None, "/").expect("it's valid");
        let (config, seed) = (Config::default(), Seed::new([7; 32]));
        let mut client = Connection::client(request, &config, &seed, Timestamp::ZERO);
        let mut answer = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n").into_bytes();
        let event = client.receive(Timestamp::ZERO, &mut Input::new(&mut answer));
        let Some(Event::Rejected(response)) = event else { panic!("{status} opens nothing") };
        assert_eq!(response.advice(), advice, "{status}");
    }
}

#[test]
fn an_answer_that_opens_nothing_says_why() {
    use HandshakeError as E;
    assert_said([
        (E::Malformed(Malformed::Header), "the answer isn't HTTP: a header is malformed"),
        (E::HeadTooLarge, "the answer's head is too large"),
        (E::TooManyHeaders, "the answer has too many headers"),
        (E::TooManyInterim, "too many interim answers"),
        (E::HttpVersion, "the answer isn't HTTP/1.1"),
        (E::Status(302), "the server answered 302, not 101"),
        (E::UpgradeMissing, "the answer has no Upgrade"),
        (E::UpgradeWrong, "the answer's Upgrade isn't websocket"),
        (E::ConnectionMissing, "the answer's Connection doesn't list Upgrade"),
        (E::AcceptMissing, "the answer has no Sec-WebSocket-Accept"),
        (E::AcceptRepeated, "the answer has more than one Sec-WebSocket-Accept"),
        (E::AcceptWrong, "the answer's Sec-WebSocket-Accept doesn't belong to the key"),
        (E::ExtensionUnoffered, "the server uses an extension that wasn't offered"),
        (E::SubprotocolUnoffered, "the server chose a subprotocol that wasn't offered"),
        (E::SubprotocolMissing, "the server chose no subprotocol"),
        (E::SubprotocolRepeated, "the server chose more than one subprotocol"),
    ]);
}

/// The client reads this as the body of the answer, too.
#[test]
fn a_request_that_is_refused_is_told_why() {
    use RequestRefusal as R;
    assert_said([
        (R::Malformed(Malformed::StartLine), "the request isn't HTTP: the first line is malformed"),
        (R::HeadTooLarge, "the request's head is too large"),
        (R::TooManyHeaders, "the request has too many headers"),
        (R::HttpVersion, "the request isn't HTTP/1.1"),
        (R::TargetInvalid, "the request's target is invalid"),
        (R::HostMissing, "the request has no Host"),
        (R::HostRepeated, "the request has more than one Host"),
        (R::HostInvalid, "the request's Host is invalid"),
        (R::Body, "the request has a body"),
        (R::Method, "an upgrade must be asked for with GET"),
        (R::ConnectionMissing, "the request's Connection doesn't list Upgrade"),
        (R::WebSocketVersion, "the request's Sec-WebSocket-Version isn't 13"),
        (R::WebSocketVersionRepeated, "the request has more than one Sec-WebSocket-Version"),
        (R::KeyMissing, "the request has no Sec-WebSocket-Key"),
        (R::KeyRepeated, "the request has more than one Sec-WebSocket-Key"),
        (R::KeyInvalid, "the request's Sec-WebSocket-Key isn't 16 bytes in base64"),
        (R::SubprotocolInvalid, "an offered subprotocol isn't a token"),
        (R::SubprotocolRepeated, "a subprotocol is offered twice"),
        (R::TooManySubprotocols, "too many subprotocols are offered"),
        (R::OriginRepeated, "the request has more than one Origin"),
        (R::DataBeforeAnswer, "too much was sent before the answer"),
        (R::OriginRefused, "connections from this origin aren't allowed"),
    ]);
}

/// RFC 9112 §2.1, §2.2, §5; RFC 9110 §5.5.
#[test]
fn what_is_no_http_says_how_it_breaks_the_grammar() {
    assert_said([
        (Malformed::StartLine, "the first line is malformed"),
        (Malformed::LineEnd, "a line ends in a bare CR or LF"),
        (Malformed::ControlByte, "there is a control byte in it"),
        (Malformed::Header, "a header is malformed"),
    ]);
}

#[test]
fn what_an_application_cannot_ask_for_says_what_is_wrong_with_it() {
    assert_said([
        (RequestError::HostInvalid, "the host is invalid"),
        (RequestError::TargetInvalid, "the target isn't an encoded path with a query"),
        (RequestError::SubprotocolInvalid, "the subprotocol isn't a token"),
        (RequestError::SubprotocolRepeated, "the subprotocol is offered twice"),
        (RequestError::OriginInvalid, "the origin is invalid"),
        (RequestError::Header(HeaderError::Reserved), "the handshake sets this header itself"),
    ]);
    assert_said([
        (HeaderError::NameInvalid, "the header's name isn't a token"),
        (HeaderError::ValueInvalid, "the header's value can't stand in a header line"),
        (HeaderError::Reserved, "the handshake sets this header itself"),
    ]);
    assert_said([(OriginError, "an origin is null, scheme://host or scheme://host:port")]);
}

#[test]
fn what_an_application_cannot_answer_says_why() {
    assert_said([
        (ResponseError::StatusInvalid, "the status isn't from 200 to 599"),
        (
            ResponseError::Header(HeaderError::ValueInvalid),
            "the header's value can't stand in a header line",
        ),
    ]);
    assert_said([
        (AcceptError::Gone, "no request waits for an answer"),
        (AcceptError::NotAnUpgrade, "the request doesn't ask for an upgrade"),
        (
            AcceptError::SubprotocolUnoffered,
            "the client didn't offer the subprotocol that was chosen",
        ),
        (
            AcceptError::ExtensionUnoffered,
            "the client didn't offer an extension that was to be used",
        ),
    ]);
    let statuses = [
        (AcceptError::Gone, None),
        (AcceptError::NotAnUpgrade, Some(426)),
        (AcceptError::SubprotocolUnoffered, Some(500)),
        (AcceptError::ExtensionUnoffered, Some(500)),
    ];
    for (error, status) in statuses {
        assert_eq!(error.response().map(|response| response.status()), status, "{error}");
    }
}

/// An error names what it breaks, so that whoever answers for the peer can look it up.
#[test]
fn every_error_names_its_section() {
    use HandshakeError as E;
    for (error, section) in [
        (E::Malformed(Malformed::StartLine), "RFC 9112 §2.1"),
        (E::Malformed(Malformed::LineEnd), "RFC 9112 §2.2"),
        (E::Malformed(Malformed::ControlByte), "RFC 9110 §5.5"),
        (E::Malformed(Malformed::Header), "RFC 9112 §5"),
        (E::HeadTooLarge, "§10.4"),
        (E::TooManyHeaders, "§10.4"),
        (E::TooManyInterim, "RFC 9110 §15.2"),
        (E::HttpVersion, "RFC 9110 §7.8"),
        (E::Status(404), "§4.1, response item 1"),
        (E::UpgradeMissing, "§4.1, response item 2"),
        (E::UpgradeWrong, "§4.1, response item 2"),
        (E::ConnectionMissing, "§4.1, response item 3"),
        (E::AcceptMissing, "§4.1, response item 4"),
        (E::AcceptWrong, "§4.1, response item 4"),
        (E::AcceptRepeated, "§11.3.3"),
        (E::ExtensionUnoffered, "§4.1, response item 5"),
        (E::SubprotocolUnoffered, "§4.1, response item 6"),
        (E::SubprotocolMissing, "Fetch, WebSocket protocol alterations"),
        (E::SubprotocolRepeated, "§11.3.4"),
    ] {
        assert_eq!(error.section(), section, "{error}");
    }
    use RequestRefusal as R;
    for (refusal, section) in [
        (R::Malformed(Malformed::Header), "RFC 9112 §5"),
        (R::HeadTooLarge, "§10.4"),
        (R::TooManyHeaders, "§10.4"),
        (R::TooManySubprotocols, "§10.4"),
        (R::HttpVersion, "§4.2.1, item 1"),
        (R::Method, "§4.2.1, item 1"),
        (R::TargetInvalid, "RFC 9112 §3.2"),
        (R::HostMissing, "§4.2.1, item 2"),
        (R::HostRepeated, "RFC 9112 §3.2"),
        (R::HostInvalid, "RFC 9112 §3.2"),
        (R::Body, "RFC 9112 §6"),
        (R::ConnectionMissing, "§4.2.1, item 4"),
        (R::KeyMissing, "§4.2.1, item 5"),
        (R::KeyInvalid, "§4.2.1, item 5"),
        (R::KeyRepeated, "§11.3.1"),
        (R::WebSocketVersion, "§4.4"),
        (R::WebSocketVersionRepeated, "§11.3.5"),
        (R::SubprotocolInvalid, "§4.1, request item 10"),
        (R::SubprotocolRepeated, "§4.1, request item 10"),
        (R::OriginRepeated, "RFC 6454 §7.3"),
        (R::DataBeforeAnswer, "§4.1"),
        (R::OriginRefused, "§10.2"),
    ] {
        assert_eq!(refusal.section(), section, "{refusal}");
    }
}
