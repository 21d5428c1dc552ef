use rustls::{AlertDescription, CertificateError, Error};

/// What whoever connects can do about an error, in a few words, if there's something to say.
#[must_use]
pub fn advice(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer => {
                "if you know who issued its certificate, add that one to the roots"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "use a name that its certificate is for"
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                "check this system's clock; otherwise the server needs a new certificate"
            }
            _ => return None,
        },
        Error::InvalidMessage(_) => "check that the port speaks TLS, or use ws:",
        Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA,
        ) => "it wants another client certificate",
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "the two have no cipher in common, or it wants a client certificate"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_done_about_is_said() {
        let expired = Error::InvalidCertificate(CertificateError::Expired);
        assert!(advice(&expired).is_some_and(|advice| advice.contains("clock")));
        let alert = Error::AlertReceived(AlertDescription::CertificateRequired);
        assert_eq!(advice(&alert), Some("it wants another client certificate"));
        assert_eq!(advice(&Error::HandshakeNotComplete), None);
    }
}
