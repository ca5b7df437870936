//! A breadth-first search: what it finds first has the fewest steps.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use crate::properties::Flaw;
use crate::space::Space;

/// What came of a search; `A` is a step.
#[derive(Debug)]
pub struct Found<A> {
    /// Different worlds seen.
    pub states: usize,
    /// Steps to the farthest of them.
    pub depth: usize,
    /// Whether there are no others.
    pub exhausted: bool,
    /// The shortest way to something wrong.
    pub story: Option<(Flaw, Vec<A>)>,
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

fn key(world: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    hasher.finish()
}

/// Searches until something is wrong, all is seen, or `bound` worlds were.
pub fn search<S: Space>(space: &S, bound: usize, mut progress: impl FnMut(usize, usize)) -> Found<S::Act> {
    let begun = Instant::now();
    let start = space.start();
    let first = key(&start);
    let mut seen = Seen::default();
    seen.insert(first, (first, 0));
    let mut level = vec![(start, first)];
    let mut found = Found { states: 1, depth: 0, exhausted: false, story: None, time: Duration::ZERO };
    if let Some(flaw) = level.iter().find_map(|(world, _)| space.flaw(world)) {
        found.story = Some((flaw, Vec::new()));
        return found;
    }
    while !level.is_empty() && seen.len() < bound {
        progress(found.depth, seen.len());
        match next_level(space, &level, &mut seen, bound) {
            Ok(next) => level = next,
            Err((flaw, last)) => {
                found.story = Some((flaw, replay(space, &seen, first, last)));
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

type Level<S> = Vec<(<S as Space>::World, u64)>;

fn next_level<S: Space>(
    space: &S,
    level: &Level<S>,
    seen: &mut Seen,
    bound: usize,
) -> Result<Level<S>, (Flaw, u64)> {
    let mut next = Level::<S>::new();
    for (world, from) in level {
        for (nth, act) in (0u16..).zip(space.acts(world)) {
            let Some(world) = space.step(world, &act) else { continue };
            let key = key(&world);
            let Entry::Vacant(place) = seen.entry(key) else { continue };
            place.insert((*from, nth));
            if let Some(flaw) = space.flaw(&world) {
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
fn replay<S: Space>(space: &S, seen: &Seen, first: u64, last: u64) -> Vec<S::Act> {
    let mut steps = Vec::new();
    let mut at = last;
    while at != first {
        let Some(&(from, nth)) = seen.get(&at) else { break };
        steps.push(nth);
        at = from;
    }
    let mut world = space.start();
    let mut story = Vec::new();
    for nth in steps.into_iter().rev() {
        let Some(act) = space.acts(&world).into_iter().nth(usize::from(nth)) else { break };
        let Some(next) = space.step(&world, &act) else { break };
        story.push(act);
        world = next;
    }
    story
}
