//! Two who invite each other at the same time (protocol section 6, "Glare").

use crate::world::World;
use signaling_core::{AnswerError, Invite, InviteId, Slot, Standing, State};

/// Phones of which every one gives way.
fn crossing(names: &[&str]) -> World {
    let mut world = World::of(names);
    (0..names.len()).for_each(|at| world.reconfigure(at, |config| config.glare = true));
    world
}

/// Alice (0) and bob (1) invite each other. Hers, of the device with the smaller id, stays.
fn both_invite(world: &mut World) -> (InviteId, InviteId) {
    (world.invite(0, &["bob"], 30), world.invite(1, &["alice"], 30))
}

fn state(world: &World, at: usize, id: InviteId) -> Option<State> {
    match world.phones[at].engine.view(id)?.standing() {
        Standing::Invitee(_, state) | Standing::Observer(state) => Some(state),
        Standing::Inviter => None,
    }
}

#[test]
fn crossing_in_flight_one_rings_and_is_answered() {
    let mut world = crossing(&["alice", "bob"]);
    let (hers, his) = both_invite(&mut world);
    world.run(500);
    assert_eq!(world.told(0), ["delivered", "ringing bob"], "alice goes on calling, and does not ring");
    assert_eq!(world.told(1), ["delivered", "new", "glare", "ended"]);
    world.accept(1, hers);
    world.run(500);
    assert_eq!(world.told(0)[2..], ["accepted bob", "ended", "established bob"]);
    assert_eq!(world.told(1)[4..], ["confirmed"]);
    assert!(world.phones[0].engine.view(his).is_none(), "nothing is left of the other one");
    assert!(world.phones[1].engine.view(his).is_none());
}

#[test]
fn whose_id_is_greater_gives_way_who_ever_was_first() {
    for first in [0, 1] {
        let mut world = crossing(&["alice", "bob"]);
        let (caller, callee) = (first, 1 - first);
        let users = ["alice", "bob"];
        let one = world.invite(caller, &[users[callee]], 30);
        world.run(500);
        assert_eq!(world.told(callee), ["new"]);
        // He does not answer, but calls back.
        let other = world.invite(callee, &[users[caller]], 30);
        world.run(500);
        let (hers, his) = if first == 0 { (one, other) } else { (other, one) };
        let alices = world.phones[0].engine.view(hers).unwrap();
        assert_eq!(alices.invitee(0).unwrap().slot, Slot::Pending);
        assert_eq!(state(&world, 1, hers), Some(State::Ringing));
        assert!(world.told(1).contains(&"glare"), "{:?}", world.told(1));
        if first == 1 {
            assert_eq!(world.told(0), ["new", "ringingstopped", "delivered", "ringing bob", "cancelled"]);
        }
        assert!(world.phones[1].engine.view(his).is_none_or(|view| view.over()));
    }
}

#[test]
fn half_of_all_frames_lost_one_call_comes_about() {
    for seed in 0..200u64 {
        let mut world = crossing(&["alice", "bob"]);
        world.lose_half(seed);
        let (hers, his) = (world.invite(0, &["bob"], 300), world.invite(1, &["alice"], 300));
        // Whatever rings is answered.
        while let Some(at) = (0..2).find(|&at| !world.told(at).contains(&"ended")) {
            world.run(500);
            for (at, id) in [(0, his), (1, hers)] {
                if state(&world, at, id) == Some(State::Ringing) {
                    world.accept(at, id);
                }
            }
            assert!(world.now < 400_000, "seed {seed}: {at} goes on for ever");
        }
        world.run(60_000);
        let calls = (0..2).filter(|&at| world.told(at).contains(&"confirmed")).count();
        assert_eq!(calls, 1, "seed {seed}: {:?} {:?}", world.told(0), world.told(1));
    }
}

