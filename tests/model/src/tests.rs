use std::sync::Arc;

use signaling_core::machine::Slot;

use crate::act::Act;
use crate::bfs::search;
use crate::checker::check;
use crate::properties::{Flaw, judge};
use crate::{Model, SIGHTS, configs};

/// Worlds of few states that need every rule of a holder, and most of an origin.
const SMALL: [&str; 19] = [
    "one",
    "answers",
    "added",
    "unlimited",
    "stray",
    "gone",
    "grown",
    "forgotten",
    "window",
    "later",
    "never",
    "all-full",
    "online-only",
    "store",
    "modify-twice",
    "watch-forget",
    "watch-late",
    "race",
    "both-crash",
];

fn model(name: &str) -> Model {
    Model::new(configs::named(name).unwrap())
}

#[test]
fn one_device_holds_whatever_happens() {
    let verdict = check(&Arc::new(model("one")), |_, _| ());
    assert!(verdict.exhausted && verdict.violated.is_empty(), "{verdict:?}");
    assert!(verdict.unseen.is_empty(), "{verdict:?}");
}

#[test]
#[ignore = "the quick model says it in every run; here it judges mutants (cargo xtask mutants)"]
fn small_worlds_hold() {
    for name in SMALL {
        let verdict = check(&Arc::new(model(name)), |_, _| ());
        assert!(verdict.exhausted && verdict.violated.is_empty(), "{name}: {verdict:?}");
        assert!(verdict.unseen.is_empty(), "{name}: {verdict:?}");
    }
}

#[test]
fn both_searches_see_the_same_worlds() {
    let found = search(&model("gone"), usize::MAX, |_, _| ());
    let verdict = check(&Arc::new(model("gone")), |_, _| ());
    assert!(found.exhausted && found.story.is_none());
    assert_eq!((found.states, found.depth), (verdict.states, verdict.depth));
}

#[test]
fn what_is_dropped_could_not_have_mattered() {
    for name in ["answers", "all-full"] {
        let short = model(name);
        let mut long = model(name);
        long.config.prune = false;
        let (few, many) = (search(&short, usize::MAX, |_, _| ()), search(&long, usize::MAX, |_, _| ()));
        assert!(few.exhausted && many.exhausted && few.states < many.states, "{name}");
        assert!(many.story.is_none(), "{name}");
        assert!(SIGHTS.iter().all(|sight| short.saw(sight) == long.saw(sight)), "{name}");
    }
}

#[test]
fn a_bound_is_said_to_be_one() {
    let found = search(&model("two"), 1_000, |_, _| ());
    assert!(!found.exhausted && found.states >= 1_000);
    let mut bounded = model("two");
    bounded.config.bound = 1_000;
    let verdict = check(&Arc::new(bounded), |_, _| ());
    assert!(!verdict.exhausted && verdict.states >= 1_000 && verdict.violated.is_empty());
}

#[test]
fn a_second_outcome_is_a_contradiction() {
    let model = model("one");
    let act = model.acts(&model.start()).into_iter().find(|act| matches!(act, Act::Origin(_))).unwrap();
    let (mut world, _) = model.step(&model.start(), &act).unwrap();
    assert_eq!(judge(&model.config, &mut world), None);
    world.witness.truth[0] = Slot::Cancelled;
    assert_eq!(judge(&model.config, &mut world), Some(Flaw::Contradiction));
}

#[test]
fn an_outcome_needs_its_cause() {
    let model = model("one");
    let act = model.acts(&model.start()).into_iter().find(|act| matches!(act, Act::Origin(_))).unwrap();
    let (mut world, _) = model.step(&model.start(), &act).unwrap();
    world.witness.ran_out = false;
    assert_eq!(judge(&model.config, &mut world), Some(Flaw::NoCause));
}

#[test]
fn a_device_that_does_not_ring_is_noticed() {
    let model = model("one");
    let mut world = model.start();
    world.runs[0].seen = signaling_core::machine::Seen::Marked;
    assert_eq!(model.heals(&world), Err(Flaw::NeverRings));
}

#[test]
fn every_variant_names_a_small_world() {
    for variant in &crate::variants::VARIANTS {
        assert!(configs::named(variant.config).is_some(), "{}", variant.name);
    }
}
