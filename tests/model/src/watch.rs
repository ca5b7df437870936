//! The witness: it sees what every application is told, and remembers what the devices forget.

use signaling_core::Device;
use signaling_core::machine::{Answer, HolderTimer, Mask, OriginTimer, PartyId, Slot, State, Tell, Timer};

use crate::effects::Effects;
use crate::network::Rep;
use crate::properties::Flaw;
use crate::turn::Turn;
use crate::world::{DEVICES, Inviter, Opened, Row, Who};

/// Told-once marks beside the slots.
pub(crate) const CANCELLED: u8 = 32;
pub(crate) const SETTLED: u8 = 33;
/// It is in doubt, and its application knows.
const DOUBTED: u8 = 34;
/// Its application asked to cancel.
pub(crate) const ASKED: u8 = 35;
/// The inviter's application was told that the winner of the first slot knows; those of others follow.
pub(crate) const ESTABLISHED: u8 = 36;

impl Turn<'_> {
    /// Notes the first thing that went wrong.
    pub(crate) fn flaw(&mut self, flaw: Flaw) {
        self.world.flaw.get_or_insert(flaw);
    }

    fn ensure(&mut self, holds: bool, flaw: Flaw) {
        if !holds {
            self.flaw(flaw);
        }
    }

    /// At most max(8, 2 × devices) messages leave for one that came in.
    pub(crate) fn limit_out(&mut self, sent: usize) {
        self.ensure(sent <= 8.max(2 * DEVICES), Flaw::TooMany);
    }

    /// A person answers on that device.
    pub(crate) fn pressed(&mut self, at: usize, answer: Answer) {
        self.learned(at);
        let Some(run) = self.world.runs.get(at) else { return };
        let press = (run.device, answer);
        let pressed = &mut self.world.witness.pressed;
        if !pressed.contains(&press) {
            pressed.push(press);
            pressed.sort_by_key(|(device, answer)| (*device, *answer as u8));
        }
    }

    /// The application there knows of the invitation.
    pub(crate) fn learned(&mut self, at: usize) {
        if let Some(run) = self.world.runs.get_mut(at) {
            run.opened = Opened::Shown;
        }
    }

    /// The inviter carried a Modify out.
    pub(crate) fn modified(&mut self, from: Device, n: u32) {
        let applied = &mut self.world.witness.applied;
        if applied.contains(&(from, n)) {
            return self.flaw(Flaw::ModifiedTwice);
        }
        applied.push((from, n));
        applied.sort_unstable();
    }

    /// The inviter's row did something, its first thing in this run if there is none from `before`.
    pub(crate) fn watch_inviter(&mut self, before: Option<&Inviter>, fx: &Effects) {
        self.watch_inviter_timers(before, fx);
        for &tell in &fx.tells {
            self.told.push((Who::Inviter, tell));
            match tell {
                Tell::Decided(slot) => self.inviter_told(Mask::one(slot)),
                Tell::TimedOut(slots) => self.inviter_told(slots),
                Tell::Established(slot) => {
                    let confirmed = self.world.witness.confirmed.has(slot);
                    self.ensure(confirmed, Flaw::FalseEstablished);
                    let new = self.world.witness.told.add(ESTABLISHED + slot);
                    self.ensure(new, Flaw::ToldTwice);
                }
                Tell::Cancelled => {
                    let new = self.world.witness.told.add(CANCELLED);
                    self.ensure(new, Flaw::ToldTwice);
                }
                Tell::Delivered => {
                    let again = before.is_some_and(Inviter::delivered);
                    self.ensure(!again, Flaw::ToldTwice);
                }
                _ => {}
            }
        }
        if let Some(before) = before {
            self.watch_unreachable(before);
        }
    }

    /// A timer that is to run now, and did not before or went off just now, was started.
    fn watch_inviter_timers(&mut self, before: Option<&Inviter>, fx: &Effects) {
        let Some(origin) = self.world.origin else { return };
        for timer in [OriginTimer::Limit, OriginTimer::Resend, OriginTimer::Refresh] {
            let ran = before.is_some_and(|before| before.armed(timer));
            self.watch_timer(Timer::Origin(timer), ran, origin.armed(timer), fx);
        }
    }

    fn watch_timer(&mut self, timer: Timer, ran: bool, runs: bool, fx: &Effects) {
        let goes_on = ran && self.fired.take_if(|fired| *fired == timer).is_none();
        self.ensure(!runs || goes_on || fx.armed.contains(&timer), Flaw::NotStarted);
    }

    fn inviter_told(&mut self, slots: Mask) {
        self.ensure(!slots.is_empty(), Flaw::ToldTwice);
        for slot in slots.iter() {
            let new = self.world.witness.told.add(slot);
            self.ensure(new, Flaw::ToldTwice);
        }
    }

    fn watch_unreachable(&mut self, before: &Inviter) {
        let Some(origin) = self.world.origin else { return };
        let unreachable = Slot::Rejected(signaling_core::machine::Reason::Unreachable);
        for party in origin.parties() {
            let PartyId::Invitee(slot) = party else { continue };
            let now = origin.slot(slot) == unreachable && !before.slot(slot).decided();
            let heard_of = before.party(party).is_some_and(|party| !party.peers().is_empty());
            self.ensure(!(now && heard_of), Flaw::NoCause);
        }
    }

    /// The row of a device did something.
    pub(crate) fn watch_holder(&mut self, at: usize, before: Option<Row>, fx: &Effects, cause: Option<&Rep>) {
        self.watch_ringing(at, before, fx);
        self.watch_holder_timers(at, before, fx);
        self.watch_steps(at, before, fx);
        for &tell in &fx.tells {
            self.told.push((Who::Device(at), tell));
            self.watch_known(at, before, tell);
            self.watch_tell(at, before, tell);
            self.watch_data(at, before, tell, cause);
        }
    }

    /// An outcome that came in a report is told with the data that belongs to it; but that of his own user may reach a
    /// run that the inviter does not know yet.
    fn watch_data(&mut self, at: usize, before: Option<Row>, tell: Tell, cause: Option<&Rep>) {
        let (Tell::Decided(slot), Some(report)) = (tell, cause) else { return };
        let new = self
            .world
            .runs
            .get(at)
            .is_some_and(|run| run.device.epoch > 1 && run.party == PartyId::Invitee(slot));
        if new {
            return;
        }
        let mut slots = report.slots;
        let wanted = slots.nth(usize::from(slot)).is_some_and(|(_, data)| data);
        let came = report.answer == Some(slot) || before.is_some_and(|row| row.have().has(slot));
        self.ensure(came || !wanted, Flaw::WithoutData);
    }

    fn watch_holder_timers(&mut self, at: usize, before: Option<Row>, fx: &Effects) {
        use HolderTimer::{Lease, Request, Resend, Resolve, Ring};
        let Some(row) = self.world.runs.get(at).and_then(|run| run.row) else { return };
        // Once it gave up it waits for its request alone.
        let gave_up = row.state() == State::Done && self.fired == Some(Timer::Holder(Resolve));
        for timer in
            [Lease, Ring, Resend, Request, Resolve].into_iter().filter(|timer| *timer != Resolve || !gave_up)
        {
            let ran = before.is_some_and(|before| before.armed(timer));
            self.watch_timer(Timer::Holder(timer), ran, row.armed(timer), fx);
        }
    }

    /// Whoever stops ringing without an answer or an outcome is told, and so is whose request ended.
    fn watch_steps(&mut self, at: usize, before: Option<Row>, fx: &Effects) {
        let Some(before) = before else { return };
        let after = self.world.runs.get(at).and_then(|run| run.row);
        let (rang, rings) = (before.state() == State::Ringing, after.map(|row| row.state()));
        let silent = !matches!(rings, Some(State::Ringing | State::Answered | State::Done));
        let stopped = fx.tells.contains(&Tell::Stopped);
        self.ensure(stopped == (rang && silent), Flaw::RingUntold);
        let asks = |row: &Row| row.request().is_some();
        let ends = asks(&before) && !after.as_ref().is_some_and(asks);
        let told = [Tell::Granted, Tell::Denied, Tell::Unanswered].iter().any(|tell| fx.tells.contains(tell));
        self.ensure(ends == told, Flaw::RequestUntold);
    }

    /// Nobody is rung for a call that was over when the device asked.
    fn watch_ringing(&mut self, at: usize, before: Option<Row>, fx: &Effects) {
        let lease = Timer::Holder(HolderTimer::Lease);
        let leases =
            u8::try_from(fx.armed.iter().filter(|timer| **timer == lease).count()).unwrap_or(u8::MAX);
        let Some(party) = self.world.runs.get(at).map(|run| run.party) else { return };
        let over = self.world.over_for(party);
        let Some(run) = self.world.runs.get_mut(at) else { return };
        let rings = |row: Row| matches!(row.state(), State::Ringing | State::Observing);
        let from_doubt = before.is_some_and(|row| !rings(row)) && run.row.is_some_and(rings);
        let dead = from_doubt && run.asked_late;
        let asked = |row: Option<Row>| row.map(|row| row.stance().0);
        if asked(run.row) != asked(before) {
            run.asked_late = run.row.is_some() && over;
        }
        if over {
            run.late_leases = run.late_leases.saturating_add(leases);
        }
        let rings_on = run.late_leases > 1;
        self.ensure(!dead, Flaw::DeadRing);
        self.ensure(!rings_on, Flaw::RingsOn);
    }

    /// New and Missed open the story, once; nothing else comes before.
    fn watch_known(&mut self, at: usize, before: Option<Row>, tell: Tell) {
        let Some(run) = self.world.runs.get_mut(at) else { return };
        let was = run.opened;
        match tell {
            Tell::New => run.opened = Opened::Shown,
            Tell::Missed => run.opened = Opened::Missed,
            _ => return self.ensure(was == Opened::Shown, Flaw::Unshown),
        }
        self.ensure(was == Opened::No, Flaw::Reopened);
        self.ensure(before.is_none_or(|row| !row.known()), Flaw::Reopened);
    }

    fn watch_tell(&mut self, at: usize, before: Option<Row>, tell: Tell) {
        match tell {
            Tell::Decided(slot) => self.told_once(at, Mask::one(slot)),
            Tell::TimedOut(slots) => self.told_once(at, slots),
            Tell::Cancelled => self.told_once(at, Mask::one(CANCELLED)),
            Tell::Confirmed | Tell::Overruled => self.watch_settled(at, tell == Tell::Confirmed),
            Tell::Modified => self.watch_modified(at),
            Tell::Granted | Tell::Denied => self.watch_request(before, tell == Tell::Granted, at),
            Tell::Unresolved => {
                self.told_once(at, Mask::one(DOUBTED));
                self.watch_end(at, before);
            }
            Tell::New | Tell::Resumed => {
                if let Some(run) = self.world.runs.get_mut(at) {
                    run.told = run.told.without(Mask::one(DOUBTED));
                }
                self.watch_end(at, before);
            }
            _ => {}
        }
    }

    fn told_once(&mut self, at: usize, slots: Mask) {
        let Some(run) = self.world.runs.get_mut(at) else { return };
        let twice = slots.is_empty() || !run.told.and(slots).is_empty();
        run.told = run.told.or(slots);
        self.ensure(!twice, Flaw::ToldTwice);
    }

    /// Who answered is told once whether that is what counts, and truly.
    fn watch_settled(&mut self, at: usize, won: bool) {
        self.told_once(at, Mask::one(SETTLED));
        let Some(run) = self.world.runs.get(at) else { return };
        let (PartyId::Invitee(slot), Some(row)) = (run.party, run.row) else { return };
        let device = run.device;
        let truth = self.world.origin.map_or_else(|| row.slot(slot), |origin| origin.slot(slot));
        match (row.answer(), won) {
            (Some(Answer::Accept), true) => {
                let first = self.world.witness.confirmed.add(slot);
                self.ensure(first && truth == Slot::Accepted(device), Flaw::TwoWinners);
            }
            (Some(_), true) => self.ensure(matches!(truth, Slot::Rejected(_)), Flaw::Contradiction),
            (_, false) => self.ensure(truth != Slot::Accepted(device), Flaw::Contradiction),
            (None, true) => self.flaw(Flaw::NoCause),
        }
    }

    fn watch_modified(&mut self, at: usize) {
        let own = self
            .world
            .runs
            .get(at)
            .is_some_and(|run| run.row.is_some_and(|row| row.rev().author == run.device));
        self.ensure(!own, Flaw::OwnModified);
    }

    /// A request is answered as it was dealt with.
    fn watch_request(&mut self, before: Option<Row>, granted: bool, at: usize) {
        use signaling_core::machine::Stance;
        let Some(run) = self.world.runs.get(at) else { return };
        let done = match before.and_then(|row| row.request()) {
            Some((n, Stance::Modify)) => self.world.witness.applied.contains(&(run.device, n)),
            _ => run.row.is_some_and(|row| row.slots().contains(&Slot::Cancelled)),
        };
        self.ensure(done == granted, Flaw::FalseGrant);
    }

    /// Nothing rings and nothing is in doubt behind the end.
    fn watch_end(&mut self, at: usize, before: Option<Row>) {
        let Some(run) = self.world.runs.get(at) else { return };
        let ended = before.is_some_and(|row| match run.party {
            PartyId::Invitee(slot) => row.slot(slot).decided(),
            PartyId::Observers => row.slots().iter().all(|slot| slot.decided()),
        });
        self.ensure(!ended, Flaw::AfterEnd);
    }
}
