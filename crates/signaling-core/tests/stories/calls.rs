//! Two, three, four devices ring each other through a perfect or a lossy relay.

use crate::world::World;
use signaling_core::{
    AddError, Added, AnswerError, CODE_NO_PERMISSION, CODE_UNKNOWN, CancelError, CancelOutcome, Invite,
    InviteError, ModifyError, NameError, Slot,
};

#[test]
fn bob_accepts_and_both_know() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 30);
    assert_eq!(world.run(500).told(1), ["new"]);
    assert_eq!(world.told(0), ["delivered", "ringing bob"]);
    world.accept(1, id);
    world.run(100);
    assert_eq!(world.told(0), ["delivered", "ringing bob", "accepted bob", "ended", "established bob"]);
    assert_eq!(world.told(1), ["new", "confirmed"]);
    assert!(world.phones[0].engine.is_empty(), "quiet: nothing is left to say");
}

#[test]
fn bob_rejects() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(500);
    world.phones[1].engine.reject(world.now, id, true, b"later").unwrap();
    world.run(100);
    assert_eq!(world.told(0)[2..], ["rejected bob", "ended"]);
    assert_eq!(world.told(1), ["new", "confirmed"]);
}

#[test]
fn the_time_limit_is_the_inviters() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    world.invite(0, &["bob", "carol"], 5);
    world.run(6_000);
    assert_eq!(world.told(0)[3..], ["timeout bob carol", "ended"]);
    assert_eq!(world.told(1), ["new", "timeout bob carol"]);
}

#[test]
fn who_only_rang_until_time_was_up_is_not_named() {
    let mut world = World::of(&["alice", "bob/kitchen"]);
    let id = world.invite(0, &["bob"], 5);
    world.run(500);
    let label = |world: &World| world.phones[0].engine.view(id).unwrap().invitee(0).unwrap().label.to_owned();
    assert_eq!(label(&world), "kitchen");
    assert_eq!(
        (world.run(4_515).told(0)[2..].join(", "), label(&world)),
        ("timeout bob, ended".into(), "".into())
    );
}

#[test]
fn a_cancel_ends_the_ringing() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(40_000);
    assert_eq!(world.phones[0].engine.cancel(world.now, id, b""), Ok(CancelOutcome::Cancelled));
    world.run(100);
    assert_eq!(world.told(1), ["new", "cancelled"]);
    assert_eq!(world.told(0), ["delivered", "ringing bob", "ended"]);
    assert_eq!(world.phones[0].engine.cancel(world.now, id, b"").unwrap_err().code(), Some(CODE_UNKNOWN));
}

#[test]
fn of_several_the_first_wins_if_that_is_asked_for() {
    let mut world = World::of(&["alice", "alice/desk", "bob", "carol", "dave"]);
    let invitees = &["bob", "carol", "dave"];
    let invite = Invite { invitees, first_wins: true, ..Invite::default() };
    let id = world.phones[0].engine.invite(world.now, &invite).unwrap();
    world.run(500);
    world.phones[4].engine.reject(world.now, id, true, b"").unwrap();
    world.run(100);
    assert!(!world.phones[0].engine.view(id).unwrap().over(), "who declines ends nothing for the others");
    // Both at once.
    world.accept(2, id);
    world.accept(3, id);
    world.run(100);
    assert_eq!(world.told(0)[4..], ["rejected dave", "accepted bob", "ended", "established bob"]);
    assert_eq!(world.told(2), ["new", "rejected dave", "confirmed", "cancelled"]);
    assert_eq!(world.told(3), ["new", "rejected dave", "accepted bob", "cancelled", "overruled"]);
    assert_eq!(world.told(1), ["new", "rejected dave", "accepted bob", "cancelled"]);
}

#[test]
fn what_the_first_said_is_not_put_into_the_mouths_of_the_others() {
    let mut world = World::of(&["alice", "bob/kitchen", "carol/car", "dave"]);
    let invitees = &["bob", "carol", "dave"];
    let invite = Invite { invitees, first_wins: true, ..Invite::default() };
    let id = world.phones[0].engine.invite(world.now, &invite).unwrap();
    world.run(500).accept(1, id);
    world.run(15);
    let alices = world.phones[0].engine.view(id).unwrap();
    let said: Vec<_> = alices.invitees().map(|one| (one.user, one.label, one.data.as_slice())).collect();
    assert_eq!(said, [("bob", "kitchen", &b"yes"[..]), ("carol", "", b""), ("dave", "", b"")]);
}

