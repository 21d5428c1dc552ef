use std::sync::Arc;

use wirebeat_std::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use wirebeat_std::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use wirebeat_std::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use wirebeat_std::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use super::Arguments;
use super::options::Asks;
use crate::failure::{Failure, NotConnected};
use crate::pem;

/// Tells the client whom to trust, and what to show.
pub(crate) fn set_up<A: Asks>(client: A, arguments: &Arguments) -> Result<A, Failure> {
    let identity = match &arguments.cert {
        Some(certificate) => Some(pem::identity(certificate, arguments.key.as_deref())?),
        None => None,
    };
    if arguments.insecure {
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody { provider }));
        let config = match identity {
            Some((chain, key)) => config.with_client_auth_cert(chain, key).map_err(unusable)?,
            None => config.with_no_client_auth(),
        };
        return Ok(client.tls_config(Arc::new(config)));
    }
    let client = match &arguments.cacert {
        Some(path) => client.tls_roots(pem::certificates(path)?),
        None => client,
    };
    Ok(match identity {
        Some((chain, key)) => client.tls_identity(chain, key),
        None => client,
    })
}

fn unusable(error: Error) -> Failure {
    Failure::NotConnected(NotConnected::Tls, format!("TLS can't be set up: {error}"))
}

/// Trusts any certificate, as --insecure asks for. That the server has the certificate's key is
/// still checked.
#[derive(Debug)]
struct Anybody {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
