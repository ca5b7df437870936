//! What the application of a device is told that did not make the call.

use signaling_core::{Slot, What};

use super::call::Watch;
use super::{Law, Scene, Verdict};
use crate::note::Data;
use crate::script::Press;

impl Watch {
    pub(super) fn told(&mut self, scene: &Scene<'_>, what: What, data: Data, verdict: &mut Verdict) {
        let who = scene.who;
        match what {
            What::New => self.new_call(scene, verdict),
            What::RingingResumed => {
                self.parties[who].doubted = false;
                self.ring(scene, verdict);
            }
            What::RingingStopped => {
                self.silence(scene, who, verdict);
                self.parties[who].silent = Some(scene.at);
            }
            What::Accepted { slot } | What::Rejected { slot } => {
                self.shown(scene, usize::from(slot), verdict);
                self.check_data(scene, usize::from(slot), data, verdict);
            }
            What::TimedOut { slots } => {
                slots.iter().for_each(|slot| self.shown(scene, usize::from(slot), verdict));
            }
            What::Cancelled => {
                let seen = self.parties[who].seen;
                let cancelled = self.slots().filter(|&at| seen[at] == Slot::Cancelled);
                cancelled.for_each(|at| self.shown(scene, at, verdict));
            }
            What::Missed => self.own(scene, who).into_iter().for_each(|own| self.shown(scene, own, verdict)),
            What::Confirmed | What::Overruled => self.settled(scene, what == What::Confirmed, verdict),
            What::Unresolved => self.doubts(scene, verdict),
            What::Granted | What::Denied | What::Unanswered => self.answered(scene, what, verdict),
            _ => {}
        }
    }

    fn new_call(&mut self, scene: &Scene<'_>, verdict: &mut Verdict) {
        let party = &mut self.parties[scene.who];
        party.known = true;
        if party.rang.replace(scene.at).is_some() {
            verdict.fault(scene, Law::Twice, || format!("{} rang twice", scene.name(scene.who)));
        }
        if party.about == Data::default() {
            let text = || format!("{} rings, and nobody knows what for", scene.name(scene.who));
            verdict.fault(scene, Law::Garbled, text);
        }
        self.rang.push(scene.run());
        self.ring(scene, verdict);
    }

    /// An outcome is told.
    fn shown(&mut self, scene: &Scene<'_>, at: usize, verdict: &mut Verdict) {
        let (who, user) = (scene.who, self.plan.invitees[at]);
        if !self.parties[who].seen[at].decided() {
            let text = || format!("{} is told of {user}, who is pending there", scene.name(who));
            verdict.fault(scene, Law::Contradiction, text);
        }
        if self.own(scene, who) == Some(at) {
            self.silence(scene, who, verdict);
        }
        if core::mem::replace(&mut self.parties[who].shown[at], true) {
            let text = || format!("{} was told of {user} twice", scene.name(who));
            return verdict.fault(scene, Law::Twice, text);
        }
        self.measure(scene, at, verdict);
    }

    /// How long the outcome was on its way.
    fn measure(&self, scene: &Scene<'_>, at: usize, verdict: &mut Verdict) {
        let who = scene.who;
        let (party, station) = (&self.parties[who], &scene.stations[who]);
        let there = station.there.unwrap_or(scene.at);
        let own = self.own(scene, who);
        let could = if own == Some(at) { there } else { there.max(party.rang.unwrap_or(scene.at)) };
        let since = self.truth[at].at.max(could);
        if own.is_some() {
            let latency = scene.at.saturating_sub(since);
            verdict.latencies.push(u32::try_from(latency).unwrap_or(u32::MAX));
        }
        let Some(healed) = scene.healed.or((!scene.limits.lossy).then_some(0)) else { return };
        let from = &scene.stations[self.plan.from];
        let whole = since.max(healed).max(station.up).max(from.up);
        let together = station.down.is_none() && from.down.is_none();
        if together && scene.at > whole + scene.limits.known() {
            let user = self.plan.invitees[at];
            let text = || format!("{} heard of {user} {} ms late", scene.name(who), scene.at - whole);
            verdict.fault(scene, Law::Late, text);
        }
    }

    fn settled(&mut self, scene: &Scene<'_>, confirmed: bool, verdict: &mut Verdict) {
        let (who, name) = (scene.who, scene.name(scene.who));
        if core::mem::replace(&mut self.parties[who].settled, true) {
            verdict.fault(scene, Law::Twice, || format!("{name} was told of its answer twice"));
        }
        let Some(own) = self.own(scene, who) else { return };
        let (truth, pressed) = (self.truth[own].slot, self.parties[who].pressed);
        let counts = match (truth, pressed) {
            (Slot::Accepted(winner), Some((Press::Accept, run))) => winner == run,
            (Slot::Rejected(_), Some((Press::Reject | Press::Busy, _))) => true,
            _ => false,
        };
        if counts != confirmed {
            let text = || format!("{name} pressed {pressed:?}, it is {truth:?}, it is told {confirmed}");
            verdict.fault(scene, Law::WrongVerdict, text);
        }
        if confirmed {
            self.confirmed.extend(pressed.map(|(_, run)| run));
            self.shown(scene, own, verdict);
        }
    }

    fn doubts(&mut self, scene: &Scene<'_>, verdict: &mut Verdict) {
        let callee = self.own(scene, scene.who).is_some();
        let party = &mut self.parties[scene.who];
        party.doubted = true;
        let first = !core::mem::replace(&mut party.ever_doubted, true);
        verdict.unresolved += u32::from(first && callee);
        if scene.limits.whole {
            verdict.fault(scene, Law::Doubt, || format!("{} is in doubt", scene.name(scene.who)));
        }
    }

    /// A request was granted, denied or not answered.
    fn answered(&mut self, scene: &Scene<'_>, what: What, verdict: &mut Verdict) {
        let asked = self.parties[scene.who].asked.take();
        let (granted, held) = match (what, asked) {
            (What::Unanswered, _) => return,
            (What::Denied, Some((Press::Modify, data))) => (false, self.about.contains(&data)),
            (_, Some((Press::Modify, data))) => (true, self.about_ever.contains(&data)),
            (_, Some(_)) => {
                let cancelled = self.slots().any(|at| self.truth[at].slot == Slot::Cancelled);
                (what == What::Granted, cancelled)
            }
            (_, None) => (true, false),
        };
        if granted != held {
            let text = || format!("{} asked for {asked:?} and is told {what:?}", scene.name(scene.who));
            verdict.fault(scene, Law::Unfounded, text);
        }
    }
}
