//! Text that may be none, cut anywhere, in both directions, against std.
#![no_main]
#![forbid(unsafe_code)]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| wirebeat_harness::utf8(data));
