//! A naive decoder of RFC 6455: the whole stream in, all that it means out.
//!
//! It's meant to be plainly right. It knows nothing of chunks, of buffers or of incremental
//! checks: whatever it needs it looks up in the stream as a whole.

use wirebeat::{Kind, ProtocolError, Role};

use crate::rules::Rules;

/// What is heard of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A part of a message: one frame's payload, as far as it came.
    Piece {
        /// The message's kind.
        kind: Kind,
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether the message begins here.
        first: bool,
        /// Whether the message ends here.
        last: bool,
    },
    /// A whole message.
    Message(Kind, Vec<u8>),
    /// A ping.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// A Close frame, with code and reason if it has a body.
    Closing(Option<(u16, String)>),
    /// The peer broke the protocol.
    Violation(ProtocolError),
}

/// What a stream means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// What is heard, frame by frame. A Close or a violation is the last.
    pub heard: Vec<Heard>,
    /// After how many bytes of the stream the violation is certain.
    pub failed_at: Option<usize>,
}

/// Decodes a stream of frames that the end with `rules` receives.
#[must_use]
pub fn decode(stream: &[u8], rules: &Rules) -> Decoded {
    let mut heard = Vec::new();
    let failed_at = match frames(stream, rules, &mut heard) {
        Ok(()) => None,
        Err((error, at)) => {
            heard.push(Heard::Violation(error));
            Some(at)
        }
    };
    Decoded { heard, failed_at }
}

type Failure = (ProtocolError, usize);

/// A message whose last frame hasn't come.
type Message = Option<(Kind, Vec<u8>)>;

fn frames(stream: &[u8], rules: &Rules, heard: &mut Vec<Heard>) -> Result<(), Failure> {
    let mut message: Message = None;
    let mut at = 0;
    while let Some(head) = head(stream, at, rules, message.as_ref())? {
        let available = &stream[head.payload_start..];
        let arrived = available.len().min(usize::try_from(head.len).unwrap_or(usize::MAX));
        let is_whole = arrived as u64 == head.len;
        let payload = unmasked(&available[..arrived], head.key);
        at = head.payload_start + arrived;
        if head.opcode < 8 {
            let frame = DataFrame { fin: head.fin && is_whole, is_whole, payload };
            let first = head.kind();
            data_frame(&frame, first, &mut message, heard)
                .map_err(|(error, len)| (error, head.payload_start + len))?;
        } else if is_whole {
            match head.opcode {
                9 => heard.push(Heard::Ping(payload)),
                10 => heard.push(Heard::Pong(payload)),
                _ => {
                    heard.push(Heard::Closing(close(&payload).map_err(|error| (error, at))?));
                    return Ok(());
                }
            }
        }
        if !is_whole {
            return Ok(());
        }
    }
    Ok(())
}

/// A frame's header.
struct Head<'s> {
    fin: bool,
    opcode: u8,
    len: u64,
    key: &'s [u8],
    payload_start: usize,
}

impl Head<'_> {
    /// The kind of the message that begins here, if one does.
    fn kind(&self) -> Option<Kind> {
        match self.opcode {
            1 => Some(Kind::Text),
            2 => Some(Kind::Binary),
            _ => None,
        }
    }
}

/// The header at `at`, if all of it is there.
fn head<'s>(
    stream: &'s [u8],
    mut at: usize,
    rules: &Rules,
    message: Option<&(Kind, Vec<u8>)>,
) -> Result<Option<Head<'s>>, Failure> {
    let Some(&[first, second]) = stream.get(at..at + 2) else { return Ok(None) };
    at += 2;
    check_start(first, second, rules.role, message.is_some()).map_err(|error| (error, at))?;
    let (fin, opcode, short_len) = (first & 0x80 != 0, first & 0x0F, second & 0x7F);

    let extended = match short_len {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some(digits) = stream.get(at..at + extended) else { return Ok(None) };
    let number = digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit));
    let len = if extended == 0 { u64::from(short_len) } else { number };
    at += extended;
    if extended == 8 && len >= 1 << 63 {
        return Err((ProtocolError::LengthHighBit, at));
    }
    if extended == 2 && len < 126 || extended == 8 && len < 65_536 {
        return Err((ProtocolError::LengthNotMinimal, at));
    }

    let key_len = if second & 0x80 == 0 { 0 } else { 4 };
    let Some(key) = stream.get(at..at + key_len) else { return Ok(None) };
    at += key_len;
    if opcode < 8 {
        let so_far = message.map_or(0, |(_, bytes)| bytes.len() as u64);
        check_limits(len, so_far, rules).map_err(|error| (error, at))?;
    }
    Ok(Some(Head { fin, opcode, len, key, payload_start: at }))
}

fn unmasked(payload: &[u8], key: &[u8]) -> Vec<u8> {
    let unmask = |(i, byte): (usize, &u8)| if key.is_empty() { *byte } else { byte ^ key[i % 4] };
    payload.iter().enumerate().map(unmask).collect()
}

/// What has come of a frame that carries a part of a message.
struct DataFrame {
    /// Whether the message ends with what has come.
    fin: bool,
    is_whole: bool,
    payload: Vec<u8>,
}

