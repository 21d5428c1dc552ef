use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use wirebeat_std::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use wirebeat_std::rustls::{RootCertStore, ServerConfig, crypto::ring};
use wirebeat_std::{AcceptError, Client, Config, OriginPolicy, WebSocket, accept_tls_with};

/// Who issues certificates, and whom the clients trust.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root()).unwrap();
        roots
    }

    /// A certificate for a name, and its key.
    pub(crate) fn issue(
        &self,
        name: &str,
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        (vec![certificate.der().clone()], key)
    }

    pub(crate) fn server(&self, name: &str) -> Arc<ServerConfig> {
        let (chain, key) = self.issue(name);
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap())
    }

    pub(crate) fn client(&self, port: u16) -> Client {
        Client::new(&format!("wss://localhost:{port}/")).unwrap().tls_roots([self.root()])
    }
}

/// A server for one connection. Returns its port, and what `serve` returns.
pub(crate) fn serve_tls<T: Send + 'static>(
    tls: Arc<ServerConfig>,
    config: Config,
    serve: impl FnOnce(Result<WebSocket<TcpStream>, AcceptError>) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    serve_tcp(move |stream| {
        let pending = accept_tls_with(stream, tls, OriginPolicy::SameHost, &config);
        serve(pending.and_then(|pending| pending.accept()))
    })
}

pub(crate) fn serve_tcp<T: Send + 'static>(
    serve: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, thread::spawn(move || serve(listener.accept().unwrap().0)))
}

pub(crate) fn echo(socket: Result<WebSocket<TcpStream>, AcceptError>) -> WebSocket<TcpStream> {
    let mut socket = socket.unwrap();
    while let Some(message) = socket.recv() {
        socket.send(message).unwrap();
    }
    socket
}