#[test]
fn answered_elsewhere_and_where() {
    let mut world = World::of(&["alice", "bob/kitchen", "bob/car"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(500);
    world.accept(1, id);
    world.run(15);
    world.phones[2].engine.accept(world.now, id, b"me").unwrap();
    world.run(200);
    assert_eq!(world.told(2), ["new", "accepted bob", "overruled"]);
    let view = world.phones[2].engine.view(id).unwrap();
    let bob = view.invitee(0).unwrap();
    assert_eq!((bob.label, bob.data.as_slice()), ("kitchen", &b"yes"[..]));
}

#[test]
fn a_group_answers_each_for_himself() {
    let mut world = World::of(&["alice", "bob", "carol", "dave"]);
    let id = world.invite(0, &["bob", "carol", "dave"], 5);
    world.run(500);
    world.accept(1, id);
    world.run(500);
    world.phones[2].engine.reject(world.now, id, false, b"no").unwrap();
    world.run(6_000);
    assert_eq!(world.told(1), ["new", "confirmed", "rejected carol", "timeout dave"]);
    assert_eq!(world.told(2), ["new", "accepted bob", "confirmed", "timeout dave"]);
    assert_eq!(world.told(3), ["new", "accepted bob", "rejected carol", "timeout dave"]);
    let ends = ["accepted bob", "rejected carol", "timeout dave", "ended"];
    assert!(ends.iter().all(|end| world.told(0).contains(end)), "{:?}", world.told(0));
}

#[test]
fn a_dead_inviter_rings_for_a_lease_at_most() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 0);
    world.run(30_000);
    assert_eq!(world.told(1), ["new"], "the lease is renewed while she lives");
    world.phones[0].online = false;
    world.lose = Box::new(|to| to == 0);
    assert_eq!(world.run(10_100).told(1), ["new", "ringingstopped"]);
    assert_eq!(world.run(31_000).told(1), ["new", "ringingstopped", "unresolved"]);
}

#[test]
fn ringing_resumes_when_the_link_heals() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 0);
    world.run(5_000);
    world.lose = Box::new(|_| true);
    world.run(20_000);
    world.lose = Box::new(|_| false);
    world.run(5_000);
    assert_eq!(world.told(1), ["new", "ringingstopped", "ringingresumed"]);
    world.accept(1, id);
    assert_eq!(world.run(300).told(1)[3..], ["confirmed"]);
}

#[test]
fn either_party_modifies() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let id = world.invite(0, &["bob", "carol"], 60);
    world.run(500);
    world.phones[0].engine.modify(world.now, id, b"audio").unwrap();
    world.run(500);
    world.phones[1].engine.modify(world.now, id, b"bob's").unwrap();
    world.run(500);
    assert_eq!(world.told(0)[3..], ["modified bob's"]);
    assert_eq!(world.told(1), ["new", "modified audio", "granted"]);
    assert_eq!(world.told(2), ["new", "modified audio", "modified bob's"]);
}

#[test]
fn a_modification_that_is_lost_is_repeated_at_once() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 60);
    world.run(500);
    world.lose = Box::new(|to| to == 1);
    world.phones[0].engine.modify(world.now, id, b"audio").unwrap();
    world.run(50);
    world.lose = Box::new(|_| false);
    // Long before alice invites him again, or he renews his lease.
    assert_eq!(world.run(1_000).told(1), ["new", "modified audio"]);
}

#[test]
fn the_other_device_of_the_inviter_watches_and_cancels() {
    let mut world = World::of(&["alice", "bob", "alice/desk"]);
    let id = world.invite(0, &["bob"], 60);
    assert_eq!(world.run(500).told(2), ["new"]);
    assert_eq!(world.phones[2].engine.cancel(world.now, id, b"oops"), Ok(CancelOutcome::Asked));
    world.run(500);
    assert_eq!(world.told(0)[2..], ["cancelled", "ended"]);
    assert_eq!(world.told(1), ["new", "cancelled"]);
    assert_eq!(world.told(2), ["new", "granted"]);
    let view = world.phones[1].engine.view(id).unwrap();
    assert_eq!(view.invitee(0).unwrap().data.as_slice(), b"oops");
}

