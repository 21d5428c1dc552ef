//! `wirebeat sim` and `wirebeat replay`, run as their users run them.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a program that can't be run fails the test")]

mod support;

use std::fs;

use support::{failure, run, text};
use wirebeat_sim::record::{Log, Recorded};
use wirebeat_std::{Config, OriginPolicy, Timestamp};

#[test]
fn a_seed_shows_the_same_run_each_time() {
    let summary = |seed: &str| {
        let output = run(&["sim", "--seed", seed, "--for", "1m", "--timeline"], b"");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let lines = text(&output.stdout);
        // All but how long it took.
        lines.lines().filter(|line| !line.contains("virtual seconds")).collect::<String>()
    };
    assert_eq!(summary("5"), summary("5"));
    assert_ne!(summary("5"), summary("6"));
    assert!(summary("5").contains("hash"));
}

#[test]
fn a_script_comes_from_a_file_and_what_happened_goes_into_others() {
    let folder = std::env::temp_dir().join(format!("wirebeat-sim-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(path("script"), "5s reset client-1 # why not\n").unwrap();
    let (script, svg, trace) = (path("script"), path("run.svg"), path("run.jsonl"));
    let arguments = ["sim", "--for", "20s", "--script", &script, "--svg", &svg, "--trace", &trace];
    let output = run(&arguments, b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(fs::read_to_string(&svg).unwrap().contains("5s reset client-1"));
    let lines = fs::read_to_string(&trace).unwrap();
    let faults = lines.lines().filter(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["what"] == "fault" && line["fault"] == "reset client-1"
    });
    assert_eq!(faults.count(), 1);

    fs::write(path("script"), "5s reset mallory\n").unwrap();
    let (error, code) = failure(&run(&arguments, b""));
    assert!(code == 2 && error.contains("there's no host \"mallory\""), "{error}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_storm_shows_the_attempts_of_each_second() {
    let arguments = ["sim", "--storm", "--clients", "200", "--for", "3m", "--capacity", "50"];
    let output = run(&arguments, b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("200 clients lose their server for 10s"), "{shown}");
    assert!(shown.contains("more than the server's capacity"), "{shown}");
    let (error, code) = failure(&run(&["sim", "--storm", "--for", "1m"], b""));
    assert!(code == 2 && error.contains("the storm needs more than 1m 10s"), "{error}");
}

#[test]
fn a_recording_is_shown_and_one_that_is_cut_as_far_as_it_goes() {
    let (log, now) = (Log::new(), Timestamp::ZERO);
    let mut server = Recorded::server(OriginPolicy::Any, &Config::default(), now, &log);
    let mut bytes = b"GET / HTTP/1.1\r\n\r\n".to_vec();
    let mut input = wirebeat::Input::new(&mut bytes);
    while server.receive(now, &mut input).is_some() {}
    server.handle_lost(now);
    let path = std::env::temp_dir().join(format!("wirebeat-replay-{}", std::process::id()));
    let file = path.to_str().unwrap();

    fs::write(&path, log.bytes()).unwrap();
    let output = run(&["replay", file], b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("← 18 bytes come") && shown.contains("Closed"), "{shown}");

    let whole = log.bytes();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let (error, code) = failure(&run(&["replay", file], b""));
    assert!(code == 1 && error.contains("it ends inside of a record"), "{error}");
    fs::remove_file(path).unwrap();
}
