//! RFC 6455 §4.1, response item 1: what isn't a 101 goes to the application, and ends the
//! connection.

use super::*;

fn rejected_by(response: &[u8]) -> (Connection, Vec<Event<'static>>) {
    let mut client = new_client(&Config::default());
    write_all(&mut client, START);
    let events = receive(&mut client, START, response);
    (client, events)
}

fn assert_rejected(client: &mut Connection, events: &[Event<'static>], body: &[u8]) {
    let [Event::Rejected(response), Event::Error(_), Event::Closed(_)] = events else {
        unreachable!("{events:?}");
    };
    assert_eq!((response.status(), &response.body()[..]), (503, body));
    assert_eq!(response.headers().get_str("Retry-After"), Some("7"));
    let closed = assert_failed(client, events, Reason::Handshake(HandshakeError::Status(503)));
    assert!(closed.is_retryable());
}

const HEAD: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\n";

#[test]
fn is_reported_with_its_body_then_the_end() {
    let response = format!("{HEAD}Content-Length: 4\r\n\r\nbusy");
    let (mut client, events) = rejected_by(response.as_bytes());
    assert_rejected(&mut client, &events, b"busy");
}

#[test]
fn is_reported_at_eof_with_the_body_so_far() {
    let (mut client, events) = rejected_by(format!("{HEAD}\r\nbus").as_bytes());
    assert_eq!(events, []);
    client.handle_eof(START);
    let events = poll(&mut client);
    assert_rejected(&mut client, &events, b"bus");
}

#[test]
fn is_reported_when_the_time_is_up_with_the_body_so_far() {
    let response = format!("{HEAD}Content-Length: 4\r\n\r\nbus");
    let (mut client, events) = rejected_by(response.as_bytes());
    assert_eq!(events, []);
    client.handle_timeout(START + secs(10));
    let events = poll(&mut client);
    assert_rejected(&mut client, &events, b"bus");
}

#[test]
fn is_reported_when_the_transport_is_lost() {
    let response = format!("{HEAD}Content-Length: 4\r\n\r\nbus");
    let (mut client, _) = rejected_by(response.as_bytes());
    client.handle_lost(START);
    let events = poll(&mut client);
    assert_rejected(&mut client, &events, b"bus");
}

/// RFC 6455 §7.1.7: no frame is sent on a connection that wasn't established.
#[test]
fn sends_nothing() {
    let (mut client, _) = rejected_by(b"HTTP/1.1 101 Switching Protocols\r\n\r\n");
    assert_eq!(waiting(&mut client), []);
    assert_eq!(client.transport(), Transport::Drop);
}
