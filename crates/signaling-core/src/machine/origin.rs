//! The invitation on the device that made it: it decides (protocol section 5).

mod input;
mod party;
mod report;
mod saved;

pub use party::{Fanned, Party, PartyId, Peer, Via};
pub use report::OriginSlots;
pub use saved::SavedOrigin;

use serde::{Deserialize, Serialize};

use super::{Fx, Mask, Parties, Rev, Slot, Tell, Timer};
use crate::broken;
use crate::name::Device;

/// A timer of an [`Origin`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OriginTimer {
    /// The application's time limit.
    Limit,
    /// Repeat what may be lost.
    Resend,
    /// Invite again whoever is pending, so that a device that first appears mid-ring rings.
    Refresh,
}

/// What the inviter asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Terms {
    /// It has a time limit.
    pub limited: bool,
    /// Only who is online hears of it.
    pub online_only: bool,
    /// The first acceptance ends it for all others.
    pub first_wins: bool,
}

/// An invitation on the inviter's device, with up to `I` invitees and `D` devices of each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(C)] // short instructions reach what comes first
pub struct Origin<const I: usize, const D: usize> {
    len: u8,
    newest: u8,
    terms: Terms,
    delivered: bool,
    ver: u32,
    with_data: Mask,
    established: Mask,
    rev: Rev,
    slots: [Slot; I],
    observers: Party<D>,
    invitees: [Party<D>; I],
}

impl<const I: usize, const D: usize> Origin<I, D> {
    /// An invitation of nobody, all zero: what [`begin`](Self::begin) begins with, in place.
    pub const EMPTY: Self = Self {
        slots: [Slot::Pending; I],
        len: 0,
        with_data: Mask::EMPTY,
        newest: 0,
        established: Mask::EMPTY,
        rev: Rev { number: 0, author: Device { id: 0, epoch: 0 } },
        ver: 0,
        terms: Terms { limited: false, online_only: false, first_wins: false },
        delivered: false,
        invitees: [Party::EMPTY; I],
        observers: Party::EMPTY,
    };

    /// A new invitation of `invitees` users (at most `I`), and the first sending of it.
    pub fn start(invitees: u8, terms: Terms, fx: &mut impl Fx) -> Self {
        let mut origin = Self::EMPTY;
        origin.begin(invitees, terms, fx);
        origin
    }

    /// As [`start`](Self::start), where [`EMPTY`](Self::EMPTY) lies.
    pub fn begin(&mut self, invitees: u8, terms: Terms, fx: &mut impl Fx) {
        self.len = invitees.min(u8::try_from(I).unwrap_or(u8::MAX));
        self.terms = terms;
        fx.arm(Timer::Origin(OriginTimer::Limit));
        fx.arm(Timer::Origin(OriginTimer::Refresh));
        self.changed(fx);
    }

