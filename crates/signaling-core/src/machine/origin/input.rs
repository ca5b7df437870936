//! What devices and the relay say.

use super::super::{Answer, Full, Fx, Mask, Reason, Rev, Slot, Stance, Tell, Timer};
use super::{Fanned, Origin, OriginTimer, PartyId, Via};
use crate::broken;
use crate::name::Device;

impl<const I: usize, const D: usize> Origin<I, D> {
    /// A device said something. `data`: whether it brought data or a label along.
    pub fn on_stance(&mut self, via: Via, n: u32, stance: Stance, data: bool, fx: &mut impl Fx) {
        if self.party(via.party).is_none() {
            return;
        }
        if let Some(peer) = self.note(via, fx) {
            peer.heard = true;
        }
        match (via.party, stance) {
            (PartyId::Invitee(_), Stance::Full(full)) => {
                self.on_full(via, full, fx);
                if !self.open(via.party) {
                    self.answer(via, n, fx);
                }
            }
            (PartyId::Invitee(slot), Stance::Answer(answer)) => {
                self.on_answer(slot, via, n, answer, data, fx);
            }
            (PartyId::Invitee(_), Stance::Ringing) => {
                self.on_ringing(via, fx);
                self.answer(via, n, fx);
            }
            (PartyId::Observers, Stance::Cancel) => {
                if self.end(self.pending(), Slot::Cancelled, data, fx) {
                    fx.tell(Tell::Cancelled);
                }
                self.answer(via, n, fx);
            }
            (_, Stance::Modify) => {
                self.on_modify(via, n, fx);
                self.answer(via, n, fx);
            }
            (_, Stance::Query) => self.answer(via, n, fx),
            (PartyId::Invitee(_), Stance::Cancel)
            | (PartyId::Observers, Stance::Full(_) | Stance::Answer(_) | Stance::Ringing) => {}
        }
    }

    pub(super) fn on_full(&mut self, via: Via, full: Full, fx: &mut impl Fx) {
        let open = self.open(via.party);
        let Some(peer) = self.note(via, fx) else { return };
        peer.small |= full == Full::TooLarge;
        let known = core::mem::replace(&mut peer.full, true) || peer.rang;
        if open && !known {
            fx.tell(Tell::Full(via.party, via.device, full));
        }
        if let PartyId::Invitee(slot) = via.party {
            let all = self.party(via.party).is_some_and(|party| party.peers().iter().all(|peer| peer.full));
            let rejects = if broken!("N1") { true } else { broken!("N1-all", all) };
            if rejects {
                self.end(Mask::one(slot), Slot::Rejected(Reason::Busy), false, fx);
            }
        }
    }

    pub(super) fn on_ringing(&mut self, via: Via, fx: &mut impl Fx) {
        let open = self.open(via.party);
        let news = self.note(via, fx).is_some_and(|peer| open && !core::mem::replace(&mut peer.rang, true));
        if news {
            fx.tell(Tell::Ringing(via.party, via.device));
        }
    }

    pub(super) fn on_answer(
        &mut self,
        slot: u8,
        via: Via,
        n: u32,
        answer: Answer,
        data: bool,
        fx: &mut impl Fx,
    ) {
        let outcome = match answer {
            Answer::Accept => Slot::Accepted(via.device),
            Answer::Decline => Slot::Rejected(Reason::Declined),
            Answer::Busy => Slot::Rejected(Reason::Busy),
        };
        let wins = answer == Answer::Accept && self.open(via.party);
        if wins && self.terms.first_wins && !broken!("first-wins") {
            // First, for what comes with the newest outcome goes out with it.
            self.write_all(self.pending().without(Mask::one(slot)), Slot::Cancelled, false);
        }
        if self.end(Mask::one(slot), outcome, data, fx) {
            fx.tell(Tell::Decided(slot));
        } else {
            self.answer(via, n, fx);
        }
    }

    pub(super) fn on_modify(&mut self, via: Via, n: u32, fx: &mut impl Fx) {
        let allowed = !self.terms.online_only && self.open(via.party) && self.rev.number < u16::MAX;
        let number = self.rev.number.saturating_add(1);
        let Some(peer) = self.note(via, fx) else { return };
        if n <= peer.modify && !broken!("M1") {
            return;
        }
        (peer.modify, peer.became) = (n, if allowed { number } else { 0 });
        if allowed {
            self.rev = Rev { number, author: via.device };
            fx.tell(Tell::Modified);
            self.changed(fx);
        }
    }

    /// A device said which slots and which revision it has.
    pub fn on_ack(&mut self, via: Via, rev: u16, mask: Mask, fx: &mut impl Fx) {
        let decided = self.decided();
        let newest = self.rev.number;
        if let Some(peer) = self.note(via, fx) {
            peer.heard = true;
            let had = peer.acked;
            peer.acked = had.or(mask.and(decided));
            peer.acked_rev = peer.acked_rev.max(rev.min(newest));
            // A report has room for one answer's data: who has that hears the next at once.
            if peer.acked != had && peer.acked != decided {
                self.answer(via, 0, fx);
                fx.arm(Timer::Origin(OriginTimer::Resend));
            }
        }
        // Also of a winner for whom there is no place.
        if let PartyId::Invitee(slot) = via.party {
            let won = self.slot(slot) == Slot::Accepted(via.device) && mask.has(slot);
            if won && self.established.add(slot) {
                fx.tell(Tell::Established(slot));
            }
        }
    }

    /// The relay says whom a Send of version `ver` reached, of one party.
    pub fn on_fanout(
        &mut self,
        party: PartyId,
        ver: u32,
        fanned: Fanned,
        devices: impl Iterator<Item = Device>,
        fx: &mut impl Fx,
    ) {
        let current = ver == self.ver || broken!("L1");
        let fits = self.learn_devices(party, devices, fx);
        let complete = match fanned {
            Fanned::Complete => true,
            Fanned::Partial => broken!("partial"),
            Fanned::Later => broken!("later"),
            Fanned::Never => {
                self.on_never(party, ver == self.ver || broken!("U1"), fx);
                ver == self.ver
            }
        };
        let reached = matches!(fanned, Fanned::Complete | Fanned::Partial) && party != PartyId::Observers;
        if reached && !core::mem::replace(&mut self.delivered, true) {
            fx.tell(Tell::Delivered);
        }
        for other in self.parties() {
            if let Some(known) = self.party_mut(other).filter(|_| other == party || broken!("fanout-other")) {
                known.fanned |= complete && current && fits;
            }
        }
    }

    /// Whether all of them found a place.
    pub(super) fn learn_devices(
        &mut self,
        party: PartyId,
        mut devices: impl Iterator<Item = Device>,
        fx: &mut impl Fx,
    ) -> bool {
        devices.all(|device| self.note(Via { party, device }, fx).is_some())
    }

    pub(super) fn on_never(&mut self, party: PartyId, current: bool, fx: &mut impl Fx) {
        let PartyId::Invitee(slot) = party else { return };
        let heard_of = self.party(party).is_some_and(|party| !party.peers().is_empty());
        if current && (!heard_of || broken!("U1")) {
            let unreachable = Slot::Rejected(Reason::Unreachable);
            if self.end(Mask::one(slot), unreachable, false, fx) {
                fx.tell(Tell::Decided(slot));
            }
        }
    }
}
