//! The small worlds as a model: their first state, their steps, and what is asked of them.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use signaling_core::machine::{State, Tell};

use crate::act::{Act, acts};
use crate::config::Config;
use crate::heal::{calms, heal};
use crate::names::Names;
use crate::properties::{Flaw, judge};
use crate::prune::prune;
use crate::space::{Scene, Space};
use crate::turn::Turn;
use crate::world::{Run, Told, Who, World};

/// What is to be seen somewhere in a search, so that it is known not to be empty.
pub const SIGHTS: [&str; 24] = [
    "new",
    "stopped",
    "resumed",
    "unresolved",
    "late truth",
    "missed",
    "confirmed",
    "overruled",
    "accepted",
    "rejected",
    "cancelled",
    "timed out",
    "modified",
    "granted",
    "denied",
    "unanswered",
    "delivered",
    "heard ringing",
    "full",
    "established",
    "inviter timed out",
    "cancelled by observer",
    "modified by device",
    "unreachable",
];

/// A configuration with what a search of it has seen.
#[derive(Debug)]
pub struct Model {
    /// The rules of this world.
    pub config: Config,
    seen: AtomicU32,
    healed: Mutex<HashSet<u64>>,
}

impl Model {
    /// A model of that small world.
    pub fn new(config: Config) -> Self {
        Self { config, seen: AtomicU32::new(0), healed: Mutex::default() }
    }

    /// The world in which the invitation was just sent.
    pub fn start(&self) -> World {
        let mut world = World::before(&self.config);
        let mut turn = Turn::new(&self.config, &mut world);
        turn.start();
        let outbox = turn.outbox;
        outbox.into_iter().for_each(|msg| world.net.post(msg));
        judge(&self.config, &mut world);
        world
    }

    /// All that may happen next.
    pub fn acts(&self, world: &World) -> Vec<Act> {
        let mut next = Vec::new();
        acts(&self.config, world, &mut next);
        next
    }

    /// The world after that, and what was told; none outside of the bounds.
    pub fn step(&self, world: &World, act: &Act) -> Option<(World, Vec<Told>)> {
        let mut next = world.clone();
        let mut turn = Turn::new(&self.config, &mut next);
        turn.act(act);
        let Turn { outbox, told, .. } = turn;
        if next.runs.iter().any(|run| run.numbers > self.config.numbers) {
            return None;
        }
        outbox.into_iter().for_each(|msg| next.net.post(msg));
        judge(&self.config, &mut next);
        prune(&self.config, &mut next);
        self.see(world, &next, &told);
        Some((next, told))
    }

    /// What is wrong in that world, or would be after healing.
    pub fn flaw(&self, world: &World) -> Option<Flaw> {
        let storm = || (!self.calms(world)).then_some(Flaw::Storm);
        world.flaw.or_else(storm).or_else(|| self.heals(world).err())
    }

    /// Whether answers come to an end without timers and people.
    pub fn calms(&self, world: &World) -> bool {
        world.flaw.is_some() || calms(&self.config, world)
    }

    /// Whether all ends well once the network is whole. Worlds that differ in the network alone heal alike.
    pub fn heals(&self, world: &World) -> Result<(), Flaw> {
        if world.flaw.is_some() {
            return Ok(());
        }
        let key = without_network(world);
        if self.healed.lock().is_ok_and(|healed| healed.contains(&key)) {
            return Ok(());
        }
        heal(&self.config, world).1?;
        if let Ok(mut healed) = self.healed.lock() {
            healed.insert(key);
        }
        Ok(())
    }

    /// What was expected to be seen and was not.
    pub fn unseen(&self) -> Vec<&'static str> {
        self.config.expect.iter().copied().filter(|name| !self.saw(name)).collect()
    }

    /// Whether that was seen.
    pub fn saw(&self, name: &str) -> bool {
        let bit = SIGHTS.iter().position(|&sight| sight == name);
        bit.is_some_and(|bit| self.seen.load(Ordering::Relaxed) & (1 << bit) != 0)
    }

    fn mark(&self, name: &str) {
        if self.saw(name) {
            return;
        }
        if let Some(bit) = SIGHTS.iter().position(|&sight| sight == name) {
            self.seen.fetch_or(1 << bit, Ordering::Relaxed);
        }
    }

    fn see(&self, before: &World, after: &World, told: &[Told]) {
        for &(who, tell) in told {
            self.mark(match who {
                Who::Inviter => sight_of_inviter(after, tell),
                Who::Device(at) => sight_of_device(after, at, tell),
            });
        }
        for (was, is) in before.runs.iter().zip(&after.runs) {
            let state = |run: &Run| run.row.map(|row| row.state());
            if (state(was), state(is)) == (Some(State::Unresolved), Some(State::Done)) {
                self.mark("late truth");
            }
        }
    }
}

