//! The opening handshake inside a connection: its deadline, the application's decision, and what
//! comes too early or too late (RFC 6455 §4; design: `Opening`, `Refusing`, `Aborting`).
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use behaviour::*;
use wirebeat::handshake::{AcceptError, Acceptance, HandshakeError, RequestRefusal, Response};
use wirebeat::{
    CloseCode, CloseFrame, Config, Connection, Event, Message, Phase, ReadyState, Reason, Role,
    Transport,
};

/// A server whose application has to decide.
fn deciding(config: &Config, behind: &[u8]) -> Connection {
    let mut server = new_server(config);
    let events = receive(&mut server, START, &[REQUEST, behind].concat());
    assert!(matches!(&events[..], [Event::Request(request)] if request.is_upgrade()), "{events:?}");
    server
}

fn accept(server: &mut Connection) {
    server.accept(START, &Acceptance::new()).expect("a request waits");
}

/// The head at the front of what was written, and what follows it.
fn split_head(wire: &[u8]) -> (&str, &[u8]) {
    let end = wire.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head") + 4;
    (core::str::from_utf8(&wire[..end]).expect("a head is text"), &wire[end..])
}

fn assert_is_101(head: &str) {
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
}

#[test]
fn a_connection_opens_on_both_ends() {
    let config = Config::default();
    let (mut client, mut server) = (new_client(&config), new_server(&config));
    assert_eq!(client.ready_state(), ReadyState::Connecting);
    let request = write_all(&mut client, START);
    receive(&mut server, START, &request);
    accept(&mut server);
    assert_eq!(server.ready_state(), ReadyState::Open);
    let events = receive(&mut client, START, &write_all(&mut server, START));
    assert!(matches!(&events[..], [Event::Open(_)]), "{events:?}");
    assert_eq!(client.ready_state(), ReadyState::Open);
}

/// RFC 6455 §4.1: "If the client … receives any response … the client MUST wait" and §4.2.2: the
/// server's answer comes first.
mod nothing_overtakes_the_101 {
    use super::*;

    #[test]
    fn a_pong_goes_out_behind_it() {
        let behind = from_peer_of(Role::Server, PING, b"early");
        let mut server = deciding(&Config::default(), &behind);
        accept(&mut server);
        assert_eq!(poll(&mut server), [Event::Ping((&b"early"[..]).into())]);
        let wire = write_all(&mut server, START);
        let (head, frames) = split_head(&wire);
        assert_is_101(head);
        assert_eq!(plain(frames), [(PONG, b"early".to_vec())]);
    }

    #[test]
    fn a_heartbeat_goes_out_behind_it() {
        let config = Config { write_stall_timeout: None, ..Config::default() };
        let mut server = deciding(&config, &[]);
        accept(&mut server);
        server.handle_timeout(START + secs(20));
        let wire = write_all(&mut server, START + secs(20));
        let (head, frames) = split_head(&wire);
        assert_is_101(head);
        assert_eq!(plain(frames)[0].0, PING);
    }

    #[test]
    fn the_reply_to_an_early_close_goes_out_behind_it() {
        let mut server = deciding(&Config::default(), &peer_close(Role::Server, 1000));
        accept(&mut server);
        assert!(matches!(poll(&mut server)[..], [Event::Closing(Some(_))]));
        let wire = write_all(&mut server, START);
        let (head, frames) = split_head(&wire);
        assert_is_101(head);
        assert_eq!(only_close(frames), Some(1000));
        let events = poll(&mut server);
        assert!(ending(&mut server, &events).1.was_clean);
    }

    #[test]
    fn the_close_for_an_early_violation_goes_out_behind_it() {
        let mut server = deciding(&Config::default(), &[0x83, 0x80]);
        accept(&mut server);
        assert_eq!(poll(&mut server), []);
        let wire = write_all(&mut server, START);
        let (head, frames) = split_head(&wire);
        assert_is_101(head);
        assert_eq!(only_close(frames), Some(1002));
    }

