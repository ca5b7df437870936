//! Links: who gets in, who is replaced, who is closed.

use signaling_core::Device;
use signaling_core::wire::{Deliver, Frame, From, Limits, Reach, Refusal, Refused, Welcome};
use signaling_relay::{Closed, Config};

use crate::world::{Got, Link, World, key, letter, runs, settled, turned_away};

fn run(id: u64, epoch: u32) -> Device {
    Device { id, epoch }
}

/// The random bytes of a Welcome.
fn random(world: &mut World, link: Link) -> [u8; 16] {
    match world.next(link) {
        Some(Got::Welcome(welcome)) => welcome.random,
        other => panic!("no Welcome, but {other:?}"),
    }
}

#[test]
fn a_welcome_tells_the_limits() {
    let mut world = World::new();
    let link = world.link();
    world.hello(link, "alice", run(1, 1), 4096, "");
    let Some(Got::Welcome(welcome)) = world.next(link) else { panic!("no Welcome") };
    assert_eq!(welcome.limits, Limits { body: 28 * 1024, recipients: 65, silence: 45_000 });
}

#[test]
fn welcomes_bring_random_bytes_that_the_seed_decides() {
    let draw = || {
        let mut world = World::new();
        let (one, two) = (world.link(), world.link());
        world.hello(one, "alice", run(1, 0), 4096, "");
        world.hello(two, "bob", run(2, 0), 4096, "");
        [random(&mut world, one), random(&mut world, two)]
    };
    let drawn = draw();
    assert_ne!(drawn[0], drawn[1]);
    assert_eq!(drawn, draw());
}

#[test]
fn without_a_hello_nothing_is_accepted() {
    let mut world = World::new();
    let link = world.link();
    world.put(link, &Frame::Ping(1));
    world.send(link, &["bob"], &letter("hi"));
    let refused = Got::Refused(None, Refusal::Hello);
    assert_eq!(world.all(link), [refused.clone(), refused]);
    world.hello(link, "alice", run(1, 1), 4096, "");
    assert!(matches!(world.next(link), Some(Got::Welcome(_))), "a Hello still helps");
}

#[test]
fn without_an_epoch_nothing_but_another_hello_is_accepted() {
    let mut world = World::new();
    let (alice, link) = (world.join("alice", 1), world.link());
    world.hello(link, "bob", run(2, 0), 4096, "");
    assert_ne!(random(&mut world, link), [0; 16]);

    assert_eq!(world.reach(alice, "bob", &letter("hi")), runs(&[]), "it is no device yet");
    world.send(link, &["alice"], &letter("hi"));
    assert_eq!(world.all(link), [Got::Refused(None, Refusal::Hello)]);
    assert_eq!(world.all(alice), []);

    world.hello(link, "bob", run(2, 1), 4096, "");
    random(&mut world, link);
    assert_eq!(world.read(link), [("hi".to_owned(), 0)]);
}

#[test]
fn an_old_hello_without_an_epoch_takes_nothing_away() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.hello(bob, "bob", run(2, 0), 4096, "");
    random(&mut world, bob);
    assert_eq!(world.reach(alice, "bob", &letter("hi")), runs(&[2]));
    assert_eq!(world.read(bob).len(), 1);
}

#[test]
fn the_newest_link_of_a_device_replaces_the_older() {
    let mut world = World::new();
    let (alice, old) = (world.join("alice", 1), world.join("bob", 2));
    let new = world.join_run("bob", 2, 2);
    assert_eq!(world.all(old), turned_away(Refusal::Replaced));

    world.send(old, &["alice"], &letter("from the grave"));
    assert_eq!(world.all(alice), []);
    world.leave(old);
    world.send(alice, &["bob"], &letter("hi"));
    assert_eq!(world.read(new), [("hi".to_owned(), 0)]);
}

