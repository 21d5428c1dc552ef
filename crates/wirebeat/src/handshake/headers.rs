use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use super::syntax;

/// An ordered list of headers, as one end sent them.
///
/// Names are compared without regard to case and keep the spelling they came with. Values are
/// bytes, because HTTP allows any byte from 0x80 in them, without the white space around them. A
/// name may occur more than once.
///
/// The list is one allocation, whatever the number of headers.
///
/// ```
/// use wirebeat::handshake::Request;
///
/// let request = Request::new("example.com", None, "/")?.header("User-Agent", "weather/1.0")?;
/// assert_eq!(request.headers().get_str("user-agent"), Some("weather/1.0"));
/// assert_eq!(request.headers().get("cookie"), None);
/// # Ok::<(), wirebeat::handshake::RequestError>(())
/// ```
#[derive(Clone, Default)]
pub struct Headers {
    /// `name: value\r\n` for each: names are tokens and values have no line ends, so that this
    /// splits in one way only.
    lines: Vec<u8>,
}

impl Headers {
    /// The value of the first header with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.get_all(name).next()
    }

    /// The value of the first header with this name, if it's valid UTF-8.
    #[must_use]
    pub fn get_str(&self, name: &str) -> Option<&str> {
        core::str::from_utf8(self.get(name)?).ok()
    }

    /// The values of all headers with this name, in order.
    pub fn get_all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        self.iter()
            .filter(move |(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All headers with their values, in order.
    #[must_use]
    pub fn iter(&self) -> HeadersIter<'_> {
        HeadersIter { rest: &self.lines }
    }

    /// The number of headers, counting each occurrence of a name.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How often a header occurs that must occur at most once.
    pub(super) fn occurrence(&self, name: &str) -> Occurrence<'_> {
        let mut values = self.get_all(name);
        match (values.next(), values.next()) {
            (None, _) => Occurrence::Missing,
            (Some(value), None) => Occurrence::Once(value),
            (Some(_), Some(_)) => Occurrence::Repeated,
        }
    }

    /// Whether one of the headers with this name, read as one list, has the element in any case.
    pub(super) fn list_contains(&self, name: &str, element: &str) -> bool {
        syntax::lists_contain(self.get_all(name), element)
    }

    /// The headers that a parser found, in one allocation of the right size.
    pub(super) fn collect_from(parsed: &[httparse::Header<'_>]) -> Headers {
        let len = parsed.iter().map(|header| header.name.len() + header.value.len() + 4).sum();
        let mut headers = Headers { lines: Vec::with_capacity(len) };
        for header in parsed {
            headers.push(header.name, header.value);
        }
        headers
    }

    /// Adds a header of the application's.
    pub(super) fn push_checked(&mut self, name: &str, value: &[u8]) -> Result<(), HeaderError> {
        if !syntax::is_token(name.as_bytes()) {
            return Err(HeaderError::NameInvalid);
        }
        if !syntax::is_field_value(value) {
            return Err(HeaderError::ValueInvalid);
        }
        if is_reserved(name) {
            return Err(HeaderError::Reserved);
        }
        self.push(name, value);
        Ok(())
    }

    /// Adds a header. The caller has checked that the name is a token and the value one line.
    pub(super) fn push(&mut self, name: &str, value: &[u8]) {
        debug_assert!(syntax::is_token(name.as_bytes()));
        debug_assert!(syntax::is_field_value(value));
        self.lines.extend_from_slice(name.as_bytes());
        self.lines.extend_from_slice(b": ");
        self.lines.extend_from_slice(value);
        self.lines.extend_from_slice(b"\r\n");
    }

    /// The headers as they go on the wire, each with its line end.
    pub(super) fn as_wire(&self) -> &[u8] {
        &self.lines
    }
}

/// How often a header occurs that must occur at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occurrence<'h> {
    Missing,
    Once(&'h [u8]),
    Repeated,
}

/// Equal if the same headers come in the same order; names in any case.
impl PartialEq for Headers {
    fn eq(&self, other: &Headers) -> bool {
        self.len() == other.len()
            && self.iter().zip(other.iter()).all(|((name, value), (other_name, other_value))| {
                name.eq_ignore_ascii_case(other_name) && value == other_value
            })
    }
}

impl Eq for Headers {}

/// Headers that carry credentials: their values stay out of logs.
const SECRET: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/// Shows names and values, but hides those that carry credentials.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self {
            if SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
                map.entry(&name, &format_args!("(hidden)"));
            } else {
                map.entry(&name, &format_args!("\"{}\"", value.escape_ascii()));
            }
        }
        map.finish()
    }
}

impl<'h> IntoIterator for &'h Headers {
    type Item = (&'h str, &'h [u8]);
    type IntoIter = HeadersIter<'h>;

    fn into_iter(self) -> HeadersIter<'h> {
        self.iter()
    }
}

/// An iterator over [`Headers`]: name and value of each, in order.
#[derive(Clone, Debug)]
pub struct HeadersIter<'h> {
    rest: &'h [u8],
}

impl<'h> Iterator for HeadersIter<'h> {
    type Item = (&'h str, &'h [u8]);

    fn next(&mut self) -> Option<(&'h str, &'h [u8])> {
        let name_len = self.rest.iter().position(|byte| *byte == b':')?;
        let (name, value) = self.rest.split_at(name_len);
        let value = value.strip_prefix(b": ")?;
        let value_len = value.iter().position(|byte| *byte == b'\r')?;
        let (value, rest) = value.split_at(value_len);
        self.rest = rest.strip_prefix(b"\r\n")?;
        Some((core::str::from_utf8(name).ok()?, value))
    }
}

/// Why a header can't be sent. The application is at fault; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// The name isn't a token ([RFC 9110 §5.6.2]).
    ///
    /// [RFC 9110 §5.6.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
    NameInvalid,
    /// The value has a control byte (CR, LF and NUL among them: with these, one header becomes two),
    /// or white space at its start or end.
    ValueInvalid,
    /// The handshake sets this header itself, or it would change where the message ends: `Host`,
    /// `Upgrade`, `Connection`, `Content-Length`, `Transfer-Encoding`, `Origin` (see
    /// [`Request::origin`](super::Request::origin)), `Sec-WebSocket-…` and the like.
    Reserved,
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeaderError::NameInvalid => "the header's name isn't a token",
            HeaderError::ValueInvalid => "the header's value can't stand in a header line",
            HeaderError::Reserved => "the handshake sets this header itself",
        })
    }
}

impl Error for HeaderError {}

/// Headers that belong to the handshake, to the connection, or to the framing of a body.
const RESERVED: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The prefix of all headers that RFC 6455 defines (§11.3).
const RESERVED_PREFIX: &str = "sec-websocket-";

fn is_reserved(name: &str) -> bool {
    name.get(..RESERVED_PREFIX.len())
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case(RESERVED_PREFIX))
        || RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_parser_found_is_kept_in_one_allocation_of_the_right_size() {
        let none = Headers::collect_from(&[]);
        assert!(none.is_empty());
        assert_eq!((none.len(), none.lines.capacity()), (0, 0));
        let parsed = [("Host", "example.com"), ("X", ""), ("Accept-Language", "eo")];
        let parsed = parsed.map(|(name, value)| httparse::Header { name, value: value.as_bytes() });
        let headers = Headers::collect_from(&parsed);
        assert!(!headers.is_empty());
        assert_eq!((headers.len(), headers.get_str("X")), (3, Some("")));
        assert_eq!(headers.lines.capacity(), headers.lines.len());
    }
}
