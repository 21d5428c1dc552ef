//! `read_target`: bytes that are read straight into a long message (design: why caller-owned input;
//! RFC 6455 §5.2).
#![forbid(unsafe_code)]

#[path = "support/behaviour.rs"]
mod behaviour;

use behaviour::*;
use bytes::BufMut;
use wirebeat::{Config, Event, Input, Message};

/// A driver may read more than once before it lets the connection see it: the room is then what is
/// left of the frame, and what comes behind the frame never gets into the message.
#[test]
fn room_is_what_is_left_of_the_frame_however_often_it_is_asked_for() {
    for role in ROLES {
        let config = Config { heartbeat: None, ..Config::default() };
        let mut connection = open(role, &config);
        let len = 20_000;
        let frame = from_peer_of(role, BINARY, &vec![7; len]);
        let head_len = frame.len() - len;
        let (beginning, rest) = frame.split_at(head_len + 10);
        assert_eq!(receive(&mut connection, START, beginning), []);
        let mut read = 0;
        while let Some(mut target) = connection.read_target() {
            let room = target.remaining_mut();
            assert!((1..=rest.len() - read).contains(&room), "{room} of {}", rest.len() - read);
            let part = room.min(7_000);
            target.put_slice(&rest[read..read + part]);
            read += part;
            if read + 1_000 > rest.len() {
                break;
            }
        }
        assert!(read > 7_000, "it was read into more than once");
        let mut left = rest[read..].to_vec();
        left.extend(from_peer_of(role, TEXT, b"behind"));
        let mut input = Input::new(&mut left);
        let mut events = Vec::new();
        while let Some(event) = connection.receive(START, &mut input) {
            events.push(event.into_owned());
        }
        let expected = [Message::from(vec![7; len]), Message::from("behind")];
        assert!(events == expected.map(Event::Message), "{} events", events.len());
    }
}
