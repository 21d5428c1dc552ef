use alloc::string::String;

use super::Element;

/// permessage-deflate in a build without it: there is none.
#[derive(Clone, Debug)]
pub(crate) enum Deflate {}

/// The parameters that nobody agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeflateParameters;

/// What no answer is.
pub(crate) struct Unusable;

/// The answer that no offer gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) parameters: DeflateParameters,
    pub(crate) text: String,
}

impl Deflate {
    pub(crate) fn offer(&self) -> String {
        match *self {}
    }

    pub(crate) fn is_required(&self) -> bool {
        match *self {}
    }

    pub(crate) fn agree(&self, _: &Element<'_>) -> Result<DeflateParameters, Unusable> {
        match *self {}
    }

    pub(crate) fn answer(&self, _: &Element<'_>) -> Option<Answer> {
        match *self {}
    }
}
