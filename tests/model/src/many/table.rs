//! Invitations of one device with room for one of them, one tombstone, and a window of all but one.

use signaling_core::Window;
use signaling_core::machine::{Rival, Seen, Slot, State};

use super::{Coupled, Steps};
use crate::act::Act;
use crate::config::Config;
use crate::properties::{Flaw, knows};
use crate::world::{Opened, World};

/// What the shipped window reaches back over.
const WINDOW: usize = 64;

/// The invitations, and what their one device remembers of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Table<const CALLS: usize> {
    worlds: [World; CALLS],
    /// The last that left the table.
    tombstone: Option<usize>,
    window: Window,
    /// The rows that may go, the oldest first.
    terminal: Vec<usize>,
    /// Witness: rows that made room for another.
    evicted: u8,
}

impl<const CALLS: usize> Table<CALLS> {
    /// So far apart that the first is below the window once the last is in it.
    fn sequence(at: usize) -> u32 {
        u32::try_from(1 + at * WINDOW / (CALLS - 1)).unwrap_or(u32::MAX)
    }

    fn seen(&self, at: usize) -> Seen {
        if self.tombstone == Some(at) { Seen::Marked } else { self.window.seen(Self::sequence(at)) }
    }

    fn rows(&self) -> impl Iterator<Item = usize> {
        (0..CALLS).filter(|&at| self.held(at))
    }

    fn held(&self, at: usize) -> bool {
        self.worlds[at].runs.first().is_some_and(|run| run.row.is_some())
    }

    fn ends(&self, at: usize) -> bool {
        self.worlds[at].runs.first().and_then(|run| run.row).is_some_and(|row| row.terminal())
    }

    fn mark(&mut self, at: usize) {
        self.tombstone = Some(at);
        self.window.mark(Self::sequence(at));
    }

    /// A new row takes the place of the oldest that may go.
    fn evict(&mut self, but: usize) {
        let Some(oldest) = self.terminal.iter().position(|&at| at != but) else { return };
        let at = self.terminal.remove(oldest);
        if let Some(run) = self.worlds[at].runs.first_mut() {
            run.row = None;
        }
        self.evicted = self.evicted.saturating_add(1);
        self.mark(at);
    }
}

impl<const CALLS: usize> Coupled for Table<CALLS> {
    fn before(config: &Config) -> Self {
        let worlds = [(); CALLS].map(|()| World::before(config));
        Self { worlds, tombstone: None, window: Window::NONE, terminal: Vec::new(), evicted: 0 }
    }

    fn worlds(&self) -> &[World] {
        &self.worlds
    }

    fn worlds_mut(&mut self) -> &mut [World] {
        &mut self.worlds
    }

    /// They are made in turn. Rows go when another needs the room, and the window moves by itself.
    fn allows(&self, at: usize, act: &Act) -> bool {
        match act {
            Act::Invite => self.worlds.iter().take(at).all(super::begun),
            Act::Evict(_) | Act::Slide(_) | Act::Room(_) => false,
            _ => true,
        }
    }

    /// One table, one memory and one counter of numbers for all.
    fn before_step(&mut self, at: usize) -> Rival {
        let others = self.rows().any(|row| row != at);
        let room = !others || self.terminal.iter().any(|&row| row != at);
        let numbers = self.worlds.iter().flat_map(|world| &world.runs).map(|run| run.numbers).max();
        let seen = self.seen(at);
        if let Some(run) = self.worlds[at].runs.first_mut() {
            (run.room, run.numbers) = (room, numbers.unwrap_or(0));
            // So long after, it may ring anew: remembering for ever is not bounded.
            if seen == Seen::Below && run.seen != Seen::Below && run.row.is_none() {
                run.opened = Opened::No;
            }
            run.seen = seen;
        }
        Rival::None
    }

