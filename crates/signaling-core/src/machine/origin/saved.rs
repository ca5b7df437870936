//! An invitation that outlives a restart of the device that made it.

use serde::{Deserialize, Serialize};

use super::super::{Fx, Mask, Rev, Slot, Timer};
use super::{Origin, OriginTimer, PartyId, Peer, Terms};

/// What an [`Origin`] must not forget, besides its slots and peers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct SavedOrigin {
    with_data: Mask,
    newest: u8,
    established: Mask,
    rev: Rev,
    ver: u32,
    terms: Terms,
    delivered: bool,
}

impl SavedOrigin {
    /// Whether only who was online could hear of it.
    pub fn online_only(&self) -> bool {
        self.terms.online_only
    }

    /// Whether it can be: it was sent at least once, and has a time limit if some of one is left.
    pub fn sound(&self, remaining: Option<u32>) -> bool {
        self.ver > 0 && self.terms.limited == remaining.is_some()
    }
}

impl<const I: usize, const D: usize> Origin<I, D> {
    /// What is to be saved besides [`slots`](Self::slots) and the [`peers`](super::Party::peers) of each party.
    pub fn saved(&self) -> SavedOrigin {
        let Self { with_data, newest, established, rev, ver, terms, delivered, .. } = *self;
        SavedOrigin { with_data, newest, established, rev, ver, terms, delivered }
    }

    /// The invitation as it was saved. [`resume`](Self::resume) lets it go on.
    ///
    /// Slots beyond `I` are left out; [`restore_peers`](Self::restore_peers) brings the peers.
    pub fn restore(saved: &SavedOrigin, slots: impl Iterator<Item = Slot>) -> Self {
        let SavedOrigin { with_data, newest, established, rev, ver, terms, delivered } = *saved;
        let mut origin = Self { with_data, newest, established, rev, ver, terms, delivered, ..Self::EMPTY };
        for (place, slot) in origin.slots.iter_mut().zip(slots) {
            *place = slot;
            origin.len = origin.len.saturating_add(1);
        }
        origin
    }

    /// The peers of one party as they were saved. Those beyond `D` are left out.
    pub fn restore_peers(&mut self, party: PartyId, peers: impl Iterator<Item = Peer>) {
        let Some(party) = self.party_mut(party) else { return };
        party.len = 0;
        for (place, peer) in party.peers.iter_mut().zip(peers) {
            *place = peer;
            party.len = party.len.saturating_add(1);
        }
    }

    /// Goes on under a new run of this device: all are told again, for nobody knows whom it reached before.
    pub fn resume(&mut self, fx: &mut impl Fx) {
        for party in self.parties() {
            if let Some(party) = self.party_mut(party) {
                party.fanned = false;
            }
        }
        fx.arm(Timer::Origin(OriginTimer::Limit));
        fx.arm(Timer::Origin(OriginTimer::Refresh));
        fx.arm(Timer::Origin(OriginTimer::Resend));
        self.send_all(fx);
    }
}
