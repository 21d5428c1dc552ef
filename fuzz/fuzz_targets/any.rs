//! Every target in one program, which is the target that it's named after: a copy or a link called
//! `frame_split` fuzzes that. One program is built sooner than one for each.
#![no_main]
#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wirebeat_harness::{Harness, TARGETS};

static HARNESS: LazyLock<Harness> = LazyLock::new(|| {
    let program = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&program).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match TARGETS.iter().find(|(target, _)| *target == name) {
        Some((_, harness)) => *harness,
        None => {
            let names: Vec<&str> = TARGETS.iter().map(|(target, _)| *target).collect();
            panic!("no target is called {name:?}: call this program one of {}", names.join(", "));
        }
    }
});

fuzz_target!(|data: &[u8]| HARNESS(data));
