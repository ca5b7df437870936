//! Several devices of one user, and what crosses on its way: V2TIM's rows, with our result.

mod common;

use common::{OK, OVER, act, all_heard, heard, only, ringing, team, to, world};
use conformance::Verb::{Accept, Cancel, Modify, Reject};
use conformance::World;

const ALL: &[&str] = &["alice", "alice-d2", "bob", "bob-d2"];

#[tokio::test(start_paused = true)]
async fn one_device_answers_and_the_others_of_its_user_are_told_and_too_late() {
    for verb in [Accept, Reject] {
        let world = world(ALL).await;
        let id = ringing(&world, &to("bob"), ALL).await;
        assert_eq!(act(&world, "bob", verb, id, "").await, OK);
        assert_eq!(heard(&world, "bob-d2").len(), 1, "handled elsewhere");
        assert_eq!(act(&world, "bob-d2", Accept, id, "").await, OVER);
        assert_eq!(act(&world, "bob-d2", Reject, id, "").await, OVER);
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_group_too_one_device_answers_for_its_user() {
    let world = world(&["alice", "bob", "bob-d2", "carol"]).await;
    let id = ringing(&world, &team(&["bob", "carol"]), &["bob-d2"]).await;
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    assert_eq!(heard(&world, "bob-d2"), ["accepted [bob] \"yes\""]);
    assert_eq!(act(&world, "bob-d2", Accept, id, "").await, OVER);
}

#[tokio::test(start_paused = true)]
async fn two_devices_that_accept_at_once_have_one_winner() {
    let world = world(ALL).await;
    let id = ringing(&world, &to("bob"), ALL).await;
    assert_eq!(world.act("bob", Accept, id, "one"), OK);
    assert_eq!(world.act("bob-d2", Accept, id, "two"), OK);
    world.settle().await;
    let won = heard(&world, "alice");
    assert_eq!(won.len(), 1, "{won:?}");
    let losers = all_heard(&world, &["bob", "bob-d2"]);
    assert_eq!(losers.len(), 1, "only who lost is told: {losers:?}");
    assert_eq!(losers[0].1, won);
}

#[tokio::test(start_paused = true)]
async fn another_device_of_the_inviter_cancels_and_modifies() {
    for invite in [to("bob"), team(&["bob"])] {
        let world = world(ALL).await;
        let id = ringing(&world, &invite, ALL).await;
        assert_eq!(act(&world, "alice-d2", Modify, id, "y").await, OK);
        only(&world, ALL, &["alice", "bob", "bob-d2"], "modified \"y\"");
        assert_eq!(act(&world, "alice-d2", Cancel, id, "sorry").await, OK);
        only(&world, ALL, &["alice", "bob", "bob-d2"], "cancelled \"sorry\"");
    }
}

/// Rule 1: V2TIM's web clients let it announce the end, early or of the inviter himself.
#[tokio::test(start_paused = true)]
async fn another_device_of_the_inviter_announces_nothing() {
    let mut world = world(&["alice", "alice-d2", "bob"]).await;
    ringing(&world, &to("bob"), &["alice", "alice-d2", "bob"]).await;
    world.offline("alice").await;
    world.until(world.now() + 12_000).await;
    assert_eq!(heard(&world, "alice"), ["timeout [bob] \"x\""]);
    assert_eq!(all_heard(&world, &["alice-d2", "bob"]), []);
    world.online("alice").await;
    only(&world, &["alice-d2", "bob"], &["alice-d2", "bob"], "timeout [bob] \"x\"");
}

#[tokio::test(start_paused = true)]
async fn two_devices_of_an_invitee_end_him_once() {
    let world = world(ALL).await;
    ringing(&world, &to("bob"), ALL).await;
    world.until(world.now() + 20_000).await;
    only(&world, ALL, ALL, "timeout [bob] \"x\"");
}

/// What became of bob's answer, as everybody was told.
async fn crossed(world: &World) -> Vec<(String, Vec<String>)> {
    world.settle().await;
    all_heard(world, &["alice", "bob"])
}

/// Rule 8: V2TIM's clients disagree, or both believe their own.
#[tokio::test(start_paused = true)]
async fn an_acceptance_that_crosses_a_cancel_has_lost_and_both_know() {
    let world = world(&["alice", "bob"]).await;
    let id = ringing(&world, &to("bob"), &["bob"]).await;
    assert_eq!(world.act("alice", Cancel, id, "sorry"), OK);
    assert_eq!(world.act("bob", Accept, id, "yes"), OK, "the cancel has not come yet");
    assert_eq!(crossed(&world).await, [("bob".into(), vec!["cancelled \"sorry\"".into()])]);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_comes_after_the_acceptance_is_over() {
    let world = world(&["alice", "bob"]).await;
    let id = ringing(&world, &to("bob"), &["bob"]).await;
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    assert_eq!(world.act("alice", Cancel, id, "sorry"), OVER);
    assert_eq!(crossed(&world).await, [("alice".into(), vec!["accepted [bob] \"yes\"".into()])]);
}

#[tokio::test(start_paused = true)]
async fn an_acceptance_that_arrives_after_the_limit_has_lost_and_both_know() {
    let mut world = world(&["alice", "bob"]).await;
    let begin = world.now();
    let id = ringing(&world, &to("bob"), &["bob"]).await;
    world.until(begin + 9_000).await;
    world.offline("bob").await;
    assert_eq!(world.act("bob", Accept, id, "yes"), OK);
    world.until(begin + 16_000).await;
    world.online("bob").await;
    let end = vec!["timeout [bob] \"x\"".to_owned()];
    assert_eq!(crossed(&world).await, [("alice".into(), end.clone()), ("bob".into(), end)]);
}

#[tokio::test(start_paused = true)]
async fn two_who_invite_each_other_have_two_invitations() {
    let world = world(&["alice", "bob"]).await;
    let first = world.invite("alice", &to("bob")).unwrap();
    let second = world.invite("bob", &to("alice")).unwrap();
    world.settle().await;
    heard(&world, "alice");
    heard(&world, "bob");
    assert_eq!(act(&world, "bob", Accept, first, "1").await, OK);
    assert_eq!(act(&world, "alice", Accept, second, "2").await, OK);
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"1\""]);
    assert_eq!(heard(&world, "bob"), ["accepted [alice] \"2\""]);
}

#[tokio::test(start_paused = true)]
async fn busy_is_for_the_application_to_say() {
    let world = world(&["alice", "bob", "carol"]).await;
    let first = ringing(&world, &to("bob"), &["bob"]).await;
    assert_eq!(act(&world, "bob", Accept, first, "").await, OK);
    let second = world.invite("carol", &to("bob")).unwrap();
    world.settle().await;
    assert_eq!(heard(&world, "bob"), ["new from carol [bob] \"x\""], "it rings all the same");
    assert_eq!(world.signaling("bob").reject_busy(second, "busy"), Ok(()));
    world.settle().await;
    assert_eq!(heard(&world, "carol"), ["rejected [bob] \"busy\""]);
}

/// The relay hands over again what bob has had; V2TIM's clients ring twice.
#[tokio::test(start_paused = true)]
async fn what_comes_twice_is_told_once() {
    let mut world = world(&["alice", "bob"]).await;
    let id = ringing(&world, &to("bob"), &["bob"]).await;
    world.offline("bob").await;
    world.online("bob").await;
    assert_eq!(heard(&world, "bob"), [""; 0]);
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    world.offline("alice").await;
    world.online("alice").await;
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"yes\""]);
}

/// V2TIM's clients believe anybody who knows the id.
#[tokio::test(start_paused = true)]
async fn nobody_answers_or_cancels_for_others() {
    let world = world(&["alice", "bob", "mallory"]).await;
    let id = ringing(&world, &to("bob"), &["bob"]).await;
    let added = conformance::Added {
        id: id.to_string(),
        inviter: "alice".into(),
        group: String::new(),
        invitees: vec!["mallory".into()],
        data: String::new(),
        timeout: 10.0,
    };
    assert_eq!(world.learn("mallory", &added, id), OK, "he may pretend to himself");
    assert_eq!(act(&world, "mallory", Accept, id, "forged").await, OK);
    world.until(world.now() + 5_000).await;
    assert_eq!(all_heard(&world, &["alice", "bob"]), []);
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"yes\""]);
}
