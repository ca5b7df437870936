//! Any other device: what it first hears, its timers, its person, and calls that cross.

use signaling_core::machine::{
    Answer, Arrival, First, Full, HolderTimer, Kind, Mask, Me, Reply, Report, Rival, Seen, State, Tell, Timer,
};
use signaling_core::{Reason, Slot};

use super::states::*;
use super::{CAR, PHONE, Wants, wants};

#[test]
fn a_timer_that_does_not_run_does_nothing() {
    use HolderTimer::{Lease, Request, Resend, Resolve, Ring};
    for (ring, timers) in all() {
        for timer in [Lease, Ring, Resend, Resolve, Request] {
            let (runs, state) = (timers.contains(&timer), ring.state());
            assert_eq!(ring.armed(timer), runs, "{timer:?} in {state:?}");
            let mut after = ring;
            let wanted = wants(|fx| assert!(runs || after.on_timer(timer, fx)));
            assert!(runs || (after == ring && wanted == Wants::default()), "{timer:?} in {state:?}");
        }
    }
}

#[test]
fn a_request_without_an_answer_ends() {
    let mut ring = ringing();
    assert!(ring.on_modify(&mut Wants::default()));
    let wanted = wants(|fx| assert!(ring.on_timer(HolderTimer::Request, fx)));
    assert_eq!((wanted.told, ring.request()), (vec![Tell::Unanswered], None));
}

#[test]
fn a_repeat_keeps_its_number_and_a_renewal_takes_a_new_one() {
    for (ring, timers) in all() {
        if !timers.contains(&HolderTimer::Resend) {
            continue;
        }
        let mut after = ring;
        let wanted = wants(|fx| assert!(after.on_timer(HolderTimer::Resend, fx)));
        assert_eq!(wanted.replies, [Reply::Stance], "{:?}", ring.state());
        let renewed = ring.rings() == Some(true);
        assert_eq!(wanted.numbers.len(), usize::from(renewed), "{:?}", ring.state());
    }
}

#[test]
fn a_row_says_what_is_known_here() {
    let mut ring = Ring::new(BOB, PHONE, 1);
    assert!(!ring.known() && ring.answer().is_none() && ring.shown().is_empty());
    ring = ringing();
    assert!(ring.known(), "the application heard of it");
    let wanted = wants(|fx| assert!(ring.on_answer(Answer::Accept, Rival::None, fx)));
    assert_eq!((wanted.replies.as_slice(), ring.answer()), (&[Reply::Stance][..], Some(Answer::Accept)));
    let mut fx = Wants::default();
    ring.on_report(&says(Kind::Decision, 0, &[Slot::Accepted(PHONE)]), FRESH, &mut fx);
    assert_eq!((fx.told, ring.shown()), (vec![Tell::Confirmed], Mask::one(0)));
}

#[test]
fn a_call_of_ones_own_holds_what_rings_and_nothing_else() {
    for (ring, _) in all() {
        let mut after = ring;
        let wanted = wants(|fx| after.on_rival(Rival::Holds, fx));
        if ring.state() == State::Ringing {
            assert_eq!((after.state(), wanted.told), (State::Held, vec![Tell::Stopped]));
            assert_eq!(wanted.replies, [], "no word to the inviter");
        } else {
            assert_eq!((after, wanted), (ring, Wants::default()), "{:?}", ring.state());
        }
    }
}

#[test]
fn a_call_of_ones_own_that_yields_asks_anew_what_is_not_answered() {
    for (ring, _) in all() {
        let mut after = ring;
        let wanted = wants(|fx| after.on_rival(Rival::Yields, fx));
        let open =
            [State::Confirming, State::Ringing, State::Silent, State::Unresolved].contains(&ring.state());
        if open && ring.answer().is_none() {
            assert_ne!(after.stance().0, ring.stance().0, "an older answer does not count");
            assert_eq!((after.state(), wanted.replies), (ring.state(), vec![Reply::Stance]));
        } else {
            assert_eq!((after, wanted), (ring, Wants::default()), "{:?}", ring.state());
        }
    }
}

#[test]
fn what_is_held_by_a_call_of_ones_own_is_not_accepted_but_rejected() {
    let mut ring = held();
    assert_eq!(wants(|fx| assert!(!ring.on_answer(Answer::Accept, Rival::Holds, fx))), Wants::default());
    assert_eq!(ring, held());
    for answer in [Answer::Decline, Answer::Busy] {
        assert!(held().on_answer(answer, Rival::Holds, &mut Wants::default()));
    }
}

#[test]
fn who_gets_no_answer_is_in_doubt_if_he_knows_of_the_call() {
    assert!(!confirming().on_timer(HolderTimer::Resolve, &mut Wants::default()), "it never rang: it goes");
    for mut ring in [added(), silent(), answered()] {
        let wanted = wants(|fx| assert!(ring.on_timer(HolderTimer::Resolve, fx)));
        assert_eq!((ring.state(), wanted.told), (State::Unresolved, vec![Tell::Unresolved]));
    }
}

/// The first that bob's phone hears of it: in which state it is then, and what that wants.
fn first(slot: Slot, arrival: Arrival, seen: Seen) -> (State, Wants) {
    let kind = if slot.decided() { Kind::Decision } else { Kind::Invite };
    let mut ring = Ring::new(BOB, PHONE, 1);
    let wanted = wants(|fx| ring.begin(&says(kind, 0, &[slot]), arrival, seen, fx));
    (ring.state(), wanted)
}

