//! What can be the matter with a seal.

use core::fmt;

use signaling_core::direct::PeerError;

/// Why nothing that a peer sends can be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SealTrouble {
    /// It asks for a session with another key; or means other users than this side does.
    Key,
    /// It has no key.
    Plain,
}

impl fmt::Display for SealTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "has another key, or means other users: give both the same key",
            Self::Plain => "does not seal: give it the key",
        })
    }
}

/// Why a sealed link cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SealedError {
    /// Two of the peers are the same, or there are too many.
    Peers(PeerError),
    /// The `FRAME` of the [`Resources`](crate::Resources) has fewer than 281 bytes.
    Frame,
}

impl fmt::Display for SealedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peers(error) => error.fmt(f),
            Self::Frame => f.write_str("sealed datagrams need a FRAME of 281 bytes at least"),
        }
    }
}

impl core::error::Error for SealedError {}

impl From<PeerError> for SealedError {
    fn from(error: PeerError) -> Self {
        Self::Peers(error)
    }
}
