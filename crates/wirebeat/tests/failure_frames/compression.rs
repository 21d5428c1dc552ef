//! CRIME/BREACH, and the codecs' own failures: compression is off by default.

use super::*;

#[test]
fn failure_t13_a_client_offers_no_extension_and_takes_none() {
    let mut client = new_client(&Config::default());
    let request = write_all(&mut client, START);
    let text = core::str::from_utf8(&request).expect("a head is text");
    assert!(!text.to_ascii_lowercase().contains("extensions"), "{text}");

    let response = String::from_utf8(response_to(&request)).expect("a head is text");
    let extension = "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let response = response.strip_suffix("\r\n").expect("a head").to_owned() + extension;
    let events = receive(&mut client, START, response.as_bytes());
    let error = wirebeat::handshake::HandshakeError::ExtensionUnoffered;
    assert_failed(&mut client, &events, Reason::Handshake(error));
}

#[test]
fn failure_t13_a_server_negotiates_no_extension() {
    let mut server = new_server(&Config::default());
    let offer = b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let request = [&REQUEST[..REQUEST.len() - 2], offer].concat();
    let events = receive(&mut server, START, &request);
    assert!(matches!(events[..], [Event::Request(_)]));
    server.accept(START, &wirebeat::handshake::Acceptance::new()).expect("it waits");
    let response = write_all(&mut server, START);
    let text = core::str::from_utf8(&response).expect("a head is text");
    assert!(!text.to_ascii_lowercase().contains("extensions"), "{text}");
}

/// RFC 6455 §5.2. RSV1 would mean a compressed message.
#[test]
fn failure_t13_rsv1_fails_the_connection() {
    for role in ROLES {
        for rsv in [0x40, 0x20, 0x10, 0x70] {
            for first in [TEXT, BINARY, TEXT_BEGINS, BINARY_BEGINS, CLOSE, PING, PONG] {
                let mut connection = opened(role);
                let frame = from_peer_of(role, first | rsv, b"");
                assert_eq!(receive(&mut connection, START, &frame), []);
                let cause = connection.cause().map(|cause| cause.reason);
                assert_eq!(cause, Some(Reason::Protocol(ProtocolError::ReservedBits)));
            }
            let mut connection = opened(role);
            receive(&mut connection, START, &from_peer_of(role, TEXT_BEGINS, b"a"));
            let frame = from_peer_of(role, CONTINUES_LAST | rsv, b"");
            assert_eq!(receive(&mut connection, START, &frame), []);
            assert_eq!(only_close(&waiting(&mut connection)), Some(1002));
        }
    }
}
