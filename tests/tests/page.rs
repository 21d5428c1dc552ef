//! The page of `wirebeat serve`, used in a browser as a person does: `tests/browser/README.md` says
//! what each scenario does.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use wirebeat_tests::browser;

fn assert_succeeds(scenario: &str) {
    let output = browser::run(scenario, &[]);
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{scenario}:\n{}", String::from_utf8_lossy(&said));
}

#[test]
fn text_binary_and_files_are_sent_and_come_back_with_size_and_latency() {
    assert_succeeds("messages");
}

#[test]
fn it_closes_with_a_code_and_a_reason_and_connects_again() {
    assert_succeeds("close");
}

#[test]
fn it_pings_while_nothing_else_happens() {
    assert_succeeds("idle");
}

#[test]
fn it_survives_the_servers_end_and_connects_to_the_next() {
    assert_succeeds("server-end");
}

#[test]
fn two_pages_see_each_others_messages_when_the_server_broadcasts() {
    assert_succeeds("broadcast");
}

#[test]
fn it_offers_subprotocols_and_shows_the_one_that_is_chosen() {
    assert_succeeds("subprotocol");
}

/// RFC 6455 §10.2.
#[test]
fn a_page_of_another_origin_is_not_let_in() {
    assert_succeeds("refused");
}
