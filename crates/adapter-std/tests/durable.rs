//! A durable client: its invitations outlive a restart.

mod world;

use std::time::Duration;

use adapter_std::{BuildError, Client, Event, InviteOptions, Slot, State, What};
use world::{World, after, ring, until};

fn alice(world: &World, dir: &tempfile::TempDir) -> adapter_std::ClientBuilder {
    world.builder("alice").state_dir(dir.path()).durable()
}

async fn restored(client: &Client) -> adapter_std::Invitation {
    let mut events = client.events();
    client.connect();
    let event = until(&mut events, |what| *what == What::Restored).await;
    client.signaling().follow(event.invitation.id).expect("it was made on this device")
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_after_a_restart() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let first = world.connect(alice(&world, &dir)).await;
    let bob = world.client("bob").await;
    let mut bobs = bob.events();
    first.signaling().invite("bob", "video?", &InviteOptions::default()).unwrap();
    let id = ring(&mut bobs).await;
    first.close().await;

    let second = alice(&world, &dir).build().unwrap();
    let call = restored(&second).await;
    assert_eq!(call.id(), id);
    let answer = bob.signaling().accept(id, "yes");
    assert_eq!(answer.await.unwrap(), adapter_std::Answered::Confirmed);
    let end = call.ended().await.unwrap();
    assert!(matches!(end.invitees[0].outcome, Slot::Accepted(_)));
    assert_eq!(end.invitees[0].data.as_str(), Ok("yes"));
}

#[tokio::test(start_paused = true)]
async fn who_listens_before_connecting_is_told_of_all_that_was_restored() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let first = world.connect(alice(&world, &dir)).await;
    let call = first.signaling().invite("bob", "", &InviteOptions::timeout_seconds(1)).unwrap();
    after(100).await;
    first.close().await;
    let second = alice(&world, &dir).build().unwrap();
    // On a runtime of several threads the client may be that far before the next line runs.
    after(2_000).await;
    let again = restored(&second).await;
    assert_eq!(again.id(), call.id());
    assert!(matches!(again.ended().await.unwrap().invitees[0].outcome, Slot::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_decision_is_kept_for_who_was_away() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let first = world.connect(alice(&world, &dir)).await;
    let bob = world.client("bob").await;
    let mut bobs = bob.events();
    let call = first.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
    let id = ring(&mut bobs).await;
    world.cut().await;
    call.cancel("sorry").unwrap();
    after(100).await;
    first.close().await;
    world.mend();
    let second = alice(&world, &dir).build().unwrap();
    second.connect();
    let event = until(&mut bobs, |what| *what == What::Cancelled).await;
    assert_eq!((event.invitation.id, event.invitation.invitees[0].data.as_str()), (id, Ok("sorry")));
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_told_and_nothing_leaves_until_it_has_room() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let client = world.connect(alice(&world, &dir)).await;
    let bob = world.client("bob").await;
    let (mut events, mut bobs) = (client.events(), bob.events());
    // Where the new file would be, there is a folder.
    std::fs::create_dir(dir.path().join("invitations.new")).unwrap();
    client.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
    let why = loop {
        if let Event::NotSaved { error } = events.next().await.unwrap() {
            break error;
        }
    };
    assert!(why.contains(dir.path().to_str().unwrap()), "{why}");
    let early = tokio::time::timeout(Duration::from_secs(3), ring(&mut bobs)).await;
    assert!(early.is_err(), "bob hears nothing of what may be forgotten");
    std::fs::remove_dir(dir.path().join("invitations.new")).unwrap();
    ring(&mut bobs).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_said_last_is_saved_before_the_client_closes() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    for run in 1..=5 {
        let client = alice(&world, &dir).build().unwrap();
        for _ in 0..2 {
            client.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
            // The first is being saved when the second is made.
            tokio::task::yield_now().await;
        }
        client.close().await;
        let next = alice(&world, &dir).build().unwrap();
        assert_eq!(next.signaling().active().len(), 2 * run);
        next.close().await;
    }
}

/// Real time: paused time stands still while somebody writes to the disk.
#[cfg(unix)]
#[tokio::test]
async fn the_folder_is_not_free_while_something_is_saved_in_it() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let client = alice(&world, &dir).build().unwrap();
    // Where the new file would be, there is a pipe: who writes waits for who reads.
    let pipe = dir.path().join("invitations.new");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for _ in 0..10 {
        client.signaling().invite("bob", [0; 12_000], &InviteOptions::default()).unwrap();
    }
    let there = pipe.clone();
    let reader = tokio::task::spawn_blocking(|| std::fs::File::open(there)).await.unwrap().unwrap();
    let is_free = || State::open(dir.path()).is_ok();
    tokio::join!(client.close(), async {
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert!(!is_free(), "the next client would read and write the same files");
        std::fs::remove_file(pipe).unwrap();
        drop(reader);
    });
    assert!(is_free());
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn who_lost_the_folder_saves_nothing_in_that_of_another_device() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let first = world.connect(alice(&world, &dir)).await;
    let mut events = first.events();
    std::fs::remove_dir_all(dir.path()).unwrap();
    let second = alice(&world, &dir).build().unwrap();
    assert_ne!(first.device(), second.device());
    first.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
    let told = async {
        loop {
            if let Event::NotSaved { error } = events.next().await.unwrap() {
                break error;
            }
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(60), told).await.expect("it is told");
    assert!(error.contains("is no longer the folder"), "{error}");
    assert!(!dir.path().join("invitations").exists());
}

#[tokio::test(start_paused = true)]
async fn it_needs_a_folder() {
    let world = World::new();
    let error = world.builder("alice").durable().build().unwrap_err();
    assert!(matches!(error, BuildError::NoFolder), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_was_saved_for_another_user_is_not_lost() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let first = world.connect(alice(&world, &dir)).await;
    let call = first.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
    after(100).await;
    first.close().await;
    let error = world.builder("carol").state_dir(dir.path()).durable().build().unwrap_err();
    assert!(error.to_string().contains("made by another user"), "{error}");
    let again = alice(&world, &dir).build().unwrap();
    assert_eq!(restored(&again).await.id(), call.id());
}
