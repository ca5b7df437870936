//! What is known of one call.

use signaling_core::{Device, Reason, Slot};

use super::party::Party;
use super::{Law, Scene, Station, Verdict};
use crate::cast::{INVITEES, Who};
use crate::note::Data;
use crate::script::{Call, Press};

/// What became of one invitee, by the word of the inviter's device.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outcome {
    pub(super) slot: Slot,
    pub(super) at: u64,
    /// Somebody was told: from now on it is for good.
    pub(super) public: bool,
    /// A durable inviter stopped before anybody was told: this, decided then, may be under way.
    pub(super) perhaps: (Slot, u64),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Pressed {
    pub(super) press: Press,
    pub(super) run: Device,
    pub(super) who: Who,
    pub(super) data: Data,
}

#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) plan: Call,
    pub(super) begun: Option<u64>,
    /// The inviter's device does not know it any more, since then.
    pub(super) gone: Option<u64>,
    /// The inviter's device started again meanwhile.
    pub(super) restarted: bool,
    /// All was decided, and the inviter's full table may have let go of it for another call.
    pub(super) made_room: bool,
    pub(super) truth: [Outcome; INVITEES],
    /// The inviter took it back.
    pub(super) cancelled: bool,
    /// It gave way, since then; and to a call that was accepted there.
    pub(super) gave_way: Option<u64>,
    /// A slot says cancelled, and nobody did that so far.
    pub(super) unexplained: bool,
    pub(super) presses: Vec<Pressed>,
    /// What it was about, in the present run of the inviter's device, and ever.
    pub(super) about: Vec<Data>,
    pub(super) about_ever: Vec<Data>,
    /// What others know that it was about: no durable inviter forgets that.
    pub(super) about_seen: Vec<Data>,
    /// Runs that were told New, and Confirmed.
    pub(super) rang: Vec<Device>,
    pub(super) confirmed: Vec<Device>,
    /// The inviter was told that all is decided, and of whom that he knows.
    pub(super) ended: bool,
    pub(super) established: [bool; INVITEES],
    pub(super) parties: Vec<Party>,
}

impl Watch {
    pub(super) fn new(plan: Call, devices: usize) -> Self {
        Self {
            plan,
            begun: None,
            gone: None,
            restarted: false,
            made_room: false,
            truth: [Outcome::default(); INVITEES],
            cancelled: false,
            gave_way: None,
            unexplained: false,
            presses: Vec::new(),
            about: Vec::new(),
            about_ever: Vec::new(),
            about_seen: Vec::new(),
            rang: Vec::new(),
            confirmed: Vec::new(),
            ended: false,
            established: [false; INVITEES],
            parties: vec![Party::default(); devices],
        }
    }

    /// The slots that there are.
    pub(super) fn slots(&self) -> std::ops::Range<usize> {
        0..self.plan.invitees.len()
    }

    pub(super) fn decided(&self) -> bool {
        self.slots().all(|at| self.truth[at].slot.decided())
    }

    /// The slot of the user of that device; none for the inviter's.
    pub(super) fn own(&self, scene: &Scene<'_>, who: Who) -> Option<usize> {
        self.plan.invitees.iter().position(|user| *user == scene.user(who))
    }

    /// Since when a device of that slot has nothing to ring for.
    pub(super) fn over_since(&self, slot: usize, stations: &[Station]) -> Option<u64> {
        let outcome = self.truth[slot];
        let decided = outcome.slot.decided().then_some(outcome.at);
        [decided, self.gone, stations[self.plan.from].down].into_iter().flatten().min()
    }

    /// A device makes another call.
    pub(super) fn another(&mut self, scene: &Scene<'_>) {
        self.made_room |= scene.limits.crowded && scene.who == self.plan.from && self.decided();
    }

    pub(super) fn refused(&mut self, scene: &Scene<'_>, over: usize, verdict: &mut Verdict) {
        if over > 0 {
            let text = || format!("{} has no room, but {over} calls that are over", scene.name(scene.who));
            verdict.fault(scene, Law::NoRoom, text);
        }
    }

    pub(super) fn pressed(
        &mut self,
        scene: &Scene<'_>,
        press: Press,
        run: Device,
        data: Data,
        verdict: &mut Verdict,
    ) {
        let who = scene.who;
        self.presses.push(Pressed { press, run, who, data });
        if who == self.plan.from {
            self.cancelled |= press == Press::Cancel;
            return;
        }
        match press {
            Press::Cancel | Press::Modify => self.parties[who].asked = Some((press, data)),
            Press::Accept | Press::Reject | Press::Busy => {
                self.silence(scene, who, verdict);
                let party = &mut self.parties[who];
                (party.known, party.pressed) = (true, Some((press, run)));
            }
        }
    }

    /// The inviter's link is up: what rang on without him must not have rung for longer than a lease.
    pub(super) fn inviter_is_back(&mut self, scene: &Scene<'_>, verdict: &mut Verdict) {
        if scene.who == self.plan.from {
            for who in 0..self.parties.len() {
                self.check_ringing(scene, who, verdict);
            }
        }
    }

    /// The device stops.
    pub(super) fn stops(&mut self, scene: &Scene<'_>, remembers: bool, verdict: &mut Verdict) {
        self.silence(scene, scene.who, verdict);
        self.parties[scene.who] = Party::default();
        if scene.who != self.plan.from || self.begun.is_none() {
            return;
        }
        (self.restarted, self.ended, self.established) = (true, false, [false; INVITEES]);
        let seen = &self.about_seen;
        self.about.retain(|data| remembers && seen.contains(data));
        if !remembers {
            self.gone = self.gone.or(Some(scene.at));
            return;
        }
        // What nobody was told may be forgotten.
        for outcome in self.truth.iter_mut().filter(|outcome| !outcome.public) {
            *outcome = Outcome { perhaps: (outcome.slot, outcome.at), ..Outcome::default() };
        }
        self.cancelled &= self.truth.iter().any(|outcome| outcome.slot == Slot::Cancelled);
        if !self.decided() {
            self.gone = Some(scene.at);
        }
    }

    /// The slots that somebody accepted, and the runs that did.
    pub(super) fn accepted(&self) -> impl Iterator<Item = (usize, Device)> {
        self.truth.iter().enumerate().filter_map(|(at, outcome)| match outcome.slot {
            Slot::Accepted(run) => Some((at, run)),
            _ => None,
        })
    }

    /// Whether somebody did what the slot says.
    pub(super) fn has_cause(&self, scene: &Scene<'_>, at: usize, slot: Slot) -> bool {
        let pressed = |press| {
            let of_user = |pressed: &&Pressed| scene.user(pressed.who) == self.plan.invitees[at];
            self.presses.iter().filter(of_user).any(|pressed| pressed.press == press)
        };
        match slot {
            Slot::Pending => true,
            Slot::Accepted(run) => {
                self.presses.iter().any(|pressed| pressed.press == Press::Accept && pressed.run == run)
            }
            Slot::Rejected(Reason::Declined) => pressed(Press::Reject),
            Slot::Rejected(Reason::Busy) => pressed(Press::Busy),
            Slot::Rejected(Reason::Unreachable) => false,
            Slot::Cancelled => {
                let by_inviter = |pressed: &Pressed| scene.user(pressed.who) == scene.user(self.plan.from);
                let taken_back =
                    self.presses.iter().any(|pressed| pressed.press == Press::Cancel && by_inviter(pressed));
                taken_back || (scene.limits.first_wins && self.accepted().next().is_some())
            }
            Slot::TimedOut => self.plan.limit.is_some(),
        }
    }
}
