//! What devices and the relay say to the device that made an invitation.

use super::super::news::Item;
use super::super::row::{PeerNews, Role, Row};
use super::super::storage::{Payload, Storage};
use super::super::{Engine, Ignored, Inner, MAX_DATA};
use crate::machine::{Fanned, PartyId, Stance, Tell, Via};
use crate::name::Device;
use crate::wire::{Ack, Deliver, Fanout, List, Reach, Refused, StanceMessage};

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// The relay says whom a Send reached.
    ///
    /// # Errors
    /// [`Ignored::NoRow`] if the invitation is not, or no longer, one of this device.
    #[inline(never)] // its frame is not to lie on the stack under that of another input
    pub fn handle_fanout(&mut self, now: u64, fanout: &Fanout<'_>) -> Result<(), Ignored> {
        self.handle_timeout(now);
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        let at = inner.table.find(slices.rows, slices.buckets, fanout.key);
        let (at, row) = slices.row(at)?;
        let (Role::Origin(origin), rest, mut fx) = row.parts(&mut inner.left) else {
            return Err(Ignored::NoRow);
        };
        let own = inner.config.device.id;
        let current = fanout.ver == origin.ver();
        for entry in fanout.users.iter() {
            let Some(party) = rest.party(entry.user) else { continue };
            let (fanned, devices) = match entry.reach {
                Reach::Devices(list) if fanout.partial => (Fanned::Partial, list),
                Reach::Devices(list) => (Fanned::Complete, list),
                Reach::Later => (Fanned::Later, List::default()),
                Reach::Never => (Fanned::Never, List::default()),
            };
            // Each user refused for good raises the version, but all were refused the same one.
            let refused = current && fanned == Fanned::Never;
            let ver = if refused { origin.ver() } else { fanout.ver };
            origin.on_fanout(party, ver, fanned, others(devices, own), &mut fx);
        }
        inner.settle(&mut slices, at);
        Ok(())
    }

    /// The relay refused a Send as a whole. What it refuses for now is simply sent again.
    #[inline(never)] // as handle_fanout
    pub fn handle_refused(&mut self, now: u64, refused: &Refused) {
        self.handle_timeout(now);
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        let key = refused.key.filter(|_| !refused.reason.for_now());
        let Some(at) = key.and_then(|key| inner.table.find(slices.rows, slices.buckets, key)) else { return };
        let Some((Role::Origin(origin), _, mut fx)) =
            slices.rows.get_mut(at as usize).map(|row| row.parts(&mut inner.left))
        else {
            return;
        };
        // What was delivered once is refused to some device only.
        if refused.ver != origin.ver() || origin.delivered() {
            return;
        }
        for slot in origin.pending().iter() {
            let ver = origin.ver();
            let nobody = others(List::default(), inner.config.device.id);
            origin.on_fanout(PartyId::Invitee(slot), ver, Fanned::Never, nobody, &mut fx);
        }
        inner.settle(&mut slices, at);
    }
}

impl Inner {
    #[inline(never)] // its frame is not to lie on the stack under that of another input; so below
    pub(super) fn on_ack<P: Payload, const I: usize, const D: usize>(
        &mut self,
        row: &mut Row<P, I, D>,
        deliver: &Deliver<'_>,
        ack: Ack,
    ) -> Result<(), Ignored> {
        let party = row.rest.party(deliver.from.user).ok_or(Ignored::NotListed)?;
        let (Role::Origin(origin), _, mut fx) = row.parts(&mut self.left) else {
            return Err(Ignored::NotOurs);
        };
        let via = Via { party, device: deliver.from.device };
        origin.on_ack(via, ack.rev, ack.mask, &mut fx);
        Ok(())
    }

    /// A stance about an invitation of this device.
    #[inline(never)]
    pub(super) fn on_stance<P: Payload, const I: usize, const D: usize>(
        &mut self,
        row: &mut Row<P, I, D>,
        deliver: &Deliver<'_>,
        message: &StanceMessage<'_>,
    ) -> Result<(), Ignored> {
        let party = row.rest.party(deliver.from.user).ok_or(Ignored::NotListed)?;
        let (Role::Origin(origin), rest, mut fx) = row.parts(&mut self.left) else {
            return Err(Ignored::NotOurs);
        };
        let (pending, rev) = (origin.pending(), origin.rev().number);
        let label = if message.stance == Stance::Cancel { "" } else { deliver.from.label };
        let brought = !message.data.is_empty() || !label.is_empty();
        let oversize = message.data.len() > MAX_DATA.min(P::LIMIT);
        if oversize {
            self.counters.drop_data(message.data);
        }
        let stance = match message.stance {
            // Answered without a record of it: refused.
            Stance::Modify if oversize => Stance::Query,
            stance => stance,
        };
        let via = Via { party, device: deliver.from.device };
        origin.on_stance(via, message.n, stance, brought, &mut fx);
        let ended = pending.without(origin.pending());
        rest.keep_answers(ended, "", &[]);
        rest.keep_answers(ended.and(origin.with_data()), label, message.data);
        if origin.rev().number != rev {
            rest.data.set(message.data);
        }
        if let Some(tell) = self.left.peer.take() {
            note_peer(row, tell, deliver);
        }
        Ok(())
    }
}

/// The devices but this one. Whoever has none says so in the same way: one copy of the machine is enough.
fn others(devices: List<'_, Device>, own: u64) -> impl Iterator<Item = Device> {
    devices.iter().filter(move |device| device.id != own)
}

/// Notes for the application that a device rings or is full.
#[inline(never)] // its frame is not to lie under the machine
fn note_peer<P: Payload, const I: usize, const D: usize>(
    row: &mut Row<P, I, D>,
    tell: Tell,
    deliver: &Deliver<'_>,
) {
    let (Tell::Ringing(party, device) | Tell::Full(party, device, _)) = tell else { return };
    let Role::Origin(origin) = &row.role else { return };
    let Some(at) = origin.party(party).and_then(|party| party.find(device)) else { return };
    let Some(owed) = row.out.owed_mut(party, at) else { return };
    owed.news = match tell {
        Tell::Full(_, _, why) => why.into(),
        _ => PeerNews::Ringing,
    };
    row.notes.news.add(Item::Peers);
    if let PartyId::Invitee(slot) = party {
        row.rest.heard = Some((slot, at));
        row.rest.keep_label(slot, deliver.from.label);
    }
}
