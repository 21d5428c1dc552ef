//! TLS between wirebeat and other libraries: whom either side doesn't trust, and who speaks no TLS. All
//! that goes on inside it, the other interop tests try over both transports.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what goes wrong fails the test")]

use std::sync::Arc;

use wirebeat_std::rustls::crypto::ring;
use wirebeat_std::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use wirebeat_std::rustls::{
    self, CertificateError, ClientConfig, ProtocolVersion, RootCertStore, version,
};
use wirebeat_std::{
    AcceptError, Cause, Client, Config, ConnectError, OriginPolicy, Phase, Reason, accept_tls,
};
use wirebeat_tests::certificates;
use wirebeat_tests::content::{messages, summary};
use wirebeat_tests::endpoint::{client, connect, echo, serve_request, serve_stream};
use wirebeat_tests::peers::{self, Library, Server, Transport, each};

/// A certificate for 127.0.0.1 that nobody vouches for, and its key.
fn self_signed() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der());
    (signed.cert.der().clone(), key.into())
}

/// The peer ended the connection while it was being opened, or its system did for it.
fn assert_ended(error: &ConnectError) {
    match error {
        ConnectError::Handshake(Cause { phase: Phase::Opening, reason }) => {
            assert!(matches!(reason, Reason::Eof | Reason::Lost), "{reason:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_peers_server_that_we_have_no_reason_to_trust_gets_no_request() {
    let (stranger, _) = self_signed();
    each(Library::SERVERS, |library| {
        let mut server = Server::start(library, Transport::Tls).unwrap();
        let url = server.url("/echo?first");
        match Client::new(&url).unwrap().tls_roots([stranger.clone()]).connect() {
            Err(ConnectError::Tls(rustls::Error::InvalidCertificate(error))) => {
                assert_eq!(error, CertificateError::UnknownIssuer);
            }
            other => panic!("{other:?}"),
        }
        connect(&server.url("/echo?second"), Config::default());
        assert_eq!(server.wait_for("request").unwrap()["path"], "/echo?second");
    });
}

#[test]
fn a_peers_client_that_has_no_reason_to_trust_us_makes_no_request() {
    let (certificate, key) = self_signed();
    let config = certificates::server_config_of(certificate, key).unwrap();
    each(Library::CLIENTS, |library| {
        let config = Arc::clone(&config);
        let (url, ours) =
            serve_stream(|stream| accept_tls(stream, config, OriginPolicy::Any).map(drop));
        let url = url.replacen("ws", "wss", 1);
        let client = peers::Client::start(library, &url, "echo", &[]).unwrap();
        assert!(client.finish().unwrap_err().to_string().contains("failed"));
        let error = ours.join().unwrap().unwrap_err();
        assert!(matches!(error, AcceptError::Tls(_) | AcceptError::Gone(_)), "{error:?}");
    });
}

#[test]
fn a_peers_server_that_speaks_no_tls_gives_no_connection() {
    each(Library::SERVERS, |library| {
        let mut server = Server::start(library, Transport::Tcp).unwrap();
        let url = server.url("/echo").replacen("ws", "wss", 1);
        match (library, client(&url).connect().unwrap_err()) {
            // It leaves without an answer.
            (Library::PythonWebsockets, error) => assert_ended(&error),
            (_, ConnectError::Tls(rustls::Error::InvalidMessage(_))) => {}
            (_, error) => panic!("{error:?}"),
        }
        connect(&server.url("/echo"), Config::default());
        server.wait_for("open").unwrap();
    });
}

#[test]
fn a_peers_server_that_speaks_tls_only_gives_no_connection() {
    each(Library::SERVERS, |library| {
        let mut server = Server::start(library, Transport::Tls).unwrap();
        let url = server.url("/echo").replacen("wss", "ws", 1);
        assert_ended(&client(&url).connect().unwrap_err());
        connect(&server.url("/echo"), Config::default());
        server.wait_for("open").unwrap();
    });
}

#[test]
fn a_peers_client_that_speaks_no_tls_gets_no_connection() {
    each(Library::CLIENTS, |library| {
        let (url, ours) = serve_request(Transport::Tls, Config::default(), |pending| {
            pending.map(drop).unwrap_err()
        });
        let url = url.replacen("wss", "ws", 1);
        let client = peers::Client::start(library, &url, "echo", &[]).unwrap();
        assert!(client.finish().unwrap_err().to_string().contains("failed"));
        let error = ours.join().unwrap();
        assert!(matches!(error, AcceptError::Tls(_)), "{error:?}");
    });
}

#[test]
fn tls_1_2_carries_messages_to_a_peers_server_too() {
    let mut roots = RootCertStore::empty();
    roots.add(certificates::authority().unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    each(Library::SERVERS, |library| {
        let server = Server::start(library, Transport::Tls).unwrap();
        let client = client(&server.url("/echo")).tls_config(Arc::clone(&config));
        let mut socket = client.connect().unwrap();
        for message in messages(&[0, 125, 65_536, 5_000_000]) {
            socket.send(message.borrow()).unwrap();
            assert_eq!(summary(&socket.recv().unwrap()), summary(&message));
        }
        assert!(socket.close(None).unwrap().was_clean);
    });
}

/// What a peer's client negotiates with us: the newest version, and the protocol if it asks for one.
#[test]
fn a_peers_client_speaks_tls_1_3_and_http_1_1_with_us() {
    each(Library::CLIENTS, |library| {
        let (url, ours) = serve_request(Transport::Tls, Config::default(), |pending| {
            let pending = pending.unwrap();
            let negotiated = pending
                .tls(|tls| (tls.protocol_version(), tls.alpn_protocol().map(<[u8]>::to_vec)));
            let negotiated = negotiated.expect("it's over TLS");
            echo(&mut pending.accept().unwrap());
            negotiated
        });
        peers::Client::start(library, &url, "echo", &[]).unwrap().finish().unwrap();
        let (version, protocol) = ours.join().unwrap();
        assert_eq!(version, Some(ProtocolVersion::TLSv1_3));
        assert!(protocol.is_none_or(|protocol| protocol == b"http/1.1"));
    });
}
