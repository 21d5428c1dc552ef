//! What browsers' WebSockets did in recorded runs, ours does in virtual time: the file of traces, and
//! the program that replays any file of its format.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use wirebeat_tests::replay::{Known, Report};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("traces")
}

/// The program, with files of this test's own.
fn replay(test: &str, traces: &Value, known: &Value) -> Output {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&folder).expect("a folder");
    let [traces, known] = [("traces", traces), ("known", known)].map(|(name, value)| {
        let path = folder.join(name).with_extension("json");
        fs::write(&path, value.to_string()).expect("a file");
        path
    });
    let mut program = Command::new(env!("CARGO_BIN_EXE_replay_traces"));
    program.arg(traces).arg(known).output().expect("the program starts")
}

/// A file with one scenario of the recordings, after something was done to it.
fn only(name: &str, change: impl FnOnce(&mut Value)) -> Value {
    let text = fs::read_to_string(folder().join("traces.json")).expect("the recordings");
    let mut traces: Value = serde_json::from_str(&text).expect("JSON");
    let mut scenario = traces["scenarios"][name].take();
    change(&mut scenario);
    json!({ "format": traces["format"], "scenarios": { name: scenario } })
}

#[test]
fn every_recorded_run_agrees_or_differs_as_the_list_says() {
    let known = Known::read(&folder().join("known.json")).unwrap();
    let report = Report::of(&folder().join("traces.json"), &known).unwrap();
    assert!(report.is_good(), "{report}");
    let names: BTreeSet<&str> = report.verdicts.keys().map(String::as_str).collect();
    for name in known.names() {
        assert!(names.contains(name), "{name} is on the list and isn't recorded");
    }
}

#[test]
fn the_program_says_what_agrees() {
    let output = replay("agrees", &only("msg-text", |_| {}), &json!({}));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("agrees   msg-text\n"), "{text}");
}

#[test]
fn the_program_fails_where_a_difference_is_on_no_list() {
    let changed = only("msg-text", |scenario| scenario["golden"]["steps"][1]["rs"] = json!(2));
    let output = replay("differs", &changed, &json!({}));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("DIFFERS  msg-text\n"), "{text}");
    assert!(text.contains("ev message: rs is 1 instead of 2"), "{text}");

    // The list has another difference: this one is as new as before.
    let known =
        json!({ "differences": { "msg-text": { "reason": "none", "lines": ["another"] } } });
    let output = replay("differs_otherwise", &changed, &known);
    assert!(!output.status.success());

    let known = json!({ "differences": { "msg-text": {
        "reason": "because", "lines": ["ev message: rs is 1 instead of 2"],
    } } });
    let output = replay("differs_as_known", &changed, &known);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("known    msg-text: because\n"), "{text}");
}

#[test]
fn the_program_fails_where_a_difference_on_the_list_is_gone() {
    for (test, known) in [
        ("gone", json!({ "differences": { "msg-text": { "reason": "none", "lines": ["gone"] } } })),
        ("there", json!({ "waiting": { "an extension": ["msg-text"] } })),
    ] {
        let output = replay(test, &only("msg-text", |_| {}), &known);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!output.status.success(), "{text}");
        assert!(text.contains("STALE    msg-text"), "{text}");
    }
}

#[test]
fn the_program_says_what_it_cannot_read() {
    for (test, traces) in [
        ("format", json!({ "format": 2, "scenarios": {} })),
        ("nothing", json!({})),
        (
            "action",
            only("msg-text", |scenario| {
                scenario["client"] = json!({ "open": [{ "a": "dance" }] });
            }),
        ),
    ] {
        let output = replay(test, &traces, &json!({}));
        assert!(!output.status.success());
        assert!(!output.stderr.is_empty());
    }
}
