//! What breaks, and how it's told.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::time::Duration;

use support::{connect_with, patient, raw_client, serve_raw, serve_tcp};
use wirebeat::ProtocolError;
use wirebeat_std::{
    AcceptError, Client, CloseCode, Config, ConnectError, OriginPolicy, Phase, Reason, accept,
    connect,
};

#[test]
fn a_reset_is_a_loss() {
    let (url, server) = serve_raw(support::Raw::reset);
    let mut socket = connect_with(&url, patient());
    server.join().unwrap();
    assert_eq!(socket.recv(), None);
    let closed = socket.closed().unwrap();
    assert_eq!((closed.cause.reason, closed.cause.phase), (Reason::Lost, Phase::Open));
    assert_eq!((closed.code, closed.was_clean), (CloseCode::ABNORMAL, false));
}

#[test]
fn an_end_without_a_close_is_not_clean() {
    let (url, server) = serve_raw(drop);
    let mut socket = connect_with(&url, patient());
    server.join().unwrap();
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.closed().unwrap().cause.reason, Reason::Eof);
}

#[test]
fn sending_into_a_reset_tells_of_the_loss() {
    let (url, server) = serve_raw(support::Raw::reset);
    let mut socket = connect_with(&url, patient());
    server.join().unwrap();
    while socket.send("anyone?").is_ok() {}
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.closed().unwrap().cause.reason, Reason::Lost);
}

/// The peer's Close is there, and our message that it will never read mustn't make us overlook it.
#[test]
fn a_close_that_came_before_the_reset_is_read() {
    let (url, server) = serve_raw(|mut raw| {
        raw.write(b"\x88\x02\x03\xF4");
        raw.0.shutdown(Shutdown::Both).unwrap();
    });
    let mut socket = connect_with(&url, patient());
    server.join().unwrap();
    // The first message draws a reset, the second finds the socket broken.
    while socket.send("anyone?").is_ok() {}
    while socket.recv().is_some() {}
    let closed = socket.closed().unwrap();
    assert_eq!(closed.code, CloseCode::SERVICE_RESTART, "{closed}");
}

#[test]
fn garbage_fails_the_connection_and_the_peer_reads_why() {
    let (mut raw, server) = raw_client(patient(), |mut socket| {
        assert_eq!(socket.recv(), None);
        socket.closed().unwrap().clone()
    });
    raw.write(b"\xFFnonsense");
    assert_eq!(raw.read_to_end().unwrap(), b"\x88\x02\x03\xEA");
    drop(raw);
    let closed = server.join().unwrap();
    assert!(matches!(closed.cause.reason, Reason::Protocol(_)), "{closed}");
}

/// A socket that is dropped while input is unread sends a reset, which takes our Close with it.
#[test]
fn a_peer_that_sends_64_mib_without_reading_still_reads_our_1009_at_its_end() {
    const MIB: usize = 1 << 20;
    let config = Config { linger: Duration::from_secs(60), ..patient() };
    let (mut raw, server) = raw_client(config, |mut socket| {
        assert_eq!(socket.recv(), None);
        socket.closed().unwrap().clone()
    });
    let len = 64 * MIB as u64;
    raw.write(&[&[0x82, 0xFF][..], &len.to_be_bytes(), &[0; 4]].concat());
    let chunk = vec![0; MIB];
    for _ in 0..64 {
        raw.write(&chunk);
    }
    raw.0.shutdown(Shutdown::Write).unwrap();
    assert_eq!(raw.read_to_end().unwrap(), b"\x88\x02\x03\xF1");
    let closed = server.join().unwrap();
    let too_large = matches!(
        closed.cause.reason,
        Reason::Protocol(ProtocolError::MessageTooLarge { message_len_max: 16_777_216 })
    );
    assert!(too_large, "{closed}");
}

#[test]
fn a_port_where_nobody_listens_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    drop(listener);
    let error = connect(&url).unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("check the port"), "{error}");
}

#[test]
fn a_name_that_cant_be_resolved_says_so() {
    // RFC 2606 §2 keeps the domain free of names.
    let error = connect("ws://nowhere.invalid/").unwrap_err();
    assert!(matches!(error, ConnectError::Dns { .. }), "{error:?}");
    assert!(error.to_string().contains("nowhere.invalid"), "{error}");
}

#[test]
fn a_server_that_doesnt_speak_http_fails_the_handshake() {
    let (url, server) = serve_tcp(|mut stream| {
        stream.write_all(b"220 mail.example.com ESMTP\r\n\r\n").unwrap();
        stream
    });
    let error = connect(&url).unwrap_err();
    let failed = matches!(&error, ConnectError::Handshake(cause)
        if matches!(cause.reason, Reason::Handshake(_)));
    assert!(failed, "{error:?}");
    drop(server.join().unwrap());
}

#[test]
fn a_page_of_another_site_is_refused_and_told_so() {
    let (url, server) = serve_tcp(|stream| accept(stream, OriginPolicy::SameHost).map(drop));
    let client = Client::new(&url).unwrap().origin("https://evil.example").unwrap();
    match client.connect() {
        Err(ConnectError::Rejected(response)) => assert_eq!(response.status(), 403),
        other => panic!("{other:?}"),
    }
    assert!(matches!(server.join().unwrap(), Err(AcceptError::Refused(_))));
}

#[test]
fn a_client_that_goes_before_it_asks_is_gone() {
    let (url, server) = serve_tcp(|stream| accept(stream, OriginPolicy::SameHost).map(drop));
    drop(support::Raw::dial(&url));
    let result = server.join().unwrap();
    assert!(matches!(result, Err(AcceptError::Gone(_))), "{result:?}");
}
