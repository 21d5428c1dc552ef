//! RFC 9112 §4: the answer's first line names its status for people; one without a name goes without.

use wirebeat::Input;
use wirebeat::handshake::{OriginPolicy, Response};

use super::*;

#[test]
fn is_named_in_the_answers_first_line() {
    for (status, name) in [
        (200, "OK"),
        (201, "Created"),
        (204, "No Content"),
        (301, "Moved Permanently"),
        (302, "Found"),
        (303, "See Other"),
        (304, "Not Modified"),
        (307, "Temporary Redirect"),
        (308, "Permanent Redirect"),
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (408, "Request Timeout"),
        (410, "Gone"),
        (426, "Upgrade Required"),
        (429, "Too Many Requests"),
        (431, "Request Header Fields Too Large"),
        (500, "Internal Server Error"),
        (501, "Not Implemented"),
        (502, "Bad Gateway"),
        (503, "Service Unavailable"),
        (504, "Gateway Timeout"),
        (505, "HTTP Version Not Supported"),
        (299, ""),
        (599, ""),
    ] {
        let response = Response::new(status).expect("it's from 200 to 599");
        assert_eq!(response.status(), status);
        let mut server = Connection::server(OriginPolicy::Any, &Config::default(), START);
        let mut request = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n".to_vec();
        let event = server.receive(START, &mut Input::new(&mut request));
        assert!(matches!(event, Some(Event::Request(_))), "{event:?}");
        server.respond(START, &response).expect("a request waits");
        let answer = write_all(&mut server, START);
        let line = format!("HTTP/1.1 {status} {name}\r\n");
        assert!(answer.starts_with(line.as_bytes()), "{}", answer.escape_ascii());
    }
}
