//! Certificates for 127.0.0.1 and localhost, by an authority that only the tests trust.
//!
//! They're made on first use, and kept with the build: nothing of them is worth keeping secret.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use wirebeat_std::rustls::crypto::ring;
use wirebeat_std::rustls::pki_types::pem::PemObject;
use wirebeat_std::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use wirebeat_std::rustls::{self, ServerConfig};

use crate::install::target;

/// The folder that holds `ca.pem`, the authority's certificate; `cert.pem`, the servers' certificate;
/// and `key.pem`, its private key.
///
/// # Errors
///
/// They can't be made, or not written.
pub fn folder() -> io::Result<&'static Path> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| make().map_err(|error| error.to_string()));
    folder.as_deref().map_err(|error| io::Error::other(error.clone()))
}

/// The authority's certificate.
///
/// # Errors
///
/// As for [`folder`].
pub fn authority() -> io::Result<CertificateDer<'static>> {
    CertificateDer::from_pem_file(folder()?.join("ca.pem")).map_err(io::Error::other)
}

/// What a server of ours needs, with the servers' certificate.
///
/// # Errors
///
/// As for [`folder`].
pub fn server_config() -> io::Result<Arc<ServerConfig>> {
    let folder = folder()?;
    let certificate =
        CertificateDer::from_pem_file(folder.join("cert.pem")).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).map_err(io::Error::other)?;
    server_config_of(certificate, key).map_err(io::Error::other)
}

/// What a server of ours needs, with another certificate.
///
/// # Errors
///
/// The key can't be used, or isn't that of the certificate.
pub fn server_config_of(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn make() -> Result<PathBuf, Box<dyn Error>> {
    let folder = target()?.join("certificates");
    fs::create_dir_all(&folder)?;
    // Tests are several processes, and each finds them missing.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    if folder.join("complete").exists() {
        return Ok(folder);
    }
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "wirebeat's tests");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names)?.signed_by(&key, &authority)?;

    fs::write(folder.join("ca.pem"), authority.pem())?;
    fs::write(folder.join("cert.pem"), certificate.pem())?;
    fs::write(folder.join("key.pem"), key.serialize_pem())?;
    File::create(folder.join("complete"))?;
    Ok(folder)
}
