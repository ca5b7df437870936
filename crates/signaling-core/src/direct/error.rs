//! Why a datagram did nothing, and why a peer was not added.

use core::fmt;

use crate::engine;
use crate::wire::DecodeError;

/// Why a datagram did nothing. It was counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Ignored {
    /// It is no datagram of this version.
    Malformed(DecodeError),
    /// There is no peer of that number.
    NoPeer,
    /// Another user, or another device, than the peer is to be. It was told so.
    Stranger,
    /// The peer says that it is this very device. Each needs an id of its own: was a state copied?
    OwnDevice,
    /// A run of the peer's device that did not say Hello, or is over. It was asked to say Hello.
    UnknownRun,
    /// It is for another user or device than this one.
    NotForUs,
    /// A frame that no peer sends.
    WrongDirection,
    /// The engine's reason; its own counter has it too.
    Engine(engine::Ignored),
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed: {error}"),
            Self::NoPeer => f.write_str("there is no peer of that number"),
            Self::Stranger => f.write_str("it comes from another user or device than the peer is to be"),
            Self::OwnDevice => f.write_str("the peer has the id of this very device: give each its own"),
            Self::UnknownRun => f.write_str("it comes from a run of the device that did not say Hello"),
            Self::NotForUs => f.write_str("it is for another user or device"),
            Self::WrongDirection => f.write_str("no peer sends such a frame"),
            Self::Engine(why) => why.fmt(f),
        }
    }
}

impl core::error::Error for Ignored {}

/// Why a peer was not added.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum PeerError {
    /// There is a peer of that user already: one device of each user can be a peer.
    Repeated,
    /// There is room for no more peers.
    Full,
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated => f.write_str("there is a peer of that user already"),
            Self::Full => f.write_str("there is room for no more peers"),
        }
    }
}

impl core::error::Error for PeerError {}
