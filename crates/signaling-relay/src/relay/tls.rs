//! TLS at the relay's end: its certificate, and the handshake.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{Error, ServerConfig};
use tokio_rustls::server::TlsStream;
use webpki::{EndEntityCert, KeyUsage};

use super::connection::linger;

/// The largest record that is sent, with its head: without it, and with what encryption adds, it has 4096 bytes. A board
/// must hold a whole one before it can read it.
const RECORD: usize = 4096 + 5 - 17;

/// Why a relay cannot speak TLS with these files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The first file holds no certificate in PEM.
    #[error("{} holds no certificate, which begins with -----BEGIN CERTIFICATE-----", .0.display())]
    NoCertificate(PathBuf),
    /// The second file holds no private key in PEM, or only one that a password locks.
    #[error("{} holds no private key, which begins with -----BEGIN PRIVATE KEY-----; one with a password is of no use", .0.display())]
    NoKey(PathBuf),
    /// A file holds something damaged.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The key is another certificate's.
    #[error("the key in {} does not belong to the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// It was good once.
    #[error("the certificate in {} has expired, by the clock of this machine", .0.display())]
    Expired(PathBuf),
    /// It will be good.
    #[error("the certificate in {} is not valid yet, by the clock of this machine", .0.display())]
    NotYet(PathBuf),
    /// It is meant for signing others (`CA:TRUE`): no device would take it for a relay's.
    #[error("the certificate in {} is one of an authority (CA:TRUE): no device would take it for a relay's", .0.display())]
    Authority(PathBuf),
    /// It names no host (`subjectAltName`), so it is for none; devices do not look at its subject.
    #[error("the certificate in {} names no host (subjectAltName): no device would take it", .0.display())]
    NoName(PathBuf),
}

/// What a relay proves itself with: a certificate, those that vouch for it, and its key. A clone is the same one.
#[derive(Clone)]
pub struct Certificate(Arc<Files>);

struct Files {
    certificate: PathBuf,
    key: PathBuf,
    acceptor: RwLock<TlsAcceptor>,
}

impl Certificate {
    /// From two files in PEM: the relay's certificate with whatever vouches for it behind it, and its private key.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn read(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, CertificateError> {
        let (certificate, key) = (certificate.into(), key.into());
        let acceptor = RwLock::new(acceptor(&certificate, &key)?);
        Ok(Self(Arc::new(Files { certificate, key, acceptor })))
    }

    /// Reads both files again, such as after they were renewed, for all links that come.
    ///
    /// # Errors
    /// [`CertificateError`]; the relay goes on with what it had.
    pub fn reload(&self) -> Result<(), CertificateError> {
        let acceptor = acceptor(&self.0.certificate, &self.0.key)?;
        *self.0.acceptor.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
        Ok(())
    }

    /// Shakes hands within that time. Who speaks no TLS is told so in its words, an alert.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
        within: Duration,
    ) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = self.0.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone();
        match timeout(within, acceptor.accept(stream).into_fallible()).await? {
            Ok(stream) => Ok(stream),
            Err((error, mut stream)) => {
                linger(&mut stream).await;
                Err(error)
            }
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate").field(&self.0.certificate).finish()
    }
}

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, CertificateError> {
    let chain = chain(certificate)?;
    let private = private_key(key)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("ring has suites for TLS 1.3");
    let config = config.with_no_client_auth().with_single_cert(chain, private);
    let mut config = config.map_err(|error| match error {
        Error::InconsistentKeys(_) => {
            CertificateError::Mismatch { certificate: certificate.into(), key: key.into() }
        }
        error => damaged(key, error),
    })?;
    config.max_fragment_size = Some(RECORD);
    Ok(Arc::new(config).into())
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let pem = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|error| damaged(path, error))?;
    let first = chain.first().ok_or_else(|| CertificateError::NoCertificate(path.into()))?;
    fit(first).map_err(|error| unfit(path, error))?;
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| match error {
        pem::Error::NoItemsFound => CertificateError::NoKey(path.into()),
        error => damaged(path, error),
    })
}

/// Whether devices could take it, for all that can be said without knowing whom they trust.
fn fit(certificate: &CertificateDer<'_>) -> Result<(), webpki::Error> {
    let usage = KeyUsage::server_auth();
    let leaf = EndEntityCert::try_from(certificate)?;
    match leaf.verify_for_usage(&[], &[], &[], UnixTime::now(), usage, None, None) {
        // Nobody is trusted here: all else is well.
        Ok(_) | Err(webpki::Error::UnknownIssuer) => named(&leaf),
        Err(error) => Err(error),
    }
}

/// Whether it is for anybody: asked whether it is for nobody, it tells whom it is for.
fn named(leaf: &EndEntityCert<'_>) -> Result<(), webpki::Error> {
    let nobody = ServerName::IpAddress(Ipv4Addr::UNSPECIFIED.into());
    match leaf.verify_is_valid_for_subject_name(&nobody) {
        Err(webpki::Error::CertNotValidForName(context)) if !context.presented.is_empty() => Ok(()),
        answer => answer,
    }
}

fn unfit(path: &Path, error: webpki::Error) -> CertificateError {
    match error {
        webpki::Error::CertExpired { .. } => CertificateError::Expired(path.into()),
        webpki::Error::CertNotValidYet { .. } => CertificateError::NotYet(path.into()),
        webpki::Error::CaUsedAsEndEntity => CertificateError::Authority(path.into()),
        webpki::Error::CertNotValidForName(_) => CertificateError::NoName(path.into()),
        error => damaged(path, error),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|error| CertificateError::File { path: path.into(), error })
}

fn damaged(path: &Path, error: impl fmt::Display) -> CertificateError {
    CertificateError::Damaged { path: path.into(), what: error.to_string() }
}
