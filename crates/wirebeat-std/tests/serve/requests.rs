//! What the handler can do with a request.

use std::io::Write;
use std::sync::mpsc;

use wirebeat_std::{
    AcceptError, Acceptance, Client, CloseCode, ConnectError, Response, ServeError, serve,
};

use super::*;
use crate::support::Raw;

#[test]
fn clients_are_served_side_by_side() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let serving = serve(listener, OriginPolicy::SameHost, echo).unwrap();
    let mut sockets: Vec<_> = (0..8).map(|_| connect(&url)).collect();
    sockets.iter_mut().for_each(assert_echoes);
    for mut socket in sockets {
        assert!(socket.close(None).unwrap().was_clean);
    }
    assert_eq!(serving.shutdown().dropped, 0);
}

#[cfg(unix)]
#[test]
fn clients_may_come_over_a_unix_socket() {
    let path = std::env::temp_dir().join(format!("wirebeat-serve-{}.sock", std::process::id()));
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let serving = serve(listener, OriginPolicy::SameHost, echo).unwrap();
    let mut socket = Client::new("ws://localhost/").unwrap().connect_unix(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_echoes(&mut socket);
    serving.stopper().stop();
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.closed().unwrap().code, CloseCode::GOING_AWAY);
    assert_eq!(serving.wait().dropped, 0);
}

/// Tells by the path what is asked for.
fn decide(pending: Pending<TcpStream>) {
    assert!(pending.get_ref().peer_addr().unwrap().ip().is_loopback());
    match pending.request().target() {
        "/chat" => {
            let mut offered = pending.request().subprotocols();
            let acceptance = match offered.any(|name| name == "chat.v2") {
                true => Acceptance::new().subprotocol("chat.v2"),
                false => Acceptance::new(),
            };
            drop(offered);
            let mut socket = pending.accept_with(&acceptance).unwrap();
            assert_eq!(socket.recv(), None);
        }
        "/health" => {
            assert!(!pending.request().is_upgrade());
            pending.respond(&Response::new(200).unwrap().body("well\n")).unwrap();
        }
        _ => pending.respond(&Response::new(404).unwrap()).unwrap(),
    }
}

#[test]
fn the_handler_chooses_refuses_or_answers() {
    let (server, url) = server();
    let serving = server.start(decide).unwrap();

    let client = |path: &str| Client::new(&format!("{url}{path}")).unwrap();
    let offering = client("chat").subprotocol("chat.v1").unwrap().subprotocol("chat.v2").unwrap();
    let mut socket = offering.connect().unwrap();
    assert_eq!(socket.subprotocol(), Some("chat.v2"));
    socket.close(None).unwrap();
    assert_eq!(client("chat").connect().unwrap().subprotocol(), None);

    let refused = client("elsewhere").connect();
    let Err(ConnectError::Rejected(response)) = refused else { panic!("{refused:?}") };
    assert_eq!(response.status(), 404);

    let mut raw = Raw::dial(&url);
    raw.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = String::from_utf8(raw.read_to_end().unwrap()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nwell\n"), "{answer}");
    assert_eq!(serving.shutdown().dropped, 0);
}

#[test]
fn requests_that_no_handler_gets_are_reported() {
    let (server, url) = server();
    let (sender, errors) = mpsc::channel();
    let server = server.on_error(move |error| sender.send(error).unwrap());
    let serving = server.start(|_| panic!("nothing can be decided on")).unwrap();

    let mut raw = Raw::dial(&url);
    raw.write(b"HELO\r\n\r\n");
    let answer = String::from_utf8(raw.read_to_end().unwrap()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let error = errors.recv().unwrap();
    assert!(matches!(error, ServeError::Opening(AcceptError::Refused(_))), "{error:?}");

    let mut raw = Raw::dial(&url);
    raw.0.write_all(b"GET / HT").unwrap();
    drop(raw);
    let error = errors.recv().unwrap();
    assert!(matches!(error, ServeError::Opening(AcceptError::Gone(_))), "{error:?}");
    drop(serving);
}
