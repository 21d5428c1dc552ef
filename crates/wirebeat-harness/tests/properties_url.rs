//! What a URL names: what is dialed and asked for, and what the browser's object says of it. It
//! needs the core's feature `url`, which not all of the core's own tests are run with.
#![forbid(unsafe_code)]

use proptest::prelude::*;
use proptest::sample::select;
use wirebeat_harness::strategies::config;
use wirebeat_harness::url::check_url;

const REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/properties_url.txt");

/// Parts of URLs, right and wrong, in their order.
fn url() -> impl Strategy<Value = String> {
    let scheme = select(vec!["ws://", "wss://", "http://", "HTTPS://", "ftp://", "ws:", "//", ""]);
    let user = select(vec!["", "", "user@", "us%3Aer:p%40ss@", ":@", "a:b@c@", "é:%ff@"]);
    let host = prop_oneof![
        select(vec![
            "h",
            "Example.COM",
            "127.1",
            "0x7f.1",
            "[::1]",
            "bücher.example",
            "a`b",
            "",
            "%00"
        ])
        .prop_map(str::to_owned),
        "[a-z0-9.%é\\[\\]:-]{1,12}",
    ];
    let port = select(vec!["", "", ":", ":80", ":443", ":8080", ":65535", ":65536", ":x"]);
    let rest = prop_oneof![
        select(vec!["", "/", "?", "/a%20b?c=%26", "/../x", "/\r\nX: y", "/#", "?a#b", "\\a"])
            .prop_map(str::to_owned),
        "[/?a-z%é \"<>`{}|^\t\r\n-]{0,16}",
    ];
    (scheme, user, host, port, rest)
        .prop_map(|(scheme, user, host, port, rest)| format!("{scheme}{user}{host}{port}{rest}"))
}

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    /// RFC 6455 §3, WHATWG WebSockets §3.1.
    #[test]
    fn a_url_names_what_its_record_says(url in url()) {
        check_url(&url);
    }

    #[test]
    fn invariant_3_no_text_panics(text in "\\PC{0,40}") {
        check_url(&text);
    }
}
