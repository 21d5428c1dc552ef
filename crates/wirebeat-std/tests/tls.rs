//! The same over TLS, and what can go wrong with it.
#![cfg(feature = "tls")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use support::{do_nothing_for, patient, patient_heartbeat};
use wirebeat_std::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use wirebeat_std::rustls::server::WebPkiClientVerifier;
use wirebeat_std::rustls::{
    self, CertificateError, ClientConfig, RootCertStore, ServerConfig, crypto::ring,
};
use wirebeat_std::{
    AcceptError, Client, CloseCode, Config, ConnectError, Event, Message, OriginPolicy, Reason,
    Step, WebSocket, accept, accept_tls_with,
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

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root()).unwrap();
        roots
    }

    /// A certificate for a name, and its key.
    fn issue(&self, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        (vec![certificate.der().clone()], key)
    }

    fn server(&self, name: &str) -> Arc<ServerConfig> {
        let (chain, key) = self.issue(name);
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap())
    }

    fn client(&self, port: u16) -> Client {
        Client::new(&format!("wss://localhost:{port}/")).unwrap().tls_roots([self.root()])
    }
}

/// A server for one connection. Returns its port, and what `serve` returns.
fn serve_tls<T: Send + 'static>(
    tls: Arc<ServerConfig>,
    config: Config,
    serve: impl FnOnce(Result<WebSocket<TcpStream>, AcceptError>) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    serve_tcp(move |stream| {
        let pending = accept_tls_with(stream, tls, OriginPolicy::SameHost, &config);
        serve(pending.and_then(|pending| pending.accept()))
    })
}

fn serve_tcp<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, thread::spawn(move || serve(listener.accept().unwrap().0)))
}

fn echo(socket: Result<WebSocket<TcpStream>, AcceptError>) -> WebSocket<TcpStream> {
    let mut socket = socket.unwrap();
    while let Some(message) = socket.recv() {
        socket.send(message).unwrap();
    }
    socket
}

#[test]
fn messages_of_every_length_form_come_back_over_tls() {
    let authority = Authority::new();
    let (port, server) = serve_tls(authority.server("localhost"), patient(), echo);
    let mut socket = authority.client(port).connect().unwrap();
    assert_eq!(socket.tls(|tls| tls.peer_certificates().is_some()), Some(true));
    for len in [0, 1, 125, 126, 16_383, 16_384, 16_385, 65_535, 65_536, 5_000_000] {
        let bytes: Vec<u8> = (0..=250).cycle().take(len).collect();
        socket.send(&bytes).unwrap();
        assert_eq!(socket.buffered_amount(), 0);
        assert!(socket.recv() == Some(Message::from(bytes)), "{len} bytes");
    }
    for number in 0..1000 {
        socket.send(format!("message {number}")).unwrap();
    }
    for number in 0..1000 {
        assert_eq!(socket.recv(), Some(Message::from(format!("message {number}"))));
    }
    assert!(socket.close(None).unwrap().was_clean);
    assert!(server.join().unwrap().closed().unwrap().was_clean);
}

#[test]
fn http_1_1_is_what_a_client_offers() {
    let authority = Authority::new();
    let mut tls = ServerConfig::clone(&authority.server("localhost"));
    tls.alpn_protocols = vec![b"h2".into(), b"http/1.1".into()];
    let (port, server) = serve_tls(Arc::new(tls), patient(), echo);
    let socket = authority.client(port).connect().unwrap();
    let protocol = socket.tls(|tls| tls.alpn_protocol().map(<[u8]>::to_vec)).unwrap();
    assert_eq!(protocol.as_deref(), Some(&b"http/1.1"[..]));
    drop(socket);
    server.join().unwrap();
}

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

#[test]
fn a_port_that_speaks_no_tls_is_told_apart() {
    let authority = Authority::new();
    let (port, server) = serve_tcp(|mut stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new())
    });
    let error = authority.client(port).connect().unwrap_err();
    assert!(matches!(error, ConnectError::Tls(rustls::Error::InvalidMessage(_))), "{error:?}");
    assert!(error.to_string().contains("check that the port speaks TLS"), "{error}");
    let _ = server.join().unwrap();
}

#[test]
fn a_client_that_speaks_no_tls_is_told_apart() {
    let authority = Authority::new();
    let (port, server) =
        serve_tls(authority.server("localhost"), patient(), |socket| socket.map(drop));
    let url = format!("ws://localhost:{port}/");
    let error = Client::new(&url).unwrap().connect().unwrap_err();
    assert!(matches!(error, ConnectError::Handshake(_)), "{error:?}");
    assert!(matches!(server.join().unwrap(), Err(AcceptError::Tls(_))));
}

