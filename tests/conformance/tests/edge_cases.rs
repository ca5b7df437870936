//! V2TIM's edge cases, row by row, with our result.

mod common;

use common::{FORBIDDEN, INVALID, OK, OVER, act, all_heard, heard, only, ringing, team, to, world};
use conformance::Verb::{Accept, Cancel, Modify, Reject};
use conformance::{Added, Invite};

const TWO: &[&str] = &["alice", "bob"];
const THREE: &[&str] = &["alice", "bob", "carol", "dave"];

#[tokio::test(start_paused = true)]
async fn a_second_answer_is_over_in_whatever_form() {
    for (first, second) in [(Accept, Accept), (Accept, Reject), (Reject, Accept), (Reject, Reject)] {
        let world = world(TWO).await;
        let id = ringing(&world, &to("bob"), TWO).await;
        assert_eq!(act(&world, "bob", first, id, "1").await, OK);
        assert_eq!(act(&world, "bob", second, id, "2").await, OVER);
        assert_eq!(heard(&world, "alice").len(), 1, "{first:?}, then {second:?}");
    }
}

/// Rule 4: V2TIM's newer web client says 8011.
#[tokio::test(start_paused = true)]
async fn a_second_answer_in_a_group_is_over_while_others_are_pending() {
    let world = world(THREE).await;
    let id = ringing(&world, &team(&["bob", "carol"]), THREE).await;
    assert_eq!(act(&world, "bob", Accept, id, "1").await, OK);
    assert_eq!(act(&world, "bob", Accept, id, "2").await, OVER);
    assert_eq!(heard(&world, "carol"), ["accepted [bob] \"1\""]);
}

