//! What happens at each limit.

use signaling_core::Device;
use signaling_core::wire::{Frame, Refusal};
use signaling_relay::{Closed, Config, ConfigError};

use crate::world::{Got, Link, World, key, letter, runs, settled, turned_away};

#[test]
fn one_link_too_many_is_told_so() {
    let mut world = World::with(Config { connections: 1, ..settled() });
    let (alice, bob) = (world.link(), world.link());
    assert_eq!(world.all(bob), turned_away(Refusal::Busy));
    world.leave(alice);
    let bob = world.link();
    assert_eq!(world.all(bob), []);
    assert_eq!(world.stats().links, 1);
}

const ONE: &str = "192.0.2.1";
const OTHER: &str = "192.0.2.2";

/// Says Hello on it; what is heard.
fn greet(world: &mut World, link: Link, user: &str, id: u64) -> Vec<Got> {
    world.hello(link, user, Device { id, epoch: 1 }, 64 * 1024, "");
    world.all(link)
}

#[test]
fn who_says_nothing_cannot_take_the_links_of_others() {
    let mut world = World::with(Config { connections: 12, ..settled() });
    let silent: Vec<_> = (0..12).map(|_| world.link_from(ONE)).collect();
    let let_in = silent.iter().filter(|link| world.all(**link) != turned_away(Refusal::Busy)).count();
    assert_eq!((let_in, world.stats().crowded), (3, 9), "at most a quarter of what there is");
    for id in 0..9 {
        let link = world.link_from(OTHER);
        assert!(matches!(greet(&mut world, link, "bob", id)[..], [Got::Welcome(_)]));
    }
    let late = world.link_from("192.0.2.3");
    assert_eq!((world.all(late), world.stats().crowded), (turned_away(Refusal::Busy), 9), "all are taken");
}

#[test]
fn who_is_let_in_or_gone_makes_room_for_others_of_his_address() {
    let mut world = World::with(Config { strangers_per_address: 1, ..settled() });
    for id in 0..10 {
        let link = world.link_from(ONE);
        assert!(matches!(greet(&mut world, link, "bob", id)[..], [Got::Welcome(_)]), "{id}");
        assert!(matches!(greet(&mut world, link, "bob", id)[..], [Got::Welcome(_)]), "a repeated Hello");
    }
    let (silent, refused) = (world.link_from(ONE), world.link_from(ONE));
    assert_eq!((world.all(silent), world.all(refused)), (vec![], turned_away(Refusal::Busy)));
    world.leave(silent);
    world.leave(refused);
    let silent = world.link_from(ONE);
    assert_eq!(world.all(silent), []);
    world.pass(10_000);
    assert_eq!(world.all(silent), turned_away(Refusal::Hello));
    let next = world.link_from(ONE);
    assert_eq!(world.all(next), []);
}

#[test]
fn all_links_of_one_address_can_be_limited() {
    let mut world = World::with(Config { connections_per_address: 2, ..settled() });
    for id in 0..2 {
        let link = world.link_from("2001:db8::1");
        assert!(matches!(greet(&mut world, link, "bob", id)[..], [Got::Welcome(_)]));
    }
    let same = world.link_from("2001:db8::2:0:0:1");
    assert_eq!(world.all(same), turned_away(Refusal::Busy), "the same 64 bits");
    let other = world.link_from("2001:db8:0:1::1");
    assert_eq!((world.all(other), world.stats().crowded), (vec![], 1));
}

#[test]
fn behind_a_proxy_no_address_is_limited() {
    let mut world = World::with(Config { strangers_per_address: 0, connections: 3, ..settled() });
    let links = [(); 3].map(|()| world.link_from(ONE));
    assert!(links.into_iter().all(|link| world.all(link).is_empty()));
    assert_eq!(world.stats().crowded, 0);
}

#[test]
fn one_device_too_many_in_all_is_told_so() {
    let mut world = World::with(Config { devices: 1, ..settled() });
    let alice = world.join("alice", 1);
    assert_eq!(world.show("bob", 2, ""), Some(Got::Refused(None, Refusal::Busy)));
    world.leave(alice);
    assert_eq!(world.show("bob", 2, ""), Some(Got::Refused(None, Refusal::Busy)), "it is remembered");
    assert!(matches!(world.show("alice", 1, ""), Some(Got::Welcome(_))));
}

#[test]
fn a_user_with_too_many_devices_loses_the_one_away_for_longest() {
    let mut world = World::with(Config { devices_per_user: 2, ..settled() });
    let alice = world.join("alice", 1);
    let (first, _second) = (world.join("bob", 11), world.join("bob", 12));
    assert_eq!(world.show("bob", 13, ""), Some(Got::Refused(None, Refusal::Busy)), "none is away");
    world.leave(first);
    world.send_device(alice, "bob", 11, &letter("for the first"));

    world.join("bob", 13);
    assert_eq!(world.reach(alice, "bob", &letter("hi")), runs(&[12, 13]));
    assert_eq!(world.stats().dropped_devices, 1);
    world.join("carol", 11);
    assert_eq!(world.stats().handed_over, 0, "whoever is that device next does not get its mail");
}

#[test]
fn a_body_too_large_is_refused_by_its_invitation() {
    let mut world = World::with(Config { body: 10, ..settled() });
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.send(alice, &["bob"], &letter("eleven bytes").about(4));
    assert_eq!(world.all(alice), [Got::Refused(Some(key(4)), Refusal::TooLarge)]);
    assert_eq!(world.all(bob), []);
    assert_eq!(world.reach(alice, "bob", &letter("ten bytes.")), runs(&[2]));
}