    /// However it's written: the 101 is never cut by a frame.
    #[test]
    fn not_even_when_it_is_written_byte_by_byte_or_taken_out() {
        let behind = from_peer_of(Role::Server, PING, b"early");
        let mut whole = deciding(&Config::default(), &behind);
        accept(&mut whole);
        poll(&mut whole);
        let whole = write_all(&mut whole, START);
        for max in [1, 2, 7, 100, 129, 4096] {
            let mut server = deciding(&Config::default(), &behind);
            accept(&mut server);
            let mut wire = take(&mut server, max);
            poll(&mut server);
            loop {
                let taken = take(&mut server, max);
                if taken.is_empty() {
                    break;
                }
                wire.extend(taken);
            }
            assert_eq!(wire, whole, "{max} bytes at a time");
        }
    }

    fn take(connection: &mut Connection, max: usize) -> Vec<u8> {
        use bytes::Buf;
        let Some(mut outgoing) = connection.take_transmit(max) else { return Vec::new() };
        let len = outgoing.remaining();
        let bytes = outgoing.copy_to_bytes(len).to_vec();
        connection.handle_written(START, len);
        bytes
    }
}

/// A request is answered once; `AcceptError::Gone` is all that a second answer gets.
mod a_request_is_answered_once {
    use super::*;

    fn teapot() -> Response {
        Response::new(418).expect("a final status")
    }

    fn assert_gone(server: &mut Connection) {
        let before = waiting(server);
        let state = server.ready_state();
        assert_eq!(server.accept(START, &Acceptance::new()), Err(AcceptError::Gone));
        assert_eq!(server.respond(START, &teapot()), Err(AcceptError::Gone));
        assert_eq!(waiting(server), before, "a late answer changes nothing");
        assert_eq!(server.ready_state(), state);
    }

    #[test]
    fn not_before_it_has_come() {
        let mut server = new_server(&Config::default());
        receive(&mut server, START, &REQUEST[..20]);
        assert_gone(&mut server);
        assert_gone(&mut new_client(&Config::default()));
    }

    #[test]
    fn not_after_it_was_accepted() {
        let mut server = deciding(&Config::default(), &[]);
        accept(&mut server);
        assert_gone(&mut server);
    }

    #[test]
    fn not_after_it_was_rejected() {
        let mut server = deciding(&Config::default(), &[]);
        server.respond(START, &teapot()).expect("a request waits");
        assert_gone(&mut server);
        write_all(&mut server, START);
        assert_gone(&mut server);
    }

    #[test]
    fn not_after_it_was_refused() {
        let mut server = new_server(&Config::default());
        receive(&mut server, START, b"GET / HTTP/1.1\r\n\r\n");
        assert!(waiting(&mut server).starts_with(b"HTTP/1.1 400 "));
        assert_gone(&mut server);
    }

    #[test]
    fn not_after_too_much_came_behind_it() {
        let config = Config::default();
        let mut server = deciding(&config, &[]);
        assert_eq!(receive(&mut server, START, &vec![0; config.head_len_max + 1]), []);
        assert!(waiting(&mut server).starts_with(b"HTTP/1.1 400 "));
        assert_gone(&mut server);
    }

    #[test]
    fn not_after_our_own_close() {
        let mut server = deciding(&Config::default(), &[]);
        server.close(START, None).expect("no code");
        assert_gone(&mut server);
        poll(&mut server);
        assert_gone(&mut server);
    }

    #[test]
    fn not_after_the_client_has_gone() {
        for leave in [Connection::handle_eof, Connection::handle_lost] {
            let mut server = deciding(&Config::default(), &[]);
            leave(&mut server, START);
            assert_gone(&mut server);
        }
    }

    #[test]
    fn not_after_the_deadline() {
        let mut server = deciding(&Config::default(), &[]);
        server.handle_timeout(START + secs(10));
        assert_gone(&mut server);
    }
}

