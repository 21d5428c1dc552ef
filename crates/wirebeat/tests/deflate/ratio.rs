//! The limit on how many times as long as what came a message may get: it's about the message, not
//! about how it's cut.

use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use super::*;

const FREE_LEN: u64 = 64 * 1024;
const STEP_LEN: usize = 4 * 1024;

/// A message that was compressed by itself, without what the receiver adds.
fn compressed(message: &[u8]) -> Vec<u8> {
    let config = Config { send_queue_len_max: usize::MAX, ..Config::default() };
    let deflate = Deflate::default().even_if_longer(true).message_len_min(1);
    let mut sender = deflated_with(Role::Server, &config, &deflate, no_takeover());
    sender.send(START, message).expect("room");
    frames(&write_all(&mut sender, START))[0].payload.clone()
}

/// What becomes of a message that comes in these frames, at most so much at once.
fn verdict(
    payload: &[u8],
    ratio_max: u32,
    delivery: Delivery,
    frame_len: usize,
    chunk_len: usize,
) -> (usize, Option<Reason>) {
    let deflate = Deflate::default().ratio_max(Some(ratio_max));
    let config = Config { delivery, ..Config::default() };
    let mut connection = deflated_with(Role::Client, &config, &deflate, takeover());
    let mut wire = Vec::new();
    let frames = payload.chunks(frame_len).count();
    for (index, frame) in payload.chunks(frame_len).enumerate() {
        let first = if index == 0 { BINARY & 0x0F | RSV1 } else { CONTINUES };
        let fin = if index == frames - 1 { 0x80 } else { 0 };
        wire.extend(from_peer_of(Role::Client, first | fin, frame));
    }
    let mut len = 0;
    for chunk in wire.chunks(chunk_len) {
        for event in receive(&mut connection, START, chunk) {
            len += match event {
                Event::Message(message) => message.len(),
                Event::Fragment(fragment) => fragment.payload.len(),
                other => unreachable!("{other:?}"),
            };
        }
    }
    let reason = connection.cause().map(|cause| cause.reason);
    // Pieces have been handed over by then, and how many is how they came.
    (if reason.is_some() { 0 } else { len }, reason)
}

/// What comes out of the first bytes of a message, looked at where the documents say.
fn is_within(payload: &[u8], ratio_max: u32) -> bool {
    let mut inflate = zlib_rs::Inflate::new(false, 15);
    let mut output = vec![0; 4 << 20];
    payload.chunks(STEP_LEN).all(|step| {
        let status = inflate.decompress(step, &mut output, zlib_rs::InflateFlush::SyncFlush);
        assert!(status.is_ok());
        inflate.total_out() <= (inflate.total_in() * u64::from(ratio_max)).max(FREE_LEN)
    })
}

/// Parts that can be compressed a little, a lot, or not at all.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let part = (0..3_u8, 1..60_000_usize, any::<u64>());
    vec_of(part, 1..6).prop_map(|parts| {
        let mut message = Vec::new();
        for (content, len, seed) in parts {
            match content {
                0 => message.resize(message.len() + 4 * len, 7),
                1 => message.extend(json(len).into_bytes()),
                _ => message.extend(Numbers::new(seed).bytes(len / 4)),
            }
        }
        message
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_verdict_on_a_message_is_the_same_however_it_is_cut(
        message in message(),
        ratio_max in prop_oneof![1..12_u32, 12..1000_u32],
        frame_len in prop_oneof![1..300_usize, 300..20_000_usize],
        chunk_len in prop_oneof![1..300_usize, 300..20_000_usize],
    ) {
        let payload = compressed(&message);
        let expected = match is_within(&payload, ratio_max) {
            true => (message.len(), None),
            false => (0, Some(Reason::Protocol(ProtocolError::DeflateRatio { ratio_max }))),
        };
        let pieces = Delivery::Pieces { message_len_max: None, frame_len_max: None };
        for delivery in [Delivery::Whole, pieces] {
            for frame_len in [frame_len, usize::MAX] {
                for chunk_len in [chunk_len, usize::MAX] {
                    let verdict = verdict(&payload, ratio_max, delivery, frame_len, chunk_len);
                    prop_assert_eq!(&verdict, &expected);
                }
            }
        }
    }
}

/// What gets long first is looked at before what would make up for it has come, and what comes with
/// it makes up for it.
#[test]
fn what_comes_later_makes_up_for_nothing() {
    let zeros = vec![0; 200_000];
    let noise = Numbers::new(5).bytes(100_000);
    for (message, fits) in [([&*zeros, &noise].concat(), false), ([&*noise, &zeros].concat(), true)]
    {
        let payload = compressed(&message);
        for (frame_len, chunk_len) in
            [(usize::MAX, usize::MAX), (usize::MAX, 1), (1, usize::MAX), (4096, 4096)]
        {
            let (_, reason) = verdict(&payload, 5, Delivery::Whole, frame_len, chunk_len);
            assert_eq!(reason.is_none(), fits);
        }
    }
}

/// Inclusive, and looked at where a message ends, too.
#[test]
fn the_ratio_is_inclusive() {
    for about in [70_000, 200_000] {
        let payload_len = compressed(&vec![0; about]).len();
        let ratio = about / payload_len;
        let payload = compressed(&vec![0; ratio * payload_len]);
        assert_eq!(payload.len(), payload_len, "a few bytes less take as many");
        let ratio = u32::try_from(ratio).expect("a ratio");
        for (ratio_max, fits) in [(ratio, true), (ratio - 1, false)] {
            for chunk_len in [1, usize::MAX] {
                let (_, reason) =
                    verdict(&payload, ratio_max, Delivery::Whole, usize::MAX, chunk_len);
                assert_eq!(reason.is_none(), fits);
            }
        }
    }
}
