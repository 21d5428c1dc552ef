use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use wirebeat_std::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use wirebeat_std::rustls::{ServerConfig, crypto::ring};
use wirebeat_std::{
    ConnectError, DialError, Message, OriginPolicy, Reason, WebSocket, accept_tls_with,
};

use crate::rig::{builder, until_closed, until_open};
use crate::support::patient;

/// A server's configuration, and the root that its certificate leads to.
fn authority() -> (Arc<ServerConfig>, CertificateDer<'static>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (Arc::new(config), issuer.der().clone())
}

fn listen() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
    (url, listener)
}

fn accept(listener: &TcpListener, tls: &Arc<ServerConfig>) -> WebSocket<TcpStream> {
    let stream = listener.accept().unwrap().0;
    let pending = accept_tls_with(stream, Arc::clone(tls), OriginPolicy::SameHost, &patient());
    pending.unwrap().accept().unwrap()
}

#[test]
fn a_session_reconnects_over_tls_and_long_messages_pass() {
    let (tls, root) = authority();
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).tls_roots([root]).connect().unwrap();
    let server = thread::spawn(move || {
        drop(accept(&listener, &tls));
        let mut second = accept(&listener, &tls);
        while let Some(message) = second.recv() {
            second.send(message).unwrap();
        }
        second.closed().cloned()
    });
    until_open(&mut events);
    until_closed(&mut events);
    until_open(&mut events);
    let long: Vec<Message<'static>> =
        (1..4_u8).map(|byte| Message::from(vec![byte; 2 * 1024 * 1024])).collect();
    for message in &long {
        session.send(message.borrow()).unwrap();
    }
    for message in &long {
        assert_eq!(events.recv().as_ref(), Some(message));
    }
    session.close(None);
    assert!(until_closed(&mut events).closed.was_clean);
    assert!(server.join().unwrap().unwrap().was_clean);
}

#[test]
fn a_server_that_is_not_trusted_is_not_tried_again() {
    let (tls, _) = authority();
    let (_, other_root) = authority();
    let (url, listener) = listen();
    let (_session, mut events) = builder(&url).tls_roots([other_root]).connect().unwrap();
    let server = thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        accept_tls_with(stream, tls, OriginPolicy::SameHost, &patient()).map(drop)
    });
    let closed = until_closed(&mut events);
    assert_eq!(closed.closed.cause.reason, Reason::Dial(DialError::Certificate));
    assert!(closed.is_final());
    assert!(matches!(events.failure(), Some(ConnectError::Tls(_))), "{:?}", events.failure());
    // It's told why, by an alert.
    assert!(server.join().unwrap().is_err());
}

#[test]
fn a_server_that_speaks_no_tls_or_hangs_up_is_tried_again() {
    let (url, listener) = listen();
    let (_, root) = authority();
    let (session, mut events) = builder(&url).tls_roots([root]).connect().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    std::io::Write::write_all(&mut stream, b"SSH-2.0-OpenSSH_9.2\r\n").unwrap();
    let closed = until_closed(&mut events);
    assert_eq!(closed.closed.cause.reason, Reason::Dial(DialError::Tls));
    assert!(!closed.is_final());
    drop(stream);
    drop(listener.accept().unwrap());
    let closed = until_closed(&mut events);
    assert_eq!(closed.closed.cause.reason, Reason::Dial(DialError::Tls));
    session.close(None);
    while events.recv_event().is_some() {}
}
