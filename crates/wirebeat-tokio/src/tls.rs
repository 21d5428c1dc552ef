use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::error::ConnectError;

/// The protocol that a WebSocket's handshake is made in, as TLS names it ([RFC 7301]).
///
/// [RFC 7301]: https://www.rfc-editor.org/rfc/rfc7301
const ALPN: &[u8] = b"http/1.1";

/// What a client was told of TLS.
#[derive(Clone, Default)]
pub(crate) struct ClientTls {
    pub(crate) config: Option<Arc<ClientConfig>>,
    pub(crate) roots: Option<Arc<[CertificateDer<'static>]>>,
    pub(crate) identity: Option<Arc<Identity>>,
}

/// A certificate of ours, and those that lead from it to its root; and its key.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl ClientTls {
    /// What TLS is made with.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, ConnectError> {
        match (&self.config, &self.roots, &self.identity) {
            (Some(config), _, _) if config.alpn_protocols.is_empty() => {
                let mut config = ClientConfig::clone(config);
                config.alpn_protocols = vec![ALPN.into()];
                Ok(Arc::new(config))
            }
            (Some(config), _, _) => Ok(Arc::clone(config)),
            (None, None, None) => usual_config(),
            (None, Some(roots), identity) => build(given_roots(roots)?, identity.as_deref()),
            (None, None, identity) => build(platform_roots()?, identity.as_deref()),
        }
    }
}

/// The configuration of whoever says nothing, which all share: the platform's roots are read once,
/// and sessions are resumed.
fn usual_config() -> Result<Arc<ClientConfig>, ConnectError> {
    static USUAL: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = USUAL.get() {
        return Ok(Arc::clone(config));
    }
    let config = build(platform_roots()?, None)?;
    Ok(Arc::clone(USUAL.get_or_init(|| config)))
}

fn build(
    roots: RootCertStore,
    identity: Option<&Identity>,
) -> Result<Arc<ClientConfig>, ConnectError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(Identity { chain, key }) => {
            builder.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(unusable)?
        }
    };
    config.alpn_protocols = vec![ALPN.into()];
    Ok(Arc::new(config))
}

/// What was given to make TLS with can't be used.
fn unusable(error: rustls::Error) -> ConnectError {
    ConnectError::Tls(io::Error::other(error))
}

fn given_roots(given: &[CertificateDer<'static>]) -> Result<RootCertStore, ConnectError> {
    let mut roots = RootCertStore::empty();
    for root in given {
        roots.add(root.clone()).map_err(unusable)?;
    }
    Ok(roots)
}

fn platform_roots() -> Result<RootCertStore, ConnectError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // What can't be understood is another program's business.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(ConnectError::NoRoots(found.errors.first().map(ToString::to_string)));
    }
    Ok(roots)
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls")
            .field("config", &self.config.is_some())
            .field("roots", &self.roots.as_ref().map(|roots| roots.len()))
            .field("identity", &self.identity.is_some())
            .finish()
    }
}
