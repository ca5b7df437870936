//! What is kept for who is not there (the store of protocol section 4).

use signaling_core::Device;
use signaling_core::wire::Frame;
use signaling_relay::Config;

use crate::world::{World, letter, runs, settled};

fn texts(world: &mut World, user: &str, device: u64) -> Vec<(String, u32)> {
    let link = world.join(user, device);
    let texts = world.read(link);
    world.leave(link);
    texts
}

fn one(text: &str, dwell: u32) -> Vec<(String, u32)> {
    vec![(text.to_owned(), dwell)]
}

#[test]
fn who_comes_late_gets_it_with_the_time_it_waited() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter("ring"));
    world.pass(2_500);
    assert_eq!(texts(&mut world, "bob", 2), one("ring", 2_500));
}

#[test]
fn what_the_relay_holds_is_told() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    texts(&mut world, "bob", 2);
    world.send(alice, &["bob"], &letter("ring"));
    let holdings = world.relay.holdings();
    assert_eq!((holdings.links, holdings.online, holdings.devices, holdings.groups), (1, 1, 2, 0));
    assert_eq!(holdings.kept_bytes, 512 + "ring".len());
    world.pass(30_000);
    assert_eq!(world.relay.holdings().kept_bytes, 0);
}

#[test]
fn it_stays_after_it_was_handed_over() {
    let mut world = World::new();
    let (alice, phone) = (world.join("alice", 1), world.join("bob", 2));
    world.send(alice, &["bob"], &letter("ring"));
    assert_eq!(world.read(phone), one("ring", 0));
    world.pass(1_000);
    assert_eq!(texts(&mut world, "bob", 3), one("ring", 1_000));
    assert_eq!(texts(&mut world, "bob", 3), one("ring", 1_000), "to the same device as well");
}

#[test]
fn who_repeats_his_hello_gets_no_more_than_he_may_send() {
    let mut world = World::with(Config { burst: 64 * 1024, rate: 1_024, ..settled() });
    let alice = world.join("alice", 1);
    for sequence in 0..8 {
        world.pass(20_000);
        world.send(alice, &["bob"], &letter(&"x".repeat(20_000)).about(sequence).ttl(3_600_000));
    }
    let bob = world.join("bob", 2);
    assert_eq!(world.stats().handed_over, 8, "all, when he comes");
    for _ in 0..100 {
        world.hello(bob, "bob", Device { id: 2, epoch: 1 }, 64 * 1024, "");
    }
    assert_eq!(world.stats().handed_over, 8 + 3);
    world.pass(20_000);
    world.hello(bob, "bob", Device { id: 2, epoch: 1 }, 64 * 1024, "");
    assert_eq!(world.stats().handed_over, 8 + 3 + 1, "and more with time");
}

#[test]
fn only_the_newest_version_is_kept() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter("decided").ver(2));
    world.send(alice, &["bob"], &letter("ringing").ver(1));
    assert_eq!(texts(&mut world, "bob", 2), one("decided", 0));
    world.send(alice, &["bob"], &letter("decided, again").ver(2));
    assert_eq!(texts(&mut world, "bob", 2), one("decided, again", 0));
}

#[test]
fn an_older_version_still_reaches_who_is_there() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.send(alice, &["bob"], &letter("new").ver(2));
    assert_eq!(world.reach(alice, "bob", &letter("old").ver(1)), {
        world.next(alice);
        runs(&[2])
    });
    assert_eq!(world.read(bob).len(), 2);
}

#[test]
fn another_run_of_the_sender_replaces_whatever_its_version() {
    let mut world = World::new();
    let first = world.join("alice", 1);
    world.send(first, &["bob"], &letter("first run").ver(9));
    let second = world.join_run("alice", 1, 2);
    world.send(second, &["bob"], &letter("second run").ver(1));
    assert_eq!(texts(&mut world, "bob", 2), one("second run", 0));
}

