//! Who hears nothing for long: what is in doubt, what is asked again, and what is given up.

use crate::world::World;
use signaling_core::wire::{Frame, Reach, Refusal, Refused, encode_fanout};
use signaling_core::{
    Added, AnswerError, CancelError, CancelOutcome, Config, Device, InviteError, InviteId, ModifyError, Slot,
};

fn cut(world: &mut World) {
    world.lose = Box::new(|_| true);
}

fn heal(world: &mut World) {
    world.lose = Box::new(|_| false);
}

#[test]
fn what_was_in_doubt_rings_again_when_the_inviter_is_back() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(500);
    cut(&mut world);
    assert_eq!(world.run(45_000).told(1), ["new", "ringingstopped", "unresolved"]);
    heal(&mut world);
    assert_eq!(world.run(15_000).told(1)[3..], ["ringingresumed"]);
    world.accept(1, id);
    assert_eq!(world.run(300).told(1)[4..], ["confirmed"]);
}

#[test]
fn a_pause_that_nobody_heard_of_is_not_told() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 0);
    world.run(500).phones[1].listens = false;
    cut(&mut world);
    world.run(12_000);
    heal(&mut world);
    world.run(5_000).phones[1].listens = true;
    assert_eq!(world.run(500).told(1), ["new"], "it rings on");
    cut(&mut world);
    world.run(12_000).phones[1].listens = false;
    heal(&mut world);
    world.run(5_000);
    cut(&mut world);
    world.run(12_000).phones[1].listens = true;
    assert_eq!(world.run(500).told(1), ["new", "ringingstopped"], "it is still silent");
}

#[test]
fn an_answer_in_doubt_is_given_again() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(500);
    cut(&mut world);
    world.accept(1, id);
    assert_eq!(world.run(35_000).told(1), ["new", "unresolved"]);
    heal(&mut world);
    assert_eq!(world.run(15_000).told(1), ["new", "unresolved", "confirmed"]);
    assert_eq!(world.told(0)[2..], ["accepted bob", "ended", "established bob"]);
}

#[test]
fn what_others_became_is_given_up_when_nobody_is_left_to_say_it() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let id = world.invite(0, &["bob", "carol"], 5);
    world.run(500);
    world.accept(1, id);
    world.run(500);
    world.phones[0].online = false;
    world.run(30_000);
    assert!(world.phones[1].engine.view(id).is_some(), "carol's outcome may still come");
    world.run(600_000);
    assert_eq!(world.told(1), ["new", "confirmed"], "no outcome is made up");
    assert_eq!(world.told(2), ["new", "accepted bob", "ringingstopped", "unresolved"]);
    assert!(world.phones[1].engine.is_empty() && world.phones[2].engine.is_empty());
}

#[test]
fn what_others_became_is_awaited_for_a_day_if_there_is_no_limit() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let id = world.invite(0, &["bob", "carol"], 0);
    world.run(500);
    world.accept(1, id);
    world.run(500);
    world.phones[0].online = false;
    world.run(23 * 3_600_000);
    assert!(world.phones[1].engine.view(id).is_some(), "carol's outcome may still come");
    world.run(2 * 3_600_000);
    assert_eq!(world.told(1), ["new", "confirmed"], "no outcome is made up");
    assert!(world.phones[1].engine.is_empty());
}

#[test]
fn who_starts_anew_has_room_although_he_missed_as_many_calls_as_he_has_rows() {
    let mut world = World::of(&["alice", "bob", "carol", "dave"]);
    let mut kept = vec![];
    for _ in 0..4 {
        let id = world.invite(0, &["bob", "carol"], 60);
        world.run(500).accept(2, id);
        world.run(500);
        world.phones[0].engine.cancel(world.now, id, b"").unwrap();
        kept.extend(world.catch(1));
    }
    world.restart(1);
    // The last word of each call, without what carol said; alice is gone.
    for word in kept {
        world.give(1, &word);
    }
    world.phones[0].online = false;
    world.invite(3, &["bob"], 60);
    assert_eq!(world.run(100).told(1), ["missed", "missed", "missed", "missed", "new"]);
}

#[test]
fn what_may_still_be_decided_stays_in_doubt_and_is_learned() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let id = world.invite(0, &["bob", "carol"], 600);
    world.run(500);
    cut(&mut world);
    world.accept(1, id);
    world.run(480_000);
    heal(&mut world);
    assert_eq!(world.run(15_000).told(1), ["new", "unresolved", "confirmed"]);
    assert_eq!(world.told(2), ["new", "ringingstopped", "unresolved", "ringingresumed", "accepted bob"]);
}