/// `open_timeout` is 10 s from the start, to the nanosecond, and covers every phase.
mod the_open_timeout {
    use super::*;

    fn assert_times_out(connection: &mut Connection) {
        assert_eq!(connection.poll_timeout(), Some(START + secs(10)));
        connection.handle_timeout(START + (secs(10) - TICK));
        assert_eq!(connection.poll_event(), None);
        assert_eq!(connection.ready_state(), ReadyState::Connecting);
        connection.handle_timeout(START + secs(10));
        let events = poll(connection);
        let closed = assert_failed(connection, &events, Reason::OpenTimeout);
        assert_eq!(closed.cause.phase, Phase::Opening);
    }

    #[test]
    fn ends_a_client_whose_request_is_not_taken() {
        assert_times_out(&mut new_client(&Config::default()));
    }

    #[test]
    fn ends_a_client_whose_request_is_not_answered() {
        let mut client = new_client(&Config::default());
        write_all(&mut client, START);
        assert_times_out(&mut client);
    }

    #[test]
    fn ends_a_client_whose_answer_is_not_complete() {
        let mut client = new_client(&Config::default());
        write_all(&mut client, START);
        receive(&mut client, START + secs(9), b"HTTP/1.1 101 Switching Protocols\r\n");
        assert_times_out(&mut client);
    }

    #[test]
    fn ends_a_server_without_a_request() {
        assert_times_out(&mut new_server(&Config::default()));
    }

    /// A slow-loris gains nothing by dribbling (failure T18).
    #[test]
    fn ends_a_server_whose_request_dribbles() {
        let mut server = new_server(&Config::default());
        for (second, byte) in (0..10).zip(REQUEST) {
            receive(&mut server, START + secs(second), &[*byte]);
        }
        assert_times_out(&mut server);
    }

    #[test]
    fn ends_a_server_whose_application_does_not_decide() {
        assert_times_out(&mut deciding(&Config::default(), &[]));
    }

    #[test]
    fn is_gone_once_the_connection_is_open() {
        let config = Config { heartbeat: None, ..Config::default() };
        let mut server = deciding(&config, &[]);
        server.accept(START + (secs(10) - TICK), &Acceptance::new()).expect("in time");
        assert_eq!(server.poll_timeout(), None);
        server.handle_timeout(START + secs(1_000));
        assert_eq!(server.ready_state(), ReadyState::Open);
    }

    #[test]
    fn can_be_switched_off() {
        let config = Config { open_timeout: None, ..Config::default() };
        for mut connection in [new_client(&config), new_server(&config), deciding(&config, &[])] {
            assert_eq!(connection.poll_timeout(), None);
            connection.handle_timeout(START + secs(1_000_000));
            assert_eq!(connection.ready_state(), ReadyState::Connecting);
        }
    }
}

/// Nothing is established, so no frame is sent (RFC 6455 §7.1.7), and it shows as 1006.
mod before_it_is_open {
    use super::*;

    #[test]
    fn eof_and_loss_end_it() {
        for make in [new_client, new_server, |config: &Config| deciding(config, &[])] {
            let mut ended = make(&Config::default());
            ended.handle_eof(START);
            let events = poll(&mut ended);
            assert_failed(&mut ended, &events, Reason::Eof);
            let mut lost = make(&Config::default());
            lost.handle_lost(START);
            let events = poll(&mut lost);
            assert_failed(&mut lost, &events, Reason::Lost);
        }
    }

    /// WHATWG WebSockets, `close()` while CONNECTING: CLOSING at once, the arguments are discarded,
    /// then error and close with 1006.
    #[test]
    fn close_gives_it_up() {
        for make in [new_client, new_server, |config: &Config| deciding(config, &[])] {
            let mut connection = make(&Config::default());
            let frame = CloseFrame::new(CloseCode::NORMAL, "bye").expect("a valid frame");
            connection.close(START, Some(frame)).expect("a code of ours");
            assert_eq!(connection.ready_state(), ReadyState::Closing);
            assert_eq!(connection.transport(), Transport::Drop);
            assert!(!connection.wants_read());
            assert_eq!(waiting(&mut connection), [], "nothing is sent any more");
            let events = poll(&mut connection);
            let closed = assert_failed(&mut connection, &events, Reason::Aborted);
            assert_eq!(closed.cause.phase, Phase::Opening);
        }
    }

