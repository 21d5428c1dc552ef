//! The opening handshake between wirebeat and other libraries: subprotocols, headers and refusals,
//! seen on both ends (RFC 6455 §4).
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what goes wrong fails the test")]

use serde_json::Value;
use wirebeat_std::{AcceptError, Acceptance, Config, ConnectError, Response};
use wirebeat_tests::endpoint::{client, echo, serve_request};
use wirebeat_tests::peers::{Client, Library, Server, each_client, each_server};

/// What a peer's client prints while it's refused, or has a connection and closes it.
fn run(library: Library, url: &str, scenario: &str, arguments: &[&str]) -> Vec<Value> {
    Client::start(library, url, scenario, arguments).unwrap().finish().unwrap()
}

fn only<'e>(events: &'e [Value], name: &str) -> &'e Value {
    let mut found = events.iter().filter(|event| event["event"] == name);
    let first = found.next().expect("such an event");
    assert_eq!(found.next(), None);
    first
}

/// The values of all headers of that name, which an event shows as the peer received them.
fn values<'e>(event: &'e Value, name: &str) -> Vec<&'e str> {
    let headers = event["headers"].as_array().expect("headers");
    let named = |header: &&Value| {
        header[0].as_str().is_some_and(|header| header.eq_ignore_ascii_case(name))
    };
    headers.iter().filter(named).map(|header| header[1].as_str().unwrap()).collect()
}

fn rejected_by(url: &str) -> (u16, Vec<(String, String)>, String) {
    match client(url).connect() {
        Err(ConnectError::Rejected(response)) => {
            let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let headers = response.headers().iter();
            let headers = headers.map(|(name, value)| (name.to_owned(), utf8(value))).collect();
            (response.status(), headers, utf8(response.body()))
        }
        other => panic!("{other:?}"),
    }
}

/// §4.2.2, item 5.5: the server takes one of those that the client offers.
#[test]
fn a_peers_server_chooses_among_the_subprotocols_that_we_offer() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let cases: [(&[&str], Option<&str>); 4] = [
            (&["v9", "superchat", "chat"], Some("superchat")),
            (&["chat"], Some("chat")),
            (&["v9", "v8"], None),
            (&[], None),
        ];
        for (offered, chosen) in cases {
            let mut client = client(&server.url("/echo"));
            for name in offered {
                client = client.subprotocol(name).unwrap();
            }
            let socket = client.connect().unwrap();
            assert_eq!(socket.subprotocol(), chosen);
            assert_eq!(server.wait_for("open").unwrap()["subprotocol"], Value::from(chosen));
        }
    });
}

#[test]
fn a_peers_client_takes_the_subprotocol_that_we_choose() {
    each_client(|library, transport| {
        let (url, ours) = serve_request(transport, Config::default(), |pending| {
            let pending = pending.unwrap();
            let offered: Vec<_> = pending.request().subprotocols().map(String::from).collect();
            let acceptance = Acceptance::new().subprotocol("v1");
            let mut socket = pending.accept_with(&acceptance).unwrap();
            assert_eq!(socket.subprotocol(), Some("v1"));
            echo(&mut socket);
            offered
        });
        let offer = ["--subprotocol", "v2", "--subprotocol", "v1"];
        let events = run(library, &url, "close", &offer);
        assert_eq!(only(&events, "open")["subprotocol"], "v1");
        assert_eq!(ours.join().unwrap(), ["v2", "v1"]);
    });
}

#[test]
fn a_subprotocol_that_a_peers_client_did_not_offer_is_our_mistake_and_answered_500() {
    each_client(|library, transport| {
        let (url, ours) = serve_request(transport, Config::default(), |pending| {
            let pending = pending.unwrap();
            pending.accept_with(&Acceptance::new().subprotocol("v3")).map(drop)
        });
        let events = run(library, &url, "reject", &["--subprotocol", "v2"]);
        assert_eq!(only(&events, "rejected")["status"], 500);
        let error = ours.join().unwrap().unwrap_err();
        assert!(matches!(error, AcceptError::SubprotocolUnoffered), "{error:?}");
    });
}

