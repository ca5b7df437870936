//! What can be the matter with TLS.

use std::io;
use std::path::PathBuf;

/// Why a link over TLS, or one that has to be, cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsTrouble {
    /// No authority that is trusted here has signed the relay's certificate.
    #[error("the relay's certificate is signed by no authority that is trusted here")]
    UnknownIssuer,
    /// The certificate is good, but another host's.
    #[error("the relay's certificate is for {names}, not for {host}")]
    WrongName {
        /// The host of the relay's address.
        host: String,
        /// Whom it is for.
        names: String,
    },
    /// It was good once.
    #[error("the relay's certificate has expired, by the clock of this machine")]
    Expired,
    /// It will be good.
    #[error("the relay's certificate is not valid yet, by the clock of this machine")]
    NotYet,
    /// It is meant for signing others (`CA:TRUE`), not for a relay.
    #[error("the relay shows the certificate of an authority (CA:TRUE), not one of its own")]
    Authority,
    /// Anything else is wrong with it.
    #[error("the relay's certificate is not taken: {0}")]
    Certificate(String),
    /// The relay answers, but in no TLS.
    #[error("the relay does not speak TLS: use tcp://")]
    NoTls,
    /// The link is plain, and the relay asks for TLS.
    #[error("the relay speaks TLS only: use tls://")]
    Wanted,
    /// The two do not come to terms.
    #[error("no TLS with the relay: {0}")]
    Handshake(String),
}

impl TlsTrouble {
    /// That trouble, if it is what the error is about.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().cloned()
    }
}

impl From<TlsTrouble> for io::Error {
    fn from(trouble: TlsTrouble) -> Self {
        Self::new(io::ErrorKind::InvalidData, trouble)
    }
}

/// Why there are no authorities to check a relay with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootsError {
    /// The file cannot be read.
    #[error("cannot read the authorities in {}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file holds no certificate.
    #[error("{} holds no certificate, which begins with -----BEGIN CERTIFICATE-----", .0.display())]
    Empty(PathBuf),
    /// The file holds a certificate that is none.
    #[error("{} holds a damaged certificate: {what}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The system has none.
    #[error("this system trusts no authorities{0}: install its ca-certificates, or name a file with some")]
    System(String),
}
