//! Compressed messages between wirebeat and other libraries, with what each offers by itself and with
//! every parameter set (RFC 7692 §7).
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

use std::net::TcpStream;

use wirebeat_std::extension::{Deflate, DeflateParameters, WindowBits};
use wirebeat_std::{Config, OriginPolicy, WebSocket, accept_with};
use wirebeat_tests::browser;
use wirebeat_tests::content::{messages, summary, summary_of};
use wirebeat_tests::endpoint::{connect, echo, serve, serve_stream};
use wirebeat_tests::peers::{Client, Library, Server, Transport, each};

/// Short, longer than a window of 9 bits and than one of 15, and more than a block of ours.
const LENGTHS: [usize; 5] = [1, 100, 3_000, 40_000, 200_000];

/// The libraries that can be told which parameters to use.
const TOLD: [Library; 2] = [Library::PythonWebsockets, Library::NodeWs];

/// Nothing, and each parameter, as RFC 7692 names it in JSON.
const PARAMETERS: [&str; 8] = [
    r#"{}"#,
    r#"{"server_no_context_takeover": true}"#,
    r#"{"client_no_context_takeover": true}"#,
    r#"{"server_max_window_bits": 9}"#,
    r#"{"client_max_window_bits": 9}"#,
    r#"{"server_max_window_bits": 12, "client_max_window_bits": 10}"#,
    r#"{"server_no_context_takeover": true, "client_no_context_takeover": true}"#,
    r#"{"server_no_context_takeover": true, "client_no_context_takeover": true,
        "server_max_window_bits": 10, "client_max_window_bits": 11}"#,
];

/// The same for us.
fn parameters(json: &str) -> DeflateParameters {
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let bits = |name: &str| {
        json[name]
            .as_u64()
            .map_or(WindowBits::MAX, |bits| WindowBits::new(u8::try_from(bits).unwrap()).unwrap())
    };
    DeflateParameters {
        server_no_context_takeover: json["server_no_context_takeover"] == true,
        client_no_context_takeover: json["client_no_context_takeover"] == true,
        server_max_window_bits: bits("server_max_window_bits"),
        client_max_window_bits: bits("client_max_window_bits"),
    }
}

fn deflating(parameters: DeflateParameters) -> Config {
    let deflate = Deflate::default().message_len_min(1).parameters(parameters);
    Config { deflate: Some(deflate), ..Config::default() }
}

/// Which end was told of the parameters.
#[derive(Clone, Copy, Debug)]
enum Told {
    Us,
    Them,
}

fn cases() -> impl Iterator<Item = (Library, &'static str, Told)> {
    TOLD.into_iter().flat_map(|library| {
        PARAMETERS.into_iter().flat_map(move |parameters| {
            [Told::Us, Told::Them].map(|told| (library, parameters, told))
        })
    })
}

/// Who was told decides: our parameters, and theirs.
fn split(json: &'static str, told: Told) -> (DeflateParameters, &'static str) {
    match told {
        Told::Us => (parameters(json), "{}"),
        Told::Them => (DeflateParameters::default(), json),
    }
}

/// Both ends hold to what was asked for, and compress.
fn assert_deflated(socket: &WebSocket<TcpStream>, json: &str) {
    let (agreed, asked) = (socket.deflate().unwrap(), parameters(json));
    assert!(agreed.server_no_context_takeover || !asked.server_no_context_takeover, "{agreed}");
    assert!(agreed.client_no_context_takeover || !asked.client_no_context_takeover, "{agreed}");
    assert!(agreed.server_max_window_bits <= asked.server_max_window_bits, "{agreed}");
    assert!(agreed.client_max_window_bits <= asked.client_max_window_bits, "{agreed}");
    let savings = socket.savings().unwrap();
    // What repeats itself after 251 bytes isn't seen in the smallest window.
    assert!(savings.sent_on_wire * 5 < savings.sent * 3, "{savings}");
    assert!(savings.received_on_wire * 5 < savings.received * 3, "{savings}");
}

#[test]
fn a_peers_server_and_we_understand_each_other() {
    each(cases(), |(library, json, told)| {
        let (ours, theirs) = split(json, told);
        let mut server = Server::start_deflating(library, Transport::Tcp, Some(theirs)).unwrap();
        let mut socket = connect(&server.url("/echo"), deflating(ours));
        for message in messages(&LENGTHS) {
            let expected = summary(&message);
            socket.send(message.borrow()).unwrap();
            assert_eq!(summary_of(&server.wait_for("message").unwrap()), expected);
            assert_eq!(summary(&socket.recv().unwrap()), expected);
        }
        assert_deflated(&socket, json);
    });
}

