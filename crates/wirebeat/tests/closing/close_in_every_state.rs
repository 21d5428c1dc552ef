//! WHATWG WebSockets `close()`: the first call wins, and what comes later is a no-op; RFC 6455
//! §7.4.1: 1010 isn't a server's to send.

use super::*;

fn every_closing_state() -> Vec<Connection> {
    let mut states = vec![draining()];
    for role in ROLES {
        states.extend([close_sent(role), close_received(role), failing(role), closed(role)]);
    }
    states
}

#[test]
fn the_first_call_wins() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.close(START, Some(frame(4001, "first"))).expect("a code of ours");
        connection.close(START, Some(frame(4002, "second"))).expect("a code of ours");
        let sent = plain(&write_all(&mut connection, START));
        assert_eq!(sent, [(CLOSE, close_body(4001, "first"))]);
        connection.close(START, None).expect("no code");
        assert_eq!(waiting(&mut connection), []);
    }
}

#[test]
fn it_changes_nothing_once_closing_has_begun() {
    for mut connection in every_closing_state() {
        let before = observe(&mut connection);
        connection.close(START, Some(frame(1000, "again"))).expect("a code of ours");
        connection.close(START, None).expect("no code");
        assert_eq!(observe(&mut connection), before);
    }
}

#[test]
fn a_servers_1010_is_refused_in_every_state() {
    let states = every_closing_state();
    for mut connection in states.into_iter().chain([opened(Role::Server)]) {
        let before = observe(&mut connection);
        let verdict = connection.close(START, Some(frame(1010, "")));
        match connection.role() {
            Role::Client => assert_eq!(verdict, Ok(())),
            Role::Server => {
                let (code, role) = (CloseCode::EXTENSION_REQUIRED, Role::Server);
                assert_eq!(verdict, Err(CloseError::CodeNotOurs { code, role }));
            }
        }
        assert_eq!(observe(&mut connection), before);
    }
    let mut client = opened(Role::Client);
    client.close(START, Some(frame(1010, ""))).expect("a client may");
    assert_eq!(only_close(&waiting(&mut client)), Some(1010));
}

fn observe(
    connection: &mut Connection,
) -> (ReadyState, Transport, Option<Timestamp>, Vec<u8>, Option<wirebeat::Cause>) {
    (
        connection.ready_state(),
        connection.transport(),
        connection.poll_timeout(),
        waiting(connection),
        connection.cause(),
    )
}
