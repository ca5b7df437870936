//! What the machine wants done, noted in the row; and what follows from it for timers and table.

use super::Inner;
use super::news::Item;
use super::row::{Notes, Outbox, Rest, Role, Row};
use super::storage::{Payload, Slices};
use super::table::{List, NEVER};
use super::timers::{Alarm, Alarms, later};
use crate::broken;
use crate::machine::{Full, Fx, Holder, HolderTimer, Me, OriginTimer, Reply, State, Tell, Timer, To};
use crate::wire::Ack;

/// Refreshing goes on every third of the lease, or so often without one.
const REFRESH_WITHOUT_LEASE: u32 = 4_000;
/// How slowly an unresolved invitation is asked about.
const SLOW: u32 = 10_000;
/// How long T_ring exceeds the time limit.
const GRACE: u32 = 1_000;
/// At most one answer to a device and invitation in so many ms.
pub(super) const PACE: u16 = 50;
/// A row without a limit is given up after a day.
const DAY: u32 = 86_400_000;

/// What an input leaves to do at once, when its frames are off the stack.
#[derive(Clone, Copy, Debug)]
pub(super) enum Direct {
    /// A report for a device that found no place in the row.
    Report {
        echo: u32,
    },
    Full(Full),
    /// All that a report says is known, whatever that was.
    AckAll,
    Ack(Ack),
    /// No record is held.
    Unknown {
        echo: u32,
    },
    /// An own invitation to the sender gives way.
    Yield,
}

/// The machine's effects on one row.
pub(super) struct Effects<'r, 'e, const I: usize, const D: usize> {
    pub(super) notes: &'r mut Notes,
    pub(super) out: &'r mut Outbox<I, D>,
    pub(super) left: &'e mut Left,
}

/// What the machine left to do besides what stands in the row, for the engine to see to.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Left {
    pub(super) armed: Armed,
    pub(super) direct: Option<Direct>,
    /// A device rings or is full.
    pub(super) peer: Option<Tell>,
    /// The last number that it was given in this run.
    pub(super) number: u32,
}

impl Left {
    pub(super) fn next_number(&mut self) -> u32 {
        self.number = self.number.saturating_add(1);
        self.number
    }
}

/// The timers that the machine started anew.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Armed {
    pub(super) alarms: Alarms,
    /// The resend timer went off, rather than being restarted.
    pub(super) fired: bool,
}

impl<const I: usize, const D: usize> Fx for Effects<'_, '_, I, D> {
    fn send(&mut self, to: To) {
        let out = &mut *self.out;
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
                self.notes.peers = true;
            }
            To::Stranger { echo, .. } => self.left.direct = Some(Direct::Report { echo }),
        }
    }

    fn reply(&mut self, reply: Reply) {
        match reply {
            Reply::Stance => self.notes.stance = true,
            Reply::Request => self.notes.request = true,
            Reply::Ack => self.notes.ack = true,
            Reply::Full(_) | Reply::AckAll => Rowless(&mut self.left.direct).reply(reply),
        }
    }

    fn tell(&mut self, tell: Tell) {
        let news = &mut self.notes.news;
        let item = match tell {
            Tell::Ringing(..) | Tell::Full(..) => {
                self.left.peer = Some(tell);
                return;
            }
            Tell::Established(slot) => return news.establish(slot),
            Tell::Decided(slot) => return news.decide(slot),
            Tell::TimedOut(slots) => return news.time_out(slots),
            Tell::Granted => return news.end_request(Item::Granted),
            Tell::Denied => return news.end_request(Item::Denied),
            Tell::Unanswered => return news.end_request(Item::Unanswered),
            // Who has not heard of the one needs not hear of the other.
            Tell::Stopped if news.take(Item::Resumed) => return,
            Tell::Resumed if news.take(Item::Stopped) => return,
            Tell::New if self.notes.mute => return,
            Tell::Delivered => Item::Delivered,
            Tell::Cancelled => Item::Cancelled,
            Tell::Glare => Item::Glare,
            Tell::Modified => Item::Modified,
            Tell::New => Item::New,
            Tell::Stopped => Item::Stopped,
            Tell::Resumed => Item::Resumed,
            Tell::Unresolved => Item::Unresolved,
            Tell::Missed => Item::Missed,
            Tell::Confirmed => Item::Confirmed,
            Tell::Overruled => Item::Overruled,
        };
        news.add(item);
    }

    fn arm(&mut self, timer: Timer) {
        self.left.armed.alarms.add(timer.into());
    }

    fn number(&mut self) -> u32 {
        self.left.next_number()
    }
}

