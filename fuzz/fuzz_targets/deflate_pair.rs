//! Two ends that compress, with any parameters, and what they send each other.
#![no_main]
#![forbid(unsafe_code)]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| wirebeat_harness::deflate_pair(data));
