//! Calls between clients, as applications see them.

mod world;

use std::time::Duration;

use adapter_std::{
    Added, AnswerError, Answered, CODE_UNKNOWN, CancelError, ClientBuilder, CommandError, DeliveryError,
    EndReason, InviteError, InviteOptions, ModifyError, Reason, Slot, What,
};
use world::{Notes, World, after, ring, until};

fn options() -> InviteOptions {
    InviteOptions::default()
}

#[tokio::test(start_paused = true)]
async fn alice_invites_and_bob_accepts() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let mut rings = bob.events();
    let notes = [Notes::default(), Notes::default()];
    alice.signaling().add_signaling_listener(notes[0].clone());
    bob.signaling().add_signaling_listener(notes[1].clone());

    let call = alice.signaling().invite("bob", "lunch?", &options()).unwrap();
    let id = ring(&mut rings).await;
    assert_eq!(id, call.id());
    assert_eq!(call.delivered().await, Ok(()));
    assert_eq!(bob.signaling().accept(id, "yes").await, Ok(Answered::Confirmed));

    let ended = call.ended().await.unwrap();
    assert_eq!(ended.invitees[0].outcome, Slot::Accepted(bob.device()));
    assert_eq!((ended.invitees[0].label.as_str(), ended.invitees[0].data.as_str()), ("bob's", Ok("yes")));
    after(100).await;
    assert_eq!(notes[0].take(), ["bob accepted: yes"]);
    assert_eq!(notes[1].take(), ["alice invites bob: lunch?"], "who answers gets no callback for it");
}

#[tokio::test(start_paused = true)]
async fn bob_rejects() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let mut rings = bob.events();
    let call = alice.signaling().invite("bob", "", &options()).unwrap();
    let id = ring(&mut rings).await;
    bob.signaling().reject_busy(id, "in a call").unwrap();
    until(&mut rings, |what| *what == What::Confirmed).await;
    let ended = call.ended().await.unwrap();
    assert_eq!(ended.invitees[0].outcome, Slot::Rejected(Reason::Busy));
    assert_eq!(ended.invitees[0].data.as_str(), Ok("in a call"));
    let again = bob.signaling().accept(id, "");
    assert_eq!(again.refused(), Some(CommandError::Refused(AnswerError::Over)));
    assert_eq!(again.await.unwrap_err().code(), Some(CODE_UNKNOWN));
}

#[tokio::test(start_paused = true)]
async fn alice_cancels_and_bob_is_told_once() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let (mut rings, notes) = (bob.events(), Notes::default());
    bob.signaling().add_signaling_listener(notes.clone());
    let call = alice.signaling().invite("bob", "x", &options()).unwrap();
    let id = ring(&mut rings).await;
    call.cancel("never mind").unwrap();
    assert_eq!(call.ended().await.unwrap().invitees[0].outcome, Slot::Cancelled);
    assert_eq!(call.cancel(""), Err(CommandError::Refused(CancelError::Over)));
    after(1_000).await;
    assert_eq!(notes.take(), ["alice invites bob: x", "alice cancelled: never mind"]);
    assert!(bob.signaling().accept(id, "").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_acceptance_that_crosses_a_cancel_ends_cancelled() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let mut rings = bob.events();
    let call = alice.signaling().invite("bob", "", &options()).unwrap();
    let id = ring(&mut rings).await;
    call.cancel("").unwrap();
    let answer = bob.signaling().accept(id, "");
    assert_eq!(answer.await, Ok(Answered::Ended(EndReason::Cancelled)));
}

