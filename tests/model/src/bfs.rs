//! A breadth-first search: what it finds first has the fewest steps.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use crate::act::Act;
use crate::model::Model;
use crate::properties::Flaw;
use crate::world::World;

/// What came of a search.
#[derive(Debug)]
pub struct Found {
    /// Different worlds seen.
    pub states: usize,
    /// Steps to the farthest of them.
    pub depth: usize,
    /// Whether there are no others.
    pub exhausted: bool,
    /// The shortest way to something wrong.
    pub story: Option<(Flaw, Vec<Act>)>,
    /// How long it took.
    pub time: Duration,
}

/// Keys are hashes already.
#[derive(Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// Each world by its key, with the key of the one before it and which step led here.
type Seen = HashMap<u64, (u64, u16), BuildHasherDefault<Plain>>;

fn key(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    hasher.finish()
}

/// Searches until something is wrong, all is seen, or `bound` worlds were.
pub fn search(model: &Model, bound: usize, mut progress: impl FnMut(usize, usize)) -> Found {
    let begun = Instant::now();
    let start = model.start();
    let first = key(&start);
    let mut seen = Seen::default();
    seen.insert(first, (first, 0));
    let mut level = vec![(start, first)];
    let mut found = Found { states: 1, depth: 0, exhausted: false, story: None, time: Duration::ZERO };
    if let Some(flaw) = level.iter().find_map(|(world, _)| model.flaw(world)) {
        found.story = Some((flaw, Vec::new()));
        return found;
    }
    while !level.is_empty() && seen.len() < bound {
        progress(found.depth, seen.len());
        match next_level(model, &level, &mut seen, bound) {
            Ok(next) => level = next,
            Err((flaw, last)) => {
                found.story = Some((flaw, replay(model, &seen, first, last)));
                break;
            }
        }
        found.depth += usize::from(!level.is_empty());
    }
    found.exhausted = level.is_empty();
    found.states = seen.len();
    found.time = begun.elapsed();
    found
}

type Level = Vec<(World, u64)>;

fn next_level(model: &Model, level: &Level, seen: &mut Seen, bound: usize) -> Result<Level, (Flaw, u64)> {
    let mut next = Level::new();
    for (world, from) in level {
        for (nth, act) in (0u16..).zip(model.acts(world)) {
            let Some((world, _)) = model.step(world, &act) else { continue };
            let key = key(&world);
            let Entry::Vacant(place) = seen.entry(key) else { continue };
            place.insert((*from, nth));
            if let Some(flaw) = model.flaw(&world) {
                return Err((flaw, key));
            }
            next.push((world, key));
        }
        if seen.len() >= bound {
            break;
        }
    }
    Ok(next)
}

/// The steps from the first world to that one.
fn replay(model: &Model, seen: &Seen, first: u64, last: u64) -> Vec<Act> {
    let mut steps = Vec::new();
    let mut at = last;
    while at != first {
        let Some(&(from, nth)) = seen.get(&at) else { break };
        steps.push(nth);
        at = from;
    }
    let mut world = model.start();
    let mut story = Vec::new();
    for nth in steps.into_iter().rev() {
        let Some(act) = model.acts(&world).into_iter().nth(usize::from(nth)) else { break };
        let Some((next, _)) = model.step(&world, &act) else { break };
        story.push(act);
        world = next;
    }
    story
}