    /// What arrives after `close()` isn't looked at: the connection doesn't open.
    #[test]
    fn an_answer_after_close_is_too_late() {
        let mut client = new_client(&Config::default());
        let response = response_to(&write_all(&mut client, START));
        client.close(START, None).expect("no code");
        let events = receive(&mut client, START, &response);
        assert_failed(&mut client, &events, Reason::Aborted);
    }

    #[test]
    fn a_loss_after_close_changes_nothing_of_the_cause() {
        for leave in [Connection::handle_eof, Connection::handle_lost, Connection::handle_timeout] {
            let mut client = new_client(&Config::default());
            client.close(START, None).expect("no code");
            leave(&mut client, START + secs(10));
            let events = poll(&mut client);
            assert_failed(&mut client, &events, Reason::Aborted);
        }
    }

    #[test]
    fn nothing_can_be_sent() {
        use wirebeat::SendErrorReason::NotOpen;
        for make in [new_client, new_server, |config: &Config| deciding(config, &[])] {
            let mut connection = make(&Config::default());
            let before = waiting(&mut connection);
            let state = ReadyState::Connecting;
            let error = connection.send(START, "x").expect_err("it isn't open");
            assert_eq!((error.reason, error.unsent), (NotOpen(state), Message::from("x")));
            let error = connection.ping(START, b"x").expect_err("it isn't open");
            assert_eq!(error.reason, NotOpen(state));
            assert_eq!(waiting(&mut connection), before);
            assert_eq!(connection.buffered_amount(), 0, "it was never taken");
        }
    }
}

/// RFC 6455 §4.1: the client waits for the answer. What it sends earlier is kept, within a limit.
mod what_comes_behind_the_request {
    use super::*;

    fn messages() -> Vec<u8> {
        [
            from_peer_of(Role::Server, TEXT, "first".as_bytes()),
            from_peer_of(Role::Server, BINARY, b"second"),
            from_peer_of(Role::Server, TEXT, b"third")[..7].to_vec(),
        ]
        .concat()
    }

    #[test]
    fn comes_out_as_messages_after_the_decision() {
        let mut server = deciding(&Config::default(), &messages());
        assert_eq!(server.poll_event(), None);
        assert!(!server.wants_read());
        accept(&mut server);
        assert!(server.wants_read());
        let rest = &from_peer_of(Role::Server, TEXT, b"third")[7..];
        let events = receive(&mut server, START, rest);
        let expected = ["first".into(), Message::from(b"second"), "third".into()];
        assert_eq!(events, expected.map(Event::Message));
    }

    #[test]
    fn comes_out_without_further_input() {
        let mut server = deciding(&Config::default(), &messages());
        accept(&mut server);
        let expected = [Message::from("first"), Message::from(b"second")];
        assert_eq!(poll(&mut server), expected.map(Event::Message));
    }

    /// The limit is that of the head, inclusive.
    #[test]
    fn is_refused_beyond_the_limit() {
        let config = Config::default();
        let mut server = deciding(&config, &vec![0; config.head_len_max]);
        assert_eq!(waiting(&mut server), []);
        assert_eq!(server.ready_state(), ReadyState::Connecting);

        assert_eq!(receive(&mut server, START, &[0]), []);
        assert!(waiting(&mut server).starts_with(b"HTTP/1.1 400 "));
        write_all(&mut server, START);
        assert_eq!(server.transport(), Transport::ShutdownWrite);
        server.handle_eof(START);
        let events = poll(&mut server);
        let refusal = Reason::Refused(RequestRefusal::DataBeforeAnswer);
        assert_failed(&mut server, &events, refusal);
    }

