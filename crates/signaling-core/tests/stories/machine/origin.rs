//! The inviter's device.

use signaling_core::machine::{
    Answer, Fanned, Full, Kind, Mask, Origin, OriginTimer, Parties, PartyId, Peer, Stance, Tell, Terms,
    Timer, To, Via,
};
use signaling_core::{Device, Reason, Slot};

use super::{CAR, PHONE, Wants, wants};

type Call = Origin<2, 2>;

const BOB: PartyId = PartyId::Invitee(0);

/// To bob alone, in a row with room for one more.
fn to_bob(limited: bool) -> Call {
    Call::start(1, Terms { limited, ..Terms::default() }, &mut Wants::default())
}

/// To bob and carol.
fn to_two() -> Call {
    Call::start(2, Terms { limited: true, ..Terms::default() }, &mut Wants::default())
}

fn of_bob(device: Device) -> Via {
    Via { party: BOB, device }
}

const DESK: Via = Via { party: PartyId::Observers, device: Device { id: 9, epoch: 1 } };

/// Says it, as its device's number 7 and without data.
fn say(call: &mut Call, via: Via, stance: Stance) -> Wants {
    wants(|fx| call.on_stance(via, 7, stance, false, fx))
}

/// The relay names those devices of bob.
fn fan_out(call: &mut Call, fanned: Fanned, devices: &[Device]) -> Wants {
    let ver = call.ver();
    wants(|fx| call.on_fanout(BOB, ver, fanned, devices.iter().copied(), fx))
}

/// What answers number 7 of the first device of that party.
fn to_first(party: PartyId) -> To {
    To::Peer { party, peer: 0, echo: 7 }
}

#[test]
fn who_is_not_invited_changes_nothing() {
    let mut before = to_bob(true);
    before.on_stance(Via { party: BOB, device: PHONE }, 1, Stance::Ringing, false, &mut Wants::default());
    let nobody = PartyId::Invitee(1);
    let via = Via { party: nobody, device: PHONE };
    let mut call = before;
    let wanted = wants(|fx| {
        for stance in [Stance::Ringing, Stance::Query, Stance::Modify, Stance::Full(Full::TooLarge)] {
            call.on_stance(via, 1, stance, true, fx);
        }
        call.on_ack(via, 0, Mask::one(1), fx);
        for fanned in [Fanned::Later, Fanned::Never] {
            call.on_fanout(nobody, 1, fanned, [PHONE].into_iter(), fx);
        }
        call.restore_peers(nobody, before.party(BOB).unwrap().peers().iter().copied());
    });
    assert_eq!((call, call.party(nobody)), (before, None));
    assert_eq!(wanted, Wants::default());
}

#[test]
fn a_timer_that_does_not_run_does_nothing() {
    let mut call = to_bob(false);
    assert!(!call.armed(OriginTimer::Limit), "there is no limit");
    assert_eq!(wants(|fx| call.on_timer(OriginTimer::Limit, fx)), Wants::default());
    call.cancel(false, &mut Wants::default());
    let over = call;
    for timer in [OriginTimer::Limit, OriginTimer::Refresh] {
        assert!(!call.armed(timer), "{timer:?}");
        assert_eq!(wants(|fx| call.on_timer(timer, fx)), Wants::default(), "{timer:?}");
    }
    assert_eq!(call, over);
}

#[test]
fn a_new_device_starts_the_repeats_anew() {
    let mut call = to_bob(true);
    let resend = [Timer::Origin(OriginTimer::Resend)];
    let mut named = |device| wants(|fx| call.on_fanout(BOB, 1, Fanned::Complete, [device].into_iter(), fx));
    assert_eq!(named(PHONE).armed, resend);
    assert_eq!(named(PHONE).armed, [], "it is known");
    assert_eq!(named(CAR).armed, resend);
}

#[test]
fn the_inviters_other_devices_hear_a_decision_once_all_is_decided() {
    let mut call = to_bob(true);
    assert!(call.open(PartyId::Observers));
    let wanted = wants(|fx| _ = call.cancel(false, fx));
    let [To::Decided(parties)] = wanted.sent[..] else { panic!("{wanted:?}") };
    assert!(parties.observers && parties.invitees == Mask::one(0));
    assert!(!call.open(PartyId::Observers));
}

