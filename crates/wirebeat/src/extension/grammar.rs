use alloc::borrow::Cow;
use alloc::string::String;
use core::error::Error;
use core::fmt;

/// Reads the value of a `Sec-WebSocket-Extensions`, element by element ([RFC 6455 §9.1]).
///
/// A header that comes in several lines is one list ([RFC 9110 §5.3]): read them one after another.
/// Empty elements are skipped, as lists demand it ([RFC 9110 §5.6.1.2]). After an error nothing
/// follows.
///
/// ```
/// use wirebeat::extension::elements;
///
/// let header = br#"permessage-deflate; client_max_window_bits, x-mine; level="3""#;
/// let extensions: Vec<_> = elements(header).collect::<Result<_, _>>()?;
/// assert_eq!(extensions[0].name(), "permessage-deflate");
/// let parameter = extensions[1].parameters().next().unwrap();
/// assert_eq!((parameter.name(), parameter.value()), ("level", Some("3")));
/// # Ok::<(), wirebeat::extension::MalformedExtensions>(())
/// ```
///
/// [RFC 6455 §9.1]: https://www.rfc-editor.org/rfc/rfc6455#section-9.1
/// [RFC 9110 §5.3]: https://www.rfc-editor.org/rfc/rfc9110#section-5.3
/// [RFC 9110 §5.6.1.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1.2
#[must_use]
pub fn elements(value: &[u8]) -> Elements<'_> {
    Elements { cursor: Cursor { rest: value }, is_over: false }
}

/// The elements of several lines, which are one list.
pub(crate) fn all_elements<'h>(
    values: impl Iterator<Item = &'h [u8]>,
) -> impl Iterator<Item = Result<Element<'h>, MalformedExtensions>> {
    values.flat_map(elements)
}

/// The elements of a `Sec-WebSocket-Extensions`, in order. See [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'h> {
    cursor: Cursor<'h>,
    is_over: bool,
}

impl<'h> Iterator for Elements<'h> {
    type Item = Result<Element<'h>, MalformedExtensions>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let element = self.cursor.element().transpose();
        self.is_over = !matches!(element, Some(Ok(_)));
        element
    }
}

/// One extension in a header: its name and its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'h> {
    name: &'h str,
    /// From the first semicolon on; it was read once.
    parameters: &'h [u8],
}

impl<'h> Element<'h> {
    /// The extension's name, a token.
    #[must_use]
    pub fn name(&self) -> &'h str {
        self.name
    }

    /// The parameters, in order. A name may occur twice here; most extensions forbid it.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter<'h>> {
        let mut cursor = Cursor { rest: self.parameters };
        core::iter::from_fn(move || cursor.parameter().ok().flatten())
    }
}

/// Shows it as it's written on the wire, with a quoted value as the token that it stands for.
impl fmt::Display for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for parameter in self.parameters() {
            write!(f, "; {parameter}")?;
        }
        Ok(())
    }
}

/// A parameter of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter<'h> {
    name: &'h str,
    value: Option<Cow<'h, str>>,
}

impl<'h> Parameter<'h> {
    /// The name, a token.
    #[must_use]
    pub fn name(&self) -> &'h str {
        self.name
    }

    /// The value, a token, without the quotes that it may have had; `None` for a name alone.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

impl fmt::Display for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => f.write_str(self.name),
            Some(value) => write!(f, "{}={value}", self.name),
        }
    }
}

/// A `Sec-WebSocket-Extensions` that breaks the grammar: "the recipient of such malformed data MUST
/// immediately _Fail the WebSocket Connection_" ([RFC 6455 §9.1]).
///
/// [RFC 6455 §9.1]: https://www.rfc-editor.org/rfc/rfc6455#section-9.1
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedExtensions;

impl fmt::Display for MalformedExtensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sec-WebSocket-Extensions is malformed (RFC 6455 §9.1)")
    }
}

impl Error for MalformedExtensions {}

/// Whether this is a token ([RFC 9110 §5.6.2]): a header's name, a method, a subprotocol, an
/// extension.
///
/// [RFC 9110 §5.6.2]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| is_token_byte(*byte))
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What is left to read of a header's value.
#[derive(Clone, Debug)]
struct Cursor<'h> {
    rest: &'h [u8],
}

impl<'h> Cursor<'h> {
    /// `extension = extension-token *( ";" extension-param )`; `None` at the end of the list.
    fn element(&mut self) -> Result<Option<Element<'h>>, MalformedExtensions> {
        while let [b' ' | b'\t' | b',', rest @ ..] = self.rest {
            self.rest = rest;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let name = self.token()?;
        self.skip_space();
        let from = self.rest;
        while self.parameter()?.is_some() {}
        let parameters = &from[..from.len() - self.rest.len()];
        match self.rest {
            [] | [b',', ..] => Ok(Some(Element { name, parameters })),
            _ => Err(MalformedExtensions),
        }
    }

