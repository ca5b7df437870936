//! What devices and the relay say to the device that made an invitation.

use super::super::effects::{Armed, Direct, Effects, Outcome};
use super::super::row::{Role, Row};
use super::super::storage::{Payload, Storage};
use super::super::{Engine, Ignored, Inner, MAX_DATA, output};
use crate::machine::{Fanned, Party, PartyId, Stance, Tell, Via};
use crate::name::{Device, Label};
use crate::wire::{Ack, Deliver, Fanout, List, Reach, Refused, StanceMessage};

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    pub(super) fn on_stance(
        &mut self,
        deliver: &Deliver<'_>,
        message: &StanceMessage<'_>,
        reply: &mut [u8],
    ) -> Result<usize, Ignored> {
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        let Some(at) = inner.table.find(&slices, deliver.key) else {
            return Ok(output::write_unknown(deliver, message.n, reply));
        };
        let Some(row) = slices.rows.get_mut(at as usize) else { return Err(Ignored::NoRow) };
        let party = row.rest.party(deliver.from.user).ok_or(Ignored::NotListed)?;
        let outcome = inner.stance(row, deliver, message, party)?;
        if let Some(tell) = outcome.peer {
            note_peer(row, tell, deliver);
        }
        let written = match outcome.direct {
            Some(Direct::Report { party, echo }) => {
                output::write_direct(row, inner, deliver, party, echo, reply)
            }
            _ => 0,
        };
        inner.settle(&mut slices, at, outcome.armed);
        Ok(written)
    }

    pub(super) fn on_ack(&mut self, deliver: &Deliver<'_>, ack: Ack) -> Result<usize, Ignored> {
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        let at = inner.table.find(&slices, deliver.key).ok_or(Ignored::NoRow)?;
        let Some(row) = slices.rows.get_mut(at as usize) else { return Err(Ignored::NoRow) };
        let party = row.rest.party(deliver.from.user).ok_or(Ignored::NotListed)?;
        let Role::Origin(origin) = &mut row.role else { return Err(Ignored::NotOurs) };
        let mut fx = Effects::new(&mut row.rest, &mut inner.number, None);
        let via = Via { party, device: deliver.from.device };
        origin.on_ack(via, ack.rev, ack.mask, &mut fx);
        let Outcome { armed, .. } = fx.done();
        inner.settle(&mut slices, at, armed);
        Ok(0)
    }

    /// The relay says whom a Send reached.
    ///
    /// # Errors
    /// [`Ignored::NoRow`] if the invitation is not, or no longer, one of this device.
    pub fn handle_fanout(&mut self, now: u64, fanout: &Fanout<'_>) -> Result<(), Ignored> {
        self.inner.advance(now);
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        let at = inner.table.find(&slices, fanout.key).ok_or(Ignored::NoRow)?;
        let Some(Row { role: Role::Origin(origin), rest, .. }) = slices.rows.get_mut(at as usize) else {
            return Err(Ignored::NoRow);
        };
        let own = inner.config.device.id;
        let mut armed = Armed::default();
        let current = fanout.ver == origin.ver();
        for entry in fanout.users.iter() {
            let Some(party) = rest.party(entry.user) else { continue };
            let (fanned, devices) = match entry.reach {
                Reach::Devices(list) if fanout.partial => (Fanned::Partial, list),
                Reach::Devices(list) => (Fanned::Complete, list),
                Reach::Later => (Fanned::Later, List::default()),
                Reach::Never => (Fanned::Never, List::default()),
            };
            let devices = devices.iter().filter(|device: &Device| device.id != own);
            let mut fx = Effects::new(rest, &mut inner.number, None);
            // Each user refused for good raises the version, but all were refused the same one.
            let refused = current && fanned == Fanned::Never;
            let ver = if refused { origin.ver() } else { fanout.ver };
            origin.on_fanout(party, ver, fanned, devices, &mut fx);
            armed = armed.or(fx.done().armed);
        }
        inner.settle(&mut slices, at, armed);
        Ok(())
    }

    /// The relay refused a Send as a whole. What it refuses for now is simply sent again.
    pub fn handle_refused(&mut self, now: u64, refused: &Refused) {
        self.inner.advance(now);
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        let at =
            refused.key.filter(|_| !refused.reason.for_now()).and_then(|key| inner.table.find(&slices, key));
        let Some(at) = at else { return };
        let Some(Row { role: Role::Origin(origin), rest, .. }) = slices.rows.get_mut(at as usize) else {
            return;
        };
        // What was delivered once is refused to some device only.
        if refused.ver != origin.ver() || origin.delivered() {
            return;
        }
        let mut fx = Effects::new(rest, &mut inner.number, None);
        for slot in origin.pending().iter() {
            let ver = origin.ver();
            origin.on_fanout(PartyId::Invitee(slot), ver, Fanned::Never, core::iter::empty(), &mut fx);
        }
        let Outcome { armed, .. } = fx.done();
        inner.settle(&mut slices, at, armed);
    }
}

impl Inner {
    /// A stance about an invitation of this device.
    fn stance<P: Payload, const I: usize, const D: usize>(
        &mut self,
        row: &mut Row<P, I, D>,
        deliver: &Deliver<'_>,
        message: &StanceMessage<'_>,
        party: PartyId,
    ) -> Result<Outcome, Ignored> {
        let Role::Origin(origin) = &mut row.role else { return Err(Ignored::NotOurs) };
        let (pending, rev) = (origin.pending(), origin.rev());
        let label = if message.stance == Stance::Cancel { "" } else { deliver.from.label };
        let brought = !message.data.is_empty() || !label.is_empty();
        let data = P::keep(message.data).filter(|_| message.data.len() <= MAX_DATA);
        self.counters.oversize = self.counters.oversize.saturating_add(u32::from(data.is_none()));
        let stance = match message.stance {
            // Answered without a record of it: refused.
            Stance::Modify if data.is_none() => Stance::Query,
            stance => stance,
        };
        let mut fx = Effects::new(&mut row.rest, &mut self.number, Some(party));
        let via = Via { party, device: deliver.from.device };
        origin.on_stance(via, message.n, stance, brought, &mut fx);
        fx.keep_answers(pending.without(origin.pending()), label, message.data);
        if let Some(data) = data.filter(|_| origin.rev() != rev) {
            fx.data(data);
        }
        Ok(fx.done())
    }
}

/// Notes for the application that a device rings or is full.
fn note_peer<P: Payload, const I: usize, const D: usize>(
    row: &mut Row<P, I, D>,
    tell: Tell,
    deliver: &Deliver<'_>,
) {
    let (Tell::Ringing(party, device) | Tell::Full(party, device, _)) = tell else { return };
    let Role::Origin(origin) = &row.role else { return };
    let peers = origin.party(party).map(Party::peers).unwrap_or_default();
    let at = (0u8..).zip(peers).find(|(_, peer)| peer.device == device).map(|(at, _)| at);
    let Some(owed) = at.and_then(|at| row.rest.out.owed_mut(party, at)) else { return };
    match tell {
        Tell::Full(_, _, why) => owed.tell_full = Some(why),
        _ => owed.tell_ringing = true,
    }
    row.rest.news.peers = true;
    row.rest.heard = (device, Label::new(deliver.from.label).unwrap_or_default());
}