impl Space for Model {
    type World = World;
    type Act = Act;

    fn start(&self) -> World {
        self.start()
    }

    fn acts(&self, world: &World) -> Vec<Act> {
        self.acts(world)
    }

    fn step(&self, world: &World, act: &Act) -> Option<World> {
        self.step(world, act).map(|(next, _)| next)
    }

    fn flaw(&self, world: &World) -> Option<Flaw> {
        self.flaw(world)
    }

    fn unseen(&self) -> Vec<&'static str> {
        self.unseen()
    }

    fn lanes(&self) -> Vec<String> {
        let world = World::before(&self.config);
        let names = Names::new(&world);
        let devices = (0..world.runs.len()).map(|at| names.device(at));
        ["alice, the inviter".into()].into_iter().chain(devices).chain(["the relay".into()]).collect()
    }

    fn scene(&self, step: Option<(&World, &Act)>) -> Option<(World, Scene)> {
        let Some((world, act)) = step else {
            let (before, after) = (World::before(&self.config), self.start());
            let scene = Names::new(&before).scene(None, &after, &[]);
            return Some((after, scene));
        };
        let (next, told) = self.step(world, act)?;
        let scene = Names::new(world).scene(Some(act), &next, &told);
        Some((next, scene))
    }

    fn ending(&self, flaw: Flaw, world: &World) -> Vec<String> {
        match (world.flaw, flaw) {
            (Some(_), _) => vec![format!("so: {}", flaw.words())],
            (None, Flaw::Storm) => vec![format!("if all of that arrives: {}", flaw.words())],
            (None, _) => {
                let (healed, _) = heal(&self.config, world);
                let end = Names::new(world).summary(&healed);
                vec![format!("with the network whole again: {}", flaw.words()), format!("then {end}")]
            }
        }
    }
}

pub(crate) fn without_network(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    let World { origin, saved: _, there, runs, net: _, relay, left: _, witness, flaw: _ } = world;
    (origin, there, runs, relay, witness).hash(&mut hasher);
    hasher.finish()
}

fn sight_of_inviter(world: &World, tell: Tell) -> &'static str {
    use signaling_core::machine::{Reason, Slot};
    match tell {
        Tell::Delivered => "delivered",
        Tell::Ringing(..) => "heard ringing",
        Tell::Full(..) => "full",
        Tell::Established(_) => "established",
        Tell::TimedOut(_) => "inviter timed out",
        Tell::Cancelled => "cancelled by observer",
        Tell::Modified => "modified by device",
        Tell::Decided(slot) => match world.origin.map(|origin| origin.slot(slot)) {
            Some(Slot::Accepted(_)) => "accepted",
            Some(Slot::Rejected(Reason::Unreachable)) => "unreachable",
            _ => "rejected",
        },
        _ => "",
    }
}

fn sight_of_device(world: &World, at: usize, tell: Tell) -> &'static str {
    match tell {
        Tell::New => "new",
        Tell::Stopped => "stopped",
        Tell::Resumed => "resumed",
        Tell::Unresolved => "unresolved",
        Tell::Missed => "missed",
        Tell::Confirmed => "confirmed",
        Tell::Overruled => "overruled",
        Tell::Cancelled => "cancelled",
        Tell::TimedOut(_) => "timed out",
        Tell::Modified => "modified",
        Tell::Granted => "granted",
        Tell::Denied => "denied",
        Tell::Unanswered => "unanswered",
        Tell::Decided(slot) => {
            let row = world.runs.get(at).and_then(|run| run.row);
            match row.map(|row| row.slot(slot)) {
                Some(signaling_core::machine::Slot::Accepted(_)) => "accepted",
                _ => "rejected",
            }
        }
        _ => "",
    }
}