#[test]
fn what_was_held_rings_once_the_own_one_is_cancelled() {
    let mut world = crossing(&["alice", "bob"]);
    // Bob hears nothing of her call, so his goes on.
    world.lose = Box::new(|to| to == 1);
    let (hers, his) = both_invite(&mut world);
    world.run(3_000);
    assert_eq!(state(&world, 0, his), Some(State::Held));
    world.phones[0].engine.cancel(world.now, hers, b"").unwrap();
    world.lose = Box::new(|_| false);
    world.run(5_000);
    assert_eq!(world.told(0).last(), Some(&"new"));
    world.accept(0, his);
    world.run(500);
    assert!(world.told(1).contains(&"accepted alice") && !world.told(1).contains(&"glare"));
}

#[test]
fn what_was_held_rings_once_the_time_of_the_own_one_is_up() {
    let mut world = crossing(&["alice", "bob"]);
    world.lose = Box::new(|to| to == 1);
    world.invite(0, &["bob"], 2);
    let his = world.invite(1, &["alice"], 30);
    world.run(1_900);
    assert_eq!(state(&world, 0, his), Some(State::Held));
    world.lose = Box::new(|_| false);
    world.run(5_000);
    assert_eq!(world.told(0).last(), Some(&"new"), "{:?}", world.told(0));
    assert_eq!(state(&world, 0, his), Some(State::Ringing));
}

#[test]
fn what_ended_while_it_was_held_is_missed_if_nobody_answered_the_own_one() {
    let mut world = crossing(&["alice", "bob"]);
    both_invite(&mut world);
    world.run(500);
    assert!(!world.told(0).contains(&"missed"));
    world.run(31_000);
    assert_eq!(world.told(0)[2..], ["timeout bob", "missed", "ended"]);
}

#[test]
fn an_invitation_that_is_over_makes_nobody_give_way() {
    let mut world = crossing(&["alice", "bob"]);
    let hers = world.invite(0, &["bob"], 30);
    let sent = world.catch(1);
    world.phones[0].engine.cancel(world.now, hers, b"").unwrap();
    world.run(500);
    world.restart_with(1, |config| config.glare = true);
    let his = world.invite(1, &["alice"], 30);
    world.run(300);
    // A late copy of her Invite: bob asks before he lets his own go.
    sent.iter().for_each(|frame| world.give(1, frame));
    world.run(500);
    assert!(!world.told(1).contains(&"glare") && !world.told(1).contains(&"new"), "{:?}", world.told(1));
    assert_eq!(state(&world, 0, his), Some(State::Ringing));
}

#[test]
fn who_calls_back_what_rings_on_after_its_end_goes_on_calling() {
    let mut world = crossing(&["alice", "bob"]);
    let hers = world.invite(0, &["bob"], 30);
    world.run(500);
    // Bob misses the end of her call, so it rings on for a lease.
    world.lose = Box::new(|to| to == 1);
    world.phones[0].engine.cancel(world.now, hers, b"").unwrap();
    world.run(1_000);
    assert_eq!(state(&world, 1, hers), Some(State::Ringing));
    world.lose = Box::new(|_| false);
    let his = world.invite(1, &["alice"], 30);
    world.run(5_000);
    assert!(!world.told(1).contains(&"glare"), "he asked first: {:?}", world.told(1));
    assert_eq!(state(&world, 0, his), Some(State::Ringing));
}

#[test]
fn an_answer_from_before_ones_own_call_makes_nobody_give_way() {
    let mut world = crossing(&["alice", "bob"]);
    let hers = world.invite(0, &["bob"], 30);
    // It rings, and he asks. Her answer is slow, and the end of her call is lost.
    for at in [1, 0] {
        world.catch(at).iter().for_each(|frame| world.give(at, frame));
    }
    let answers = world.catch(1);
    assert_eq!(state(&world, 1, hers), Some(State::Ringing));
    world.lose = Box::new(|to| to == 1);
    world.phones[0].engine.cancel(world.now, hers, b"").unwrap();
    world.run(100);
    let his = world.invite(1, &["alice"], 30);
    answers.iter().for_each(|frame| world.give(1, frame));
    world.lose = Box::new(|_| false);
    world.run(5_000);
    assert!(!world.told(1).contains(&"glare"), "{:?}", world.told(1));
    assert_eq!(state(&world, 0, his), Some(State::Ringing));
}

