//! The fuzz targets' inputs, through the same functions: what a fuzzer found stays found, on a
//! stable compiler and without libFuzzer.
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

/// Runs a harness function on every input of a target.
fn replay(target: &str, harness: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(corpus).expect("the target has a corpus") {
        let path = entry.expect("a readable folder").path();
        println!("{}", path.display());
        harness(&fs::read(path).expect("a readable file"));
        count += 1;
    }
    assert!(count > 0, "an empty corpus");
}

#[test]
fn frame_split() {
    replay("frame_split", wirebeat_harness::frame_split);
}

#[test]
fn handshake_request() {
    replay("handshake_request", wirebeat_harness::handshake_request);
}

#[test]
fn handshake_response() {
    replay("handshake_response", wirebeat_harness::handshake_response);
}

#[test]
fn connection_ops() {
    replay("connection_ops", wirebeat_harness::connection_ops);
}

#[test]
fn session_ops() {
    replay("session_ops", wirebeat_harness::session_ops);
}