    /// The slots, one an invitee.
    pub fn slots(&self) -> &[Slot] {
        self.slots.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The slot of one invitee; pending for an index past the end.
    pub fn slot(&self, index: u8) -> Slot {
        self.slots().get(usize::from(index)).copied().unwrap_or_default()
    }

    /// The slots whose answer brought data.
    pub fn with_data(&self) -> Mask {
        self.with_data
    }

    /// The revision of the data.
    pub fn rev(&self) -> Rev {
        self.rev
    }

    /// Whether the relay took it for at least one invitee.
    pub fn delivered(&self) -> bool {
        self.delivered
    }

    /// Raised with every change of slots or revision.
    pub fn ver(&self) -> u32 {
        self.ver
    }

    /// What is known of one party; nothing for an index past the end.
    #[cfg_attr(target_pointer_width = "32", inline(never))] // it is called from everywhere
    pub fn party(&self, party: PartyId) -> Option<&Party<D>> {
        match party {
            PartyId::Observers => Some(&self.observers),
            PartyId::Invitee(i) if i < self.len => self.invitees.get(usize::from(i)),
            PartyId::Invitee(_) => None,
        }
    }

    /// One device of a party, by its place.
    pub(crate) fn peer(&self, party: PartyId, at: u8) -> Option<&Peer> {
        self.party(party)?.peers().get(usize::from(at))
    }

    fn party_mut(&mut self, party: PartyId) -> Option<&mut Party<D>> {
        match party {
            PartyId::Observers => Some(&mut self.observers),
            PartyId::Invitee(i) if i < self.len => self.invitees.get_mut(usize::from(i)),
            PartyId::Invitee(_) => None,
        }
    }

    /// Every party, the observers last.
    pub fn parties(&self) -> impl Iterator<Item = PartyId> + use<I, D> {
        let len = self.len;
        (0..len.saturating_add(1))
            .map(move |i| if i < len { PartyId::Invitee(i) } else { PartyId::Observers })
    }

    /// The slots without an outcome.
    pub fn pending(&self) -> Mask {
        Mask::pending(self.slots())
    }

    fn decided(&self) -> Mask {
        Mask::first(self.len).without(self.pending())
    }

    /// Whether the party is still to be invited, rather than told a decision.
    pub fn open(&self, party: PartyId) -> bool {
        match party {
            PartyId::Invitee(i) => !self.slot(i).decided(),
            PartyId::Observers => !self.pending().is_empty() && !broken!("observer-decisions"),
        }
    }

    /// Whether all slots are decided.
    pub fn over(&self) -> bool {
        self.pending().is_empty()
    }

    /// Whether nobody has anything left to learn: the row may go.
    pub fn quiet(&self) -> bool {
        self.over() && !self.lags(!broken!("Q3"))
    }

    /// Whether a device is behind, or (`unfanned`) may not be known yet.
    fn lags(&self, unfanned: bool) -> bool {
        self.parties().filter_map(|id| Some((id, self.party(id)?))).any(|(id, party)| {
            (unfanned && !party.fanned) || party.peers().iter().any(|peer| self.behind(id, peer))
        })
    }

    /// Whether a device lacks an outcome, its data, or the newest revision that it can take; or is to ring and never
    /// said a word, for the relay may have brought it there in vain.
    fn behind(&self, party: PartyId, peer: &Peer) -> bool {
        let silent = !peer.heard && party != PartyId::Observers && self.open(party);
        let waits = !peer.small || broken!("small-waits");
        let lacks_rev = peer.acked_rev < self.rev.number && waits && !broken!("D3");
        silent || lacks_rev || !self.decided().without(peer.acked).is_empty()
    }

    /// Whether the timer runs.
    pub fn armed(&self, timer: OriginTimer) -> bool {
        match timer {
            OriginTimer::Limit => self.terms.limited && !self.over(),
            OriginTimer::Refresh => !self.over(),
            OriginTimer::Resend => self.lags(true),
        }
    }

    /// The only place where a slot is written, and only once.
    fn write(&mut self, index: u8, outcome: Slot, data: bool) -> bool {
        let in_row = index < self.len;
        let Some(slot) = self.slots.get_mut(usize::from(index)).filter(|slot| in_row && !slot.decided())
        else {
            return false;
        };
        *slot = outcome;
        self.newest = index;
        if data {
            self.with_data.add(index);
        }
        true
    }

    /// Tell all: something changed, so nothing that was reached before counts.
    fn changed(&mut self, fx: &mut impl Fx) {
        self.ver = self.ver.saturating_add(1);
        for party in self.parties() {
            if let Some(party) = self.party_mut(party) {
                party.fanned = false;
            }
        }
        self.send_all(fx);
        fx.arm(Timer::Origin(OriginTimer::Resend));
    }

    fn note(&mut self, via: Via, fx: &mut impl Fx) -> Option<&mut Peer> {
        let party = self.party_mut(via.party)?;
        let at = match party.find(via.device) {
            Some(at) => at,
            None => {
                let at = party.add(via.device)?;
                fx.arm(Timer::Origin(OriginTimer::Resend));
                at
            }
        };
        party.peer_mut(at)
    }

    /// The application takes the invitation back. `data`: whether it says something with it.
    ///
    /// The slots that this ended; none means that all were decided before.
    pub fn cancel(&mut self, data: bool, fx: &mut impl Fx) -> Mask {
        let pending = self.pending();
        self.end(pending, Slot::Cancelled, data, fx);
        pending
    }

    /// It gives way to an invitation from the one it is for, which rings here.
    pub fn on_glare(&mut self, fx: &mut impl Fx) {
        if self.end(self.pending(), Slot::Cancelled, false, fx) {
            fx.tell(Tell::Glare);
        }
    }

    /// The application changed the data; `author` is this device. Whether that was still possible.
    pub fn modify(&mut self, author: Device, fx: &mut impl Fx) -> bool {
        if self.terms.online_only || self.over() || self.rev.number == u16::MAX {
            return false;
        }
        self.rev = Rev { number: self.rev.number.saturating_add(1), author };
        self.changed(fx);
        true
    }

    fn end(&mut self, slots: Mask, outcome: Slot, data: bool, fx: &mut impl Fx) -> bool {
        let any = self.write_all(slots, outcome, data);
        if any {
            self.changed(fx);
        }
        any
    }

    #[inline(never)] // its frame is not to lie under what follows
    fn write_all(&mut self, slots: Mask, outcome: Slot, data: bool) -> bool {
        let mut any = false;
        for slot in slots.iter() {
            any |= self.write(slot, outcome, data);
        }
        any
    }

    /// A timer of the row went off.
    pub fn on_timer(&mut self, timer: OriginTimer, fx: &mut impl Fx) {
        if !self.armed(timer) && !broken!("unarmed") {
            return;
        }
        match timer {
            OriginTimer::Limit => {
                let ended = self.pending();
                self.end(ended, Slot::TimedOut, false, fx);
                fx.tell(Tell::TimedOut(ended));
            }
            OriginTimer::Resend => self.resend(fx),
            OriginTimer::Refresh => {
                let observers = self.open(PartyId::Observers);
                self.send_to(Parties { invitees: self.pending(), observers }, fx);
                fx.arm(Timer::Origin(OriginTimer::Refresh));
            }
        }
    }

    /// The link came back: whatever is unconfirmed goes out again, at the first interval.
    pub fn on_link_up(&self, fx: &mut impl Fx) {
        fx.arm(Timer::Origin(OriginTimer::Resend));
        self.resend(fx);
    }
}