#[test]
fn the_other_device_of_the_inviter_is_not_told_of_a_call_in_a_group() {
    let mut world = World::of(&["alice", "bob", "alice/desk"]);
    let invite =
        Invite { invitees: &["bob"], group: Some("team"), timeout: Some(9_000), ..Invite::default() };
    let id = world.phones[0].engine.invite(world.now, &invite).unwrap();
    assert_eq!(world.run(500).told(1), ["new"]);
    assert!(world.told(2).is_empty() && world.phones[2].engine.view(id).is_some(), "it watches in silence");
}

#[test]
fn the_data_of_an_answer_is_not_that_of_a_cancel() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let id = world.invite(0, &["bob", "carol"], 60);
    world.run(500);
    world.lose = Box::new(|to| to == 2);
    world.phones[1].engine.accept(world.now, id, &[7; 64]).unwrap();
    world.run(100);
    world.phones[0].engine.cancel(world.now, id, b"").unwrap();
    world.lose = Box::new(|_| false);
    world.run(5_000);
    let carols = &world.phones[2].engine;
    let data = |slot| carols.view(id).unwrap().invitee(slot).unwrap().data.len();
    assert_eq!((data(0), data(1)), (64, 0));
    assert_eq!(carols.counters().oversize, 0, "64 bytes are not too many");
}

#[test]
fn the_data_of_a_cancel_is_not_that_of_who_accepted_before() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let id = world.invite(0, &["bob", "carol"], 60);
    world.run(500);
    world.lose = Box::new(|to| to == 2);
    world.phones[1].engine.accept(world.now, id, b"").unwrap();
    world.run(100);
    world.phones[0].engine.cancel(world.now, id, b"oops").unwrap();
    world.lose = Box::new(|_| false);
    world.run(5_000);
    let view = world.phones[2].engine.view(id).unwrap();
    let data = [0, 1].map(|slot| view.invitee(slot).unwrap().data.as_slice());
    assert_eq!(data, [&b""[..], b"oops"]);
}

#[test]
fn a_call_added_without_its_group_learns_it_from_the_relay() {
    let mut world = World::of(&["alice", "bob"]);
    world.phones[1].online = false;
    let invite =
        Invite { invitees: &["bob"], group: Some("team"), timeout: Some(30_000), ..Invite::default() };
    let id = world.phones[0].engine.invite(world.now, &invite).unwrap();
    world.run(500).phones[1].online = true;
    let (invitees, timeout) = (&["bob"][..], Some(29_000));
    let added = Added { id, inviter: "alice", group: None, invitees, data: b"", timeout };
    world.phones[1].engine.add_invited_signaling(world.now, &added).unwrap();
    world.run(5_000);
    assert_eq!(world.phones[1].engine.view(id).unwrap().group(), Some("team"));
}

#[test]
fn a_full_table_answers() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    for _ in 0..4 {
        world.invite(2, &["bob"], 0);
    }
    world.run(500);
    world.invite(0, &["bob"], 60);
    world.run(500);
    assert!(world.told(0).contains(&"full bob NoCapacity"), "{:?}", world.told(0));
    let invite = Invite { invitees: &["bob"], timeout: Some(1), ..Invite::default() };
    assert_eq!(world.phones[2].engine.invite(world.now, &invite), Err(InviteError::Capacity));
}

#[test]
fn a_four_row_doorbell_always_takes_its_next_call() {
    let mut world = World::of(&["bell", "bob"]);
    for _ in 0..50 {
        world.invite(0, &["bob"], 1);
        world.run(1_200);
    }
    assert_eq!(world.told(1).iter().filter(|told| **told == "new").count(), 50);
    assert_eq!(world.told(0).iter().filter(|told| **told == "ended").count(), 50);
}

