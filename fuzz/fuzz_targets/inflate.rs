//! Any bytes as what compressed messages are made of, cut anywhere.
#![no_main]
#![forbid(unsafe_code)]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| wirebeat_harness::inflate(data));