    #[test]
    fn is_forgotten_if_the_request_is_rejected() {
        let mut server = deciding(&Config::default(), &messages());
        server.respond(START, &Response::new(403).expect("a final status")).expect("it waits");
        assert_eq!(poll(&mut server), []);
    }

    #[test]
    fn is_received_also_while_we_close() {
        let mut server = deciding(&Config::default(), &messages());
        accept(&mut server);
        server.close(START, None).expect("no code");
        let expected = [Message::from("first"), Message::from(b"second")];
        assert_eq!(poll(&mut server), expected.map(Event::Message));
    }
}

/// `Refusing`: the response is flushed, our side ends, and the client gets time to read it.
mod a_refusal {
    use super::*;

    fn refusing() -> Connection {
        let mut server = new_server(&Config::default());
        assert_eq!(receive(&mut server, START, b"GET / HTTP/1.1\r\n\r\n"), []);
        assert_eq!(server.ready_state(), ReadyState::Connecting);
        server
    }

    const REASON: Reason = Reason::Refused(RequestRefusal::HostMissing);

    #[test]
    fn is_flushed_before_our_side_ends() {
        let mut server = refusing();
        let len = waiting(&mut server).len();
        for _ in 0..len {
            assert_eq!(server.transport(), Transport::Keep);
            write(&mut server, START, 1);
        }
        assert_eq!(server.transport(), Transport::ShutdownWrite);
        server.handle_eof(START);
        let events = poll(&mut server);
        assert_failed(&mut server, &events, REASON);
    }

    #[test]
    fn lingers_for_a_second() {
        let mut server = refusing();
        write_all(&mut server, START + secs(3));
        assert_eq!(server.poll_timeout(), Some(START + secs(4)));
        server.handle_timeout(START + (secs(4) - TICK));
        assert_eq!(server.poll_event(), None);
        server.handle_timeout(START + secs(4));
        let events = poll(&mut server);
        assert_failed(&mut server, &events, REASON);
    }

    #[test]
    fn is_flushed_also_after_the_client_ended_its_side() {
        let mut server = refusing();
        server.handle_eof(START);
        assert_eq!(server.poll_event(), None);
        assert!(write_all(&mut server, START).starts_with(b"HTTP/1.1 400 "));
        let events = poll(&mut server);
        assert_failed(&mut server, &events, REASON);
    }

    #[test]
    fn ends_with_a_stall_if_it_is_not_taken() {
        let mut server = refusing();
        server.handle_write_blocked(START);
        server.handle_timeout(START + (secs(30) - TICK));
        assert_eq!(server.poll_event(), None);
        server.handle_timeout(START + secs(30));
        let events = poll(&mut server);
        assert_failed(&mut server, &events, REASON);
    }

    #[test]
    fn throws_further_input_away() {
        let mut server = refusing();
        let waits = waiting(&mut server);
        assert_eq!(receive(&mut server, START, REQUEST), []);
        assert_eq!(waiting(&mut server), waits);
    }

    /// The application's own answer isn't an error.
    #[test]
    fn by_the_application_ends_without_an_error() {
        let mut server = deciding(&Config::default(), &[]);
        let response = Response::new(404).expect("a final status").body("nothing here\n");
        server.respond(START, &response).expect("a request waits");
        let wire = write_all(&mut server, START);
        let (head, body) = split_head(&wire);
        assert!(head.starts_with("HTTP/1.1 404 ") && body == b"nothing here\n", "{head}");
        server.handle_eof(START);
        let events = poll(&mut server);
        let (cause, closed) = ending(&mut server, &events);
        assert_eq!((cause, closed.cause.reason), (None, Reason::Responded));
        assert_eq!((closed.code, closed.was_clean), (CloseCode::ABNORMAL, false));
    }
}

/// RFC 6455 §4.1, response item 1: what isn't a 101 goes to the application, and ends the
/// connection.
mod a_rejection {
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
}
