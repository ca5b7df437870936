//! What is to be sent and told, derived from the rows when it is asked for.

use super::effects::PACE;
use super::row::{Role, Row};
use super::storage::{Payload, Slices, Storage};
use super::table::NEVER;
use super::timers::{Alarm, later};
use super::{Engine, Event, Inner};
use crate::fmt::warning;
use crate::machine::{Kind, Me, Origin, Parties, PartyId, Stance};
use crate::name::InviteId;
use crate::wire::{
    Ack, AnswerData, Brief, Deliver, NoRoom, ReportMessage, Send, SlotEntry, StanceMessage, Target,
    encode_report, encode_send,
};

/// How long the relay may keep an invitation that has no limit.
const DAY: u32 = 86_400_000;

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// Writes the next frame to send into `buf`; how many bytes, or none when nothing is to be sent now.
    ///
    /// A frame that does not fit `buf` is dropped and counted as unsendable; [`MAX_FRAME`](crate::wire::MAX_FRAME) bytes hold every one.
    pub fn poll_transmit(&mut self, now: u64, buf: &mut [u8]) -> Option<usize> {
        self.inner.advance(now);
        let mut slices = self.storage.slices();
        while let Some(at) = self.inner.table.pop_transmit(&mut slices) {
            let Some(row) = slices.rows.get_mut(at as usize) else { continue };
            if self.inner.unsaved(&row.rest) {
                self.inner.table.push_unsaved(&mut slices, at);
                continue;
            }
            let Some(next) = row.take_owed(self.inner.now) else {
                self.inner.rest(&mut slices, at);
                continue;
            };
            let written = self.inner.write(row, next, buf);
            self.inner.place(&mut slices, at);
            match written {
                Ok(bytes) => return Some(bytes),
                Err(NoRoom) => {
                    self.inner.counters.unsendable = self.inner.counters.unsendable.saturating_add(1);
                    warning!("a frame exceeds the buffer of {} bytes and is dropped", buf.len());
                }
            }
        }
        None
    }

    /// The next thing to tell the application, or none. Poll until none: a row whose news is not taken stays.
    pub fn poll_event(&mut self) -> Option<Event<'_, P>> {
        let mut slices = self.storage.slices();
        if let Some(told) = self.inner.told.take() {
            self.inner.place(&mut slices, told);
        }
        loop {
            let at = self.inner.table.pop_events(&mut slices)?;
            let Some(row) = slices.rows.get_mut(at as usize) else { continue };
            if self.inner.unsaved(&row.rest) {
                self.inner.table.push_unsaved(&mut slices, at);
                continue;
            }
            let Some(what) = row.take_news() else {
                self.inner.place(&mut slices, at);
                continue;
            };
            // Placed when the borrowed event is done with: the row may go then.
            self.inner.told = Some(at);
            let now = self.inner.now;
            let invitation = slices.rows.get(at as usize).and_then(|row| row.view(now))?;
            return Some(Event { invitation, what });
        }
    }

    /// When [`Engine::handle_timeout`] wants to be called next; none for never.
    pub fn poll_timeout(&self) -> Option<u64> {
        self.inner.table.first(self.storage.heap()).map(|(_, deadline)| deadline)
    }
}

/// One message that a row owes.
#[derive(Clone, Copy)]
pub(super) enum Next {
    /// And whose answer's data comes first.
    Users(Kind, Parties, Option<u8>),
    Peer(PartyId, u8, u32),
    Stance,
    Request,
    Ack,
}

impl<P: Payload, const I: usize, const D: usize> Row<P, I, D> {
    /// Takes the next message off the outbox that may leave now.
    fn take_owed(&mut self, now: u64) -> Option<Next> {
        let (notes, out) = (&mut self.notes, &mut self.out);
        match &self.role {
            Role::Free => None,
            Role::Holder(_) => {
                let take = core::mem::take::<bool>;
                if take(&mut notes.stance) {
                    return Some(Next::Stance);
                }
                if take(&mut notes.request) {
                    return Some(Next::Request);
                }
                take(&mut notes.ack).then_some(Next::Ack)
            }
            Role::Origin(origin) => {
                let open = open(origin, out.users);
                if !open.is_empty() {
                    out.users = out.users.without(open);
                    return Some(Next::Users(Kind::Invite, open, None));
                }
                if !out.users.is_empty() {
                    let (decided, first) = origin.next_decision(out.users);
                    out.users = out.users.without(decided);
                    return Some(Next::Users(Kind::Decision, decided, first));
                }
                self.take_peer(now)
            }
        }
    }

