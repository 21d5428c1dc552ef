//! Helpers that the whole-system tests share.
#![forbid(unsafe_code)]

pub mod autobahn;
pub mod browser;
pub mod certificates;
pub mod content;
pub mod endpoint;
pub mod install;
pub mod page;
pub mod peers;
pub mod process;
pub mod program;
pub mod replay;

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