#[test]
fn what_is_over_or_for_who_is_there_now_is_not_modified() {
    let mut over = to_bob(true);
    over.cancel(false, &mut Wants::default());
    let online_only =
        Call::start(1, Terms { limited: true, online_only: true, first_wins: false }, &mut Wants::default());
    for mut call in [over, online_only] {
        let before = call;
        assert_eq!(wants(|fx| assert!(!call.modify(PHONE, fx))), Wants::default());
        assert_eq!(call, before);
    }
}

#[test]
fn who_rings_is_told_once_a_run_and_always_answered() {
    let mut call = to_bob(true);
    for told in [vec![Tell::Ringing(BOB, PHONE)], vec![]] {
        let wanted = say(&mut call, of_bob(PHONE), Stance::Ringing);
        assert_eq!((wanted.told, wanted.sent), (told, vec![to_first(BOB)]));
    }
    call.cancel(false, &mut Wants::default());
    let wanted = say(&mut call, of_bob(CAR), Stance::Ringing);
    assert_eq!(wanted.told, [], "it is over");
    assert_eq!(wanted.sent, [To::Peer { party: BOB, peer: 1, echo: 7 }]);
}

#[test]
fn who_is_full_is_told_once_a_run_and_hears_nothing_but_a_decision() {
    let full = Stance::Full(Full::NoCapacity);
    let mut call = to_bob(true);
    for told in [vec![Tell::Full(BOB, PHONE, Full::NoCapacity)], vec![]] {
        let wanted = say(&mut call, of_bob(PHONE), full);
        assert_eq!((wanted.told, wanted.sent), (told, vec![]));
    }
    assert_eq!(call.slot(0), Slot::Pending, "it speaks for itself only");
    say(&mut call, of_bob(CAR), Stance::Ringing);
    assert_eq!(say(&mut call, of_bob(CAR), full).told, [], "it rang");
    call.cancel(false, &mut Wants::default());
    let wanted = say(&mut call, of_bob(PHONE), full);
    assert_eq!((wanted.told, wanted.sent), (vec![], vec![to_first(BOB)]));
}

#[test]
fn the_first_answer_counts_and_later_ones_hear_of_it() {
    for (answer, slot) in [
        (Answer::Accept, Slot::Accepted(PHONE)),
        (Answer::Decline, Slot::Rejected(Reason::Declined)),
        (Answer::Busy, Slot::Rejected(Reason::Busy)),
    ] {
        let mut call = to_bob(true);
        let ver = call.ver();
        assert_eq!(say(&mut call, of_bob(PHONE), Stance::Answer(answer)).told, [Tell::Decided(0)]);
        assert_eq!((call.slot(0), call.ver()), (slot, ver + 1));
        let wanted = say(&mut call, of_bob(CAR), Stance::Answer(Answer::Accept));
        assert_eq!((wanted.told, wanted.sent), (vec![], vec![To::Peer { party: BOB, peer: 1, echo: 7 }]));
        assert_eq!((call.slot(0), call.ver()), (slot, ver + 1));
    }
}

#[test]
fn an_observer_cancels_what_is_pending() {
    let mut call = to_two();
    say(&mut call, of_bob(PHONE), Stance::Answer(Answer::Accept));
    let wanted = say(&mut call, DESK, Stance::Cancel);
    assert_eq!((wanted.told, wanted.sent.last()), (vec![Tell::Cancelled], Some(&to_first(DESK.party))));
    assert_eq!(call.slots(), [Slot::Accepted(PHONE), Slot::Cancelled]);
    let wanted = say(&mut call, DESK, Stance::Cancel);
    assert_eq!((wanted.told, wanted.sent), (vec![], vec![to_first(DESK.party)]));
}

#[test]
fn what_is_not_theirs_to_say_changes_no_slot() {
    let mut call = to_bob(true);
    let theirs = [Stance::Answer(Answer::Accept), Stance::Ringing, Stance::Full(Full::NoCapacity)];
    for (via, stance) in
        theirs.map(|stance| (DESK, stance)).into_iter().chain([(of_bob(PHONE), Stance::Cancel)])
    {
        let wanted = say(&mut call, via, stance);
        assert_eq!((wanted.told, wanted.sent, call.slot(0)), (vec![], vec![], Slot::Pending), "{stance:?}");
    }
}

