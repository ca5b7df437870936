//! Two devices without a relay, over datagrams that get lost.

mod world;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Poll, Waker};

use adapter_embassy::{Datagrams, Identity, LinkState, PeerError, UserId};
use embassy_futures::select::select;
use embassy_time::Timer;
use signaling_relay::Insecure;
use world::{Endless, Small, World, identity, now, ready, turns};

/// One direction between two devices.
#[derive(Default)]
struct Lane {
    datagrams: VecDeque<Vec<u8>>,
    waker: Option<Waker>,
    sent: u32,
    /// Which of what is sent gets lost.
    loss: Option<fn(u32) -> bool>,
}

#[derive(Clone, Default)]
struct Path {
    to: Rc<RefCell<Lane>>,
    from: Rc<RefCell<Lane>>,
}

impl Datagrams for Path {
    async fn send(&mut self, peer: usize, datagram: &[u8]) {
        assert_eq!(peer, 0);
        let mut lane = self.to.borrow_mut();
        lane.sent += 1;
        if lane.loss.is_some_and(|lost| lost(lane.sent)) {
            return;
        }
        lane.datagrams.push_back(datagram.to_vec());
        lane.waker.take().into_iter().for_each(Waker::wake);
    }

    async fn receive(&mut self, buf: &mut [u8]) -> (usize, usize) {
        std::future::poll_fn(|cx| {
            let mut lane = self.from.borrow_mut();
            let Some(datagram) = lane.datagrams.pop_front() else {
                lane.waker = Some(cx.waker().clone());
                return Poll::Pending;
            };
            buf[..datagram.len()].copy_from_slice(&datagram);
            Poll::Ready((datagram.len(), 0))
        })
        .await
    }
}

/// Two devices, each the other's peer, and the way from the first to the second and back.
fn pair(world: &mut World) -> ([world::Board; 2], Path) {
    pair_of(world, identity("bob", 2))
}

/// The same; the second may be another one than the first means.
fn pair_of(world: &mut World, second: Identity) -> ([world::Board; 2], Path) {
    let path = Path::default();
    let back = Path { to: Rc::clone(&path.from), from: Rc::clone(&path.to) };
    let door = world.direct(identity("door", 1), "bob", path.clone());
    let bob = world.direct(second, "door", back);
    ([door, bob], path)
}

#[test]
fn two_devices_ring_each_other() {
    let mut world = World::without_relay();
    let ([door, bob], _) = pair(&mut world);
    world.pass(500);
    assert_eq!((door.news(), bob.news()), (vec!["connected".into()], vec!["connected".into()]));
    let call = door.invites(&["bob"], 30_000);
    world.pass(5);
    assert_eq!(
        (door.news(), bob.news()),
        (vec!["delivered".into(), "bob rings on bob's".into()], vec!["new from door".into()])
    );
    bob.signaling.accept(call, b"").unwrap();
    world.pass(5);
    assert!(
        bob.was_told("confirmed") && door.was_told("bob accepted on bob's") && door.was_told("bob knows")
    );
}

#[test]
fn a_third_of_the_datagrams_may_get_lost() {
    let mut world = World::without_relay();
    let ([door, bob], path) = pair(&mut world);
    path.to.borrow_mut().loss = Some(|sent| sent % 3 == 0);
    path.from.borrow_mut().loss = Some(|sent| sent % 3 == 1);
    world.until(|| door.signaling.link() == LinkState::Up && bob.signaling.link() == LinkState::Up);
    let call = door.invites(&["bob"], 30_000);
    world.until(|| bob.was_told("new from door"));
    bob.signaling.accept(call, b"").unwrap();
    world.until(|| bob.was_told("confirmed") && door.was_told("bob accepted on bob's"));
}

#[test]
fn a_peer_that_falls_silent_is_told_and_time_limits_go_on() {
    let mut world = World::without_relay();
    let ([door, bob], path) = pair(&mut world);
    world.pass(500);
    door.news();
    path.to.borrow_mut().loss = Some(|_| true);
    path.from.borrow_mut().loss = Some(|_| true);
    let (begin, _) = (now(), door.invites(&["bob"], 12_345));
    world.until(|| door.was_told("timed out bob"));
    assert_eq!(now() - begin, 12_345);
    assert!(door.was_told("lost(silent)") && !bob.was_told("new from door"));
}

#[test]
fn who_leaves_its_peers_for_a_line_to_a_relay_says_hello_there() {
    let mut world = World::new();
    let (path, carol) = (Path::default(), world.board(identity("carol", 3)));
    let mut back = Path { to: Rc::clone(&path.from), from: Rc::clone(&path.to) };
    let _bob = world.direct(identity("bob", 2), "door", path);
    let (mut runner, door) = world.at_rest(identity("door", 1));
    let (_, down, up) = world.line();
    world.spawn(async move {
        let peers = [UserId::new("bob").unwrap()];
        select(runner.run_direct(&peers, &mut back), Timer::after_millis(1_000)).await;
        runner.run(down, up).await;
    });
    world.pass(999);
    assert_eq!((door.news(), door.signaling.link()), (vec!["connected".into()], LinkState::Up));
    world.stop_relay();
    world.pass(500);
    assert_eq!((door.news(), door.signaling.link()), (vec!["lost(broken)".into()], LinkState::Connecting));
    world.relay(Insecure);
    world.until(|| door.was_told("connected"));
    let call = door.invites(&["carol"], 30_000);
    world.until(|| carol.was_told("new from door"));
    carol.signaling.accept(call, b"").unwrap();
    world.until(|| door.was_told("carol accepted on carol's"));
}

#[test]
fn an_idle_device_wakes_for_pings_only() {
    let mut world = World::without_relay();
    let ([_door, _bob], _) = pair(&mut world);
    world.pass(500);
    let wakes = world.wakes;
    world.pass(300_000);
    // Each pings each 3 s and answers the other's: 200 pings, each sent, answered and heard.
    assert!((200..=4 * 200).contains(&(world.wakes - wakes)), "{}", world.wakes - wakes);
}

#[test]
fn a_peer_that_cannot_be_one_is_told() {
    let mut world = World::without_relay();
    let ([door, bob], _) = pair_of(&mut world, identity("bob", 1));
    let ([other, _], _) = pair_of(&mut world, identity("carol", 3));
    world.pass(55_000);
    assert_eq!(
        (door.news(), bob.news()),
        (vec!["lost(samedevice { peer: 0 })".into()], vec!["lost(samedevice { peer: 0 })".into()])
    );
    assert_eq!(other.news(), ["lost(stranger { peer: 0 })"]);
    world.pass(60_000);
    assert_eq!((door.news(), other.news()), (vec![], vec![]), "once");
}

#[test]
fn datagrams_without_a_pause_are_counted_and_keep_nobody_waiting() {
    let mut world = World::without_relay();
    let (mut runner, door) = world.at_rest(identity("door", 1));
    let bob = [UserId::new("bob").unwrap()];
    turns(20, runner.run_direct(&bob, &mut Endless::new(b"noise")));
    assert!(door.signaling.line().malformed > 0);
}

#[test]
fn the_same_peer_twice_is_refused() {
    let _world = World::without_relay();
    let (signaling, mut runner, mut events) =
        Box::leak(Box::new(Small::new())).start(identity("door", 1)).unwrap();
    let bob = UserId::new("bob").unwrap();
    let peers = [bob.clone(), bob];
    assert_eq!(ready(runner.run_direct(&peers, &mut Path::default())), Some(Err(PeerError::Repeated)));
    assert!(ready(events.next()).is_none() && signaling.link() == LinkState::Connecting);
}
