//! Peers that don't speak it, and how it ends.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use wirebeat_std::rustls;
use wirebeat_std::{
    AcceptError, Client, Config, ConnectError, Message, OriginPolicy, Reason, Step, accept,
};

use crate::rig::{Authority, serve_tcp, serve_tls};
use crate::support::{self, patient};

#[test]
fn a_port_that_speaks_no_tls_is_told_apart() {
    let authority = Authority::new();
    let (port, server) = serve_tcp(|mut stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new())
    });
    let error = authority.client(port).connect().unwrap_err();
    assert!(matches!(error, ConnectError::Tls(rustls::Error::InvalidMessage(_))), "{error:?}");
    assert!(error.to_string().contains("check that the port speaks TLS"), "{error}");
    let _ = server.join().unwrap();
}

#[test]
fn a_client_that_speaks_no_tls_is_told_apart() {
    let authority = Authority::new();
    let (port, server) =
        serve_tls(authority.server("localhost"), patient(), |socket| socket.map(drop));
    let url = format!("ws://localhost:{port}/");
    let error = Client::new(&url).unwrap().connect().unwrap_err();
    assert!(matches!(error, ConnectError::Handshake(_)), "{error:?}");
    assert!(matches!(server.join().unwrap(), Err(AcceptError::Tls(_))));
}

/// A plain client's request isn't a handshake of TLS, and neither is the reverse.
#[test]
fn a_plain_server_refuses_tls() {
    let authority = Authority::new();
    let (port, server) =
        serve_tcp(|stream| accept(stream, OriginPolicy::SameHost).map(drop).map_err(drop));
    assert!(authority.client(port).connect().is_err());
    assert!(server.join().unwrap().is_err());
}

/// TLS is part of what `open_timeout` bounds, on both sides.
#[test]
fn a_peer_that_doesnt_shake_hands_runs_into_the_open_timeout() {
    let authority = Authority::new();
    let config = || Config { open_timeout: Some(Duration::from_millis(50)), ..patient() };
    let (stop, stopped) = mpsc::channel::<()>();
    let (port, server) = serve_tcp(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let error = authority.client(port).config(config()).connect().unwrap_err();
    assert!(matches!(error, ConnectError::Timeout(Step::Tls)), "{error:?}");
    drop(stop);
    server.join().unwrap();

    let (port, server) =
        serve_tls(authority.server("localhost"), config(), |socket| socket.map(drop));
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert!(matches!(server.join().unwrap(), Err(AcceptError::Timeout)));
    drop(stream);
}

/// Who cuts the line can't make it look like an end that the peer meant: RFC 8446 §6.1.
#[test]
fn an_end_without_close_notify_is_an_end_without_a_close() {
    let authority = Authority::new();
    let (port, server) = serve_tls(authority.server("localhost"), patient(), |socket| {
        let socket = socket.unwrap();
        socket.get_ref().shutdown(Shutdown::Write).unwrap();
        socket
    });
    let mut socket = authority.client(port).connect().unwrap();
    let server = server.join().unwrap();
    assert_eq!(socket.recv(), None);
    let closed = socket.closed().unwrap();
    assert_eq!((closed.cause.reason, closed.was_clean), (Reason::Eof, false));
    drop(server);
}

/// RFC 8446 §6.1: what follows isn't looked at, and nothing needs to.
#[test]
fn a_close_notify_ends_it_although_the_transport_goes_on() {
    let authority = Authority::new();
    let tls = authority.server("localhost");
    let (port, server) = serve_tcp(move |mut stream| {
        let mut session = rustls::ServerConnection::new(tls).unwrap();
        let mut secure = rustls::Stream::new(&mut session, &mut stream);
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            secure.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        let answer = support::answer_to(&String::from_utf8(request).unwrap());
        secure.write_all(answer.as_bytes()).unwrap();
        session.send_close_notify();
        session.write_tls(&mut stream).unwrap();
        stream
    });
    let mut socket = authority.client(port).config(patient()).connect().unwrap();
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.closed().unwrap().cause.reason, Reason::Eof);
    drop(server.join().unwrap());
}

#[test]
fn garbage_amid_tls_is_a_loss() {
    let authority = Authority::new();
    let (port, server) = serve_tls(authority.server("localhost"), patient(), |socket| {
        let mut socket = socket.unwrap();
        socket.send("before").unwrap();
        socket.get_ref().write_all(b"nothing that TLS could be").unwrap();
        socket
    });
    let mut socket = authority.client(port).connect().unwrap();
    assert_eq!(socket.recv(), Some(Message::from("before")));
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.closed().unwrap().cause.reason, Reason::Lost);
    drop(server.join().unwrap());
}
