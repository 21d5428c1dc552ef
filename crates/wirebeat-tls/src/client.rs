use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// The protocol that a WebSocket's handshake is made in, as TLS names it ([RFC 7301]).
///
/// [RFC 7301]: https://www.rfc-editor.org/rfc/rfc7301
const ALPN: &[u8] = b"http/1.1";

/// What a client was told of TLS: nothing, by default.
///
/// ```
/// use wirebeat_tls::ClientTls;
///
/// let mut tls = ClientTls::default();
/// tls.set_roots([]);
/// let config = tls.config()?;
/// assert_eq!(config.alpn_protocols, [b"http/1.1"]);
/// # Ok::<(), wirebeat_tls::ClientTlsError>(())
/// ```
#[derive(Clone, Default)]
pub struct ClientTls {
    config: Option<Arc<ClientConfig>>,
    roots: Option<Arc<[CertificateDer<'static>]>>,
    identity: Option<Arc<Identity>>,
}

/// A certificate of ours, and those that lead from it to its root; and its key.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl ClientTls {
    /// Trusts servers whose certificates come from these, instead of from those that the platform
    /// trusts.
    pub fn set_roots(&mut self, roots: impl IntoIterator<Item = CertificateDer<'static>>) {
        self.roots = Some(roots.into_iter().collect());
    }

    /// Shows a server that asks for it this certificate, with those that lead from it to its root.
    pub fn set_identity(
        &mut self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) {
        self.identity = Some(Arc::new(Identity { chain, key }));
    }

    /// Decides everything, in the place of roots and identity.
    pub fn set_config(&mut self, config: Arc<ClientConfig>) {
        self.config = Some(config);
    }

    /// What TLS is made with. It offers `http/1.1`, unless the configuration that was given offers
    /// some protocol (ALPN).
    ///
    /// # Errors
    ///
    /// - [`ClientTlsError::Unusable`]: what was given can't be used;
    /// - [`ClientTlsError::NoRoots`]: nothing was, and the platform trusts nobody.
    pub fn config(&self) -> Result<Arc<ClientConfig>, ClientTlsError> {
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

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls")
            .field("config", &self.config.is_some())
            .field("roots", &self.roots.as_ref().map(|roots| roots.len()))
            .field("identity", &self.identity.is_some())
            .finish()
    }
}

/// Why TLS can't be made.
#[derive(Clone, Debug)]
pub enum ClientTlsError {
    /// Roots or a certificate that were given can't be used. The application is at fault.
    Unusable(rustls::Error),
    /// The system has no certificates to trust servers by, with what it said of that, if anything.
    /// Whoever looks after the system can install some.
    NoRoots(Option<String>),
}

impl fmt::Display for ClientTlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientTlsError::Unusable(error) => error.fmt(f),
            ClientTlsError::NoRoots(why) => {
                f.write_str("the system has no certificates to trust servers by")?;
                if let Some(why) = why {
                    write!(f, " ({why})")?;
                }
                f.write_str("; install them (on most systems the package ca-certificates)")
            }
        }
    }
}

impl Error for ClientTlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ClientTlsError::Unusable(error) => Some(error),
            ClientTlsError::NoRoots(_) => None,
        }
    }
}

/// The configuration of whoever says nothing, which all share: the platform's roots are read once,
/// and sessions are resumed.
fn usual_config() -> Result<Arc<ClientConfig>, ClientTlsError> {
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
) -> Result<Arc<ClientConfig>, ClientTlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ClientTlsError::Unusable)?
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(Identity { chain, key }) => builder
            .with_client_auth_cert(chain.clone(), key.clone_key())
            .map_err(ClientTlsError::Unusable)?,
    };
    config.alpn_protocols = vec![ALPN.into()];
    Ok(Arc::new(config))
}

fn given_roots(given: &[CertificateDer<'static>]) -> Result<RootCertStore, ClientTlsError> {
    let mut roots = RootCertStore::empty();
    for root in given {
        roots.add(root.clone()).map_err(ClientTlsError::Unusable)?;
    }
    Ok(roots)
}

fn platform_roots() -> Result<RootCertStore, ClientTlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // What can't be understood is another program's business.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(ClientTlsError::NoRoots(found.errors.first().map(ToString::to_string)));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use rustls::pki_types::PrivatePkcs8KeyDer;

    use super::*;

    fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["h".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate").der().clone();
        (certificate, PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
    }

    #[test]
    fn what_is_given_and_cannot_be_used_is_an_error_and_not_left_out() {
        let (certificate, _) = certificate();
        let mut tls = ClientTls::default();
        tls.set_roots([certificate, CertificateDer::from(vec![0; 100])]);
        assert!(matches!(tls.config(), Err(ClientTlsError::Unusable(_))));
    }

    #[test]
    fn a_key_that_is_another_certificates_is_an_error() {
        let ((certificate, _), (_, key)) = (certificate(), certificate());
        let mut tls = ClientTls::default();
        tls.set_roots([]);
        tls.set_identity(vec![certificate], key);
        let error = tls.config().expect_err("the key is another's");
        assert!(matches!(error, ClientTlsError::Unusable(rustls::Error::InconsistentKeys(_))));
    }

    #[test]
    fn a_configuration_that_is_given_is_left_as_it_is_but_for_a_protocol_if_it_names_none() {
        let (certificate, key) = certificate();
        let mut given = build(RootCertStore::empty(), None).expect("a configuration");
        let mut tls = ClientTls::default();
        // These count no more.
        tls.set_roots([CertificateDer::from(vec![0; 100])]);
        tls.set_identity(vec![certificate], key);
        Arc::make_mut(&mut given).alpn_protocols = vec![b"of-its-own".into()];
        tls.set_config(Arc::clone(&given));
        assert!(tls.config().is_ok_and(|config| Arc::ptr_eq(&config, &given)));
        Arc::make_mut(&mut given).alpn_protocols.clear();
        tls.set_config(given);
        let config = tls.config().expect("a configuration");
        assert_eq!(config.alpn_protocols, [ALPN]);
        assert!(!config.client_auth_cert_resolver.has_certs());
    }

    #[test]
    fn a_system_without_certificates_is_told_what_to_do() {
        let error = ClientTlsError::NoRoots(Some("no such folder".into())).to_string();
        assert!(error.contains("(no such folder); install them"), "{error}");
    }
}
