//! Two failures of others that only the source can rule out, each with the row of the list.
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

/// The crate's code, file by file, without comments.
fn code() -> Vec<(String, String)> {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 40, "the source is there");
    files
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the source can be read") {
        let path = entry.expect("the source can be read").path();
        if path.file_name().is_some_and(|name| name == "tests") {
            // The handshake's own tests send such headers.
        } else if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("the source can be read");
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code = lines.collect::<Vec<_>>().join("\n");
            files.push((path.display().to_string(), code));
        }
    }
}

const WORDS: [&str; 6] = ["authorization", "password", "credential", "bearer", "basic", "cookie"];

/// Where a client's own go into its request, or are refused there, or asked for by a server.
const WRITES_CREDENTIALS: [&str; 4] = [
    "handshake/received.rs",
    "session/target.rs",
    "session/target/strict.rs",
    "session/target/url.rs",
];

/// websockets CVE-2021-33880: the time that a comparison takes tells of a password. Nothing in here
/// reads credentials that come, so nothing can compare them. The one list that names their headers
/// keeps them out of logs, and one place writes those of a URL into the request that goes there.
#[test]
fn failure_t26_no_credential_is_read_or_compared() {
    let secret = "const SECRET: [&str; 4] = \
        [\"authorization\", \"cookie\", \"proxy-authorization\", \"set-cookie\"];";
    let mut kept_out_of_logs = 0;
    let (written, code): (Vec<_>, Vec<_>) = code()
        .into_iter()
        .partition(|(path, _)| WRITES_CREDENTIALS.iter().any(|end| path.ends_with(end)));
    assert_eq!(written.len(), WRITES_CREDENTIALS.len());
    for (path, code) in written {
        for line in code.to_ascii_lowercase().lines() {
            let speaks_of_it = WORDS.iter().any(|word| line.contains(word));
            let compares = line.contains("==") || line.contains("!=");
            assert!(!(speaks_of_it && compares), "{path}: {line}");
        }
    }
    for (path, code) in code {
        kept_out_of_logs += code.matches(secret).count();
        // `simdutf8::basic` is a module, and no credential.
        let code = code.replace(secret, "").replace("simdutf8::basic", "").to_ascii_lowercase();
        for word in WORDS {
            assert!(!code.contains(word), "{path} speaks of {word}");
        }
    }
    assert_eq!(kept_out_of_logs, 1);
}

/// ws CVE-2016-10518, libwebsockets CVE-2025-11677: uninitialised bytes are sent, or freed ones.
#[test]
fn failure_t28_there_is_no_unsafe_code() {
    let code = code();
    let (_, root) = code.iter().find(|(path, _)| path.ends_with("src/lib.rs")).expect("a root");
    assert!(root.lines().any(|line| line == "#![forbid(unsafe_code)]"));
    for (path, code) in code {
        let code = code.replace("#![forbid(unsafe_code)]", "");
        assert!(!code.contains("unsafe"), "{path}");
    }
}
