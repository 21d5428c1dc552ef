//! What a client puts on the wire, read by code that owes nothing to the core.

/// One frame of a client's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WireFrame {
    pub(super) fin: bool,
    pub(super) rsv: u8,
    pub(super) opcode: u8,
    pub(super) is_masked: bool,
    /// How many bytes the length takes besides the usual seven bits: 0, 2 or 8.
    pub(super) len_bytes: usize,
    pub(super) payload: Vec<u8>,
}

impl WireFrame {
    /// Reads a frame at the front, and says how long it is; `None` if it isn't all there.
    pub(super) fn parse(bytes: &[u8]) -> Option<(WireFrame, usize)> {
        let [first, second, rest @ ..] = bytes else { return None };
        let is_masked = second & 0x80 != 0;
        let len_bytes = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (len, rest) = rest.split_at_checked(len_bytes)?;
        let len = match len {
            [] => u64::from(second & 0x7f),
            bytes => bytes.iter().fold(0, |len, byte| len << 8 | u64::from(*byte)),
        };
        let (key, rest) = rest.split_at_checked(if is_masked { 4 } else { 0 })?;
        let (payload, behind) = rest.split_at_checked(usize::try_from(len).ok()?)?;
        let mut payload = payload.to_vec();
        for (byte, key) in payload.iter_mut().zip(key.iter().cycle()) {
            *byte ^= key;
        }
        let frame = WireFrame {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 7,
            opcode: first & 0x0f,
            is_masked,
            len_bytes,
            payload,
        };
        Some((frame, bytes.len() - behind.len()))
    }

    /// Whether the length is written in the fewest bytes ([RFC 6455 §5.2]).
    ///
    /// [RFC 6455 §5.2]: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
    pub(super) fn is_minimal(&self) -> bool {
        let least = match self.payload.len() {
            0..=125 => 0,
            126..=0xffff => 2,
            _ => 8,
        };
        self.len_bytes == least
    }
}

/// The frame as a server sends it: short, and unmasked.
pub(super) fn unmasked(frame: &WireFrame) -> Vec<u8> {
    let len = u8::try_from(frame.payload.len()).expect("a control frame is short");
    let mut bytes = vec![0x80 | frame.opcode, len];
    bytes.extend_from_slice(&frame.payload);
    bytes
}

/// The value of a header, by its name in lower case; empty if there's none.
pub(super) fn header(head: &[u8], name: &str) -> String {
    let head = String::from_utf8_lossy(head);
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}
