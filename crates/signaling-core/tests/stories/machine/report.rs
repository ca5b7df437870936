//! Any other device: what the inviter says, and what its application hears of that.

use signaling_core::machine::{
    Answer, Arrival, HolderTimer, Kind, Mask, Me, Reply, Report, Rev, Rival, Seen, State, Tell, Timer,
};
use signaling_core::{Reason, Slot};

use super::states::*;
use super::{CAR, PHONE, Wants, wants};

/// Hears it, and says what that wants.
fn hear<S: Iterator<Item = (Slot, bool)> + Clone>(ring: &mut Ring, report: &Report<S>) -> Wants {
    wants(|fx| ring.on_report(report, FRESH, fx))
}

fn invite(ring: &Ring) -> Report<impl Iterator<Item = (Slot, bool)> + Clone + use<>> {
    says(Kind::Invite, ring.stance().0, &[Slot::Pending])
}

#[test]
fn a_question_is_answered_by_what_echoes_it_freshly() {
    for (ring, state, told) in [
        (confirming(), State::Ringing, vec![Tell::New]),
        (added(), State::Ringing, vec![]),
        (silent(), State::Ringing, vec![Tell::Resumed]),
        (unresolved(), State::Ringing, vec![Tell::Resumed]),
        (doubted(), State::Answered, vec![]),
    ] {
        let n = ring.stance().0;
        for (echo, arrival) in [(n, LATE), (n - 1, FRESH), (0, FRESH)] {
            let mut stale = ring;
            let wanted =
                wants(|fx| stale.on_report(&says(Kind::Invite, echo, &[Slot::Pending]), arrival, fx));
            assert_eq!((stale, wanted), (ring, Wants::default()), "{:?} {echo} {arrival:?}", ring.state());
        }
        let mut fresh = ring;
        let wanted = hear(&mut fresh, &invite(&ring));
        assert_eq!((fresh.state(), wanted.told, wanted.replies), (state, told, vec![Reply::Stance]));
        assert_eq!(fresh.answer(), ring.answer());
    }
}

#[test]
fn what_stands_is_held_while_a_call_of_ones_own_stays_unless_it_is_answered() {
    let holds = Arrival { rival: Rival::Holds, ..FRESH };
    for mut ring in [confirming(), added(), silent(), unresolved()] {
        let report = invite(&ring);
        let wanted = wants(|fx| ring.on_report(&report, holds, fx));
        assert_eq!((ring.state(), wanted.told, wanted.replies), (State::Held, vec![], vec![]));
    }
    let mut ring = doubted();
    let report = invite(&ring);
    ring.on_report(&report, holds, &mut Wants::default());
    assert_eq!(ring.state(), State::Answered);
}

#[test]
fn a_lease_is_renewed_once_for_each_number() {
    let renewed = [HolderTimer::Lease, HolderTimer::Resend].map(Timer::Holder);
    let mut ring = ringing();
    let n = ring.stance().0;
    assert_eq!(hear(&mut ring, &says(Kind::Invite, n - 1, &[Slot::Pending])), Wants::default());
    for (echo, armed) in [(n, &renewed[..]), (n, &[])] {
        let wanted = hear(&mut ring, &says(Kind::Invite, echo, &[Slot::Pending]));
        assert_eq!(wanted.armed, armed);
        assert_eq!((wanted.told, wanted.replies), (vec![], vec![]));
    }
}

#[test]
fn an_answer_is_given_again_once_between_two_repeats() {
    let mut ring = answered();
    for replies in [vec![Reply::Stance], vec![]] {
        assert_eq!(hear(&mut ring, &says(Kind::Invite, 0, &[Slot::Pending])).replies, replies);
    }
    assert!(ring.on_timer(HolderTimer::Resend, &mut Wants::default()));
    assert_eq!(hear(&mut ring, &says(Kind::Invite, 0, &[Slot::Pending])).replies, [Reply::Stance]);
}

#[test]
fn each_invite_lets_an_observer_and_what_is_held_wait_anew() {
    for mut ring in [observing(), held()] {
        let wanted = hear(&mut ring, &says(Kind::Invite, 0, &[Slot::Pending]));
        assert_eq!(wanted, Wants { armed: vec![Timer::Holder(HolderTimer::Ring)], ..Wants::default() });
    }
}