#[test]
fn a_peers_server_sees_our_headers_and_we_see_its() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        let url = server.url("/echo?room=4&name=a%20b");
        let client = client(&url).header("X-Token", "a:b c, d").unwrap();
        let client = client.header("X-Token", "second").unwrap();
        let socket = client.origin("https://example.com").unwrap().connect().unwrap();

        let request = server.wait_for("request").unwrap();
        assert_eq!(request["path"], "/echo?room=4&name=a%20b");
        assert_eq!(values(&request, "X-Token"), ["a:b c, d", "second"]);
        assert_eq!(values(&request, "Origin"), ["https://example.com"]);
        assert_eq!(values(&request, "Host"), [format!("127.0.0.1:{}", server.port())]);

        let name = match library {
            Library::PythonWebsockets => "websockets",
            Library::PythonAiohttp => "aiohttp",
            Library::NodeWs => "ws",
            Library::NodeBuiltIn => unreachable!("it has no server"),
        };
        let headers = socket.accepted().unwrap().headers();
        assert_eq!(headers.get_all("X-Peer").collect::<Vec<_>>(), [name.as_bytes()]);
    });
}

#[test]
fn a_peers_client_sees_our_headers_and_we_see_its() {
    each_client(|library, transport| {
        let (url, ours) = serve_request(transport, Config::default(), |pending| {
            let pending = pending.unwrap();
            let request = pending.request().clone();
            let acceptance = Acceptance::new().header("X-Node", "n4").unwrap();
            let acceptance = acceptance.header("Set-Cookie", "a=1; Path=/").unwrap();
            let acceptance = acceptance.header("Set-Cookie", "b=2").unwrap();
            let mut socket = pending.accept_with(&acceptance).unwrap();
            assert_eq!(socket.accepted(), None);
            echo(&mut socket);
            request
        });
        let target = format!("{url}rooms?id=4");
        let sent = ["--header", "X-Token: a:b c, d", "--header", "X-Lang: de"];
        let events = run(library, &target, "close", &sent);
        let open = only(&events, "open");
        if library.tells_answers() {
            assert_eq!(values(open, "X-Node"), ["n4"]);
            assert_eq!(values(open, "Set-Cookie"), ["a=1; Path=/", "b=2"]);
        }

        let request = ours.join().unwrap();
        assert_eq!(request.target(), "/rooms?id=4");
        assert_eq!(format!("{}://{}/", transport.scheme(), request.host()), url);
        assert_eq!(request.headers().get_str("X-Token"), Some("a:b c, d"));
        assert_eq!(request.headers().get_str("X-Lang"), Some("de"));
        assert_eq!((request.origin(), request.is_upgrade()), (None, true));
    });
}

#[test]
fn the_refusal_of_a_peers_server_comes_with_status_headers_and_body() {
    each_server(|library, transport| {
        let mut server = Server::start(library, transport).unwrap();
        for status in [401, 403, 503] {
            let (got, headers, body) =
                rejected_by(&server.url(&format!("/reject?status={status}")));
            assert_eq!((got, &*body), (status, "no entry without a token"));
            let expected = ("X-Reason".to_owned(), "no token".to_owned());
            assert!(headers.contains(&expected), "{headers:?}");
            server.wait_for("request").unwrap();
        }
        let (status, _, body) = rejected_by(&server.url("/nowhere"));
        assert_eq!((status, &*body), (404, "no such behaviour"));
        assert_eq!(server.wait_for("request").unwrap()["path"], "/nowhere");
    });
}

#[test]
fn a_peers_client_that_we_refuse_reads_status_headers_and_body() {
    each_client(|library, transport| {
        let (url, ours) = serve_request(transport, Config::default(), |pending| {
            let pending = pending.unwrap();
            assert_eq!(pending.request().headers().get("Authorization"), None);
            let response =
                Response::new(401).unwrap().header("WWW-Authenticate", "Bearer").unwrap();
            pending.respond(&response.body("who are you?"))
        });
        let events = run(library, &url, "reject", &[]);
        let rejected = only(&events, "rejected");
        assert_eq!(rejected["status"], 401);
        if library.tells_answers() {
            assert_eq!(rejected["body"], "who are you?");
        }
        assert_eq!(values(rejected, "WWW-Authenticate"), ["Bearer"]);
        ours.join().unwrap().unwrap();
    });
}

/// §10.2.
#[test]
fn a_peers_client_that_names_a_page_of_another_site_reads_403() {
    each_client(|library, transport| {
        let (url, ours) = serve_request(transport, Config::default(), |pending| pending.map(drop));
        let events = run(library, &url, "reject", &["--header", "Origin: https://evil.example"]);
        assert_eq!(only(&events, "rejected")["status"], 403);
        match ours.join().unwrap() {
            Err(AcceptError::Refused(refusal)) => assert_eq!(refusal.status(), 403),
            other => panic!("{other:?}"),
        }
    });
}
