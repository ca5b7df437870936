//! Links over TLS.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error};

use super::{AddressError, Connect, Connecting, Duplex, RelayAddress, Roots, Tcp, TlsTrouble};

/// Connects to a relay over TLS 1.3, and only to the one that the address names: its certificate is checked.
#[derive(Clone)]
pub struct Tls {
    tcp: Tcp,
    name: ServerName<'static>,
    connector: TlsConnector,
}

impl Tls {
    /// To the relay at that address, for which one of these authorities has to vouch.
    ///
    /// # Errors
    /// [`AddressError::NoName`] if no certificate can be for that host.
    pub fn new(address: RelayAddress, roots: &Roots) -> Result<Self, AddressError> {
        let no_name = |_| AddressError::NoName(address.host().into());
        let name = ServerName::try_from(address.host().to_owned()).map_err(no_name)?;
        Ok(Self { tcp: Tcp::new(address), name, connector: Arc::new(config(roots)).into() })
    }
}

fn config(roots: &Roots) -> ClientConfig {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("ring has suites for TLS 1.3");
    config.with_root_certificates(Arc::clone(&roots.0)).with_no_client_auth()
}

impl Connect for Tls {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async {
            let stream = self.tcp.open().await?;
            let shaken = self.connector.connect(self.name.clone(), stream).await;
            let stream = shaken.map_err(|error| explained(error, &self.name))?;
            Ok(Box::new(stream) as Box<dyn Duplex>)
        })
    }

    fn relay(&self) -> Option<String> {
        self.tcp.relay()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.tcp).finish()
    }
}

/// What the handshake failed of, in words that help.
fn explained(error: io::Error, host: &ServerName<'_>) -> io::Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(inner) => trouble(inner, host).into(),
        None => error,
    }
}

fn trouble(error: &Error, host: &ServerName<'_>) -> TlsTrouble {
    match error {
        Error::InvalidCertificate(error) => distrust(error, host),
        // A plain relay's Refused, or words of another protocol.
        Error::InvalidMessage(_) => TlsTrouble::NoTls,
        error => TlsTrouble::Handshake(error.to_string()),
    }
}

fn distrust(error: &CertificateError, host: &ServerName<'_>) -> TlsTrouble {
    match error {
        // Bad is the signature of who has but the name of an authority.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsTrouble::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsTrouble::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsTrouble::NotYet,
        CertificateError::NotValidForNameContext { presented, .. } => {
            TlsTrouble::WrongName { host: host.to_str().into(), names: names(presented) }
        }
        CertificateError::Other(other) if is_authority(&*other.0) => TlsTrouble::Authority,
        error => TlsTrouble::Certificate(error.to_string()),
    }
}

fn is_authority(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// `DnsName("a"), IpAddress(1.2.3.4)` as people would write it.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
        inner.trim_matches('"').to_owned()
    };
    match presented {
        [] => "nobody (it has no subjectAltName)".into(),
        some => some.iter().map(bare).collect::<Vec<_>>().join(" and "),
    }
}