#[test]
fn a_hello_that_was_held_up_takes_no_link_away() {
    let mut world = World::new();
    let (alice, held, new) = (world.join("alice", 1), world.link(), world.join_run("bob", 2, 2));
    world.hello(held, "bob", run(2, 1), 4096, "");
    assert!(matches!(world.all(held)[..], [Got::Ping(_)]), "is anybody there?");

    world.send(alice, &["bob"], &letter("hi"));
    world.send(held, &["alice"], &letter("from the grave"));
    assert_eq!(world.read(new), [("hi".to_owned(), 0)]);
    assert_eq!(world.all(held), [Got::Refused(None, Refusal::Hello)]);
    world.pass(10_000);
    assert_eq!(world.all(held), turned_away(Refusal::Hello));
    assert_eq!(world.reach(alice, "bob", &letter("ho").ver(2)), Reach::Devices(vec![run(2, 2)]));
}

#[test]
fn a_pong_that_was_held_up_takes_no_link_away() {
    let mut world = World::new();
    let (old, held) = (world.join("bob", 2), world.link());
    world.hello(held, "bob", run(2, 2), 4096, "");
    let Some(Got::Ping(number)) = world.next(held) else { panic!("no Ping") };
    let new = world.join_run("bob", 2, 3);
    assert_eq!(world.all(old), turned_away(Refusal::Replaced));

    world.put(held, &Frame::Pong(number));
    assert_eq!(world.all(new), [], "it was said before that link was made");
    assert!(world.answer(held), "so it is asked again");
    assert!(matches!(world.next(held), Some(Got::Welcome(_))));
    assert_eq!(world.all(new), turned_away(Refusal::Replaced));
}

#[test]
fn a_hello_that_is_repeated_before_the_pong_comes_does_no_harm() {
    let mut world = World::new();
    let (_old, new) = (world.join("bob", 2), world.link());
    world.hello(new, "bob", run(2, 2), 4096, "");
    world.hello(new, "bob", run(2, 2), 4096, "");
    assert!(world.answer(new));
    assert!(matches!(world.all(new)[..], [Got::Ping(_), Got::Welcome(_)]));
}

#[test]
fn nobody_is_pinged_whose_older_link_is_gone() {
    let mut world = World::new();
    let (old, new) = (world.join("bob", 2), world.link());
    world.leave(old);
    world.hello(new, "bob", run(2, 2), 4096, "");
    assert!(matches!(world.all(new)[..], [Got::Welcome(_)]));
    world.put(new, &Frame::Pong(1));
    assert_eq!(world.all(new), [], "a Pong nobody asked for");
}

#[test]
fn a_link_that_says_hello_for_another_device_is_that_device() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.hello(bob, "bob", run(3, 1), 4096, "");
    random(&mut world, bob);
    world.send_device(alice, "bob", 2, &letter("to the old").ttl(0));
    world.send_device(alice, "bob", 3, &letter("to the new").ttl(0));
    assert_eq!(world.read(bob), [("to the new".to_owned(), 0)]);
}

#[test]
fn a_device_belongs_to_who_first_proved_it() {
    let mut world = World::new();
    let bob = world.join("bob", 2);
    assert_eq!(world.show("mallory", 2, ""), Some(Got::Refused(None, Refusal::Device)));
    world.leave(bob);
    assert_eq!(world.show("mallory", 2, ""), Some(Got::Refused(None, Refusal::Device)));
    assert!(matches!(world.show("bob", 2, ""), Some(Got::Welcome(_))));
    assert_eq!(world.stats().refused(Refusal::Device), 2);
}

#[test]
fn who_waits_for_a_device_does_not_get_it_from_its_new_owner() {
    let mut world = World::with(Config { devices_per_user: 1, ..settled() });
    let (bob, waits) = (world.join("bob", 2), world.link());
    world.hello(waits, "bob", run(2, 2), 4096, "");
    let Some(Got::Ping(number)) = world.next(waits) else { panic!("no Ping") };
    world.leave(bob);
    world.join("bob", 3);
    let carol = world.join("carol", 2);

    world.put(waits, &Frame::Pong(number));
    world.answer(waits);
    assert_eq!(world.all(waits), turned_away(Refusal::Device));
    assert_eq!(world.all(carol), []);
}

#[test]
fn a_device_that_takes_no_frame_worth_the_name_is_refused() {
    let mut world = World::new();
    let link = world.link();
    world.hello(link, "alice", run(1, 1), 127, "");
    assert_eq!(world.all(link), turned_away(Refusal::TooLarge));
}