#[test]
fn what_was_due_comes_before_what_is_new() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(500);
    // Alice's device slept, and nobody let its time go on.
    world.now += 7_200_000;
    assert_eq!(world.phones[0].engine.cancel(world.now, id, b""), Err(CancelError::Over));
    assert_eq!(world.run(0).told(0)[2..], ["timeout bob", "ended"]);
}

#[test]
fn what_was_due_comes_before_what_the_relay_says() {
    for whole in [false, true] {
        let mut world = World::of(&["alice", "bob"]);
        let id = world.invite(0, &["bob"], 30);
        cut(&mut world);
        world.run(100).now += 7_200_000;
        let mut frame = [0; 64];
        let nobody = [("bob", Reach::<std::iter::Empty<Device>>::Never)];
        let len = if whole {
            Frame::Refused(Refused { key: Some(id), ver: 1, reason: Refusal::TooLarge }).encode(&mut frame)
        } else {
            encode_fanout(&mut frame, id, 1, false, nobody.into_iter())
        };
        world.give(0, &frame[..len.unwrap()]);
        assert_eq!(world.phones[0].engine.view(id).unwrap().invitee(0).unwrap().slot, Slot::TimedOut);
    }
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(10_000);
    let phone = &mut world.phones[0].engine;
    phone.handle_timeout(11_000);
    phone.handle_timeout(0);
    assert_eq!(phone.view(id).unwrap().remaining(), Some(20_000), "made at 1 s");
}

#[test]
fn of_two_requests_whose_ends_nobody_heard_of_the_last_is_told() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(500).phones[1].listens = false;
    cut(&mut world);
    world.phones[1].engine.modify(world.now, id, b"audio").unwrap();
    world.run(31_000);
    heal(&mut world);
    world.phones[1].engine.modify(world.now, id, b"video").unwrap();
    world.run(5_000).phones[1].listens = true;
    world.run(0);
    let ends = ["unanswered", "granted", "denied"];
    let told: Vec<&str> = world.told(1).into_iter().filter(|told| ends.contains(told)).collect();
    assert_eq!(told, ["granted"]);
}

#[test]
fn a_call_that_ended_while_nobody_was_in_reach_is_learned() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 600);
    world.run(500);
    cut(&mut world);
    world.run(800_000);
    heal(&mut world);
    assert_eq!(world.run(15_000).told(1), ["new", "ringingstopped", "unresolved", "timeout bob"]);
}

#[test]
fn who_is_in_doubt_asks_every_ten_seconds() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 0);
    world.run(500).phones[0].online = false;
    world.run(45_000);
    assert_eq!(world.told(1).last(), Some(&"unresolved"));
    let before = world.frames;
    world.run(60_000);
    assert_eq!(world.frames - before, 6);
}

#[test]
fn a_link_that_comes_back_says_at_once_what_was_lost() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 60);
    world.run(500);
    cut(&mut world);
    world.accept(1, id);
    world.run(9_000);
    heal(&mut world);
    world.phones[1].engine.handle_link_up(world.now);
    assert_eq!(world.run(25).told(1), ["new", "confirmed"]);
}

#[test]
fn an_inviter_whose_link_comes_back_invites_at_once() {
    let mut world = World::of(&["alice", "bob"]);
    cut(&mut world);
    world.invite(0, &["bob"], 60);
    world.invite(0, &["bob"], 60);
    world.run(9_000);
    heal(&mut world);
    world.phones[0].engine.handle_link_up(world.now);
    assert_eq!(world.run(15).told(1), ["new", "new"], "though the next repeats are seconds away");
}

#[test]
fn of_an_answer_that_came_too_late_nothing_is_shown() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 5);
    world.run(500);
    cut(&mut world);
    world.accept(1, id);
    world.run(6_000);
    heal(&mut world);
    assert_eq!(world.run(5_000).told(1), ["new", "timeout bob", "overruled"]);
    assert_eq!(world.phones[1].engine.view(id).unwrap().invitee(0).unwrap().data.as_slice(), b"");
}

