//! Nothing that goes wrong in a run of the Autobahn test suite passes for a success.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use wirebeat_tests::autobahn::{
    FuzzingServer, Report, Runner, Selection, Verdicts, test_client, test_server,
};

/// The selection of these tests: section 1, of 16 cases.
const SELECTION: Selection = Selection::Framing;
const IMPLEMENTATION: &str = env!("CARGO_BIN_EXE_autobahn_std");

/// A runner of this name that runs no case, but a script in the report's folder.
struct Script(&'static str, &'static str);

impl Runner for Script {
    fn name(&self) -> &'static str {
        self.0
    }

    fn fuzzing_client(&self, _: &str, _: Selection, report: &Report) -> io::Result<Command> {
        let mut command = Command::new("bash");
        command.args(["-c", self.1]).current_dir(report.folder());
        Ok(command)
    }

    fn fuzzing_server(&self, _: Selection, _: &Report) -> io::Result<FuzzingServer> {
        Err(io::Error::other("there's none"))
    }
}

/// A report's folder of its own for a test.
fn fresh(name: &str) -> Report {
    Report::fresh(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)).unwrap()
}

/// The good verdict on every case, as a report has it.
fn good() -> BTreeMap<&'static str, Value> {
    let good = json!({ "behavior": "OK", "behaviorClose": "INFORMATIONAL", "duration": 1 });
    SELECTION.cases().into_iter().map(|case| (case, good.clone())).collect()
}

/// What is made of a report with these cases of one agent, by a run that came to its end.
fn judge(name: &str, cases: &BTreeMap<&str, Value>) -> Result<Verdicts, String> {
    let report = fresh(name);
    write(&report, &json!({ "wirebeat": cases }));
    report.judge(SELECTION, Ok(())).map_err(|error| error.to_string())
}

fn write(report: &Report, index: &Value) {
    std::fs::write(report.folder().join("index.json"), index.to_string()).unwrap();
}

#[test]
fn good_verdicts_on_all_cases_of_the_selection_pass() {
    assert_eq!(judge("good", &good()).unwrap().len(), 16);
}

#[test]
fn any_other_verdict_fails_on_messages_as_on_closing() {
    let bad = [
        "NON-STRICT",
        "UNIMPLEMENTED",
        "FAILED",
        "ERROR",
        "WRONG CODE",
        "UNCLEAN",
        "FAILED BY CLIENT",
    ];
    for verdict in bad {
        for about in ["behavior", "behaviorClose"] {
            let mut cases = good();
            cases.get_mut("1.2.7").unwrap()[about] = verdict.into();
            assert_eq!(judge("verdict", &cases).unwrap_err(), format!("1.2.7: {verdict}"));
        }
    }
}

#[test]
fn a_case_that_was_not_run_fails() {
    let mut cases = good();
    cases.remove("1.1.8").unwrap();
    assert_eq!(judge("missing", &cases).unwrap_err(), "1.1.8 was not run");
}

#[test]
fn a_case_that_is_unknown_fails() {
    let mut cases = good();
    cases.insert("1.3.1", cases["1.1.1"].clone());
    assert_eq!(judge("unknown", &cases).unwrap_err(), "1.3.1 is not in cases.txt");
}

#[test]
fn a_report_on_more_than_one_program_fails() {
    let report = fresh("agents");
    write(&report, &json!({ "wirebeat": good(), "other": good() }));
    let error = report.judge(SELECTION, Ok(())).unwrap_err().to_string();
    assert!(error.contains(r#"not one agent, but ["other", "wirebeat"]"#), "{error}");
}

#[test]
fn a_run_that_ended_early_fails_whatever_it_reports() {
    let report = fresh("early");
    write(&report, &json!({ "wirebeat": good() }));
    let error = report.judge(SELECTION, Err(io::Error::other("exit status: 1"))).unwrap_err();
    assert_eq!(error.to_string(), "exit status: 1");
}

#[test]
fn an_earlier_report_does_not_pass_for_that_of_a_run_that_made_none() {
    // The first leaves a report behind, and says so.
    let first = test_server(&Script("stale", "echo '{}' >index.json"), IMPLEMENTATION, SELECTION);
    let error = first.unwrap_err().to_string();
    assert!(error.contains("not one agent, but []"), "{error}");
    let second = test_server(&Script("stale", "true"), IMPLEMENTATION, SELECTION);
    let error = second.unwrap_err().to_string();
    assert!(error.contains("No such file"), "{error}");
    assert!(error.contains("1.1.1 was not run"), "{error}");
}

#[test]
fn a_runner_that_fails_is_quoted() {
    let failing = Script("failing", "echo out of memory >&2; exit 9");
    let error = test_server(&failing, IMPLEMENTATION, SELECTION).unwrap_err().to_string();
    assert!(error.contains("exit status: 9, after\nout of memory"), "{error}");
    assert!(test_client(&failing, IMPLEMENTATION, SELECTION).is_err());
}

#[test]
fn a_program_that_does_not_listen_fails() {
    let error = test_server(&Script("silent", "true"), "false", SELECTION).unwrap_err().to_string();
    assert!(error.contains("while waiting for listening"), "{error}");
}
