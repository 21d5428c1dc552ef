//! The body of a Close frame, received and sent, against the naive decoder.
#![no_main]
#![forbid(unsafe_code)]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| wirebeat_harness::close_body(data));