#[tokio::test(start_paused = true)]
async fn of_two_calls_that_cross_one_rings() {
    let world = World::new();
    let alice = world.connect(world.builder("alice").glare()).await;
    let bob = world.connect(world.builder("bob").glare()).await;
    let (mut alices, mut bobs) = (alice.events(), bob.events());
    let hers = alice.signaling().invite("bob", "", &options()).unwrap();
    let his = bob.signaling().invite("alice", "", &options()).unwrap();
    let (stays, goes, callee, rings, caller) = if hers.id() < his.id() {
        (&hers, &his, &bob, &mut bobs, &mut alices)
    } else {
        (&his, &hers, &alice, &mut alices, &mut bobs)
    };
    let glare = until(rings, |what| *what == What::Glare).await;
    assert_eq!(glare.invitation.id, goes.id());
    assert_eq!(goes.ended().await.unwrap().invitees[0].outcome, Slot::Cancelled);
    assert_eq!(callee.signaling().accept(stays.id(), "").await, Ok(Answered::Confirmed));
    assert!(matches!(stays.ended().await.unwrap().invitees[0].outcome, Slot::Accepted(_)));
    let ended = until(caller, |what| !matches!(what, What::Delivered | What::Ringing { .. })).await;
    assert_eq!(
        (ended.invitation.id, ended.what),
        (stays.id(), What::Accepted { slot: 0 }),
        "it did not ring"
    );
}

