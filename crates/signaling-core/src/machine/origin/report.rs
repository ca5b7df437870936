//! What goes to whom, and what stands in it.

use super::super::{Fx, Kind, Mask, Parties, Report, Slot, Timer, To};
use super::{Origin, OriginTimer, Party, PartyId, Via};
use crate::broken;

impl<const I: usize, const D: usize> Origin<I, D> {
    pub(super) fn send_all(&self, parties: impl Iterator<Item = PartyId>, fx: &mut impl Fx) {
        let mut invite = Parties::default();
        let mut decided = Parties::default();
        for party in parties {
            let to = if self.open(party) { &mut invite } else { &mut decided };
            match party {
                PartyId::Invitee(i) => to.invitees = to.invitees.or(Mask::one(i)),
                PartyId::Observers => to.observers = true,
            }
        }
        if broken!("observers-untold") {
            decided.observers = false;
        }
        if !invite.is_empty() {
            fx.send(To::Users(invite));
        }
        if !decided.is_empty() {
            fx.send(To::Decided(decided));
        }
    }

    pub(super) fn resend(&self, fx: &mut impl Fx) {
        if broken!("no-resend") {
            return;
        }
        let fanned = |party: PartyId| self.party(party).is_none_or(|party| party.fanned) || broken!("a");
        self.send_all(self.parties().filter(|&party| !fanned(party)), fx);
        for party in self.parties().filter(|&party| fanned(party)) {
            let peers = self.party(party).map(Party::peers).unwrap_or_default();
            for (at, peer) in (0u8..).zip(peers) {
                if self.behind(peer) {
                    fx.send(To::Peer { party, peer: at, echo: 0 });
                }
            }
        }
        fx.arm(Timer::Origin(OriginTimer::Resend));
    }

    /// What goes to the users of a party group, or to one peer (`to`), answering `echo`.
    pub fn report(&self, kind: Kind, to: Option<(PartyId, u8)>, echo: u32) -> Report<OriginSlots<'_>> {
        let peer = to.and_then(|(party, at)| self.party(party)?.peers().get(usize::from(at)));
        let lacks = self.with_data.without(peer.map(|peer| peer.acked).unwrap_or_default());
        let newest = Some(self.newest).filter(|&slot| lacks.has(slot));
        let any = if peer.is_some() && !broken!("D2") { lacks.iter().next() } else { None };
        let small = peer.is_some_and(|peer| peer.small);
        let behind = match peer {
            Some(peer) => peer.acked_rev < self.rev.number && !small,
            None => self.rev.number > 0,
        };
        Report {
            kind,
            rev: self.rev,
            echo,
            modify: peer.filter(|peer| peer.modify > 0).map(|peer| (peer.modify, peer.became)),
            slots: self.report_slots(small && !broken!("small-waits")),
            answer: newest.or(any).filter(|_| !small && (kind == Kind::Decision || !broken!("L4"))),
            data: kind == Kind::Invite || (behind && !broken!("D3")),
        }
    }

    /// `bare`: without saying that data belongs to them, for who cannot take it is not to wait for it.
    fn report_slots(&self, bare: bool) -> OriginSlots<'_> {
        let with_data = if bare { Mask::default() } else { self.with_data };
        OriginSlots { slots: self.slots(), with_data, at: 0 }
    }

    pub(super) fn answer(&self, via: Via, echo: u32, fx: &mut impl Fx) {
        let peer = self.party(via.party).and_then(|party| party.find(via.device));
        fx.send(match peer {
            Some(peer) => To::Peer { party: via.party, peer, echo },
            None => To::Stranger { device: via.device, echo },
        });
    }
}

/// The slots of an [`Origin`], each with whether data belongs to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct OriginSlots<'a> {
    slots: &'a [Slot],
    with_data: Mask,
    at: u8,
}

impl Iterator for OriginSlots<'_> {
    type Item = (Slot, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let slot = *self.slots.get(usize::from(at))?;
        self.at = at.saturating_add(1);
        Some((slot, self.with_data.has(at)))
    }
}
