//! What can be searched: worlds, the steps between them, and how both are told.

use std::fmt::Debug;
use std::hash::Hash;

use crate::properties::Flaw;

/// A small world with all that may happen in it.
pub trait Space: Sync {
    /// One state of it.
    type World: Clone + Hash + Send + Sync;
    /// One step.
    type Act: Clone + PartialEq + Debug + Send;

    /// The first state.
    fn start(&self) -> Self::World;
    /// All that may happen next.
    fn acts(&self, world: &Self::World) -> Vec<Self::Act>;
    /// The state after that; none outside of the bounds.
    fn step(&self, world: &Self::World, act: &Self::Act) -> Option<Self::World>;
    /// What is wrong in that state, or would be after healing.
    fn flaw(&self, world: &Self::World) -> Option<Flaw>;
    /// What was expected to be seen and was not.
    fn unseen(&self) -> Vec<&'static str>;

    /// Who takes part, one column of a picture each.
    fn lanes(&self) -> Vec<String>;
    /// What is seen of a step; without one, of the beginning.
    fn scene(&self, step: Option<(&Self::World, &Self::Act)>) -> Option<(Self::World, Scene)>;
    /// How it ends, once the network is whole again.
    fn ending(&self, flaw: Flaw, world: &Self::World) -> Vec<String>;
}

/// What is seen of one step.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scene {
    /// What happens.
    pub what: String,
    /// To whom, by column.
    pub lane: usize,
    /// The message that arrives.
    pub arrives: Option<u64>,
    /// What came of it: in which column, in words.
    pub notes: Vec<(usize, String)>,
    /// The messages that leave: which, from which column, in words.
    pub sent: Vec<(u64, usize, String)>,
}
