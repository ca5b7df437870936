//! Groups, and what their rules let through.

use signaling_core::wire::{GroupAnswer, GroupOp, Reach, Refusal};
use signaling_core::{GroupId, UserId};
use signaling_relay::{Authenticator, Config};

use crate::world::{Got, Link, World, letter, runs, settled};

/// Alice and bob are in "team"; carol is in none.
fn team(config: Config) -> (World, Link, Link, Link) {
    let mut world = World::with(config);
    let (alice, bob, carol) = (world.join("alice", 1), world.join("bob", 2), world.join("carol", 3));
    assert_eq!(world.group(alice, GroupOp::Create, "team"), GroupAnswer::Done);
    assert_eq!(world.group(bob, GroupOp::Join, "team"), GroupAnswer::Done);
    (world, alice, bob, carol)
}

#[test]
fn a_group_is_made_joined_and_left() {
    let (mut world, alice, bob, _) = team(settled());
    assert_eq!(world.members(alice, "team"), ["alice", "bob"]);
    assert_eq!(world.group(bob, GroupOp::Leave, "team"), GroupAnswer::Done);
    assert_eq!(world.members(alice, "team"), ["alice"]);
}

#[test]
fn each_request_may_be_repeated() {
    let (mut world, alice, bob, carol) = team(settled());
    assert_eq!(world.group(alice, GroupOp::Create, "team"), GroupAnswer::Done);
    assert_eq!(world.group(bob, GroupOp::Join, "team"), GroupAnswer::Done);
    assert_eq!(world.group(carol, GroupOp::Leave, "team"), GroupAnswer::Done);
    assert_eq!(world.members(bob, "team"), ["alice", "bob"]);
}

#[test]
fn the_last_member_takes_the_group_along() {
    let (mut world, alice, bob, carol) = team(settled());
    world.group(alice, GroupOp::Leave, "team");
    assert_eq!(world.group(carol, GroupOp::Create, "team"), GroupAnswer::Exists);
    world.group(bob, GroupOp::Leave, "team");
    assert_eq!(world.group(carol, GroupOp::Join, "team"), GroupAnswer::Unknown);
    assert_eq!(world.group(carol, GroupOp::Create, "team"), GroupAnswer::Done);
}

#[test]
fn to_who_is_not_in_it_a_group_looks_as_if_there_were_none() {
    let (mut world, _, _, carol) = team(settled());
    assert_eq!(world.group(carol, GroupOp::Members, "team"), GroupAnswer::Unknown);
    assert_eq!(world.group(carol, GroupOp::Members, "no such group"), GroupAnswer::Unknown);
}

#[test]
fn members_reach_members() {
    let (mut world, alice, bob, _) = team(settled());
    assert_eq!(world.reach(alice, "bob", &letter("hi").group("team")), runs(&[2]));
    assert_eq!(world.read(bob).len(), 1);
}

#[test]
fn who_is_not_in_the_group_is_refused_for_good_and_the_others_are_not() {
    let (mut world, alice, bob, carol) = team(settled());
    world.send(alice, &["bob", "carol"], &letter("hi").group("team"));
    let expected = [("bob".to_owned(), runs(&[2])), ("carol".to_owned(), Reach::Never)];
    assert_eq!(world.fanned(alice), expected);
    assert_eq!(world.read(bob).len(), 1);
    assert_eq!(world.all(carol), []);
    assert_eq!(world.stats().not_admitted, 1);
}

#[test]
fn who_is_not_in_the_group_cannot_send_in_it() {
    let (mut world, alice, _, carol) = team(settled());
    assert_eq!(world.reach(carol, "alice", &letter("hi").group("team")), Reach::Never);
    assert_eq!(world.reach(alice, "bob", &letter("hi").group("no such group")), Reach::Never);
    assert_eq!(world.all(alice), []);
}

#[test]
fn what_is_refused_is_not_kept() {
    let (mut world, alice, _, carol) = team(settled());
    world.leave(carol);
    world.reach(alice, "carol", &letter("hi").group("team"));
    let carol = world.join("carol", 3);
    assert_eq!(world.all(carol), []);
}

#[test]
fn an_invitation_once_admitted_goes_on_when_somebody_leaves() {
    let (mut world, alice, bob, carol) = team(settled());
    world.reach(alice, "bob", &letter("ring").group("team"));
    world.group(bob, GroupOp::Leave, "team");
    world.group(alice, GroupOp::Leave, "team");
    assert_eq!(world.reach(alice, "bob", &letter("decided").ver(2).group("team")), runs(&[2]));

    let other = letter("another invitation").about(2).group("team");
    assert_eq!(world.reach(alice, "bob", &other), Reach::Never);
    let by_another = letter("another sender").group("team");
    assert_eq!(world.reach(carol, "bob", &by_another), Reach::Never);
}

#[test]
fn who_gets_it_is_told_the_group_whose_rules_let_it_through() {
    let (mut world, alice, bob, carol) = team(settled());
    world.reach(alice, "bob", &letter("ring").group("team"));
    world.send_device(carol, "bob", 2, &letter("to one device").group("team"));
    let groups: Vec<_> = world.messages(bob).into_iter().map(|message| message.group).collect();
    assert_eq!(groups, [Some("team".to_string()), None]);
}

