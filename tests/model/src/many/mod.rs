//! Several invitations at once: a small world each, and what one of them does to the others.

mod crossing;
mod heal;
mod table;

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

pub use crossing::Crossing;
pub use table::Table;

use crate::act::{Act, acts};
use crate::config::Config;
use crate::model::without_network;
use crate::names::Names;
use crate::network::Msg;
use crate::properties::{Flaw, judge};
use crate::prune::prune;
use crate::space::{Scene, Space};
use crate::turn::Turn;
use crate::world::{Told, World};

/// Worlds of one invitation each, that have something in common.
pub trait Coupled: Clone + Hash + Debug + Send + Sync {
    /// Before any of the invitations is made.
    fn before(config: &Config) -> Self;
    /// The world of each invitation.
    fn worlds(&self) -> &[World];
    /// The same, to be changed.
    fn worlds_mut(&mut self) -> &mut [World];
    /// Whether that may happen in the world at this place, as far as the others have a say in it.
    fn allows(&self, at: usize, act: &Act) -> bool;
    /// Readies the world at this place for a step.
    fn before_step(&mut self, at: usize) -> Rivalry;
    /// What a step in the world at this place does to the others.
    fn after_step(&mut self, steps: &mut Steps<'_>, at: usize, before: &World);
    /// The first thing that is wrong with all of them together.
    fn flaw(&self) -> Option<Flaw>;
    /// While invitations are pending and the network is whole, what is wrong.
    ///
    /// # Errors
    /// The first such thing.
    fn arrived(&self) -> Result<(), Flaw>;
    /// When all is over, what is wrong.
    ///
    /// # Errors
    /// The first such thing.
    fn ended(&self) -> Result<(), Flaw>;
    /// The names of the inviter, the invitee, and the invitation at this place.
    fn names(at: usize) -> (&'static str, &'static str, &'static str);
    /// In which column of a picture stands which column of that world.
    fn lane(&self, at: usize, lane: usize) -> usize;
    /// The columns of a picture.
    fn lanes(config: &Config) -> Vec<String>;
    /// What was seen to happen, by name.
    fn sights(&self) -> Vec<&'static str>;
}

/// What an own invitation is to the inviter's, on the first device.
pub type Rivalry = signaling_core::machine::Rival;

/// Steps that are being made, and what leaves.
#[derive(Debug)]
pub struct Steps<'a> {
    config: &'a Config,
    out: Vec<(usize, Msg)>,
    told: Vec<(usize, Told)>,
}

impl<'a> Steps<'a> {
    fn new(config: &'a Config) -> Self {
        Self { config, out: Vec::new(), told: Vec::new() }
    }

    /// Something happens in the world at this place, and whatever follows from it in the others.
    pub(crate) fn take<C: Coupled>(&mut self, all: &mut C, at: usize, work: impl FnOnce(&mut Turn<'_>)) {
        let rival = all.before_step(at);
        let Some(before) = all.worlds().get(at).cloned() else { return };
        if let Some(world) = all.worlds_mut().get_mut(at) {
            let mut turn = Turn::new(self.config, world);
            turn.rival = rival;
            work(&mut turn);
            let Turn { outbox, told, .. } = turn;
            self.out.extend(outbox.into_iter().map(|msg| (at, msg)));
            self.told.extend(told.into_iter().map(|told| (at, told)));
        }
        all.after_step(self, at, &before);
    }
}

/// A small world with several invitations.
#[derive(Debug)]
pub struct Many<C> {
    /// The rules of each of its worlds.
    pub config: Config,
    seen: Mutex<HashSet<&'static str>>,
    healed: Mutex<HashSet<u64>>,
    kind: std::marker::PhantomData<fn() -> C>,
}

impl<C: Coupled> Many<C> {
    /// A model of it.
    pub fn new(config: Config) -> Self {
        Self { config, seen: Mutex::default(), healed: Mutex::default(), kind: std::marker::PhantomData }
    }

    fn made(&self, before: &C, at: usize, act: &Act) -> Option<(C, Vec<(usize, Told)>)> {
        let mut next = before.clone();
        let mut steps = Steps::new(&self.config);
        steps.take(&mut next, at, |turn| turn.act(act));
        let Steps { out, told, .. } = steps;
        if next.worlds().iter().flat_map(|world| &world.runs).any(|run| run.numbers > self.config.numbers) {
            return None;
        }
        for (at, msg) in out {
            next.worlds_mut().get_mut(at)?.net.post(msg);
        }
        for world in next.worlds_mut() {
            judge(&self.config, world);
            prune(&self.config, world);
        }
        self.see(&next);
        Some((next, told))
    }

