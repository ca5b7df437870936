//! What the origin of an invitation says to a device that did not make it.

use super::super::effects::{Direct, Rowless};
use super::super::memory::Memory;
use super::super::row::{Rest, Role, Row};
use super::super::storage::{Payload, Slices, empty};
use super::super::table::NEVER;
use super::super::timers::{Alarm, later};
use super::super::{Ignored, Inner};
use crate::broken;
use crate::fmt::warning;
use crate::machine::{Arrival, First, Full, Holder, Kind, Mask, Me, Report, Rival, Seen, Slot};
use crate::name::{GroupId, UserId};
use crate::wire::{Ack, Deliver, ReportMessage};

/// What waited longer on its way is asked about before it rings (protocol section 3), in ms.
const PROMPT: u32 = 1_000;

impl Inner {
    /// The relay kept the body back: it exceeds what this device takes.
    #[inline(never)] // its frame is not to lie on the stack under that of another input; so below
    pub(super) fn on_headless(&mut self, deliver: &Deliver<'_>) -> Result<(), Ignored> {
        self.check_origin(deliver)?;
        self.counters.full = self.counters.full.saturating_add(1);
        warning!("{}: too large for this device's frames", deliver.key);
        self.left.direct = Some(Direct::Full(Full::TooLarge));
        Ok(())
    }

    /// Whether the row stays.
    #[inline(never)]
    pub(super) fn on_unknown<P: Payload, const I: usize, const D: usize>(
        &mut self,
        row: &mut Row<P, I, D>,
        deliver: &Deliver<'_>,
    ) -> Result<bool, Ignored> {
        let (role, rest, mut fx) = row.parts(&mut self.left);
        let stays = told(role, rest, deliver)?.on_unknown(&mut fx);
        if rest.end != NEVER {
            // Nobody decides it later: what is in doubt is not kept as if somebody did.
            rest.end = rest.end.min(self.now);
        }
        Ok(stays)
    }

