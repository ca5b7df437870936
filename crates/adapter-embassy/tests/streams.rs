//! Streams to a relay that end, fall silent and cannot be made, and groups that are joined with each link.

mod world;

use std::rc::Rc;

use adapter_embassy::{GroupId, Identity, Invite, LinkState};
use embassy_futures::select::select;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use signaling_relay::Insecure;
use world::{Board, Endless, SILENCE, World, framed, identity, now, turns};

fn member(user: &str, id: u64) -> Identity {
    Identity { group: Some(GroupId::new("home").unwrap()), ..identity(user, id) }
}

fn invites_home(door: &Board, invitees: &[&str]) {
    let group = door.signaling.group();
    let group = group.as_ref().map(GroupId::as_str);
    let invite = Invite { invitees, group, timeout: Some(30_000), ..Invite::default() };
    door.signaling.invite(&invite).unwrap();
}

#[test]
fn a_device_on_a_stream_rings_one_on_a_line() {
    let mut world = World::new();
    let [bob] = world.boards(["bob"]);
    let (door, dial) = world.streaming(identity("door", 9));
    world.pass(5);
    let call = door.invites(&["bob"], 30_000);
    world.pass(5);
    bob.signaling.accept(call, b"").unwrap();
    world.until(|| door.was_told("bob accepted on bob's") && bob.was_told("confirmed"));
    assert_eq!(dial.attempts.get(), 1);
}

#[test]
fn a_relay_that_cannot_be_reached_is_tried_slowly_until_it_can() {
    let mut world = World::new();
    let (door, dial) = world.streaming(identity("door", 9));
    dial.reachable.set(false);
    world.pass(60_000);
    assert_eq!(door.news(), ["lost(unreachable)"]);
    assert!((13..=20).contains(&dial.attempts.get()), "{}", dial.attempts.get());
    dial.reachable.set(true);
    world.pass(6_000);
    assert_eq!(door.news(), ["connected"]);
}

#[test]
fn a_time_limit_ends_while_there_is_no_stream() {
    let mut world = World::new();
    let (door, dial) = world.streaming(identity("door", 9));
    dial.reachable.set(false);
    world.pass(1_000);
    let (begin, _) = (now(), door.invites(&["bob"], 7_000));
    world.until(|| door.was_told("timed out bob"));
    assert_eq!(now() - begin, 7_000);
}

#[test]
fn a_stream_that_ends_while_it_rings_is_made_anew() {
    let mut world = World::new();
    let [bob] = world.boards(["bob"]);
    let (door, dial) = world.streaming(identity("door", 9));
    world.pass(5);
    let call = door.invites(&["bob"], 30_000);
    world.pass(5);
    dial.reachable.set(false);
    world.cut(&door, true);
    world.pass(5_000);
    bob.signaling.accept(call, b"").unwrap();
    dial.reachable.set(true);
    world.until(|| door.was_told("bob accepted on bob's") && bob.was_told("confirmed"));
    assert!(now() < 12_000, "{}", now());
    assert!(door.was_told("lost(broken)"));
}

#[test]
fn a_relay_that_falls_silent_costs_the_stream() {
    let mut world = World::new();
    let (door, dial) = world.streaming(identity("door", 9));
    world.pass(5);
    world.stop_relay();
    world.pass(SILENCE + 300);
    assert_eq!((door.news(), dial.attempts.get()), (vec!["connected".into(), "lost(silent)".into()], 2));
    world.relay(Insecure);
    world.pass(10_100);
    assert_eq!(door.news(), ["connected"], "on the same stream, or another after 10 s without an answer");
}

#[test]
fn a_frame_that_is_too_long_is_passed_over() {
    let mut world = World::new();
    let [bob] = world.boards(["bob"]);
    let (door, dial) = world.streaming(identity("door", 9));
    world.pass(5);
    world.inject(&door, framed(&[9; 600]));
    world.inject(&door, framed(b"\x07\x07 of no version"));
    world.inject(&door, framed(b""));
    let line = door.signaling.line();
    assert_eq!((line.too_long, line.malformed, line.garbled), (1, 2, 0));
    bob.invites(&["door"], 3_000);
    world.pass(5);
    assert!(door.was_told("new from bob") && dial.attempts.get() == 1);
}

#[test]
fn a_stream_that_never_pauses_keeps_nobody_waiting() {
    let mut world = World::without_relay();
    // Frames that are none, and one of 4 GB.
    for what in [framed(b"\x07"), vec![0xf0]] {
        let (mut runner, door) = world.at_rest(identity("door", 9));
        turns(20, runner.run_over(&mut Endless::new(&what)));
        let line = door.signaling.line();
        assert!(line.malformed + line.too_long > 0);
    }
}

#[test]
fn who_was_replaced_makes_no_stream_until_asked() {
    let mut world = World::new();
    let (old, dial) = world.streaming(identity("door", 9));
    world.pass(5);
    let _new = world.board(identity("door", 9));
    world.pass(60_000);
    assert_eq!((old.signaling.link(), dial.attempts.get()), (LinkState::Replaced, 1));
    old.signaling.connect();
    world.pass(5);
    assert_eq!((old.signaling.link(), dial.attempts.get()), (LinkState::Up, 2));
}

#[test]
fn a_runner_that_was_dropped_runs_again_over_another_stream() {
    let mut world = World::new();
    let (mut runner, door) = world.at_rest(identity("door", 9));
    let (mut first, mut second) = (world.dial(), world.dial());
    let swap = Rc::new(Signal::<NoopRawMutex, ()>::new());
    let swapped = Rc::clone(&swap);
    world.spawn(async move {
        select(runner.run_over(&mut first), swapped.wait()).await;
        runner.run_over(&mut second).await;
    });
    world.pass(5);
    assert_eq!(door.news(), ["connected"]);
    swap.signal(());
    world.pass(500);
    assert_eq!(door.news(), ["lost(broken)", "connected"]);
}

#[test]
fn a_group_is_made_by_who_comes_first_and_rings_everybody_in_it() {
    let mut world = World::new();
    let (door, _) = world.streaming(member("door", 1));
    let (bob, carol) = (world.board(member("bob", 2)), world.board(member("carol", 3)));
    world.pass(10);
    invites_home(&door, &["bob", "carol"]);
    world.pass(10);
    assert!(bob.was_told("new from door") && carol.was_told("new from door"));
}

#[test]
fn a_group_is_joined_again_after_a_relay_that_forgot_it() {
    let mut world = World::new();
    let (door, _) = world.streaming(member("door", 1));
    let bob = world.board(member("bob", 2));
    world.pass(10);
    world.relay(Insecure);
    world.until(|| door.was_told("lost(refused(hello))"));
    world.pass(1_000);
    invites_home(&door, &["bob"]);
    world.pass(10);
    assert!(bob.was_told("new from door"));
}

#[test]
fn who_is_not_in_the_group_does_not_ring() {
    let mut world = World::new();
    let (door, _) = world.streaming(member("door", 1));
    let mallory = world.board(identity("mallory", 2));
    world.pass(10);
    invites_home(&door, &["mallory"]);
    world.pass(100);
    assert!(door.was_told("mallory rejected") && !mallory.was_told("new from door"));
}
