use super::*;

#[test]
fn allocates_nothing() {
    for role in ROLES {
        for first in [TEXT, BINARY] {
            for len in [0, 1, 125, 126, 1_000, 16_384, 65_535, 65_536, 200_000] {
                let mut chunk = message(role, first, len).repeat(3);
                // What comes before changes nothing: a message in pieces.
                for before in [&[][..], &message(role, TEXT, 10_000)] {
                    let mut connection = open(role, &quiet());
                    for piece in before.chunks(999) {
                        receive(&mut connection, START, piece);
                    }
                    let mut masked = chunk.clone();
                    let mut seen = 0;
                    let info = measure(|| {
                        let mut input = Input::new(&mut masked);
                        while let Some(event) = connection.receive(START, &mut input) {
                            let Event::Message(message) = event else { unreachable!() };
                            assert_eq!(message.len(), len);
                            seen += 1;
                        }
                    });
                    assert_eq!(seen, 3);
                    assert_eq!(info.count_total, 0, "{role} {first:02x} {len}");
                }
                chunk.clear();
            }
        }
    }
}

/// Pings, pongs and closes are no messages, and still borrow what they carry.
#[test]
fn nor_does_a_pong() {
    for role in ROLES {
        let mut connection = open(role, &quiet());
        let mut chunk = from_peer_of(role, PONG, &[7; 125]).repeat(10);
        let info = measure(|| {
            let mut input = Input::new(&mut chunk);
            while connection.receive(START, &mut input).is_some() {}
        });
        assert_eq!(info.count_total, 0);
    }
}
