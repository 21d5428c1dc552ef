//! The parts of the wire format, one by one: masking, text, the body of a Close.
#![forbid(unsafe_code)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use wirebeat::Kind;
use wirebeat_harness::close_body::check_body;
use wirebeat_harness::masking::check_mask;
use wirebeat_harness::strategies::{config, cuts, payload, rules};
use wirebeat_harness::utf8::check_text;

const REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/properties_wire.txt");

/// Text, in parts, of which a byte may be another.
fn parts() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let damage = prop_oneof![2 => Just(None), 1 => any::<(Index, u8)>().prop_map(Some)];
    (payload(Kind::Text), damage, vec(any::<Index>(), 0..5)).prop_map(|(mut text, damage, cuts)| {
        if let (Some((index, byte)), false) = (damage, text.is_empty()) {
            let at = index.index(text.len());
            text[at] = byte;
        }
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        ends.sort_unstable();
        ends.push(text.len());
        let starts = std::iter::once(0).chain(ends.clone());
        starts.zip(&ends).map(|(start, end)| text[start..*end].to_vec()).collect()
    })
}

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    /// RFC 6455 §5.3: with the widest vectors and without any, wherever the payload lies and is cut,
    /// every byte meets its octet of the key.
    #[test]
    fn masking_is_one_octet_of_the_key_for_each_byte(
        key in any::<[u8; 4]>(),
        shift in 0..65_usize,
        cut in any::<usize>(),
        payload in prop_oneof![
            4 => vec(any::<u8>(), 0..300),
            1 => payload(Kind::Binary),
        ],
    ) {
        check_mask(key, shift, cut, &payload);
    }

    /// RFC 6455 §8.1: what is received as text and what is sent as text is what std takes for UTF-8,
    /// and it's refused at the first part that can't be mended.
    #[test]
    fn text_is_what_std_takes_for_utf_8(rules in rules(), parts in parts(), cuts in cuts()) {
        let rules =
            wirebeat_harness::rules::Rules { message_len_max: u64::MAX, frame_len_max: u64::MAX, ..rules };
        check_text(&rules, &parts, &cuts);
    }

    /// RFC 6455 §5.5.1, §7.4.
    #[test]
    fn a_close_frame_says_the_same_to_both_ends(
        rules in rules(),
        code in prop_oneof![select(vec![999, 1000, 1004, 1005, 1006, 1010, 1014, 1015, 1016, 2999, 3000, 4999, 5000]), any::<u16>()],
        reason in prop_oneof!["[aé€]{0,41}".prop_map(String::into_bytes), vec(any::<u8>(), 0..126)],
        len in 0..130_usize,
        cuts in cuts(),
    ) {
        let mut body = [&code.to_be_bytes()[..], &reason].concat();
        body.truncate(len);
        check_body(&rules, &body, &cuts);
    }

    /// No bytes that a fuzzer makes cases of are too odd for that.
    #[test]
    fn invariant_3_no_bytes_panic(data in vec(any::<u8>(), 0..200)) {
        wirebeat_harness::close_body(&data);
        wirebeat_harness::mask(&data);
        wirebeat_harness::roundtrip(&data);
        wirebeat_harness::utf8(&data);
    }
}
