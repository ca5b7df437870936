//! What can be the matter with TLS.

use core::fmt;

use embedded_tls::TlsError;

/// Why a link over TLS cannot be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TlsTrouble {
    /// None of the authorities has signed the relay's certificate.
    UnknownIssuer,
    /// The certificate is another host's.
    WrongName,
    /// It was good once.
    Expired,
    /// It will be good.
    NotYet,
    /// It is meant for signing others (`CA:TRUE`), not for a relay.
    Authority,
    /// Anything else is wrong with it.
    Certificate,
    /// A key or a signature is not ECDSA on P-256 with SHA-256.
    Unsupported,
    /// The far end does not prove that it has the key of its certificate.
    Unproven,
    /// An authority of [`Trust`](super::Trust) is no certificate in DER.
    BadAuthority,
    /// The far end answers, but in no TLS 1.3.
    NoTls,
    /// A record does not fit into [`TlsMemory`](super::TlsMemory).
    Memory,
    /// The two do not come to terms.
    Handshake,
}

impl TlsTrouble {
    pub(super) fn of(error: TlsError) -> Self {
        match error {
            TlsError::InsufficientSpace | TlsError::OutOfMemory => Self::Memory,
            _ => Self::Handshake,
        }
    }
}

impl fmt::Display for TlsTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownIssuer => "the relay's certificate is signed by no authority that is trusted here",
            Self::WrongName => "the relay's certificate is for another host",
            Self::Expired => "the relay's certificate has expired",
            Self::NotYet => "the relay's certificate is not valid yet",
            Self::Authority => {
                "the relay shows the certificate of an authority (CA:TRUE), not one of its own"
            }
            Self::Certificate => "the relay's certificate is not taken",
            Self::Unsupported => "the relay's certificate is not ECDSA P-256 with SHA-256",
            Self::Unproven => "the relay does not prove that its certificate is its own",
            Self::BadAuthority => "an authority that is trusted here is no certificate in DER",
            Self::NoTls => "the relay does not speak TLS 1.3",
            Self::Memory => "a record of the relay is larger than the memory for it",
            Self::Handshake => "no TLS with the relay: the handshake failed",
        })
    }
}