    /// The first that is heard of an invitation: if a row is to be kept, what this device is to it, and whether it was
    /// seen before.
    #[inline(never)]
    pub(super) fn on_first<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        deliver: &Deliver<'_>,
        message: &ReportMessage<'_>,
    ) -> Result<Option<(Me, Seen)>, Ignored> {
        let me = self.whoami(deliver, message)?;
        check_group(deliver, message)?;
        let seen = Memory::seen(slices.tombstones, slices.windows, deliver.key);
        let room = self.room(slices, deliver, message);
        let slot = me.decisive(message.outcomes().map(|(slot, _)| slot));
        let direct = &mut self.left.direct;
        let fx = &mut Rowless(direct);
        let first = First::of((message.kind, slot), seen, me, self.config.device, room, fx);
        if let Some(Direct::AckAll) = direct {
            *direct = Some(Direct::Ack(ack_all(message)));
        }
        match first {
            First::Row => return Ok(Some((me, seen))),
            First::Nothing { ended: false } => {}
            First::Nothing { ended: true } => {
                self.memory.mark(slices.tombstones, slices.windows, deliver.key);
            }
        }
        Ok(None)
    }

    /// A row is to be kept of it: this one.
    #[inline(never)]
    pub(super) fn on_new<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        deliver: &Deliver<'_>,
        message: &ReportMessage<'_>,
        (me, seen): (Me, Seen),
    ) -> Result<u32, Ignored> {
        let rival = self.rival_to(slices, deliver, message);
        let made = self.make_room(slices, deliver.key);
        let (at, row) = slices.row(made)?;
        self.begin(row, deliver, message, (me, seen, rival));
        if broken!("glare-unasked", rings(row).is_some() && rival == Rival::Yields) {
            self.left.direct = Some(Direct::Yield);
        }
        Ok(at)
    }

    /// Fills a new row.
    #[inline(never)]
    fn begin<P: Payload, const I: usize, const D: usize>(
        &mut self,
        row: &mut Row<P, I, D>,
        deliver: &Deliver<'_>,
        message: &ReportMessage<'_>,
        (me, seen, rival): (Me, Seen, Rival),
    ) {
        fill(&mut row.rest, deliver, message, self.now);
        row.notes.mute = me == Me::Observer && deliver.group.is_some();
        let device = self.config.device;
        row.hold(me, device);
        let (Role::Holder(holder), _, mut fx) = row.parts(&mut self.left) else { return };
        let report = report(message, device.epoch);
        holder.begin(&report, arrival(deliver, message, rival), seen, &mut fx);
        let came = holder.have();
        self.keep_payloads(row, message, false, came);
    }

    /// More of an invitation that has a row.
    #[inline(never)]
    pub(super) fn on_further<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
        deliver: &Deliver<'_>,
        message: &ReportMessage<'_>,
    ) -> Result<(), Ignored> {
        let rival = self.rival_to(slices, deliver, message);
        let (_, row) = slices.row(Some(at))?;
        let rang = rings(row);
        admit(row, deliver, message)?;
        self.hear(row, deliver, message, rival);
        if rings(row) > rang && rival == Rival::Yields {
            self.left.direct = Some(Direct::Yield);
        }
        Ok(())
    }

    #[inline(never)]
    fn hear<P: Payload, const I: usize, const D: usize>(
        &mut self,
        row: &mut Row<P, I, D>,
        deliver: &Deliver<'_>,
        message: &ReportMessage<'_>,
        rival: Rival,
    ) {
        let (Role::Holder(holder), rest, mut fx) = row.parts(&mut self.left) else { return };
        let (rev, had, open) = (holder.rev().number, holder.have(), own_open(holder));
        let epoch = self.config.device.epoch;
        let report = report(message, epoch);
        holder.on_report(&report, arrival(deliver, message, rival), &mut fx);
        if self.left.armed.alarms.has(Alarm::Limit) {
            rest.end = end(self.now, deliver, message);
        }
        // Once the own slot is decided, the answer given here counts only as far as the inviter tells it.
        if let Some(slot) = open.filter(|_| own_open(holder).is_none()) {
            rest.keep_answer(slot, "", &[]);
        }
        let (newer, came) = (holder.rev().number != rev, holder.have().without(had));
        self.keep_payloads(row, message, newer, came);
    }

    /// Whether a row can be had for it, and can hold it.
    fn room<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &Slices<'_, Row<P, I, D>>,
        deliver: &Deliver<'_>,
        message: &ReportMessage<'_>,
    ) -> Result<(), Full> {
        let named = UserId::check(deliver.from.user).is_ok()
            && deliver.group.is_none_or(|group| GroupId::check(group).is_ok());
        let fits = message.slots.len() <= I && message.data.unwrap_or_default().len() <= P::LIMIT;
        let room = match named && fits {
            false => Err(Full::TooLarge),
            true if !self.table.has_room(slices) => Err(Full::NoCapacity),
            true => Ok(()),
        };
        if let Err(full) = room {
            self.counters.full = self.counters.full.saturating_add(1);
            warning!("{}: no room ({:?})", deliver.key, full);
        }
        room
    }

    /// Whether an own invitation crosses that one, and what it is to it.
    fn rival_to<P: Payload, const I: usize, const D: usize>(
        &self,
        slices: &Slices<'_, Row<P, I, D>>,
        deliver: &Deliver<'_>,
        message: &ReportMessage<'_>,
    ) -> Rival {
        let for_two = message.slots.len() == 1 && message.group.is_none();
        if !self.config.glare || !for_two {
            return Rival::None;
        }
        self.rival(slices, deliver.from.user, deliver.key)
    }

    fn whoami(&self, deliver: &Deliver<'_>, message: &ReportMessage<'_>) -> Result<Me, Ignored> {
        let user = self.config.user.as_str();
        if deliver.from.user == user {
            return Ok(Me::Observer);
        }
        let at = message.slots.iter().position(|entry| entry.user == user).ok_or(Ignored::NotForUs)?;
        Ok(Me::Invitee(u8::try_from(at).unwrap_or(u8::MAX)))
    }

    #[inline(never)]
    fn keep_payloads<P: Payload, const I: usize, const D: usize>(
        &mut self,
        Row { role, rest, .. }: &mut Row<P, I, D>,
        message: &ReportMessage<'_>,
        newer: bool,
        came: Mask,
    ) {
        let wanted = newer || rest.hearsay;
        if let Some(data) = message.data.filter(|_| wanted) {
            rest.hearsay = false;
            if !rest.data.set(data) {
                empty(&mut rest.data);
                self.counters.drop_data(data);
            }
        }
        let (Some(answer), Role::Holder(holder)) = (message.answer, role) else { return };
        let cancelled = |slot| holder.slot(slot) == Slot::Cancelled;
        for slot in came.iter() {
            if slot == answer.slot || (cancelled(slot) && cancelled(answer.slot)) {
                if answer.data.len() > P::LIMIT {
                    self.counters.drop_data(answer.data);
                }
                rest.keep_answer(slot, answer.label, answer.data);
            }
        }
    }
}

