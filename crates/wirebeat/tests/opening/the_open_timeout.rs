//! `open_timeout` is 10 s from the start, to the nanosecond, and covers every phase.

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
