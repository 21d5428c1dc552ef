use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;
use wirebeat_tokio::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use wirebeat_tokio::rustls::{ServerConfig, crypto::ring};
use wirebeat_tokio::{ConnectError, DialError, Message, Reason, Session, SessionEvents};

use crate::rig::{Listener, accept_on, builder, listen, patient, until_closed, until_open};

/// A server's end of TLS, and the root that its certificate leads to.
fn authority() -> (TlsAcceptor, CertificateDer<'static>) {
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
    (TlsAcceptor::from(Arc::new(config)), issuer.der().clone())
}

fn start(root: CertificateDer<'static>) -> (Session, SessionEvents, Listener) {
    let (connector, listener) = listen(64 * 1024);
    let builder = builder("wss://localhost/").tls_roots([root]).connector(connector);
    let (session, events) = builder.connect().unwrap();
    (session, events, listener)
}

#[tokio::test(start_paused = true)]
async fn a_session_reconnects_over_tls_and_long_messages_pass() {
    let (tls, root) = authority();
    let (session, mut events, mut listener) = start(root);
    let server = tokio::spawn(async move {
        let stream = tls.accept(listener.accept_raw().await).await.unwrap();
        drop(accept_on(stream, &patient()).await);
        let stream = tls.accept(listener.accept_raw().await).await.unwrap();
        let mut second = accept_on(stream, &patient()).await;
        while let Some(message) = second.recv().await {
            second.send(message).await.unwrap();
        }
        second.closed()
    });
    until_open(&mut events).await;
    until_closed(&mut events).await;
    until_open(&mut events).await;
    let long: Vec<Message<'static>> =
        (1..4_u8).map(|byte| Message::from(vec![byte; 2 * 1024 * 1024])).collect();
    for message in &long {
        session.send(message.borrow()).unwrap();
    }
    for message in &long {
        assert_eq!(events.recv().await.as_ref(), Some(message));
    }
    session.close(None);
    assert!(until_closed(&mut events).await.closed.was_clean);
    assert!(server.await.unwrap().unwrap().was_clean);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_trusted_is_not_tried_again() {
    let (tls, _) = authority();
    let (_, other_root) = authority();
    let (_session, mut events, mut listener) = start(other_root);
    let server =
        tokio::spawn(async move { tls.accept(listener.accept_raw().await).await.map(drop) });
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.closed.cause.reason, Reason::Dial(DialError::Certificate));
    assert!(closed.is_final());
    assert!(matches!(events.failure(), Some(ConnectError::Tls(_))), "{:?}", events.failure());
    // It's told why, by an alert.
    assert!(server.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_speaks_no_tls_or_hangs_up_is_tried_again() {
    let (_, root) = authority();
    let (session, mut events, mut listener) = start(root);
    let mut stream = listener.accept_raw().await;
    stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.closed.cause.reason, Reason::Dial(DialError::Tls));
    assert!(!closed.is_final());
    drop(stream);
    drop(listener.accept_raw().await);
    let closed = until_closed(&mut events).await;
    assert_eq!(closed.closed.cause.reason, Reason::Dial(DialError::Tls));
    session.close(None);
    while events.recv_event().await.is_some() {}
}
