//! What the world does: messages, Fanouts, refusals, a link that comes up, time.

use super::effects::{Armed, Direct, Effects, Outcome};
use super::row::{Rest, Role, Row};
use super::storage::{Payload, Slices, Storage};
use super::table::NEVER;
use super::{Engine, Ignored, Inner, output};
use crate::machine::{
    Arrival, Fanned, First, Full, Holder, HolderTimer, Kind, Mask, Me, OriginTimer, Party, PartyId, Report,
    Slot, Stance, Tell, Via,
};
use crate::name::{Device, GroupId, UserId};
use crate::wire::{Ack, Deliver, Fanout, Frame, List, Message, Reach, Refused, ReportMessage, StanceMessage};

/// What waited longer on its way is asked about before it rings (protocol section 3).
const PROMPT: u32 = 1_000;

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// A frame came over the link. Returns how many bytes of `reply` are to be sent at once (mostly none).
    ///
    /// `Welcome`, `Pong` and group answers are the driver's affair and do nothing here.
    ///
    /// # Errors
    /// [`Ignored`] says why the frame did nothing; it was counted.
    pub fn handle_frame(&mut self, now: u64, bytes: &[u8], reply: &mut [u8]) -> Result<usize, Ignored> {
        let frame = Frame::decode(bytes).map_err(|error| self.ignore(Ignored::Malformed(error)))?;
        match frame {
            Frame::Deliver(deliver) => return self.handle_message(now, &deliver, reply),
            Frame::Fanout(fanout) => self.handle_fanout(now, &fanout)?,
            Frame::Refused(refused) => self.handle_refused(now, &refused),
            Frame::Welcome(_) | Frame::Pong(_) | Frame::Ping(_) | Frame::GroupReply(_) => {}
            Frame::Hello(_) | Frame::Send(_) | Frame::Group(_) => {
                return Err(self.ignore(Ignored::WrongDirection));
            }
        }
        Ok(0)
    }

    fn ignore(&mut self, why: Ignored) -> Ignored {
        self.inner.counters.ignored = self.inner.counters.ignored.saturating_add(1);
        why
    }

    /// An end-to-end message came. Returns how many bytes of `reply` are to be sent at once.
    ///
    /// # Errors
    /// [`Ignored`] says why it did nothing; it was counted.
    pub fn handle_message(
        &mut self,
        now: u64,
        deliver: &Deliver<'_>,
        reply: &mut [u8],
    ) -> Result<usize, Ignored> {
        self.inner.advance(now);
        self.message(deliver, reply).map_err(|why| self.ignore(why))
    }

    fn message(&mut self, deliver: &Deliver<'_>, reply: &mut [u8]) -> Result<usize, Ignored> {
        let Some(body) = deliver.body else { return self.on_headless(deliver, reply) };
        match Message::decode(body).map_err(Ignored::Malformed)? {
            Message::Report(report) => {
                self.check_origin(deliver)?;
                self.on_report(deliver, &report, reply)
            }
            Message::Unknown { .. } => {
                self.check_origin(deliver)?;
                self.on_unknown(deliver)
            }
            Message::Stance(stance) => {
                self.check_ours(deliver)?;
                self.on_stance(deliver, &stance, reply)
            }
            Message::Ack(ack) => {
                self.check_ours(deliver)?;
                self.on_ack(deliver, ack)
            }
        }
    }

    /// Only the device that made an invitation speaks for it, in whatever run.
    fn check_origin(&self, deliver: &Deliver<'_>) -> Result<(), Ignored> {
        let origin = deliver.key.origin.id;
        let right = deliver.from.device.id == origin && origin != self.inner.config.device.id;
        right.then_some(()).ok_or(Ignored::NotOrigin)
    }

    fn check_ours(&self, deliver: &Deliver<'_>) -> Result<(), Ignored> {
        let ours = self.inner.config.device.id;
        let right = deliver.key.origin.id == ours && deliver.from.device.id != ours;
        right.then_some(()).ok_or(Ignored::NotOurs)
    }

    /// The relay kept the body back: it exceeds what this device takes.
    fn on_headless(&mut self, deliver: &Deliver<'_>, reply: &mut [u8]) -> Result<usize, Ignored> {
        self.check_origin(deliver)?;
        let slices = self.storage.slices();
        if self.inner.table.find(&slices, deliver.key).is_some() {
            return Err(Ignored::Contradicts);
        }
        self.inner.counters.full = self.inner.counters.full.saturating_add(1);
        let number = self.inner.take_number();
        Ok(output::write_full(deliver, number, Full::TooLarge, reply))
    }

    fn on_report(
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
        let named = message.slots.iter().map(|entry| entry.user);
        if !named.eq(rest.names().iter().map(UserId::as_str)) {
            return Err(Ignored::Contradicts);
        }
        let (rev, had) = (holder.rev(), holder.have());
        let mut fx = Effects::new(rest, &mut inner.number, None);
        holder.on_report(&report(message), arrival(deliver, message), &mut fx);
        let Outcome { armed, .. } = fx.done();
        let (newer, have) = (holder.rev() != rev, holder.have().without(had));
        if armed.limits() {
            rest.end = end(inner.now, deliver, message);
        }
        inner.keep_payloads(rest, message, newer, have);
        inner.settle(&mut slices, at, armed);
        Ok(0)
    }

    fn on_unknown(&mut self, deliver: &Deliver<'_>) -> Result<usize, Ignored> {
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

    fn on_stance(
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

    fn on_ack(&mut self, deliver: &Deliver<'_>, ack: Ack) -> Result<usize, Ignored> {
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
            origin.on_fanout(party, fanout.ver, fanned, devices, &mut fx);
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
        let mut fx = Effects::new(rest, &mut inner.number, None);
        for slot in origin.pending().iter() {
            let ver = origin.ver();
            origin.on_fanout(PartyId::Invitee(slot), ver, Fanned::Never, core::iter::empty(), &mut fx);
        }
        let Outcome { armed, .. } = fx.done();
        inner.settle(&mut slices, at, armed);
    }

    /// The link is up (again): whatever is unconfirmed goes out at once. Looks at every row.
    pub fn handle_link_up(&mut self, now: u64) {
        self.inner.advance(now);
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        for at in 0..inner.table.used() {
            let Some(row) = slices.rows.get_mut(at as usize) else { return };
            let mut fx = Effects::new(&mut row.rest, &mut inner.number, None);
            match &mut row.role {
                Role::Free => continue,
                Role::Origin(origin) => origin.on_link_up(&mut fx),
                Role::Holder(holder) => holder.on_link_up(&mut fx),
            }
            let Outcome { armed, .. } = fx.done();
            inner.settle(&mut slices, at, armed);
        }
    }

    /// Lets all timers go off that are due by `now`.
    pub fn handle_timeout(&mut self, now: u64) {
        self.inner.advance(now);
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        while let Some((at, deadline)) = inner.table.first(&slices) {
            if deadline > inner.now {
                return;
            }
            inner.fire(&mut slices, at);
        }
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
        let seen = super::Memory::seen(slices.tombstones, slices.windows, deliver.key);
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
        let device = self.config.device;
        let mut fx = Effects::new(&mut rest, &mut self.number, None);
        let first: First<I> =
            Holder::first(&report(message), arrival(deliver, message), seen, me, device, room, &mut fx);
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
        rest.group = message.group.map(GroupId::new).transpose().ok()?;
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
        if let Some(data) = message.data.filter(|_| newer) {
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
        let data = P::keep(message.data).filter(|_| message.data.len() <= super::MAX_DATA);
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

    fn take_number(&mut self) -> u32 {
        self.number = self.number.saturating_add(1);
        self.number
    }

    /// Lets the timers of one row go off that are due.
    fn fire<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let now = self.now;
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let due = |timer: &mut u64| *timer <= now && core::mem::replace(timer, NEVER) <= now;
        let timers = &mut row.rest.timers;
        let (limit, lease, resend) =
            (due(&mut timers.limit), due(&mut timers.lease), due(&mut timers.resend));
        let (resolve, request) = (due(&mut timers.resolve), due(&mut timers.request));
        due(&mut timers.wake);
        if due(&mut timers.keep) {
            if row.rest.news.is_empty() {
                return self.bury(slices, at);
            }
            row.rest.timers.keep = now.saturating_add(u64::from(self.config.keep));
        }
        let mut fx = Effects::new(&mut row.rest, &mut self.number, None);
        let stays = match &mut row.role {
            Role::Free => true,
            Role::Origin(origin) => {
                let timers = [
                    (limit, OriginTimer::Limit),
                    (lease, OriginTimer::Refresh),
                    (resend, OriginTimer::Resend),
                ];
                for (_, timer) in timers.into_iter().filter(|(due, _)| *due) {
                    origin.on_timer(timer, &mut fx);
                }
                true
            }
            Role::Holder(holder) => [
                (lease, HolderTimer::Lease),
                (limit, HolderTimer::Ring),
                (resend, HolderTimer::Resend),
                (request, HolderTimer::Request),
                (resolve, HolderTimer::Resolve),
            ]
            .into_iter()
            .filter(|(due, _)| *due)
            .all(|(_, timer)| holder.on_timer(timer, &mut fx)),
        };
        let Outcome { mut armed, .. } = fx.done();
        armed.fired = resend && !limit;
        if stays {
            self.settle(slices, at, armed);
        } else {
            self.table.remove(slices, at);
        }
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
    row.rest.heard = (device, crate::name::Label::new(deliver.from.label).unwrap_or_default());
}

fn report<'m>(message: &ReportMessage<'m>) -> Report<impl Iterator<Item = (Slot, bool)> + Clone + use<'m>> {
    Report {
        kind: message.kind,
        rev: message.rev,
        echo: message.echo,
        modify: message.modify,
        slots: message.slots.iter().map(|entry| (entry.slot, entry.data)),
        answer: message.answer.map(|answer| answer.slot),
        data: message.data.is_some(),
    }
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
