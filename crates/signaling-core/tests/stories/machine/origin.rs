//! The inviter's device.

use signaling_core::machine::{Fanned, Full, Mask, Origin, OriginTimer, PartyId, Stance, Timer, To, Via};

use super::{CAR, PHONE, Wants, wants};

type Call = Origin<2, 2>;

const BOB: PartyId = PartyId::Invitee(0);

/// To bob alone, in a row with room for one more.
fn to_bob(limited: bool) -> Call {
    Call::start(1, limited, false, &mut Wants::default())
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
    let online_only = Call::start(1, true, true, &mut Wants::default());
    for mut call in [over, online_only] {
        let before = call;
        assert_eq!(wants(|fx| assert!(!call.modify(PHONE, fx))), Wants::default());
        assert_eq!(call, before);
    }
}
