//! The shortest story of what is wrong in a small world, whatever kind it is of.

use crate::Model;
use crate::bfs::search;
use crate::config::{Config, Kind};
use crate::many::{Crossing, Many, Table};
use crate::properties::Flaw;
use crate::space::Space;
use crate::story::Story;

/// What came of it.
#[derive(Debug)]
pub struct Hunt {
    /// Different worlds seen.
    pub states: usize,
    /// What is wrong, and how that came about.
    pub caught: Option<(Flaw, Story)>,
}

/// Searches until something is wrong, all is seen, or `bound` worlds were.
pub fn hunt(config: &Config, bound: usize) -> Hunt {
    match config.kind {
        Kind::One => in_space(&Model::new(config.clone()), bound),
        Kind::Crossing => in_space(&Many::<Crossing>::new(config.clone()), bound),
        Kind::Table(2) => in_space(&Many::<Table<2>>::new(config.clone()), bound),
        Kind::Table(_) => in_space(&Many::<Table<3>>::new(config.clone()), bound),
    }
}

fn in_space<S: Space>(space: &S, bound: usize) -> Hunt {
    let found = search(space, bound, |_, _| ());
    let caught = found.story.map(|(flaw, steps)| (flaw, Story::of(space, flaw, &steps)));
    Hunt { states: found.states, caught }
}
