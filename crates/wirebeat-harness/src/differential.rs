//! Our decoder and tungstenite's, on the same stream: invariant 13, second half.

use std::io::{self, Cursor, Read, Write};

use tungstenite::Error;
use tungstenite::error::ProtocolError as TheirError;
use tungstenite::protocol::{WebSocket, WebSocketConfig};
use wirebeat::{Kind, ProtocolError, Role};

use crate::model::{self, Heard};
use crate::rules::Rules;
use crate::source::Source;
use crate::split::{Cuts, receive};

/// The longest payload that both take here.
const FRAME_LEN_MAX: usize = 1 << 17;

/// The harness of the target `differential_tungstenite`: a role, and a stream.
///
/// # Panics
///
/// If the two hear other messages, or one refuses what the other takes, and [`is_known_difference`]
/// doesn't list it.
pub fn differential_tungstenite(data: &[u8]) {
    let mut source = Source::new(data);
    let role = if source.is_odd() { Role::Client } else { Role::Server };
    check_agreement(role, source.rest());
}

/// Checks that tungstenite hears what we hear of a stream, and refuses it if we do.
///
/// # Panics
///
/// As [`differential_tungstenite`].
pub fn check_agreement(role: Role, stream: &[u8]) {
    let frame_len_max = FRAME_LEN_MAX as u64;
    let rules = Rules { message_len_max: u64::MAX, frame_len_max, ..Rules::new(role) };
    let mut ours = model::whole(&receive(&rules, stream, &Cuts::none()).heard);
    let last = ours.last().cloned();
    let is_refused = matches!(last, Some(Heard::Violation(_)));
    let mut stream = stream.to_vec();
    if is_refused {
        ours.pop();
        // We refuse at the byte that shows it, tungstenite when the frame is complete: its header
        // is here by 14 bytes, and a longer payload than the limit it refuses as well.
        stream.resize(stream.len() + 14 + FRAME_LEN_MAX, 0xFF);
    }
    let (theirs, refusal) = tungstenite_hears(stream, role);
    if last.as_ref().is_some_and(is_known_difference) {
        let same = ours.len() - usize::from(!is_refused);
        assert_eq!(theirs.get(..same), Some(&ours[..same]));
        return;
    }
    assert_eq!(theirs, ours, "and then {refusal:?}");
    let is_closed = matches!(last, Some(Heard::Closing(_)));
    assert!(is_closed || is_refused == refusal.is_some(), "{last:?}, but {refusal:?}");
}

/// Where tungstenite is known to hear otherwise than RFC 6455 has it, or than we read it:
///
/// - it takes lengths that aren't written in the fewest bytes (§5.2: "the minimal number of bytes
///   MUST be used"), also in control frames, where the second byte is enough for us;
/// - it reports a Close whose code may not be sent as one with 1002, instead of failing;
/// - it takes 1014, which was registered later, for such a code.
///
/// Besides, it reads on behind a Close, and complains of what it finds there; we are done with the
/// peer then. That is no difference in what is heard, and isn't compared.
#[must_use]
pub fn is_known_difference(last: &Heard) -> bool {
    use tungstenite::protocol::frame::coding::CloseCode;
    match last {
        Heard::Violation(error) => {
            matches!(
                error,
                ProtocolError::LengthNotMinimal
                    | ProtocolError::ControlTooLong
                    | ProtocolError::CloseCode(_)
            )
        }
        Heard::Closing(Some((code, _))) => !CloseCode::from(*code).is_allowed(),
        _ => false,
    }
}

/// A stream that holds what was written, and takes what is sent to nowhere.
struct Recorded(Cursor<Vec<u8>>);

impl Read for Recorded {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Recorded {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What tungstenite hears of a stream, and why it refuses the rest, if it does.
#[must_use]
pub fn tungstenite_hears(stream: Vec<u8>, role: Role) -> (Vec<Heard>, Option<Error>) {
    let role = match role {
        Role::Client => tungstenite::protocol::Role::Client,
        Role::Server => tungstenite::protocol::Role::Server,
    };
    let config =
        WebSocketConfig::default().max_frame_size(Some(FRAME_LEN_MAX)).max_message_size(None);
    let stream = Recorded(Cursor::new(stream));
    let mut socket = WebSocket::from_raw_socket(stream, role, Some(config));
    let mut heard = Vec::new();
    loop {
        match socket.read() {
            Ok(tungstenite::Message::Text(text)) => {
                heard.push(Heard::Message(Kind::Text, text.as_str().into()));
            }
            Ok(tungstenite::Message::Binary(bytes)) => {
                heard.push(Heard::Message(Kind::Binary, bytes.to_vec()));
            }
            Ok(tungstenite::Message::Ping(payload)) => heard.push(Heard::Ping(payload.to_vec())),
            Ok(tungstenite::Message::Pong(payload)) => heard.push(Heard::Pong(payload.to_vec())),
            Ok(tungstenite::Message::Close(frame)) => heard.push(Heard::Closing(
                frame.map(|frame| (frame.code.into(), frame.reason.as_str().to_owned())),
            )),
            Ok(tungstenite::Message::Frame(_)) => unreachable!("it's never read"),
            Err(
                Error::ConnectionClosed | Error::Protocol(TheirError::ResetWithoutClosingHandshake),
            ) => return (heard, None),
            Err(error) => return (heard, Some(error)),
        }
    }
}
