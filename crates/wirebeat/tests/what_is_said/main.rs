//! What errors, causes and states say to people: every variant, word for word. Errors are part of the
//! product, so a change of one is a change that somebody wants.
#![forbid(unsafe_code)]

mod of_a_handshake;
mod of_an_ending;
mod of_the_application;
#[cfg(feature = "url")]
mod of_the_browsers_object;
mod of_the_peer;
mod without_secrets;

use std::fmt::Display;

/// Checks what is said of each.
fn assert_said<T: Display>(expected: impl IntoIterator<Item = (T, &'static str)>) {
    for (value, text) in expected {
        assert_eq!(value.to_string(), text);
    }
}
