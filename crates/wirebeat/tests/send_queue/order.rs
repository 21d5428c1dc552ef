use super::*;

#[test]
fn is_that_in_which_it_was_queued() {
    for role in ROLES {
        let mut connection = opened(role);
        let expected = fill(&mut connection);
        let wire = write_all(&mut connection, START);
        assert_eq!(plain(&wire), expected);
        let masked = frames(&wire).iter().all(|frame| frame.masked);
        assert_eq!(masked, role == Role::Client, "§5.3: a client masks, a server doesn't");
    }
}

#[test]
fn is_the_same_however_little_is_written_at_once() {
    for role in ROLES {
        let mut whole = opened(role);
        fill(&mut whole);
        let whole = write_all(&mut whole, START);
        for len in [1, 2, 3, 125, 4_095, 4_096, 20_000] {
            let mut connection = opened(role);
            fill(&mut connection);
            let mut wire = Vec::new();
            while connection.poll_transmit().is_some() {
                // Only the front chunk, as a plain `write` does.
                let transmit = connection.poll_transmit().expect("it was there");
                let chunk = transmit.chunk();
                assert!(!chunk.is_empty(), "what remains has a chunk");
                let written = chunk.len().min(len);
                wire.extend_from_slice(&chunk[..written]);
                connection.handle_written(START, written);
            }
            assert!(wire == whole, "{len} bytes at a time");
        }
    }
}

/// Vectored writes need `std`.
#[cfg(feature = "std")]
#[test]
fn is_the_same_in_a_vectored_write() {
    use std::io::IoSlice;

    for role in ROLES {
        let mut connection = opened(role);
        fill(&mut connection);
        ping_from_peer(&mut connection, b"in front");
        for begun in [0, 1, 5] {
            write(&mut connection, START, begun);
            let whole = waiting(&mut connection);
            let transmit = connection.poll_transmit().expect("something waits");
            let mut slices = [IoSlice::new(&[]); 64];
            let count = transmit.chunks_vectored(&mut slices);
            let wire: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
            assert!(wire == whole);
            assert_eq!(transmit.remaining(), whole.len());
            let mut two = [IoSlice::new(&[]); 2];
            assert_eq!(transmit.chunks_vectored(&mut two), 2, "as many as there are slots");
        }
    }
}

#[test]
fn is_the_same_when_it_is_taken_out() {
    for role in ROLES {
        let mut whole = opened(role);
        fill(&mut whole);
        let whole = write_all(&mut whole, START);
        for max in [1, 7, 4_095, 4_096, 5_000, usize::MAX] {
            let mut connection = opened(role);
            fill(&mut connection);
            let mut wire = Vec::new();
            while connection.poll_transmit().is_some() {
                wire.extend(take(&mut connection, max));
            }
            assert!(wire == whole, "{max} bytes at a time");
            assert_eq!(connection.buffered_amount(), 0);
        }
    }
}
