//! What `{:?}` shows ends up in logs: no credentials, no seeds, no payloads of handshakes.

use core::time::Duration;

use wirebeat::handshake::{OriginPolicy, Request};
use wirebeat::session::{Backoff, Session, SessionConfig, Target};
use wirebeat::{Config, Connection, Event, Heartbeat, Input, Seed, Timestamp};

const SECRET: &str = "7Fjfp0ZBr1KtDRbnfVdmIw";

/// Headers that carry credentials are named, and their values hidden, in any case of the name.
#[test]
fn credentials_of_a_request_are_hidden() {
    let mut request = Request::new("example.com", None, "/").expect("it's valid");
    for name in ["Authorization", "COOKIE", "Proxy-Authorization"] {
        request = request.header(name, SECRET).expect("it can be sent");
    }
    request = request.header("X-Shown", "shown").expect("it can be sent");
    for shown in [format!("{request:?}"), format!("{:?}", Target::new(request.clone(), true))] {
        assert!(!shown.contains(SECRET), "{shown}");
        assert_eq!(shown.matches("(hidden)").count(), 3, "{shown}");
        assert!(shown.contains("X-Shown\": \"shown\""), "{shown}");
    }
}

/// RFC 6455 §10.3: whoever knows the seed knows the masking keys.
#[test]
fn a_seed_is_hidden() {
    let seed = Seed::new([0x5A; 32]);
    let shown = format!("{seed:?}");
    assert!(!shown.contains("90") && !shown.to_lowercase().contains("5a"), "{shown}");
}

/// Of an answer that opens nothing, the body's length is shown, and no cookie.
#[test]
fn the_body_of_an_answer_is_not_shown() {
    let (config, now) = (Config::default(), Timestamp::ZERO);
    let request = Request::new("example.com", None, "/").expect("it's valid");
    let mut client = Connection::client(request, &config, &Seed::new([7; 32]), now);
    let mut answer = format!(
        "HTTP/1.1 403 Forbidden\r\nSet-Cookie: a={SECRET}\r\nContent-Length: {}\r\n\r\n{SECRET}",
        SECRET.len()
    )
    .into_bytes();
    let Some(Event::Rejected(response)) = client.receive(now, &mut Input::new(&mut answer)) else {
        panic!("a 403 rejects")
    };
    let shown = format!("{response:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(shown.contains("status: 403") && shown.contains("body_len: 22"), "{shown}");
}

/// What waits to be written is payload: its length is shown.
#[test]
fn what_waits_to_be_written_is_not_shown() {
    let now = Timestamp::ZERO;
    let mut server = Connection::server(OriginPolicy::Any, &Config::default(), now);
    let mut request = b"GET\r\n\r\n".to_vec();
    assert_eq!(server.receive(now, &mut Input::new(&mut request)), None);
    let shown = format!("{:?}", server.poll_transmit().expect("the refusal waits"));
    assert!(shown.starts_with("Transmit { remaining: ") && !shown.contains('['), "{shown}");
}

/// A greeting may be a login: how many messages it has is shown, and of what waits how much.
#[test]
fn what_a_session_says_and_keeps_is_not_shown() {
    let request = Request::new("example.com", None, "/").expect("it's valid");
    let config = SessionConfig { greeting: vec![SECRET.into()], ..SessionConfig::default() };
    let shown = format!("{config:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    let target = Target::new(request, true);
    let mut session = Session::new(target, config, Seed::new([7; 32]), Timestamp::ZERO);
    session.send(Timestamp::ZERO, SECRET).expect("there's room");
    let shown = format!("{session:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    assert!(shown.contains("Greeting(1)") && shown.contains("message_len: 22"), "{shown}");
}

#[test]
fn a_heartbeat_says_its_times() {
    let (interval, timeout) = (Duration::from_secs(30), Duration::from_secs(5));
    let heartbeat = Heartbeat::pings(interval, timeout);
    assert_eq!((heartbeat.interval(), heartbeat.timeout()), (interval, timeout));
    let shown = format!("{heartbeat:?}");
    assert!(shown.contains("interval: 30s") && shown.contains("timeout: 5s"), "{shown}");
}

/// A function has nothing to show.
#[test]
fn a_function_for_delays_is_called_one() {
    let backoff = Backoff::custom(|_, _| Duration::from_secs(1));
    assert_eq!(format!("{backoff:?}"), "Custom(CustomBackoff(..))");
}
