//! What the origin of an invitation says to a device that did not make it.

use super::super::effects::{Direct, Effects, Outcome};
use super::super::memory::Memory;
use super::super::row::{Rest, Role, Row};
use super::super::storage::{Payload, Slices, Storage};
use super::super::table::NEVER;
use super::super::{Engine, Ignored, Inner, output};
use crate::machine::{Arrival, First, Full, Holder, Kind, Mask, Me, Report, Slot};
use crate::name::{GroupId, UserId};
use crate::wire::{Deliver, ReportMessage};

/// What waited longer on its way is asked about before it rings (protocol section 3), in ms.
const PROMPT: u32 = 1_000;

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// The relay kept the body back: it exceeds what this device takes.
    pub(super) fn on_headless(&mut self, deliver: &Deliver<'_>, reply: &mut [u8]) -> Result<usize, Ignored> {
        self.check_origin(deliver)?;
        self.inner.counters.full = self.inner.counters.full.saturating_add(1);
        let number = self.inner.take_number();
        Ok(output::write_full(deliver, number, Full::TooLarge, reply))
    }

    pub(super) fn on_report(
        &mut self,
        deliver: &Deliver<'_>,
        message: &ReportMessage<'_>,
        reply: &mut [u8],
    ) -> Result<usize, Ignored> {
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        let Some(at) = inner.table.find(&slices, deliver.key) else {
            return inner.on_first(&mut slices, deliver, message, reply);
        };
        let Some(row) = slices.rows.get_mut(at as usize) else { return Err(Ignored::NoRow) };
        let Role::Holder(holder) = &mut row.role else { return Err(Ignored::NotOrigin) };
        let rest = &mut row.rest;
        if rest.inviter.as_str() != deliver.from.user {
            return Err(Ignored::NotOrigin);
        }
        check_group(deliver, message)?;
        let named = message.slots.iter().map(|entry| entry.user);
        if !named.eq(rest.names().iter().map(UserId::as_str)) {
            return Err(Ignored::Contradicts);
        }
        let (rev, had) = (holder.rev(), holder.have());
        let epoch = inner.config.device.epoch;
        if let Some(group) = deliver.group.filter(|_| rest.group.is_none()) {
            rest.group = GroupId::new(group).ok();
        }
        let mut fx = Effects::new(rest, &mut inner.number, None);
        holder.on_report(&report(message, epoch), arrival(deliver, message), &mut fx);
        let Outcome { armed, .. } = fx.done();
        let (newer, have) = (holder.rev() != rev, holder.have().without(had));
        if armed.limits() {
            rest.end = end(inner.now, deliver, message);
        }
        inner.keep_payloads(rest, message, newer, have);
        inner.settle(&mut slices, at, armed);
        Ok(0)
    }

    pub(super) fn on_unknown(&mut self, deliver: &Deliver<'_>) -> Result<usize, Ignored> {
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        let at = inner.table.find(&slices, deliver.key).ok_or(Ignored::NoRow)?;
        let Some(row) = slices.rows.get_mut(at as usize) else { return Err(Ignored::NoRow) };
        let Role::Holder(holder) = &mut row.role else { return Err(Ignored::NotOrigin) };
        if row.rest.inviter.as_str() != deliver.from.user {
            return Err(Ignored::NotOrigin);
        }
        let mut fx = Effects::new(&mut row.rest, &mut inner.number, None);
        let stays = holder.on_unknown(&mut fx);
        let Outcome { armed, .. } = fx.done();
        if stays {
            inner.settle(&mut slices, at, armed);
        } else {
            inner.bury(&mut slices, at);
        }
        Ok(0)
    }
}

