//! The wire format by itself: masking against the plain definition, headers there and back
//! (RFC 6455 §5.2, §5.3).
#![forbid(unsafe_code)]

use proptest::prelude::*;
use wirebeat::ProtocolError;
use wirebeat::frame::{self, HEADER_LEN_MAX, Header, Opcode, Rsv};
use wirebeat_harness::frame::ascii;
use wirebeat_harness::strategies::config;

const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/frame.txt");

const OPCODES: [Opcode; 6] =
    [Opcode::Continuation, Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong];

/// "Octet i of the transformed data … is the XOR of octet i of the original data … with octet at
/// index i modulo 4 of the masking key" (§5.3).
fn masked_octet_by_octet(payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    payload.iter().enumerate().map(|(i, octet)| octet ^ key[i % 4]).collect()
}

/// T29: every length to 600, at every alignment to 64, and around the lengths at which another way
/// of masking takes over; with every rotation of the key.
#[test]
fn masking_is_the_same_at_every_alignment_and_length() {
    const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
    let large = [1023, 2047, 2048, 2049, 4095, 4096, 4097, 65_535, 65_537, 1_048_583];
    let original = ascii(1_048_583 + 64, 0);
    let mut buffer = original.clone();
    for len in (0..=600).chain(large) {
        let alignments = if len <= 600 { 64 } else { 5 };
        for start in 0..alignments {
            let mut key = KEY;
            key.rotate_left(start % 4);
            let end = start + len;
            frame::mask(&mut buffer[start..end], key);
            assert!(
                buffer[start..end] == masked_octet_by_octet(&original[start..end], key),
                "{len} bytes from {start}"
            );
            let touched = start.saturating_sub(64)..(end + 64).min(original.len());
            frame::mask(&mut buffer[start..end], key);
            assert!(
                buffer[touched.clone()] == original[touched],
                "{len} bytes from {start}, undone"
            );
        }
    }
}

/// Every opcode, FIN, reserved bits, masked or not, at the edges of each form of length: encoded in
/// the fewest bytes, and read back from exactly as many.
#[test]
fn headers_come_back_at_every_edge() {
    let lens =
        [0, 1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, 1 << 32, u64::MAX >> 1];
    for opcode in OPCODES {
        for (first, key) in
            (0..16).flat_map(|bits| [(bits << 4, None), (bits << 4, Some([1, 2, 3, 4]))])
        {
            for payload_len in lens {
                let (fin, rsv) = (first & 0x80 != 0, Rsv::from_bits(first));
                let header = Header { fin, rsv, opcode, masking_key: key, payload_len };
                check_there_and_back(&header);
            }
        }
    }
}

/// §5.2: opcodes 3 to 7 and 11 to 15 are reserved, and it's said which one came.
#[test]
fn a_reserved_opcode_is_named() {
    for first in 0..=u8::MAX {
        let opcode = first & 0x0F;
        let expected = matches!(opcode, 3..=7 | 11..=15);
        let error = Header::parse(&[first, 0]).err();
        assert_eq!(error == Some(ProtocolError::ReservedOpcode(opcode)), expected, "{first:#x}");
    }
}

fn check_there_and_back(header: &Header) {
    let mut wire = Vec::new();
    header.encode(&mut wire);
    let extended = match header.payload_len {
        0..=125 => 0,
        126..=0xFFFF => 2,
        _ => 8,
    };
    let len = 2 + extended + header.masking_key.map_or(0, |key| key.len());
    assert_eq!(wire.len(), len);
    assert!(len <= HEADER_LEN_MAX);
    let expected = match header {
        Header { fin: false, opcode, .. } if opcode.is_control() => {
            Err(ProtocolError::ControlFragmented)
        }
        Header { payload_len: 126.., opcode, .. } if opcode.is_control() => {
            Err(ProtocolError::ControlTooLong)
        }
        header => Ok(Some((*header, len))),
    };
    for cut in 0..len {
        // More bytes are needed, unless two are enough to see what is wrong.
        let early = if cut < 2 || expected.is_ok() { Ok(None) } else { expected };
        assert_eq!(Header::parse(&wire[..cut]), early, "{header:?} cut at {cut}");
    }
    wire.push(0xFF);
    assert_eq!(Header::parse(&wire), expected, "{header:?}");
}

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    /// T29, with any key.
    #[test]
    fn masking_is_the_same_with_any_key(
        payload in proptest::collection::vec(any::<u8>(), 0..700),
        start in 0..16_usize,
        key: [u8; 4],
    ) {
        let start = start.min(payload.len());
        let mut masked = payload.clone();
        frame::mask(&mut masked[start..], key);
        prop_assert_eq!(&masked[start..], masked_octet_by_octet(&payload[start..], key));
        prop_assert_eq!(&masked[..start], &payload[..start]);
    }

    /// Any header that may be sent.
    #[test]
    fn headers_come_back(bits: u8, opcode in 0..6_usize, key: Option<[u8; 4]>, shift in 0..64_u32) {
        check_there_and_back(&Header {
            fin: bits & 0x80 != 0,
            rsv: Rsv::from_bits(bits),
            opcode: OPCODES[opcode],
            masking_key: key,
            payload_len: (u64::MAX >> 1) >> shift,
        });
    }

    /// No bytes panic, and what is read is within what is there.
    #[test]
    fn reading_a_header_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
        if let Ok(Some((header, len))) = Header::parse(&bytes) {
            prop_assert!(len <= bytes.len());
            let mut wire = Vec::new();
            header.encode(&mut wire);
            prop_assert_eq!(&bytes[..len], wire);
        }
    }
}