#[test]
fn whoever_is_pending_modifies_once_a_number() {
    let mut call = to_bob(true);
    let modify =
        |call: &mut Call, n| wants(|fx| call.on_stance(of_bob(PHONE), n, Stance::Modify, true, fx)).told;
    let answer = |call: &Call| call.report(Kind::Invite, Some((BOB, 0)), None, 7).modify;
    say(&mut call, of_bob(PHONE), Stance::Query);
    assert_eq!(answer(&call), None, "it asked for none");
    for (n, told, number) in
        [(7, vec![Tell::Modified], 1), (7, vec![], 1), (6, vec![], 1), (8, vec![Tell::Modified], 2)]
    {
        assert_eq!(modify(&mut call, n), told);
        assert_eq!((call.rev().number, call.rev().author), (number, PHONE));
        assert_eq!(answer(&call), Some((if n == 8 { 8 } else { 7 }, number)));
    }
    call.cancel(false, &mut Wants::default());
    assert_eq!(modify(&mut call, 9), []);
    assert_eq!((call.rev().number, answer(&call)), (2, Some((9, 0))), "refused");
    let mut online_only =
        Call::start(1, Terms { limited: true, online_only: true, first_wins: false }, &mut Wants::default());
    assert_eq!(modify(&mut online_only, 7), []);
    assert_eq!(answer(&online_only), Some((7, 0)), "refused");
}

#[test]
fn when_revisions_run_out_a_modification_is_refused() {
    let mut saved = serde_json::to_value(to_bob(true).saved()).unwrap();
    saved["rev"]["number"] = u16::MAX.into();
    let mut call = Call::restore(&serde_json::from_value(saved).unwrap(), [Slot::Pending].into_iter());
    assert!(!call.modify(PHONE, &mut Wants::default()));
    assert_eq!(say(&mut call, of_bob(PHONE), Stance::Modify).told, []);
    assert_eq!(call.report(Kind::Invite, Some((BOB, 0)), None, 7).modify, Some((7, 0)));
}

#[test]
fn a_device_without_a_place_is_answered_all_the_same() {
    let mut call = to_bob(true);
    fan_out(&mut call, Fanned::Complete, &[PHONE]);
    say(&mut call, of_bob(PHONE), Stance::Query);
    say(&mut call, of_bob(CAR), Stance::Query);
    let third = Device { id: 4, epoch: 1 };
    let wanted = say(&mut call, of_bob(third), Stance::Query);
    assert_eq!(wanted.sent, [To::Stranger { device: third, echo: 7 }]);
}

#[test]
fn a_run_that_was_only_named_gives_its_place_to_the_next() {
    let next = Device { epoch: 2, ..PHONE };
    let devices = |call: &Call| -> Vec<Device> {
        call.party(BOB).unwrap().peers().iter().map(|peer| peer.device).collect()
    };
    let mut call = to_bob(true);
    fan_out(&mut call, Fanned::Complete, &[PHONE, CAR]);
    fan_out(&mut call, Fanned::Complete, &[next]);
    assert_eq!(devices(&call), [next, CAR]);
    // One that spoke keeps its place.
    let mut call = to_bob(true);
    say(&mut call, of_bob(PHONE), Stance::Query);
    fan_out(&mut call, Fanned::Complete, &[next]);
    assert_eq!(devices(&call), [PHONE, next]);
    let mut call = to_bob(true);
    fan_out(&mut call, Fanned::Complete, &[PHONE]);
    call.on_ack(of_bob(PHONE), 0, Mask::EMPTY, &mut Wants::default());
    fan_out(&mut call, Fanned::Complete, &[next]);
    assert_eq!(devices(&call), [PHONE, next]);
}

#[test]
fn the_winner_alone_establishes_and_once() {
    let mut call = to_bob(true);
    let ack = |call: &mut Call, device, mask| wants(|fx| call.on_ack(of_bob(device), 0, mask, fx)).told;
    assert_eq!(ack(&mut call, PHONE, Mask::one(0)), [], "nothing is decided");
    say(&mut call, of_bob(PHONE), Stance::Answer(Answer::Accept));
    assert_eq!(ack(&mut call, CAR, Mask::one(0)), [], "not who won");
    assert_eq!(ack(&mut call, PHONE, Mask::EMPTY), [], "it does not know yet");
    assert_eq!(ack(&mut call, PHONE, Mask::one(0)), [Tell::Established(0)]);
    assert_eq!(ack(&mut call, PHONE, Mask::one(0)), []);
}

