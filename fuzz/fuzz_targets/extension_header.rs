//! Any bytes as a `Sec-WebSocket-Extensions`, against a reader that is written down plainly.
#![no_main]
#![forbid(unsafe_code)]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| wirebeat_harness::extension_header(data));
