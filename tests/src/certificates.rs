//! Certificates for 127.0.0.1 and localhost, by an authority that only the tests trust.
//!
//! They're made on first use, and kept with the build: nothing of them is worth keeping secret.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

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
