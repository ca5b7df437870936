//! V2TIM's rules of time limits, of late arrival and of what is online only, with our result.

mod common;

use common::{OK, OVER, act, all_heard, heard, ringing, team, to, world};
use conformance::Invite;
use conformance::Verb::{Accept, Cancel, Modify, Reject};

const TWO: &[&str] = &["alice", "bob"];
const THREE: &[&str] = &["alice", "bob", "carol"];

/// Rules 1 and 3: in V2TIM each invitee times himself out, and the inviter waits 5 s more.
#[tokio::test(start_paused = true)]
async fn both_sides_are_told_at_the_limit_and_only_the_inviters_device_decides() {
    for online in [true, false] {
        let mut world = world(TWO).await;
        if !online {
            world.offline("bob").await;
        }
        let begin = world.now();
        ringing(&world, &to("bob"), TWO).await;
        world.until(begin + 20_000).await;
        let told = world.device("alice").told();
        assert_eq!(
            (told[0].at - begin, told[0].callback.self_timeout),
            (10_000, Some(true)),
            "bob: {online}"
        );
        assert_eq!(world.device("bob").told().len(), usize::from(online));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_happens_before_the_limit() {
    let world = world(TWO).await;
    let begin = world.now();
    let id = ringing(&world, &to("bob"), TWO).await;
    world.until(begin + 9_900).await;
    assert_eq!(all_heard(&world, TWO), []);
    assert_eq!(act(&world, "bob", Accept, id, "in time").await, OK);
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"in time\""]);
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_second_counts() {
    let world = world(TWO).await;
    let begin = world.now();
    ringing(&world, &Invite { timeout: 2.5, ..to("bob") }, TWO).await;
    world.until(begin + 5_000).await;
    assert_eq!(world.device("alice").told()[0].at - begin, 2_500);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_0_is_none() {
    let world = world(TWO).await;
    let id = ringing(&world, &Invite { timeout: 0.0, ..to("bob") }, TWO).await;
    world.until(world.now() + 300_000).await;
    assert_eq!(all_heard(&world, TWO), []);
    assert_eq!(act(&world, "bob", Accept, id, "late but fine").await, OK);
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"late but fine\""]);
}

#[tokio::test(start_paused = true)]
async fn what_is_over_runs_out_no_more() {
    for verb in [Accept, Reject, Cancel] {
        let world = world(TWO).await;
        let id = ringing(&world, &to("bob"), TWO).await;
        let peer = if verb == Cancel { "alice" } else { "bob" };
        assert_eq!(act(&world, peer, verb, id, "").await, OK);
        TWO.iter().for_each(|peer| drop(world.device(peer).told()));
        world.until(world.now() + 30_000).await;
        assert_eq!(all_heard(&world, TWO), [], "{verb:?}");
    }
}

/// V2TIM's rule that a limit is told only if that could be announced is not ours.
#[tokio::test(start_paused = true)]
async fn without_a_link_the_inviter_is_told_all_the_same_and_the_invitee_when_it_is_back() {
    let mut world = world(TWO).await;
    let id = ringing(&world, &to("bob"), TWO).await;
    world.until(world.now() + 8_000).await;
    world.offline("alice").await;
    world.until(world.now() + 4_000).await;
    assert_eq!(heard(&world, "alice"), ["timeout [bob] \"x\""]);
    assert_eq!(heard(&world, "bob"), [""; 0], "nobody guesses");
    world.online("alice").await;
    assert_eq!(heard(&world, "bob"), ["timeout [bob] \"x\""]);
    assert_eq!(act(&world, "bob", Accept, id, "").await, OVER);
}

#[tokio::test(start_paused = true)]
async fn a_modification_does_not_move_the_limit_which_tells_the_new_data() {
    let world = world(TWO).await;
    let begin = world.now();
    let id = ringing(&world, &to("bob"), TWO).await;
    world.until(begin + 6_000).await;
    assert_eq!(act(&world, "alice", Modify, id, "y").await, OK);
    world.until(begin + 11_000).await;
    assert_eq!(heard(&world, "alice"), ["timeout [bob] \"y\""]);
    assert_eq!(heard(&world, "bob"), ["modified \"y\"", "timeout [bob] \"y\""]);
}