#[test]
fn of_several_winners_each_is_established() {
    let mut call = to_two();
    let carols = Via { party: PartyId::Invitee(1), device: CAR };
    for (slot, winner) in [(0, of_bob(PHONE)), (1, carols)] {
        say(&mut call, winner, Stance::Answer(Answer::Accept));
        let told = wants(|fx| call.on_ack(winner, 0, Mask::one(slot), fx)).told;
        assert_eq!(told, [Tell::Established(slot)]);
    }
}

#[test]
fn the_first_of_two_accepts_wins_whichever_device_is_first() {
    for (first, second) in [(PHONE, CAR), (CAR, PHONE)] {
        let mut call = to_bob(true);
        for device in [first, second] {
            say(&mut call, of_bob(device), Stance::Answer(Answer::Accept));
        }
        assert_eq!(call.slot(0), Slot::Accepted(first));
    }
}

#[test]
fn who_was_named_by_a_fanout_alone_is_not_unreachable() {
    let mut call = to_bob(true);
    fan_out(&mut call, Fanned::Complete, &[PHONE]);
    fan_out(&mut call, Fanned::Never, &[]);
    assert_eq!(call.slot(0), Slot::Pending);
}

#[test]
fn an_ack_counts_for_the_revision_that_it_names() {
    let mut call = to_bob(true);
    say(&mut call, of_bob(PHONE), Stance::Ringing);
    fan_out(&mut call, Fanned::Complete, &[PHONE]);
    call.on_fanout(PartyId::Observers, call.ver(), Fanned::Complete, [].into_iter(), &mut Wants::default());
    assert!(!call.armed(OriginTimer::Resend));
    assert!(call.modify(CAR, &mut Wants::default()));
    for party in [BOB, PartyId::Observers] {
        call.on_fanout(party, call.ver(), Fanned::Complete, [].into_iter(), &mut Wants::default());
    }
    call.on_ack(of_bob(PHONE), 0, Mask::EMPTY, &mut Wants::default());
    assert!(call.armed(OriginTimer::Resend), "that was the data before");
    call.on_ack(of_bob(PHONE), 1, Mask::EMPTY, &mut Wants::default());
    assert!(!call.armed(OriginTimer::Resend));
}

#[test]
fn each_change_is_told_to_observers_that_nobody_knows_yet() {
    let mut call = to_bob(true);
    call.on_fanout(PartyId::Observers, call.ver(), Fanned::Complete, [].into_iter(), &mut Wants::default());
    call.cancel(false, &mut Wants::default());
    let again = wants(|fx| call.on_timer(OriginTimer::Resend, fx)).sent;
    assert_eq!(again, [To::Decided(Parties { invitees: Mask::one(0), observers: true })]);
}

#[test]
fn it_is_quiet_when_all_are_reached_and_know_all() {
    let mut call = to_bob(true);
    say(&mut call, of_bob(PHONE), Stance::Ringing);
    call.on_ack(of_bob(PHONE), 0, Mask::one(0), &mut Wants::default());
    call.cancel(false, &mut Wants::default());
    let ver = call.ver();
    let mut named = call;
    for party in [BOB, PartyId::Observers] {
        named.on_fanout(party, ver, Fanned::Complete, [].into_iter(), &mut Wants::default());
    }
    assert!(!named.quiet(), "what was acknowledged before the decision does not count");
    call.on_ack(of_bob(PHONE), 0, Mask::one(0), &mut Wants::default());
    assert!(!call.quiet() && call.armed(OriginTimer::Resend), "there may be more devices");
    fan_out(&mut call, Fanned::Complete, &[PHONE]);
    assert!(!call.quiet(), "nor are the observers reached");
    call.on_fanout(PartyId::Observers, ver, Fanned::Complete, [].into_iter(), &mut Wants::default());
    assert!(call.quiet() && !call.armed(OriginTimer::Resend));
    fan_out(&mut call, Fanned::Complete, &[CAR]);
    assert!(!call.quiet() && call.armed(OriginTimer::Resend), "one more that does not know");
}

