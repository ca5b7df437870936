//! From any state of several invitations, once the network is whole, all come to their end.

use std::collections::VecDeque;

use signaling_core::machine::{HolderTimer, OriginTimer};

use super::{Coupled, Steps, begun};
use crate::act::Act;
use crate::config::Config;
use crate::network::Msg;
use crate::properties::{Flaw, judge};
use crate::turn::Turn;
use crate::world::World;

/// Rounds of repeats until nothing new is left to say.
const ROUNDS: usize = 4;
/// Messages that may follow from one step.
const STORM: usize = 400;

/// Drops what is under way, lets a fair schedule run, and looks at the end.
///
/// # Errors
/// The first thing that did not come to its end.
pub(super) fn heal<C: Coupled>(config: &Config, all: &C) -> (C, Result<(), Flaw>) {
    let mut whole = Whole { config, all: all.clone() };
    let end = whole.run();
    (whole.all, end)
}

struct Whole<'a, C> {
    config: &'a Config,
    all: C,
}

impl<C: Coupled> Whole<'_, C> {
    fn run(&mut self) -> Result<(), Flaw> {
        self.all.worlds_mut().iter_mut().for_each(|world| world.net.clear());
        self.rounds()?;
        self.all.arrived()?;
        // The first ends, then what waited for it may ring, and so on.
        for at in 0..self.all.worlds().len() {
            self.origin(at, OriginTimer::Limit)?;
            self.rounds()?;
            self.all.arrived()?;
        }
        use HolderTimer::{Lease, Request, Resend, Resolve, Ring};
        for timer in [Lease, Ring, Resend, Request, Resolve, Resend] {
            self.holders(timer)?;
        }
        self.all.ended()
    }

    fn rounds(&mut self) -> Result<(), Flaw> {
        for _ in 0..ROUNDS {
            for at in 0..self.all.worlds().len() {
                self.origin(at, OriginTimer::Resend)?;
                self.origin(at, OriginTimer::Refresh)?;
            }
            self.holders(HolderTimer::Resend)?;
        }
        Ok(())
    }

    fn world(&self, at: usize) -> Option<&World> {
        self.all.worlds().get(at).filter(|world| begun(world))
    }

    fn origin(&mut self, at: usize, timer: OriginTimer) -> Result<(), Flaw> {
        if self.world(at).and_then(|world| world.origin).is_some_and(|origin| origin.armed(timer)) {
            self.step(at, |turn| turn.act(&Act::Origin(timer)))?;
        }
        Ok(())
    }

    fn holders(&mut self, timer: HolderTimer) -> Result<(), Flaw> {
        for at in 0..self.all.worlds().len() {
            let runs = self.world(at).map_or(0, |world| world.runs.len());
            for run in 0..runs {
                let row = self.world(at).and_then(|world| world.runs.get(run)?.row);
                if row.is_some_and(|row| row.armed(timer)) {
                    self.step(at, |turn| turn.act(&Act::Holder(run, timer)))?;
                }
            }
        }
        Ok(())
    }

    /// Lets one thing happen, and whatever messages follow from it.
    fn step(&mut self, at: usize, work: impl FnOnce(&mut Turn<'_>)) -> Result<(), Flaw> {
        let mut queue: VecDeque<(usize, Msg)> = VecDeque::new();
        let mut steps = Steps::new(self.config);
        steps.take(&mut self.all, at, work);
        queue.extend(steps.out);
        for _ in 0..STORM {
            let Some((at, msg)) = queue.pop_front() else { return self.judge() };
            let mut steps = Steps::new(self.config);
            steps.take(&mut self.all, at, |turn| turn.deliver(&msg, true));
            queue.extend(steps.out);
        }
        Err(Flaw::Storm)
    }

    fn judge(&mut self) -> Result<(), Flaw> {
        let here = self.all.worlds_mut().iter_mut().find_map(|world| judge(self.config, world));
        here.or_else(|| self.all.flaw()).map_or(Ok(()), Err)
    }
}