#[test]
fn invitations_and_senders_do_not_replace_each_other() {
    let mut world = World::new();
    let (desk, phone) = (world.join("alice", 1), world.join("alice", 2));
    world.send(desk, &["bob"], &letter("one").about(1));
    world.send(desk, &["bob"], &letter("two").about(2));
    world.send(phone, &["bob"], &letter("three").about(1));
    let texts: Vec<String> = texts(&mut world, "bob", 3).into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

#[test]
fn it_is_gone_when_its_time_to_live_ends() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter("ring").ttl(5_000));
    world.pass(4_999);
    assert_eq!(texts(&mut world, "bob", 2), one("ring", 4_999));
    world.pass(1);
    assert_eq!(texts(&mut world, "bob", 2), []);
    assert_eq!((world.stats().kept, world.stats().expired), (1, 1));
}

#[test]
fn a_repeat_starts_its_time_to_live_anew() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter("ring").ttl(5_000));
    world.pass(4_000);
    world.send(alice, &["bob"], &letter("ring").ttl(5_000));
    world.pass(4_000);
    assert_eq!(texts(&mut world, "bob", 2), one("ring", 4_000));
}

#[test]
fn what_is_for_who_is_online_only_is_not_kept() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.send(alice, &["bob"], &letter("now or never").online_only());
    assert_eq!(world.read(bob), one("now or never", 0));
    assert_eq!(texts(&mut world, "bob", 3), []);
}

#[test]
fn what_asks_for_no_keeping_leaves_what_is_kept() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter("kept").ver(1));
    world.send(alice, &["bob"], &letter("passing").ver(2).ttl(0));
    assert_eq!(texts(&mut world, "bob", 2), one("kept", 0));
}

#[test]
fn what_is_for_one_device_waits_for_that_device_alone() {
    let mut world = World::new();
    let (alice, phone) = (world.join("alice", 1), world.join("bob", 2));
    world.leave(phone);
    world.send_device(alice, "bob", 2, &letter("for the phone").ver(9));
    world.send(alice, &["bob"], &letter("for bob").ver(1));
    world.pass(100);

    assert_eq!(texts(&mut world, "bob", 3), one("for bob", 100));
    let phone = world.join("bob", 2);
    let messages = world.messages(phone);
    let seen: Vec<_> = messages.iter().map(|m| (m.body.as_deref(), m.to_users, m.dwell)).collect();
    assert_eq!(seen, [(Some("for bob"), true, 100), (Some("for the phone"), false, 100)]);
}

#[test]
fn what_is_for_one_device_is_not_kept_while_it_is_there() {
    let mut world = World::new();
    let (alice, phone) = (world.join("alice", 1), world.join("bob", 2));
    world.send_device(alice, "bob", 2, &letter("you"));
    world.leave(phone);
    world.send_device(alice, "bob", 2, &letter("you, later").about(2));
    assert_eq!(texts(&mut world, "bob", 2), one("you, later", 0));
    assert_eq!(texts(&mut world, "bob", 2), [], "and once handed over it is gone");
}

#[test]
fn a_question_to_a_device_that_is_away_is_counted_as_lost() {
    let mut world = World::new();
    let (alice, phone) = (world.join("alice", 1), world.join("bob", 2));
    world.leave(phone);
    world.send_device(alice, "bob", 2, &letter("are you there?").ttl(0));
    assert_eq!(texts(&mut world, "bob", 2), []);
    assert_eq!(world.stats().device_offline, 1);
}

#[test]
fn a_sender_does_not_get_its_own_words_back() {
    let mut world = World::new();
    let desk = world.join("alice", 1);
    world.send(desk, &["alice"], &letter("mine"));
    world.join_run("alice", 1, 2);
    assert_eq!(world.stats().handed_over, 0);
    assert_eq!(texts(&mut world, "alice", 2), one("mine", 0));
}

#[test]
fn a_link_that_says_hello_again_gets_it_again() {
    let mut world = World::new();
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.send(alice, &["bob"], &letter("ring"));
    assert_eq!(world.read(bob), one("ring", 0));
    world.hello(bob, "bob", Device { id: 2, epoch: 1 }, 4096, "");
    world.next(bob);
    assert_eq!(world.read(bob), one("ring", 0));
    world.put(bob, &Frame::Ping(1));
    assert_eq!(world.all(bob).len(), 1, "the link is as good as before");
}

#[test]
fn a_late_small_device_gets_the_notice_without_the_body() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter(&"x".repeat(500)));
    world.pass(50);
    let small = world.join_small("bob", 2, 256);
    assert_eq!(world.read(small), one("(none)", 50));
    assert_eq!(world.stats().without_body, 1);
}