#[test]
fn only_a_complete_list_of_this_version_ends_the_invites_to_all() {
    let to_bobs = |call: &mut Call| {
        let wanted = wants(|fx| call.on_timer(OriginTimer::Resend, fx));
        assert_eq!(wanted.armed, [Timer::Origin(OriginTimer::Resend)]);
        wanted.sent.contains(&To::Users(Parties { invitees: Mask::one(0), observers: true }))
    };
    for (fanned, ends) in [(Fanned::Complete, true), (Fanned::Partial, false), (Fanned::Later, false)] {
        let mut call = to_bob(true);
        let told = fan_out(&mut call, fanned, &[PHONE]).told;
        assert_eq!(told, if fanned == Fanned::Later { vec![] } else { vec![Tell::Delivered] });
        assert_eq!((to_bobs(&mut call), call.delivered()), (!ends, !told.is_empty()), "{fanned:?}");
        assert_eq!(fan_out(&mut call, fanned, &[PHONE]).told, [], "once");
    }
    let mut call = to_bob(true);
    let ver = call.ver();
    assert!(call.modify(CAR, &mut Wants::default()));
    call.on_fanout(BOB, ver, Fanned::Complete, [PHONE].into_iter(), &mut Wants::default());
    assert!(to_bobs(&mut call), "that was the version before");
    let mut call = to_bob(true);
    let third = Device { id: 4, epoch: 1 };
    fan_out(&mut call, Fanned::Complete, &[PHONE, CAR, third]);
    assert!(to_bobs(&mut call), "one found no place");
    let mut call = to_bob(true);
    call.on_fanout(PartyId::Observers, call.ver(), Fanned::Complete, [].into_iter(), &mut Wants::default());
    assert!(!call.delivered(), "one's own devices are not whom it is for");
}

#[test]
fn who_is_refused_for_good_is_unreachable_unless_a_device_was_heard_of() {
    let unreachable = Slot::Rejected(Reason::Unreachable);
    let mut call = to_bob(true);
    assert_eq!(fan_out(&mut call, Fanned::Never, &[]).told, [Tell::Decided(0)]);
    assert_eq!(call.slot(0), unreachable);
    let again = |call: &mut Call| wants(|fx| call.on_timer(OriginTimer::Resend, fx)).sent;
    let all = Parties { invitees: Mask::one(0), observers: true };
    assert_eq!(again(&mut call), [To::Decided(all)], "his devices may be admitted yet");
    assert_eq!(fan_out(&mut call, Fanned::Never, &[]).told, [], "once");
    let mut call = to_bob(true);
    say(&mut call, of_bob(PHONE), Stance::Query);
    assert_eq!((fan_out(&mut call, Fanned::Never, &[]).told, call.slot(0)), (vec![], Slot::Pending));
    assert_eq!(again(&mut call), [To::Users(Parties { invitees: Mask::EMPTY, observers: true })], "for good");
    let mut call = to_bob(true);
    let ver = call.ver();
    assert!(call.modify(CAR, &mut Wants::default()));
    call.on_fanout(BOB, ver, Fanned::Never, [].into_iter(), &mut Wants::default());
    assert_eq!(call.slot(0), Slot::Pending, "that was the version before");
}

#[test]
fn the_refresh_invites_who_is_pending_and_the_observers() {
    let mut call = to_two();
    say(&mut call, of_bob(PHONE), Stance::Answer(Answer::Accept));
    let wanted = wants(|fx| call.on_timer(OriginTimer::Refresh, fx));
    assert_eq!(wanted.sent, [To::Users(Parties { invitees: Mask::one(1), observers: true })]);
    assert_eq!(wanted.armed, [Timer::Origin(OriginTimer::Refresh)]);
}

#[test]
fn at_its_limit_all_that_is_pending_times_out() {
    let mut call = to_two();
    say(&mut call, of_bob(PHONE), Stance::Answer(Answer::Accept));
    assert_eq!(wants(|fx| call.on_timer(OriginTimer::Limit, fx)).told, [Tell::TimedOut(Mask::one(1))]);
    assert_eq!(call.slots(), [Slot::Accepted(PHONE), Slot::TimedOut]);
}