/// TLS is part of what `open_timeout` bounds, on both sides.
#[test]
fn a_peer_that_doesnt_shake_hands_runs_into_the_open_timeout() {
    let authority = Authority::new();
    let config = || Config { open_timeout: Some(Duration::from_millis(50)), ..patient() };
    let (stop, stopped) = mpsc::channel::<()>();
    let (port, server) = serve_tcp(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let error = authority.client(port).config(config()).connect().unwrap_err();
    assert!(matches!(error, ConnectError::Timeout(Step::Tls)), "{error:?}");
    drop(stop);
    server.join().unwrap();

    let (port, server) =
        serve_tls(authority.server("localhost"), config(), |socket| socket.map(drop));
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert!(matches!(server.join().unwrap(), Err(AcceptError::Timeout)));
    drop(stream);
}

/// Who cuts the line can't make it look like an end that the peer meant: RFC 8446 §6.1.
#[test]
fn an_end_without_close_notify_is_an_end_without_a_close() {
    let authority = Authority::new();
    let (port, server) = serve_tls(authority.server("localhost"), patient(), |socket| {
        let socket = socket.unwrap();
        socket.get_ref().shutdown(Shutdown::Write).unwrap();
        socket
    });
    let mut socket = authority.client(port).connect().unwrap();
    let server = server.join().unwrap();
    assert_eq!(socket.recv(), None);
    let closed = socket.closed().unwrap();
    assert_eq!((closed.cause.reason, closed.was_clean), (Reason::Eof, false));
    drop(server);
}

/// RFC 8446 §6.1: what follows isn't looked at, and nothing needs to.
#[test]
fn a_close_notify_ends_it_although_the_transport_goes_on() {
    let authority = Authority::new();
    let tls = authority.server("localhost");
    let (port, server) = serve_tcp(move |mut stream| {
        let mut session = rustls::ServerConnection::new(tls).unwrap();
        let mut secure = rustls::Stream::new(&mut session, &mut stream);
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            secure.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        let answer = support::answer_to(&String::from_utf8(request).unwrap());
        secure.write_all(answer.as_bytes()).unwrap();
        session.send_close_notify();
        session.write_tls(&mut stream).unwrap();
        stream
    });
    let mut socket = authority.client(port).config(patient()).connect().unwrap();
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.closed().unwrap().cause.reason, Reason::Eof);
    drop(server.join().unwrap());
}

#[test]
fn garbage_amid_tls_is_a_loss() {
    let authority = Authority::new();
    let (port, server) = serve_tls(authority.server("localhost"), patient(), |socket| {
        let mut socket = socket.unwrap();
        socket.send("before").unwrap();
        socket.get_ref().write_all(b"nothing that TLS could be").unwrap();
        socket
    });
    let mut socket = authority.client(port).connect().unwrap();
    assert_eq!(socket.recv(), Some(Message::from("before")));
    assert_eq!(socket.recv(), None);
    assert_eq!(socket.closed().unwrap().cause.reason, Reason::Lost);
    drop(server.join().unwrap());
}

/// Sends as much as it can, and receives as much, at once.
fn flood(socket: WebSocket<TcpStream>) {
    const MESSAGE: &[u8] = &[0x5A; 10_000];
    const MESSAGES: usize = 300;
    let (sender, mut receiver) = socket.split();
    let flooding = thread::spawn(move || {
        for _ in 0..MESSAGES {
            sender.send(MESSAGE).unwrap();
        }
        sender
    });
    for _ in 0..MESSAGES {
        assert!(receiver.recv() == Some(Message::from(MESSAGE)));
    }
    drop(flooding.join().unwrap());
}

#[test]
fn two_peers_that_flood_each_other_over_small_buffers_both_finish_over_tls_too() {
    let authority = Authority::new();
    let (ours, theirs) = support::narrow_pair();
    let tls = authority.server("localhost");
    let server = thread::spawn(move || {
        let pending = accept_tls_with(theirs, tls, OriginPolicy::SameHost, &patient()).unwrap();
        flood(pending.accept().unwrap());
    });
    flood(authority.client(9).config(patient()).connect_over(ours).unwrap());
    server.join().unwrap();
}

#[test]
fn a_half_that_only_sends_stays_alive_over_tls_too() {
    let authority = Authority::new();
    let (stop, stopped) = mpsc::channel::<()>();
    let tls = authority.server("localhost");
    let (port, server) = serve_tls(tls, patient_heartbeat(), move |socket| {
        let mut socket = socket.unwrap();
        socket.send("not received yet").unwrap();
        let mut latencies = 0;
        while latencies < 3 {
            match socket.recv_event() {
                Some(Event::Pong { latency: Some(_), .. }) => latencies += 1,
                Some(Event::Message(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        drop(stop);
        while socket.recv().is_some() {}
        socket.closed().unwrap().clone()
    });
    let client = authority.client(port).config(patient());
    let (sender, mut receiver) = client.connect().unwrap().split();
    while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
        do_nothing_for(Duration::from_millis(70));
        sender.send("tick").unwrap();
    }
    assert_eq!(receiver.recv(), Some(Message::from("not received yet")));
    assert!(sender.close(None).unwrap().was_clean);
    assert_eq!(server.join().unwrap().cause.reason, Reason::ClosedByPeer);
}

/// A plain client's request isn't a handshake of TLS, and neither is the reverse.
#[test]
fn a_plain_server_refuses_tls() {
    let authority = Authority::new();
    let (port, server) =
        serve_tcp(|stream| accept(stream, OriginPolicy::SameHost).map(drop).map_err(drop));
    assert!(authority.client(port).connect().is_err());
    assert!(server.join().unwrap().is_err());
}