    /// At most one answer to a device in 50 ms; what comes sooner waits.
    fn take_peer(&mut self, now: u64) -> Option<Next> {
        let Role::Origin(origin) = &self.role else { return None };
        let stamp = truncate(now);
        let mut wait = u16::MAX;
        for party in origin.parties() {
            let peers = origin.party(party).map(|party| party.peers().len()).unwrap_or_default();
            for at in 0..u8::try_from(peers).unwrap_or(u8::MAX) {
                let Some(owed) = self.out.owed_mut(party, at).filter(|owed| owed.due) else { continue };
                let since = stamp.wrapping_sub(owed.last);
                if owed.last != 0 && since < PACE {
                    wait = wait.min(PACE.saturating_sub(since));
                    continue;
                }
                (owed.due, owed.last) = (false, stamp.max(1));
                return Some(Next::Peer(party, at, core::mem::take(&mut owed.echo)));
            }
        }
        self.notes.peers = wait != u16::MAX;
        let wake = if self.notes.peers { later(now, wait.into()) } else { NEVER };
        self.rest.timers.set(Alarm::Wait, wake);
        None
    }
}

/// Once in 65 s an old stamp looks like one of just now: that answer waits 50 ms for nothing.
#[allow(clippy::cast_possible_truncation)] // only differences of these stamps count
fn truncate(now: u64) -> u16 {
    now as u16
}

fn open<const I: usize, const D: usize>(origin: &Origin<I, D>, users: Parties) -> Parties {
    let observers = users.observers && origin.open(PartyId::Observers);
    Parties { invitees: users.invitees.and(origin.pending()), observers }
}

impl Inner {
    /// The row has nothing to send now: some answer waits, or it may go.
    fn rest<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let Some(row) = slices.rows.get(at as usize) else { return };
        if row.owes() {
            let deadline = row.rest.timers.next();
            self.table.set_deadline(slices, at, deadline);
        } else {
            self.place(slices, at);
        }
    }

    fn write<P: Payload, const I: usize, const D: usize>(
        &self,
        row: &Row<P, I, D>,
        next: Next,
        buf: &mut [u8],
    ) -> Result<usize, NoRoom> {
        match next {
            Next::Users(kind, parties, first) => self.write_users(row, kind, parties, first, buf),
            Next::Peer(party, at, echo) => self.write_peer(row, party, at, echo, buf),
            Next::Stance | Next::Request => write_stance(row, next, self.config.resolve, buf),
            Next::Ack => write_ack(row, buf),
        }
    }

    fn write_users<P: Payload, const I: usize, const D: usize>(
        &self,
        row: &Row<P, I, D>,
        kind: Kind,
        parties: Parties,
        first: Option<u8>,
        buf: &mut [u8],
    ) -> Result<usize, NoRoom> {
        let Role::Origin(origin) = &row.role else { return Err(NoRoom) };
        let rest = &row.rest;
        let invitees = rest.names().iter().zip(0u8..).filter(|(_, slot)| parties.invitees.has(*slot));
        let observers = parties.observers.then_some(rest.inviter.as_str());
        let users = invitees.map(|(name, _)| name.as_str()).chain(observers);
        let invite = kind == Kind::Invite;
        let send = Send {
            key: row.id,
            ver: origin.ver(),
            to: Target::Users(Default::default()),
            group: rest.group(),
            online_only: rest.online_only,
            ttl: if invite { rest.remaining(self.now).unwrap_or(DAY) } else { self.config.keep },
            push: Some(rest.own.bytes()).filter(|push| invite && !push.is_empty() && !rest.online_only),
            body: &[],
        };
        encode_send(buf, &send, users, |body| self.write_report(row, kind, (None, first), (0, 0), body))
    }

    fn write_peer<P: Payload, const I: usize, const D: usize>(
        &self,
        row: &Row<P, I, D>,
        party: PartyId,
        at: u8,
        echo: u32,
        buf: &mut [u8],
    ) -> Result<usize, NoRoom> {
        let Role::Origin(origin) = &row.role else { return Err(NoRoom) };
        let peer = origin.peer(party, at).ok_or(NoRoom)?;
        let user = match party {
            PartyId::Invitee(slot) => row.rest.name(slot),
            PartyId::Observers => row.rest.inviter.as_str(),
        };
        let kind = if origin.open(party) { Kind::Invite } else { Kind::Decision };
        let send = to_device(row.id, origin.ver(), user, peer.device.id, 0);
        encode_send(buf, &send, core::iter::empty(), |body| {
            self.write_report(row, kind, (Some((party, at)), None), (peer.device.epoch, echo), body)
        })
    }

    fn write_report<P: Payload, const I: usize, const D: usize>(
        &self,
        row: &Row<P, I, D>,
        kind: Kind,
        (to, first): (Option<(PartyId, u8)>, Option<u8>),
        (run, echo): (u32, u32),
        buf: &mut [u8],
    ) -> Result<usize, NoRoom> {
        let Role::Origin(origin) = &row.role else { return Err(NoRoom) };
        let rest = &row.rest;
        let report = origin.report(kind, to, first, echo);
        let answer = report.answer.and_then(|slot| {
            let label = rest.labels.get(usize::from(slot))?.as_str();
            Some(AnswerData { slot, label, data: rest.answers.get(usize::from(slot))?.bytes() })
        });
        let message = ReportMessage {
            kind,
            remaining: if kind == Kind::Invite { rest.remaining(self.now) } else { Some(0) },
            rev: report.rev,
            run,
            echo,
            modify: report.modify,
            online_only: rest.online_only,
            group: rest.group(),
            data: report.data.then(|| rest.data.bytes()),
            answer,
            slots: Default::default(),
        };
        let slots = rest.names().iter().zip(report.slots);
        let entries = slots.map(|(name, (slot, data))| SlotEntry { user: name.as_str(), slot, data });
        encode_report(buf, &message, entries)
    }
}

