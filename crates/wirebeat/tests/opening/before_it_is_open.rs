//! Nothing is established, so no frame is sent (RFC 6455 §7.1.7), and it shows as 1006.

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
