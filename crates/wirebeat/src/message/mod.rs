//! Messages: their two kinds, and how they're put together from what arrives ([RFC 6455 §5.4, §8.1]).
//!
//! [RFC 6455 §5.4, §8.1]: https://www.rfc-editor.org/rfc/rfc6455#section-5.4

mod assembly;
mod kind;
mod payload;
mod text;
mod utf8;

pub use kind::{Kind, Message};
pub use payload::Payload;
pub use text::Text;

pub(crate) use assembly::Assembly;
pub(crate) use utf8::{Utf8Checker, from_utf8};
