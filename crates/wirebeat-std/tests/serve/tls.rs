//! The same over TLS.

use std::sync::{Arc, mpsc};
use std::thread;

use wirebeat_std::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use wirebeat_std::rustls::{ServerConfig, crypto::ring};
use wirebeat_std::{AcceptError, Client, CloseCode, ServeError, Stopped};

use super::*;
use crate::support::Raw;

/// A server's configuration, and the certificate that its clients trust.
fn configuration() -> (Arc<ServerConfig>, CertificateDer<'static>) {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = issued.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der());
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let tls = builder.with_no_client_auth().with_single_cert(vec![certificate.clone()], key.into());
    (Arc::new(tls.unwrap()), certificate)
}

#[test]
fn clients_are_served_and_told_that_the_server_goes_away() {
    let (server, url) = server();
    let (tls, certificate) = configuration();
    let (sender, errors) = mpsc::channel();
    let config = wirebeat_std::Config { open_timeout: None, ..support::patient() };
    let serving = server
        .tls(tls)
        .config(config)
        .on_error(move |error| sender.send(error).unwrap())
        .start(|pending| {
            assert_eq!(pending.tls(|tls| tls.peer_certificates().is_none()), Some(true));
            echo(pending);
        })
        .unwrap();

    let mut plain = Raw::dial(&url);
    plain.write(support::REQUEST);
    let error = errors.recv().unwrap();
    assert!(matches!(error, ServeError::Opening(AcceptError::Tls(_))), "{error:?}");
    drop(plain);

    let silent = Raw::dial(&url);
    let url = url.replace("ws://127.0.0.1", "wss://localhost");
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let client = Client::new(&url).unwrap().config(support::patient());
            let mut socket = client.tls_roots([certificate.clone()]).connect().unwrap();
            assert_echoes(&mut socket);
            thread::spawn(move || {
                assert_eq!(socket.recv(), None);
                let closed = socket.closed().unwrap();
                assert_eq!((closed.code, closed.was_clean), (CloseCode::GOING_AWAY, true));
            })
        })
        .collect();
    assert_eq!(serving.shutdown(), Stopped { dropped: 0 });
    clients.into_iter().for_each(|client| client.join().unwrap());
    drop(silent);
}
