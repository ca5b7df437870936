//! Listeners and streams: several, removed, slow, and calling back.

mod world;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake};
use std::time::Duration;

use adapter_std::{
    Accepting, Client, Data, DeliveryError, Event, InviteId, InviteOptions, Signaling, SignalingListener,
    What,
};
use world::{Notes, World, after, ring, until};

fn seconds(limit: u32) -> InviteOptions {
    InviteOptions::timeout_seconds(limit)
}

#[tokio::test(start_paused = true)]
async fn listeners_are_added_before_connecting_and_removed() {
    let world = World::new();
    let alice = world.client("alice").await;
    let bob = world.builder("bob").build().unwrap();
    let (stays, leaves) = (Notes::default(), Notes::default());
    bob.signaling().add_signaling_listener(stays.clone());
    let listener = bob.signaling().add_signaling_listener(Arc::new(leaves.clone()));
    bob.connect();
    bob.connected().await;
    after(1).await;
    assert_eq!((stays.take(), leaves.take()), (vec!["connected".into()], vec!["connected".into()]));
    assert!(bob.signaling().remove_signaling_listener(listener));
    assert!(!bob.signaling().remove_signaling_listener(listener), "it is gone already");
    alice.signaling().invite("bob", "", &seconds(1)).unwrap().ended().await.unwrap();
    after(100).await;
    assert_eq!(stays.take(), ["alice invites bob: ", "timeout of bob"]);
    assert!(leaves.take().is_empty());
}

/// Accepts whatever comes, from inside the callback.
struct Eager(Signaling, Mutex<Vec<Accepting>>);

impl SignalingListener for Eager {
    fn on_receive_new_invitation(&self, id: InviteId, _: &str, _: Option<&str>, _: &[&str], _: &Data) {
        let answer = self.0.accept(id, "at once");
        assert_eq!(self.0.invitation(id).unwrap().inviter.as_str(), "alice");
        self.1.lock().unwrap().push(answer);
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_accepts_from_inside_its_callback() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let eager = Arc::new(Eager(bob.signaling(), Mutex::default()));
    bob.signaling().add_signaling_listener(Arc::clone(&eager));
    let call = alice.signaling().invite("bob", "", &seconds(5)).unwrap();
    assert_eq!(call.ended().await.unwrap().invitees[0].data.as_str(), Ok("at once"));
    let answer = eager.1.lock().unwrap().pop().unwrap();
    assert_eq!(answer.await, Ok(adapter_std::Answered::Confirmed));
}

/// Has the last handle of its client, and lets go of it when it is called; or closes the client, and waits for that.
struct Leaves(Mutex<Option<Client>>, bool);

impl SignalingListener for Leaves {
    fn on_receive_new_invitation(&self, _: InviteId, _: &str, _: Option<&str>, _: &[&str], _: &Data) {
        let client = self.0.lock().unwrap().take().expect("it is called once");
        if self.1 {
            tokio::runtime::Handle::current().block_on(client.close());
        }
    }
}

#[tokio::test]
async fn a_listener_may_close_its_client_or_drop_it() {
    let world = World::new();
    let alice = world.client("alice").await;
    for closes in [true, false] {
        let bob = world.client("bob").await;
        let mut events = bob.events();
        let signaling = bob.signaling();
        signaling.add_signaling_listener(Leaves(Mutex::new(Some(bob)), closes));
        drop(signaling);
        let _call = alice.signaling().invite("bob", "", &seconds(5)).unwrap();
        while events.next().await.is_some() {}
    }
}

struct Panics(Notes);

impl SignalingListener for Panics {
    fn on_event(&self, event: &Event) {
        if let Event::Invitation(event) = event {
            assert_ne!(event.what, What::New, "on purpose");
        }
    }

    fn on_invitation_timeout(&self, id: InviteId, names: &[&str]) {
        self.0.on_invitation_timeout(id, names);
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_panics_is_called_again() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let notes = Notes::default();
    bob.signaling().add_signaling_listener(Panics(notes.clone()));
    alice.signaling().invite("bob", "", &seconds(1)).unwrap().ended().await.unwrap();
    after(100).await;
    assert_eq!(notes.take(), ["timeout of bob"]);
}

/// Blocks its thread in the first callback until it is let go.
struct Blocks(Mutex<mpsc::Receiver<()>>, Notes);

impl SignalingListener for Blocks {
    fn on_receive_new_invitation(&self, id: InviteId, who: &str, g: Option<&str>, all: &[&str], d: &Data) {
        self.0.lock().unwrap().recv().unwrap();
        self.1.on_receive_new_invitation(id, who, g, all, d);
    }

