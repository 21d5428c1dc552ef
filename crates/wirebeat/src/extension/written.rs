use alloc::string::String;
use core::error::Error;
use core::fmt;

use super::PERMESSAGE_DEFLATE;
use super::grammar::is_token;

/// An extension that we offer or accept: a name and parameters, each of them checked.
///
/// ```
/// use wirebeat::extension::Extension;
///
/// let extension = Extension::new("x-mine")?.parameter("level", Some("3"))?.parameter("fast", None)?;
/// assert_eq!(extension.to_string(), "x-mine; level=3; fast");
/// assert!(Extension::new("x mine").is_err());
/// # Ok::<(), wirebeat::extension::ExtensionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// As it goes on the wire.
    text: String,
    name_len: usize,
}

impl Extension {
    /// An extension without parameters.
    ///
    /// # Errors
    ///
    /// - [`ExtensionError::NameInvalid`]: the name isn't a token.
    /// - [`ExtensionError::Reserved`]: it's `permessage-deflate`, which the configuration switches
    ///   on.
    pub fn new(name: &str) -> Result<Extension, ExtensionError> {
        if !is_token(name.as_bytes()) {
            return Err(ExtensionError::NameInvalid);
        }
        if name == PERMESSAGE_DEFLATE {
            return Err(ExtensionError::Reserved);
        }
        Ok(Extension { text: name.into(), name_len: name.len() })
    }

    /// Adds a parameter.
    ///
    /// # Errors
    ///
    /// - [`ExtensionError::ParameterInvalid`]: its name or its value isn't a token.
    pub fn parameter(
        mut self,
        name: &str,
        value: Option<&str>,
    ) -> Result<Extension, ExtensionError> {
        let is_valid = |token: &str| is_token(token.as_bytes());
        if !is_valid(name) || !value.is_none_or(is_valid) {
            return Err(ExtensionError::ParameterInvalid);
        }
        self.text.push_str("; ");
        self.text.push_str(name);
        if let Some(value) = value {
            self.text.push('=');
            self.text.push_str(value);
        }
        Ok(self)
    }

    /// The extension's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.text[..self.name_len]
    }

    /// As it goes on the wire.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why an extension can't be named so. The application is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionError {
    /// The name isn't a token.
    NameInvalid,
    /// A parameter's name or value isn't a token.
    ParameterInvalid,
    /// `permessage-deflate` isn't for the application to negotiate.
    Reserved,
    /// It was named before.
    Repeated,
}

impl fmt::Display for ExtensionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExtensionError::NameInvalid => "the extension's name isn't a token",
            ExtensionError::ParameterInvalid => "an extension's parameter isn't a token",
            ExtensionError::Reserved => "permessage-deflate is switched on by the configuration",
            ExtensionError::Repeated => "the extension is named twice",
        })
    }
}

impl Error for ExtensionError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_no_extension_of_ours() {
        for name in ["", "a b", "a;b", "a,b", "a=b", "\"a\"", "é", "a\r\nb"] {
            assert_eq!(Extension::new(name), Err(ExtensionError::NameInvalid), "{name}");
            let extension = || Extension::new("x").unwrap();
            let invalid = Err(ExtensionError::ParameterInvalid);
            assert_eq!(extension().parameter(name, None), invalid, "{name}");
            assert_eq!(extension().parameter("a", Some(name)), invalid, "{name}");
        }
        assert_eq!(Extension::new("permessage-deflate"), Err(ExtensionError::Reserved));
    }
}
