//! What counts as a message that's there: a driver lets its answers wait for it.
#![forbid(unsafe_code)]

use wirebeat::{Config, Connection, Delivery, Endpoint, Event, Input, Timestamp};

const NOW: Timestamp = Timestamp::ZERO;

fn server(config: &Config) -> Connection {
    Connection::established(Endpoint::Server, config, NOW)
}

/// A client's frame with a mask of zeros, which leaves the payload as it is.
fn masked(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).expect("it's short");
    [&[first_byte, 0x80 | len, 0, 0, 0, 0], payload].concat()
}

#[test]
fn a_whole_message_is_one_and_no_part_of_it_is() {
    let connection = server(&Config::default());
    for first_byte in [0x81, 0x82] {
        let frame = masked(first_byte, b"whole");
        assert!(connection.has_message_next(&frame));
        for len in 0..frame.len() {
            assert!(!connection.has_message_next(&frame[..len]), "{len} bytes");
        }
    }
    let behind = [masked(0x82, b""), masked(0x88, b"")].concat();
    assert!(connection.has_message_next(&behind));
}

/// What must not be received before what waits is written, or may end the connection.
#[test]
fn what_else_may_come_is_none() {
    let connection = server(&Config::default());
    for first_byte in [0x88, 0x89, 0x8A, 0x80, 0x00, 0x01, 0x02, 0x83, 0xC2] {
        assert!(!connection.has_message_next(&masked(first_byte, b"")), "{first_byte:#x}");
    }
    // Unmasked, and with a length that isn't minimal.
    assert!(!connection.has_message_next(b"\x82\x00"));
    assert!(!connection.has_message_next(b"\x82\xFE\x00\x00\0\0\0\0"));
}

#[test]
fn a_message_over_the_limit_is_none() {
    let connection = server(&Config { message_len_max: 5, ..Config::default() });
    assert!(connection.has_message_next(&masked(0x82, b"12345")));
    assert!(!connection.has_message_next(&masked(0x82, b"123456")));
}

#[test]
fn it_depends_on_what_came_before() {
    let frame = masked(0x82, b"whole");
    let pieces = Delivery::Pieces { message_len_max: None, frame_len_max: None };
    let connection = server(&Config { delivery: pieces, ..Config::default() });
    assert!(!connection.has_message_next(&frame));

    let mut connection = server(&Config::default());
    let mut begun = masked(0x02, b"begun");
    assert_eq!(connection.receive(NOW, &mut Input::new(&mut begun)), None);
    assert!(!connection.has_message_next(&frame));

    let mut connection = server(&Config::default());
    let mut close = masked(0x88, b"");
    let event = connection.receive(NOW, &mut Input::new(&mut close));
    assert_eq!(event, Some(Event::Closing(None)));
    assert!(!connection.has_message_next(&frame));
}

/// It looks, and says what is so.
#[test]
fn the_next_receive_yields_it() {
    let mut connection = server(&Config::default());
    let mut frame = masked(0x82, b"whole");
    assert!(connection.has_message_next(&frame));
    let event = connection.receive(NOW, &mut Input::new(&mut frame));
    assert!(matches!(event, Some(Event::Message(message)) if message.as_bytes() == b"whole"));
}
