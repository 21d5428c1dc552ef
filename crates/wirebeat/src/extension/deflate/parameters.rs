use alloc::string::String;
use core::fmt;

use crate::extension::PERMESSAGE_DEFLATE;

/// The parameters of permessage-deflate ([RFC 7692 §7.1]): what is asked for, or what was agreed on.
///
/// A side that doesn't take its context over compresses each message by itself: less well, but it
/// needs no memory between messages, nor does the other side to read them. A smaller window has less
/// of both, too; what reads them always takes the largest here.
///
/// [RFC 7692 §7.1]: https://www.rfc-editor.org/rfc/rfc7692#section-7.1
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeflateParameters {
    /// Whether the server compresses each message by itself.
    pub server_no_context_takeover: bool,
    /// Whether the client compresses each message by itself.
    pub client_no_context_takeover: bool,
    /// How far back the server's compressed data refers. A server of ours doesn't do with 8.
    pub server_max_window_bits: WindowBits,
    /// How far back the client's compressed data refers. A client of ours doesn't offer 8.
    pub client_max_window_bits: WindowBits,
}

impl DeflateParameters {
    /// The offer of a client that asks for these.
    ///
    /// It always says that the server may limit the client's window, as browsers do.
    pub(super) fn offer(self) -> String {
        use fmt::Write;

        let mut text = String::from(PERMESSAGE_DEFLATE);
        if self.server_no_context_takeover {
            text.push_str("; server_no_context_takeover");
        }
        if self.client_no_context_takeover {
            text.push_str("; client_no_context_takeover");
        }
        // To a `String`, writing doesn't fail.
        let bits = self.server_max_window_bits.at_least_9();
        if bits < WindowBits::MAX {
            let _ = write!(text, "; server_max_window_bits={bits}");
        }
        text.push_str("; client_max_window_bits");
        let bits = self.client_max_window_bits.at_least_9();
        if bits < WindowBits::MAX {
            let _ = write!(text, "={bits}");
        }
        text
    }
}

/// Shows them as an answer has them: what is as it is by default goes without saying.
impl fmt::Display for DeflateParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PERMESSAGE_DEFLATE)?;
        if self.server_no_context_takeover {
            f.write_str("; server_no_context_takeover")?;
        }
        if self.client_no_context_takeover {
            f.write_str("; client_no_context_takeover")?;
        }
        if self.server_max_window_bits < WindowBits::MAX {
            write!(f, "; server_max_window_bits={}", self.server_max_window_bits)?;
        }
        if self.client_max_window_bits < WindowBits::MAX {
            write!(f, "; client_max_window_bits={}", self.client_max_window_bits)?;
        }
        Ok(())
    }
}

/// The base-2 logarithm of a window's size, from 8 (256 bytes) to 15 (32 KiB), which is the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowBits(u8);

impl WindowBits {
    /// 8, the least.
    pub const MIN: WindowBits = WindowBits(8);
    /// 15, the most.
    pub const MAX: WindowBits = WindowBits(15);

    /// `None` unless it's from 8 to 15.
    #[must_use]
    pub const fn new(bits: u8) -> Option<WindowBits> {
        match bits {
            8..=15 => Some(WindowBits(bits)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// "A decimal integer value without leading zeroes between 8 to 15, inclusive" (RFC 7692
    /// §7.1.2.1).
    pub(super) fn parse(text: &str) -> Option<WindowBits> {
        match text {
            "8" => Some(WindowBits(8)),
            "9" => Some(WindowBits(9)),
            _ => match text.as_bytes() {
                &[b'1', digit @ b'0'..=b'5'] => Some(WindowBits(10 + digit - b'0')),
                _ => None,
            },
        }
    }

    /// No zlib compresses with a window of 256 bytes, so none is offered.
    fn at_least_9(self) -> WindowBits {
        self.max(WindowBits(9))
    }
}

impl Default for WindowBits {
    fn default() -> WindowBits {
        WindowBits::MAX
    }
}

impl fmt::Display for WindowBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