/// Bob's phone accepts, carol's declines, both with data.
fn both_answer() -> (Call, Via) {
    let mut call = to_two();
    let carols = Via { party: PartyId::Invitee(1), device: Device { id: 5, epoch: 1 } };
    for (via, answer) in [(of_bob(PHONE), Answer::Accept), (carols, Answer::Decline)] {
        call.on_stance(via, 7, Stance::Answer(answer), true, &mut Wants::default());
    }
    (call, carols)
}

#[test]
fn a_report_brings_the_own_answer_the_newest_or_one_that_is_lacking() {
    let (mut call, carols) = both_answer();
    let answer = |call: &Call, kind, to| call.report(kind, to, None, 0).answer;
    let bobs = Some((BOB, 0));
    assert_eq!(call.with_data(), Mask::from_bits(0b11));
    assert_eq!(answer(&call, Kind::Decision, None), Some(1), "the newest");
    assert_eq!(call.report(Kind::Decision, None, Some(0), 0).answer, Some(0), "the one asked for");
    assert_eq!(answer(&call, Kind::Decision, bobs), Some(0), "his own first");
    call.on_ack(of_bob(PHONE), 0, Mask::one(0), &mut Wants::default());
    assert_eq!(answer(&call, Kind::Decision, bobs), Some(1), "the one that it lacks");
    assert_eq!(answer(&call, Kind::Decision, Some((carols.party, 0))), Some(1));
    call.on_ack(of_bob(PHONE), 0, Mask::one(1), &mut Wants::default());
    assert_eq!(answer(&call, Kind::Decision, bobs), None, "it has them all");
    assert!(
        call.report(Kind::Decision, bobs, None, 0)
            .slots
            .eq([(Slot::Accepted(PHONE), true), (Slot::Rejected(Reason::Declined), true)])
    );
}

#[test]
fn whose_answer_brought_data_hears_that_before_a_newer_one() {
    let (mut call, _) = both_answer();
    let users = |invitees, observers| Parties { invitees: Mask::from_bits(invitees), observers };
    let all = users(0b11, true);
    let others = users(0b10, true);
    assert_eq!(call.next_decision(all), (all, None), "bob's only device knows what it said");
    say(&mut call, of_bob(CAR), Stance::Query);
    assert_eq!(call.next_decision(all), (users(0b01, false), Some(0)), "bob's devices hear of bob");
    assert_eq!(call.next_decision(others), (others, None), "the others of carol, the newest");
    call.on_ack(of_bob(CAR), 0, Mask::one(0), &mut Wants::default());
    assert_eq!(call.next_decision(all), (all, None), "all of bob's have that");
    assert_eq!(users(0b11, true).without(users(0b01, false)), users(0b10, true));
    call = to_two();
    call.on_stance(of_bob(PHONE), 7, Stance::Answer(Answer::Accept), false, &mut Wants::default());
    let _ended: Mask = call.cancel(true, &mut Wants::default());
    assert_eq!(call.next_decision(all), (all, None), "bob's answer brought nothing");
    call = to_two();
    let _ended: Mask = call.cancel(true, &mut Wants::default());
    assert_eq!(call.next_decision(all), (all, None), "one cancel, with the same data for all");
}

#[test]
fn what_goes_to_all_brings_no_older_answer() {
    let mut call = to_two();
    call.on_stance(of_bob(PHONE), 7, Stance::Answer(Answer::Accept), true, &mut Wants::default());
    let carols = Via { party: PartyId::Invitee(1), device: CAR };
    say(&mut call, carols, Stance::Answer(Answer::Decline));
    assert_eq!(call.report(Kind::Decision, None, None, 0).answer, None, "hers came without data");
    assert_eq!(call.report(Kind::Decision, Some((carols.party, 0)), None, 0).answer, Some(0));
}