#[test]
fn who_accepts_the_other_ones_takes_back_his_own() {
    let mut world = crossing(&["alice", "bob"]);
    let hers = world.invite(0, &["bob"], 30);
    world.run(500);
    let his = world.invite(1, &["alice"], 30);
    world.accept(1, hers);
    assert!(world.phones[1].engine.view(his).unwrap().over());
    world.run(500);
    assert!(world.told(1).contains(&"glare") && world.told(1).contains(&"confirmed"), "{:?}", world.told(1));
    assert!(!world.told(0).contains(&"new"), "{:?}", world.told(0));
}

#[test]
fn what_is_held_cannot_be_accepted_but_rejected() {
    let mut world = crossing(&["alice", "bob"]);
    world.lose = Box::new(|to| to == 1);
    let (_, his) = both_invite(&mut world);
    world.run(1_000);
    let alice = &mut world.phones[0].engine;
    assert_eq!(alice.accept(world.now, his, b""), Err(AnswerError::Held));
    assert_eq!(alice.reject(world.now, his, true, b""), Ok(()));
    world.lose = Box::new(|_| false);
    world.run(5_000);
    assert!(world.told(1).contains(&"rejected alice"), "{:?}", world.told(1));
}

#[test]
fn a_group_is_not_crossed() {
    let mut world = crossing(&["alice", "bob", "carol"]);
    world.invite(0, &["bob", "carol"], 30);
    world.invite(1, &["alice", "carol"], 30);
    world.run(500);
    assert!(world.told(0).contains(&"new") && world.told(1).contains(&"new"));
    assert!(!world.told(1).contains(&"glare"));
    let mut world = crossing(&["alice", "bob"]);
    let invite = |user, group| Invite { invitees: user, group, timeout: Some(9_000), ..Invite::default() };
    world.phones[0].engine.invite(world.now, &invite(&["bob"], Some("team"))).unwrap();
    world.phones[1].engine.invite(world.now, &invite(&["alice"], None)).unwrap();
    world.run(500);
    assert!(world.told(0).contains(&"new") && world.told(1).contains(&"new"));
    assert!(!world.told(1).contains(&"glare"), "his own call does not give way to one of a group");
    let mut world = crossing(&["alice", "bob", "carol"]);
    world.invite(0, &["bob"], 30);
    world.invite(1, &["alice", "carol"], 30);
    world.run(500);
    assert!(world.told(0).contains(&"new"), "she calls one, he calls two: his rings beside hers");
}

#[test]
fn a_call_crosses_that_of_the_same_two_alone() {
    // In a table for four, some of these share a list with bob.
    for other in ["carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy"] {
        let mut world = crossing(&["alice", "bob", other]);
        let theirs = world.invite(2, &["alice"], 30);
        world.run(500);
        world.invite(0, &["bob"], 30);
        assert_eq!(world.run(500).told(0)[..1], ["new"]);
        assert_eq!(state(&world, 0, theirs), Some(State::Ringing), "{other} goes on ringing");
        assert!(!world.told(0).contains(&"ringingstopped"), "{other}");
    }
}

#[test]
fn it_is_an_option() {
    let mut world = World::of(&["alice", "bob"]);
    both_invite(&mut world);
    world.run(500);
    assert!(world.told(0).contains(&"new") && world.told(1).contains(&"new"), "both ring, as V2TIM has it");
}

