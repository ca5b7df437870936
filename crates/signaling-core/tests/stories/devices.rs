//! Devices that come, go, start again, or are more than a row holds.

use crate::world::World;
use signaling_core::machine::Stance;
use signaling_core::wire::{Deliver, Frame, From, Message, Reach, StanceMessage, encode_fanout};
use signaling_core::{Device, InviteId, Standing};

#[test]
fn a_new_run_takes_the_place_of_one_that_never_spoke() {
    let mut world = World::of(&["alice", "bob/kitchen", "bob/car"]);
    world.lose = Box::new(|to| to == 1);
    let id = world.invite(0, &["bob"], 60);
    world.run(200).restart(1);
    world.lose = Box::new(|_| false);
    assert_eq!(world.run(5_000).told(1), ["new"]);
    world.accept(1, id);
    world.run(5_000);
    assert_eq!(world.told(1), ["new", "confirmed"]);
    assert!(world.phones[0].engine.is_empty(), "nobody waits for the old run");
}

#[test]
fn a_device_beyond_the_row_rings_and_may_win() {
    let mut world = World::of(&["alice", "bob/a", "bob/b", "bob/c"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(30_000);
    assert!((1..4).all(|at| world.told(at) == ["new"]), "the lease of all three is renewed");
    world.accept(3, id);
    world.run(500);
    assert_eq!(world.told(3), ["new", "confirmed"]);
    assert!((1..3).all(|at| world.told(at) == ["new", "accepted bob"]));
}

#[test]
fn a_device_beyond_the_row_hears_that_it_lost() {
    let mut world = World::of(&["alice", "bob/a", "bob/b", "bob/c"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(500);
    world.lose = Box::new(|to| to == 3);
    world.accept(1, id);
    world.run(500);
    world.phones[3].engine.accept(world.now, id, b"me").unwrap();
    world.lose = Box::new(|_| false);
    world.run(2_000);
    assert_eq!(world.told(3), ["new", "accepted bob", "overruled"]);
}

#[test]
fn of_a_device_beyond_the_row_that_won_the_inviter_hears_that_it_knows() {
    let mut world = World::of(&["alice", "bob/a", "bob/b", "bob/c"]);
    let id = world.invite(0, &["bob"], 60);
    world.run(500).accept(3, id);
    assert_eq!(world.run(2_000).told(3), ["new", "confirmed"]);
    assert!(world.told(0).contains(&"established bob"), "{:?}", world.told(0));
}

#[test]
fn a_device_beyond_the_row_hears_the_own_answers_data_first() {
    for invitees in [["bob", "carol"], ["carol", "bob"]] {
        let mut world = World::of(&["alice", "bob/a", "bob/b", "bob/c", "carol"]);
        let id = world.invite(0, &invitees, 60);
        world.run(500);
        world.lose = Box::new(|to| to == 3);
        world.accept(1, id);
        world.run(100);
        world.phones[4].engine.reject(world.now, id, false, b"sorry").unwrap();
        world.run(100);
        world.phones[3].engine.accept(world.now, id, b"me").unwrap();
        world.lose = Box::new(|_| false);
        // It repeats its answer, and is answered.
        world.run(300);
        assert_eq!(world.told(3)[..2], ["new", "accepted bob"]);
        let view = world.phones[3].engine.view(id).unwrap();
        let bob = view.invitee(u8::from(invitees[0] != "bob")).unwrap();
        assert_eq!((bob.data.as_slice(), bob.label), (&b"yes"[..], "a"));
    }
}

/// How often alice repeats an Invite in two seconds, after the relay named so many devices of bob, which ring.
fn repeats(devices: u64, partial: bool) -> u64 {
    let mut world = World::of(&["alice"]);
    world.lose = Box::new(|_| true);
    let id = world.invite(0, &["bob"], 60);
    world.run(50);
    name_devices(&mut world, id, devices, partial);
    for bobs in 10..10 + devices {
        ring(&mut world, id, Device { id: bobs, epoch: 1 });
    }
    world.run(500);
    let before = world.frames;
    world.run(2_000);
    world.frames - before
}

/// That device of bob tells alice that it rings.
fn ring(world: &mut World, key: InviteId, device: Device) {
    let (mut body, mut frame) = ([0; 64], [0; 256]);
    let rings = StanceMessage { n: 1, stance: Stance::Ringing, data: b"" };
    let len = Message::Stance(rings).encode(&mut body).unwrap();
    let from = From { user: "bob", device, label: "" };
    let deliver = Deliver { key, from, group: None, to_users: false, dwell: 0, body: Some(&body[..len]) };
    let len = Frame::Deliver(deliver).encode(&mut frame).unwrap();
    world.give(0, &frame[..len]);
}

fn name_devices(world: &mut World, id: InviteId, devices: u64, partial: bool) {
    let mut buf = [0; 256];
    let named = |ids: std::ops::Range<u64>| Reach::Devices(ids.map(|id| Device { id, epoch: 1 }));
    let (bobs, alices) = (named(10..10 + devices), named(0..0));
    let users = [("bob", bobs), ("alice", alices)];
    let len = encode_fanout(&mut buf, id, 1, partial, users.into_iter()).unwrap();
    world.give(0, &buf[..len]);
}

#[test]
fn an_invite_that_was_lost_behind_the_relay_is_repeated_to_who_is_silent() {
    let mut world = World::of(&["alice", "bob/kitchen", "bob/car"]);
    world.lose = Box::new(|to| to == 1);
    world.invite(0, &["bob"], 60);
    world.run(50);
    world.lose = Box::new(|_| false);
    let before = world.frames;
    // Long before alice invites him again.
    assert_eq!(world.run(300).told(1), ["new"]);
    assert_eq!(world.frames - before, 5, "Invite, Query, Invite, Ringing, Invite: nothing to the car");
}

#[test]
fn only_a_whole_list_of_devices_is_the_end_of_repeating() {
    assert_eq!((repeats(1, false), repeats(2, false)), (0, 0));
    assert!(repeats(1, true) > 0, "there may be more devices than those named");
    assert!(repeats(3, false) > 0, "a row holds two: she cannot know whom of three it reached");
}

#[test]
fn who_is_refused_for_now_is_asked_again() {
    let mut world = World::of(&["alice"]);
    world.lose = Box::new(|_| true);
    let id = world.invite(0, &["bob"], 60);
    world.run(50);
    let mut buf = [0; 256];
    let users = [("bob", Reach::<std::iter::Empty<Device>>::Later)];
    let len = encode_fanout(&mut buf, id, 1, false, users.into_iter()).unwrap();
    world.give(0, &buf[..len]);
    let before = world.frames;
    world.run(2_000);
    assert!(world.frames > before);
    assert!(world.told(0).is_empty(), "nothing is delivered");
    assert!(!world.phones[0].engine.view(id).unwrap().delivered());
}

#[test]
fn what_is_over_is_acknowledged_even_with_a_full_table() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    for _ in 0..4 {
        world.invite(2, &["bob"], 0);
    }
    world.run(500);
    world.phones[1].online = false;
    let id = world.invite(0, &["bob"], 60);
    world.run(500);
    world.phones[1].online = true;
    world.phones[1].engine.handle_link_up(world.now);
    world.run(10_000);
    assert_eq!(world.phones[1].engine.len(), 4);
    world.phones[0].engine.cancel(world.now, id, b"").unwrap();
    world.run(2_000);
    assert!(world.phones[0].engine.is_empty(), "bob said that he knows");
    assert!(world.phones[1].engine.view(id).is_none());
}

#[test]
fn an_old_invite_of_what_is_over_and_gone_does_not_ring() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 1);
    let invite = world.catch(1);
    world.give(1, &invite[0]);
    world.run(3_000);
    for _ in 0..4 {
        world.invite(0, &["bob"], 1);
        world.run(3_000);
    }
    let before = world.told(1).len();
    world.give(1, &invite[0]);
    world.run(1_000);
    assert_eq!(world.told(1).len(), before);
}

#[test]
fn a_cancel_of_many_is_told_once() {
    let mut world = World::of(&["alice", "bob", "carol", "dave"]);
    let id = world.invite(0, &["bob", "carol", "dave"], 60);
    world.run(500);
    world.phones[0].engine.cancel(world.now, id, b"sorry").unwrap();
    world.run(500);
    assert!((1..4).all(|at| world.told(at) == ["new", "cancelled"]));
    let view = world.phones[3].engine.view(id).unwrap();
    assert!(view.invitees().all(|invitee| invitee.data.as_slice() == b"sorry"));
}

#[test]
fn a_view_says_who_calls_whom_and_who_was_heard() {
    let mut world = World::of(&["alice", "bob/kitchen"]);
    let ids = [world.invite(0, &["bob"], 30), world.invite(0, &["bob"], 60)];
    world.run(500);
    let alice = &world.phones[0].engine;
    let seen: Vec<InviteId> = alice.views().map(|view| view.id()).collect();
    assert!(ids.iter().all(|id| seen.contains(id)) && seen.len() == 2);
    let view = alice.view(ids[0]).unwrap();
    assert!(view.names().eq(["bob"]) && view.delivered());
    assert_eq!(view.heard(), (world.phones[1].device, "kitchen"));
    assert_eq!((view.inviter(), view.group(), view.standing()), ("alice", None, Standing::Inviter));
    assert!(view.remaining().is_some_and(|left| (29_000..30_000).contains(&left)), "{:?}", view.remaining());
    assert!(!view.online_only() && !view.over());
}

#[test]
fn a_frame_that_does_not_fit_is_dropped_and_counted() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 30);
    let alice = &mut world.phones[0].engine;
    assert_eq!(alice.poll_transmit(world.now, &mut [0; 9]), None);
    assert_eq!(alice.counters().unsendable, 1);
    assert_eq!(world.run(5_000).told(1), ["new"], "it is repeated");
}

