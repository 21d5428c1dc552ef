use super::*;
use wirebeat::session::TargetError;

fn parts(url: &str) -> (String, u16, bool, String, Option<u16>) {
    let target = Target::parse(url).expect("the URL is valid");
    let request = target.to_request();
    (
        target.host().into(),
        target.port(),
        target.is_secure(),
        request.target().into(),
        request.port(),
    )
}

/// RFC 6455 §3 and §4.1; WHATWG WebSockets, "get a URL".
#[test]
fn a_url_is_split_into_what_is_dialed_and_what_is_asked_for() {
    let split = |host: &str, port, is_secure, target: &str, named| {
        (host.to_owned(), port, is_secure, target.to_owned(), named)
    };
    assert_eq!(parts("ws://example.com"), split("example.com", 80, false, "/", None));
    assert_eq!(parts("wss://example.com/a?b"), split("example.com", 443, true, "/a?b", None));
    assert_eq!(parts("http://example.com/a"), split("example.com", 80, false, "/a", None));
    assert_eq!(parts("https://example.com/"), split("example.com", 443, true, "/", None));
    assert_eq!(parts("ws://example.com:80/"), split("example.com", 80, false, "/", None));
    assert_eq!(parts("wss://example.com:80/"), split("example.com", 80, true, "/", Some(80)));
    assert_eq!(parts("ws://[2001:DB8::1]:9/"), split("2001:db8::1", 9, false, "/", Some(9)));
    assert_eq!(parts("ws://BÜCHER.example"), split("xn--bcher-kva.example", 80, false, "/", None));
    assert_eq!(parts("ws:\\example.com\\a b"), split("example.com", 80, false, "/a%20b", None));
}

#[test]
fn what_is_no_websocket_url_is_refused() {
    assert_eq!(Target::parse("ftp://example.com"), Err(TargetError::Scheme));
    assert_eq!(Target::parse("ws://example.com/#a"), Err(TargetError::Fragment));
    assert_eq!(Target::parse("ws://example.com/#"), Err(TargetError::Fragment));
    for relative in ["/chat", "", "ws://", "ws://exa mple.com", "ws://example.com:99999"] {
        assert!(matches!(Target::parse(relative), Err(TargetError::Syntax(_))), "{relative}");
    }
}

fn authorization(target: &Target) -> Option<String> {
    target.to_request().headers().get_str("Authorization").map(str::to_owned)
}

/// RFC 7617; the example is its own (§2).
#[test]
fn user_and_password_become_basic_credentials() {
    let of = |url: &str| authorization(&Target::parse(url).unwrap());
    let expected = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    assert_eq!(of("ws://Aladdin:open%20sesame@example.com").as_deref(), Some(expected));
    assert_eq!(of("ws://user@example.com").as_deref(), Some("Basic dXNlcjo="));
    assert_eq!(of("ws://:pass@example.com").as_deref(), Some("Basic OnBhc3M="));
    assert_eq!(of("ws://example.com"), None);
}

#[test]
fn credentials_of_the_application_take_the_place_of_the_urls() {
    let target = Target::parse("ws://user:pass@example.com").unwrap();
    let target = target.header("authorization", "Bearer token").unwrap();
    assert_eq!(authorization(&target).as_deref(), Some("Bearer token"));
    assert_eq!(target.to_request().headers().get_all("Authorization").count(), 1);
}

#[test]
fn credentials_stay_out_of_logs() {
    let target = Target::parse("ws://user:secret@example.com").unwrap();
    let shown = format!("{target:?} {:?}", target.to_request());
    assert!(!shown.contains("secret") && !shown.contains("dXNlcjpzZWNyZXQ="), "{shown}");
}

/// RFC 6455 §4.1: a page's client says where it's from.
#[test]
fn the_origin_is_in_the_request() {
    let target = Target::parse("ws://example.com").unwrap();
    let target = target.origin("https://page.example").unwrap();
    let mut session = Session::new(target, fixed(), Seed::new([7; 32]), START);
    let attempt = dial(&mut session, START);
    let request = String::from_utf8(write_all(&mut session, START, attempt)).unwrap();
    assert_eq!(behaviour::header(&request, "Origin"), Some("https://page.example"));
}
