//! Who gets what is sent, and what the sender hears of it.

use signaling_core::Device;
use signaling_core::wire::Reach;

use crate::world::{Got, Letter, Message, World, key, letter, runs, settled};
use signaling_relay::Config;

#[test]
fn a_message_reaches_all_devices_of_a_user_as_the_relay_knows_its_sender() {
    let mut world = World::new();
    let (bob, phone, tablet) = (world.join("bob", 7), world.join("alice", 1), world.join("alice", 2));
    world.send(bob, &["alice"], &letter("hi"));

    let device = Device { id: 7, epoch: 1 };
    let (from, label, body) = ("bob".to_owned(), "kitchen".to_owned(), Some("hi".to_owned()));
    let expected = [Message { from, device, label, group: None, to_users: true, dwell: 0, body }];
    assert_eq!(world.messages(phone), expected);
    assert_eq!(world.messages(tablet), expected);
    assert_eq!(world.fanned(bob), [("alice".to_owned(), runs(&[1, 2]))]);
}

#[test]
fn ones_own_other_devices_hear_it_too_but_not_the_sending_one() {
    let mut world = World::new();
    let (desk, phone, bob) = (world.join("alice", 1), world.join("alice", 2), world.join("bob", 3));
    world.send(desk, &["bob", "alice"], &letter("hi"));
    assert_eq!(world.read(phone), [("hi".to_owned(), 0)]);
    assert_eq!(world.read(bob), [("hi".to_owned(), 0)]);

    let expected = [("bob".to_owned(), runs(&[3])), ("alice".to_owned(), runs(&[2]))];
    assert_eq!(world.fanned(desk), expected);
    assert_eq!(world.all(desk), [], "nothing comes back to the sender itself");
}

#[test]
fn a_fanout_names_the_invitation_and_the_version() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter("hi").about(5).ver(9));
    let users = vec![("bob".to_owned(), runs(&[]))];
    assert_eq!(world.all(alice), [Got::Fanout { key: key(5), ver: 9, partial: false, users }]);
}

#[test]
fn who_has_no_device_and_who_does_not_exist_look_alike() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join_run("bob", 2, 1));
    world.leave(bob);
    assert_eq!(world.reach(alice, "nobody", &letter("hi")), runs(&[]));
}

#[test]
fn a_device_that_is_away_counts_where_the_message_is_kept_for_it() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.leave(bob);
    assert_eq!(world.reach(alice, "bob", &letter("hi")), runs(&[2]));
    assert_eq!(world.reach(alice, "bob", &letter("hi").online_only()), runs(&[]));
    assert_eq!(world.reach(alice, "bob", &letter("hi").ttl(0)), runs(&[]));
    assert_eq!(world.reach(alice, "bob", &letter("newer").ver(2)), runs(&[2]));
    assert_eq!(world.reach(alice, "bob", &letter("older").ver(1)), runs(&[2]), "it will get the newer one");
}

#[test]
fn a_fanout_names_the_last_run_of_a_device() {
    let mut world = World::new();
    let (alice, _) = (world.join("alice", 1), world.join("bob", 2));
    world.join_run("bob", 2, 77);
    let last = Reach::Devices(vec![Device { id: 2, epoch: 77 }]);
    assert_eq!(world.reach(alice, "bob", &letter("hi")), last);
}

#[test]
fn a_relay_without_memory_says_for_a_minute_that_it_may_not_know_all_devices() {
    let mut world = World::with(Config::default());
    let alice = world.join("alice", 1);
    let partial = |world: &mut World| {
        world.send(alice, &["bob"], &letter("hi"));
        matches!(world.next(alice), Some(Got::Fanout { partial: true, .. }))
    };
    assert!(partial(&mut world));
    world.pass(30_000);
    assert!(partial(&mut world));
    world.pass(30_000);
    assert!(!partial(&mut world));
}

#[test]
fn a_relay_that_remembers_restarts_with_its_devices() {
    let mut world = World::new();
    let (_, _) = (world.join("alice", 1), world.join("bob", 2));
    let mut world = world.restart(settled());
    let alice = world.join("alice", 1);
    assert_eq!(world.reach(alice, "bob", &letter("hi")), runs(&[2]));
}

#[test]
fn to_one_device_it_goes_alone_and_without_a_fanout() {
    let mut world = World::new();
    let (alice, phone, tablet) = (world.join("alice", 1), world.join("bob", 2), world.join("bob", 3));
    world.send_device(alice, "bob", 3, &letter("you"));
    let messages = world.messages(tablet);
    assert_eq!(messages.len(), 1);
    assert!(!messages[0].to_users);
    assert_eq!(world.all(phone), []);
    assert_eq!(world.all(alice), []);
}

#[test]
fn a_device_is_found_only_under_its_own_user() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.send_device(alice, "carol", 2, &letter("you"));
    world.send_device(alice, "bob", 99, &letter("you"));
    assert_eq!(world.all(bob), []);
    assert_eq!(world.all(alice), []);
    assert_eq!(world.stats().no_such_device, 2);
}

#[test]
fn a_small_device_gets_the_notice_without_the_body() {
    let mut world = World::new();
    let (alice, big, small) = (world.join("alice", 1), world.join("bob", 2), world.join_small("bob", 3, 128));
    let long = "x".repeat(200);
    world.send(alice, &["bob"], &letter(&long));
    assert_eq!(world.messages(big)[0].body, Some(long.clone()));
    assert_eq!(world.messages(small)[0].body, None);
    assert_eq!(world.fanned(alice)[0].1, runs(&[2, 3]));

    world.send(alice, &["bob"], &letter("short"));
    assert_eq!(world.messages(small)[0].body, Some("short".to_owned()));
}

#[test]
fn a_small_sender_gets_its_fanout_in_pieces() {
    let mut world = World::new();
    let names = ["bob", "carol", "dave", "eve", "a-name-of-exactly-32-characters-"];
    for (i, name) in names.iter().enumerate() {
        world.join(name, 10 + i as u64);
    }
    let alice = world.join_small("alice", 1, 128);
    world.send(alice, &names, &letter("hi"));
    let mut users = Vec::new();
    while let Some(Got::Fanout { partial, users: some, .. }) = world.next(alice) {
        assert!(!partial);
        users.extend(some);
    }
    let expected: Vec<_> =
        names.iter().enumerate().map(|(i, name)| ((*name).to_owned(), runs(&[10 + i as u64]))).collect();
    assert_eq!(users, expected);
}

#[test]
fn more_devices_than_a_small_sender_can_be_told_make_the_fanout_partial() {
    let mut world = World::new();
    for device in 10..30 {
        world.join("bob", device);
    }
    let alice = world.join_small("alice", 1, 128);
    world.send(alice, &["bob"], &letter("hi"));
    let Some(Got::Fanout { partial: true, users, .. }) = world.next(alice) else { panic!("not partial") };
    assert_eq!(users, [("bob".to_owned(), runs(&(10..20).collect::<Vec<_>>()))]);
    assert_eq!(world.stats().short_fanouts, 1);
}

#[test]
fn a_repeat_is_brought_and_answered_again() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    let same: Letter = letter("hi");
    assert_eq!(world.reach(alice, "bob", &same), runs(&[2]));
    assert_eq!(world.reach(alice, "bob", &same), runs(&[2]));
    assert_eq!(world.read(bob).len(), 2);
}
