//! Messages that are handed over in pieces: a bomb comes in pieces, too, one at a time.

use super::*;
use allocation_counter::measure;

fn piecewise(message_len_max: Option<u64>) -> Config {
    let delivery = Delivery::Pieces { message_len_max, frame_len_max: None };
    Config { delivery, send_queue_len_max: usize::MAX, ..Config::default() }
}

/// The pieces of one message, put together.
fn put_together(events: &[Event<'static>]) -> Vec<u8> {
    let mut payload = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let Event::Fragment(fragment) = event else { unreachable!("{event:?}") };
        assert_eq!(fragment.first, index == 0);
        assert_eq!(fragment.last, index == events.len() - 1);
        payload.extend_from_slice(&fragment.payload);
    }
    payload
}

#[test]
fn pieces_are_the_message() {
    for role in ROLES {
        for parameters in [takeover(), no_takeover()] {
            let mut sender = deflated(other(role), &piecewise(None), parameters);
            let mut connection = deflated(role, &piecewise(None), parameters);
            for len in [0, 64, 16_383, 16_384, 16_385, 32_768, 200_000] {
                for piece in [1, 1000, usize::MAX] {
                    let text = json(len);
                    sender.send(START, &*text).expect("room");
                    let events = pass(&mut sender, &mut connection, piece);
                    assert!(put_together(&events) == text.as_bytes());
                }
            }
        }
    }
}

#[test]
fn failure_t10_a_bomb_comes_one_block_at_a_time() {
    const LEN: usize = 64 << 20;
    let deflate = Deflate::default().level(9);
    let mut sender = deflated_with(Role::Client, &piecewise(None), &deflate, takeover());
    sender.send(START, vec![0; LEN]).expect("room");
    let mut wire = write_all(&mut sender, START);
    let mut connection = deflated(Role::Server, &piecewise(None), takeover());
    let mut len = 0;
    let info = measure(|| {
        let mut input = Input::new(&mut wire);
        while let Some(event) = connection.receive(START, &mut input) {
            let Event::Fragment(fragment) = event else { unreachable!("{event:?}") };
            assert!(fragment.payload.len() <= 16 * 1024);
            len += fragment.payload.len();
        }
    });
    assert_eq!(len, LEN);
    // What came, the codec's own, and a block or two.
    assert!(info.bytes_max <= 200 * 1024, "{} bytes", info.bytes_max);
}

#[test]
fn the_limit_for_pieces_holds() {
    for (limit, fits) in [(100_000, true), (99_999, false)] {
        let mut sender = deflated(Role::Client, &piecewise(None), takeover());
        let mut connection = deflated(Role::Server, &piecewise(Some(limit)), takeover());
        sender.send(START, vec![0; 100_000]).expect("room");
        pass(&mut sender, &mut connection, usize::MAX);
        assert_eq!(connection.cause().is_none(), fits);
    }
    // Nothing is handed over beyond it, however long the message goes on.
    let mut sender = deflated(Role::Client, &piecewise(None), takeover());
    let mut connection = deflated(Role::Server, &piecewise(Some(99_999)), takeover());
    sender.send(START, vec![0; 1_000_000]).expect("room");
    let len = |event: &Event<'_>| match event {
        Event::Fragment(fragment) => fragment.payload.len(),
        other => unreachable!("{other:?}"),
    };
    let events = pass(&mut sender, &mut connection, usize::MAX);
    assert!(events.iter().map(len).sum::<usize>() <= 99_999);
    assert!(connection.cause().is_some());
}

#[test]
fn text_in_pieces_is_checked() {
    let config = piecewise(None);
    let mut connection = deflated(Role::Server, &config, takeover());
    let mut sender = deflated(Role::Client, &config, takeover());
    let mut bytes = json(20_000).into_bytes();
    bytes[18_000] = 0xFF;
    sender.send(START, &*bytes).expect("room");
    let mut wire = write_all(&mut sender, START);
    wire[0] = TEXT | RSV1;
    let events = receive(&mut connection, START, &wire);
    assert_eq!(events.len(), 1, "the block before");
    let reason = connection.cause().map(|cause| cause.reason);
    assert_eq!(reason, Some(Reason::Protocol(ProtocolError::TextNotUtf8)));
}