#[test]
fn where_one_side_alone_gives_way_nothing_worse_happens_than_without() {
    for alone in [0, 1] {
        let mut world = World::of(&["alice", "bob"]);
        world.reconfigure(alone, |config| config.glare = true);
        let (hers, his) = both_invite(&mut world);
        world.run(500);
        assert_eq!(state(&world, 1, hers), Some(State::Ringing), "bob rings either way");
        world.accept(1, hers);
        world.run(500);
        assert!(world.told(1).contains(&"confirmed"));
        assert_ne!(state(&world, 0, his), Some(State::Held));
    }
}

#[test]
fn the_other_device_of_the_callee_rings_on() {
    let mut world = crossing(&["alice", "bob", "bob/car"]);
    let (hers, his) = both_invite(&mut world);
    world.run(500);
    assert_eq!(world.told(2), ["new", "new", "cancelled"], "his as an observer, hers, the end of his");
    world.accept(2, hers);
    world.run(500);
    assert_eq!(world.told(1).last(), Some(&"accepted bob"));
    assert!(world.phones[0].engine.view(his).is_none());
}

#[test]
fn several_that_cross_leave_the_one_with_the_smallest_id() {
    let mut world = crossing(&["alice", "bob"]);
    let (one, two) = both_invite(&mut world);
    let three = world.invite(0, &["bob"], 30);
    let four = world.invite(1, &["alice"], 30);
    world.run(500);
    assert_eq!([one, three].map(|id| state(&world, 1, id)), [Some(State::Ringing); 2], "{:?}", world.told(1));
    for id in [two, four] {
        assert!(world.phones[1].engine.view(id).is_none_or(|view| view.over()));
    }
    world.accept(1, one);
    world.run(500);
    assert_eq!(world.told(1).iter().filter(|told| **told == "glare").count(), 2);
}

#[test]
fn all_of_ones_own_give_way_to_what_rings() {
    let mut world = crossing(&["alice", "bob"]);
    let his = [(); 3].map(|()| world.invite(1, &["alice"], 30));
    let hers = world.invite(0, &["bob"], 30);
    world.run(500);
    assert_eq!(state(&world, 1, hers), Some(State::Ringing));
    assert!(his.iter().all(|id| world.phones[1].engine.view(*id).is_none_or(|view| view.over())));
    assert_eq!(world.told(1).iter().filter(|told| **told == "glare").count(), 3);
}

#[test]
fn what_two_of_ones_own_hold_rings_when_the_second_has_ended() {
    let mut world = crossing(&["alice", "bob"]);
    // Bob's phone is deaf, so that his call does not give way.
    world.lose = Box::new(|to| to == 1);
    let hers = [(); 2].map(|()| world.invite(0, &["bob"], 30));
    let his = world.invite(1, &["alice"], 30);
    world.run(500);
    for (id, becomes) in hers.into_iter().zip([State::Held, State::Confirming]) {
        assert_eq!(state(&world, 0, his), Some(State::Held));
        world.phones[0].engine.cancel(world.now, id, b"").unwrap();
        assert_eq!(state(&world, 0, his), Some(becomes));
    }
    world.lose = Box::new(|_| false);
    assert!(world.run(500).told(0).contains(&"new"), "{:?}", world.told(0));
}

#[test]
fn what_rang_before_it_was_held_is_told_its_end_at_once() {
    let mut world = crossing(&["alice", "bob"]);
    let his = world.invite(1, &["alice"], 30);
    assert_eq!(world.run(500).told(0), ["new"]);
    // Bob's phone does not hear of hers, so that his call does not give way.
    world.lose = Box::new(|to| to == 1);
    world.invite(0, &["bob"], 30);
    world.run(100);
    assert_eq!(state(&world, 0, his), Some(State::Held));
    world.phones[1].engine.cancel(world.now, his, b"").unwrap();
    assert_eq!(world.run(100).told(0), ["new", "ringingstopped", "delivered", "cancelled"]);
    assert_eq!(state(&world, 0, his), Some(State::Done), "it waits no longer");
}