    fn see(&self, all: &C) {
        let Ok(mut seen) = self.seen.lock() else { return };
        seen.extend(all.sights());
    }

    fn heals(&self, all: &C) -> Option<Flaw> {
        let mut hasher = DefaultHasher::new();
        all.worlds().iter().for_each(|world| without_network(world).hash(&mut hasher));
        let key = hasher.finish();
        if self.healed.lock().is_ok_and(|healed| healed.contains(&key)) {
            return None;
        }
        let flaw = heal::heal(&self.config, all).1.err();
        if let (None, Ok(mut healed)) = (flaw, self.healed.lock()) {
            healed.insert(key);
        }
        flaw
    }
}

impl<C: Coupled> Space for Many<C> {
    type World = C;
    type Act = (usize, Act);

    fn start(&self) -> C {
        C::before(&self.config)
    }

    fn acts(&self, all: &C) -> Vec<(usize, Act)> {
        let mut next = Vec::new();
        for (at, world) in all.worlds().iter().enumerate() {
            let mut here = Vec::new();
            if begun(world) {
                acts(&self.config, world, &mut here);
            } else {
                here.push(Act::Invite);
            }
            next.extend(here.into_iter().filter(|act| all.allows(at, act)).map(|act| (at, act)));
        }
        next
    }

    fn step(&self, all: &C, (at, act): &(usize, Act)) -> Option<C> {
        self.made(all, *at, act).map(|(next, _)| next)
    }

    fn flaw(&self, all: &C) -> Option<Flaw> {
        let here = all.worlds().iter().find_map(|world| world.flaw);
        here.or_else(|| all.flaw()).or_else(|| self.heals(all))
    }

    fn unseen(&self) -> Vec<&'static str> {
        let Ok(seen) = self.seen.lock() else { return Vec::new() };
        self.config.expect.iter().copied().filter(|sight| !seen.contains(sight)).collect()
    }

    fn lanes(&self) -> Vec<String> {
        C::lanes(&self.config)
    }

    fn scene(&self, step: Option<(&C, &(usize, Act))>) -> Option<(C, Scene)> {
        let Some((all, (at, act))) = step else {
            let scene = Scene { what: "nobody has invited yet".into(), ..Scene::default() };
            return Some((self.start(), scene));
        };
        let (next, told) = self.made(all, *at, act)?;
        let mut scene = Scene::default();
        for (here, (before, after)) in all.worlds().iter().zip(next.worlds()).enumerate() {
            let told: Vec<Told> = told.iter().filter(|(at, _)| *at == here).map(|(_, told)| *told).collect();
            let (inviter, invitee, call) = C::names(here);
            let names = Names { world: before, inviter, invitees: [invitee; 2] };
            let part = names.scene(Some(act).filter(|_| here == *at), after, &told);
            if here == *at {
                scene.what = format!("{call}: {}", part.what);
                scene.arrives = part.arrives.map(|key| its(key, here));
                scene.lane = all.lane(here, part.lane);
            }
            let notes =
                part.notes.into_iter().map(|(lane, text)| (all.lane(here, lane), format!("{call}: {text}")));
            scene.notes.extend(notes);
            let sent = part.sent.into_iter();
            scene.sent.extend(
                sent.map(|(key, lane, text)| {
                    (its(key, here), all.lane(here, lane), format!("{call}: {text}"))
                }),
            );
        }
        Some((next, scene))
    }

    fn ending(&self, flaw: Flaw, all: &C) -> Vec<String> {
        let at_once = all.worlds().iter().any(|world| world.flaw.is_some()) || all.flaw().is_some();
        if at_once {
            return vec![format!("so: {}", flaw.words())];
        }
        let (healed, _) = heal::heal(&self.config, all);
        let mut lines = vec![format!("with the network whole again: {}", flaw.words())];
        for (at, world) in healed.worlds().iter().enumerate() {
            let (inviter, invitee, call) = C::names(at);
            let names = Names { world, inviter, invitees: [invitee; 2] };
            lines.push(format!("{call}: {}", names.summary(world)));
        }
        lines
    }
}

/// The same message in another world is another one.
fn its(key: u64, at: usize) -> u64 {
    key.wrapping_add(at as u64)
}

/// Whether that invitation was ever made.
pub(crate) fn begun(world: &World) -> bool {
    world.witness.begun
}
