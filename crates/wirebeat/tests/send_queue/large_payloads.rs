//! A large payload is not copied by a server, and masked where it is by a client, if nobody else
//! holds it.

use super::*;

const HEADER_LEN: usize = 4;

/// Where the payload stands that goes out next.
fn payload_at(connection: &mut Connection, header_len: usize) -> *const u8 {
    let mut transmit = connection.poll_transmit().expect("something waits");
    transmit.advance(header_len);
    transmit.chunk().as_ptr()
}

#[test]
fn are_not_copied_by_a_server() {
    let payload = Bytes::from(vec![1; 10_000]);
    let mut server = opened(Role::Server);
    server.send(START, payload.clone()).expect("room");
    assert_eq!(payload_at(&mut server, HEADER_LEN), payload.as_ptr());
}

/// What's shorter is worth a copy: it leaves in one piece with its neighbours.
#[test]
fn are_shared_from_4096_bytes_on() {
    for (len, is_shared) in [(4_095, false), (4_096, true)] {
        let payload = Bytes::from(vec![1; len]);
        let mut server = opened(Role::Server);
        server.send(START, payload.clone()).expect("room");
        let place = payload_at(&mut server, HEADER_LEN);
        assert_eq!(place == payload.as_ptr(), is_shared, "{len} bytes");
    }
}

#[test]
fn are_masked_in_place_by_a_client_that_alone_holds_them() {
    let payload = Bytes::from(vec![1; 10_000]);
    let place = payload.as_ptr();
    let mut client = opened(Role::Client);
    client.send(START, payload).expect("room");
    assert_eq!(payload_at(&mut client, HEADER_LEN + 4), place);
    assert_eq!(plain(&write_all(&mut client, START)), [(BINARY, vec![1; 10_000])]);
}

/// Or the other holder would see its bytes change.
#[test]
fn are_left_alone_by_a_client_if_somebody_else_holds_them() {
    let payload = Bytes::from(vec![1; 10_000]);
    let mut client = opened(Role::Client);
    client.send(START, payload.clone()).expect("room");
    assert_ne!(payload_at(&mut client, HEADER_LEN + 4), payload.as_ptr());
    assert_eq!(payload, vec![1; 10_000]);
    assert_eq!(plain(&write_all(&mut client, START)), [(BINARY, vec![1; 10_000])]);
}

#[test]
fn that_were_prepared_are_shared_by_servers() {
    let payload = Bytes::from(vec![1; 10_000]);
    let prepared = Prepared::new(payload.clone());
    for _ in 0..3 {
        let mut server = opened(Role::Server);
        server.send_prepared(START, &prepared).expect("room");
        assert_eq!(payload_at(&mut server, HEADER_LEN), payload.as_ptr());
    }
}

/// §5.3: each frame with a key of its own.
#[test]
fn that_were_prepared_are_masked_anew_by_a_client() {
    let payload = Bytes::from(vec![1; 10_000]);
    let prepared = Prepared::new(payload.clone());
    let mut client = opened(Role::Client);
    let wires: Vec<Vec<u8>> = (0..3)
        .map(|_| {
            client.send_prepared(START, &prepared).expect("room");
            let wire = write_all(&mut client, START);
            assert_eq!(plain(&wire), [(BINARY, vec![1; 10_000])]);
            wire
        })
        .collect();
    assert!(wires[0] != wires[1] && wires[1] != wires[2] && wires[0] != wires[2]);
    assert_eq!(payload, vec![1; 10_000], "the others' bytes stay as they are");
}