/// "Whatever you said, I have it all": for what was seen and is gone.
fn ack_all(message: &ReportMessage<'_>) -> Ack {
    let decided = (0u8..).zip(message.outcomes()).filter(|(_, (slot, _))| slot.decided());
    Ack { rev: message.rev.number, mask: decided.map(|(at, _)| at).collect() }
}

/// The machine of a row that the sender may speak to: he invited, and not from here.
fn told<'r, P: Payload, const I: usize, const D: usize>(
    role: &'r mut Role<I, D>,
    rest: &Rest<P, I>,
    deliver: &Deliver<'_>,
) -> Result<&'r mut Holder<I>, Ignored> {
    match role {
        Role::Holder(holder) if rest.inviter.as_str() == deliver.from.user => Ok(holder),
        _ => Err(Ignored::NotOrigin),
    }
}

/// What a new row holds. What went to this device alone was held to no group's rules.
#[inline(never)]
fn fill<P: Payload, const I: usize>(
    rest: &mut Rest<P, I>,
    deliver: &Deliver<'_>,
    message: &ReportMessage<'_>,
    now: u64,
) {
    rest.name_all(deliver.from.user, deliver.group, message.slots.iter().map(|entry| entry.user));
    rest.data.set(message.data.unwrap_or_default());
    rest.online_only = message.online_only;
    rest.end = end(now, deliver, message);
}

/// Whether it rings here, and stood when it was asked about.
fn rings<P, const I: usize, const D: usize>(row: &Row<P, I, D>) -> Option<bool> {
    match &row.role {
        Role::Holder(holder) => holder.rings(),
        Role::Free | Role::Origin(_) => None,
    }
}

/// The own slot of an invitee, as long as it has no outcome.
fn own_open<const I: usize>(holder: &Holder<I>) -> Option<u8> {
    match holder.me() {
        Me::Invitee(slot) => Some(slot).filter(|slot| !holder.slot(*slot).decided()),
        Me::Observer => None,
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
        slots: message.outcomes(),
        answer: message.answer.map(|answer| answer.slot),
        data: message.data.is_some(),
    }
}

/// A group is what the relay says it is, not what the sender says.
fn check_group(deliver: &Deliver<'_>, message: &ReportMessage<'_>) -> Result<(), Ignored> {
    let claimed = deliver.to_users && message.group != deliver.group;
    if claimed { Err(Ignored::Contradicts) } else { Ok(()) }
}

/// Whether the inviter says it, of the same invitees as ever.
#[inline(never)]
fn admit<P: Payload, const I: usize, const D: usize>(
    row: &mut Row<P, I, D>,
    deliver: &Deliver<'_>,
    message: &ReportMessage<'_>,
) -> Result<(), Ignored> {
    told(&mut row.role, &row.rest, deliver)?;
    check_group(deliver, message)?;
    let named = message.slots.iter().map(|entry| entry.user);
    if !named.eq(row.rest.names().iter().map(UserId::as_str)) {
        return Err(Ignored::Contradicts);
    }
    row.rest.learn_group(deliver.group);
    Ok(())
}

fn arrival(deliver: &Deliver<'_>, message: &ReportMessage<'_>, rival: Rival) -> Arrival {
    let left = message.remaining.is_none_or(|remaining| remaining > deliver.dwell);
    Arrival { prompt: deliver.dwell <= PROMPT && left, to_users: deliver.to_users, rival }
}

/// When the invitation runs out, by this device's clock.
fn end(now: u64, deliver: &Deliver<'_>, message: &ReportMessage<'_>) -> u64 {
    match (message.kind, message.remaining) {
        (Kind::Decision, _) => now,
        (Kind::Invite, None) => NEVER,
        (Kind::Invite, Some(left)) => later(now, left.saturating_sub(deliver.dwell)),
    }
}
