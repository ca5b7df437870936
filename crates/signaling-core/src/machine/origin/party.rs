//! Who takes part, and what the origin knows of each device.

use serde::{Deserialize, Serialize};

use super::super::Mask;
use crate::name::Device;

/// One side of an invitation: an invitee, or the inviter's own other devices.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PartyId {
    /// The invitee of that slot.
    Invitee(u8),
    /// The inviter's own other devices.
    Observers,
}

impl PartyId {
    /// The slot of an invitee; none for the observers.
    pub fn slot(self) -> Option<u8> {
        match self {
            Self::Invitee(slot) => Some(slot),
            Self::Observers => None,
        }
    }
}

/// Who sent something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Via {
    /// Whose device.
    pub party: PartyId,
    /// The device.
    pub device: Device,
}

/// What a Fanout says of one user.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fanned {
    /// It went to the devices listed, which are all there are.
    Complete,
    /// It went to the devices listed; there may be more.
    Partial,
    /// Refused for now: no Fanout for that user.
    Later,
    /// Refused for good.
    Never,
}

/// What the origin knows of one run of one device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Peer {
    /// The device.
    pub device: Device,
    pub(super) acked: Mask,
    pub(super) acked_rev: u16,
    pub(super) modify: u32,
    pub(super) became: u16,
    pub(super) heard: bool,
    pub(super) rang: bool,
    pub(super) full: bool,
    /// It cannot take a report with more than the outcomes.
    pub(super) small: bool,
}

impl Peer {
    pub(super) const NONE: Self = Self {
        device: Device { id: 0, epoch: 0 },
        acked: Mask::EMPTY,
        acked_rev: 0,
        modify: 0,
        became: 0,
        heard: false,
        rang: false,
        full: false,
        small: false,
    };
}

/// What the origin knows of one user's devices.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Party<const D: usize> {
    pub(super) peers: [Peer; D],
    pub(super) len: u8,
    pub(super) fanned: bool,
}

impl<const D: usize> Party<D> {
    pub(super) const EMPTY: Self = Self { peers: [Peer::NONE; D], len: 0, fanned: false };

    /// The devices known.
    pub fn peers(&self) -> &[Peer] {
        self.peers.get(..usize::from(self.len)).unwrap_or_default()
    }

    pub(crate) fn find(&self, device: Device) -> Option<u8> {
        let at = self.peers().iter().position(|peer| peer.device == device)?;
        u8::try_from(at).ok()
    }

    pub(super) fn peer_mut(&mut self, at: u8) -> Option<&mut Peer> {
        self.peers.get_mut(usize::from(at))
    }

    /// Gives the device a place; none if the row has no more.
    pub(super) fn add(&mut self, device: Device) -> Option<u8> {
        let at = self.stale(device.id).unwrap_or(self.len);
        *self.peer_mut(at)? = Peer { device, ..Peer::NONE };
        self.len = self.len.max(at.saturating_add(1));
        Some(at)
    }

    /// A run of that device of which only the relay spoke: a newer one takes its place.
    fn stale(&self, id: u64) -> Option<u8> {
        let at = self.peers().iter().position(|peer| peer.device.id == id && !peer.heard)?;
        u8::try_from(at).ok()
    }
}
