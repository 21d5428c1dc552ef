use alloc::format;
use alloc::string::String;

use super::{Deflate, DeflateParameters, WindowBits};
use crate::extension::Element;
use crate::extension::PERMESSAGE_DEFLATE;

/// An element that names permessage-deflate and can't be accepted as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unusable;

/// A server's yes to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) parameters: DeflateParameters,
    /// As it goes into the 101.
    pub(crate) text: String,
}

/// The parameters that an element has.
#[derive(Clone, Copy, Debug, Default)]
struct Named {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<WindowBits>,
    client_max_window_bits: Option<ClientBits>,
}

#[derive(Clone, Copy, Debug)]
enum ClientBits {
    /// The client knows the parameter: a server may limit its window.
    Any,
    AtMost(WindowBits),
}

impl Named {
    /// Reads what holds for offers and answers alike: a parameter that isn't defined, has a value
    /// that isn't defined, or comes twice makes the whole unusable (RFC 7692 §7).
    fn read(element: &Element<'_>) -> Result<Named, Unusable> {
        let mut named = Named::default();
        for parameter in element.parameters() {
            let is_repeated = match (parameter.name(), parameter.value()) {
                ("server_no_context_takeover", None) => {
                    core::mem::replace(&mut named.server_no_context_takeover, true)
                }
                ("client_no_context_takeover", None) => {
                    core::mem::replace(&mut named.client_no_context_takeover, true)
                }
                ("server_max_window_bits", Some(bits)) => {
                    let bits = WindowBits::parse(bits).ok_or(Unusable)?;
                    named.server_max_window_bits.replace(bits).is_some()
                }
                ("client_max_window_bits", bits) => {
                    let bits = match bits {
                        None => ClientBits::Any,
                        Some(bits) => ClientBits::AtMost(WindowBits::parse(bits).ok_or(Unusable)?),
                    };
                    named.client_max_window_bits.replace(bits).is_some()
                }
                _ => return Err(Unusable),
            };
            if is_repeated {
                return Err(Unusable);
            }
        }
        Ok(named)
    }
}

/// Whether the element is this extension's. Names are case-sensitive nowhere in RFC 6455, but
/// nobody writes this one otherwise, and everybody compares it letter by letter.
pub(crate) fn is_ours(element: &Element<'_>) -> bool {
    element.name() == PERMESSAGE_DEFLATE
}

impl Deflate {
    /// A server's answer to a client's offer; `None` declines it.
    pub(crate) fn answer(&self, offer: &Element<'_>) -> Option<Answer> {
        if !is_ours(offer) {
            return None;
        }
        let asked = Named::read(offer).ok()?;
        let wanted = self.settings().parameters;
        // "A server declines an extension negotiation offer with this parameter if the server
        // doesn't support it" (§7.1.2.1): no zlib compresses with a window of 256 bytes.
        if asked.server_max_window_bits == Some(WindowBits::MIN) {
            return None;
        }
        let server_max_window_bits = asked
            .server_max_window_bits
            .unwrap_or_default()
            .min(wanted.server_max_window_bits.max(WindowBits::parse("9")?));
        // "If a received extension negotiation offer doesn't have the "client_max_window_bits"
        // extension parameter, the corresponding extension negotiation response to the offer MUST
        // NOT include the "client_max_window_bits" extension parameter" (§7.1.2.2). A larger window
        // than wanted is no reason to go without.
        let client_max_window_bits = match asked.client_max_window_bits {
            None => WindowBits::MAX,
            Some(ClientBits::Any) => wanted.client_max_window_bits,
            Some(ClientBits::AtMost(bits)) => bits.min(wanted.client_max_window_bits),
        };
        let parameters = DeflateParameters {
            server_no_context_takeover: asked.server_no_context_takeover
                || wanted.server_no_context_takeover,
            client_no_context_takeover: asked.client_no_context_takeover
                || wanted.client_no_context_takeover,
            server_max_window_bits,
            client_max_window_bits,
        };
        let mut text = format!("{parameters}");
        // "A server accepts an extension negotiation offer with this parameter by including the
        // "server_max_window_bits" extension parameter in the corresponding extension negotiation
        // response" (§7.1.2.1), also if it says what goes without saying.
        if asked.server_max_window_bits.is_some() && server_max_window_bits == WindowBits::MAX {
            text.push_str("; server_max_window_bits=15");
        }
        Some(Answer { parameters, text })
    }