/// Adds a frame to the message. A failure says after how many bytes of the payload it's certain.
fn data_frame(
    frame: &DataFrame,
    first: Option<Kind>,
    message: &mut Message,
    heard: &mut Vec<Heard>,
) -> Result<(), Failure> {
    let begun = first.map(|kind| (kind, Vec::new()));
    let Some((kind, mut bytes)) = message.take().or(begun) else { return Ok(()) };
    let before = bytes.len();
    bytes.extend_from_slice(&frame.payload);
    let wrong_after = match kind {
        Kind::Binary => None,
        Kind::Text => match impossible_after(&bytes) {
            None if frame.fin && std::str::from_utf8(&bytes).is_err() => Some(frame.payload.len()),
            None => None,
            Some(len) => Some(len - before),
        },
    };
    if frame.is_whole || !frame.payload.is_empty() {
        // Up to the wrong byte, if it's a byte that is wrong, and not that there are no more.
        let mut piece = frame.payload.clone();
        piece.truncate(wrong_after.map_or(piece.len(), |len| len.saturating_sub(1)));
        let last = frame.fin && wrong_after.is_none();
        heard.push(Heard::Piece { kind, bytes: piece, first: first.is_some(), last });
    }
    if let Some(len) = wrong_after {
        return Err((ProtocolError::TextNotUtf8, len));
    }
    *message = if frame.fin { None } else { Some((kind, bytes)) };
    Ok(())
}

/// What the first two bytes of a frame say (§5.1, §5.2, §5.4, §5.5).
fn check_start(first: u8, second: u8, role: Role, in_message: bool) -> Result<(), ProtocolError> {
    let (fin, opcode) = (first & 0x80 != 0, first & 0x0F);
    match (role, second & 0x80 != 0) {
        _ if matches!(opcode, 3..=7 | 11..=15) => Err(ProtocolError::ReservedOpcode(opcode)),
        _ if first & 0x70 != 0 => Err(ProtocolError::ReservedBits),
        (Role::Server, false) => Err(ProtocolError::NotMasked),
        (Role::Client, true) => Err(ProtocolError::Masked),
        _ if opcode == 0 && !in_message => Err(ProtocolError::ContinuationWithoutStart),
        _ if matches!(opcode, 1 | 2) && in_message => Err(ProtocolError::MessageInterleaved),
        _ if opcode >= 8 && !fin => Err(ProtocolError::ControlFragmented),
        _ if opcode >= 8 && second & 0x7F > 125 => Err(ProtocolError::ControlTooLong),
        _ => Ok(()),
    }
}

fn check_limits(len: u64, so_far: u64, rules: &Rules) -> Result<(), ProtocolError> {
    if len > rules.frame_len_max {
        let payload_len_max = rules.frame_len_max;
        return Err(ProtocolError::FrameTooLarge { payload_len: len, payload_len_max });
    }
    if u128::from(so_far) + u128::from(len) > u128::from(rules.message_len_max) {
        return Err(ProtocolError::MessageTooLarge { message_len_max: rules.message_len_max });
    }
    Ok(())
}

/// After how many bytes it's certain that no continuation makes the text UTF-8.
fn impossible_after(text: &[u8]) -> Option<usize> {
    let is_impossible = |text| std::str::from_utf8(text).is_err_and(|e| e.error_len().is_some());
    let valid = std::str::from_utf8(text).err().filter(|e| e.error_len().is_some())?.valid_up_to();
    (valid + 1..=text.len()).find(|len| is_impossible(&text[..*len]))
}

/// The body of a Close frame (§5.5.1, §7.4).
fn close(body: &[u8]) -> Result<Option<(u16, String)>, ProtocolError> {
    match body {
        [] => Ok(None),
        [_] => Err(ProtocolError::CloseBodyTruncated),
        [high, low, reason @ ..] => match u16::from_be_bytes([*high, *low]) {
            code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => match std::str::from_utf8(reason) {
                Ok(reason) => Ok(Some((code, reason.to_owned()))),
                Err(_) => Err(ProtocolError::CloseReasonNotUtf8),
            },
            code => Err(ProtocolError::CloseCode(code)),
        },
    }
}

/// Puts pieces together where nothing stands between them: how a message was cut says nothing.
#[must_use]
pub fn merged(heard: &[Heard]) -> Vec<Heard> {
    let mut merged: Vec<Heard> = Vec::new();
    for heard in heard {
        if let (
            Some(Heard::Piece { bytes, last, .. }),
            Heard::Piece { bytes: more, first: false, last: ends, .. },
        ) = (merged.last_mut(), heard)
        {
            bytes.extend_from_slice(more);
            *last = *ends;
        } else {
            merged.push(heard.clone());
        }
    }
    merged
}

/// Puts pieces together to whole messages, each where its last piece stands.
#[must_use]
pub fn whole(heard: &[Heard]) -> Vec<Heard> {
    let (mut whole, mut message) = (Vec::new(), Vec::new());
    for heard in heard {
        match heard {
            Heard::Piece { kind, bytes, last, .. } => {
                message.extend_from_slice(bytes);
                if *last {
                    whole.push(Heard::Message(*kind, std::mem::take(&mut message)));
                }
            }
            other => whole.push(other.clone()),
        }
    }
    whole
}
