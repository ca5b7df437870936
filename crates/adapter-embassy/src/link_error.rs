//! Why there is no link, and how that is said.

use core::fmt;

use signaling_core::wire::Refusal;

#[cfg(feature = "seal")]
use crate::seal::SealTrouble;
#[cfg(feature = "tls")]
use crate::tls::TlsTrouble;

/// Why a link ended or was not made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LinkError {
    /// The relay did not answer for 10 s.
    NoAnswer,
    /// The line ended, or its driver reported an error.
    Broken,
    /// Nothing was heard from the relay for as long as it said.
    Silent,
    /// The relay refused the link.
    Refused(Refusal),
    /// No stream to the relay could be made.
    Unreachable,
    /// The network gave this device no address for 10 s.
    #[cfg(feature = "net")]
    NoNetwork,
    /// No name server of the network knows the relay's name.
    #[cfg(feature = "net")]
    NoName,
    /// The link is plain, and the relay speaks TLS only.
    TlsWanted,
    /// The relay cannot be trusted, or speaks no TLS.
    #[cfg(feature = "tls")]
    Tls(TlsTrouble),
    /// What a peer sends has the id of this very device: each needs its own.
    #[cfg(feature = "direct")]
    SameDevice {
        /// The peer's number, from 0 on.
        peer: usize,
    },
    /// What a peer sends comes from another user or device than it is to be.
    #[cfg(feature = "direct")]
    Stranger {
        /// The peer's number, from 0 on.
        peer: usize,
    },
    /// Nothing that a peer sends can be taken.
    #[cfg(feature = "seal")]
    Seal {
        /// The peer's number, from 0 on.
        peer: usize,
        /// Why.
        trouble: SealTrouble,
    },
}

impl LinkError {
    /// Whether somebody must look into it: by itself it does not go away.
    pub(crate) fn is_grave(self) -> bool {
        match self {
            Self::Refused(reason) => for_good(reason),
            Self::TlsWanted => true,
            #[cfg(feature = "direct")]
            Self::SameDevice { .. } | Self::Stranger { .. } => true,
            #[cfg(feature = "tls")]
            Self::Tls(_) => true,
            #[cfg(feature = "seal")]
            Self::Seal { .. } => true,
            _ => false,
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("the relay does not answer"),
            Self::Broken => f.write_str("the line broke"),
            Self::Silent => f.write_str("the relay fell silent"),
            Self::Refused(reason) => {
                f.write_str("the relay refuses: ")?;
                reason.fmt(f)
            }
            Self::Unreachable => {
                f.write_str("the relay cannot be reached: is its address right, does it run?")
            }
            Self::TlsWanted => f.write_str("the relay speaks TLS only"),
            #[cfg(feature = "tls")]
            Self::Tls(trouble) => trouble.fmt(f),
            #[cfg(feature = "direct")]
            Self::SameDevice { peer } => {
                write!(f, "peer {peer} has the id of this very device: give each its own")
            }
            #[cfg(feature = "direct")]
            Self::Stranger { peer } => write!(f, "peer {peer} is another user or device than it is to be"),
            #[cfg(feature = "seal")]
            Self::Seal { peer, trouble } => write!(f, "peer {peer} {trouble}"),
            #[cfg(feature = "net")]
            Self::NoNetwork => f.write_str("the network gives no address: is the cable in, is there DHCP?"),
            #[cfg(feature = "net")]
            Self::NoName => f.write_str("the network does not know the relay's name: is it right?"),
        }
    }
}

impl core::error::Error for LinkError {}

/// Whether to ask again soon would not help.
pub(crate) fn for_good(reason: Refusal) -> bool {
    !reason.for_now() && reason != Refusal::Hello
}
