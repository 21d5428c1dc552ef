//! Extensions ([RFC 6455 §9]): what a client offers, and what a server makes of it.
//!
//! [`elements`] reads any `Sec-WebSocket-Extensions`, and an [`Extension`] is one that we write.
//! With the feature `deflate`, `Deflate` is the one extension that a
//! connection carries out by itself: permessage-deflate ([RFC 7692]). It's off unless
//! `Config::deflate` switches it on.
//!
//! An extension of the application's own is negotiated here and carried out by the application: it
//! changes the messages that are sent and received. A client offers it by
//! [`Request::extension`](crate::handshake::Request::extension) and finds the answer in
//! [`Accepted::extensions`](crate::handshake::Accepted::extensions); a server finds the offers in
//! [`IncomingRequest::extensions`](crate::handshake::IncomingRequest::extensions) and answers by
//! [`Acceptance::extension`](crate::handshake::Acceptance::extension). The reserved bits of a frame
//! aren't the application's to give a meaning to.
//!
//! | file | subject |
//! |---|---|
//! | `grammar` | the header: names, parameters, quoted strings |
//! | `written` | an extension that we write |
//! | `deflate/` | permessage-deflate: its settings, its negotiation, the codec, what is shared |
//! | `without_deflate` | what stands for it without the feature: nothing |
//!
//! [RFC 6455 §9]: https://www.rfc-editor.org/rfc/rfc6455#section-9
//! [RFC 7692]: https://www.rfc-editor.org/rfc/rfc7692

#[cfg(feature = "deflate")]
mod deflate;
mod grammar;
#[cfg(not(feature = "deflate"))]
mod without_deflate;
mod written;

#[cfg(feature = "deflate")]
pub use deflate::{Deflate, DeflateParameters, DeflateSettings, WindowBits};
pub use grammar::{Element, Elements, MalformedExtensions, Parameter, elements};
pub use written::{Extension, ExtensionError};

#[cfg(feature = "deflate")]
pub(crate) use deflate::{
    Answer, BLOCK_LEN, Block, Compressor, Decompressor, Inflated, InvalidDeflate, SPARE_LEN, TAIL,
};
pub(crate) use grammar::{all_elements, is_token};
#[cfg(not(feature = "deflate"))]
pub(crate) use without_deflate::{Answer, Deflate, DeflateParameters};

/// The name of RFC 7692's extension.
pub(crate) const PERMESSAGE_DEFLATE: &str = "permessage-deflate";