    /// What a server's answer amounts to, for a client that made the offers.
    pub(crate) fn agree(&self, answer: &Element<'_>) -> Result<DeflateParameters, Unusable> {
        let answered = Named::read(answer)?;
        let settings = self.settings();
        core::iter::once(&settings.parameters)
            .chain(&settings.alternatives)
            .find_map(|offer| granted(offer, answered))
            .ok_or(Unusable)
    }
}

/// What an answer amounts to if it grants this offer.
fn granted(offer: &DeflateParameters, answered: Named) -> Option<DeflateParameters> {
    let server_max_window_bits = answered.server_max_window_bits.unwrap_or_default();
    if offer.server_no_context_takeover && !answered.server_no_context_takeover
        || server_max_window_bits > offer.server_max_window_bits.max(WindowBits::parse("9")?)
    {
        return None;
    }
    let offered_bits = offer.client_max_window_bits.max(WindowBits::parse("9")?);
    let client_max_window_bits = match answered.client_max_window_bits {
        None => offered_bits,
        // "This parameter in an extension negotiation response MUST have a value" (§7.1.2.2).
        Some(ClientBits::Any) => return None,
        // "… same as or smaller than the value in the offer": larger, it answers something else.
        Some(ClientBits::AtMost(bits)) if bits > offered_bits => return None,
        Some(ClientBits::AtMost(bits)) => bits,
    };
    Some(DeflateParameters {
        server_no_context_takeover: answered.server_no_context_takeover,
        // What the client wants for itself needs nobody's consent.
        client_no_context_takeover: answered.client_no_context_takeover
            || offer.client_no_context_takeover,
        server_max_window_bits,
        client_max_window_bits,
    })
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;
    use crate::extension::elements;

    fn element(text: &str) -> Element<'_> {
        elements(text.as_bytes()).next().unwrap().unwrap()
    }

    fn answer(deflate: &Deflate, offer: &str) -> Option<String> {
        deflate.answer(&element(offer)).map(|answer| answer.text)
    }

    fn bits(bits: u8) -> WindowBits {
        WindowBits::new(bits).unwrap()
    }

    /// RFC 7692 §7.1: what a server that asks for nothing makes of each offer.
    #[test]
    fn a_server_grants_what_a_client_asks_for() {
        for (offer, expected) in [
            ("permessage-deflate", Some("")),
            ("permessage-deflate; client_max_window_bits", Some("")),
            ("permessage-deflate; client_max_window_bits=15", Some("")),
            (
                "permessage-deflate; client_max_window_bits=\"10\"",
                Some("; client_max_window_bits=10"),
            ),
            ("permessage-deflate; client_max_window_bits=8", Some("; client_max_window_bits=8")),
            ("permessage-deflate; server_max_window_bits=15", Some("; server_max_window_bits=15")),
            ("permessage-deflate; server_max_window_bits=9", Some("; server_max_window_bits=9")),
            ("permessage-deflate; server_max_window_bits=8", None),
            (
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                Some("; server_no_context_takeover; client_no_context_takeover"),
            ),
            ("x-webkit-deflate-frame", None),
        ] {
            let expected = expected.map(|parameters| format!("permessage-deflate{parameters}"));
            assert_eq!(answer(&Deflate::default(), offer), expected, "{offer}");
        }
    }

    /// Failure T11. §7.1: "unknown", "invalid" and repeated parameters are declined by a server, and
    /// fail a client.
    #[test]
    fn failure_t11_bad_parameters_are_neither_granted_nor_taken() {
        let deflate = Deflate::default();
        for parameters in [
            "server_max_window_bits",
            "server_max_window_bits=7",
            "server_max_window_bits=16",
            "server_max_window_bits=010",
            "server_max_window_bits=+9",
            "server_max_window_bits=9.5",
            "server_max_window_bits=15x",
            "server_max_window_bits=115",
            "server_max_window_bits=1",
            "server_max_window_bits=99999999999999999999",
            "client_max_window_bits=7",
            "client_max_window_bits=16",
            "client_max_window_bits=08",
            "client_max_window_bits=1e1",
            "server_no_context_takeover=1",
            "client_no_context_takeover=true",
            "Server_no_context_takeover",
            "constructor",
            "__proto__",
            "toString=9",
            "foo=1",
            "server_no_context_takeover; server_no_context_takeover",
            "client_no_context_takeover; client_no_context_takeover",
            "server_max_window_bits=10; server_max_window_bits=10",
            "client_max_window_bits; client_max_window_bits",
            "client_max_window_bits; client_max_window_bits=10",
        ] {
            let text = format!("permessage-deflate; {parameters}");
            assert_eq!(answer(&deflate, &text), None, "{text}");
            assert_eq!(deflate.agree(&element(&text)), Err(Unusable), "{text}");
        }
    }

    #[test]
    fn a_server_adds_what_it_wants() {
        let parameters = DeflateParameters {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: bits(8),
            client_max_window_bits: bits(11),
        };
        let deflate = Deflate::default().parameters(parameters);
        let takeover = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        for (offer, expected) in [
            // The client didn't say that its window may be limited.
            ("permessage-deflate", "; server_max_window_bits=9"),
            (
                "permessage-deflate; client_max_window_bits",
                "; server_max_window_bits=9; client_max_window_bits=11",
            ),
            (
                "permessage-deflate; client_max_window_bits=10; server_max_window_bits=12",
                "; server_max_window_bits=9; client_max_window_bits=10",
            ),
        ] {
            let expected = format!("{takeover}{expected}");
            assert_eq!(answer(&deflate, offer), Some(expected), "{offer}");
        }
    }

    #[test]
    fn a_client_offers_what_it_wants_and_never_a_window_of_8() {
        assert_eq!(Deflate::default().offer(), "permessage-deflate; client_max_window_bits");
        let parameters = DeflateParameters {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: bits(8),
            client_max_window_bits: bits(8),
        };
        let deflate = Deflate::default().parameters(parameters).or(DeflateParameters::default());
        assert_eq!(
            deflate.offer(),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
            server_max_window_bits=9; client_max_window_bits=9, \
            permessage-deflate; client_max_window_bits"
        );
    }

    #[test]
    fn a_client_takes_only_what_answers_an_offer() {
        let plain = Deflate::default();
        let small = DeflateParameters {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: bits(10),
            client_max_window_bits: bits(12),
        };
        let strict = Deflate::default().parameters(small);
        let either = strict.clone().or(DeflateParameters::default());
        for (deflate, parameters, expected) in [
            (&plain, "", Some("")),
            (&plain, "; server_max_window_bits=8", Some("; server_max_window_bits=8")),
            (&plain, "; client_max_window_bits=8", Some("; client_max_window_bits=8")),
            (&plain, "; client_max_window_bits=15", Some("")),
            (&plain, "; client_max_window_bits", None),
            (&plain, "; server_no_context_takeover", Some("; server_no_context_takeover")),
            (&plain, "; client_no_context_takeover", Some("; client_no_context_takeover")),
            (&strict, "", None),
            (&strict, "; server_max_window_bits=10", None),
            (&strict, "; server_no_context_takeover", None),
            (&strict, "; server_no_context_takeover; server_max_window_bits=11", None),
            (
                &strict,
                "; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits=13",
                None,
            ),
            (
                &strict,
                "; server_no_context_takeover; server_max_window_bits=9",
                Some(
                    "; server_no_context_takeover; client_no_context_takeover; \
                    server_max_window_bits=9; client_max_window_bits=12",
                ),
            ),
            (&either, "", Some("")),
        ] {
            let text = format!("permessage-deflate{parameters}");
            let agreed = deflate.agree(&element(&text)).ok().map(|agreed| agreed.to_string());
            let expected = expected.map(|parameters| format!("permessage-deflate{parameters}"));
            assert_eq!(agreed, expected, "{text}");
        }
    }

    /// All offers of a client of ours against all servers of ours: they agree, and on the same.
    #[test]
    fn both_ends_agree_on_the_same() {
        let all: Vec<DeflateParameters> = (0..=255_u8)
            .map(|n| (n & 1 != 0, n & 2 != 0, 8 + (n >> 2) % 8, 8 + (n >> 5)))
            .map(|(server, client, server_bits, client_bits)| DeflateParameters {
                server_no_context_takeover: server,
                client_no_context_takeover: client,
                server_max_window_bits: bits(server_bits),
                client_max_window_bits: bits(client_bits),
            })
            .collect();
        for wants in &all {
            let client = Deflate::default().parameters(*wants);
            let offer = client.offer();
            for server in &all {
                let server = Deflate::default().parameters(*server);
                let answer = server.answer(&element(&offer)).unwrap();
                let agreed = client.agree(&element(&answer.text)).unwrap();
                assert_eq!(agreed, answer.parameters, "{offer}: {}", answer.text);
                assert!(agreed.server_no_context_takeover || !wants.server_no_context_takeover);
                assert!(agreed.server_max_window_bits <= wants.server_max_window_bits.max(bits(9)));
                assert!(agreed.server_max_window_bits >= bits(9));
            }
        }
    }
}
