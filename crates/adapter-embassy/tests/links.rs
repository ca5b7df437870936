//! Lines that are noisy, cut and silent, relays that come and go, and a device that sleeps in between.

mod world;

use std::rc::Rc;

use adapter_embassy::{Device, Identity, Invite, InviteError, Label, LinkState, Refusal, StartError, UserId};
use embassy_futures::select::select;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use signaling_core::wire::line::encode;
use signaling_relay::{Authenticator, Insecure};
use world::{Endless, SILENCE, Small, Wire, World, identity, now, ready, turns};

#[test]
fn hello_is_said_until_a_relay_comes() {
    let mut world = World::without_relay();
    let door = world.board(identity("door", 1));
    world.pass(13_000);
    assert_eq!(door.news(), ["lost(noanswer)"]);
    world.relay(Insecure);
    world.pass(6_000);
    assert_eq!(door.news(), ["connected"]);
}

#[test]
fn a_device_without_an_epoch_draws_one_from_the_welcome() {
    let mut world = World::new();
    let door = world.board(Identity::new(UserId::new("door").unwrap(), Device { id: 1, epoch: 0 }));
    let early =
        door.signaling.invite(&Invite { invitees: &["bob"], timeout: Some(1_000), ..Invite::default() });
    assert_eq!(early, Err(InviteError::NoEpoch));
    world.pass(5);
    assert_eq!(door.news(), ["connected"]);
    assert_ne!(door.signaling.device().epoch, 0);
    door.invites(&["bob"], 1_000);
    world.pass(5);
    assert_eq!(door.news(), ["delivered"]);
}

#[test]
fn who_waits_for_the_link_wakes_when_it_is_up() {
    let mut world = World::without_relay();
    let door = world.board(identity("door", 1));
    world.pass(1);
    assert_eq!(ready(door.signaling.connected()), None);
    let signaling = door.signaling;
    world.spawn(async move {
        assert_eq!(signaling.connected().await, LinkState::Up);
        signaling.invite(&Invite { invitees: &["bob"], timeout: Some(1_000), ..Invite::default() }).unwrap();
    });
    world.pass(100);
    world.relay(Insecure);
    world.until(|| door.was_told("delivered"));
}

/// One byte in 300 is garbled: about each third frame.
#[test]
fn a_call_over_a_noisy_line_ends_in_agreement() {
    let mut world = World::new();
    let [door, bob] = world.boards(["door", "bob"]);
    world.noise = |byte| byte % 300 == 0;
    for turn in 1..=20 {
        let call = door.invites(&["bob"], 30_000);
        world.until(|| bob.told.borrow().iter().any(|line| line == "new from door"));
        bob.signaling.accept(call, b"").unwrap();
        world.until(|| door.was_told("bob accepted on bob's") && bob.was_told("confirmed"));
        assert!(!bob.was_told("overruled"), "turn {turn}");
        world.until(|| door.signaling.status(call).is_none());
        door.news();
        bob.news();
    }
    let garbled = door.signaling.line().garbled + bob.signaling.line().garbled;
    assert!(garbled > 20, "{garbled}");
}

#[test]
fn noise_and_strange_frames_are_counted_and_harm_nothing() {
    let mut world = World::new();
    let [door, bob] = world.boards(["door", "bob"]);
    world.inject(&bob, (0..2_000).map(|at| (at % 256) as u8));
    world.inject(&bob, encode(&[9; 600]));
    world.inject(&bob, encode(b"\x07\x07 of no version"));
    world.inject(&bob, encode(b""));
    let line = bob.signaling.line();
    assert!(line.garbled > 5, "{line:?}");
    assert_eq!((line.too_long, line.malformed), (1, 2));
    door.invites(&["bob"], 3_000);
    world.pass(5);
    assert_eq!(bob.news(), ["new from door"]);
}

#[test]
fn a_line_that_is_cut_while_it_rings_takes_nothing_away() {
    let mut world = World::new();
    let [door, bob] = world.boards(["door", "bob"]);
    let call = door.invites(&["bob"], 30_000);
    world.pass(5);
    door.news();
    bob.news();
    world.cut(&bob, true);
    world.pass(5_000);
    assert_eq!(bob.news(), ["lost(broken)"]);
    bob.signaling.accept(call, b"").unwrap();
    world.cut(&bob, false);
    world.until(|| door.was_told("bob knows"));
    assert!(now() < 12_000);
    assert_eq!(bob.news(), ["connected", "confirmed"]);
}

#[test]
fn an_overrun_costs_a_frame_and_not_the_link() {
    let mut world = World::new();
    let [door, bob] = world.boards(["door", "bob"]);
    world.overrun(&bob);
    door.invites(&["bob"], 3_000);
    world.pass(5);
    world.overrun(&bob);
    world.pass(5);
    assert_eq!(bob.news(), ["new from door"]);
    assert_eq!((bob.signaling.link(), bob.signaling.line().broken), (LinkState::Up, 2));
}

#[test]
fn a_line_that_never_pauses_keeps_nobody_waiting() {
    let mut world = World::without_relay();
    let (mut runner, door) = world.at_rest(identity("door", 1));
    turns(20, runner.run(Endless::new(&[7, 0]), Wire::default()));
    assert!(door.signaling.line().garbled > 0);
}

#[test]
fn whoever_rings_falls_silent_when_the_door_loses_its_power() {
    let mut world = World::new();
    let [door, bob] = world.boards(["door", "bob"]);
    door.invites(&["bob"], 120_000);
    world.pass(5);
    let begin = now();
    world.kill(&door);
    world.until(|| bob.was_told("ringingstopped"));
    assert!(now() - begin <= 10_000, "within the lease");
}

