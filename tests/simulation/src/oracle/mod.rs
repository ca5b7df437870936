//! The reference model: it reads the [history](crate::note) of a run, and nothing else, and says what was wrong.
//!
//! It knows no rule of the protocol, only what people may expect of it.

mod call;
mod decide;
mod end;
mod fault;
mod limits;
mod party;
#[cfg(test)]
mod planted;
mod tell;

use signaling_core::Device;

use crate::cast::{Member, Who, run_of};
use crate::condition::Condition;
use crate::note::{Note, Noted, Shown};
use crate::script::Script;
use call::Watch;
pub use fault::{Fault, Law};
use limits::Limits;

/// How a run went.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// From a slot's decision to an invitee's device showing it, in ms.
    pub latencies: Vec<u32>,
    /// Devices that were in doubt about a call for a while.
    pub unresolved: u32,
    /// What must never happen.
    pub faults: Vec<Fault>,
}

/// A device, whatever it is to a call.
#[derive(Clone, Copy, Debug, Default)]
struct Station {
    /// When its link came up for the first time in this run.
    there: Option<u64>,
    /// When its link came up last.
    up: u64,
    /// Since when it has none.
    down: Option<u64>,
    /// It stopped, and did not start again.
    stopped: bool,
    /// How often it started again.
    restarts: u32,
}

/// What a note is read against.
struct Scene<'a> {
    at: u64,
    who: Who,
    cast: &'static [Member],
    limits: &'a Limits,
    stations: &'a [Station],
    healed: Option<u64>,
}

impl Scene<'_> {
    fn name(&self, who: Who) -> String {
        let (user, label) = self.cast[who];
        format!("{user}/{label}")
    }

    /// The present run of the device.
    fn run(&self) -> Device {
        run_of(self.who, self.stations[self.who].restarts)
    }

    fn user(&self, who: Who) -> &'static str {
        self.cast[who].0
    }
}

/// Watches one run.
#[derive(Debug)]
pub(crate) struct Oracle {
    cast: &'static [Member],
    limits: Limits,
    stations: Vec<Station>,
    calls: Vec<Watch>,
    healed: Option<u64>,
    verdict: Verdict,
}

impl Oracle {
    pub(crate) fn new(condition: &Condition, script: &Script) -> Self {
        let cast = condition.cast();
        Self {
            cast,
            limits: Limits::of(condition, script),
            stations: vec![Station { down: Some(0), ..Station::default() }; cast.len()],
            calls: script.calls.iter().map(|call| Watch::new(*call, cast.len())).collect(),
            healed: None,
            verdict: Verdict::default(),
        }
    }

    /// Reads the next entry of the history.
    pub(crate) fn note(&mut self, note: &Note) {
        let Note { at, who, what } = *note;
        if let Noted::Call(call, shown) = what {
            return self.read(at, who, call, shown);
        }
        self.each_call(at, who, |watch, scene, verdict| match what {
            Noted::Up => watch.inviter_is_back(scene, verdict),
            Noted::Stops { remembers } => watch.stops(scene, remembers, verdict),
            _ => {}
        });
        let station = &mut self.stations[who];
        match what {
            Noted::Up => {
                (station.up, station.down) = (at, None);
                station.there.get_or_insert(at);
            }
            Noted::Down => station.down = station.down.or(Some(at)),
            Noted::Stops { .. } => {
                (station.down, station.there) = (station.down.or(Some(at)), None);
                station.stopped = true;
            }
            Noted::Starts => {
                station.stopped = false;
                station.restarts += 1;
            }
            Noted::Healed => self.healed = Some(at),
            Noted::Over { rows: 0 } | Noted::Call(..) => {}
            Noted::Over { rows } => {
                let (user, label) = self.cast[who];
                let text = format!("{rows} rows are left on {user}/{label}");
                self.verdict.faults.push(Fault { law: Law::NotQuiet, at, text });
            }
        }
    }

    fn read(&mut self, at: u64, who: Who, call: usize, shown: Shown) {
        if shown == Shown::Invited {
            self.each_call(at, who, |watch, scene, _| watch.another(scene));
        }
        let Self { cast, limits, stations, calls, healed, verdict } = self;
        let scene = Scene { at, who, cast, limits, stations, healed: *healed };
        let watch = &mut calls[call];
        match shown {
            Shown::Invited => watch.begun = Some(at),
            Shown::Refused { over } => watch.refused(&scene, over, verdict),
            Shown::Pressed { press, run, data } => watch.pressed(&scene, press, run, data, verdict),
            Shown::Holds { slots, data } if who == watch.plan.from => {
                watch.decides(&scene, &slots, data, verdict);
            }
            Shown::Holds { slots, data } => watch.holds(&scene, &slots, data, verdict),
            Shown::Told { what, data } if who == watch.plan.from => {
                watch.inviter_told(&scene, what, data, verdict);
            }
            Shown::Told { what, data } => watch.told(&scene, what, data, verdict),
        }
    }

    fn each_call(&mut self, at: u64, who: Who, mut look: impl FnMut(&mut Watch, &Scene<'_>, &mut Verdict)) {
        let Self { cast, limits, stations, calls, healed, verdict } = self;
        let scene = Scene { at, who, cast, limits, stations, healed: *healed };
        calls.iter_mut().for_each(|watch| look(watch, &scene, verdict));
    }

    /// The history is at its end: nothing is under way any more.
    pub(crate) fn finish(mut self, at: u64) -> Verdict {
        self.each_call(at, 0, Watch::finish);
        if self.limits.glare {
            let (cast, calls) = (self.cast, &self.calls);
            end::crossings(at, (cast, &self.limits), calls, &mut self.verdict);
        }
        self.verdict.faults.sort_by_key(|fault| fault.at);
        self.verdict
    }
}

impl Verdict {
    fn fault(&mut self, scene: &Scene<'_>, law: Law, text: impl FnOnce() -> String) {
        self.faults.push(Fault { law, at: scene.at, text: text() });
    }
}
