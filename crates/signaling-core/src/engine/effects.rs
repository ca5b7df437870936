//! What the machine wants done, noted in the row; and what follows from it for timers and table.

use super::Inner;
use super::row::{Notes, Outbox, Role, Row, Verdict};
use super::storage::{Payload, Slices};
use super::table::{List, NEVER};
use crate::broken;
use crate::machine::{Fx, Holder, HolderTimer, Me, OriginTimer, PartyId, Reply, State, Tell, Timer, To};

/// Refreshing goes on every third of the lease, or so often without one.
const REFRESH_WITHOUT_LEASE: u64 = 4_000;
/// How slowly an unresolved invitation is asked about.
const SLOW: u64 = 10_000;
/// How long T_ring exceeds the time limit.
const GRACE: u64 = 1_000;
/// At most one answer to a device and invitation in so many ms.
pub(super) const PACE: u64 = 50;
/// A row without a limit is given up after a day.
const DAY: u64 = 86_400_000;

/// An answer that needs no row: the input call writes it at once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Direct {
    Report { party: PartyId, echo: u32 },
    Full(crate::machine::Full),
    AckAll,
}

/// The machine's effects on one row; on none yet, if there is no outbox.
pub(super) struct Effects<'r, 'n, const I: usize, const D: usize> {
    notes: &'r mut Notes,
    out: Option<&'r mut Outbox<I, D>>,
    number: &'n mut u32,
    armed: Armed,
    party: Option<PartyId>,
    direct: Option<Direct>,
    peer: Option<Tell>,
}

/// What an input left to do besides what stands in the row.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Outcome {
    pub(super) armed: Armed,
    pub(super) direct: Option<Direct>,
    /// A device rings or is full.
    pub(super) peer: Option<Tell>,
}

/// The timers that the machine started anew.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Armed {
    limit: bool,
    resend: bool,
    lease: bool,
    resolve: bool,
    request: bool,
    /// The resend timer went off, rather than being restarted.
    pub(super) fired: bool,
}

impl Armed {
    /// Whether T_ring starts anew.
    pub(super) fn limits(self) -> bool {
        self.limit
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self {
            limit: self.limit || other.limit,
            resend: self.resend || other.resend,
            lease: self.lease || other.lease,
            resolve: self.resolve || other.resolve,
            request: self.request || other.request,
            fired: self.fired || other.fired,
        }
    }
}

impl<'r, 'n, const I: usize, const D: usize> Effects<'r, 'n, I, D> {
    pub(super) fn new(notes: &'r mut Notes, out: Option<&'r mut Outbox<I, D>>, number: &'n mut u32) -> Self {
        Self { notes, out, number, armed: Armed::default(), party: None, direct: None, peer: None }
    }

    /// For what a device of that party says.
    pub(super) fn of(self, party: PartyId) -> Self {
        Self { party: Some(party), ..self }
    }

    pub(super) fn done(self) -> Outcome {
        Outcome { armed: self.armed, direct: self.direct, peer: self.peer }
    }
}

impl<const I: usize, const D: usize> Fx for Effects<'_, '_, I, D> {
    fn send(&mut self, to: To) {
        let Some(out) = self.out.as_deref_mut() else { return };
        match to {
            To::Users(parties) | To::Decided(parties) => {
                out.users.invitees = out.users.invitees.or(parties.invitees);
                out.users.observers |= parties.observers;
            }
            To::Peer { party, peer, echo } => {
                let Some(owed) = out.owed_mut(party, peer) else { return };
                if !owed.due || echo != 0 {
                    owed.echo = echo;
                }
                owed.due = true;
                out.peers = true;
            }
            To::Stranger { echo, .. } => {
                let Some(party) = self.party else { return };
                self.direct = Some(Direct::Report { party, echo });
            }
        }
    }

    fn reply(&mut self, reply: Reply) {
        match reply {
            Reply::Stance => self.notes.stance = true,
            Reply::Request => self.notes.request = true,
            Reply::Ack => self.notes.ack = true,
            Reply::Full(full) => self.direct = Some(Direct::Full(full)),
            Reply::AckAll => self.direct = Some(Direct::AckAll),
        }
    }

