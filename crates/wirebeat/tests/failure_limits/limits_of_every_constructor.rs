//! Qt CVE-2018-21035, ws CVE-2016-10542 and others: no limit, a huge one, or one that isn't passed
//! down. Every way to make a connection has the default.

use super::*;

const MAX: usize = 16 * 1024 * 1024;

fn by_every_constructor(config: &Config) -> Vec<Connection> {
    let mut client = new_client(config);
    let request = write_all(&mut client, START);
    receive(&mut client, START, &response_to(&request));
    let mut server = new_server(config);
    receive(&mut server, START, REQUEST);
    server.accept(START, &Acceptance::new()).expect("a request waits");
    write_all(&mut server, START);
    vec![client, server, open(Role::Client, config), open(Role::Server, config)]
}

fn assert_refused(connection: &mut Connection, max: usize) {
    let error = ProtocolError::MessageTooLarge { message_len_max: max as u64 };
    let cause = connection.cause().map(|cause| cause.reason);
    assert_eq!(cause, Some(Reason::Protocol(error)));
    assert_eq!(only_close(&waiting(connection)), Some(1009));
}

#[test]
fn failure_t04_every_constructor_refuses_one_byte_more_than_the_default() {
    for mut connection in by_every_constructor(&Config::default()) {
        let role = connection.role();
        receive(&mut connection, START, &head_from_peer_of(role, BINARY, MAX as u64));
        assert_eq!(connection.ready_state(), ReadyState::Open, "the limit is inclusive");
    }
    for mut connection in by_every_constructor(&Config::default()) {
        let role = connection.role();
        receive(&mut connection, START, &head_from_peer_of(role, BINARY, MAX as u64 + 1));
        assert_refused(&mut connection, MAX);
    }
}

#[test]
fn failure_t04_every_constructor_refuses_a_fragment_more_than_the_default() {
    for mut connection in by_every_constructor(&Config::default()) {
        let role = connection.role();
        let quarter = from_peer_of(role, CONTINUES, &vec![0; MAX / 4]);
        let first = from_peer_of(role, BINARY_BEGINS, &vec![0; MAX / 4]);
        for fragment in [&first, &quarter, &quarter, &quarter] {
            receive(&mut connection, START, fragment);
        }
        assert_eq!(connection.ready_state(), ReadyState::Open, "the limit is inclusive");
        receive(&mut connection, START, &from_peer_of(role, CONTINUES, b"x"));
        assert_refused(&mut connection, MAX);
    }
}

#[test]
fn failure_t04_every_constructor_passes_a_limit_of_the_users_down() {
    let config = Config { message_len_max: 10, ..Config::default() };
    for mut connection in by_every_constructor(&config) {
        let role = connection.role();
        let events = receive(&mut connection, START, &from_peer_of(role, BINARY, &[0; 10]));
        assert_eq!(events.len(), 1);
        receive(&mut connection, START, &from_peer_of(role, BINARY, &[0; 11]));
        assert_refused(&mut connection, 10);
    }
}

#[test]
fn failure_t04_every_constructor_bounds_the_send_queue() {
    for mut connection in by_every_constructor(&Config::default()) {
        let sent = (0..).take_while(|_| connection.send(START, &[0; 65_536]).is_ok()).count();
        assert_eq!(sent, 15, "16 with their headers are more than 1 MiB");
    }
}