#[test]
fn every_device_that_was_named_is_told() {
    let mut world = World::of(&["alice", "bob/kitchen", "bob/car"]);
    world.lose = Box::new(|to| to == 1);
    let id = world.invite(0, &["bob"], 60);
    world.run(500);
    world.accept(2, id);
    world.run(3_000);
    assert_eq!(world.phones[0].engine.len(), 1, "one does not know yet");
    world.lose = Box::new(|_| false);
    assert_eq!(world.run(5_000).told(1), ["missed"]);
    assert!(world.phones[0].engine.is_empty());
}

#[test]
fn the_own_answers_data_comes_first_to_the_other_devices() {
    let mut world = World::of(&["alice", "bob/kitchen", "bob/car", "carol"]);
    let id = world.invite(0, &["bob", "carol"], 60);
    world.run(500);
    world.accept(1, id);
    world.phones[3].engine.reject(world.now, id, false, b"sorry").unwrap();
    world.run(120);
    assert_eq!(world.told(2), ["new", "accepted bob", "rejected carol"], "before the first repeat");
    let view = world.phones[2].engine.view(id).unwrap();
    let of = |slot| view.invitee(slot).unwrap();
    assert_eq!((of(0).data.as_slice(), of(0).label), (&b"yes"[..], "kitchen"));
    assert_eq!(of(1).data.as_slice(), b"sorry");
}
