//! What goes to whom, and what stands in it.

use super::super::{Fx, Kind, Mask, Parties, Report, Slot, Timer, To};
use super::{Origin, OriginTimer, Party, PartyId, Peer, Via};
use crate::broken;

impl<const I: usize, const D: usize> Origin<I, D> {
    /// To each of them what it is to hear: the open ones an Invite, the others a Decision.
    pub(super) fn send_to(&self, parties: Parties, fx: &mut impl Fx) {
        let pending = self.pending();
        let open = !pending.is_empty() && !broken!("observer-decisions");
        let Parties { invitees, observers } = parties;
        let invite = Parties { invitees: invitees.and(pending), observers: observers && open };
        let untold = broken!("observers-untold");
        let decided =
            Parties { invitees: invitees.without(pending), observers: observers && !open && !untold };
        if !invite.is_empty() {
            fx.send(To::Users(invite));
        }
        if !decided.is_empty() {
            fx.send(To::Decided(decided));
        }
    }

    pub(super) fn send_all(&self, fx: &mut impl Fx) {
        self.send_to(Parties { invitees: Mask::first(self.len), observers: true }, fx);
    }

    pub(super) fn resend(&self, fx: &mut impl Fx) {
        if broken!("no-resend") {
            return fx.arm(Timer::Origin(OriginTimer::Resend));
        }
        self.send_to(self.unfanned(), fx);
        for party in self.parties() {
            let Some(known) = self.party(party).filter(|known| known.fanned || broken!("a")) else {
                continue;
            };
            for (at, peer) in (0u8..).zip(known.peers()) {
                if self.behind(party, peer) {
                    fx.send(To::Peer { party, peer: at, echo: 0 });
                }
            }
        }
        fx.arm(Timer::Origin(OriginTimer::Resend));
    }

    /// Those of whom the relay did not say yet whom they are.
    fn unfanned(&self) -> Parties {
        let mut parties = Parties::NONE;
        for party in self.parties() {
            let fanned = self.party(party).is_none_or(|party| party.fanned) || broken!("a");
            match party {
                _ if fanned => {}
                PartyId::Invitee(i) => parties.invitees = parties.invitees.or(Mask::one(i)),
                PartyId::Observers => parties.observers = true,
            }
        }
        parties
    }

    /// Which of those who are to hear a Decision hear it in one, and whose answer's data comes first in it: as long as
    /// a device of an invitee lacks what came with his own answer, he hears that, so that no device of his is told
    /// of it without.
    pub fn next_decision(&self, of: Parties) -> (Parties, Option<u8>) {
        // All cancelled slots share the data of the one cancel, which is the newest.
        let apart = |slot: &u8| *slot != self.newest && self.slot(*slot) != Slot::Cancelled;
        let first = of.invitees.iter().find(|slot| apart(slot) && self.owes_own(*slot));
        let alone = |slot| Parties { invitees: Mask::one(slot), observers: false };
        (first.map_or(of, alone), first)
    }

    /// Whether a device of that invitee, but the one that won, lacks what came with his own answer.
    fn owes_own(&self, slot: u8) -> bool {
        let peers = self.party(PartyId::Invitee(slot)).map(Party::peers).unwrap_or_default();
        let won = self.slot(slot);
        let lacks = |peer: &Peer| !peer.acked.has(slot) && won != Slot::Accepted(peer.device);
        self.with_data.has(slot) && peers.iter().any(lacks) && !broken!("newest-to-all")
    }

    /// What goes to users, or to one peer (`to`), answering `echo`. `first`: whose answer's data is to come with it
    /// if that is lacking; to a peer that of its own user.
    pub fn report(
        &self,
        kind: Kind,
        to: Option<(PartyId, u8)>,
        first: Option<u8>,
        echo: u32,
    ) -> Report<OriginSlots<'_>> {
        let peer = to.and_then(|(party, at)| self.peer(party, at));
        let lacks = self.with_data.without(peer.map(|peer| peer.acked).unwrap_or_default());
        let own = match to {
            Some((PartyId::Invitee(slot), _)) if !broken!("newest-to-all") => Some(slot),
            _ => first,
        };
        let own = own.filter(|&slot| lacks.has(slot));
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
            answer: own.or(newest).or(any).filter(|_| !small && !broken!("L4", kind == Kind::Invite)),
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