#[test]
fn a_lease_is_renewed_at_once_when_the_link_comes_back() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 60);
    world.run(500);
    let before = world.frames;
    world.phones[1].engine.handle_link_up(world.now);
    world.run(25);
    assert_eq!(world.frames - before, 2, "he says that he rings, she says that it stands");
}

#[test]
fn a_request_that_nobody_answers_is_said_to_be_one() {
    let mut world = World::of(&["alice", "bob", "alice/desk"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(500);
    world.phones[0].online = false;
    cut(&mut world);
    let now = world.now;
    world.phones[1].engine.modify(now, id, b"audio").unwrap();
    assert_eq!(world.phones[1].engine.modify(now, id, b"video"), Err(ModifyError::Busy));
    assert_eq!(world.phones[2].engine.cancel(now, id, b""), Ok(CancelOutcome::Asked));
    assert_eq!(world.phones[2].engine.cancel(now, id, b""), Err(CancelError::Busy));
    world.run(29_900);
    assert!(!world.told(1).contains(&"unanswered") && !world.told(2).contains(&"unanswered"));
    world.run(200);
    assert!(world.told(1).contains(&"unanswered") && world.told(2).contains(&"unanswered"));
}

#[test]
fn a_request_to_who_forgot_the_invitation_is_unanswered() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(500).restart(0);
    world.phones[1].engine.modify(world.now, id, b"audio").unwrap();
    assert_eq!(world.run(100).told(1), ["new", "ringingstopped", "unanswered", "unresolved"]);
    assert_eq!(world.phones[1].engine.modify(world.now, id, b"audio"), Err(ModifyError::Over));
}

#[test]
fn who_answered_does_not_modify_and_his_other_device_is_denied() {
    let mut world = World::of(&["alice", "bob/kitchen", "bob/car", "carol"]);
    let id = world.invite(0, &["bob", "carol"], 60);
    world.run(500);
    world.accept(1, id);
    assert_eq!(world.phones[1].engine.modify(world.now, id, b"x"), Err(ModifyError::Over));
    world.run(15);
    world.phones[2].engine.modify(world.now, id, b"audio").unwrap();
    world.run(500);
    assert!(world.told(2).contains(&"denied"), "{:?}", world.told(2));
    assert!(!world.told(0).contains(&"modified audio"));
    assert_eq!(world.phones[0].engine.view(id).unwrap().data().as_slice(), b"video?");
}

#[test]
fn a_repeated_request_is_carried_out_once() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 60);
    world.run(500);
    world.phones[1].engine.modify(world.now, id, b"audio").unwrap();
    let request = world.catch(0);
    for _ in 0..2 {
        world.give(0, &request[0]);
    }
    world.run(5_000);
    assert_eq!(world.told(0).iter().filter(|told| **told == "modified audio").count(), 1);
    assert_eq!(world.told(1), ["new", "granted"]);
}

#[test]
fn without_a_lease_there_is_a_limit_and_nothing_to_renew() {
    let mut world = World::of(&["alice", "bob"]);
    let leaseless = |config: &mut Config| config.lease = 0;
    (0..2).for_each(|at| world.reconfigure(at, leaseless));
    let endless = signaling_core::Invite { invitees: &["bob"], ..Default::default() };
    assert_eq!(world.phones[0].engine.invite(world.now, &endless), Err(InviteError::Endless));
    world.invite(0, &["bob"], 60);
    world.run(1_000);
    world.phones[0].online = false;
    let frames = world.frames;
    assert_eq!(world.run(58_000).told(1), ["new"], "he rings on, though she is gone");
    assert_eq!(world.frames, frames, "and asks nothing");
    assert_eq!(world.run(5_000).told(1), ["new", "ringingstopped"]);
}

#[test]
fn an_observer_without_a_limit_notices_that_the_inviter_is_gone() {
    let mut world = World::of(&["alice", "bob", "alice/desk"]);
    world.invite(0, &["bob"], 0);
    world.run(30_000);
    assert_eq!(world.told(2), ["new"]);
    world.phones[0].online = false;
    world.run(50_000);
    assert_eq!(world.told(2), ["new"], "a few refreshes may be lost");
    world.run(60_000);
    assert_eq!(world.told(2), ["new", "unresolved"]);
}

