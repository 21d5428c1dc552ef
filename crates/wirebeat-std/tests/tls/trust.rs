//! Whom the two trust.

use std::net::TcpStream;
use std::sync::Arc;

use wirebeat_std::rustls::server::WebPkiClientVerifier;
use wirebeat_std::rustls::{self, CertificateError, ClientConfig, ServerConfig, crypto::ring};
use wirebeat_std::{AcceptError, Client, CloseCode, ConnectError};

use crate::rig::{Authority, echo, serve_tls};
use crate::support::patient;

/// CVE-2020-11050, CVE-2020-15133, CVE-2018-8034: clients that didn't look at the name.
#[test]
fn failure_t25_a_certificate_for_another_host_fails() {
    let authority = Authority::new();
    let tls = authority.server("elsewhere.example");
    let (port, server) = serve_tls(tls, patient(), |socket| socket.map(drop));
    let error = authority.client(port).connect().unwrap_err();
    let is_name = matches!(
        &error,
        ConnectError::Tls(rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        ))
    );
    assert!(is_name, "{error:?}");
    assert!(error.to_string().contains("use a name that its certificate is for"), "{error}");
    // And the server reads why.
    let told = server.join().unwrap();
    assert!(matches!(told, Err(AcceptError::Tls(rustls::Error::AlertReceived(_)))), "{told:?}");
}

#[test]
fn failure_t25_an_issuer_that_nobody_knows_fails() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (port, server) = serve_tls(other.server("localhost"), patient(), |socket| socket.map(drop));
    let error = authority.client(port).connect().unwrap_err();
    let is_issuer = matches!(
        &error,
        ConnectError::Tls(rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature
        ))
    );
    assert!(is_issuer, "{error:?}");
    assert!(server.join().unwrap().is_err());
}

/// The platform's roots know nothing of ours, whichever they are.
#[test]
fn failure_t25_the_platforms_roots_are_the_default() {
    let authority = Authority::new();
    let (port, server) =
        serve_tls(authority.server("localhost"), patient(), |socket| socket.map(drop));
    let error = Client::new(&format!("wss://localhost:{port}/")).unwrap().connect().unwrap_err();
    assert!(matches!(&error, ConnectError::Tls(_) | ConnectError::NoRoots(_)), "{error:?}");
    if let ConnectError::NoRoots(_) = error {
        assert!(error.to_string().contains("ca-certificates"), "{error}");
        // It wasn't even dialed.
        drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
    }
    assert!(server.join().unwrap().is_err());
}

#[test]
fn a_server_sees_who_a_client_is() {
    let authority = Authority::new();
    let verifier = WebPkiClientVerifier::builder_with_provider(
        Arc::new(authority.roots()),
        Arc::new(ring::default_provider()),
    );
    let (chain, key) = authority.issue("localhost");
    let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(chain, key)
        .unwrap();
    let tls = Arc::new(tls);

    let (port, server) = serve_tls(Arc::clone(&tls), patient(), |socket| {
        let mut socket = socket.unwrap();
        let shown = socket.tls(|tls| tls.peer_certificates().unwrap().to_vec()).unwrap();
        socket.close(None).unwrap();
        shown
    });
    let (chain, key) = authority.issue("client.example");
    let mut socket = authority.client(port).tls_identity(chain.clone(), key).connect().unwrap();
    assert_eq!(socket.recv(), None);
    assert_eq!(server.join().unwrap(), chain);

    let (port, server) = serve_tls(tls, patient(), |socket| socket.map(drop));
    let error = authority.client(port).connect().unwrap_err();
    assert!(matches!(&error, ConnectError::Tls(rustls::Error::AlertReceived(_))), "{error:?}");
    assert!(error.to_string().contains("client certificate"), "{error}");
    assert!(matches!(server.join().unwrap(), Err(AcceptError::Tls(_))));
}

#[test]
fn a_configuration_that_is_given_is_used() {
    let authority = Authority::new();
    let (port, server) = serve_tls(authority.server("localhost"), patient(), echo);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(authority.roots())
        .with_no_client_auth();
    let client = Client::new(&format!("wss://localhost:{port}/")).unwrap();
    let socket = client.tls_config(Arc::new(config)).connect().unwrap();
    let version = socket.tls(rustls::CommonState::protocol_version).unwrap();
    assert_eq!(version, Some(rustls::ProtocolVersion::TLSv1_2));
    drop(socket);
    assert_eq!(server.join().unwrap().closed().unwrap().code, CloseCode::GOING_AWAY);
}
