//! Who is called back about what: V2TIM's table, row by row, with our result.
//!
//! `-d2` is a second device. bob and carol are invited, dave is in the group and is not.

mod common;

use common::{OK, act, only, ringing, team, to, world};
use conformance::Verb::{Accept, Cancel, Modify, Reject};

const TWO: &[&str] = &["alice", "alice-d2", "bob", "bob-d2", "dave"];
const THREE: &[&str] = &["alice", "alice-d2", "bob", "bob-d2", "carol", "dave"];

#[tokio::test(start_paused = true)]
async fn a_new_invitation_rings_on_all_devices_of_the_invitee_and_shows_on_the_inviters_others() {
    let world = world(TWO).await;
    world.invite("alice", &to("bob")).unwrap();
    world.settle().await;
    only(&world, TWO, &["alice-d2", "bob", "bob-d2"], "new from alice [bob] \"x\"");
}

#[tokio::test(start_paused = true)]
async fn a_new_invitation_in_a_group_rings_at_the_invitees_alone() {
    let world = world(THREE).await;
    world.invite("alice", &team(&["bob", "carol"])).unwrap();
    world.settle().await;
    only(&world, THREE, &["bob", "bob-d2", "carol"], "new from alice [bob, carol] \"x\"");
}

#[tokio::test(start_paused = true)]
async fn an_acceptance_is_told_to_all_but_the_device_that_accepts() {
    let world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    only(&world, TWO, &["alice", "alice-d2", "bob-d2"], "accepted [bob] \"yes\"");
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_told_to_all_but_the_device_that_rejects() {
    let world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    assert_eq!(act(&world, "bob", Reject, id, "no").await, OK);
    only(&world, TWO, &["alice", "alice-d2", "bob-d2"], "rejected [bob] \"no\"");
}

/// Rule 7: V2TIM tells alice-d2 nothing.
#[tokio::test(start_paused = true)]
async fn an_acceptance_in_a_group_is_told_to_the_other_invitees_too() {
    let world = world(THREE).await;
    let id = ringing(&world, &team(&["bob", "carol"]), THREE).await;
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    only(&world, THREE, &["alice", "alice-d2", "bob-d2", "carol"], "accepted [bob] \"yes\"");
}

/// Rule 6: V2TIM's newer web client tells bob nothing, who rejected.
#[tokio::test(start_paused = true)]
async fn who_answered_in_a_group_hears_how_the_others_answer() {
    let world = world(THREE).await;
    let id = ringing(&world, &team(&["bob", "carol"]), THREE).await;
    assert_eq!(act(&world, "bob", Reject, id, "no").await, OK);
    only(&world, THREE, &["alice", "alice-d2", "bob-d2", "carol"], "rejected [bob] \"no\"");
    assert_eq!(act(&world, "carol", Accept, id, "yes").await, OK);
    only(&world, THREE, &["alice", "alice-d2", "bob", "bob-d2"], "accepted [carol] \"yes\"");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_told_to_the_invitee_and_the_inviters_other_devices() {
    let world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    assert_eq!(act(&world, "alice", Cancel, id, "sorry").await, OK);
    only(&world, TWO, &["alice-d2", "bob", "bob-d2"], "cancelled \"sorry\"");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_in_a_group_is_told_to_who_answered_before_too() {
    let everybody = ["alice", "alice-d2", "bob", "carol", "dave", "erin"];
    let world = world(&everybody).await;
    let id = ringing(&world, &team(&["bob", "carol", "erin"]), &everybody).await;
    assert_eq!(act(&world, "bob", Accept, id, "").await, OK);
    assert_eq!(act(&world, "carol", Reject, id, "").await, OK);
    everybody.iter().for_each(|peer| drop(world.device(peer).told()));
    assert_eq!(act(&world, "alice", Cancel, id, "sorry").await, OK);
    only(&world, &everybody, &["alice-d2", "bob", "carol", "erin"], "cancelled \"sorry\"");
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_is_told_to_all_with_the_device_that_invited() {
    let world = world(TWO).await;
    ringing(&world, &to("bob"), TWO).await;
    world.until(world.now() + 10_000).await;
    only(&world, TWO, &["alice", "alice-d2", "bob", "bob-d2"], "timeout [bob] \"x\"");
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_in_a_group_is_told_to_who_answered_too() {
    let world = world(THREE).await;
    let id = ringing(&world, &team(&["bob", "carol"]), THREE).await;
    assert_eq!(act(&world, "bob", Accept, id, "").await, OK);
    THREE.iter().for_each(|peer| drop(world.device(peer).told()));
    world.until(world.now() + 10_000).await;
    only(&world, THREE, &["alice", "alice-d2", "bob", "bob-d2", "carol"], "timeout [carol] \"x\"");
}

#[tokio::test(start_paused = true)]
async fn a_modification_is_told_to_all_who_hold_it_but_its_author() {
    let world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    assert_eq!(act(&world, "alice", Modify, id, "y").await, OK);
    only(&world, TWO, &["alice-d2", "bob", "bob-d2"], "modified \"y\"");
    assert_eq!(act(&world, "bob", Modify, id, "z").await, OK);
    only(&world, TWO, &["alice", "alice-d2", "bob-d2"], "modified \"z\"");
}

#[tokio::test(start_paused = true)]
async fn every_parameter_of_every_callback_is_there() {
    let world = world(&["alice", "bob", "carol"]).await;
    let id = world.invite("alice", &team(&["bob", "carol"])).unwrap();
    world.settle().await;
    act(&world, "carol", Reject, id, "no").await;
    act(&world, "alice", Modify, id, "y").await;
    world.until(world.now() + 10_000).await;
    let told = world.device("bob").told().into_iter().map(|told| told.callback);
    let told: Vec<_> = told
        .map(|it| {
            assert_eq!(
                (it.id, it.inviter.as_deref(), it.group.as_deref()),
                (id.to_string(), Some("alice"), Some("team"))
            );
            (it.invitees.map(|names| names.join(" ")), it.invitee, it.data, it.self_timeout)
        })
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            (text("bob carol"), None, text("x"), None),
            (None, text("carol"), text("no"), None),
            (None, None, text("y"), None),
            (text("bob"), None, text("y"), Some(false)),
        ]
    );
}
