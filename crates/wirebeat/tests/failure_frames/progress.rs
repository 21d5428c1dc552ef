use super::*;

/// curl CVE-2025-5399: an endless loop. Each call eats, yields, or is the last.
#[test]
fn failure_t08_every_call_eats_or_yields_or_ends_the_input() {
    let mut numbers = Numbers::new(8);
    for round in 0..2_000 {
        let role = ROLES[round % 2];
        let mut connection = opened(role);
        let mut stream: Vec<u8> = Vec::new();
        for _ in 0..numbers.below(6) {
            let first = [TEXT, BINARY, PING, PONG, TEXT_BEGINS, CONTINUES, CONTINUES_LAST, CLOSE]
                [numbers.below(8)];
            let len = numbers.below(140);
            stream.extend(from_peer_of(role, first, &numbers.bytes(len)));
        }
        let noise = numbers.below(8);
        stream.extend(numbers.bytes(noise));
        // In two chunks, so that the second may come to a connection that has ended.
        let cut = numbers.below(stream.len() + 1);
        let (front, back) = stream.split_at_mut(cut);
        for chunk in [front, back] {
            assert_progresses(&mut connection, chunk);
        }
    }
}

fn assert_progresses(connection: &mut Connection, chunk: &mut [u8]) {
    let len = chunk.len();
    let mut input = Input::new(chunk);
    for calls in 1.. {
        let before = input.len();
        let event = connection.receive(START, &mut input);
        assert!(event.is_some() || input.is_empty(), "it stops before the end");
        let ends = matches!(event, Some(Event::Error(_) | Event::Closed(_)) | None);
        assert!(input.len() < before || ends, "it eats nothing");
        assert!(calls <= len + 3, "more calls than bytes");
        if event.is_none() {
            break;
        }
    }
    assert_eq!(connection.receive(START, &mut input), None);
}

/// The same of what is written: every byte that's reported moves the queue, and it ends.
#[test]
fn failure_t08_every_byte_that_is_written_moves_the_queue() {
    for role in ROLES {
        let mut connection = opened(role);
        connection.send(START, vec![0; 5_000]).expect("room");
        connection.send(START, "").expect("room");
        receive(&mut connection, START, &from_peer_of(role, PING, b"p"));
        connection.close(START, None).expect("no code");
        let mut left = waiting(&mut connection).len();
        while left > 0 {
            write(&mut connection, START, 1);
            left -= 1;
            assert_eq!(waiting(&mut connection).len(), left);
        }
        assert!(connection.poll_transmit().is_none());
    }
}