#[test]
fn a_message_larger_than_a_frame_is_refused_by_its_invitation() {
    let mut world = World::with(Config { frame: 4_096, body: 1_500, ..settled() });
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.send(alice, &["bob"], &letter(&"x".repeat(5_000)).about(4));
    assert_eq!(world.all(alice), [Got::Refused(Some(key(4)), Refusal::TooLarge)]);
    assert_eq!(world.reach(alice, "bob", &letter("hi")), runs(&[2]), "the link stands");
    world.raw(bob, &[0; 5_000]);
    assert_eq!(world.all(bob).last(), Some(&Got::Closed(Closed::Refused(Refusal::TooLarge))));
}

#[test]
fn a_frame_that_holds_no_message_is_no_limit() {
    let limits = Config { body: 1_000, push: 500, recipients: 3, ..settled() };
    let Err(ConfigError::Frame { needed, .. }) = (Config { frame: 1_024, ..limits.clone() }).check() else {
        panic!("a body of 1000 bytes does not fit into a frame of 1024 with all the rest");
    };
    let fits = Config { frame: needed, ..limits };
    assert_eq!((fits.check(), Config::default().check()), (Ok(()), Ok(())));
    let mut world = World::with(fits);
    let alice = world.join("alice", 1);
    let users = ["a", "b", "c"].map(|name| name.repeat(32));
    let group = "a-group-with-a-name-of-exactly-48-characters----";
    let letter = letter(&"x".repeat(1_000)).group(group).push(500).ver(u32::MAX).ttl(u32::MAX);
    world.send(alice, &users.each_ref().map(String::as_str), &letter.about(u32::MAX));
    assert_eq!(world.fanned(alice).len(), 3);
}

#[test]
fn push_info_too_large_is_refused_by_its_invitation() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter("hi").push(1025));
    assert_eq!(world.all(alice), [Got::Refused(Some(key(1)), Refusal::TooLarge)]);
}

#[test]
fn the_largest_message_that_the_limits_allow_goes_through() {
    let mut world = World::new();
    let users: Vec<String> = (0..65).map(|i| format!("a-name-of-exactly-32-charact-{i:03}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let alice = world.join("alice", 1);
    let group = "a-group-with-a-name-of-exactly-48-characters----";
    world.send(alice, &users, &letter(&"x".repeat(28 * 1024)).group(group).push(1024));
    assert_eq!(world.fanned(alice).len(), 65);
}

#[test]
fn too_many_users_are_refused() {
    let mut world = World::with(Config { recipients: 2, ..settled() });
    let alice = world.join("alice", 1);
    world.send(alice, &["bob", "carol", "dave"], &letter("hi"));
    assert_eq!(world.all(alice), [Got::Refused(Some(key(1)), Refusal::TooLarge)]);
}

#[test]
fn no_users_or_repeated_ones_are_malformed() {
    let mut world = World::new();
    for users in [&[][..], &["bob", "carol", "bob"]] {
        let alice = world.join("alice", 1);
        world.send(alice, users, &letter("hi"));
        assert_eq!(world.all(alice), turned_away(Refusal::Malformed));
    }
}

#[test]
fn who_sends_too_much_at_once_is_told_to_wait() {
    let mut world = World::with(Config { rate: 1_000, burst: 2_000, ..settled() });
    let (eve, bob) = (world.join("eve", 1), world.join("bob", 2));
    let junk = letter(&"x".repeat(744));
    for sequence in 1..=3 {
        world.send(eve, &["bob"], &junk.clone().about(sequence));
    }
    assert_eq!(world.messages(bob).len(), 2);
    assert_eq!(world.all(eve).last(), Some(&Got::Refused(Some(key(3)), Refusal::Busy)));

    let alice = world.join("alice", 3);
    assert_eq!(world.reach(alice, "bob", &letter("ring")), runs(&[2]), "others go on");
    world.pass(1_000);
    assert_eq!(world.reach(eve, "bob", &junk.about(3)), runs(&[2]), "and so does she, a second later");
}

#[test]
fn a_new_link_sends_no_more_than_the_old_one_could() {
    let mut world = World::with(Config { rate: 1_000, burst: 2_000, ..settled() });
    let (eve, bob) = (world.join("eve", 1), world.join("bob", 2));
    let junk = letter(&"x".repeat(744));
    world.send(eve, &["bob"], &junk.clone().about(1));
    world.send(eve, &["bob"], &junk.clone().about(2));
    world.leave(eve);
    for device in [1, 5] {
        let eve = world.join("eve", device);
        world.send(eve, &["bob"], &junk.clone().about(3));
        assert_eq!(world.all(eve), [Got::Refused(Some(key(3)), Refusal::Busy)], "device {device}");
        world.leave(eve);
    }
    assert_eq!(world.messages(bob).len(), 2);
    world.pass(2_000);
    let eve = world.join("eve", 1);
    assert_eq!(world.reach(eve, "bob", &junk), runs(&[2]));
}

#[test]
fn who_says_anything_but_hello_is_not_answered_for_ever() {
    let mut world = World::new();
    let link = world.link();
    for number in 0..64 {
        world.put(link, &Frame::Ping(number));
    }
    assert_eq!(world.all(link), vec![Got::Refused(None, Refusal::Hello); 64]);
    world.put(link, &Frame::Ping(64));
    assert_eq!(world.all(link), turned_away(Refusal::Hello));
}

#[test]
fn everything_is_counted() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.send(alice, &["bob"], &letter("hi"));
    world.put(alice, &Frame::Ping(1));
    let stats = world.stats();
    assert_eq!((stats.links, stats.frames_in, stats.frames_out), (2, 4, 5));
    assert_eq!((stats.delivered, stats.kept, stats.handed_over), (1, 1, 0));
    world.leave(bob);
    assert_eq!(world.stats().links, 1);
}