impl Inner {
    /// The first that is heard of an invitation.
    fn on_first<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        deliver: &Deliver<'_>,
        message: &ReportMessage<'_>,
        reply: &mut [u8],
    ) -> Result<usize, Ignored> {
        let me = self.whoami(deliver, message)?;
        check_group(deliver, message)?;
        let seen = Memory::seen(slices.tombstones, slices.windows, deliver.key);
        let kept = self.row_of::<P, I, D>(deliver, message);
        let room = match &kept {
            None => Err(Full::TooLarge),
            Some(_) if !self.table.has_room(slices) => Err(Full::NoCapacity),
            Some(_) => Ok(()),
        };
        if room.is_err() {
            self.counters.full = self.counters.full.saturating_add(1);
        }
        let mut rest = kept.unwrap_or_default();
        rest.mute = me == Me::Observer && rest.group.is_some();
        let device = self.config.device;
        let mut fx = Effects::new(&mut rest, &mut self.number, None);
        let first: First<I> = Holder::first(
            &report(message, device.epoch),
            arrival(deliver, message),
            seen,
            me,
            device,
            room,
            &mut fx,
        );
        let Outcome { armed, direct, .. } = fx.done();
        match first {
            First::Row(holder) => {
                let at = self.make_room(slices, deliver.key).ok_or(Ignored::NoRow)?;
                self.keep_payloads(&mut rest, message, false, holder.have());
                if let Some(row) = slices.rows.get_mut(at as usize) {
                    row.role = Role::Holder(holder);
                    row.rest = rest;
                }
                self.settle(slices, at, armed);
                Ok(0)
            }
            First::Nothing { ended } => {
                if ended {
                    self.memory.mark(slices.tombstones, slices.windows, deliver.key);
                }
                Ok(match direct {
                    Some(Direct::Full(full)) => {
                        let number = self.take_number();
                        output::write_full(deliver, number, full, reply)
                    }
                    Some(Direct::AckAll) => output::write_ack_all(deliver, message, reply),
                    _ => 0,
                })
            }
        }
    }

    fn whoami(&self, deliver: &Deliver<'_>, message: &ReportMessage<'_>) -> Result<Me, Ignored> {
        let user = self.config.user.as_str();
        if deliver.from.user == user {
            return Ok(Me::Observer);
        }
        let at = message.slots.iter().position(|entry| entry.user == user).ok_or(Ignored::NotForUs)?;
        Ok(Me::Invitee(u8::try_from(at).unwrap_or(u8::MAX)))
    }

    /// The payloads of a new row; none if this device cannot keep them.
    fn row_of<P: Payload, const I: usize, const D: usize>(
        &self,
        deliver: &Deliver<'_>,
        message: &ReportMessage<'_>,
    ) -> Option<Rest<P, I, D>> {
        if message.slots.len() > I {
            return None;
        }
        let mut rest = Rest { inviter: UserId::new(deliver.from.user).ok()?, ..Rest::default() };
        for (place, entry) in rest.names.iter_mut().zip(message.slots.iter()) {
            *place = UserId::new(entry.user).ok()?;
        }
        rest.count = u8::try_from(message.slots.len()).ok()?;
        // What went to this device alone was held to no group's rules.
        rest.group = deliver.group.map(GroupId::new).transpose().ok()?;
        rest.data = P::keep(message.data.unwrap_or_default())?;
        rest.online_only = message.online_only;
        rest.end = end(self.now, deliver, message);
        Some(rest)
    }

    fn keep_payloads<P: Payload, const I: usize, const D: usize>(
        &mut self,
        rest: &mut Rest<P, I, D>,
        message: &ReportMessage<'_>,
        newer: bool,
        came: Mask,
    ) {
        let wanted = newer || rest.hearsay;
        if let Some(data) = message.data.filter(|_| wanted) {
            rest.hearsay = false;
            let kept = P::keep(data);
            self.counters.oversize = self.counters.oversize.saturating_add(u32::from(kept.is_none()));
            rest.data = kept.unwrap_or_default();
        }
        let Some(answer) = message.answer else { return };
        let cancel = message.slots.iter().nth(usize::from(answer.slot)).map(|entry| entry.slot);
        for (slot, entry) in (0u8..).zip(message.slots.iter()).filter(|(slot, _)| came.has(*slot)) {
            let shared = entry.slot == Slot::Cancelled && cancel == Some(Slot::Cancelled);
            if slot == answer.slot || shared {
                let oversize = u32::from(answer.data.len() > P::LIMIT);
                self.counters.oversize = self.counters.oversize.saturating_add(oversize);
                rest.keep_answer(slot, answer.label, answer.data);
            }
        }
    }

    fn take_number(&mut self) -> u32 {
        self.number = self.number.saturating_add(1);
        self.number
    }
}

/// What the machine needs of it. What another run of this device asked is not answered to this one.
fn report<'m>(
    message: &ReportMessage<'m>,
    epoch: u32,
) -> Report<impl Iterator<Item = (Slot, bool)> + Clone + use<'m>> {
    let asked = message.run == epoch;
    Report {
        kind: message.kind,
        rev: message.rev,
        echo: if asked { message.echo } else { 0 },
        modify: message.modify.filter(|_| asked),
        slots: message.slots.iter().map(|entry| (entry.slot, entry.data)),
        answer: message.answer.map(|answer| answer.slot),
        data: message.data.is_some(),
    }
}

/// A group is what the relay says it is, not what the sender says.
fn check_group(deliver: &Deliver<'_>, message: &ReportMessage<'_>) -> Result<(), Ignored> {
    let claimed = deliver.to_users && message.group != deliver.group;
    if claimed { Err(Ignored::Contradicts) } else { Ok(()) }
}

fn arrival(deliver: &Deliver<'_>, message: &ReportMessage<'_>) -> Arrival {
    let left = message.remaining.is_none_or(|remaining| remaining > deliver.dwell);
    Arrival { prompt: deliver.dwell <= PROMPT && left, to_users: deliver.to_users }
}

/// When the invitation runs out, by this device's clock.
fn end(now: u64, deliver: &Deliver<'_>, message: &ReportMessage<'_>) -> u64 {
    match (message.kind, message.remaining) {
        (Kind::Decision, _) => now,
        (Kind::Invite, None) => NEVER,
        (Kind::Invite, Some(left)) => now.saturating_add(u64::from(left.saturating_sub(deliver.dwell))),
    }
}
