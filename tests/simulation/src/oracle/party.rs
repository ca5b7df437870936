//! What one run of a device that did not make the call holds, and for how long it rings.

use signaling_core::{Device, Slot};

use super::call::Watch;
use super::{Law, Scene, Verdict};
use crate::cast::{INVITEES, Who};
use crate::note::Data;
use crate::script::Press;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Party {
    /// Its application knows of the call.
    pub(super) known: bool,
    /// When it was told New.
    pub(super) rang: Option<u64>,
    /// Since when it rings.
    pub(super) rings: Option<u64>,
    /// When it first knew of the call, and when it fell silent: where it does not ring then, it asks.
    pub(super) knew: Option<u64>,
    pub(super) silent: Option<u64>,
    pub(super) seen: [Slot; INVITEES],
    /// What it is about there; nothing if only the end of it came.
    pub(super) about: Data,
    pub(super) shown: [bool; INVITEES],
    pub(super) pressed: Option<(Press, Device)>,
    /// It was told what became of its answer.
    pub(super) settled: bool,
    /// It says that it is in doubt, and that it ever was.
    pub(super) doubted: bool,
    pub(super) ever_doubted: bool,
    /// It was told to have no room.
    pub(super) full: bool,
    /// What it asked for, and was not answered.
    pub(super) asked: Option<(Press, Data)>,
}

impl Watch {
    /// What a device that did not make the call holds for true.
    pub(super) fn holds(
        &mut self,
        scene: &Scene<'_>,
        slots: &[Slot; INVITEES],
        data: Data,
        verdict: &mut Verdict,
    ) {
        for at in self.slots().filter(|&at| slots[at].decided()) {
            self.hold(scene, at, slots[at], verdict);
        }
        let party = &mut self.parties[scene.who];
        party.about = data;
        party.knew.get_or_insert(scene.at);
        self.about_seen.push(data);
        if data != Data::default() && !self.about_ever.contains(&data) {
            let text = || format!("{} reads {:?}", scene.name(scene.who), data.escape_ascii().to_string());
            verdict.fault(scene, Law::Garbled, text);
        }
    }

    fn hold(&mut self, scene: &Scene<'_>, at: usize, slot: Slot, verdict: &mut Verdict) {
        let user = self.plan.invitees[at];
        let seen = core::mem::replace(&mut self.parties[scene.who].seen[at], slot);
        if seen == slot {
            return;
        }
        let name = scene.name(scene.who);
        if seen.decided() {
            verdict.fault(scene, Law::Changed, || format!("{name}: {user} was {seen:?} and is {slot:?}"));
        }
        let truth = &mut self.truth[at];
        if !truth.slot.decided() && truth.perhaps.0 == slot {
            (truth.slot, truth.at) = truth.perhaps;
        }
        truth.public |= truth.slot == slot;
        if truth.slot != slot {
            let truth = truth.slot;
            let text = || format!("{name} says that {user} is {slot:?}, the inviter {truth:?}");
            verdict.fault(scene, Law::Contradiction, text);
        }
    }

    /// A device begins to ring.
    pub(super) fn ring(&mut self, scene: &Scene<'_>, verdict: &mut Verdict) {
        let Some(own) = self.own(scene, scene.who) else { return };
        let party = &mut self.parties[scene.who];
        party.rings = Some(scene.at);
        let asked = party.silent.or(party.knew).filter(|asked| *asked < scene.at);
        let Some(over) = self.over_since(own, scene.stations) else { return };
        // Who asked after the end was told of it, however late what else was under way.
        if scene.at > over + scene.limits.under_way() || asked.is_some_and(|asked| over < asked) {
            let name = scene.name(scene.who);
            let text = || {
                format!(
                    "{name}, which asked at {asked:?} ms, begins to ring for what is over since {over} ms"
                )
            };
            verdict.fault(scene, Law::RingsLate, text);
        }
    }

    /// A device falls silent.
    pub(super) fn silence(&mut self, scene: &Scene<'_>, who: Who, verdict: &mut Verdict) {
        self.check_ringing(scene, who, verdict);
        self.parties[who].rings = None;
    }

    /// A device that rings does so for something.
    pub(super) fn check_ringing(&self, scene: &Scene<'_>, who: Who, verdict: &mut Verdict) {
        let (Some(own), Some(since)) = (self.own(scene, who), self.parties[who].rings) else { return };
        let over = self.over_since(own, scene.stations);
        // A lease counts from the question, which the inviter answered before the end.
        if over.is_some_and(|over| scene.at > over.max(since) + scene.limits.lease(who)) {
            let text = || format!("{} rang on, though all was over since {over:?} ms", scene.name(who));
            verdict.fault(scene, Law::RingsOn, text);
        }
    }
}