/// Rule 4: V2TIM's newer web client says 8020.
#[tokio::test(start_paused = true)]
async fn a_cancel_after_the_answer_is_over() {
    let world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    assert_eq!(act(&world, "bob", Accept, id, "").await, OK);
    assert_eq!(act(&world, "alice", Cancel, id, "").await, OVER);
    assert_eq!(heard(&world, "bob"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_after_all_of_a_group_accepted_is_over() {
    let world = world(THREE).await;
    let id = ringing(&world, &team(&["bob", "carol"]), THREE).await;
    assert_eq!(act(&world, "bob", Accept, id, "").await, OK);
    assert_eq!(act(&world, "carol", Accept, id, "").await, OK);
    assert_eq!(act(&world, "alice", Cancel, id, "").await, OVER);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_after_some_of_a_group_accepted_ends_it_for_the_others() {
    let world = world(THREE).await;
    let id = ringing(&world, &team(&["bob", "carol"]), THREE).await;
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    THREE.iter().for_each(|peer| drop(world.device(peer).told()));
    assert_eq!(act(&world, "alice", Cancel, id, "sorry").await, OK);
    only(&world, THREE, &["bob", "carol"], "cancelled \"sorry\"");
    let call = world.signaling("bob").invitation(id).unwrap();
    let outcomes: Vec<String> = call.invitees.iter().map(|it| format!("{:?}", it.outcome)).collect();
    assert!(outcomes[0].starts_with("Accepted") && outcomes[1] == "Cancelled", "{outcomes:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_the_cancel_is_over() {
    let world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    assert_eq!(act(&world, "alice", Cancel, id, "").await, OK);
    assert_eq!(act(&world, "bob", Accept, id, "").await, OVER);
    assert_eq!(act(&world, "bob", Reject, id, "").await, OVER);
    assert_eq!(act(&world, "alice", Cancel, id, "").await, OVER);
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_the_time_limit_is_over() {
    let world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    world.until(world.now() + 10_000).await;
    assert_eq!(act(&world, "bob", Accept, id, "").await, OVER);
    assert_eq!(act(&world, "alice", Cancel, id, "").await, OVER);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_is_unknown_to_every_method() {
    let world = world(TWO).await;
    let id = "0123456789abcdef0000000700000001".parse().unwrap();
    for verb in [Accept, Reject, Cancel, Modify] {
        assert_eq!(act(&world, "bob", verb, id, "").await, OVER, "{verb:?}");
    }
    assert!("no-such-id".parse::<adapter_std::InviteId>().is_err(), "which stands for 8010");
}

/// Rule 5: V2TIM's older web client says 8010.
#[tokio::test(start_paused = true)]
async fn an_answer_by_the_inviter_is_not_his_to_give() {
    let world = world(&["alice", "alice-d2", "bob"]).await;
    let id = ringing(&world, &to("bob"), &["alice-d2"]).await;
    for peer in ["alice", "alice-d2"] {
        assert_eq!(act(&world, peer, Accept, id, "").await, FORBIDDEN, "{peer}");
        assert_eq!(act(&world, peer, Reject, id, "").await, FORBIDDEN, "{peer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_by_an_invitee_is_refused_and_harms_nothing() {
    let world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    assert_eq!(act(&world, "bob", Cancel, id, "").await, FORBIDDEN);
    assert_eq!(act(&world, "bob", Accept, id, "still fine").await, OK);
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"still fine\""]);
}

#[tokio::test(start_paused = true)]
async fn a_member_who_is_not_invited_knows_of_nothing() {
    let world = world(THREE).await;
    let id = ringing(&world, &team(&["bob", "carol"]), &[]).await;
    for verb in [Accept, Reject, Cancel, Modify] {
        assert_eq!(act(&world, "dave", verb, id, "").await, OVER, "{verb:?}");
    }
    assert_eq!(heard(&world, "dave"), [""; 0]);
}

/// Rule 9: V2TIM's clients answer with the error of the message.
#[tokio::test(start_paused = true)]
async fn an_answer_without_a_link_goes_out_with_the_link() {
    let mut world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    world.offline("bob").await;
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    assert_eq!(heard(&world, "alice"), [""; 0]);
    world.online("bob").await;
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"yes\""]);
}

/// Rule 9, too: V2TIM's clients keep nothing, and no timer.
#[tokio::test(start_paused = true)]
async fn an_invitation_without_a_link_goes_out_with_the_link_and_its_time_runs() {
    let mut world = world(TWO).await;
    world.offline("alice").await;
    world.invite("alice", &to("bob")).unwrap();
    world.until(world.now() + 3_000).await;
    world.online("alice").await;
    assert_eq!(heard(&world, "bob"), ["new from alice [bob] \"x\""]);
    let left = world.signaling("bob").active()[0].remaining.unwrap();
    assert!(left.as_secs() < 7, "{left:?} are left of 10 s");
}

#[tokio::test(start_paused = true)]
async fn an_invitation_that_never_gets_a_link_runs_out_at_the_inviter() {
    let mut world = world(TWO).await;
    world.offline("alice").await;
    world.invite("alice", &to("bob")).unwrap();
    world.until(world.now() + 11_000).await;
    assert_eq!(heard(&world, "alice"), ["timeout [bob] \"x\""]);
    assert_eq!(heard(&world, "bob"), [""; 0]);
}

/// Rule 12: V2TIM's web clients refuse the second call.
#[tokio::test(start_paused = true)]
async fn two_answers_for_two_invitations_do_not_wait_for_each_other() {
    let world = world(&["alice", "bob", "carol"]).await;
    let first = world.invite("alice", &to("bob")).unwrap();
    let second = world.invite("carol", &to("bob")).unwrap();
    world.settle().await;
    assert_eq!(world.act("bob", Accept, first, "yes"), OK);
    assert_eq!(world.act("bob", Reject, second, "busy"), OK);
    world.settle().await;
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"yes\""]);
    assert_eq!(heard(&world, "carol"), ["rejected [bob] \"busy\""]);
}

#[tokio::test(start_paused = true)]
async fn both_parties_modify_until_the_answer() {
    let world = world(THREE).await;
    let id = ringing(&world, &team(&["bob", "carol"]), THREE).await;
    assert_eq!(act(&world, "alice", Modify, id, "y").await, OK);
    assert_eq!(act(&world, "bob", Modify, id, "z").await, OK);
    assert_eq!(heard(&world, "carol"), ["modified \"y\"", "modified \"z\""]);
    assert_eq!(act(&world, "bob", Accept, id, "").await, OK);
    assert_eq!(act(&world, "bob", Modify, id, "late").await, OVER);
    assert_eq!(act(&world, "dave", Modify, id, "who?").await, OVER);
    assert_eq!(act(&world, "carol", Reject, id, "").await, OK);
    assert_eq!(act(&world, "alice", Modify, id, "late").await, OVER);
}

/// Rule 11: V2TIM's web clients let it pass, against their own documents.
#[tokio::test(start_paused = true)]
async fn what_is_online_only_cannot_be_modified() {
    let world = world(TWO).await;
    let id = ringing(&world, &Invite { online_only: true, ..to("bob") }, TWO).await;
    assert_eq!(act(&world, "alice", Modify, id, "y").await, FORBIDDEN);
    assert_eq!(act(&world, "bob", Modify, id, "y").await, FORBIDDEN);
    assert_eq!(all_heard(&world, TWO), []);
}

/// Rule 10.
#[tokio::test(start_paused = true)]
async fn what_nobody_could_answer_is_refused_and_leaves_nothing() {
    let world = world(THREE).await;
    let limit = |timeout| Invite { timeout, ..to("bob") };
    for (invite, why) in [
        (to(""), "nobody"),
        (to("alice"), "oneself"),
        (to(&"b".repeat(33)), "a name too long"),
        (team(&[]), "nobody in the group"),
        (team(&["bob", "alice"]), "oneself in the group"),
        (team(&["bob", "carol", "bob"]), "somebody twice"),
        (Invite { group: Some(String::new()), ..team(&["bob"]) }, "no group"),
        (limit(-1.0), "below 0"),
        (limit(86_401.0), "above 24 h"),
    ] {
        assert_eq!(world.invite("alice", &invite), Err(INVALID), "{why}");
    }
    world.until(world.now() + 30_000).await;
    assert_eq!(all_heard(&world, THREE), []);
    assert_eq!(world.signaling("alice").active(), []);
}

#[tokio::test(start_paused = true)]
async fn data_of_12_kb_passes_and_more_is_too_long() {
    let world = world(TWO).await;
    let invite = |bytes| Invite { data: "d".repeat(bytes), ..to("bob") };
    assert_eq!(world.invite("alice", &invite(12 * 1024 + 1)), Err(Some(8001)));
    let id = ringing(&world, &invite(12 * 1024), TWO).await;
    for verb in [Accept, Reject, Modify] {
        assert_eq!(world.act("bob", verb, id, &"d".repeat(12 * 1024 + 1)), Some(8001), "{verb:?}");
    }
    assert_eq!(world.act("alice", Cancel, id, &"d".repeat(12 * 1024 + 1)), Some(8001));
    assert_eq!(act(&world, "bob", Accept, id, &"d".repeat(12 * 1024)).await, OK);
    assert_eq!(heard(&world, "alice").len(), 1);
}

/// Rule 14: in V2TIM such an invitee is never reached, and the inviter waits for the time limit.
#[tokio::test(start_paused = true)]
async fn an_invitee_who_is_no_member_is_rejected_at_once() {
    let mut world = world(&["alice", "bob"]).await;
    world.add("mallory", true).await;
    ringing(&world, &team(&["bob", "mallory"]), &[]).await;
    assert_eq!(heard(&world, "alice"), ["rejected [mallory] \"\""]);
    assert_eq!(heard(&world, "bob"), ["new from alice [bob, mallory] \"x\"", "rejected [mallory] \"\""]);
    assert_eq!(heard(&world, "mallory"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_was_learned_elsewhere_may_be_answered_once_and_is_not_new() {
    let mut world = world(&["alice", "bob"]).await;
    world.offline("bob").await;
    let id = world.invite("alice", &team(&["bob"])).unwrap();
    world.settle().await;
    let added = Added {
        id: id.to_string(),
        inviter: "alice".into(),
        group: "team".into(),
        invitees: vec!["bob".into()],
        data: "x".into(),
        timeout: 10.0,
    };
    assert_eq!(world.learn("bob", &added, id), OK);
    assert_eq!(world.learn("bob", &added, id), Some(8012), "it is known already");
    assert_eq!(world.learn("bob", &Added { invitees: vec![], ..added.clone() }, id), INVALID);
    assert_eq!(world.learn("bob", &Added { inviter: String::new(), ..added }, id), INVALID);
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    world.online("bob").await;
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"yes\""]);
    assert_eq!(heard(&world, "bob"), [""; 0], "no callback for a new invitation");
}

#[tokio::test(start_paused = true)]
async fn what_is_known_by_itself_cannot_be_added() {
    let world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    let added = Added {
        id: id.to_string(),
        inviter: "alice".into(),
        group: String::new(),
        invitees: vec!["bob".into()],
        data: String::new(),
        timeout: 10.0,
    };
    assert_eq!(world.learn("bob", &added, id), Some(8012));
    assert_eq!(world.learn("alice", &added, id), Some(8012));
}