/// Bob's phone rings for a call to him and carol.
fn ringing_for_two() -> Ring {
    let mut ring = Ring::new(BOB, PHONE, 2);
    let slots = [Slot::Pending, Slot::Pending];
    ring.begin(&says(Kind::Invite, 0, &slots), FRESH, Seen::New, &mut Wants::default());
    ring
}

/// Slots to which data belongs, that of `answer` is there.
fn with_data(slots: [Slot; 2], answer: Option<u8>) -> Report<impl Iterator<Item = (Slot, bool)> + Clone> {
    let slots = slots.into_iter().map(|slot| (slot, slot.decided()));
    Report { kind: Kind::Invite, rev: Rev::default(), echo: 0, modify: None, slots, answer, data: true }
}

#[test]
fn the_outcome_of_another_is_told_when_its_data_is_there() {
    let mut ring = ringing_for_two();
    let slots = [Slot::Pending, Slot::Accepted(CAR)];
    for answer in [None, Some(0)] {
        let wanted = hear(&mut ring, &with_data(slots, answer));
        assert_eq!((wanted.told, wanted.replies), (vec![], vec![Reply::Ack]));
        assert_eq!((ring.slot(1), ring.ack()), (slots[1], (0, Mask::EMPTY)));
    }
    for told in [vec![Tell::Decided(1)], vec![]] {
        assert_eq!(hear(&mut ring, &with_data(slots, Some(1))).told, told);
        assert_eq!((ring.ack(), ring.shown()), ((0, Mask::one(1)), Mask::one(1)));
    }
}

#[test]
fn what_became_of_another_is_told_right_after_new() {
    let slots = [Slot::Pending, Slot::Accepted(CAR)];
    let mut ring = Ring::new(BOB, PHONE, 2);
    let wanted = wants(|fx| ring.begin(&says(Kind::Invite, 0, &slots), LATE, Seen::New, fx));
    assert_eq!((ring.state(), wanted.told), (State::Confirming, vec![]));
    let mut rings = ring;
    let wanted = hear(&mut rings, &says(Kind::Invite, ring.stance().0, &slots));
    assert_eq!(wanted.told, [Tell::New, Tell::Decided(1)]);
    let wanted = hear(&mut ring, &says(Kind::Decision, 0, &[Slot::Cancelled, slots[1]]));
    assert_eq!((wanted.told, ring.terminal()), (vec![Tell::Missed], true));
    ring = Ring::new(BOB, PHONE, 2);
    ring.add(&mut Wants::default());
    assert_eq!(hear(&mut ring, &says(Kind::Invite, 0, &slots)).told, [Tell::Decided(1)], "it is known");
}

#[test]
fn what_ended_while_it_was_held_is_missed_once_it_is_released() {
    let mut ring = held();
    assert_eq!(hear(&mut ring, &says(Kind::Decision, 0, &[Slot::Cancelled])).told, []);
    assert!(ring.on_unknown(&mut Wants::default()), "it is still to be told");
    let wanted = wants(|fx| assert!(ring.release(false, fx)));
    assert_eq!((ring.state(), wanted.told), (State::Done, vec![Tell::Missed]));
}

#[test]
fn the_data_of_a_cancel_is_that_of_all_it_ended() {
    for which in [0, 1] {
        let mut ring = ringing_for_two();
        let wanted = hear(&mut ring, &with_data([Slot::Cancelled, Slot::Cancelled], Some(which)));
        assert_eq!(wanted.told, [Tell::Cancelled], "once");
        assert_eq!(ring.have(), Mask::from_bits(0b11));
    }
    let mut ring = ringing_for_two();
    hear(&mut ring, &with_data([Slot::Cancelled, Slot::Accepted(CAR)], Some(0)));
    assert_eq!(ring.have(), Mask::one(0), "the answer had data of its own");
}

#[test]
fn those_whose_time_ran_out_are_told_together() {
    let mut ring = ringing_for_two();
    let wanted = hear(&mut ring, &says(Kind::Decision, 0, &[Slot::TimedOut, Slot::TimedOut]));
    assert_eq!(wanted.told, [Tell::TimedOut(Mask::from_bits(0b11))]);
}

#[test]
fn a_slot_never_changes() {
    let mut ring = done();
    hear(&mut ring, &says(Kind::Decision, 0, &[Slot::Accepted(PHONE)]));
    assert_eq!(ring.slot(0), Slot::Cancelled);
}