#[test]
fn a_peers_client_and_we_understand_each_other() {
    let arguments: Vec<String> =
        LENGTHS.iter().flat_map(|len| [format!("text:{len}"), format!("binary:{len}")]).collect();
    let arguments: Vec<&str> =
        arguments.iter().flat_map(|sent| ["--send", sent.as_str()]).collect();
    let builtin = (Library::NodeBuiltIn, "{}", Told::Us);
    each(cases().chain([builtin]), |(library, json, told)| {
        let (ours, theirs) = split(json, told);
        let (url, ended) = serve(Transport::Tcp, deflating(ours), move |mut socket| {
            let received = echo(&mut socket);
            match library {
                // It takes compressed messages, and sends none.
                Library::NodeBuiltIn => {
                    let savings = socket.savings().unwrap();
                    assert!(savings.sent_on_wire * 5 < savings.sent * 3, "{savings}");
                    assert_eq!(savings.received, 0);
                }
                _ => assert_deflated(&socket, json),
            }
            received
        });
        let client =
            Client::start_deflating(library, &url, "echo", &arguments, Some(theirs)).unwrap();
        client.finish().unwrap();
        let received: Vec<_> = ended.join().unwrap().iter().map(summary).collect();
        let sent: Vec<_> = messages(&LENGTHS).iter().map(summary).collect();
        assert_eq!(received, sent);
    });
}

/// Chromium offers what it always offers: its window may be limited, and so may ours be unasked.
#[test]
fn a_browser_and_we_understand_each_other() {
    let lengths = [&[0], &LENGTHS[..]].concat();
    let (urls, servers): (Vec<_>, Vec<_>) = PARAMETERS
        .into_iter()
        .map(|json| {
            serve_stream(move |stream| {
                let config = deflating(parameters(json));
                let pending = accept_with(stream, OriginPolicy::Any, &config).unwrap();
                let mut socket = pending.accept().unwrap();
                let received = echo(&mut socket);
                assert_deflated(&socket, json);
                received
            })
        })
        .unzip();
    let arguments = [&[format!("{lengths:?}")], &urls[..]].concat();
    let output = browser::run("deflate", &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let agreed = String::from_utf8(output.stdout).unwrap();
    // It never asks for anything, so it's what we ask for and no more.
    let expected = PARAMETERS.map(|json| parameters(json).to_string());
    assert_eq!(agreed.lines().collect::<Vec<_>>(), expected);
    let sent: Vec<_> = messages(&lengths).iter().map(summary).collect();
    for server in servers {
        let received: Vec<_> = server.join().unwrap().iter().map(summary).collect();
        assert_eq!(received, sent);
    }
}

/// Fragments are one compressed message, with pings between them.
#[test]
fn a_peers_server_puts_our_compressed_fragments_together_and_we_its_own() {
    each(TOLD, |library| {
        let server = Server::start_deflating(library, Transport::Tcp, Some("{}")).unwrap();
        let config = || deflating(DeflateParameters::default());
        let mut socket = connect(&server.url("/fragmented?pieces=3"), config());
        for message in messages(&[7, 3_000, 200_000]) {
            let bytes = message.as_bytes();
            let (first, rest) = bytes.split_at(bytes.len() / 3);
            socket.send_fragment(Some(message.kind()), first, false).unwrap();
            socket.ping(b"between").unwrap();
            socket.send_fragment(None, rest, false).unwrap();
            socket.send_fragment(None, b"", true).unwrap();
            assert_eq!(summary(&socket.recv().unwrap()), summary(&message));
        }
        assert_deflated(&socket, "{}");
    });
}

/// A window of 256 bytes, which zlib takes as one of 512 without a word: ws asks for it all the same.
/// We decompress what it makes of it; we compress with no such window, so we send what we have as it
/// is, and as a server we don't agree to it (§7.1.2.1).
#[test]
fn windows_of_256_bytes_are_understood_and_not_used() {
    let ours = || deflating(DeflateParameters::default());
    let sent = messages(&LENGTHS);
    let arguments: Vec<String> =
        LENGTHS.iter().flat_map(|len| [format!("text:{len}"), format!("binary:{len}")]).collect();
    let arguments: Vec<&str> =
        arguments.iter().flat_map(|sent| ["--send", sent.as_str()]).collect();
    for (json, agreed) in [
        (r#"{"server_max_window_bits": 8}"#, None),
        (r#"{"client_max_window_bits": 8}"#, WindowBits::new(8)),
    ] {
        let (url, ended) = serve(Transport::Tcp, ours(), move |mut socket| {
            let received = echo(&mut socket);
            let parameters = socket.deflate();
            assert_eq!(parameters.map(|parameters| parameters.client_max_window_bits), agreed);
            if let Some(savings) = socket.savings() {
                assert!(savings.received_on_wire * 5 < savings.received * 3, "{savings}");
            }
            received
        });
        let client =
            Client::start_deflating(Library::NodeWs, &url, "echo", &arguments, Some(json)).unwrap();
        client.finish().unwrap();
        assert_eq!(ended.join().unwrap(), sent);
    }
    let json = r#"{"client_max_window_bits": 8}"#;
    let server = Server::start_deflating(Library::NodeWs, Transport::Tcp, Some(json)).unwrap();
    let mut socket = connect(&server.url("/echo"), ours());
    assert_eq!(socket.deflate().map(|it| it.client_max_window_bits), WindowBits::new(8));
    for message in &sent {
        socket.send(message.borrow()).unwrap();
        assert_eq!(socket.recv().as_ref(), Some(message));
    }
    let savings = socket.savings().unwrap();
    assert_eq!(savings.sent_on_wire, savings.sent);
    assert!(savings.received_on_wire * 5 < savings.received * 3, "{savings}");
}