#[test]
fn what_is_decided_is_told_without_its_data_when_nobody_is_left_to_send_that() {
    let mut world = World::of(&["alice", "bob", "carol", "alice/desk"]);
    let id = world.invite(0, &["bob", "carol"], 0);
    world.run(500);
    world.lose = Box::new(|to| to == 3);
    for at in [1, 2] {
        world.phones[at].engine.accept(world.now, id, b"yes").unwrap();
    }
    world.run(150);
    // One Decision comes through; it holds the data of one answer, the next would hold the other's.
    let mut more = false;
    world.lose = Box::new(move |to| to == 3 && core::mem::replace(&mut more, true));
    world.run(5_000);
    world.phones[0].online = false;
    assert_eq!(world.run(20_000).told(3).len(), 2, "{:?}", world.told(3));
    world.run(15_000);
    let mut told = world.told(3);
    told.sort_unstable();
    assert_eq!(told, ["accepted bob", "accepted carol", "new"]);
}

#[test]
fn an_answer_in_doubt_still_arrives_though_nothing_comes_back() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(500);
    cut(&mut world);
    world.accept(1, id);
    world.run(35_000);
    world.lose = Box::new(|to| to == 1);
    world.run(15_000);
    assert!(world.told(0).contains(&"accepted bob"), "{:?}", world.told(0));
    assert_eq!(world.told(1), ["new", "unresolved"]);
}

/// So many calls to bob's device; how many of them find room.
fn room_for(world: &mut World, from: usize, calls: usize) -> usize {
    let before = world.told(1).iter().filter(|told| **told == "new").count();
    for _ in 0..calls {
        world.invite(from, &["bob"], 0);
    }
    world.run(500);
    world.told(1).iter().filter(|told| **told == "new").count() - before
}

#[test]
fn who_waits_for_the_outcome_of_another_keeps_his_row() {
    let mut world = World::of(&["alice", "bob", "carol", "dave"]);
    let id = world.invite(0, &["bob", "carol"], 60);
    world.run(500);
    world.accept(1, id);
    world.run(500);
    assert_eq!(room_for(&mut world, 3, 4), 3, "one of the four rows is taken");
    world.phones[2].engine.reject(world.now, id, false, b"").unwrap();
    world.run(500);
    assert_eq!(world.told(1).last(), Some(&"rejected carol"));
}

#[test]
fn who_waits_for_his_request_keeps_his_row() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let id = world.invite(0, &["bob"], 60);
    world.run(500);
    world.lose = Box::new(|to| to == 0);
    world.phones[1].engine.modify(world.now, id, b"audio").unwrap();
    world.phones[0].engine.cancel(world.now, id, b"").unwrap();
    world.run(100);
    assert_eq!(world.told(1), ["new", "cancelled"]);
    assert_eq!(room_for(&mut world, 2, 4), 3, "what became of the request may still come");
    heal(&mut world);
    world.run(5_000);
    let told = world.told(1);
    let verdict = ["denied", "unanswered"].iter().filter(|verdict| told.contains(verdict)).count();
    assert_eq!(verdict, 1, "whether his Ack or his request came first: {told:?}");
}

#[test]
fn what_is_in_doubt_makes_room_for_what_rings() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    for _ in 0..4 {
        world.invite(0, &["bob"], 0);
    }
    world.run(500);
    world.phones[0].online = false;
    world.run(45_000);
    assert_eq!(world.told(1).iter().filter(|told| **told == "unresolved").count(), 4);
    assert_eq!(room_for(&mut world, 2, 2), 2);
}

#[test]
fn what_rings_makes_no_room() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    assert_eq!(room_for(&mut world, 0, 4), 4);
    assert_eq!(room_for(&mut world, 2, 1), 0);
    world.run(1_000);
    assert_eq!(world.phones[1].engine.len(), 4);
}

#[test]
fn doubt_is_told_once_until_it_rings_again() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 0);
    world.run(500);
    for round in 1..=2 {
        cut(&mut world);
        world.run(200_000);
        let doubts = world.told(1).iter().filter(|told| **told == "unresolved").count();
        assert_eq!(doubts, round);
        heal(&mut world);
        world.run(15_000);
        assert_eq!(world.told(1).last(), Some(&"ringingresumed"));
    }
}

#[test]
fn an_observer_is_told_of_its_doubt_once_for_it_does_not_ring() {
    let mut world = World::of(&["alice", "bob", "alice/desk"]);
    world.invite(0, &["bob"], 0);
    world.run(500);
    for _ in 0..2 {
        cut(&mut world);
        world.run(200_000);
        assert_eq!(world.told(2), ["new", "unresolved"]);
        heal(&mut world);
        world.run(15_000);
    }
}