#[test]
fn who_is_done_says_so_to_whoever_invites_still() {
    let wanted = hear(&mut done(), &says(Kind::Invite, 0, &[Slot::Pending]));
    assert_eq!(wanted, Wants { replies: vec![Reply::Ack], ..Wants::default() });
}

#[test]
fn an_outcome_that_is_told_without_its_data_counts_as_had() {
    let mut ring = ringing_for_two();
    let slots = [Slot::Cancelled, Slot::Accepted(CAR)];
    hear(&mut ring, &with_data(slots, Some(0)));
    assert_eq!((ring.ack(), ring.terminal()), ((0, Mask::one(0)), false));
    let wanted = wants(|fx| assert!(ring.on_timer(HolderTimer::Resolve, fx)));
    assert_eq!(wanted.told, [Tell::Decided(1)]);
    assert_eq!((ring.ack(), ring.terminal()), ((0, Mask::from_bits(0b11)), true));
}

#[test]
fn an_answer_that_stands_after_all_is_given_again_once() {
    let mut ring = doubted();
    for replies in [vec![Reply::Stance], vec![]] {
        let n = ring.stance().0;
        assert_eq!(hear(&mut ring, &says(Kind::Invite, n, &[Slot::Pending])).replies, replies);
    }
}

#[test]
fn an_answer_to_what_rang_does_not_end_a_doubt() {
    for mut ring in [ringing(), observing()] {
        let n = ring.stance().0;
        assert!(ring.on_unknown(&mut Wants::default()));
        hear(&mut ring, &says(Kind::Invite, n, &[Slot::Pending]));
        assert_eq!(ring.state(), State::Unresolved, "it may be older than what brought the doubt");
    }
}

/// Says that the data was changed so often, last by that device.
fn modified(
    number: u16,
    author: signaling_core::Device,
) -> Report<impl Iterator<Item = (Slot, bool)> + Clone> {
    Report { rev: Rev { number, author }, ..says(Kind::Invite, 0, &[Slot::Pending]) }
}

#[test]
fn a_modification_is_told_once_and_not_to_its_author() {
    let mut ring = ringing();
    for (number, author, told) in
        [(1, CAR, vec![Tell::Modified]), (1, CAR, vec![]), (2, PHONE, vec![]), (1, CAR, vec![])]
    {
        let wanted = hear(&mut ring, &modified(number, author));
        assert_eq!((wanted.told, wanted.replies), (told, vec![Reply::Ack]));
    }
    assert_eq!(ring.rev().number, 2);
    let bare = Report { data: false, ..modified(3, CAR) };
    assert_eq!(hear(&mut ring, &bare).told, []);
    assert_eq!(ring.rev().number, 2, "its data did not come");
    assert_eq!(
        hear(&mut confirming(), &modified(1, CAR)).told,
        [],
        "the application does not know of it yet"
    );
}

#[test]
fn a_modification_that_was_asked_for_is_granted_or_denied_by_its_record() {
    let mut asked = ringing();
    assert!(asked.on_modify(&mut Wants::default()));
    let n = asked.request().unwrap().0;
    for (modify, echo, told) in [
        (Some((n, 1)), 0, vec![Tell::Granted]),
        (Some((n, 0)), 0, vec![Tell::Denied]),
        (Some((n - 1, 1)), n, vec![Tell::Denied]),
        (None, n, vec![Tell::Denied]),
        (Some((n - 1, 1)), 0, vec![]),
        (None, 0, vec![]),
    ] {
        let mut ring = asked;
        let wanted = hear(&mut ring, &Report { modify, ..says(Kind::Invite, echo, &[Slot::Pending]) });
        assert_eq!((ring.request().is_none(), wanted.told), (!told.is_empty(), told), "{modify:?} {echo}");
    }
}

#[test]
fn a_cancel_that_was_asked_for_is_granted_if_anything_was_cancelled() {
    for (slot, told) in [
        (Slot::Pending, vec![]),
        (Slot::Cancelled, vec![Tell::Granted]),
        (Slot::Accepted(CAR), vec![Tell::Denied, Tell::Decided(0)]),
    ] {
        let mut ring = observing();
        assert!(ring.on_cancel(&mut Wants::default()));
        assert_eq!(hear(&mut ring, &says(Kind::Invite, 0, &[slot])).told, told);
    }
}

