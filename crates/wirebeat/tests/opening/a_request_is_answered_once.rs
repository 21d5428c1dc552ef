//! A request is answered once; `AcceptError::Gone` is all that a second answer gets.

use super::*;

fn teapot() -> Response {
    Response::new(418).expect("a final status")
}

fn assert_gone(server: &mut Connection) {
    let before = waiting(server);
    let state = server.ready_state();
    assert_eq!(server.accept(START, &Acceptance::new()), Err(AcceptError::Gone));
    assert_eq!(server.respond(START, &teapot()), Err(AcceptError::Gone));
    assert_eq!(waiting(server), before, "a late answer changes nothing");
    assert_eq!(server.ready_state(), state);
}

#[test]
fn not_before_it_has_come() {
    let mut server = new_server(&Config::default());
    receive(&mut server, START, &REQUEST[..20]);
    assert_gone(&mut server);
    assert_gone(&mut new_client(&Config::default()));
}

#[test]
fn not_after_it_was_accepted() {
    let mut server = deciding(&Config::default(), &[]);
    accept(&mut server);
    assert_gone(&mut server);
}

#[test]
fn not_after_it_was_rejected() {
    let mut server = deciding(&Config::default(), &[]);
    server.respond(START, &teapot()).expect("a request waits");
    assert_gone(&mut server);
    write_all(&mut server, START);
    assert_gone(&mut server);
}

#[test]
fn not_after_it_was_refused() {
    let mut server = new_server(&Config::default());
    receive(&mut server, START, b"GET / HTTP/1.1\r\n\r\n");
    assert!(waiting(&mut server).starts_with(b"HTTP/1.1 400 "));
    assert_gone(&mut server);
}

#[test]
fn not_after_too_much_came_behind_it() {
    let config = Config::default();
    let mut server = deciding(&config, &[]);
    assert_eq!(receive(&mut server, START, &vec![0; config.head_len_max + 1]), []);
    assert!(waiting(&mut server).starts_with(b"HTTP/1.1 400 "));
    assert_gone(&mut server);
}

#[test]
fn not_after_our_own_close() {
    let mut server = deciding(&Config::default(), &[]);
    server.close(START, None).expect("no code");
    assert_gone(&mut server);
    poll(&mut server);
    assert_gone(&mut server);
}

#[test]
fn not_after_the_client_has_gone() {
    for leave in [Connection::handle_eof, Connection::handle_lost] {
        let mut server = deciding(&Config::default(), &[]);
        leave(&mut server, START);
        assert_gone(&mut server);
    }
}

#[test]
fn not_after_the_deadline() {
    let mut server = deciding(&Config::default(), &[]);
    server.handle_timeout(START + secs(10));
    assert_gone(&mut server);
}