#[tokio::test(start_paused = true)]
async fn of_all_who_accept_at_once_the_first_wins_if_that_is_asked_for() {
    let world = World::new();
    let alice = world.client("alice").await;
    let names: Vec<String> = (0..32).map(|at| format!("agent {at}")).collect();
    let mut agents = Vec::new();
    for name in &names {
        let agent = world.client(name).await;
        agents.push((agent.events(), agent));
    }
    let options = InviteOptions { first_wins: true, ..options() };
    let call = alice.signaling().invite_many(&names, "", &options).unwrap();
    let mut answers = Vec::new();
    for (events, agent) in &mut agents {
        ring(events).await;
        answers.push(agent.signaling().accept(call.id(), ""));
    }
    let (mut won, mut lost) = (0, 0);
    for answer in answers {
        match answer.await.unwrap() {
            Answered::Confirmed => won += 1,
            Answered::Ended(EndReason::Cancelled) => lost += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((won, lost), (1, 31));
    assert!(call.ended().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn time_runs_out_for_both() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let notes = [Notes::default(), Notes::default()];
    alice.signaling().add_signaling_listener(notes[0].clone());
    bob.signaling().add_signaling_listener(notes[1].clone());
    let start = tokio::time::Instant::now();
    let call = alice.signaling().invite("bob", "", &InviteOptions::timeout_seconds(3)).unwrap();
    assert_eq!(call.ended().await.unwrap().invitees[0].outcome, Slot::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 3);
    after(100).await;
    assert_eq!(notes[0].take(), ["timeout of bob"], "a time limit is told to who set it, too");
    assert_eq!(notes[1].take(), ["alice invites bob: ", "timeout of bob"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_it_rings_for_hours() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let mut rings = bob.events();
    let call = alice.signaling().invite("bob", "", &InviteOptions::timeout_seconds(0)).unwrap();
    let id = ring(&mut rings).await;
    after(3 * 60 * 60 * 1_000).await;
    assert_eq!(bob.signaling().active()[0].remaining, None);
    assert_eq!(bob.signaling().accept(id, "").await, Ok(Answered::Confirmed));
    assert!(matches!(call.ended().await.unwrap().invitees[0].outcome, Slot::Accepted(_)));
}

#[tokio::test(start_paused = true)]
async fn what_is_invited_while_the_link_is_down_goes_out_at_link_up() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let mut rings = bob.events();
    world.cut().await;
    after(100).await;
    let call = alice.signaling().invite("bob", "", &options()).unwrap();
    after(4_000).await;
    assert_eq!(alice.signaling().active().len(), 1);
    assert!(bob.signaling().active().is_empty());
    world.mend();
    let event = until(&mut rings, |what| *what == What::New).await;
    assert_eq!(event.invitation.id, call.id());
    let left = event.invitation.remaining.unwrap();
    assert!(left < Duration::from_secs(26), "the clock started at the call, {left:?} are left");
    assert_eq!(call.delivered().await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn time_goes_on_while_the_link_is_down() {
    let world = World::new();
    let alice = world.builder("alice").build().unwrap();
    let call = alice.signaling().invite("bob", "", &InviteOptions::timeout_seconds(5)).unwrap();
    let start = tokio::time::Instant::now();
    assert_eq!(call.ended().await.unwrap().invitees[0].outcome, Slot::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(call.delivered().await, Err(DeliveryError::Ended));
}

#[tokio::test(start_paused = true)]
async fn all_refused_is_an_error_and_no_timeout() {
    let world = World::new();
    let alice = world.client("alice").await;
    let notes = Notes::default();
    alice.signaling().add_signaling_listener(notes.clone());
    world.hub().forbidden.insert("mallory".into());
    let call = alice.signaling().invite("mallory", "", &options()).unwrap();
    assert_eq!(call.delivered().await, Err(DeliveryError::AllRefused));
    assert_eq!(call.ended().await.unwrap().invitees[0].outcome, Slot::Rejected(Reason::Unreachable));
    after(60_000).await;
    assert!(notes.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_among_others_is_unreachable() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let mut rings = bob.events();
    let notes = Notes::default();
    alice.signaling().add_signaling_listener(notes.clone());
    world.hub().forbidden.insert("mallory".into());
    let call = alice.signaling().invite_in_group("team", &["mallory", "bob"], "", &options()).unwrap();
    let id = ring(&mut rings).await;
    assert_eq!(call.delivered().await, Ok(()));
    assert_eq!(bob.signaling().accept(id, "").await, Ok(Answered::Confirmed));
    let ended = call.ended().await.unwrap();
    assert_eq!(ended.invitees[0].outcome, Slot::Rejected(Reason::Unreachable));
    assert_eq!(ended.invitees[1].outcome, Slot::Accepted(bob.device()));
    after(100).await;
    assert_eq!(notes.take(), ["mallory rejected: ", "bob accepted: "]);
}

#[tokio::test(start_paused = true)]
async fn the_second_device_learns_who_answered() {
    let world = World::new();
    let alice = world.client("alice").await;
    let desk = world.connect(world.builder("bob").label("desk")).await;
    let kitchen = world.connect(world.builder("bob").label("kitchen")).await;
    let (mut desk_rings, mut kitchen_rings) = (desk.events(), kitchen.events());
    let notes = Notes::default();
    kitchen.signaling().add_signaling_listener(notes.clone());
    let _call = alice.signaling().invite("bob", "", &options()).unwrap();
    let id = ring(&mut desk_rings).await;
    ring(&mut kitchen_rings).await;
    after(500).await;
    let first = desk.signaling().accept(id, "");
    after(5).await;
    let second = kitchen.signaling().accept(id, "");
    assert_eq!(first.await, Ok(Answered::Confirmed));
    let device = desk.device();
    let label = "desk".parse().unwrap();
    let elsewhere = EndReason::AcceptedElsewhere { device, label };
    assert_eq!(second.await, Ok(Answered::Ended(elsewhere)));
    after(100).await;
    assert_eq!(notes.take(), ["alice invites bob: ", "bob accepted: "]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_an_inviter_is_unresolved() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let mut rings = bob.events();
    let _call = alice.signaling().invite("bob", "", &options()).unwrap();
    let id = ring(&mut rings).await;
    alice.close().await;
    assert_eq!(bob.signaling().accept(id, "").await, Ok(Answered::Ended(EndReason::Unresolved)));
}

/// Whether bob hears that alice cancelled, when both come back after ten minutes.
async fn hears_after_ten_minutes(patient: impl Fn(ClientBuilder) -> ClientBuilder) -> bool {
    let world = World::new();
    let alice = world.connect(patient(world.builder("alice"))).await;
    let bob = world.connect(patient(world.builder("bob"))).await;
    let mut told = bob.events();
    let call = alice.signaling().invite("bob", "", &options()).unwrap();
    ring(&mut told).await;
    world.cut().await;
    call.cancel("").unwrap();
    after(600_000).await;
    world.mend();
    let cancelled = until(&mut told, |what| *what == What::Cancelled);
    tokio::time::timeout(Duration::from_secs(20), cancelled).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn who_keeps_longer_hears_what_became_of_a_call_when_both_come_back_later() {
    assert!(hears_after_ten_minutes(|client| client.keep(Duration::from_secs(3_600))).await);
    assert!(!hears_after_ten_minutes(|client| client).await);
}

#[tokio::test(start_paused = true)]
async fn both_sides_modify() {
    let world = World::new();
    let (alice, bob) = (world.client("alice").await, world.client("bob").await);
    let (mut rings, mut told) = (bob.events(), alice.events());
    let call = alice.signaling().invite("bob", "audio", &options()).unwrap();
    let id = ring(&mut rings).await;
    call.modify("video").unwrap();
    let event = until(&mut rings, |what| *what == What::Modified).await;
    assert_eq!(event.invitation.data.as_str(), Ok("video"));
    bob.signaling().modify_invitation(id, "hd").unwrap();
    let event = until(&mut told, |what| *what == What::Modified).await;
    assert_eq!(event.invitation.data.as_str(), Ok("hd"));
    until(&mut rings, |what| *what == What::Granted).await;
}

#[tokio::test(start_paused = true)]
async fn an_invitation_from_a_push_can_be_answered() {
    let world = World::new();
    let alice = world.client("alice").await;
    let call = alice.signaling().invite("bob", "x", &options()).unwrap();
    let bob = world.builder("bob").build().unwrap();
    let id = call.id();
    let added =
        Added { id, inviter: "alice", group: None, invitees: &["bob"], data: b"x", timeout: Some(30_000) };
    bob.signaling().add_invited_signaling(&added).unwrap();
    assert_eq!(bob.signaling().add_invited_signaling(&added).unwrap_err().code(), Some(8012));
    let answer = bob.signaling().accept(id, "");
    bob.connect();
    assert_eq!(answer.await, Ok(Answered::Confirmed));
}

#[tokio::test(start_paused = true)]
async fn bad_calls_say_what_is_wrong() {
    let world = World::new();
    let alice = world.client("alice").await;
    let signaling = alice.signaling();
    let invite = |who: &str, data: &[u8], limit: Duration| {
        let options = InviteOptions { timeout: Some(limit), ..options() };
        signaling.invite(who, data, &options).map(|call| call.id()).unwrap_err()
    };
    let second = Duration::from_secs(1);
    assert_eq!(invite("alice", b"", second), CommandError::Refused(InviteError::Oneself));
    assert_eq!(invite("", b"", second).code(), Some(6017));
    assert_eq!(invite("bob", b"", Duration::ZERO), CommandError::Refused(InviteError::Timeout));
    assert_eq!(invite("bob", b"", Duration::from_secs(86_401)), CommandError::Refused(InviteError::Timeout));
    assert_eq!(invite("bob", b"", Duration::MAX), CommandError::Refused(InviteError::Timeout));
    assert_eq!(invite("bob", &[0; 12 * 1024 + 1], second).code(), Some(8001));
    let none: [&str; 0] = [];
    let nobody = signaling.invite_many(&none, "", &options()).unwrap_err();
    assert_eq!(nobody, CommandError::Refused(InviteError::NoInvitee));
    let online = InviteOptions { online_user_only: true, ..options() };
    let call = signaling.invite("bob", "", &online).unwrap();
    assert_eq!(call.modify("x"), Err(CommandError::Refused(ModifyError::OnlineOnly)));
    assert_eq!(signaling.active().len(), 1, "nothing of the others is kept");
}

#[tokio::test(start_paused = true)]
async fn a_full_table_takes_no_more() {
    let world = World::new();
    let alice = world.connect(world.builder("alice").rows(2)).await;
    let calls = [(); 2].map(|()| alice.signaling().invite("bob", "", &options()).unwrap());
    let full = alice.signaling().invite("bob", "", &options()).unwrap_err();
    assert_eq!(full, CommandError::Refused(InviteError::Capacity));
    calls[0].cancel("").unwrap();
    alice.signaling().invite("bob", "", &options()).unwrap();
}
