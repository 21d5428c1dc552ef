//! The same over TLS, and what can go wrong with it.
#![cfg(feature = "tls")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use wirebeat_tokio::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use wirebeat_tokio::rustls::{ServerConfig, crypto::ring};
use wirebeat_tokio::{
    AcceptError, Client, CloseCode, ConnectError, MaybeTls, Message, OriginPolicy, Pending, Reason,
    ServeError, Server, Step, Stopped, Stopper,
};

/// Who issues certificates, and whom the clients trust.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    fn server(&self, name: &str) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let chain = vec![params.signed_by(&key, &self.0).unwrap().der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap())
    }
}

async fn echo(pending: Pending<MaybeTls<TcpStream>>) {
    let Ok(mut socket) = pending.accept().await else { return };
    while let Some(message) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// An echo server that speaks TLS.
async fn start(tls: Arc<ServerConfig>) -> (u16, Stopper, JoinHandle<Stopped>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Server::new(listener, OriginPolicy::SameHost).tls(tls);
    let stopper = server.stopper();
    (port, stopper, tokio::spawn(server.serve(echo)))
}

fn client(port: u16) -> Client {
    Client::new(&format!("wss://localhost:{port}/")).unwrap()
}

#[tokio::test]
async fn messages_of_every_length_form_come_back_over_tls() {
    let authority = Authority::new();
    let (port, stopper, serving) = start(authority.server("localhost")).await;
    let mut socket = client(port).tls_roots([authority.root()]).connect().await.unwrap();
    assert!(socket.look(|stream| stream.tls().is_some_and(|tls| tls.protocol_version().is_some())));
    for len in [0, 1, 126, 65_536, 1 << 20] {
        socket.send(vec![7; len]).await.unwrap();
        assert_eq!(socket.recv().await, Some(Message::from(vec![7; len])));
    }
    for number in 0..1000_u32 {
        socket.feed(number.to_be_bytes().to_vec()).await.unwrap();
    }
    for number in 0..1000_u32 {
        assert_eq!(socket.recv().await, Some(Message::from(number.to_be_bytes().to_vec())));
    }
    stopper.stop();
    assert_eq!(socket.recv().await, None);
    let closed = socket.closed().unwrap();
    assert_eq!((closed.code, closed.was_clean), (CloseCode::GOING_AWAY, true));
    assert_eq!(serving.await.unwrap(), Stopped { dropped: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_halves_are_used_at_once_over_tls() {
    let authority = Authority::new();
    let (port, _, serving) = start(authority.server("localhost")).await;
    let socket = client(port).tls_roots([authority.root()]).connect().await.unwrap();
    let (sender, mut receiver) = socket.split();
    let sending = tokio::spawn(async move {
        for number in 0..500_u32 {
            sender.send(vec![7; number as usize * 50]).await.unwrap();
        }
        sender
    });
    for number in 0..500_u32 {
        let message = receiver.recv().await.expect("it's open");
        assert_eq!(message.len(), number as usize * 50);
    }
    let sender = sending.await.unwrap();
    assert!(sender.close(None).await.unwrap().was_clean);
    serving.abort();
}

#[tokio::test]
async fn a_certificate_for_another_host_or_of_an_unknown_issuer_fails_with_advice() {
    let authority = Authority::new();
    let (port, _, serving) = start(authority.server("elsewhere.example")).await;
    let error = client(port).tls_roots([authority.root()]).connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Tls(_)), "{error}");
    assert!(error.to_string().contains("use a name that its certificate is for"), "{error}");
    let error = client(port).tls_roots([]).connect().await.unwrap_err();
    assert!(error.to_string().contains("add that one to the roots"), "{error}");
    serving.abort();
}

#[tokio::test]
async fn a_peer_that_speaks_no_tls_is_told_apart() {
    let authority = Authority::new();
    let (ours, mut theirs) = duplex(4096);
    let plain = tokio::spawn(async move {
        theirs.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = theirs.read_to_end(&mut Vec::new()).await;
    });
    let result = client(443).tls_roots([authority.root()]).connect_over(ours).await;
    let error = result.unwrap_err().to_string();
    assert!(error.contains("check that the port speaks TLS"), "{error}");
    plain.await.unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, mut errors) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::new(listener, OriginPolicy::SameHost)
        .tls(authority.server("localhost"))
        .on_error(move |error| told.send(error).unwrap());
    let serving = tokio::spawn(server.serve(echo));
    let result = Client::new(&format!("ws://{address}/")).unwrap().connect().await;
    assert!(matches!(result, Err(ConnectError::Handshake(_))), "{result:?}");
    let error = errors.recv().await.unwrap();
    assert!(matches!(error, ServeError::Opening(AcceptError::Tls(_))), "{error}");
    serving.abort();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_shake_hands_runs_into_the_open_timeout() {
    let (ours, _theirs) = duplex(4096);
    let result = client(443).tls_roots([Authority::new().root()]).connect_over(ours).await;
    assert!(matches!(result, Err(ConnectError::Timeout(Step::Tls))), "{result:?}");
}

/// RFC 5246 §7.2.1: whoever cuts the stream could cut a message. None is, so what came is whole.
#[tokio::test]
async fn an_end_without_close_notify_is_an_end_without_a_close() {
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = tokio_rustls::TlsAcceptor::from(authority.server("localhost"));
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = tls.accept(stream).await.unwrap();
        let pending = wirebeat_tokio::accept(stream, OriginPolicy::SameHost).await.unwrap();
        let mut socket = pending.accept().await.unwrap();
        socket.send("before the end").await.unwrap();
        assert!(socket.recv().await.is_some());
        socket.look(|stream| {
            let socket = socket2::SockRef::from(stream.get_ref().0);
            socket.shutdown(std::net::Shutdown::Write).unwrap();
        });
        socket.recv().await
    });
    let mut socket = client(port).tls_roots([authority.root()]).connect().await.unwrap();
    assert_eq!(socket.recv().await, Some(Message::from("before the end")));
    socket.send("cut it").await.unwrap();
    assert_eq!(socket.recv().await, None);
    assert_eq!(socket.closed().map(|closed| closed.cause.reason), Some(Reason::Eof));
    drop(socket);
    server.await.unwrap();
}