#[test]
fn a_report_brings_the_data_to_who_lacks_it() {
    let mut call = to_bob(true);
    say(&mut call, of_bob(PHONE), Stance::Query);
    let data = |call: &Call, kind, to| call.report(kind, to, None, 0).data;
    let (all, bobs) = (None, Some((BOB, 0)));
    assert!(data(&call, Kind::Invite, all) && data(&call, Kind::Invite, bobs));
    assert!(!data(&call, Kind::Decision, all) && !data(&call, Kind::Decision, bobs), "as it was made");
    assert!(call.modify(CAR, &mut Wants::default()));
    assert!(data(&call, Kind::Decision, all) && data(&call, Kind::Decision, bobs));
    call.on_ack(of_bob(PHONE), 1, Mask::EMPTY, &mut Wants::default());
    assert!(data(&call, Kind::Decision, all) && !data(&call, Kind::Decision, bobs));
}

#[test]
fn a_small_device_gets_outcomes_without_data_and_is_not_waited_for() {
    let (mut call, _) = both_answer();
    let bobs = Some((BOB, 0));
    say(&mut call, of_bob(PHONE), Stance::Full(Full::NoCapacity));
    assert_eq!(
        call.report(Kind::Decision, bobs, None, 0).answer,
        Some(0),
        "its table is full, it is not small"
    );
    say(&mut call, of_bob(PHONE), Stance::Full(Full::TooLarge));
    let report = call.report(Kind::Decision, bobs, None, 0);
    assert!(report.answer.is_none() && !report.data);
    assert!(report.slots.map(|(_, data)| data).eq([false, false]));
}

/// As a restart leaves it.
fn restarted(call: &Call) -> Call {
    let mut again = Call::restore(&call.saved(), call.slots().iter().copied());
    for party in call.parties() {
        let peers: Vec<Peer> = call.party(party).unwrap().peers().to_vec();
        again.restore_peers(party, peers.into_iter());
    }
    again
}

#[test]
fn what_is_saved_is_what_goes_on() {
    let online_only = Call::start(1, Terms { online_only: true, ..Terms::default() }, &mut Wants::default());
    assert_eq!(restarted(&online_only), online_only);
    let mut call = to_two();
    fan_out(&mut call, Fanned::Complete, &[PHONE]);
    say(&mut call, of_bob(PHONE), Stance::Modify);
    say(&mut call, of_bob(PHONE), Stance::Answer(Answer::Accept));
    call.on_ack(of_bob(PHONE), 1, Mask::one(0), &mut Wants::default());
    call.cancel(true, &mut Wants::default());
    assert_eq!(restarted(&call), call);
    fan_out(&mut call, Fanned::Complete, &[PHONE]);
    let wanted = wants(|fx| call.resume(fx));
    let everybody = Parties { invitees: Mask::from_bits(0b11), observers: true };
    assert_eq!(wanted.sent, [To::Decided(everybody)], "nobody counts as reached");
    assert_eq!(
        wanted.armed,
        [OriginTimer::Limit, OriginTimer::Refresh, OriginTimer::Resend].map(Timer::Origin)
    );
    assert_eq!(wants(|fx| call.on_timer(OriginTimer::Resend, fx)).sent, [To::Decided(everybody)]);
    assert!(call.saved().sound(Some(5)) && !call.saved().sound(None), "it has a limit");
    assert!(to_bob(false).saved().sound(None) && !to_bob(false).saved().sound(Some(5)));
    assert!(!Call::EMPTY.saved().sound(None), "it was never sent");
    let online_only =
        Call::start(1, Terms { limited: true, online_only: true, first_wins: false }, &mut Wants::default());
    assert!(online_only.saved().online_only() && !call.saved().online_only());
}

#[test]
fn who_has_something_new_hears_what_is_left_and_nothing_for_saying_it_again() {
    let mut call = to_two();
    fan_out(&mut call, Fanned::Complete, &[PHONE]);
    call.cancel(true, &mut Wants::default());
    fan_out(&mut call, Fanned::Complete, &[PHONE]);
    let ack = |call: &mut Call, mask| wants(|fx| call.on_ack(of_bob(PHONE), 0, mask, fx));
    let left = To::Peer { party: BOB, peer: 0, echo: 0 };
    let resend = Timer::Origin(OriginTimer::Resend);
    let first = ack(&mut call, Mask::one(0));
    assert_eq!((first.sent, first.armed), (vec![left], vec![resend]));
    assert_eq!(
        ack(&mut call, Mask::one(0)),
        Wants::default(),
        "an answer to that would be answered for ever"
    );
    assert_eq!(ack(&mut call, (0..2).collect()), Wants::default(), "nothing is left");
}
