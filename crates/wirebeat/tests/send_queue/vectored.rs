//! What a vectored write is given is what the chunks are, in order, however many slots it has.

use std::io::IoSlice;

use super::*;

/// The bytes in the slots that were filled.
fn filled(buffer: &impl Buf, slots: usize) -> (usize, Vec<u8>) {
    let mut slices = vec![IoSlice::new(&[]); slots];
    let count = buffer.chunks_vectored(&mut slices);
    assert!(count <= slots);
    assert!(slices[..count].iter().all(|slice| !slice.is_empty()), "a slot with nothing in it");
    assert!(slices[count..].iter().all(|slice| slice.is_empty()), "a slot that isn't counted");
    (count, slices.iter().flat_map(|slice| slice.iter().copied()).collect())
}

fn check(buffer: &impl Buf, expected: &[u8]) {
    for slots in 0..20 {
        let (count, bytes) = filled(buffer, slots);
        assert!(expected.starts_with(&bytes), "{slots} slots");
        assert_eq!(count == 0, slots == 0 || expected.is_empty(), "{slots} slots");
        // A slot stays empty only when all is said.
        assert!(count == slots || bytes == expected, "{slots} slots");
    }
}

#[test]
fn writes_are_given_what_the_chunks_are() {
    for role in ROLES {
        let mut connection = opened(role);
        fill(&mut connection);
        loop {
            let expected = waiting(&mut connection);
            let Some(mut transmit) = connection.poll_transmit() else { break };
            check(&transmit, &expected);
            // Also from within.
            transmit.advance(expected.len() / 2);
            check(&transmit, &expected[expected.len() / 2..]);
            transmit.advance(usize::MAX);
            check(&transmit, b"");
            connection.handle_written(START, 777);
        }
    }
}

/// RFC 6455 §5.5: control frames go out behind the frame in progress, in a vectored write too.
#[test]
fn writes_are_given_a_pong_in_its_place() {
    for role in ROLES {
        let mut connection = opened(role);
        fill(&mut connection);
        connection.handle_written(START, 100);
        ping_from_peer(&mut connection, b"in between");
        for _ in 0..30 {
            let expected = waiting(&mut connection);
            if let Some(transmit) = connection.poll_transmit() {
                check(&transmit, &expected);
            }
            connection.handle_written(START, 333);
        }
    }
}

#[test]
fn writes_are_given_what_was_taken_out() {
    for role in ROLES {
        for max in [1, 10, 5_000, usize::MAX] {
            let mut connection = opened(role);
            fill(&mut connection);
            let expected = waiting(&mut connection);
            let mut outgoing = connection.take_transmit(max).expect("something waits");
            let len = outgoing.remaining();
            check(&outgoing, &expected[..len]);
            outgoing.advance(len / 2);
            check(&outgoing, &expected[len / 2..len]);
        }
    }
}

/// One slice is all that most writes have, and needs no vectored write.
#[test]
fn writes_of_one_slice_say_so() {
    let mut server = opened(Role::Server);
    server.send(START, "one").expect("room");
    let transmit = server.poll_transmit().expect("it waits");
    assert_eq!(transmit.as_slice(), Some(&b"\x81\x03one"[..]));
    fill(&mut server);
    let transmit = server.poll_transmit().expect("they wait");
    assert_eq!(transmit.as_slice(), None);
}

/// A large message isn't copied behind what goes out before it, so these are two.
#[test]
fn writes_of_two_slices_say_so() {
    let mut server = opened(Role::Server);
    let large = Bytes::from(vec![7; 5_000]);
    server.send(START, "one").expect("room");
    server.send(START, large.clone()).expect("room");
    let expected = waiting(&mut server);
    let transmit = server.poll_transmit().expect("they wait");
    assert_eq!(transmit.as_slices(), Some([&b"\x81\x03one\x82\x7e\x13\x88"[..], &large[..]]));
    assert_eq!(transmit.as_slice(), None);
    for advanced in 0..=expected.len() {
        let mut rest = transmit.clone();
        rest.advance(advanced);
        assert_eq!(rest.remaining(), expected.len() - advanced);
        assert!(expected[advanced..].starts_with(rest.chunk()));
        assert_eq!(rest.chunk().is_empty(), advanced == expected.len());
        if advanced % 499 < 12 {
            check(&rest, &expected[advanced..]);
        }
    }
    // With anything behind, it's more.
    server.send(START, "two").expect("room");
    let transmit = server.poll_transmit().expect("they wait");
    assert_eq!(transmit.as_slices(), None);
}
