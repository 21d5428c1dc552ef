//! Helpers that the whole-system tests share.
#![forbid(unsafe_code)]

pub mod browser;
pub mod content;
pub mod endpoint;
pub mod peers;
pub mod program;