/// The machine's effects where there is no row: only an answer.
pub(super) struct Rowless<'e>(pub(super) &'e mut Option<Direct>);

impl Fx for Rowless<'_> {
    fn reply(&mut self, reply: Reply) {
        match reply {
            Reply::Full(full) => *self.0 = Some(Direct::Full(full)),
            Reply::AckAll => *self.0 = Some(Direct::AckAll),
            Reply::Stance | Reply::Request | Reply::Ack => {}
        }
    }

    fn number(&mut self) -> u32 {
        0
    }

    fn send(&mut self, _: To) {}
    fn tell(&mut self, _: Tell) {}
    fn arm(&mut self, _: Timer) {}
}

impl Inner {
    /// After the machine moved: sets the row's timers, and its place in the table.
    pub(super) fn settle<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let ended = self.set_timers(row);
        self.place(slices, at);
        if ended && self.config.glare {
            self.release(slices, at);
        }
    }

    /// Sorts the row into the table by what it owes, tells and waits for; or it goes.
    pub(super) fn place<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        if !self.sort(slices, at) {
            self.bury(slices, at);
        }
    }

    /// Whether there is anything left to do for the row.
    #[inline(never)]
    fn sort<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) -> bool {
        let Some(row) = slices.rows.get_mut(at as usize) else { return true };
        let (owes, told, deadline) = (row.owes(), row.notes.news.is_empty(), row.rest.timers.next());
        match &row.role {
            Role::Free => return true,
            Role::Origin(origin) if told && !owes && origin.quiet() => return false,
            Role::Origin(_) | Role::Holder(_) => {}
        }
        let list = match told && row.role.over() {
            true => List::Terminal,
            false if self.config.glare && row.may_be_crossed() => List::Crossing,
            false => List::None,
        };
        self.table.set_deadline(slices, at, deadline);
        self.table.set_list(slices, at, list);
        if owes {
            self.table.push_transmit(slices, at);
        }
        if !told {
            self.table.push_events(slices, at);
        }
        true
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

    /// Whether it is over just now.
    #[inline(never)] // its frame is not to lie under what follows
    fn set_timers<P: Payload, const I: usize, const D: usize>(&mut self, row: &mut Row<P, I, D>) -> bool {
        self.note_change(row);
        for &timer in row.role.timers() {
            let alarm = Alarm::from(timer);
            if !row.role.armed(timer) {
                row.rest.timers.set(alarm, NEVER);
            } else if self.left.armed.alarms.has(alarm) {
                let at = self.due(row, timer);
                row.rest.timers.set(alarm, at);
            }
        }
        let (over, keep) = (row.role.over(), row.rest.timers.at(Alarm::Keep));
        let ended = over && keep == NEVER;
        let from = match &row.role {
            // What is in doubt may be decided as late as that.
            Role::Holder(holder) if !holder.over() => self.last_decision(row.rest.end),
            _ => self.now,
        };
        let goes = if over { keep.min(self.keep_from(from)) } else { NEVER };
        row.rest.timers.set(Alarm::Keep, goes);
        if ended && matches!(row.role, Role::Origin(_)) {
            row.notes.news.add(Item::Ended);
        }
        ended
    }

    /// When a row goes that is kept from then on. Never at once: its news may have to be fetched first.
    pub(super) fn keep_from(&self, from: u64) -> u64 {
        later(from, self.config.keep.max(1))
    }

    /// Notes when a stance was taken, and that an own invitation is to be saved.
    fn note_change<P: Payload, const I: usize, const D: usize>(&mut self, row: &mut Row<P, I, D>) {
        let rest = &mut row.rest;
        match &row.role {
            Role::Free => {}
            Role::Origin(origin) if origin.ver() != rest.ver => {
                self.touch();
                (rest.ver, rest.changed) = (origin.ver(), self.changes);
            }
            Role::Holder(holder) if holder.stance().0 != rest.n => {
                (rest.n, rest.n_at) = (holder.stance().0, self.now);
            }
            Role::Origin(_) | Role::Holder(_) => {}
        }
    }

    /// When a timer that starts now goes off.
    #[inline(never)] // nothing of it is worked out before it is wanted
    fn due<P: Payload, const I: usize, const D: usize>(
        &mut self,
        row: &mut Row<P, I, D>,
        timer: Timer,
    ) -> u64 {
        use HolderTimer::{Lease, Request, Resend, Resolve, Ring};
        let (Rest { end, n_at, step, .. }, now, lease) = (&mut row.rest, self.now, self.config.lease);
        let (from, ms) = match (&row.role, timer) {
            (_, Timer::Origin(OriginTimer::Limit)) => (*end, 0),
            (_, Timer::Origin(OriginTimer::Refresh)) => (now, self.refresh()),
            // An observer has no lease: without a limit it asks when the refreshes stay away.
            (Role::Holder(holder), Timer::Holder(Ring)) if (*end, holder.me()) == (NEVER, Me::Observer) => {
                (now, self.refresh().saturating_mul(18))
            }
            (_, Timer::Holder(Ring)) => (*end, GRACE),
            (_, Timer::Holder(Lease)) if lease == 0 => (NEVER, 0),
            // Counted from when the question was asked, so that a late answer renews nothing.
            (_, Timer::Holder(Lease)) => (if broken!("R2") { now } else { *n_at }, lease),
            (Role::Holder(holder), Timer::Holder(Resend)) if holder.state() == State::Unresolved => {
                (now, SLOW)
            }
            (Role::Holder(holder), Timer::Holder(Resend)) if !holder.pressing() => match lease {
                0 => (NEVER, 0),
                _ => (now, self.refresh()),
            },
            (Role::Holder(holder), Timer::Holder(Resolve)) => {
                (self.resolve_from(holder, *end), self.config.resolve)
            }
            (_, Timer::Holder(Request)) => (now, self.config.resolve),
            (_, Timer::Origin(OriginTimer::Resend) | Timer::Holder(_)) => (now, self.backoff(step)),
        };
        later(from, ms)
    }

    #[cfg_attr(target_pointer_width = "32", inline(never))] // chips divide in steps
    fn refresh(&self) -> u32 {
        match self.config.lease {
            0 => REFRESH_WITHOUT_LEASE,
            lease => third(lease).max(1),
        }
    }

    /// When the inviter decides at the latest; it may be now if there is no limit.
    fn last_decision(&self, end: u64) -> u64 {
        match end {
            NEVER => self.now,
            _ => later(end, GRACE).max(self.now),
        }
    }

    fn resolve_from<const I: usize>(&self, holder: &Holder<I>, end: u64) -> u64 {
        match holder.state() {
            // With all decided only the data of an answer is missing: the call is over, limit or not.
            State::Done if end == NEVER && !holder.over() => later(self.now, DAY),
            State::Done => self.last_decision(end),
            _ => self.now,
        }
    }

    /// How long until the next repeat: the interval doubles each time the timer goes off, and starts anew otherwise.
    fn backoff(&mut self, step: &mut u8) -> u32 {
        *step = if self.left.armed.fired { step.saturating_add(1) } else { 0 };
        let times = 1u32.checked_shl(u32::from(*step)).unwrap_or(u32::MAX);
        let interval = self.config.resend_first.saturating_mul(times).min(self.config.resend_most).max(1);
        self.jitter = xorshift(self.jitter);
        // 80 to 120 %, in 64ths: small chips cannot divide.
        let share = 51u64.saturating_add((self.jitter >> 59).min(26));
        let spread = u64::from(interval).saturating_mul(share) >> 6;
        u32::try_from(spread).unwrap_or(u32::MAX).max(1)
    }
}

/// The number after that one in Marsaglia's xorshift of 64 bits; neither is ever 0.
fn xorshift(mut number: u64) -> u64 {
    number ^= number << 13;
    number ^= number >> 7;
    number ^ (number << 17)
}

/// Small chips cannot divide.
#[allow(clippy::cast_possible_truncation)] // a third of 32 bits has no more
fn third(number: u32) -> u32 {
    (u64::from(number).wrapping_mul(0xaaaa_aaab) >> 33) as u32
}

#[cfg(test)]
mod tests {
    use super::{third, xorshift};

    #[test]
    fn numbers_are_those_that_marsaglia_gives() {
        assert_eq!(xorshift(88_172_645_463_325_252), 8_748_534_153_485_358_512);
        assert_eq!(xorshift(8_748_534_153_485_358_512), 3_040_900_993_826_735_515);
    }

    #[test]
    fn a_third_is_one_without_dividing() {
        for number in [0, 1, 2, 3, 4, 10_000, 1 << 31, u32::MAX - 1, u32::MAX] {
            assert_eq!(third(number), number / 3, "{number}");
        }
    }
}