#[test]
fn the_relay_keeps_nothing_longer_than_it_wants() {
    let mut world = World::with(Config { keep: 1_000, ..settled() });
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter("ring").ttl(u32::MAX));
    world.pass(1_000);
    assert_eq!(texts(&mut world, "bob", 2), []);
}

#[test]
fn what_is_kept_outlives_a_relay_that_remembers() {
    let mut world = World::new();
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter("ring"));
    world.pass(300);
    let mut world = world.restart(settled());
    assert_eq!(texts(&mut world, "bob", 2), one("ring", 300));
}

#[test]
fn the_oldest_goes_first_when_a_user_has_too_many() {
    let mut world = World::with(Config { kept: 2, ..settled() });
    let alice = world.join("alice", 1);
    for (sequence, text) in [(1, "one"), (2, "two"), (3, "three")] {
        world.send(alice, &["bob"], &letter(text).about(sequence));
    }
    world.send(alice, &["carol"], &letter("hers"));
    let left: Vec<String> = texts(&mut world, "bob", 2).into_iter().map(|(text, _)| text).collect();
    assert_eq!(left, ["two", "three"]);
    assert_eq!(texts(&mut world, "carol", 3), one("hers", 0));
    assert_eq!(world.stats().dropped_kept, 1);
}

#[test]
fn the_oldest_goes_first_when_a_users_bytes_are_too_many() {
    let mut world = World::with(Config { kept_bytes: 3_000, ..settled() });
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter(&"a".repeat(1_500)).about(1));
    world.send(alice, &["bob"], &letter(&"b".repeat(1_500)).about(2));
    let left = texts(&mut world, "bob", 2);
    assert_eq!(left, one(&"b".repeat(1_500), 0));
}

#[test]
fn the_oldest_goes_first_when_the_relay_is_full() {
    let mut world = World::with(Config { kept_bytes_total: 3_000, ..settled() });
    let alice = world.join("alice", 1);
    world.send(alice, &["bob"], &letter(&"a".repeat(1_500)).about(1));
    world.send(alice, &["carol"], &letter(&"b".repeat(1_500)).about(2));
    assert_eq!(texts(&mut world, "bob", 2), []);
    assert_eq!(texts(&mut world, "carol", 3).len(), 1);
    assert_eq!(world.stats().dropped_kept, 1);
}

#[test]
fn nobodys_junk_drives_out_what_others_sent() {
    let mut world = World::with(Config { kept: 3, ..settled() });
    let (alice, eve) = (world.join("alice", 1), world.join("eve", 9));
    world.send(alice, &["bob"], &letter("ring"));
    for sequence in 2..=9 {
        world.send(eve, &["bob"], &letter(&format!("junk {sequence}")).about(sequence));
    }
    let there: Vec<String> = texts(&mut world, "bob", 2).into_iter().map(|(text, _)| text).collect();
    assert_eq!(there, ["ring", "junk 8", "junk 9"]);
}

#[test]
fn nobodys_junk_for_others_drives_out_what_is_kept_for_bob() {
    let mut world = World::with(Config { kept_bytes_total: 10_000, ..settled() });
    let (alice, eve) = (world.join("alice", 1), world.join("eve", 9));
    world.send(alice, &["bob"], &letter("ring"));
    for nobody in 0..100 {
        world.send(eve, &[&format!("nobody {nobody}")], &letter(&"x".repeat(500)));
    }
    assert_eq!(texts(&mut world, "bob", 2), one("ring", 0));
    assert_eq!(texts(&mut world, "nobody 99", 3).len(), 1, "her own older ones went");
}

#[test]
fn what_is_too_large_to_be_kept_is_not_called_kept() {
    let mut world = World::with(Config { kept_bytes: 1_000, ..settled() });
    let (alice, bob) = (world.join("alice", 1), world.join("bob", 2));
    world.leave(bob);
    assert_eq!(world.reach(alice, "bob", &letter(&"x".repeat(600))), runs(&[]));
    assert_eq!((world.stats().kept, world.stats().dropped_kept), (0, 1));
    assert_eq!(world.reach(alice, "bob", &letter("hi")), runs(&[2]));
}
