//! The fuzz targets' inputs, through the same functions: what a fuzzer found stays found, on a
//! stable compiler and without libFuzzer.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use wirebeat_harness::TARGETS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the target has a corpus");
    entries.map(|entry| entry.expect("a readable folder").path()).collect()
}

/// Every harness function takes every input of its target's.
#[test]
fn what_a_fuzzer_found_stays_found() {
    for (target, harness) in TARGETS {
        let inputs = files(&fuzz().join("corpus").join(target));
        assert!(!inputs.is_empty(), "{target} has an empty corpus");
        for path in inputs {
            println!("{}", path.display());
            harness(&fs::read(&path).expect("a readable file"));
        }
    }
}

/// And each harness function is a target.
#[test]
fn every_harness_function_is_a_fuzz_target() {
    for (target, _) in TARGETS {
        let path = fuzz().join("fuzz_targets").join(target).with_extension("rs");
        let source = fs::read_to_string(&path).expect(target);
        assert!(source.contains(&format!("wirebeat_harness::{target}(data)")), "{target}");
    }
}