    /// `";" extension-param`, where `extension-param = token [ "=" (token | quoted-string) ]`;
    /// `None` if no semicolon comes.
    fn parameter(&mut self) -> Result<Option<Parameter<'h>>, MalformedExtensions> {
        if !self.eat(b';') {
            return Ok(None);
        }
        self.skip_space();
        let name = self.token()?;
        self.skip_space();
        if !self.eat(b'=') {
            return Ok(Some(Parameter { name, value: None }));
        }
        self.skip_space();
        let value = match self.eat(b'"') {
            true => self.quoted()?,
            false => Cow::Borrowed(self.token()?),
        };
        self.skip_space();
        Ok(Some(Parameter { name, value: Some(value) }))
    }

    fn token(&mut self) -> Result<&'h str, MalformedExtensions> {
        let is_other = |byte: &u8| !is_token_byte(*byte);
        let len = self.rest.iter().position(is_other).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(len);
        self.rest = rest;
        match core::str::from_utf8(token) {
            Ok(token) if !token.is_empty() => Ok(token),
            _ => Err(MalformedExtensions),
        }
    }

    /// What follows the quote that opens a string. "When using the quoted-string syntax variant, the
    /// value after quoted-string unescaping MUST conform to the 'token' ABNF" (§9.1).
    fn quoted(&mut self) -> Result<Cow<'h, str>, MalformedExtensions> {
        let plain = self.clone().token().unwrap_or_default();
        if let [b'"', rest @ ..] = &self.rest[plain.len()..] {
            self.rest = rest;
            return if plain.is_empty() { Err(MalformedExtensions) } else { Ok(plain.into()) };
        }
        let mut value = String::new();
        loop {
            let byte = match *self.rest {
                [b'"', ref rest @ ..] => {
                    self.rest = rest;
                    break;
                }
                [b'\\', byte, ref rest @ ..] | [byte, ref rest @ ..] => {
                    self.rest = rest;
                    byte
                }
                [] => return Err(MalformedExtensions),
            };
            if !is_token_byte(byte) {
                return Err(MalformedExtensions);
            }
            value.push(char::from(byte));
        }
        if value.is_empty() { Err(MalformedExtensions) } else { Ok(value.into()) }
    }

    fn eat(&mut self, byte: u8) -> bool {
        match self.rest {
            [first, rest @ ..] if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn skip_space(&mut self) {
        while let [b' ' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn read(value: &str) -> Result<Vec<String>, MalformedExtensions> {
        elements(value.as_bytes()).map(|element| element.map(|it| it.to_string())).collect()
    }

    /// RFC 6455 §9.1, RFC 9110 §5.6.
    #[test]
    fn lists_are_read_as_the_grammar_has_them() {
        for (value, expected) in [
            ("", vec![]),
            (" , ,\t", vec![]),
            ("a", vec!["a"]),
            ("a,b", vec!["a", "b"]),
            (" a ; b ; c = d , e ", vec!["a; b; c=d", "e"]),
            (r#"a;b="c""#, vec!["a; b=c"]),
            (r#"a;b="\c\d",e"#, vec!["a; b=cd", "e"]),
            ("foo, bar; baz=2", vec!["foo", "bar; baz=2"]),
            ("a;b;b=1", vec!["a; b; b=1"]),
        ] {
            let read = read(value).unwrap();
            assert_eq!(read, expected, "{value}");
        }
    }

    #[test]
    fn what_breaks_the_grammar_is_refused() {
        for value in [
            ";",
            "a;",
            "a;;b",
            "a b",
            "a;b c",
            "a=b",
            "a;=b",
            "a;b=",
            "a;b=,",
            "a;b=\"\"",
            "a;b=\"c",
            "a;b=\"c\"d",
            "a;b=\"c d\"",
            "a;b=\"c,d\"",
            "a;b=\"\\\"\"",
            "a;b=\"c\\",
            "(",
            "a,(",
            "é",
            "a;b=\"é\"",
            "\"a\"",
            "a;\"b\"",
            "permessage-deflate;;",
        ] {
            assert!(read(value).is_err(), "{value}");
            // Nothing follows an error.
            assert_eq!(elements(value.as_bytes()).filter(Result::is_err).count(), 1, "{value}");
        }
    }

    const TOKEN: &str = "[a-z0-9!#$%&'*+.^_`|~-]{1,8}";

    proptest! {
        /// What we write is read back, whatever stands around it, and however values are quoted.
        #[test]
        fn what_is_written_is_read(
            list in prop::collection::vec(
                (TOKEN, prop::collection::vec((TOKEN, prop::option::of((TOKEN, 0..3_u8))), 0..4)),
                0..4,
            ),
            space in "[ \t]{0,2}",
        ) {
            let mut wire = String::new();
            let mut expected = Vec::new();
            for (name, parameters) in &list {
                let mut plain = name.clone();
                wire.push_str(name);
                for (name, value) in parameters {
                    wire.push_str(&alloc::format!("{space};{space}{name}"));
                    plain.push_str(&alloc::format!("; {name}"));
                    if let Some((value, quotes)) = value {
                        plain.push_str(&alloc::format!("={value}"));
                        let value = match quotes {
                            0 => value.clone(),
                            1 => alloc::format!("\"{value}\""),
                            _ => {
                                let escaped: String =
                                    value.chars().flat_map(|char| ['\\', char]).collect();
                                alloc::format!("\"{escaped}\"")
                            }
                        };
                        wire.push_str(&alloc::format!("{space}={space}{value}"));
                    }
                }
                wire.push_str(&alloc::format!("{space},{space}"));
                expected.push(plain);
            }
            prop_assert_eq!(read(&wire), Ok(expected));
        }

        /// No bytes make it panic or go on for ever, and what is read once is read the same again.
        #[test]
        fn any_bytes_are_read_or_refused(value in prop::collection::vec(any::<u8>(), 0..64)) {
            for element in elements(&value).filter_map(Result::ok) {
                let text = element.to_string();
                prop_assert_eq!(read(&text), Ok(vec![text]));
            }
        }

        #[test]
        fn any_text_of_its_signs_is_read_or_refused(value in "[a-c0-9;,=\"\\\\ \t]{0,24}") {
            for element in elements(value.as_bytes()).filter_map(Result::ok) {
                let text = element.to_string();
                prop_assert_eq!(read(&text), Ok(vec![text]));
            }
        }
    }
}
