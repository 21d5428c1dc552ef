//! What is received: invariants 1 and 3 of the design, against a naive decoder.
#![forbid(unsafe_code)]

use proptest::prelude::*;
use proptest::sample::{Index, select};
use wirebeat::{CloseCode, Kind, ProtocolError, Role};
use wirebeat_harness::frame::{Frame, ascii};
use wirebeat_harness::model::{self, Heard};
use wirebeat_harness::rules::Rules;
use wirebeat_harness::split::{Cut, Cuts, check_split, receive};
use wirebeat_harness::strategies::{
    broken_stream, config, cuts, kind, payload, role, rules, valid_frames, written,
};

const REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/properties_receive.txt");

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    /// However a stream that breaks no rule is cut, the same events come out, and they're those of
    /// the model; so does the same output (RFC 6455 §5.4, §5.5).
    #[test]
    fn invariant_1_chunking_changes_nothing(
        (rules, frames) in rules().prop_flat_map(|rules| (Just(rules), valid_frames(rules.role))),
        cuts in cuts(),
    ) {
        check_split(&rules, &written(&frames), &cuts);
    }

    /// Nor does it change anything where a rule is broken: the same violation is found, at the same
    /// byte, behind the same events (RFC 6455 §7.1.7).
    #[test]
    fn invariant_1_chunking_changes_nothing_of_a_broken_stream(
        (rules, stream) in rules().prop_flat_map(|rules| (Just(rules), broken_stream(rules.role))),
        cuts in cuts(),
    ) {
        check_split(&rules, &stream, &cuts);
    }

    /// A long binary frame may be read into its message, or pass through chunks, or both.
    #[test]
    fn invariant_1_reading_into_a_message_changes_nothing(
        role in role(),
        lens in proptest::collection::vec(10_000..90_000_usize, 1..4),
        mut cuts in cuts(),
    ) {
        let frames = lens.iter().enumerate().flat_map(|(index, len)| {
            let payload = ascii(*len, u8::try_from(index).expect("at most three"));
            let (start, rest) = payload.split_at(len / 3);
            let first = Frame { first: 0x02, ..Frame::new(role, 2, start) };
            let ping = Frame::new(role, 9, &b"ping"[..]);
            [first, ping, Frame::new(role, 0, rest)]
        });
        let stream = written(&frames.collect::<Vec<_>>());
        cuts.0.push(Cut { len: 30_000, into_message: true });
        check_split(&Rules::new(role), &stream, &cuts);
    }

    /// Bytes of any kind neither panic nor confuse (RFC 6455 §10.7).
    #[test]
    fn invariant_3_no_bytes_panic(data in proptest::collection::vec(any::<u8>(), 0..300)) {
        wirebeat_harness::frame_split(&data);
    }
}

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    /// A message is the same whole as in pieces (RFC 6455 §5.4).
    #[test]
    fn invariant_1_delivery_changes_nothing_but_the_pieces(
        (role, frames) in role().prop_flat_map(|role| (Just(role), valid_frames(role))),
        cuts in cuts(),
    ) {
        let stream = written(&frames);
        let whole = receive(&Rules::new(role), &stream, &cuts).heard;
        let pieces = Rules { pieces: true, ..Rules::new(role) };
        prop_assert_eq!(model::whole(&receive(&pieces, &stream, &cuts).heard), whole);
    }

    /// A text is refused at the first byte that no continuation could mend, though the frame and
    /// the message go on (RFC 6455 §8.1).
    #[test]
    fn text_is_refused_at_its_first_wrong_byte(
        text in payload(Kind::Text),
        wrong in any::<u8>(),
        at in any::<Index>(),
        pieces in any::<bool>(),
    ) {
        let mut bytes = text.clone();
        bytes.insert(at.index(text.len() + 1), wrong);
        let frame = Frame::new(Role::Server, 1, bytes);
        check_split(&Rules { pieces, ..Rules::new(Role::Server) }, &written(&[frame]), &Cuts::none());
    }

    /// A text may not end inside a code point, however it's handed over (RFC 6455 §8.1).
    #[test]
    fn text_does_not_end_inside_a_code_point(
        role in role(),
        pieces in any::<bool>(),
        mut text in "[aé€😀]{0,30}",
        last in select(vec!['é', '€', '😀']),
        missing in any::<Index>(),
        split in any::<Index>(),
        cuts in cuts(),
    ) {
        text.push(last);
        let len = text.len() - 1 - missing.index(last.len_utf8() - 1);
        let (start, rest) = text.as_bytes()[..len].split_at(split.index(len + 1));
        let frames = [
            Frame { first: 0x01, ..Frame::new(role, 1, start) },
            Frame::new(role, 9, []),
            Frame::new(role, 0, rest),
        ];
        let rules = Rules { pieces, ..Rules::new(role) };
        check_split(&rules, &written(&frames), &cuts);
        let heard = receive(&rules, &written(&frames), &cuts).heard;
        prop_assert_eq!(heard.last(), Some(&Heard::Violation(ProtocolError::TextNotUtf8)));
    }

    /// Limits are inclusive: the edge passes, one more is refused with 1009, in one frame or in two
    /// (RFC 6455 §10.4).
    #[test]
    fn limits_are_inclusive(
        (role, kind, pieces) in (role(), kind(), any::<bool>()),
        len in 1..70_000_usize,
        split in any::<Index>(),
    ) {
        let payload = ascii(len, 0);
        let opcode = if kind == Kind::Text { 1 } else { 2 };
        let (start, rest) = payload.split_at(split.index(len));
        let one = [Frame::new(role, opcode, &payload[..])];
        let two = [Frame { first: opcode, ..Frame::new(role, opcode, start) }, Frame::new(role, 0, rest)];
        for (max, passes) in [(len as u64, true), (len as u64 - 1, false)] {
            for (frames, frame_len_max) in [(&one[..], max), (&one[..], u64::MAX), (&two[..], u64::MAX)] {
                let message_len_max = if frame_len_max == max { u64::MAX } else { max };
                let rules = Rules { role, pieces, frame_len_max, message_len_max };
                let seen = receive(&rules, &written(frames), &Cuts::every(1000));
                let refused = seen.heard.iter().any(|heard| matches!(
                    heard,
                    Heard::Violation(error) if error.close_code() == CloseCode::TOO_BIG
                ));
                prop_assert_eq!(refused, !passes);
            }
        }
    }
}