#[test]
fn a_relay_that_falls_silent_is_left_and_found_again() {
    let mut world = World::new();
    let [door] = world.boards(["door"]);
    world.stop_relay();
    world.pass(SILENCE + 10);
    assert_eq!(door.news(), ["lost(silent)"]);
    world.relay(Insecure);
    world.pass(6_000);
    assert_eq!(door.news(), ["connected"]);
}

#[test]
fn a_relay_that_started_anew_is_soon_told_who_we_are() {
    let mut world = World::new();
    let [door, bob] = world.boards(["door", "bob"]);
    world.relay(Insecure);
    world.pass(10_000);
    assert_eq!(door.news(), ["lost(refused(hello))"], "it waits 10 s for a Hello");
    bob.news();
    world.pass(300);
    assert_eq!((door.news(), bob.news()), (vec!["connected".into()], vec!["connected".into()]));
    door.invites(&["bob"], 3_000);
    world.pass(5);
    assert_eq!(bob.news(), ["new from door"]);
}

/// Lets nobody in.
struct Strict;

impl Authenticator for Strict {
    fn authenticate(&self, _user: &str, _device: u64, token: &str, _wall: u64) -> Result<(), Refusal> {
        if token == "open sesame" { Ok(()) } else { Err(Refusal::Token) }
    }

    fn is_insecure(&self) -> bool {
        false
    }
}

#[test]
fn a_token_that_is_not_taken_is_told_and_tried_again_slowly() {
    let mut world = World::without_relay();
    world.relay(Strict);
    let door = world.board(identity("door", 1));
    let guest = world.board(Identity { token: "open sesame", ..identity("guest", 2) });
    world.pass(20_000);
    let news = door.news();
    assert!(
        news.iter().all(|line| line == "tokenrefused(token)") && (4..7).contains(&news.len()),
        "{news:?}"
    );
    assert_eq!(guest.news(), ["connected"]);
}

#[test]
fn the_device_that_came_later_has_the_link_until_it_is_asked_back() {
    let mut world = World::new();
    let [old] = world.boards(["door"]);
    let new = world.board(identity("door", 1));
    world.pass(60_000);
    assert_eq!(old.news(), ["replaced"]);
    assert_eq!(ready(old.signaling.connected()), Some(LinkState::Replaced));
    old.signaling.connect();
    world.pass(5);
    assert_eq!(
        (old.news(), new.news()),
        (vec!["connected".into()], vec!["connected".into(), "replaced".into()])
    );
}

#[test]
fn an_idle_device_wakes_for_pings_only() {
    let mut world = World::new();
    let [_door] = world.boards(["door"]);
    world.pass(SILENCE);
    let wakes = world.wakes;
    world.pass(40 * SILENCE / 3);
    // Each of the 40 pings: time came, the ping was sent, the pong came.
    assert!((40..=4 * 40).contains(&(world.wakes - wakes)), "{}", world.wakes - wakes);
}

#[test]
fn a_device_without_a_link_wakes_for_hello_and_deadlines_only() {
    let mut world = World::without_relay();
    let door = world.board(identity("door", 1));
    world.pass(20_000);
    let wakes = world.wakes;
    door.invites(&["bob"], 60_000);
    world.pass(60_000);
    assert_eq!(door.news(), ["lost(noanswer)", "timed out bob", "ended"]);
    // A Hello each 4 to 6 s, and the resends of an invitation at 200 ms to 4 s, which find no link; each time
    // the runner keeps time, looks what to send, and keeps time again.
    assert!((60..3 * 40).contains(&(world.wakes - wakes)), "{}", world.wakes - wakes);
}

#[test]
fn a_runner_that_was_dropped_runs_again_over_another_line() {
    let mut world = World::new();
    let [bob] = world.boards(["bob"]);
    let memory = Box::leak(Box::new(Small::new()));
    let (door, mut runner, _events) = memory.start(identity("door", 9)).unwrap();
    let ((_, down, up), (_, other_down, other_up)) = (world.line(), world.line());
    let swap = Rc::new(Signal::<NoopRawMutex, ()>::new());
    let swapped = Rc::clone(&swap);
    world.spawn(async move {
        select(runner.run(down, up), swapped.wait()).await;
        runner.run(other_down, other_up).await;
    });
    world.pass(5);
    let call = door.invite(&Invite { invitees: &["bob"], timeout: Some(30_000), ..Invite::default() });
    world.pass(5);
    swap.signal(());
    world.pass(5);
    bob.signaling.accept(call.unwrap(), b"").unwrap();
    world.until(|| bob.was_told("confirmed"));
}

#[test]
fn a_token_that_no_frame_holds_is_refused_at_the_start() {
    let token = String::leak("t".repeat(433));
    let memory = Box::leak(Box::new(Small::new()));
    let Err(error) = memory.start(Identity { token, ..identity("door", 1) }) else { panic!("it started") };
    assert_eq!(error, StartError::TokenTooLong { limit: 432 });
    assert_eq!(error.to_string(), "the token is longer than 432 bytes: give the resources a larger FRAME");
}

#[test]
fn the_longest_token_and_names_make_a_hello_that_fits() {
    let mut world = World::without_relay();
    world.relay(Insecure);
    let token = String::leak("t".repeat(432));
    let user = UserId::new(&"u".repeat(32)).unwrap();
    let mut identity = Identity::new(user, Device { id: u64::MAX, epoch: u32::MAX });
    identity.label = Label::new(&"l".repeat(24)).unwrap();
    let door = world.board(Identity { token, ..identity });
    world.pass(5);
    assert_eq!(door.news(), ["connected"]);
}