#[test]
fn who_may_ask_for_what() {
    for (ring, _) in all() {
        let open =
            [State::Confirming, State::Ringing, State::Silent, State::Observing].contains(&ring.state());
        let (mut modifies, mut cancels) = (ring, ring);
        let asked = wants(|fx| assert_eq!(modifies.on_modify(fx), open, "{:?}", ring.state()));
        assert_eq!(asked.replies, if open { vec![Reply::Request] } else { vec![] });
        assert!(!modifies.on_modify(&mut Wants::default()), "one thing at a time");
        let observer = ring.me() == Me::Observer;
        assert_eq!(cancels.on_cancel(&mut Wants::default()), observer, "{:?}", ring.state());
        assert!(!open || (modifies.armed(HolderTimer::Request) && modifies.armed(HolderTimer::Resend)));
    }
}

#[test]
fn the_answer_given_here_is_confirmed_or_overruled() {
    let (accept, decline) = (Answer::Accept, Answer::Decline);
    let rejected = Slot::Rejected(Reason::Declined);
    for (answer, slot, told) in [
        (accept, Slot::Accepted(PHONE), vec![Tell::Confirmed]),
        (accept, Slot::Accepted(CAR), vec![Tell::Overruled, Tell::Decided(0)]),
        (accept, rejected, vec![Tell::Overruled, Tell::Decided(0)]),
        (decline, rejected, vec![Tell::Confirmed]),
        (Answer::Busy, rejected, vec![Tell::Confirmed]),
        (decline, Slot::Accepted(CAR), vec![Tell::Overruled, Tell::Decided(0)]),
        (decline, Slot::Cancelled, vec![Tell::Overruled, Tell::Cancelled]),
    ] {
        let mut ring = ringing();
        assert!(ring.on_answer(answer, Rival::None, &mut Wants::default()));
        for mut ring in [ring, after(ring, HolderTimer::Resolve)] {
            let wanted = hear(&mut ring, &says(Kind::Decision, 0, &[slot]));
            assert_eq!(
                (ring.state(), wanted.told, wanted.replies),
                (State::Done, told.clone(), vec![Reply::Ack])
            );
            assert!(ring.terminal());
        }
    }
    for mut ring in [ringing(), silent(), unresolved()] {
        assert_eq!(hear(&mut ring, &says(Kind::Decision, 0, &[Slot::Cancelled])).told, [Tell::Cancelled]);
    }
}

#[test]
fn what_ends_before_it_rang_is_missed() {
    let mut ring = confirming();
    let wanted = hear(&mut ring, &says(Kind::Decision, 0, &[Slot::Cancelled]));
    assert_eq!((ring.state(), wanted.told), (State::Done, vec![Tell::Missed]));
    let wanted = hear(&mut ring, &says(Kind::Decision, 0, &[Slot::Cancelled]));
    assert_eq!(wanted, Wants { replies: vec![Reply::Ack], ..Wants::default() }, "once");
    ring = added();
    assert_eq!(
        hear(&mut ring, &says(Kind::Decision, 0, &[Slot::Cancelled])).told,
        [Tell::Cancelled],
        "it is known"
    );
}

#[test]
fn when_the_inviter_holds_no_record_what_is_open_is_in_doubt() {
    for (ring, stays, told) in [
        (confirming(), false, vec![]),
        (held(), false, vec![]),
        (added(), true, vec![Tell::Unresolved]),
        (ringing(), true, vec![Tell::Stopped, Tell::Unresolved]),
        (observing(), true, vec![Tell::Unresolved]),
        (silent(), true, vec![Tell::Unresolved]),
        (answered(), true, vec![Tell::Unresolved]),
        (unresolved(), true, vec![]),
        (done(), true, vec![]),
        (half_done(), true, vec![]),
        (missed(), true, vec![]),
    ] {
        let mut after = ring;
        let wanted = wants(|fx| assert_eq!(after.on_unknown(fx), stays, "{:?}", ring.state()));
        assert_eq!(wanted.told, told, "{:?}", ring.state());
        assert!(!stays || after.terminal(), "{:?}", ring.state());
        assert!(!ring.terminal() || after == ring, "nothing is left to give up");
    }
    let mut asked = ringing();
    assert!(asked.on_modify(&mut Wants::default()));
    let wanted = wants(|fx| assert!(asked.on_unknown(fx)));
    assert_eq!(wanted.told, [Tell::Unanswered, Tell::Stopped, Tell::Unresolved]);
}
