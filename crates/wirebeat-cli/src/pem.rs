use std::path::Path;

use wirebeat_std::rustls::pki_types::pem::{Error, PemObject};
use wirebeat_std::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::failure::Failure;

/// The certificates of a file, at least one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(path, "certificate", error))?;
    if certificates.is_empty() {
        return Err(unusable(path, "certificate", Error::NoItemsFound));
    }
    Ok(certificates)
}

/// The first private key of a file.
pub(crate) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| unusable(path, "private key", error))
}

/// The certificate of one file, with its chain, and its key, which may be in the same file.
pub(crate) fn identity(
    certificate: &Path,
    key: Option<&Path>,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Failure> {
    Ok((certificates(certificate)?, self::key(key.unwrap_or(certificate))?))
}

fn unusable(path: &Path, what: &str, error: Error) -> Failure {
    let path = path.display();
    match error {
        Error::Io(error) => Failure::Io(format!("{path} can't be read"), error),
        Error::NoItemsFound => {
            Failure::Usage(format!("{path} has no {what} in it; it must be in PEM form"))
        }
        error => Failure::Usage(format!("{path} isn't in PEM form: {error}")),
    }
}
