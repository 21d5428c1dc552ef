//! A stream of frames, against tungstenite.
#![no_main]
#![forbid(unsafe_code)]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| wirebeat_harness::differential_tungstenite(data));