#[cfg_attr(target_pointer_width = "32", inline(never))] // it is called from everywhere
fn to_device(key: InviteId, ver: u32, user: &str, device: u64, ttl: u32) -> Send<'_> {
    let to = Target::Device(user, device);
    Send { key, ver, to, group: None, online_only: ttl == 0, ttl, push: None, body: &[] }
}

fn write_to(send: &Send<'_>, message: &Brief<'_>, buf: &mut [u8]) -> Result<usize, NoRoom> {
    encode_send(buf, send, core::iter::empty(), |body| message.encode(body))
}

fn write_stance<P: Payload, const I: usize, const D: usize>(
    row: &Row<P, I, D>,
    next: Next,
    keep: u32,
    buf: &mut [u8],
) -> Result<usize, NoRoom> {
    let Role::Holder(holder) = &row.role else { return Err(NoRoom) };
    let stance = match next {
        Next::Request => holder.request().ok_or(NoRoom)?,
        _ => holder.stance(),
    };
    let (n, stance) = stance;
    let data = match stance {
        Stance::Ringing | Stance::Query | Stance::Full(_) => &[],
        Stance::Answer(_) => match holder.me() {
            Me::Invitee(slot) => row.rest.draft(slot),
            Me::Observer => &[],
        },
        Stance::Cancel | Stance::Modify => row.rest.own.bytes(),
    };
    let ttl = if matches!(stance, Stance::Ringing | Stance::Query) { 0 } else { keep };
    let send = to_device(row.id, n, row.rest.inviter.as_str(), row.id.origin.id, ttl);
    write_to(&send, &Brief::Stance(StanceMessage { n, stance, data }), buf)
}

fn write_ack<P: Payload, const I: usize, const D: usize>(
    row: &Row<P, I, D>,
    buf: &mut [u8],
) -> Result<usize, NoRoom> {
    let Role::Holder(holder) = &row.role else { return Err(NoRoom) };
    let (rev, mask) = holder.ack();
    let send = to_device(row.id, 0, row.rest.inviter.as_str(), row.id.origin.id, 0);
    write_to(&send, &Brief::Ack(Ack { rev, mask }), buf)
}

/// Answers a message straight to the device that sent it. 0 if it does not fit.
pub(super) fn answer(deliver: &Deliver<'_>, message: &Brief<'_>, buf: &mut [u8]) -> usize {
    let ver = match message {
        Brief::Stance(stance) => stance.n,
        _ => 0,
    };
    let send = to_device(deliver.key, ver, deliver.from.user, deliver.from.device.id, 0);
    write_to(&send, message, buf).unwrap_or(0)
}

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// The answer to a device that found no place in the row. 0 if it does not fit, or has to be saved first.
    pub(super) fn write_direct(&self, deliver: &Deliver<'_>, echo: u32, buf: &mut [u8]) -> usize {
        let (inner, rows) = (&self.inner, self.storage.rows());
        let at = inner.table.find(rows, self.storage.buckets(), deliver.key);
        let Some(row) = at.and_then(|at| rows.get(at as usize)).filter(|row| !inner.unsaved(&row.rest))
        else {
            return 0;
        };
        let (Role::Origin(origin), Some(party)) = (&row.role, row.rest.party(deliver.from.user)) else {
            return 0;
        };
        let run = deliver.from.device.epoch;
        let kind = if origin.open(party) { Kind::Invite } else { Kind::Decision };
        let send = to_device(row.id, origin.ver(), deliver.from.user, deliver.from.device.id, 0);
        let written = encode_send(buf, &send, core::iter::empty(), |body| {
            inner.write_report(row, kind, (None, party.slot()), (run, echo), body)
        });
        written.unwrap_or(0)
    }
}