#[test]
fn a_durable_inviter_gives_way_again_after_a_restart() {
    let mut world = crossing(&["alice", "bob"]);
    world.reconfigure(1, |config| config.durable = true);
    let (hers, his) = (world.invite(0, &["bob"], 30), world.invite(1, &["alice"], 30));
    world.phones[1].online = false;
    world.run(100);
    assert_eq!(world.phones[1].disk.len(), 1, "his is saved before anything leaves");
    world.recover_with(1, |config| (config.durable, config.glare) = (true, true));
    world.phones[1].online = true;
    world.run(5_000);
    assert_eq!(state(&world, 1, hers), Some(State::Ringing));
    assert!(world.told(1).contains(&"restored") && world.told(1).contains(&"glare"), "{:?}", world.told(1));
    world.recover_with(1, |config| (config.durable, config.glare) = (true, true));
    world.run(5_000);
    assert_eq!(state(&world, 1, hers), Some(State::Ringing));
    assert!(world.phones[1].engine.view(his).is_none_or(|view| view.over()), "it stays withdrawn");
}

#[test]
fn what_was_answered_is_not_crossed_any_more() {
    let mut world = crossing(&["alice", "bob"]);
    let hers = world.invite(0, &["bob"], 30);
    world.run(500);
    world.lose = Box::new(|_| true);
    world.phones[1].engine.reject(world.now, hers, true, b"").unwrap();
    let his = world.invite(1, &["alice"], 30);
    world.run(100);
    world.lose = Box::new(|_| false);
    world.run(3_000);
    assert!(!world.told(1).contains(&"glare"), "{:?}", world.told(1));
    assert_eq!(state(&world, 0, his), Some(State::Ringing));
    assert_eq!(state(&world, 1, hers), Some(State::Done));
}

#[test]
fn what_was_in_doubt_is_held_when_it_stands_and_doubted_once() {
    let mut world = World::of(&["alice", "bob"]);
    world.reconfigure(0, |config| config.glare = true);
    let his = world.invite(1, &["alice"], 0);
    world.run(500);
    world.lose = Box::new(|_| true);
    assert_eq!(world.run(45_000).told(0), ["new", "ringingstopped", "unresolved"]);
    let hers = world.invite(0, &["bob"], 0);
    world.lose = Box::new(|_| false);
    world.run(15_000);
    assert_eq!(state(&world, 0, his), Some(State::Held));
    world.lose = Box::new(|_| true);
    world.phones[0].engine.cancel(world.now, hers, b"").unwrap();
    world.run(45_000);
    assert_eq!(world.told(0).iter().filter(|told| **told == "unresolved").count(), 1, "{:?}", world.told(0));
    assert_eq!(state(&world, 0, his), Some(State::Unresolved));
}

#[test]
fn who_only_rang_is_not_named_as_one_who_answered() {
    let mut world = crossing(&["alice/desk", "bob"]);
    let his = world.invite(1, &["alice"], 30);
    world.run(500).invite(0, &["bob"], 30);
    world.run(35);
    let bobs = world.phones[1].engine.view(his).unwrap();
    assert_eq!((bobs.over(), bobs.invitee(0).unwrap().label), (true, ""));
}

#[test]
fn what_was_held_is_accepted_as_soon_as_the_time_of_the_own_one_is_up() {
    let mut world = crossing(&["alice", "bob"]);
    world.reconfigure(1, |config| config.glare = false);
    let (_, his) = (world.invite(0, &["bob"], 5), world.invite(1, &["alice"], 30));
    world.run(500);
    assert_eq!(world.phones[0].engine.accept(world.now, his, b""), Err(AnswerError::Held));
    // Nobody let the time of alice's device go on.
    world.now += 4_500;
    assert_eq!(world.phones[0].engine.accept(world.now, his, b""), Ok(()));
}