#[test]
fn bad_commands_change_nothing() {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let now = world.now;
    let mut invite = |invitees: &[&str], timeout| {
        let invite = Invite { invitees, timeout, ..Invite::default() };
        world.phones[0].engine.invite(now, &invite).unwrap_err()
    };
    assert_eq!(invite(&[], None), InviteError::NoInvitee);
    assert_eq!(invite(&["alice"], None), InviteError::Oneself);
    assert_eq!(invite(&["bob", "bob"], None), InviteError::Repeated);
    assert_eq!(invite(&["bob", "ca\nrol"], None), InviteError::Name(NameError::Control));
    assert_eq!(invite(&["bob"], Some(0)), InviteError::Timeout);
    assert_eq!(invite(&["bob"], Some(86_400_001)), InviteError::Timeout);
    assert_eq!(invite(&["a", "b", "c", "d", "e"], None), InviteError::TooManyInvitees(4));
    let group = Invite { invitees: &["bob"], group: Some(""), ..Invite::default() };
    assert_eq!(world.phones[0].engine.invite(now, &group), Err(InviteError::Name(NameError::Empty)));
    let id = world.invite(0, &["bob"], 30);
    world.run(500);
    let (alice, rest) = world.phones.split_first_mut().unwrap();
    let bob = &mut rest[0].engine;
    assert_eq!(alice.engine.accept(now, id, b""), Err(AnswerError::NotInvited));
    assert_eq!(bob.cancel(now, id, b"").unwrap_err().code(), Some(CODE_NO_PERMISSION));
    assert_eq!(bob.cancel(now, id, b""), Err(CancelError::NotInviter));
    assert_eq!(bob.accept(now, id, &[0; 65]), Err(AnswerError::DataTooLong(64)));
    assert_eq!(bob.modify(now, Default::default(), b""), Err(ModifyError::Unknown));
    bob.accept(now, id, b"").unwrap();
    assert_eq!(bob.accept(now, id, b""), Err(AnswerError::Answered));
    world.run(500);
    assert_eq!(world.phones[1].engine.accept(now, id, b""), Err(AnswerError::Over));
    assert_eq!(
        world.phones[1].engine.view(id).unwrap().invitee(0).unwrap().slot,
        Slot::Accepted(world.phones[1].device)
    );
}

#[test]
fn half_of_all_frames_lost_changes_nothing_in_the_end() {
    for seed in 0..200u64 {
        let mut world = World::of(&["alice", "bob", "bob/car", "carol"]);
        world.lose_half(seed);
        let id = world.invite(0, &["bob", "carol"], 20);
        world.run(4_000);
        let accepted = world.phones[2].engine.accept(world.now, id, b"").is_ok();
        world.run(60_000);
        let ends = |world: &World, at: usize| {
            let told = world.told(at).into_iter().filter(|t| t.contains("bob") && !t.starts_with("ring"));
            told.filter(|t| !t.starts_with("established")).map(String::from).collect::<Vec<_>>()
        };
        let said =
            if ends(&world, 0)[0].starts_with("accepted") { "accepted bob" } else { "timeout bob carol" };
        assert_eq!(ends(&world, 0), [said], "seed {seed}");
        assert!(accepted || said.starts_with("timeout"), "seed {seed}");
    }
}

#[test]
fn an_answer_and_a_modification_keep_their_own_data() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 60);
    world.run(500);
    world.lose = Box::new(|_| true);
    world.phones[1].engine.modify(world.now, id, b"audio").unwrap();
    world.accept(1, id);
    world.run(50);
    // Of the repeats the answer is lost once more, and the modification passes.
    let mut repeats = 0;
    world.lose = Box::new(move |to| {
        repeats += u32::from(to == 0);
        to == 0 && repeats == 1
    });
    world.run(3_000);
    let told = world.told(0);
    assert!(told.contains(&"modified audio") && told.contains(&"accepted bob"), "{told:?}");
}

#[test]
fn what_an_older_run_asked_is_not_answered_to_a_newer_one() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 60);
    world.run(500);
    world.phones[1].engine.modify(world.now, id, b"a").unwrap();
    world.run(15);
    world.restart(1);
    assert_eq!(world.run(200).told(1), ["new"]);
    // The new run asks with the number that the old one had; alice still repeats her answer to the old one.
    world.lose = Box::new(|to| to == 0);
    world.phones[1].engine.modify(world.now, id, b"b").unwrap();
    assert_eq!(world.run(9_000).told(1), ["new"], "nothing was granted to this run");
    world.lose = Box::new(|_| false);
    world.run(5_000);
    assert_eq!(world.told(0).last(), Some(&"modified b"));
    assert!(world.told(1).contains(&"granted"));
}

#[test]
fn a_long_ring_is_renewed_as_stubbornly_as_a_short_one() {
    let mut world = World::of(&["alice", "bob"]);
    world.invite(0, &["bob"], 0);
    world.run(60_000);
    world.lose = Box::new(|to| to == 0);
    let before = world.frames;
    world.run(5_000);
    assert!(world.frames - before >= 5, "{} frames", world.frames - before);
}