#[test]
fn what_is_in_doubt_is_not_answered() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(500);
    cut(&mut world);
    assert_eq!(world.run(45_000).told(1).last(), Some(&"unresolved"));
    assert_eq!(world.phones[1].engine.accept(world.now, id, b""), Err(AnswerError::Over));
    assert_eq!(world.phones[1].engine.modify(world.now, id, b""), Err(ModifyError::Over));
}

#[test]
fn who_knows_all_sleeps_until_he_forgets_it() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(500);
    world.accept(1, id);
    world.run(500);
    let keep = u64::from(world.phones[1].engine.config().keep);
    let wakes = world.phones[1].engine.poll_timeout().unwrap();
    assert!(wakes > world.now + keep - 1_000, "nothing to do for {} ms only", wakes - world.now);
}

#[test]
fn an_answer_to_the_last_question_counts_though_doubt_came_first() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 0);
    world.run(500);
    cut(&mut world);
    world.run(36_000);
    heal(&mut world);
    world.delay = 2_000;
    while !world.told(1).contains(&"unresolved") {
        world.run(100);
    }
    // Of his questions only those from before the doubt arrive.
    world.lose = Box::new(|to| to == 0);
    assert_eq!(world.run(4_000).told(1).last(), Some(&"ringingresumed"));
}

#[test]
fn what_is_kept_for_no_time_waits_until_it_is_told() {
    let mut world = World::of(&["alice", "bob"]);
    world.reconfigure(0, |config| config.keep = 0);
    world.phones[0].listens = false;
    let id = world.invite(0, &["bob"], 30);
    world.phones[0].engine.cancel(world.now, id, b"").unwrap();
    world.run(50).phones[0].listens = true;
    assert_eq!(world.run(50).told(0), ["delivered", "ended"]);
    assert!(world.phones[0].engine.is_empty());
}

#[test]
fn what_is_learned_late_is_kept_no_longer_than_other_calls() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 3_600);
    world.run(500);
    cut(&mut world);
    world.run(60_000);
    heal(&mut world);
    world.phones[0].engine.cancel(world.now, id, b"").unwrap();
    assert_eq!(world.run(15_000).told(1), ["new", "ringingstopped", "unresolved", "cancelled"]);
    assert!(world.run(300_000).phones[1].engine.is_empty());
}

#[test]
fn who_holds_no_record_is_asked_for_five_minutes_however_long_the_call_was_to_be() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 3_600);
    world.run(500).phones[0].online = false;
    assert_eq!(world.run(60_000).told(1), ["new", "ringingstopped", "unresolved"]);
    assert_eq!(world.run(600_000).phones[1].engine.len(), 1, "she may still decide");
    world.restart(0);
    world.phones[0].online = true;
    assert_eq!(world.run(295_000).phones[1].engine.len(), 1);
    assert!(world.run(20_000).phones[1].engine.is_empty());
}

#[test]
fn what_was_added_is_in_doubt_for_a_day_at_most() {
    let mut world = World::of(&["alice", "bob"]);
    let id = InviteId { origin: world.phones[0].device, sequence: 7 };
    world.phones[0].online = false;
    let (inviter, invitees, timeout) = ("alice", &["bob"][..], Some(u32::MAX));
    let added = Added { id, inviter, group: None, invitees, data: b"", timeout };
    world.phones[1].engine.add_invited_signaling(world.now, &added).unwrap();
    assert_eq!(world.run(86_000_000).phones[1].engine.len(), 1);
    assert!(world.run(1_000_000).phones[1].engine.is_empty());
}

#[test]
fn who_has_answered_waits_for_the_others_until_their_time_is_up() {
    let mut world = World::of(&["alice", "bob", "carol", "dave"]);
    let calls: Vec<_> = (0..4).map(|_| world.invite(0, &["bob", "carol"], 300)).collect();
    world.run(500);
    for id in calls {
        world.phones[1].engine.reject(world.now, id, false, b"").unwrap();
    }
    world.run(500).phones[0].online = false;
    world.run(100_000).invite(3, &["bob"], 30);
    assert!(world.run(500).told(3).contains(&"full bob NoCapacity"), "{:?}", world.told(3));
    world.run(250_000).invite(3, &["bob"], 30);
    assert!(world.run(500).told(3).ends_with(&["delivered", "ringing bob"]), "{:?}", world.told(3));
}