#[test]
fn bad_frames_end_the_link_each_with_its_reason() {
    let mut world = World::new();
    let mut says = |bytes: &[u8]| {
        let link = world.join("alice", 1);
        world.raw(link, bytes);
        world.all(link)
    };
    assert_eq!(says(b""), turned_away(Refusal::Malformed));
    assert_eq!(says(b"GET / HTTP/1.1\r\n"), turned_away(Refusal::Version));
    assert_eq!(says(&[1, 250]), turned_away(Refusal::Malformed));
    assert_eq!(says(&[1, 2, 0]), turned_away(Refusal::Malformed));
    assert_eq!(says(&vec![0; 32 * 1024 + 1]), turned_away(Refusal::TooLarge));
}

#[test]
fn a_frame_too_large_to_be_read_ends_the_link() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.relay.oversize(world.now, alice.0);
    world.collect();
    assert_eq!(world.all(alice), turned_away(Refusal::TooLarge));
    world.relay.oversize(world.now, alice.0);
    world.collect();
    assert_eq!(world.all(alice), [], "a closed link is not closed again");
}

#[test]
fn a_device_may_not_speak_as_a_relay() {
    let mut world = World::new();
    let bob = world.join("bob", 2);
    let limits = Limits { body: 1, recipients: 1, silence: 1 };
    let (refused, welcome) =
        (Refused { key: Some(key(1)), ver: 1, reason: Refusal::Token }, Welcome { limits, random: [0; 16] });
    let from = From { user: "alice", device: run(1, 1), label: "" };
    let deliver = Deliver { key: key(1), from, group: None, to_users: true, dwell: 0, body: Some(b"lies") };
    for frame in [Frame::Refused(refused), Frame::Welcome(welcome), Frame::Deliver(deliver)] {
        let alice = world.join("alice", 1);
        world.put(alice, &frame);
        assert_eq!(world.all(alice), turned_away(Refusal::Malformed), "{frame:?}");
    }
    assert_eq!(world.all(bob), []);
}

#[test]
fn a_ping_is_answered() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.put(alice, &Frame::Ping(42));
    world.put(alice, &Frame::Pong(43));
    assert_eq!(world.all(alice), [Got::Pong(42)]);
}

#[test]
fn a_silent_link_is_closed_and_its_device_away() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.pass(44_000);
    world.put(alice, &Frame::Ping(1));
    assert_eq!(world.all(alice), [Got::Pong(1)]);
    world.pass(999);
    assert_eq!(world.all(bob), []);
    world.pass(1);
    assert_eq!(world.all(bob), [Got::Closed(Closed::Silent)]);
    assert_eq!(world.reach(alice, "bob", &letter("hi").online_only()), runs(&[]));
    assert_eq!(world.stats().silent, 1);
}

#[test]
fn a_link_that_never_says_hello_is_closed() {
    let mut world = World::new();
    let link = world.link();
    world.pass(5_000);
    world.put(link, &Frame::Ping(1));
    world.next(link);
    world.pass(5_000);
    assert_eq!(world.all(link), turned_away(Refusal::Hello), "and talking does not help");
}

#[test]
fn patience_may_be_shorter_after_a_hello_than_before() {
    let mut world = World::with(Config { silence: 2_000, ..settled() });
    let alice = world.join("alice", 1);
    world.pass(2_000);
    assert_eq!(world.all(alice), [Got::Closed(Closed::Silent)]);
}

#[test]
fn nothing_waits_in_an_empty_relay() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter("ring"));
    world.leave(alice);
    world.pass(60_000);
    assert_eq!(world.relay.next_deadline(), None);
}

#[test]
fn a_relay_that_stops_says_so_to_everybody() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.link());
    world.relay.stop(world.now);
    world.collect();
    assert_eq!(world.all(alice), turned_away(Refusal::Stopping));
    assert_eq!(world.all(bob), turned_away(Refusal::Stopping));
    let late = world.link();
    assert_eq!(world.all(late), turned_away(Refusal::Stopping));
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.pass(10_000);
    world.now -= 9_000;
    world.send(alice, &["bob"], &letter("ring"));
    world.now += 9_500;
    let bob = world.join("bob", 2);
    assert_eq!(world.read(bob), [("ring".to_owned(), 500)]);
}
