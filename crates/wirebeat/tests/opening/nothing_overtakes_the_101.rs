//! RFC 6455 §4.1: "If the client … receives any response … the client MUST wait" and §4.2.2: the
//! server's answer comes first.

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
