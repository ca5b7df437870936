//! Handles: what closing and dropping do, and which device a client is.

mod world;

use std::time::Duration;

use adapter_std::{
    BuildError, Client, Closed, CommandError, DeliveryError, InviteOptions, LinkState, State, StateError,
    What,
};
use tokio::time::Instant;
use world::{World, after, ring, until};

fn options() -> InviteOptions {
    InviteOptions::default()
}

#[tokio::test(start_paused = true)]
async fn closing_sends_what_was_said_before() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let mut rings = bob.events();
    let call = alice.signaling().invite("bob", "", &options()).unwrap();
    ring(&mut rings).await;
    call.cancel("bye").unwrap();
    alice.close().await;
    assert_eq!(alice.link(), LinkState::Closed);
    let told = until(&mut rings, |what| *what == What::Cancelled).await;
    assert_eq!(told.invitation.invitees[0].data.as_str(), Ok("bye"));
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_the_link_no_longer_than_two_seconds() {
    let world = World::new();
    let alice = world.client("alice").await;
    world.cut().await;
    after(1).await;
    let _call = alice.signaling().invite("bob", "", &options()).unwrap();
    let start = Instant::now();
    alice.close().await;
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn closing_does_not_wait_for_a_relay_that_was_never_there() {
    let world = World::new();
    world.cut().await;
    let alice = world.builder("alice").build().unwrap();
    let _call = alice.signaling().invite("bob", "", &options()).unwrap();
    alice.connect();
    after(1_000).await;
    assert!(matches!(alice.link(), LinkState::Connecting(Some(_))));
    let start = Instant::now();
    alice.close().await;
    assert!(start.elapsed() < Duration::from_millis(1), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn closing_with_nothing_to_say_takes_no_time() {
    let world = World::new();
    let alice = world.builder("alice").build().unwrap();
    let start = Instant::now();
    alice.close().await;
    alice.close().await;
    assert!(start.elapsed() < Duration::from_millis(1));
}

#[tokio::test(start_paused = true)]
async fn a_closed_client_says_so() {
    let world = World::new();
    let alice = world.client("alice").await;
    let mut events = alice.events();
    let call = alice.signaling().invite("bob", "", &options()).unwrap();
    after(100).await;
    let answer = tokio::join!(call.ended(), alice.close()).0;
    assert_eq!(answer, Err(Closed));
    assert_eq!(alice.signaling().invite("bob", "", &options()).unwrap_err(), CommandError::Closed);
    assert_eq!(call.cancel("").unwrap_err(), CommandError::Closed);
    assert_eq!(call.clone().delivered().await, Ok(()), "that was known before");
    while events.next().await.is_some() {}
    assert!(alice.events().next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_closed_client_follows_nothing() {
    let world = World::new();
    let alice = world.client("alice").await;
    let call = alice.signaling().invite("bob", "", &options()).unwrap();
    alice.close().await;
    assert!(alice.signaling().follow(call.id()).is_none(), "nobody would ever tell its end");
}

#[test]
fn a_client_is_closed_when_its_runtime_goes_before_it_began() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let state = State::ephemeral().unwrap();
    let client = {
        let _inside = runtime.enter();
        Client::builder("alice").relay("tcp://127.0.0.1:1").state(state).build().unwrap()
    };
    assert_eq!(client.link(), LinkState::Idle);
    drop(runtime);
    assert_eq!(client.link(), LinkState::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_invitation_that_was_not_delivered_says_closed() {
    let world = World::new();
    let alice = world.builder("alice").build().unwrap();
    let call = alice.signaling().invite("bob", "", &options()).unwrap();
    alice.close().await;
    assert_eq!(call.delivered().await, Err(DeliveryError::Closed));
}

#[tokio::test(start_paused = true)]
async fn dropping_an_invitation_changes_nothing() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let (mut rings, mut told) = (bob.events(), alice.events());
    drop(alice.signaling().invite("bob", "", &options()).unwrap());
    let id = ring(&mut rings).await;
    drop(bob.signaling().accept(id, ""));
    until(&mut told, |what| matches!(what, What::Established { slot: 0 })).await;
}

#[tokio::test(start_paused = true)]
async fn any_handle_keeps_the_client_and_the_last_one_closes_it() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let (mut rings, mut own) = (bob.events(), alice.events());
    let call = alice.signaling().invite("bob", "", &options()).unwrap();
    drop(alice);
    ring(&mut rings).await;
    after(60_000 / 4).await;
    assert_eq!(bob.signaling().active().len(), 1, "the invitation's handle keeps it ringing");
    call.cancel("bye").unwrap();
    drop(call);
    until(&mut rings, |what| *what == What::Cancelled).await;
    while own.next().await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn the_folder_is_free_when_the_client_has_closed() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let alice = world.connect(world.builder("alice").state_dir(dir.path())).await;
    let second = world.builder("alice").state_dir(dir.path()).build();
    let Err(BuildError::State(StateError::InUse { dir: named })) = second else { panic!("not in use") };
    assert_eq!(named, dir.path());
    let first = alice.device();
    alice.close().await;
    let again = world.connect(world.builder("alice").state_dir(dir.path())).await.device();
    assert_eq!((again.id, again.epoch), (first.id, first.epoch + 1));
}

#[tokio::test]
async fn a_client_that_cannot_be_says_why() {
    let build = |builder: adapter_std::ClientBuilder| builder.build().map(drop).unwrap_err();
    let there = || Client::builder("a").relay("tcp://127.0.0.1:1").state(State::ephemeral().unwrap());
    assert!(matches!(build(Client::builder("a")), BuildError::NoRelay));
    assert!(matches!(build(Client::builder("a").relay("ws://x:1")), BuildError::Route(_)));
    assert!(matches!(build(Client::builder("").relay("tcp://x:1")), BuildError::User(_)));
    assert!(matches!(build(there().label("a label of more than 24 bytes")), BuildError::Label(_)));
    assert!(there().build().is_ok());
    let outside = std::thread::spawn(move || there().build().map(drop));
    assert!(matches!(outside.join().unwrap(), Err(BuildError::NoRuntime)));
}

#[tokio::test]
async fn a_relay_that_is_not_there_is_told() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let state = State::ephemeral().unwrap();
    let alice = Client::builder("a").relay(format!("tcp://127.0.0.1:{port}")).state(state).build().unwrap();
    let mut events = alice.events();
    alice.connect();
    let adapter_std::LinkEvent::Lost(error) = world::until_link(&mut events).await else { panic!() };
    let refused = std::io::ErrorKind::ConnectionRefused;
    assert!(matches!(error, adapter_std::LinkError::Connect(kind, _) if kind == refused), "{error}");
}