/// Rule 2: V2TIM's clients tell alice twice, once for each of them.
#[tokio::test(start_paused = true)]
async fn one_callback_names_all_whom_the_limit_ended() {
    for offline in [&[][..], &["carol"], &["bob", "carol"]] {
        let mut world = world(THREE).await;
        for peer in offline {
            world.offline(peer).await;
        }
        ringing(&world, &team(&["bob", "carol"]), THREE).await;
        world.until(world.now() + 20_000).await;
        for peer in THREE.iter().filter(|peer| !offline.contains(peer)) {
            assert_eq!(heard(&world, peer), ["timeout [bob, carol] \"x\""], "{peer}, without {offline:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_limit_ends_only_who_did_not_answer() {
    let world = world(THREE).await;
    let id = ringing(&world, &team(&["bob", "carol"]), THREE).await;
    assert_eq!(act(&world, "bob", Accept, id, "").await, OK);
    THREE.iter().for_each(|peer| drop(world.device(peer).told()));
    world.until(world.now() + 20_000).await;
    for peer in THREE {
        assert_eq!(heard(&world, peer), ["timeout [carol] \"x\""], "{peer}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_late_rings_for_what_is_left() {
    for group in [false, true] {
        let mut world = world(TWO).await;
        world.offline("bob").await;
        let begin = world.now();
        let invite = if group { team(&["bob"]) } else { to("bob") };
        world.invite("alice", &invite).unwrap();
        world.until(begin + 4_000).await;
        world.online("bob").await;
        assert_eq!(heard(&world, "bob"), ["new from alice [bob] \"x\""]);
        let left = world.signaling("bob").active()[0].remaining.unwrap();
        assert!(left.as_secs() < 6, "{left:?} are left of 10 s");
        world.until(begin + 11_000).await;
        let told = world.device("bob").told();
        assert_eq!((told.len(), told[0].at - begin), (1, 10_000));
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_too_late_hears_nothing() {
    let mut world = world(TWO).await;
    world.offline("bob").await;
    let id = world.invite("alice", &to("bob")).unwrap();
    world.until(world.now() + 20_000).await;
    world.online("bob").await;
    assert_eq!(heard(&world, "bob"), [""; 0]);
    assert_eq!(act(&world, "bob", Accept, id, "").await, OVER);
}

#[tokio::test(start_paused = true)]
async fn what_was_cancelled_meanwhile_does_not_ring() {
    let mut world = world(TWO).await;
    world.offline("bob").await;
    let id = world.invite("alice", &to("bob")).unwrap();
    assert_eq!(act(&world, "alice", Cancel, id, "").await, OK);
    world.online("bob").await;
    assert_eq!(heard(&world, "bob"), [""; 0]);
}

/// Rule 13: V2TIM's older web client does not ring any more.
#[tokio::test(start_paused = true)]
async fn who_comes_late_rings_though_another_has_answered() {
    let mut world = world(THREE).await;
    world.offline("carol").await;
    let id = ringing(&world, &team(&["bob", "carol"]), &[]).await;
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    world.online("carol").await;
    assert_eq!(heard(&world, "carol"), ["new from alice [bob, carol] \"x\"", "accepted [bob] \"yes\""]);
    heard(&world, "alice");
    assert_eq!(act(&world, "carol", Accept, id, "me too").await, OK);
    assert_eq!(heard(&world, "alice"), ["accepted [carol] \"me too\""]);
}

#[tokio::test(start_paused = true)]
async fn what_is_online_only_waits_for_nobody() {
    let mut world = world(THREE).await;
    world.offline("carol").await;
    let invite = Invite { online_only: true, ..team(&["bob", "carol"]) };
    let id = world.invite("alice", &invite).unwrap();
    world.settle().await;
    assert_eq!(heard(&world, "bob"), ["new from alice [bob, carol] \"x\""]);
    assert!(world.signaling("bob").invitation(id).unwrap().online_user_only, "all its steps are");
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    world.until(world.now() + 12_000).await;
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"yes\"", "timeout [carol] \"x\""]);
    world.online("carol").await;
    assert_eq!(heard(&world, "carol"), [""; 0]);
}

/// Rule 13: V2TIM does not ring any more.
#[tokio::test(start_paused = true)]
async fn what_is_online_only_rings_for_who_comes_while_it_lasts() {
    let mut world = world(TWO).await;
    world.offline("bob").await;
    let id = world.invite("alice", &Invite { online_only: true, ..to("bob") }).unwrap();
    world.until(world.now() + 4_000).await;
    world.online("bob").await;
    world.until(world.now() + 3_500).await;
    assert_eq!(heard(&world, "bob"), ["new from alice [bob] \"x\""], "the inviter's device invites again");
    assert_eq!(act(&world, "bob", Accept, id, "yes").await, OK);
    assert_eq!(heard(&world, "alice"), ["accepted [bob] \"yes\""]);
}
