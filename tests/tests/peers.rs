//! The peers that the interop tests rely on, against each other: what fails here is not wirebeat.
#![forbid(unsafe_code)]

use wirebeat_tests::content;
use wirebeat_tests::peers::{Client, Library, Server, Transport, each};

/// Runs a scenario of each of the libraries' clients against each of their servers.
fn each_pair(
    libraries: &[Library],
    target: &str,
    scenario: &str,
    arguments: &[&str],
    check: impl Fn(&mut Server) + Sync,
) {
    let servers = libraries.iter().filter(|library| Library::SERVERS.contains(library));
    let cases = servers.flat_map(|library| Transport::ALL.map(|transport| (*library, transport)));
    each(cases, |(library, transport)| {
        let mut server = Server::start(library, transport).expect("the server starts");
        for client in libraries {
            let url = server.url(target);
            let client =
                Client::start(*client, &url, scenario, arguments).expect("the client starts");
            client.finish().expect("the scenario succeeds");
            check(&mut server);
        }
    });
}

/// Those of the libraries that can do what a test asks for.
fn those(can: fn(Library) -> bool) -> Vec<Library> {
    Library::CLIENTS.into_iter().filter(|library| can(*library)).collect()
}

#[test]
fn messages_made_there_are_those_made_here() {
    let lengths = [0, 11, 12, 17, 19, 125, 65_536, 5_000_000];
    let messages: Vec<String> =
        lengths.iter().flat_map(|len| [format!("text:{len}"), format!("binary:{len}")]).collect();
    let arguments: Vec<&str> =
        messages.iter().flat_map(|message| ["--send", message.as_str()]).collect();
    each_pair(&Library::CLIENTS, "/echo", "echo", &arguments, |server| {
        for len in lengths {
            let text = content::text(len).into_bytes();
            for (kind, bytes) in [("text", text), ("binary", content::binary(len))] {
                let message = server.wait_for("message").unwrap();
                assert_eq!(message["kind"], kind);
                assert_eq!(message["len"], len);
                assert_eq!(message["sha256"], content::sha256_hex(&bytes), "{kind} of {len} bytes");
            }
        }
    });
}

#[test]
fn peers_echo_in_fragments_to_each_other() {
    each_pair(
        &those(Library::sends_fragments),
        "/fragmented?pieces=5",
        "fragmented",
        &[],
        |server| {
            assert_eq!(server.wait_for("close").unwrap()["code"], 1000);
        },
    );
}

#[test]
fn peers_choose_a_subprotocol_that_was_offered() {
    let arguments = ["--subprotocol", "superchat", "--subprotocol", "chat"];
    let arguments = [&arguments[..], &["--header", "X-Token: a:b", "--code", "1000"]].concat();
    each_pair(&Library::CLIENTS, "/echo", "close", &arguments, |server| {
        let request = server.wait_for("request").unwrap();
        let headers = request["headers"].as_array().unwrap();
        assert!(headers.iter().any(|header| header[0] == "X-Token" && header[1] == "a:b"));
        assert_eq!(server.wait_for("open").unwrap()["subprotocol"], "superchat");
    });
}

#[test]
fn peers_close_first_on_either_side() {
    // The others answer with 1000 whatever they're sent, which these clients wouldn't have.
    let echoing = those(|library| library.answer_to(3001, "").0 == 3001);
    each_pair(&echoing, "/echo", "close", &["--code", "3001", "--reason", "späte"], |server| {
        let close = server.wait_for("close").unwrap();
        assert_eq!((&close["code"], &close["initiator"]), (&3001.into(), &"peer".into()));
        assert_eq!((&close["reason"], &close["clean"]), (&"späte".into(), &true.into()));
    });
    each_pair(&echoing, "/close?code=1001&reason=going", "wait", &[], |server| {
        let close = server.wait_for("close").unwrap();
        assert_eq!((&close["code"], &close["initiator"]), (&1001.into(), &"us".into()));
    });
}

#[test]
fn a_client_that_is_refused_fails_unless_it_waits_for_that() {
    each_pair(&Library::CLIENTS, "/reject?status=503", "reject", &[], |server| {
        server.wait_for("request").unwrap();
    });
    let server = Server::start(Library::NodeWs, Transport::Tcp).unwrap();
    for library in Library::CLIENTS {
        let client = Client::start(library, &server.url("/reject"), "echo", &[]).unwrap();
        let error = client.finish().unwrap_err().to_string();
        assert!(error.contains(r#""status":401"#) && error.contains("failed"), "{error}");
    }
}