#[test]
fn admitted_in_one_group_is_not_admitted_in_another() {
    let (mut world, alice, _, _) = team(settled());
    world.reach(alice, "bob", &letter("ring").group("team"));
    assert_eq!(world.reach(alice, "bob", &letter("ring").ver(2).group("board")), Reach::Never);
}

#[test]
fn only_so_many_stay_admitted() {
    let (mut world, alice, bob, _) = team(Config { admitted: 1, ..settled() });
    world.reach(alice, "bob", &letter("one").about(1).group("team"));
    world.reach(alice, "bob", &letter("two").about(2).group("team"));
    world.group(bob, GroupOp::Leave, "team");
    assert_eq!(world.reach(alice, "bob", &letter("two").about(2).group("team")), runs(&[2]));
    assert_eq!(world.reach(alice, "bob", &letter("one").about(1).group("team")), Reach::Never);
}

#[test]
fn one_device_is_reached_whatever_the_group_says() {
    let (mut world, alice, _, carol) = team(settled());
    world.send_device(carol, "alice", 1, &letter("yes").group("team"));
    assert_eq!(world.read(alice).len(), 1);
}

#[test]
fn a_relay_that_forgot_its_groups_says_later_for_a_minute() {
    let mut world = World::with(Config::default());
    let (alice, _) = (world.join("alice", 1), world.join("bob", 2));
    let hi = letter("hi").group("team");
    assert_eq!(world.group(alice, GroupOp::Members, "team"), GroupAnswer::Later);
    assert_eq!(world.group(alice, GroupOp::Leave, "team"), GroupAnswer::Later);
    assert_eq!(world.reach(alice, "bob", &hi), Reach::Later);
    world.pass(30_000);
    world.put(alice, &signaling_core::wire::Frame::Ping(1));
    world.pass(30_000);
    assert_eq!(world.next(alice), Some(Got::Pong(1)));
    assert_eq!(world.group(alice, GroupOp::Members, "team"), GroupAnswer::Unknown);
    assert_eq!(world.group(alice, GroupOp::Leave, "team"), GroupAnswer::Done);
    assert_eq!(world.reach(alice, "bob", &hi), Reach::Never);
}

#[test]
fn members_that_join_again_bring_a_forgotten_group_back() {
    let mut world = World::with(Config::default());
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    assert_eq!(world.group(alice, GroupOp::Join, "team"), GroupAnswer::Done);
    let hi = letter("hi").group("team");
    assert_eq!(world.reach(alice, "bob", &hi), Reach::Later, "bob may be on his way");
    assert_eq!(world.group(bob, GroupOp::Join, "team"), GroupAnswer::Done);
    assert_eq!(world.reach(alice, "bob", &hi), runs(&[2]));
    assert_eq!(world.members(bob, "team"), ["alice", "bob"]);
}

#[test]
fn groups_and_their_members_are_limited() {
    let (mut world, _, _, carol) = team(Config { groups: 1, members: 2, ..settled() });
    assert_eq!(world.group(carol, GroupOp::Join, "team"), GroupAnswer::Full);
    assert_eq!(world.group(carol, GroupOp::Create, "club"), GroupAnswer::Full);
}

#[test]
fn a_list_larger_than_the_device_takes_is_not_cut_short() {
    let mut world = World::new();
    let alice = world.join_small("alice", 1, 128);
    world.group(alice, GroupOp::Create, "team");
    for device in 10..30 {
        let member = world.join(&format!("member number {device}"), device);
        world.group(member, GroupOp::Join, "team");
    }
    assert_eq!(world.group(alice, GroupOp::Members, "team"), GroupAnswer::TooLarge);
}

#[test]
fn one_user_cannot_take_all_groups() {
    let (mut world, alice, bob, _) = team(Config { groups_per_user: 2, ..settled() });
    assert_eq!(world.group(bob, GroupOp::Create, "club"), GroupAnswer::Done);
    assert_eq!(world.group(bob, GroupOp::Create, "choir"), GroupAnswer::Full);
    assert_eq!(world.group(alice, GroupOp::Create, "choir"), GroupAnswer::Done);
    assert_eq!(world.group(bob, GroupOp::Join, "choir"), GroupAnswer::Full);
    assert_eq!(world.group(bob, GroupOp::Join, "club"), GroupAnswer::Done, "he is in it");
    for _ in 0..2 {
        assert_eq!(world.group(bob, GroupOp::Leave, "club"), GroupAnswer::Done);
    }
    assert_eq!(world.group(bob, GroupOp::Join, "choir"), GroupAnswer::Done);
}

/// Anybody may be anybody, but only the staff has groups.
struct Staffed;

impl Authenticator for Staffed {
    fn authenticate(&self, _user: &str, _device: u64, _token: &str, _wall: u64) -> Result<(), Refusal> {
        Ok(())
    }

    fn may_join(&self, user: &UserId, _group: &GroupId) -> bool {
        user.as_str() != "guest"
    }
}

#[test]
fn an_application_decides_who_may_join() {
    let mut world = World::guarded(settled(), Staffed);
    let (alice, guest) = (world.join("alice", 1), world.join("guest", 2));
    assert_eq!(world.group(alice, GroupOp::Create, "team"), GroupAnswer::Done);
    assert_eq!(world.group(guest, GroupOp::Join, "team"), GroupAnswer::Unknown);
    assert_eq!(world.group(guest, GroupOp::Create, "own"), GroupAnswer::Unknown);
    assert_eq!(world.members(alice, "team"), ["alice"]);
}
