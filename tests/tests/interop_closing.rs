//! The closing handshake between wirebeat and other libraries, begun by either side: both see the
//! same code and reason, and a clean end (RFC 6455 §7.1).
#![forbid(unsafe_code)]

use serde_json::{Value, json};
use wirebeat_std::{
    Cause, CloseCode, CloseFrame, Closed, Config, Event, Kind, Phase, ReadyState, Reason, Side,
};
use wirebeat_tests::content::{message, summary};
use wirebeat_tests::endpoint::{connect, serve, watch};
use wirebeat_tests::peers::{Client, Library, Server, each_client, each_server};

/// What either side may close with; a reason as long as a Close frame holds, and none.
fn codes_and_reasons() -> [(u16, String); 8] {
    let longest = "ü".repeat(61) + "!";
    assert_eq!(longest.len(), CloseFrame::REASON_LEN_MAX);
    [
        (1000, "done".into()),
        (1001, String::new()),
        (1003, "späte Grüße 💓".into()),
        (1008, longest),
        (1011, "trouble".into()),
        (1013, "later".into()),
        (3000, "registered".into()),
        (4999, "private".into()),
    ]
}

/// How a connection ends that was closed by the handshake.
fn closed_cleanly(code: u16, reason: &str, cause: Cause) -> Closed {
    let code = CloseCode::from(code);
    Closed { code, reason: reason.into(), was_clean: true, cause, messages_lost: 0 }
}

/// The cause where our application closes.
const BY_US: Cause = Cause { phase: Phase::LocalClosing, reason: Reason::ClosedByUs };
/// The cause where the peer does.
const BY_THE_PEER: Cause = Cause { phase: Phase::PeerClosing, reason: Reason::ClosedByPeer };

/// How a connection ends that our application closes so: with what the
/// peer answers.
fn closed_by_us(library: Library, code: u16, reason: &str) -> Closed {
    let (code, reason) = library.answer_to(code, reason);
    closed_cleanly(code, &reason, BY_US)
}

/// The part of a peer's `close` event that doesn't depend on which connection it was.
fn close_event(code: u16, reason: &str, initiator: &str) -> Value {
    json!({ "code": code, "reason": reason, "clean": true, "initiator": initiator })
}

fn close_of(event: &Value) -> Value {
    json!({
        "code": event["code"],
        "reason": event["reason"],
        "clean": event["clean"],
        "initiator": event["initiator"],
    })
}

fn last_close(events: &[Value]) -> Value {
    close_of(events.iter().find(|event| event["event"] == "close").expect("a close event"))
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn a_peers_server_answers_our_close_with_its_code_and_reason() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        for (code, reason) in codes_and_reasons() {
            let mut socket = connect(&server.url("/echo"), Config::default());
            let frame = CloseFrame::new(code, &*reason).unwrap();
            let closed = socket.close(Some(frame)).unwrap();
            assert_eq!(closed, closed_by_us(library, code, &reason));
            assert_eq!(socket.ready_state(), ReadyState::Closed);
            let event = server.wait_for("close").unwrap();
            assert_eq!(close_of(&event), close_event(code, &reason, "peer"));
        }
    });
}

#[test]
fn a_peers_client_answers_our_close_with_its_code_and_reason() {
    each_client(|library, transport| {
        for (code, reason) in [(1000, "done"), (4999, "späte Grüße 💓")] {
            let (url, ours) = serve(transport, Config::default(), move |mut socket| {
                socket.close(Some(CloseFrame::new(code, reason).unwrap())).unwrap()
            });
            let events = Client::start(library, &url, "wait", &[]).unwrap().finish().unwrap();
            assert_eq!(last_close(&events), close_event(code, reason, "peer"));
            assert_eq!(ours.join().unwrap(), closed_by_us(library, code, reason));
        }
    });
}