    fn tell(&mut self, tell: Tell) {
        let news = &mut self.notes.news;
        match tell {
            Tell::Delivered => news.delivered = true,
            Tell::Ringing(..) | Tell::Full(..) => self.peer = Some(tell),
            Tell::Established(slot) => {
                news.established.add(slot);
            }
            Tell::Decided(slot) => {
                news.decided.add(slot);
            }
            Tell::TimedOut(slots) => news.timed_out = news.timed_out.or(slots),
            Tell::Cancelled => news.cancelled = true,
            Tell::Glare => news.glare = true,
            Tell::Modified => news.modified = true,
            Tell::New => news.new = !self.notes.mute,
            // Who has not heard of the one needs not hear of the other.
            Tell::Stopped => news.stopped = !core::mem::take(&mut news.resumed),
            Tell::Resumed => news.resumed = !core::mem::take(&mut news.stopped),
            Tell::Unresolved => news.unresolved = true,
            Tell::Missed => news.missed = true,
            Tell::Confirmed => news.confirmed = true,
            Tell::Overruled => news.overruled = true,
            Tell::Granted => news.request = Verdict::Granted,
            Tell::Denied => news.request = Verdict::Denied,
            Tell::Unanswered => news.request = Verdict::Unanswered,
        }
    }

    fn arm(&mut self, timer: Timer) {
        let armed = &mut self.armed;
        match timer {
            Timer::Origin(OriginTimer::Limit) | Timer::Holder(HolderTimer::Ring) => armed.limit = true,
            Timer::Origin(OriginTimer::Resend) | Timer::Holder(HolderTimer::Resend) => armed.resend = true,
            Timer::Origin(OriginTimer::Refresh) | Timer::Holder(HolderTimer::Lease) => armed.lease = true,
            Timer::Holder(HolderTimer::Resolve) => armed.resolve = true,
            Timer::Holder(HolderTimer::Request) => armed.request = true,
        }
    }

    fn number(&mut self) -> u32 {
        *self.number = self.number.saturating_add(1);
        *self.number
    }
}