    fn on_invitation_cancelled(&self, id: InviteId, inviter: &str, data: &Data) {
        self.1.on_invitation_cancelled(id, inviter, data);
    }
}

// With real time: a blocked thread holds paused time.
#[tokio::test]
async fn a_listener_that_blocks_holds_up_nobody_else() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let (let_go, blocked) = mpsc::channel();
    let (slow, quick) = (Notes::default(), Notes::default());
    bob.signaling().add_signaling_listener(Blocks(Mutex::new(blocked), slow.clone()));
    bob.signaling().add_signaling_listener(quick.clone());
    let mut events = bob.events();
    let call = alice.signaling().invite("bob", "a", &seconds(20)).unwrap();
    ring(&mut events).await;
    call.cancel("b").unwrap();
    until(&mut events, |what| *what == What::Cancelled).await;
    while quick.take().last().is_none_or(|last| last != "alice cancelled: b") {
        tokio::task::yield_now().await;
    }
    assert!(slow.take().is_empty());
    let_go.send(()).unwrap();
    let mut told = Vec::new();
    while told.len() < 2 {
        told.extend(slow.take());
        tokio::task::yield_now().await;
    }
    assert_eq!(told, ["alice invites bob: a", "alice cancelled: b"]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_loses_no_outcome() {
    let world = World::new();
    let alice = world.connect(world.builder("alice").queue(4, 1_000)).await;
    let mut slow = alice.events();
    let calls: Vec<_> = (0..100).map(|_| alice.signaling().invite("bob", "", &seconds(1)).unwrap()).collect();
    for call in &calls {
        call.ended().await.unwrap();
    }
    let mut outcomes: HashMap<InviteId, Vec<What>> = HashMap::new();
    let mut count = 0;
    while count < 100 {
        if let Event::Invitation(event) = slow.next().await.unwrap() {
            count += u32::from(event.what == What::Ended);
            outcomes.entry(event.invitation.id).or_default().push(event.what);
        }
    }
    for call in &calls {
        let told = &outcomes[&call.id()];
        let timed_out = told.iter().any(|what| matches!(what, What::TimedOut { .. }));
        assert!(timed_out && told.contains(&What::Ended), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_reads_nothing_stops_the_news_but_not_the_calls() {
    let world = World::new();
    let alice = world.connect(world.builder("alice").queue(1, 2).rows(8)).await;
    let mut stuck = alice.events();
    let mut calls = Vec::new();
    let full = loop {
        match alice.signaling().invite("bob", "", &seconds(1)) {
            Ok(call) => {
                call.delivered().await.unwrap();
                call.ended().await.unwrap();
                calls.push(call.id());
            }
            Err(error) => break error,
        }
        assert!(calls.len() < 100, "it must fill up");
    };
    assert_eq!(full.to_string(), "the table is full of live invitations: wait for one to end");
    let mut ended = Vec::new();
    while ended.len() < calls.len() {
        ended.push(until(&mut stuck, |what| *what == What::Ended).await.invitation.id);
    }
    ended.sort();
    assert_eq!(ended, calls, "and nothing is lost");
    alice.signaling().invite("bob", "", &seconds(1)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn dropping_the_stuck_stream_frees_the_others() {
    let world = World::new();
    let alice = world.connect(world.builder("alice").queue(1, 1).rows(4)).await;
    let (stuck, mut quick) = (alice.events(), alice.events());
    for _ in 0..4 {
        let call = alice.signaling().invite("bob", "", &seconds(1)).unwrap();
        call.ended().await.unwrap();
    }
    assert!(alice.signaling().invite("bob", "", &seconds(1)).is_err());
    drop(stuck);
    for _ in 0..4 {
        until(&mut quick, |what| *what == What::Ended).await;
    }
    alice.signaling().invite("bob", "", &seconds(1)).unwrap();
}

/// Looks at the client in the very moment when it is woken.
struct Curious(Client, AtomicU32);

impl Wake for Curious {
    fn wake(self: Arc<Self>) {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.counters();
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_woken_may_use_the_client_at_once() {
    let world = World::new();
    let alice = world.client("alice").await;
    alice.create_group("team").await.unwrap();
    let mut events = alice.events();
    while tokio::time::timeout(Duration::ZERO, events.next()).await.is_ok() {}
    let call = alice.signaling().invite("bob", "", &seconds(1)).unwrap();

    let curious = Arc::new(Curious(alice.clone(), AtomicU32::new(0)));
    let waker = Arc::clone(&curious).into();
    let mut cx = Context::from_waker(&waker);
    let (mut next, mut ended) = (pin!(events.next()), pin!(call.ended()));
    let mut members = pin!(alice.group_members("team"));
    assert!(next.as_mut().poll(&mut cx).is_pending());
    assert!(ended.as_mut().poll(&mut cx).is_pending());
    assert!(members.as_mut().poll(&mut cx).is_pending());
    after(2_000).await;
    assert!(next.as_mut().poll(&mut cx).is_ready());
    assert!(ended.as_mut().poll(&mut cx).is_ready());
    assert!(members.as_mut().poll(&mut cx).is_ready());
    assert_eq!(curious.1.load(Ordering::Relaxed), 3, "each was woken");
}

#[tokio::test(start_paused = true)]
async fn waiting_can_be_given_up_and_begun_again() {
    let world = World::new();
    let alice = world.builder("alice").build().unwrap();
    let call = alice.signaling().invite("bob", "", &seconds(2)).unwrap();
    let wait = Duration::from_secs(1);
    assert!(tokio::time::timeout(wait, call.ended()).await.is_err());
    assert!(tokio::time::timeout(wait / 2, call.delivered()).await.is_err());
    let (ended, delivered) = tokio::join!(call.ended(), call.delivered());
    assert!(ended.unwrap().over());
    assert_eq!(delivered, Err(DeliveryError::Ended));
    assert!(call.ended().await.is_ok(), "and asked for again");
}
