//! The exhaustive search, by stateright; what stories it tells are not the shortest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use stateright::{Checker, Model as _, Property};

use crate::act::Act;
use crate::bfs::search;
use crate::config::{Config, Kind};
use crate::many::{Crossing, Many, Table};
use crate::model::Model;
use crate::properties::Flaw;
use crate::space::Space;
use crate::world::World;

/// A model as stateright wants it, with a switch that ends the search.
struct Checked {
    model: Arc<Model>,
    stop: Arc<AtomicBool>,
}

/// What came of an exhaustive search.
#[derive(Debug)]
pub struct Verdict {
    /// Different worlds seen.
    pub states: usize,
    /// The most steps to any.
    pub depth: usize,
    /// Whether there are no others.
    pub exhausted: bool,
    /// The names of the properties that do not hold.
    pub violated: Vec<&'static str>,
    /// What was expected to be seen, and was not.
    pub unseen: Vec<&'static str>,
    /// How long it took.
    pub time: Duration,
}

/// A property a flaw of a step, and one a sight.
macro_rules! properties {
    ($($flaw:ident: $words:literal,)*; $($sight:literal,)*) => {
        /// Whether that flaw has a property of its own.
        fn named(flaw: Flaw) -> bool {
            matches!(flaw, $(Flaw::$flaw)|*)
        }

        fn always() -> Vec<Property<Checked>> {
            vec![
                // A world with a flaw is left at once: none may go by unseen.
                Property::always("nothing else is wrong", |_, world: &World| world.flaw.is_none_or(named)),
                $(Property::always($words, |_, world: &World| world.flaw != Some(Flaw::$flaw)),)*
                Property::always("answers come to an end", |checked: &Checked, world| checked.model.calms(world)),
                Property::always("all ends well", |checked: &Checked, world| checked.model.heals(world).is_ok()),
            ]
        }

        fn sometimes() -> Vec<Property<Checked>> {
            vec![$(Property::sometimes($sight, |checked: &Checked, _| checked.model.saw($sight)),)*]
        }
    };
}

properties! {
    Contradiction: "no two outcomes of a slot contradict",
    NoCause: "every outcome has its cause",
    TwoWinners: "one device wins, and only it is told so",
    TwoAccepted: "one user accepts what only the first was to have",
    FalseEstablished: "Established is told when the winner was told",
    Reopened: "a device opens an invitation once",
    ToldTwice: "every outcome is told once",
    WithoutData: "an outcome is told with its data",
    Unshown: "no event for what was never shown",
    AfterEnd: "no event after the end",
    DeadRing: "nobody is rung for what was over when he asked",
    RingsOn: "nobody rings on for more than a lease",
    NotStarted: "a timer that is to run is started",
    RingUntold: "who stops ringing is told",
    RequestUntold: "whose request ends is told",
    TooMany: "few messages leave for one",
    ModifiedTwice: "a Modify is carried out once",
    OwnModified: "an author gets no callback",
    FalseGrant: "a request is answered as it was dealt with",
    QuietTooEarly: "quiet means that everybody knows",;
    "new", "stopped", "resumed", "unresolved", "late truth", "missed", "confirmed", "overruled", "accepted",
    "rejected", "cancelled", "timed out", "modified", "granted", "denied", "unanswered", "delivered",
    "heard ringing", "full", "established", "inviter timed out", "cancelled by observer",
    "modified by device", "unreachable",
}

impl stateright::Model for Checked {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        vec![self.model.start()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Act>) {
        if !self.stop.load(Ordering::Relaxed) {
            actions.extend(self.model.acts(world));
        }
    }

    fn next_state(&self, world: &World, act: Act) -> Option<World> {
        self.model.step(world, &act).map(|(next, _)| next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let expected = |property: &Property<Self>| self.model.config.expect.contains(&property.name);
        always().into_iter().chain(sometimes().into_iter().filter(expected)).collect()
    }
}

/// Searches all worlds of a configuration, up to its bound.
pub fn check_any(config: &Config, progress: impl FnMut(usize, usize)) -> Verdict {
    match config.kind {
        Kind::One => check(&Arc::new(Model::new(config.clone())), progress),
        Kind::Crossing => check_many(&Many::<Crossing>::new(config.clone()), config.bound, progress),
        Kind::Table(2) => check_many(&Many::<Table<2>>::new(config.clone()), config.bound, progress),
        Kind::Table(_) => check_many(&Many::<Table<3>>::new(config.clone()), config.bound, progress),
    }
}

/// The same for several invitations: each flaw is a property.
fn check_many<S: Space>(space: &S, bound: usize, progress: impl FnMut(usize, usize)) -> Verdict {
    let found = search(space, bound, progress);
    Verdict {
        states: found.states,
        depth: found.depth,
        exhausted: found.exhausted,
        violated: found.story.iter().map(|(flaw, _)| flaw.words()).collect(),
        unseen: space.unseen(),
        time: found.time,
    }
}

/// Searches all worlds with one invitation, up to the bound of the configuration.
pub fn check(model: &Arc<Model>, mut progress: impl FnMut(usize, usize)) -> Verdict {
    let begun = Instant::now();
    let stop = Arc::new(AtomicBool::new(false));
    let checked = Checked { model: Arc::clone(model), stop: Arc::clone(&stop) };
    let always: Vec<&str> = always().iter().map(|property| property.name).collect();
    let checker = checked.checker().finish_when(stateright::HasDiscoveries::AnyFailures).spawn_bfs();
    while !checker.is_done() {
        std::thread::sleep(Duration::from_millis(20));
        progress(checker.max_depth(), checker.unique_state_count());
        if checker.unique_state_count() >= model.config.bound {
            stop.store(true, Ordering::Relaxed);
        }
    }
    let checker = checker.join();
    // What was discovered is told by going there again.
    let stopped = stop.swap(false, Ordering::Relaxed);
    let mut violated: Vec<&str> =
        checker.discoveries().into_keys().filter(|name| always.contains(name)).collect();
    violated.sort_unstable();
    Verdict {
        states: checker.unique_state_count(),
        depth: checker.max_depth().saturating_sub(1),
        exhausted: violated.is_empty() && !stopped,
        violated,
        unseen: model.unseen(),
        time: begun.elapsed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flaw_goes_by_unseen() {
        let model = Arc::new(Model::new(crate::configs::named("one").unwrap()));
        let checked = Checked { model, stop: Arc::default() };
        let holds = |world: &World| always().iter().all(|property| (property.condition)(&checked, world));
        let world = checked.model.start();
        assert!(holds(&world));
        for flaw in [Flaw::Contradiction, Flaw::WithoutData, Flaw::NotStarted, Flaw::TooManyRows] {
            assert!(!holds(&World { flaw: Some(flaw), ..world.clone() }), "{flaw:?}");
        }
    }
}