    fn after_step(&mut self, _: &mut Steps<'_>, at: usize, before: &World) {
        let had = before.runs.first().is_some_and(|run| run.row.is_some());
        let marked = self.worlds[at].runs.first().is_some_and(|run| run.seen == Seen::Marked);
        if marked && self.seen(at) != Seen::Marked {
            self.mark(at);
        }
        if !had && self.held(at) && self.rows().any(|row| row != at) {
            self.evict(at);
        }
        let numbers = self.worlds[at].runs.first().map_or(0, |run| run.numbers);
        for run in self.worlds.iter_mut().flat_map(|world| &mut world.runs) {
            run.numbers = numbers;
        }
        let ends: Vec<bool> = (0..CALLS).map(|at| self.ends(at)).collect();
        self.terminal.retain(|&at| ends[at]);
        if ends[at] && !self.terminal.contains(&at) {
            self.terminal.push(at);
        }
        for at in 0..CALLS {
            let seen = self.seen(at);
            if let Some(run) = self.worlds[at].runs.first_mut().filter(|run| run.row.is_none()) {
                if seen == Seen::Below && run.seen != Seen::Below {
                    run.opened = Opened::No;
                }
                run.seen = seen;
            }
        }
    }

    fn flaw(&self) -> Option<Flaw> {
        (self.rows().count() > 1).then_some(Flaw::TooManyRows)
    }

    /// One of those that are pending rings, unless it is one that rang or ended here before.
    fn arrived(&self) -> Result<(), Flaw> {
        let open = |at: &usize| self.worlds[*at].origin.is_some_and(|origin| !origin.over());
        let rings = |at: &usize| {
            let run = self.worlds[*at].runs.first();
            run.and_then(|run| run.row).is_some_and(|row| row.state() == State::Ringing)
        };
        let fresh = |at: &usize| self.seen(*at) == Seen::New;
        let silent =
            (0..CALLS).filter(open).any(|at| fresh(&at)) && !(0..CALLS).filter(open).any(|at| rings(&at));
        if silent { Err(Flaw::NeverRings) } else { Ok(()) }
    }

    fn ended(&self) -> Result<(), Flaw> {
        for (at, world) in self.worlds.iter().enumerate().filter(|(_, world)| super::begun(world)) {
            let Some(run) = world.runs.first() else { continue };
            let gone = run.row.is_none() && self.seen(at) != Seen::New;
            if !gone && !knows(run) {
                return Err(Flaw::Undecided);
            }
            if run.row.is_some_and(|row| !row.terminal()) {
                return Err(Flaw::Leak);
            }
            // A win that was acknowledged without a row could not be told here.
            let won = world.witness.truth[0] == Slot::Accepted(run.device);
            if world.origin.is_some_and(|origin| !origin.quiet()) && !(gone && won) {
                return Err(Flaw::NotQuiet);
            }
        }
        Ok(())
    }

    fn names(at: usize) -> (&'static str, &'static str, &'static str) {
        ("the inviter", "bob", ["call 1", "call 2", "call 3"].get(at).copied().unwrap_or_default())
    }

    fn lane(&self, _: usize, lane: usize) -> usize {
        lane
    }

    fn lanes(_: &Config) -> Vec<String> {
        ["alice, the inviter", "bob/1", "the relay"].map(String::from).to_vec()
    }

    fn sights(&self) -> Vec<&'static str> {
        let seen = |seen| (0..CALLS).any(|at| self.seen(at) == seen);
        let below_rings = (0..CALLS).any(|at| {
            let run = self.worlds[at].runs.first();
            self.seen(at) == Seen::Below && run.is_some_and(|run| run.row.is_some())
        });
        let full = self.worlds.iter().any(|world| {
            world.net.letters().iter().any(|letter| {
                matches!(letter.msg(), crate::network::Msg::Stance { stance, .. }
                    if matches!(stance, signaling_core::machine::Stance::Full(_)))
            })
        });
        let all = [
            (self.evicted > 0, "evicted"),
            (self.evicted > 1, "evicted twice"),
            (seen(Seen::Below), "below the window"),
            (below_rings, "a row below the window"),
            (full, "full"),
        ];
        all.into_iter().filter(|(seen, _)| *seen).map(|(_, name)| name).collect()
    }
}
