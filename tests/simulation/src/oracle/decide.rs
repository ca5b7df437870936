//! What the inviter's device shows, and what it is told: its word is the truth, as far as it may be.

use signaling_core::{Slot, What};

use super::call::{Outcome, Watch};
use super::{Law, Scene, Verdict};
use crate::cast::INVITEES;
use crate::note::Data;
use crate::script::Press;

impl Watch {
    /// What the inviter's device holds for true.
    pub(super) fn decides(
        &mut self,
        scene: &Scene<'_>,
        slots: &[Slot; INVITEES],
        data: Data,
        verdict: &mut Verdict,
    ) {
        // Who accepts first, for that may be what ended the others.
        let accepted = |at: &usize| matches!(slots[*at], Slot::Accepted(_));
        for at in self.slots().filter(accepted).chain(self.slots().filter(|at| !accepted(at))) {
            self.decide(scene, at, slots[at], verdict);
        }
        if scene.limits.first_wins && self.accepted().count() > 1 {
            verdict.fault(scene, Law::TwoFirst, || "more than one is the first who accepted".into());
        }
        if self.about.last() == Some(&data) {
            return;
        }
        if self.about.contains(&data) {
            let text = || format!("the call was changed to {:?} twice", data.escape_ascii().to_string());
            verdict.fault(scene, Law::Twice, text);
        }
        self.about.push(data);
        self.about_ever.push(data);
    }

    fn decide(&mut self, scene: &Scene<'_>, at: usize, slot: Slot, verdict: &mut Verdict) {
        let before = self.truth[at].slot;
        if before == slot {
            return;
        }
        let user = self.plan.invitees[at];
        if before.decided() {
            return verdict.fault(scene, Law::Changed, || format!("{user} was {before:?} and is {slot:?}"));
        }
        self.truth[at] = Outcome { slot, at: scene.at, ..Outcome::default() };
        if self.cancelled && slot != Slot::Cancelled {
            verdict.fault(scene, Law::CancelLost, || format!("{user} is {slot:?} after the cancel"));
        }
        if !self.has_cause(scene, at, slot) {
            match slot {
                Slot::Cancelled if scene.limits.glare => self.unexplained = true,
                _ => verdict.fault(scene, Law::NoCause, || format!("{user} is {slot:?}, by nobody")),
            }
        }
        self.check_clock(scene, user, slot, verdict);
    }

    fn check_clock(&self, scene: &Scene<'_>, user: &str, slot: Slot, verdict: &mut Verdict) {
        let (Some(limit), Some(begun)) = (self.plan.limit, self.begun) else { return };
        let clock = |at| scene.limits.clock(self.plan.from, at);
        let took = clock(scene.at).saturating_sub(clock(begun));
        let limit = u64::from(limit);
        let early = slot == Slot::TimedOut && took < limit;
        let late = took > limit + scene.limits.tick(self.plan.from) && !self.restarted;
        if early || late {
            verdict.fault(scene, Law::Clock, || format!("{user} is {slot:?} after {took} of {limit} ms"));
        }
    }

    /// What the inviter's application is told.
    pub(super) fn inviter_told(&mut self, scene: &Scene<'_>, what: What, data: Data, verdict: &mut Verdict) {
        match what {
            What::Accepted { slot } | What::Rejected { slot } => {
                self.inviter_shown(scene, usize::from(slot), verdict);
                self.check_data(scene, usize::from(slot), data, verdict);
            }
            What::TimedOut { slots } => {
                slots.iter().for_each(|slot| self.inviter_shown(scene, usize::from(slot), verdict));
            }
            What::Cancelled => {
                let cancelled = |outcome: &&mut Outcome| outcome.slot == Slot::Cancelled;
                self.truth.iter_mut().filter(cancelled).for_each(|outcome| outcome.public = true);
            }
            What::Restored => self.gone = None,
            What::Glare => (self.gave_way, self.unexplained) = (Some(scene.at), false),
            What::Ringing { device, .. } if !self.rang.contains(&device) => {
                verdict.fault(scene, Law::Unfounded, || format!("{device} is said to ring, and does not"));
            }
            What::Established { slot } => self.established(scene, usize::from(slot), verdict),
            What::Full { device, .. } => {
                let full = usize::try_from(device.id).ok().and_then(|id| id.checked_sub(1));
                full.into_iter().for_each(|who| self.parties[who].full = true);
            }
            What::Ended => self.ends(scene, verdict),
            _ => {}
        }
    }

    fn inviter_shown(&mut self, scene: &Scene<'_>, at: usize, verdict: &mut Verdict) {
        let user = self.plan.invitees[at];
        if !self.truth[at].slot.decided() {
            verdict.fault(scene, Law::Contradiction, || {
                format!("the outcome of {user} is told before there is one")
            });
        }
        self.truth[at].public = true;
        if core::mem::replace(&mut self.parties[scene.who].shown[at], true) {
            verdict.fault(scene, Law::Twice, || format!("the inviter was told of {user} twice"));
        }
    }

    fn established(&mut self, scene: &Scene<'_>, at: usize, verdict: &mut Verdict) {
        if core::mem::replace(&mut self.established[at], true) {
            verdict.fault(scene, Law::Twice, || "the inviter was told twice who knows".into());
        }
        let knows = matches!(self.truth[at].slot, Slot::Accepted(run) if self.confirmed.contains(&run));
        if !knows {
            let user = self.plan.invitees[at];
            verdict.fault(scene, Law::Unfounded, || format!("{user} is said to know, and does not"));
        }
    }

    fn ends(&mut self, scene: &Scene<'_>, verdict: &mut Verdict) {
        if core::mem::replace(&mut self.ended, true) {
            verdict.fault(scene, Law::Twice, || "the inviter was told of the end twice".into());
        }
        if !self.decided() {
            verdict.fault(scene, Law::Unfounded, || "the call is said to be over, and is not".into());
        }
        self.truth.iter_mut().for_each(|outcome| outcome.public |= outcome.slot.decided());
    }

    /// What came with an answer is what its person wrote.
    pub(super) fn check_data(&self, scene: &Scene<'_>, at: usize, data: Data, verdict: &mut Verdict) {
        let outcome = self.truth[at];
        let begun = self.begun.unwrap_or(scene.at);
        let waited = scene.at.saturating_sub(begun) >= scene.limits.patience(scene.who);
        // The outcome of the own slot is told at once. Its data comes with it, but to a device that the inviter knows.
        let own = self.own(scene, scene.who) == Some(at);
        let may_lack = own || waited || self.made_room || self.parties[scene.who].doubted;
        if data == Data::default() && may_lack {
            return;
        }
        let user = self.plan.invitees[at];
        let wrote = self.presses.iter().any(|pressed| {
            let same = match (outcome.slot, pressed.press) {
                (Slot::Accepted(run), Press::Accept) => run == pressed.run,
                (Slot::Rejected(_), Press::Reject | Press::Busy) => scene.user(pressed.who) == user,
                _ => false,
            };
            same && pressed.data == data
        });
        if !wrote {
            let text =
                || format!("{} reads {:?} of {user}", scene.name(scene.who), data.escape_ascii().to_string());
            verdict.fault(scene, Law::Garbled, text);
        }
    }
}
