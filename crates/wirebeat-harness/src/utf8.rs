//! Text, cut anywhere, in both directions, against std.

use wirebeat::{Connection, Kind, SendErrorReason, Timestamp};

use crate::frame::{Frame, sent_frames};
use crate::model::{self, Heard};
use crate::rules::Rules;
use crate::source::Source;
use crate::split::{Cuts, check_split, receive, waiting};

/// The harness of the target `utf8`: role, cuts of the stream and of the text, and the text, which
/// may be none.
///
/// # Panics
///
/// If what isn't UTF-8 is received or sent, if what is isn't, or if it's noticed late (§8.1).
pub fn utf8(data: &[u8]) {
    let mut source = Source::new(data);
    let rules = Rules { message_len_max: u64::MAX, ..Rules::draw(&mut source) };
    let rules = Rules { frame_len_max: u64::MAX, ..rules };
    let cuts = Cuts::draw(&mut source);
    let count = source.below(6);
    let lens: Vec<usize> = (0..count).map(|_| source.byte().into()).collect();
    check_text(&rules, &parts(source.rest(), &lens), &cuts);
}

/// The bytes, cut into parts of these lengths, and the rest.
fn parts(mut bytes: &[u8], lens: &[usize]) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    for len in lens {
        let (part, rest) = bytes.split_at((*len).min(bytes.len()));
        parts.push(part.to_vec());
        bytes = rest;
    }
    parts.push(bytes.to_vec());
    parts
}

/// Checks what becomes of a text in parts, a frame each, when it's received and when it's sent.
///
/// # Panics
///
/// As [`utf8`].
pub fn check_text(rules: &Rules, parts: &[Vec<u8>], cuts: &Cuts) {
    let mut stream = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let fin = if index + 1 == parts.len() { 0x80 } else { 0 };
        let opcode = u8::from(index == 0);
        let frame = Frame::new(rules.role, opcode, &part[..]);
        Frame { first: fin | opcode, ..frame }.write(&mut stream);
    }
    check_split(rules, &stream, cuts);
    let text = parts.concat();
    let is_text = std::str::from_utf8(&text).is_ok();
    let heard = model::whole(&receive(rules, &stream, cuts).heard);
    assert_eq!(heard.contains(&Heard::Message(Kind::Text, text)), is_text);
    check_sent(rules, parts);
}

/// A fragment is taken if the text up to it can still become UTF-8, and the last if it is.
fn check_sent(rules: &Rules, parts: &[Vec<u8>]) {
    let mut connection: Connection = rules.connection();
    let mut text = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let fin = index + 1 == parts.len();
        text.extend_from_slice(part);
        let is_possible = match std::str::from_utf8(&text) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none() && !fin,
        };
        let kind = (index == 0).then_some(Kind::Text);
        match connection.send_fragment(Timestamp::ZERO, kind, &part[..], fin) {
            Ok(()) => assert!(is_possible, "{text:x?} was taken"),
            Err(error) => {
                assert_eq!((error.reason, is_possible), (SendErrorReason::NotUtf8, false));
                assert_eq!(error.unsent, part[..], "given back otherwise");
                let sent = sent_frames(&waiting(&mut connection), 0, rules.role).len();
                assert_eq!(
                    sent, index,
                    "a part that was refused is sent, or one that wasn't isn't"
                );
                return;
            }
        }
    }
}
