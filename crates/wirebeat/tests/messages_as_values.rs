//! Messages, texts and payloads as values: what can be sent, equality, ownership (RFC 6455 §5.6).
#![forbid(unsafe_code)]

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use bytestring::ByteString;
use wirebeat::{Input, Kind, Message, Payload, Prepared, Text};

/// Whatever can be sent as text, borrowed or owned.
#[test]
fn text_of_every_type_is_the_same_message() {
    let string = "grüße".to_owned();
    for (message, is_owned) in [
        (Message::from("grüße"), false),
        (Message::from(&string), false),
        (Message::from(Text::from("grüße")), false),
        (Message::from(string.clone()), true),
        (Message::from(ByteString::from("grüße")), true),
        (Message::from(Text::from(string.clone())), true),
        (Message::from(Text::from(ByteString::from("grüße"))), true),
    ] {
        assert_eq!(message, Message::from("grüße"));
        assert_eq!(
            (message.kind(), message.is_text(), message.is_owned()),
            (Kind::Text, true, is_owned)
        );
        assert_eq!((message.as_text(), message.len()), (Some("grüße"), 7));
        assert!(!message.borrow().is_owned() && message.borrow() == message);
        let owned = message.clone().into_owned();
        assert!(owned.is_owned() && owned == message);
        assert_eq!(message.into_payload(), *"grüße".as_bytes());
    }
}

/// Whatever can be sent as bytes.
#[test]
fn bytes_of_every_type_are_the_same_message() {
    let vec = vec![1, 2, 3];
    for (message, is_owned) in [
        (Message::from(&[1, 2, 3]), false),
        (Message::from(&[1, 2, 3][..]), false),
        (Message::from(&vec), false),
        (Message::from(Payload::from(&[1, 2, 3])), false),
        (Message::from(vec.clone()), true),
        (Message::from(Bytes::from(vec.clone())), true),
        (Message::from(Payload::from(vec.clone())), true),
    ] {
        assert_eq!(message, Message::from(vec.clone()));
        assert_eq!(
            (message.kind(), message.is_text(), message.is_owned()),
            (Kind::Binary, false, is_owned)
        );
        assert_eq!((message.as_text(), message.as_bytes()), (None, &vec[..]));
        assert!(!message.borrow().is_owned() && message.borrow() == message);
        let owned = message.clone().into_owned();
        assert!(owned.is_owned() && owned == message);
        assert_eq!(message.into_payload(), vec[..]);
    }
}

/// A text isn't the bytes that it's made of, and neither is another of its kind.
#[test]
fn messages_of_two_kinds_differ() {
    assert_ne!(Message::from("a"), Message::from(b"a"));
    assert_ne!(Message::from("a"), Message::from("b"));
    assert_ne!(Message::from(b"a"), Message::from(b"b"));
    for empty in [Message::from(""), Message::from(b"")] {
        assert_eq!((empty.is_empty(), empty.len()), (true, 0));
    }
    assert!(!Message::from("a").is_empty());
}

#[test]
fn a_text_equals_its_characters_whoever_owns_them() {
    for text in [Text::from("aé"), Text::from("aé".to_owned())] {
        assert!(text == *"aé" && text == "aé" && text != *"ae" && text != "ae");
        assert_eq!(AsRef::<str>::as_ref(&text), "aé");
        assert_eq!(text.clone().into_byte_string(), "aé");
        assert_eq!(text.into_payload(), *"aé".as_bytes());
    }
    assert_eq!(Text::from("a"), Text::from("a".to_owned()));
    assert_ne!(Text::from("a"), Text::from("b".to_owned()));
}

#[test]
fn a_payload_equals_its_bytes_whoever_owns_them() {
    for payload in [Payload::from("ab"), Payload::from(b"ab".to_vec()), Payload::from(&b"ab"[..])] {
        assert!(payload == *b"ab" && payload == b"ab" && payload == b"ab"[..]);
        assert!(payload != *b"ax" && payload != b"ax" && payload != b"abc"[..]);
        assert_eq!(AsRef::<[u8]>::as_ref(&payload), b"ab");
        assert_eq!(payload.into_bytes(), b"ab"[..]);
    }
    assert_eq!(Payload::from(b"a"), Payload::from(b"a".to_vec()));
    assert_ne!(Payload::from(b"a"), Payload::from(b"b".to_vec()));
}

fn hash(message: &Message<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    message.hash(&mut hasher);
    hasher.finish()
}

/// What is equal hashes alike, so that a borrowed message finds an owned one in a map.
#[test]
fn equal_messages_hash_alike() {
    let pairs = [
        (Message::from("a"), Message::from("a".to_owned())),
        (Message::from(b"a"), Message::from(b"a".to_vec())),
    ];
    for (borrowed, owned) in &pairs {
        assert_eq!((borrowed, hash(borrowed)), (owned, hash(owned)));
    }
    let others = [Message::from("b"), Message::from(b"b")];
    let hashes = pairs.iter().map(|(message, _)| message).chain(&others).map(hash);
    let mut hashes: Vec<u64> = hashes.collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 4, "other messages hash otherwise");
}

#[test]
fn what_is_prepared_says_what_it_is() {
    let text = Prepared::new("hello");
    assert_eq!((text.kind(), text.len(), text.is_empty()), (Kind::Text, 5, false));
    let empty = Prepared::new(b"");
    assert_eq!((empty.kind(), empty.len(), empty.is_empty()), (Kind::Binary, 0, true));
}

#[test]
fn an_input_is_what_was_read() {
    let mut read = [1, 2, 3];
    let input: Input<'_> = (&mut read[..]).into();
    assert_eq!((input.len(), input.is_empty()), (3, false));
}
