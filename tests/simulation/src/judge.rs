//! What must hold, and what is measured.

use signaling_core::{Device, Event, Payload, Slot, Standing, What};

use crate::script::{CALLEES, CAST, INVITEES, Who};

/// What went wrong in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A device shows another outcome than the inviter decided, or showed two.
    Contradiction(String),
    /// A device that rang has no outcome at the end, though nothing hinders it any more.
    Indefinite(String),
    /// An invitation rang twice on one run of a device, or an outcome was told twice.
    Twice(String),
    /// Somebody was accepted who had not pressed accept.
    NoPress(String),
    /// The inviter still holds the invitation long after everybody knows.
    NotQuiet,
}

/// How a call went.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// From a slot's decision to an invitee's device showing it, in ms.
    pub latencies: Vec<u32>,
    /// Devices that were in doubt for a while.
    pub unresolved: u32,
    /// What must never happen.
    pub faults: Vec<Fault>,
}

#[derive(Clone, Debug, Default)]
struct Holder {
    known: bool,
    seen: [Slot; INVITEES.len()],
    shown: [bool; INVITEES.len()],
    unresolved: bool,
    /// From when on it could know: it was there, and other slots than its own concern it only once it rings.
    there: u64,
    rang: u64,
}

/// Watches one call.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    truth: [Slot; INVITEES.len()],
    decided_at: [u64; INVITEES.len()],
    holders: [Holder; CAST.len()],
    pressed: Vec<Device>,
    pub(crate) verdict: Verdict,
}

impl Judge {
    /// The person at that device pressed accept.
    pub(crate) fn pressed(&mut self, device: Device) {
        self.pressed.push(device);
    }

    /// The device lost its memory.
    pub(crate) fn forget(&mut self, who: Who) {
        self.holders[who] = Holder::default();
    }

    /// The device is connected for the first time.
    pub(crate) fn arrived(&mut self, now: u64, who: Who) {
        let holder = &mut self.holders[who];
        holder.there = if holder.there == 0 { now } else { holder.there };
    }

    /// Looks at what the inviter's device, or another one, holds for true.
    pub(crate) fn look(&mut self, now: u64, who: Who, slots: impl Iterator<Item = Slot>) {
        for (at, slot) in slots.enumerate().filter(|(_, slot)| slot.decided()) {
            let before = if who == 0 { &mut self.truth[at] } else { &mut self.holders[who].seen[at] };
            if !before.decided() {
                *before = slot;
                if who == 0 {
                    self.decided_at[at] = now;
                    self.check_press(slot);
                }
            } else if *before != slot {
                let text = format!("{} changed from {before:?} to {slot:?}", name(who));
                self.verdict.faults.push(Fault::Contradiction(text));
            }
            if who != 0 && self.truth[at] != slot {
                let text = format!(
                    "{} says {slot:?} of {}, the inviter {:?}",
                    name(who),
                    INVITEES[at],
                    self.truth[at]
                );
                self.verdict.faults.push(Fault::Contradiction(text));
            }
        }
    }

    fn check_press(&mut self, slot: Slot) {
        if let Slot::Accepted(device) = slot
            && !self.pressed.contains(&device)
        {
            self.verdict.faults.push(Fault::NoPress(format!("{device}")));
        }
    }

    /// A device was told something.
    pub(crate) fn told<P: Payload>(&mut self, now: u64, who: Who, event: &Event<'_, P>) {
        let own = match event.invitation.standing() {
            Standing::Invitee(slot, _) => usize::from(slot),
            Standing::Inviter | Standing::Observer(_) => usize::MAX,
        };
        let cancelled = |at: &usize| {
            let invitee = event.invitation.invitee(u8::try_from(*at).unwrap_or(u8::MAX));
            invitee.is_some_and(|invitee| invitee.slot == Slot::Cancelled)
        };
        match event.what {
            What::New => {
                self.holders[who].rang = now;
                if core::mem::replace(&mut self.holders[who].known, true) {
                    self.verdict.faults.push(Fault::Twice(format!("{} rang twice", name(who))));
                }
            }
            What::Accepted { slot } | What::Rejected { slot } => self.shown(now, who, usize::from(slot), own),
            What::TimedOut { slots } => {
                slots.iter().for_each(|slot| self.shown(now, who, usize::from(slot), own));
            }
            What::Cancelled => {
                (0..INVITEES.len()).filter(cancelled).for_each(|at| self.shown(now, who, at, own));
            }
            What::Confirmed | What::Missed => self.shown(now, who, own, own),
            What::Unresolved if CALLEES.contains(&who) => {
                let news = !core::mem::replace(&mut self.holders[who].unresolved, true);
                self.verdict.unresolved += u32::from(news);
            }
            _ => {}
        }
    }

    fn shown(&mut self, now: u64, who: Who, at: usize, own: usize) {
        let holder = &mut self.holders[who];
        let could = if at == own { holder.there } else { holder.rang.max(holder.there) };
        let Some(shown) = holder.shown.get_mut(at) else { return };
        if core::mem::replace(shown, true) {
            self.verdict.faults.push(Fault::Twice(format!(
                "{} was told of {} twice",
                name(who),
                INVITEES[at]
            )));
        } else if CALLEES.contains(&who) {
            let latency = now.saturating_sub(self.decided_at[at].max(could));
            self.verdict.latencies.push(u32::try_from(latency).unwrap_or(u32::MAX));
        }
    }

    /// Whether all is decided, and everybody who rang was told.
    pub(crate) fn settled(&self) -> bool {
        self.truth.iter().all(|slot| slot.decided()) && self.lacking().next().is_none()
    }

    fn lacking(&self) -> impl Iterator<Item = (Who, usize)> {
        let known = CALLEES.filter(|&who| self.holders[who].known);
        known.flat_map(|who| {
            let holder = &self.holders[who];
            (0..INVITEES.len()).filter(|&at| !holder.shown[at]).map(move |at| (who, at))
        })
    }

    /// The call is over, all links are whole. `quiet`: whether the inviter's table is empty.
    pub(crate) fn finish(mut self, quiet: bool) -> Verdict {
        let lacking: Vec<_> = self.lacking().collect();
        for (who, at) in lacking {
            self.verdict.faults.push(Fault::Indefinite(format!(
                "{} never heard of {}",
                name(who),
                INVITEES[at]
            )));
        }
        if !quiet {
            self.verdict.faults.push(Fault::NotQuiet);
        }
        self.verdict
    }
}

pub(crate) fn name(who: Who) -> String {
    let (user, label) = CAST[who];
    format!("{user}/{label}")
}