#[test]
fn an_observer_hears_what_was_decided_before_it_came() {
    let mut world = World::of(&["alice", "bob", "carol", "alice/desk"]);
    world.phones[3].online = false;
    let id = world.invite(0, &["bob", "carol"], 60);
    world.run(500);
    world.accept(1, id);
    world.run(1_000);
    world.phones[3].online = true;
    while world.told(3).is_empty() {
        world.run(1);
    }
    assert_eq!(world.told(3), ["new", "accepted bob"], "all of it from the first Invite that came");
}

#[test]
fn the_inviters_data_replaces_hearsay() {
    let mut world = World::of(&["alice", "bob"]);
    world.lose = Box::new(|to| to == 1);
    let id = world.invite(0, &["bob"], 60);
    world.run(100);
    world.lose = Box::new(|_| false);
    let added =
        Added { id, inviter: "alice", group: None, invitees: &["bob"], data: b"", timeout: Some(30_000) };
    world.phones[1].engine.add_invited_signaling(world.now, &added).unwrap();
    assert_eq!(world.phones[1].engine.add_invited_signaling(world.now, &added), Err(AddError::Known));
    world.run(500);
    assert_eq!(world.phones[1].engine.view(id).unwrap().data().as_slice(), b"video?");
    world.accept(1, id);
    assert_eq!(world.run(300).told(1), ["confirmed"], "no New: the application knew");
}

#[test]
fn what_only_the_present_may_hear_of_is_not_modified() {
    let mut world = World::of(&["alice", "bob"]);
    let push = [0; 65];
    let mut invite = Invite { invitees: &["bob"], online_only: true, push: &push, ..Invite::default() };
    let now = world.now;
    assert_eq!(world.phones[0].engine.invite(now, &invite), Err(InviteError::PushTooLong(64)));
    invite.push = &[];
    let id = world.phones[0].engine.invite(now, &invite).unwrap();
    world.run(500);
    for at in 0..2 {
        assert!(world.phones[at].engine.view(id).unwrap().online_only());
        assert_eq!(world.phones[at].engine.modify(world.now, id, b"x"), Err(ModifyError::OnlineOnly));
    }
}

#[test]
fn what_was_learned_elsewhere_has_to_make_sense() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 60);
    let added = Added { id, inviter: "alice", group: None, invitees: &["bob"], data: b"", timeout: None };
    let mut add = |at: usize, added: Added<'_>| world.phones[at].engine.add_invited_signaling(1_000, &added);
    assert_eq!(add(0, Added { inviter: "bob", invitees: &["alice"], ..added }), Err(AddError::Own));
    assert_eq!(add(1, Added { invitees: &[], ..added }), Err(AddError::Invitees));
    assert_eq!(add(1, Added { invitees: &["bob", "bob"], ..added }), Err(AddError::Invitees));
    assert_eq!(
        add(1, Added { invitees: &["a", "b", "c", "d", "bob"], ..added }),
        Err(AddError::TooManyInvitees(4))
    );
    assert_eq!(add(1, Added { invitees: &["carol"], ..added }), Err(AddError::NotInvited));
    assert_eq!(add(1, Added { data: &[0; 65], ..added }), Err(AddError::DataTooLong(64)));
    assert!(matches!(add(1, Added { inviter: "", ..added }), Err(AddError::Name(_))));
    assert!(matches!(add(1, Added { invitees: &["bob", ""], ..added }), Err(AddError::Name(_))));
    assert_eq!(add(1, added), Ok(()));
}

#[test]
fn a_device_without_an_epoch_invites_nobody() {
    let mut world = World::of(&["alice"]);
    world.reconfigure(0, |config| config.device.epoch = 0);
    let invite = Invite { invitees: &["bob"], ..Invite::default() };
    assert_eq!(world.phones[0].engine.invite(world.now, &invite), Err(InviteError::NoEpoch));
}

#[test]
fn an_observer_neither_answers_nor_is_asked() {
    let mut world = World::of(&["alice", "bob", "alice/desk"]);
    let id = world.invite(0, &["bob"], 60);
    world.run(500);
    assert_eq!(world.phones[2].engine.accept(world.now, id, b""), Err(AnswerError::NotInvited));
    assert_eq!(world.phones[2].engine.reject(world.now, id, false, b""), Err(AnswerError::NotInvited));
    world.phones[2].engine.modify(world.now, id, b"audio").unwrap();
    world.run(500);
    assert_eq!(world.told(2), ["new", "granted"]);
    assert_eq!(world.told(1), ["new", "modified audio"]);
}
