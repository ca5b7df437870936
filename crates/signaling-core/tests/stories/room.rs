//! A full table: what makes room in it, and what does not (protocol section 8).

use crate::world::World;
use signaling_core::{Invite, InviteError, InviteId};

/// Alice's table of four is full of calls that she has cancelled, and that bob, whose phone is deaf, has not heard of.
fn four_that_are_over(world: &mut World) -> [InviteId; 4] {
    world.lose = Box::new(|to| to == 1);
    [(); 4].map(|()| {
        let id = world.invite(0, &["bob"], 60);
        world.phones[0].engine.cancel(world.now, id, b"").unwrap();
        world.run(100);
        id
    })
}

#[test]
fn what_has_been_over_for_longest_makes_room() {
    let mut world = World::of(&["alice", "bob"]);
    let over = four_that_are_over(&mut world);
    let mut ids = over.to_vec();
    for gone in 1..=4 {
        let id = world.invite(0, &["bob"], 60);
        assert!(!ids.contains(&id), "an id is never used again");
        ids.push(id);
        let there = over.map(|id| world.phones[0].engine.view(id).is_some());
        assert_eq!(there, [0, 1, 2, 3].map(|at| at >= gone));
    }
    assert_eq!(world.phones[0].engine.counters().evicted, 4);
}

#[test]
fn what_is_over_makes_no_room_before_its_application_heard_of_it() {
    let mut world = World::of(&["alice", "bob"]);
    world.phones[0].listens = false;
    four_that_are_over(&mut world);
    let invite = Invite { invitees: &["bob"], timeout: Some(1_000), ..Invite::default() };
    assert_eq!(world.phones[0].engine.invite(world.now, &invite), Err(InviteError::Capacity));
    world.phones[0].listens = true;
    assert_eq!(world.run(100).told(0).iter().filter(|told| **told == "ended").count(), 4);
    assert!(world.phones[0].engine.invite(world.now, &invite).is_ok());
}
