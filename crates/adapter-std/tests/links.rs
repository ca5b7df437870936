//! The link: made again, refused, replaced, silent; groups over it.

mod world;

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Wake};
use std::time::Duration;

use adapter_std::{
    CancelError, Client, Clock, Device, GroupAnswer, GroupError, InviteOptions, LinkError, LinkEvent,
    LinkState, Refusal, Slot, State, TokioClock,
};
use tokio::time::Instant;
use world::{Notes, SILENCE, World, after, ring, until_link};

#[tokio::test(start_paused = true)]
async fn a_lost_link_is_told_once_and_made_again_soon() {
    let world = World::new();
    let alice = world.builder("alice").build().unwrap();
    let mut events = alice.events();
    assert_eq!(alice.link(), LinkState::Idle);
    alice.connect();
    assert!(matches!(until_link(&mut events).await, LinkEvent::Connected));
    world.cut().await;
    assert!(matches!(until_link(&mut events).await, LinkEvent::Lost(LinkError::Closed)));
    after(20_000).await;
    world.mend();
    let mended = Instant::now();
    assert!(matches!(until_link(&mut events).await, LinkEvent::Connected), "told once");
    assert!(mended.elapsed() <= Duration::from_millis(6_100), "5 s and a fifth is the longest pause");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_even_when_the_link_was_lost_before() {
    let world = World::new();
    let alice = world.client("alice").await;
    let mut events = alice.events();
    world.cut().await;
    assert!(matches!(until_link(&mut events).await, LinkEvent::Lost(LinkError::Closed)));
    world.hub().shut = Some(Refusal::Device);
    world.mend();
    assert!(matches!(until_link(&mut events).await, LinkEvent::Lost(LinkError::Refused(Refusal::Device))));
    after(20_000).await;
    world.hub().shut = None;
    assert!(matches!(until_link(&mut events).await, LinkEvent::Connected), "each refusal is told once");
}

#[tokio::test(start_paused = true)]
async fn who_knows_that_the_network_is_back_need_not_wait() {
    let world = World::new();
    let alice = world.client("alice").await;
    world.cut().await;
    after(20_000).await;
    world.mend();
    let mended = Instant::now();
    alice.connect();
    assert_eq!(alice.connected().await, LinkState::Up);
    assert!(mended.elapsed() <= Duration::from_millis(50), "{:?}", mended.elapsed());
}

/// Asks for a link whenever something becomes of it.
struct Eager(Client);

impl Wake for Eager {
    fn wake(self: Arc<Self>) {
        self.0.connect();
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_in_the_moment_of_the_loss_need_not_wait() {
    let world = World::new();
    let attempts = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&attempts);
    let token = move || {
        count.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, std::convert::Infallible>(String::new()) }
    };
    let alice = world.connect(world.builder("alice").token_provider(token)).await;
    world.cut().await;
    after(20_000).await;
    let before = attempts.load(Ordering::Relaxed);
    let eager = Arc::new(Eager(alice.clone())).into();
    let mut waits = pin!(alice.connected());
    assert!(waits.as_mut().poll(&mut Context::from_waker(&eager)).is_pending());
    while attempts.load(Ordering::Relaxed) == before {
        after(10).await;
    }
    after(10).await;
    assert_eq!(attempts.load(Ordering::Relaxed), before + 2, "the pause is 5 s else");
}

#[tokio::test(start_paused = true)]
async fn to_connect_again_takes_no_link_from_anybody_later() {
    let world = World::new();
    let device = Device { id: 7, epoch: 1 };
    let first = world.connect(world.builder("alice").state(State::provisioned(device))).await;
    world.cut().await;
    world.mend();
    first.connect();
    first.connect();
    assert_eq!(first.connected().await, LinkState::Up);
    let second = world.builder("alice").state(State::provisioned(device)).build().unwrap();
    second.connect();
    after(20_000).await;
    assert_eq!(first.link(), LinkState::Replaced);
    assert_eq!(second.link(), LinkState::Up);
}

#[tokio::test(start_paused = true)]
async fn the_first_retry_is_fast() {
    let world = World::new();
    let alice = world.client("alice").await;
    world.cut().await;
    world.mend();
    let cut = Instant::now();
    assert!(matches!(alice.link(), LinkState::Connecting(Some(LinkError::Closed))));
    assert_eq!(alice.connected().await, LinkState::Up);
    assert!(cut.elapsed() <= Duration::from_millis(150));
}

#[tokio::test(start_paused = true)]
async fn a_silent_relay_is_left() {
    let world = World::new();
    let alice = world.client("alice").await;
    let mut events = alice.events();
    after(10 * u64::from(SILENCE)).await;
    assert_eq!(alice.link(), LinkState::Up, "pings keep it up");
    assert!(world.hub().pings >= 29);
    world.hub().mute = true;
    let mute = Instant::now();
    assert!(matches!(until_link(&mut events).await, LinkEvent::Lost(LinkError::Silent)));
    assert!(mute.elapsed() <= Duration::from_millis(u64::from(SILENCE) + 100));
}

#[tokio::test(start_paused = true)]
async fn who_knows_that_the_network_is_another_finds_out_whether_the_link_still_is_one() {
    let world = World::new();
    let alice = world.client("alice").await;
    let mut events = alice.events();
    alice.connect();
    alice.connect();
    after(5_000).await;
    assert_eq!((alice.link(), world.hub().hellos), (LinkState::Up, 1), "a good one stays");
    world.hub().mute = true;
    alice.connect();
    let changed = Instant::now();
    assert!(matches!(until_link(&mut events).await, LinkEvent::Lost(LinkError::Silent)));
    world.hub().mute = false;
    assert!(matches!(until_link(&mut events).await, LinkEvent::Connected));
    assert!(changed.elapsed() <= Duration::from_millis(3_200), "{:?}", changed.elapsed());
}

/// A machine that can be suspended: tokio's time stands still then, this clock does not.
#[derive(Clone, Debug, Default)]
struct Laptop(Arc<AtomicU64>, TokioClock);

impl Laptop {
    fn sleep(&self, hours: u64) {
        self.0.fetch_add(hours * 3_600_000, Ordering::Relaxed);
    }
}

impl Clock for Laptop {
    fn now(&self) -> u64 {
        self.1.now() + self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn a_suspend_counts_for_time_limits_and_links() {
    let world = World::new();
    let laptop = Laptop::default();
    let alice = world.connect(world.builder("alice").clock(laptop.clone())).await;
    let mut events = alice.events();
    let call = alice.signaling().invite("bob", "", &InviteOptions::timeout_seconds(3_600)).unwrap();
    call.delivered().await.unwrap();
    let before = Instant::now();
    world.hub().mute = true;
    laptop.sleep(2);
    assert_eq!(call.ended().await.unwrap().invitees[0].outcome, Slot::TimedOut);
    assert!(before.elapsed() <= Duration::from_secs(1), "the clock is read each second");
    assert!(matches!(until_link(&mut events).await, LinkEvent::Lost(LinkError::Silent)));
    assert!(before.elapsed() <= Duration::from_millis(u64::from(SILENCE) / 3 + 100));
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_a_suspend_comes_after_the_time_limit() {
    let world = World::new();
    let laptop = Laptop::default();
    let alice = world.connect(world.builder("alice").clock(laptop.clone())).await;
    let bob = world.client("bob").await;
    let mut rings = bob.events();
    let call = alice.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
    let id = ring(&mut rings).await;
    after(500).await;
    laptop.sleep(2);
    drop(bob.signaling().accept(id, "yes"));
    assert_eq!(call.ended().await.unwrap().invitees[0].outcome, Slot::TimedOut);

    let call = alice.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
    after(500).await;
    laptop.sleep(2);
    assert_eq!(call.cancel("never mind").unwrap_err(), CancelError::Over.into());
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_says_nothing_is_given_up() {
    let world = World::new();
    world.hub().mute = true;
    let alice = world.builder("alice").build().unwrap();
    let mut events = alice.events();
    alice.connect();
    assert!(matches!(until_link(&mut events).await, LinkEvent::Lost(LinkError::NoAnswer)));
}

#[tokio::test(start_paused = true)]
async fn a_replaced_client_stays_away_until_told_to_connect() {
    let world = World::new();
    let device = Device { id: 5, epoch: 1 };
    let first = world.connect(world.builder("alice").state(State::provisioned(device))).await;
    let mut events = first.events();
    let again = Device { epoch: 2, ..device };
    let second = world.connect(world.builder("alice").state(State::provisioned(again))).await;
    assert!(matches!(until_link(&mut events).await, LinkEvent::Replaced));
    after(60_000).await;
    assert_eq!((first.link(), second.link()), (LinkState::Replaced, LinkState::Up));
    assert_eq!(world.hub().hellos, 2);
    first.connect();
    assert_eq!(first.connected().await, LinkState::Up);
    assert_eq!(second.connected().await, LinkState::Replaced);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_told_and_a_new_one_is_asked_for() {
    let world = World::new();
    world.hub().tokens = Some(HashSet::from(["good".to_owned()]));
    let asked = Arc::new(AtomicU32::new(0));
    let tokens = Arc::clone(&asked);
    let alice = world.builder("alice").token_provider(move || {
        let time = tokens.fetch_add(1, Ordering::Relaxed);
        async move {
            ["old", "forged"].get(time as usize).map_or(Ok("good".into()), |t| Ok::<_, String>((*t).into()))
        }
    });
    let alice = alice.build().unwrap();
    let notes = Notes::default();
    alice.signaling().add_signaling_listener(notes.clone());
    alice.connect();
    assert_eq!(alice.connected().await, LinkState::Up);
    after(10).await;
    let refused = |why: Refusal| format!("token refused: {why}");
    assert_eq!(notes.take(), [refused(Refusal::Expired), refused(Refusal::Token), "connected".into()]);
    assert_eq!(world.hub().seen_tokens, ["old", "forged", "good"]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_without_a_token_is_asked_again() {
    let world = World::new();
    let alice = world.builder("alice").token_provider(|| async { Err::<String, _>("the file is gone") });
    let alice = alice.build().unwrap();
    let mut events = alice.events();
    alice.connect();
    let LinkEvent::Lost(error) = until_link(&mut events).await else { panic!("not lost") };
    assert_eq!(error, LinkError::NoToken("the file is gone".into()));
    assert_eq!(world.hub().hellos, 0);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_never_answers_is_asked_again() {
    let world = World::new();
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let alice = world.builder("alice").token_provider(move || {
        let first = count.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if first {
                std::future::pending::<()>().await;
            }
            Ok::<_, String>(String::new())
        }
    });
    let alice = alice.build().unwrap();
    let mut events = alice.events();
    alice.connect();
    let told = tokio::time::timeout(Duration::from_secs(60), until_link(&mut events)).await;
    assert!(matches!(told, Ok(LinkEvent::Lost(LinkError::NoToken(_)))), "{told:?}");
    assert_eq!(alice.connected().await, LinkState::Up);
}

#[tokio::test(start_paused = true)]
async fn a_device_without_an_epoch_draws_one_at_its_first_welcome() {
    let world = World::new();
    let blank = State::provisioned(Device { id: 9, epoch: 0 });
    let alice = world.builder("alice").state(blank).build().unwrap();
    assert!(alice.signaling().invite("bob", "", &InviteOptions::default()).is_err(), "no epoch yet");
    alice.connect();
    assert_eq!(alice.connected().await, LinkState::Up);
    assert_eq!(alice.device(), Device { id: 9, epoch: 0x0707_0707 });
    assert_eq!(world.hub().hellos, 2);
    alice.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn groups_are_asked_for_over_the_link() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    alice.create_group("team").await.unwrap();
    bob.join_group("team").await.unwrap();
    let members = alice.group_members("team").await.unwrap();
    assert_eq!(members.iter().map(adapter_std::UserId::as_str).collect::<Vec<_>>(), ["alice", "bob"]);
    bob.leave_group("team").await.unwrap();
    assert_eq!(alice.group_members("team").await.unwrap().len(), 1);
    let no = bob.join_group("nowhere").await.unwrap_err();
    let group = "nowhere".parse().unwrap();
    assert_eq!(no, GroupError::Refused { group, answer: GroupAnswer::Unknown });
    assert_eq!(bob.join_group("").await.unwrap_err().code(), Some(6017));
}

#[tokio::test(start_paused = true)]
async fn group_calls_end_with_the_link() {
    let world = World::new();
    let alice = world.builder("alice").build().unwrap();
    assert_eq!(alice.create_group("team").await, Err(GroupError::NotConnected));
    alice.connect();
    alice.connected().await;
    world.hub().mute = true;
    let lost = tokio::join!(alice.create_group("team"), async {
        after(50).await;
        world.cut().await;
    });
    assert_eq!(lost.0, Err(GroupError::LinkLost));
    alice.close().await;
    assert_eq!(alice.create_group("team").await, Err(GroupError::Closed));
}

#[tokio::test(start_paused = true)]
async fn groups_are_joined_again_at_each_welcome() {
    let world = World::new();
    let alice = world.client("alice").await;
    alice.create_group("kept").await.unwrap();
    alice.create_group("left").await.unwrap();
    alice.create_group("gone").await.unwrap();
    alice.leave_group("left").await.unwrap();
    let mut events = alice.events();
    world.cut().await;
    world.hub().groups = ["kept", "left"].map(|group| (group.into(), HashSet::new())).into();
    world.mend();
    assert!(matches!(until_link(&mut events).await, LinkEvent::Lost(_)));
    assert!(matches!(until_link(&mut events).await, LinkEvent::Connected));
    let LinkEvent::GroupLost(lost) = until_link(&mut events).await else { panic!("not lost") };
    assert_eq!(lost.as_str(), "gone");
    after(100).await;
    let hub = world.hub();
    assert!(hub.groups["kept"].contains("alice") && hub.groups["left"].is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_wants_to_leave_a_group_is_not_brought_back() {
    let world = World::new();
    let alice = world.client("alice").await;
    alice.create_group("team").await.unwrap();
    world.hub().mute = true;
    let left = tokio::join!(alice.leave_group("team"), async {
        after(50).await;
        world.cut().await;
    });
    assert_eq!(left.0, Err(GroupError::LinkLost));
    // The relay had heard it, all the same.
    world.hub().groups = [("team".into(), HashSet::new())].into();
    world.hub().mute = false;
    world.mend();
    assert_eq!(alice.connected().await, LinkState::Up);
    after(100).await;
    assert!(world.hub().groups["team"].is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_survives_the_link() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let mut rings = bob.events();
    let call = alice.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
    let id = ring(&mut rings).await;
    world.cut().await;
    after(1_000).await;
    let answer = bob.signaling().accept(id, "yes");
    after(3_000).await;
    world.mend();
    assert_eq!(answer.await, Ok(adapter_std::Answered::Confirmed));
    assert_eq!(call.ended().await.unwrap().invitees[0].data.as_str(), Ok("yes"));
}
