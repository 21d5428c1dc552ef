//! Any calls in any order, and what must hold whatever was called.
#![no_main]
#![forbid(unsafe_code)]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| wirebeat_harness::connection_ops(data));
