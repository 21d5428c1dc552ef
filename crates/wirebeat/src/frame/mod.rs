//! The wire format of one frame ([RFC 6455 §5]): header, masking, opcodes.
//!
//! Pure functions on slices; nothing here knows of a message or a connection.
//!
//! ```
//! use wirebeat::frame::{self, Header, Opcode};
//!
//! // RFC 6455 §5.7: a single-frame masked text message that contains "Hello".
//! let mut wire = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
//! let (header, header_len) = Header::parse(&wire).unwrap().expect("the whole header is there");
//! assert_eq!((header.opcode, header.fin, header.payload_len), (Opcode::Text, true, 5));
//!
//! let payload = &mut wire[header_len..];
//! frame::mask(payload, header.masking_key.unwrap());
//! assert_eq!(payload, b"Hello");
//! ```
//!
//! [RFC 6455 §5]: https://www.rfc-editor.org/rfc/rfc6455#section-5

mod header;
mod mask;
mod opcode;

pub use header::{HEADER_LEN_MAX, Header, Rsv};
pub use mask::mask;
pub use opcode::Opcode;

pub(crate) use header::first_byte;
pub(crate) use mask::{extend_masked, mask_into, rotate, unmask_whole};

/// The longest payload that a control frame may have, in bytes, inclusive ([RFC 6455 §5.5]).
///
/// [RFC 6455 §5.5]: https://www.rfc-editor.org/rfc/rfc6455#section-5.5
pub const CONTROL_PAYLOAD_LEN_MAX: usize = 125;

/// The four bytes that a client's payload is masked with ([RFC 6455 §5.3]).
///
/// [RFC 6455 §5.3]: https://www.rfc-editor.org/rfc/rfc6455#section-5.3
pub type MaskingKey = [u8; 4];