impl Inner {
    /// After the machine moved: sets the row's timers, and its place in the table.
    pub(super) fn settle<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
        armed: Armed,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let mut ended = false;
        match &row.role {
            Role::Free => return,
            Role::Origin(_) => ended = self.settle_origin(row, armed),
            Role::Holder(_) => self.settle_holder(row, armed),
        }
        self.place(slices, at);
        if ended && self.config.glare {
            self.release(slices, at);
        }
    }

    /// Sorts the row into the table by what it owes, tells and waits for.
    pub(super) fn place<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let (owes, told, deadline) = (row.owes(), row.notes.news.is_empty(), row.rest.timers.next());
        let (terminal, quiet) = match &row.role {
            Role::Free => return,
            Role::Origin(origin) => (origin.over(), origin.quiet()),
            Role::Holder(holder) => (holder.terminal(), false),
        };
        let crossing = self.config.glare && row.may_be_crossed();
        if told && quiet && !owes {
            return self.bury(slices, at);
        }
        self.table.set_deadline(slices, at, deadline);
        let list = match (terminal && told, crossing) {
            (true, _) => List::Terminal,
            (false, true) => List::Crossing,
            (false, false) => List::None,
        };
        self.table.set_list(slices, at, list);
        if owes {
            self.table.push_transmit(slices, at);
        }
        if !told {
            self.table.push_events(slices, at);
        }
    }

    /// The row goes; its id stays known.
    pub(super) fn bury<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let Some(row) = slices.rows.get(at as usize) else { return };
        match row.role {
            Role::Holder(_) => self.memory.mark(slices.tombstones, slices.windows, row.id),
            Role::Origin(_) => self.touch(),
            Role::Free => {}
        }
        self.table.remove(slices, at);
    }

    /// Whether the last of its slots is decided just now.
    fn settle_origin<P: Payload, const I: usize, const D: usize>(
        &mut self,
        row: &mut Row<P, I, D>,
        armed: Armed,
    ) -> bool {
        let Role::Origin(origin) = &row.role else { return false };
        let rest = &mut row.rest;
        if armed.limit {
            rest.timers.limit = rest.end;
        }
        if armed.lease {
            rest.timers.lease = self.now.saturating_add(self.refresh());
        }
        if armed.resend {
            rest.timers.resend = self.backoff(&mut rest.step, armed.fired);
        }
        let ended = origin.over() && rest.timers.keep == NEVER;
        if ended {
            rest.timers.keep = self.now.saturating_add(u64::from(self.config.keep));
            row.notes.news.ended = true;
        }
        if origin.ver() != rest.ver {
            self.touch();
            (rest.ver, rest.changed) = (origin.ver(), self.changes);
        }
        clear(&mut rest.timers.limit, origin.armed(OriginTimer::Limit));
        clear(&mut rest.timers.lease, origin.armed(OriginTimer::Refresh));
        clear(&mut rest.timers.resend, origin.armed(OriginTimer::Resend));
        ended
    }

    fn settle_holder<P: Payload, const I: usize, const D: usize>(
        &mut self,
        row: &mut Row<P, I, D>,
        armed: Armed,
    ) {
        let Role::Holder(holder) = &row.role else { return };
        let rest = &mut row.rest;
        let now = self.now;
        let resolve = u64::from(self.config.resolve);
        if holder.stance().0 != rest.n {
            (rest.n, rest.n_at) = (holder.stance().0, now);
        }
        if armed.limit {
            rest.timers.limit = self.ring_end(holder.me(), rest.end);
        }
        if armed.lease {
            // Counted from when the question was asked, so that a late answer renews nothing.
            rest.timers.lease = self.lease_from(if broken!("R2") { now } else { rest.n_at });
        }
        if armed.resend {
            rest.timers.resend = match holder.state() {
                State::Unresolved => now.saturating_add(SLOW),
                _ if holder.pressing() => self.backoff(&mut rest.step, armed.fired),
                _ => self.renewal(),
            };
        }
        if armed.resolve {
            let from = if holder.state() == State::Done { self.done_from(holder, rest.end) } else { now };
            rest.timers.resolve = from.saturating_add(resolve);
        }
        if armed.request {
            rest.timers.request = now.saturating_add(resolve);
        }
        let timers = &mut rest.timers;
        clear(&mut timers.limit, holder.armed(HolderTimer::Ring));
        clear(&mut timers.lease, holder.armed(HolderTimer::Lease));
        clear(&mut timers.resend, holder.armed(HolderTimer::Resend));
        clear(&mut timers.resolve, holder.armed(HolderTimer::Resolve));
        clear(&mut timers.request, holder.armed(HolderTimer::Request));
        match (holder.terminal(), timers.keep) {
            (true, NEVER) => timers.keep = now.saturating_add(u64::from(self.config.keep)),
            (false, _) => timers.keep = NEVER,
            _ => {}
        }
    }

    fn lease_from(&self, from: u64) -> u64 {
        match self.config.lease {
            0 => NEVER,
            lease => from.saturating_add(u64::from(lease)),
        }
    }

    fn refresh(&self) -> u64 {
        match self.config.lease {
            0 => REFRESH_WITHOUT_LEASE,
            lease => u64::from(lease / 3).max(1),
        }
    }

    /// When a ringing device renews its lease.
    fn renewal(&self) -> u64 {
        if self.config.lease == 0 { NEVER } else { self.now.saturating_add(self.refresh()) }
    }

    /// T_ring. An observer has no lease: without a limit it asks when the refreshes stay away.
    fn ring_end(&self, me: Me, end: u64) -> u64 {
        match (end, me) {
            (NEVER, Me::Observer) => self.now.saturating_add(self.refresh().saturating_mul(18)),
            (NEVER, Me::Invitee(_)) => NEVER,
            _ => end.saturating_add(GRACE),
        }
    }

    fn done_from<const I: usize>(&self, holder: &Holder<I>, end: u64) -> u64 {
        // Only the data of an answer is missing: the call is over, limit or not.
        let over = holder.slots().iter().all(|slot| slot.decided());
        match end {
            NEVER if over => self.now,
            NEVER => self.now.saturating_add(DAY),
            _ => end.saturating_add(GRACE).max(self.now),
        }
    }

    /// The next repeat: the interval doubles each time the timer goes off, and starts anew otherwise.
    fn backoff(&mut self, step: &mut u8, fired: bool) -> u64 {
        *step = if fired { step.saturating_add(1) } else { 0 };
        let first = u64::from(self.config.resend_first);
        let doubled = first.checked_shl(u32::from(*step)).unwrap_or(u64::MAX);
        let interval = doubled.min(u64::from(self.config.resend_most)).max(1);
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        // 80 to 120 %, in 64ths: small chips cannot divide.
        let share = 51u64.saturating_add((self.jitter >> 59).min(26));
        self.now.saturating_add((interval.saturating_mul(share) >> 6).max(1))
    }
}

fn clear(deadline: &mut u64, armed: bool) {
    if !armed {
        *deadline = NEVER;
    }
}
