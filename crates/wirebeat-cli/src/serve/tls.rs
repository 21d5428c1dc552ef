use std::path::Path;
use std::sync::Arc;

use wirebeat_tokio::rustls::ServerConfig;
use wirebeat_tokio::rustls::crypto::ring;

use crate::failure::Failure;
use crate::pem;

/// How to prove to clients who we are.
pub(crate) fn config(certificate: &Path, key: Option<&Path>) -> Result<Arc<ServerConfig>, Failure> {
    let (chain, private_key) = pem::identity(certificate, key)?;
    let unusable =
        |error| Failure::Usage(format!("{} can't be served with: {error}", certificate.display()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, private_key)
        .map_err(unusable)?;
    Ok(Arc::new(config))
}