#[test]
fn only_what_is_new_and_fresh_and_for_all_rings_at_once() {
    let to_one = Arrival { to_users: false, ..FRESH };
    let crossed = |rival| Arrival { rival, ..FRESH };
    for (arrival, seen, state) in [
        (FRESH, Seen::New, State::Ringing),
        (LATE, Seen::New, State::Confirming),
        (to_one, Seen::New, State::Confirming),
        (FRESH, Seen::Below, State::Confirming),
        (crossed(Rival::Yields), Seen::New, State::Confirming),
        (crossed(Rival::Holds), Seen::New, State::Held),
        (crossed(Rival::Holds), Seen::Below, State::Confirming),
    ] {
        let (found, wanted) = first(Slot::Pending, arrival, seen);
        let (told, replies) = match state {
            State::Ringing => (vec![Tell::New], vec![Reply::Stance]),
            State::Confirming => (vec![], vec![Reply::Stance]),
            _ => (vec![], vec![]),
        };
        assert_eq!((found, wanted.told, wanted.replies), (state, told, replies), "{arrival:?} {seen:?}");
    }
}

#[test]
fn what_is_over_when_it_is_first_heard_of_is_missed_and_acknowledged() {
    for (seen, told) in [(Seen::New, vec![Tell::Missed]), (Seen::Below, vec![])] {
        let (state, wanted) = first(Slot::TimedOut, FRESH, seen);
        assert_eq!((state, wanted.told, wanted.replies), (State::Done, told, vec![Reply::Ack]));
    }
}

#[test]
fn without_a_row_is_decided_by_what_is_remembered_and_by_room() {
    const FULL: Result<(), Full> = Err(Full::NoCapacity);
    let (nothing, ended) = (First::Nothing { ended: false }, First::Nothing { ended: true });
    let (over, elsewhere) = (Slot::Cancelled, Slot::Accepted(CAR));
    for (kind, slot, seen, me, room, becomes, replies) in [
        (Kind::Invite, Slot::Pending, Seen::New, BOB, Ok(()), First::Row, vec![]),
        (Kind::Invite, Slot::Pending, Seen::Below, BOB, Ok(()), First::Row, vec![]),
        (Kind::Decision, over, Seen::New, BOB, Ok(()), First::Row, vec![]),
        (Kind::Decision, Slot::Pending, Seen::New, BOB, Ok(()), nothing, vec![]),
        (Kind::Invite, Slot::Pending, Seen::Marked, BOB, Ok(()), nothing, vec![]),
        (Kind::Decision, elsewhere, Seen::Marked, BOB, Ok(()), nothing, vec![Reply::AckAll]),
        // Nobody could be told here that this run won.
        (Kind::Decision, Slot::Accepted(PHONE), Seen::Marked, BOB, Ok(()), nothing, vec![]),
        (Kind::Decision, over, Seen::Marked, Me::Observer, Ok(()), nothing, vec![Reply::AckAll]),
        (Kind::Invite, Slot::Pending, Seen::New, BOB, FULL, nothing, vec![Reply::Full(Full::NoCapacity)]),
        (Kind::Invite, Slot::Pending, Seen::New, Me::Observer, FULL, nothing, vec![]),
        (Kind::Decision, over, Seen::New, BOB, FULL, ended, vec![Reply::AckAll]),
    ] {
        let mut found = None;
        let heard = (kind, me.decisive([slot].into_iter()));
        let wanted = wants(|fx| found = Some(First::of(heard, seen, me, PHONE, room, fx)));
        let what = format!("{kind:?} {slot:?} {seen:?} {me:?} {room:?}");
        assert_eq!((found, wanted), (Some(becomes), Wants { replies, ..Wants::default() }), "{what}");
    }
}

#[test]
fn an_observer_watches_until_all_are_decided() {
    let begin = |slots: &[Slot]| {
        let mut ring = Ring::new(Me::Observer, PHONE, 2);
        ring.begin(&says(Kind::Invite, 0, slots), FRESH, Seen::New, &mut Wants::default());
        ring.state()
    };
    assert_eq!(begin(&[Slot::Cancelled, Slot::Pending]), State::Observing);
    assert_eq!(begin(&[Slot::Cancelled, Slot::Cancelled]), State::Done);
}

#[test]
fn when_only_data_is_lacking_it_is_not_waited_for_as_long_as_for_an_outcome() {
    let mut ring = Ring::new(BOB, PHONE, 2);
    let hears = |ring: &mut Ring, slots: &[Slot]| {
        let Report { kind, rev, echo, modify, data, .. } = says(Kind::Decision, 0, slots);
        let slots = slots.iter().map(|slot| (*slot, slot.decided()));
        let report = Report { kind, rev, echo, modify, slots, answer: Some(0), data };
        wants(|fx| ring.on_report(&report, FRESH, fx)).armed
    };
    let resolve = [Timer::Holder(HolderTimer::Resolve)];
    ring.begin(&says(Kind::Invite, 0, &[Slot::Pending; 2]), FRESH, Seen::New, &mut Wants::default());
    let (own, other) = (Slot::Accepted(CAR), Slot::Rejected(Reason::Declined));
    assert_eq!(hears(&mut ring, &[own, Slot::Pending]), resolve, "the other's outcome may take a day");
    assert_eq!(hears(&mut ring, &[own, Slot::Pending]), []);
    assert_eq!(hears(&mut ring, &[own, other]), resolve, "its data may not");
    assert_eq!(ring.have(), Mask::one(0));
    assert_eq!(hears(&mut ring, &[own, other]), []);
}
