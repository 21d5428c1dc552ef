#[cfg(feature = "tls")]
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
#[cfg(feature = "tls")]
use wirebeat::session::UrlFault;
#[cfg(feature = "tls")]
use wirebeat_tls::ClientTls;

#[cfg(feature = "tls")]
use crate::address::Address;
use crate::error::ConnectError;
use crate::{MaybeTls, Socket};

/// A client's end of TLS, if the URL asks for it.
pub(crate) struct Security {
    #[cfg(feature = "tls")]
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

#[cfg(feature = "tls")]
impl Security {
    /// What an address asks for.
    pub(crate) fn of(address: &Address, tls: &ClientTls) -> Result<Security, ConnectError> {
        if !address.is_tls() {
            return Ok(Security { tls: None });
        }
        let Some(name) = address.server_name() else {
            let url = format!("wss://{}", address.name()).into();
            return Err(ConnectError::Url { url, fault: UrlFault::Host });
        };
        let config = tls.config().map_err(ConnectError::without_tls)?;
        Ok(Security { tls: Some((config.into(), name)) })
    }

    /// Puts it over a stream.
    pub(crate) async fn secure<S: Socket>(self, stream: S) -> Result<MaybeTls<S>, ConnectError> {
        match self.tls {
            None => Ok(MaybeTls::Plain(stream)),
            Some((tls, name)) => {
                let stream = tls.connect(name, stream).await.map_err(ConnectError::Tls)?;
                Ok(MaybeTls::Tls(Box::new(stream.into())))
            }
        }
    }
}

#[cfg(not(feature = "tls"))]
impl Security {
    /// Nothing: such a URL is refused.
    pub(crate) fn none() -> Security {
        Security {}
    }

    /// Leaves a stream as it is.
    pub(crate) async fn secure<S: Socket>(self, stream: S) -> Result<MaybeTls<S>, ConnectError> {
        Ok(MaybeTls::Plain(stream))
    }
}