/// An answer "typically echos the status code of the received" Close (§5.5.1). Ours gives no reason.
#[test]
fn the_close_of_a_peers_server_is_told_and_answered() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        for (code, reason) in codes_and_reasons() {
            let target = format!("/close?code={code}&reason={}", percent_encoded(&reason));
            let (events, closed) = watch(&mut connect(&server.url(&target), Config::default()));
            let frame = CloseFrame::new(code, &*reason).unwrap();
            assert_eq!(events, [Event::Closing(Some(frame))]);
            assert_eq!(closed, closed_cleanly(code, &reason, BY_THE_PEER));
            assert_eq!(closed.cause.side(), Side::Peer);
            let event = server.wait_for("close").unwrap();
            assert_eq!(close_of(&event), close_event(code, "", "us"));
        }
    });
}

#[test]
fn the_close_of_a_peers_client_is_told_and_answered() {
    each_client(|library, transport| {
        for (code, reason) in [(1000, "gone"), (3000, "späte Grüße 💓")] {
            let (url, ours) = serve(transport, Config::default(), |mut socket| watch(&mut socket));
            let arguments = ["--code", &code.to_string(), "--reason", reason];
            let client = Client::start(library, &url, "close", &arguments).unwrap();
            assert_eq!(last_close(&client.finish().unwrap()), close_event(code, "", "us"));
            let (events, closed) = ours.join().unwrap();
            let frame = CloseFrame::new(code, reason).unwrap();
            assert_eq!(events, [Event::Closing(Some(frame))]);
            assert_eq!(closed, closed_cleanly(code, reason, BY_THE_PEER));
        }
    });
}

/// 1005 stands for a Close frame without a code, and is never sent (§7.4.1).
#[test]
fn a_close_without_a_code_is_1005_on_both_ends_whoever_of_us_and_a_server_sends_it() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let closed = connect(&server.url("/echo"), Config::default()).close(None).unwrap();
        assert_eq!(closed, closed_by_us(library, 1005, ""));
        assert_eq!(close_of(&server.wait_for("close").unwrap()), close_event(1005, "", "peer"));

        let none = library.code_if_none_is_given();
        let (events, closed) = watch(&mut connect(&server.url("/close"), Config::default()));
        assert_eq!(events, [closing_without_a_code(none)]);
        assert_eq!(closed, closed_cleanly(none, "", BY_THE_PEER));
        assert_eq!(close_of(&server.wait_for("close").unwrap()), close_event(none, "", "us"));
    });
}

#[test]
fn a_close_without_a_code_is_1005_on_both_ends_whoever_of_us_and_a_client_sends_it() {
    each_client(|library, transport| {
        let (url, ours) =
            serve(transport, Config::default(), |mut socket| socket.close(None).unwrap());
        let events = Client::start(library, &url, "wait", &[]).unwrap().finish().unwrap();
        assert_eq!(last_close(&events), close_event(1005, "", "peer"));
        assert_eq!(ours.join().unwrap(), closed_by_us(library, 1005, ""));

        let none = library.code_if_none_is_given();
        let (url, ours) = serve(transport, Config::default(), |mut socket| watch(&mut socket));
        let events = Client::start(library, &url, "close", &[]).unwrap().finish().unwrap();
        assert_eq!(last_close(&events), close_event(none, "", "us"));
        let (events, closed) = ours.join().unwrap();
        assert_eq!(events, [closing_without_a_code(none)]);
        assert_eq!(closed, closed_cleanly(none, "", BY_THE_PEER));
    });
}

/// What is told of a peer that gives no code, or that can't do without one.
fn closing_without_a_code(code: u16) -> Event<'static> {
    Event::Closing(
        (code != 1005).then(|| CloseFrame::new(code, "").expect("a code that may be sent")),
    )
}

#[test]
fn what_a_peer_sends_before_it_closes_is_received() {
    each_server(|library, transport| {
        let server = Server::start(library, transport).unwrap();
        let mut socket = connect(&server.url("/close?after=2&code=1000"), Config::default());
        let sent = [message(Kind::Text, 10), message(Kind::Binary, 1_000_000)];
        for message in &sent {
            socket.send(message.borrow()).unwrap();
        }
        let received: Vec<_> = std::iter::from_fn(|| socket.recv()).collect();
        assert_eq!(received.iter().map(summary).collect::<Vec<_>>(), sent.each_ref().map(summary));
        assert!(socket.closed().unwrap().was_clean);
    });
}
