//! What must hold at the end of a run.

use signaling_core::{Device, Slot};

use super::call::Watch;
use super::limits::Limits;
use super::{Fault, Law, Scene, Verdict};
use crate::cast::{Member, Who, run_of};
use crate::script::Press;

impl Watch {
    pub(super) fn finish(&mut self, scene: &Scene<'_>, verdict: &mut Verdict) {
        let Some(begun) = self.begun else { return };
        self.finish_inviter(scene, verdict);
        for who in 0..self.parties.len() {
            if who == self.plan.from || scene.stations[who].stopped {
                continue;
            }
            self.finish_party(scene, who, verdict);
            if scene.limits.whole {
                self.check_rang(scene, who, begun, verdict);
            }
        }
    }

    fn finish_inviter(&self, scene: &Scene<'_>, verdict: &mut Verdict) {
        let known = self.parties.iter().any(|party| party.known);
        if self.gone.is_some() {
            if scene.limits.durable && known {
                verdict.fault(scene, Law::Forgot, || "the inviter forgot what it told".into());
            }
            return;
        }
        for at in self.slots() {
            let (slot, user) = (self.truth[at].slot, self.plan.invitees[at]);
            let told = self.parties[self.plan.from].shown[at] || slot == Slot::Cancelled || self.restarted;
            if self.cancelled && !slot.decided() {
                verdict.fault(scene, Law::CancelLost, || format!("{user} is pending after the cancel"));
            } else if !(slot.decided() && told) {
                verdict.fault(scene, Law::Indefinite, || format!("the inviter never heard of {user}"));
            }
        }
        if !self.restarted && !self.made_room {
            self.finish_told(scene, verdict);
        }
        if self.unexplained {
            verdict.fault(scene, Law::NoCause, || "the call is cancelled, by nobody".into());
        }
    }

    /// The inviter was told that it is over, and that each winner knows who is still there.
    fn finish_told(&self, scene: &Scene<'_>, verdict: &mut Verdict) {
        if !self.ended {
            verdict.fault(scene, Law::Indefinite, || "the inviter never heard that the call is over".into());
        }
        let there = |run: &Device| {
            let who = usize::try_from(run.id).unwrap_or(usize::MAX).wrapping_sub(1);
            let station = scene.stations.get(who);
            station.is_some_and(|station| !station.stopped && run_of(who, station.restarts) == *run)
        };
        let knows = |(_, run): &(usize, Device)| self.confirmed.contains(run) && there(run);
        for (at, run) in self.accepted().filter(knows) {
            // A winner's full table may let go of the call before its word came through.
            if !self.established[at] && !scene.limits.crowded {
                let text = || format!("the inviter never heard that {run} knows");
                verdict.fault(scene, Law::Indefinite, text);
            }
        }
    }

    fn finish_party(&self, scene: &Scene<'_>, who: Who, verdict: &mut Verdict) {
        let (party, name) = (&self.parties[who], scene.name(who));
        if !party.known {
            return;
        }
        if party.rings.is_some() {
            verdict.fault(scene, Law::RingsOn, || format!("{name} rings for ever"));
        }
        let own = self.own(scene, who);
        let forgotten = self.gone.is_some() || self.made_room;
        let excused = party.doubted && forgotten;
        let by_itself = |at: usize| own.is_none() && party.seen[at] == Slot::Cancelled;
        for at in self.slots().filter(|&at| !party.shown[at] && !by_itself(at)) {
            let alone = forgotten && own != Some(at);
            if !excused && !alone {
                let user = self.plan.invitees[at];
                verdict.fault(scene, Law::Indefinite, || format!("{name} never heard of {user}"));
            }
        }
        if party.pressed.is_some() && !party.settled && !excused {
            verdict.fault(scene, Law::Indefinite, || format!("{name} never heard of its answer"));
        }
    }

    /// Where nothing is lost, a device that was there rang in time, if the call lasted so long.
    fn check_rang(&self, scene: &Scene<'_>, who: Who, begun: u64, verdict: &mut Verdict) {
        let (party, station) = (&self.parties[who], &scene.stations[who]);
        let (Some(own), Some(there)) = (self.own(scene, who), station.there) else { return };
        let due = begun.max(there) + scene.limits.prompt();
        let lasted = self.over_since(own, scene.stations).is_none_or(|over| over > due);
        let rang = party.rang.is_some_and(|at| at <= due) || party.full;
        if lasted && !rang {
            verdict.fault(scene, Law::NoRing, || format!("{} did not ring by {due} ms", scene.name(who)));
        }
    }

    fn talks(&self) -> bool {
        matches!(self.truth[0].slot, Slot::Accepted(_))
    }

    /// Until when it was pending where it was made.
    fn lasted(&self) -> u64 {
        if self.truth[0].slot.decided() { self.truth[0].at } else { u64::MAX }
    }
}

/// What must hold of any two calls that cross.
pub(super) fn crossings(
    at: u64,
    (cast, limits): (&[Member], &Limits),
    calls: &[Watch],
    verdict: &mut Verdict,
) {
    for (index, one) in calls.iter().enumerate() {
        for other in &calls[index + 1..] {
            let crosses = |a: &Watch, b: &Watch| a.plan.invitees == [cast[b.plan.from].0];
            if crosses(one, other) && crosses(other, one) {
                crossing(at, limits, one, other, verdict);
            }
        }
    }
}

fn crossing(at: u64, limits: &Limits, one: &Watch, other: &Watch, verdict: &mut Verdict) {
    let mut fault = |law, text: &str| verdict.faults.push(Fault { law, at, text: text.into() });
    let (Some(first), Some(second)) = (one.begun, other.begun) else { return };
    let together = first.max(second) < one.lasted().min(other.lasted());
    if together && one.talks() && other.talks() {
        fault(Law::TwoCalls, "both calls that crossed were accepted");
    }
    if one.gave_way.is_some() && other.gave_way.is_some() {
        fault(Law::NoneLeft, "both calls gave way");
    }
    for (yields, stays) in [(one, other), (other, one)] {
        let Some(gave_way) = yields.gave_way else { continue };
        let by_person = stays.presses.iter().any(|pressed| pressed.press == Press::Accept);
        // It asked whether the other stands when it knew of both.
        let asked = stays.parties[yields.plan.from].knew.max(yields.begun);
        let late = gave_way > stays.lasted().saturating_add(limits.under_way());
        if !by_person && (late || asked.is_some_and(|asked| stays.lasted() < asked)) {
            fault(Law::NoneLeft, "a call gave way to one that was over");
        }
    }
}
