//! The small grammars that heads are made of: tokens, lists, values, authorities, versions.

use core::net::Ipv6Addr;

pub(crate) use crate::extension::is_token;

/// Whether this may be sent as a header's value ([RFC 9110 §5.5]): no control byte but a tab, and
/// no white space at either end, which the other side would cut off.
///
/// [RFC 9110 §5.5]: https://www.rfc-editor.org/rfc/rfc9110#section-5.5
pub(super) fn is_field_value(value: &[u8]) -> bool {
    value.iter().all(|byte| is_field_byte(*byte)) && trim(value).len() == value.len()
}

/// Whether a byte may stand in a line of a head: HTAB, SP, VCHAR and obs-text.
pub(super) fn is_field_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

/// The elements of a comma-separated list, without the empty ones, which a recipient "MUST parse
/// and ignore" ([RFC 9110 §5.6.1.2]). Elements with quoted strings aren't understood.
///
/// [RFC 9110 §5.6.1.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1.2
pub(super) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(trim).filter(|element| !element.is_empty())
}

/// Whether one of the lists has the element, in any case: a header that comes in several lines is
/// one list ([RFC 9110 §5.3]).
///
/// [RFC 9110 §5.3]: https://www.rfc-editor.org/rfc/rfc9110#section-5.3
pub(super) fn lists_contain<'v>(values: impl Iterator<Item = &'v [u8]>, element: &str) -> bool {
    values.flat_map(list).any(|candidate| candidate.eq_ignore_ascii_case(element.as_bytes()))
}

/// Cuts off optional white space (OWS: SP and HTAB, nothing else).
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Whether this is a target in origin-form: a path from `/` on, perhaps with a query.
///
/// RFC 3986 is stricter, but browsers leave `|`, `^`, `` ` ``, `[`, `]`, `{`, `}` and `\` as they
/// are in a query, so these are let through. What is refused would be encoded by any of them: white
/// space and controls (which would end the target), `"`, `<`, `>`, anything beyond ASCII, and `#`,
/// because a fragment "MUST NOT be used" ([RFC 6455 §3]).
///
/// [RFC 6455 §3]: https://www.rfc-editor.org/rfc/rfc6455#section-3
pub(super) fn is_path_and_query(target: &str) -> bool {
    target.starts_with('/') && is_target_text(target)
}

/// Whether every byte may stand in the path and query of a target, which may be empty here.
pub(super) fn is_target_text(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>'))
}

/// Host and port, as a `Host` header or a URI names them ([RFC 3986 §3.2], without user).
///
/// [RFC 3986 §3.2]: https://www.rfc-editor.org/rfc/rfc3986#section-3.2
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Authority<'t> {
    pub(super) host: &'t str,
    pub(super) port: Option<u16>,
}

impl<'t> Authority<'t> {
    /// Splits and checks an authority. An empty port is none, an empty host is refused.
    pub(super) fn parse(text: &'t str) -> Option<Authority<'t>> {
        // An IPv6 address has colons of its own.
        let address_len = match text.starts_with('[') {
            true => text.find(']')?,
            false => 0,
        };
        let (host, port) = match text[address_len..].find(':') {
            None => (text, ""),
            Some(colon) => (&text[..address_len + colon], &text[address_len + colon + 1..]),
        };
        let port = match port {
            "" => None,
            // `u16::from_str` takes a sign, the grammar doesn't.
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            _ => return None,
        };
        is_host(host).then_some(Authority { host, port })
    }
}

/// Whether this is a host: a registered name, an IPv4 address, or an IPv6 address in brackets.
pub(super) fn is_host(host: &str) -> bool {
    match bracketed(host) {
        Some(address) => address.is_some(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte))
        }
    }
}

/// The IPv6 address of a host that starts with a bracket (`Some(None)`: a bad one).
pub(super) fn bracketed(host: &str) -> Option<Option<Ipv6Addr>> {
    let inner = host.strip_prefix('[')?;
    Some(inner.strip_suffix(']').and_then(|address| address.parse().ok()))
}

/// The version of HTTP that a start line names, as (major, minor): `HTTP/1.1` ([RFC 9112 §2.3],
/// case-sensitive, one digit each).
///
/// [RFC 9112 §2.3]: https://www.rfc-editor.org/rfc/rfc9112#section-2.3
pub(super) fn http_version(text: &[u8]) -> Option<(u8, u8)> {
    match text {
        [b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] => {
            Some((major - b'0', minor - b'0'))
        }
        _ => None,
    }
}

/// Whether the version is one that can upgrade: "an HTTP/1.1 or higher" of the same major version
/// ([RFC 6455 §4.2.1], item 1).
///
/// [RFC 6455 §4.2.1]: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
pub(super) fn can_upgrade(version: (u8, u8)) -> bool {
    version.0 == 1 && version.1 >= 1
}
