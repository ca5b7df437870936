//! The rules of one invitation alone, with no engine in between (protocol sections 5 and 6).

use std::collections::BTreeSet;

use signaling_core::machine::{
    Answer, Arrival, Fanned, Full, Fx, Holder, Kind, Mask, Me, Origin, OriginTimer, PartyId, Reply, Report,
    Rev, Rival, Seen, Stance, Tell, Timer, To, Via,
};
use signaling_core::{Device, Slot};

/// What the machine wanted done.
#[derive(Default, PartialEq, Debug)]
struct Wants {
    sent: Vec<To>,
    replies: Vec<Reply>,
    told: Vec<Tell>,
    armed: Vec<Timer>,
    numbers: u32,
}

impl Fx for Wants {
    fn send(&mut self, to: To) {
        self.sent.push(to);
    }
    fn reply(&mut self, reply: Reply) {
        self.replies.push(reply);
    }
    fn tell(&mut self, tell: Tell) {
        self.told.push(tell);
    }
    fn arm(&mut self, timer: Timer) {
        self.armed.push(timer);
    }
    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }
}

/// What that lets the machine do.
fn wants(act: impl FnOnce(&mut Wants)) -> Wants {
    let mut wants = Wants::default();
    act(&mut wants);
    wants
}

type Call = Origin<2, 2>;
type Ring = Holder<2>;

const BOB: PartyId = PartyId::Invitee(0);
const PHONE: Device = Device { id: 2, epoch: 1 };
const CAR: Device = Device { id: 3, epoch: 1 };

/// To bob alone, in a row with room for one more.
fn to_bob(limited: bool) -> Call {
    Call::start(1, limited, false, &mut Wants::default())
}

/// What the inviter says, of slots without data.
fn says(kind: Kind, echo: u32, slots: &[Slot]) -> Report<impl Iterator<Item = (Slot, bool)> + Clone + '_> {
    let slots = slots.iter().map(|&slot| (slot, false));
    let data = kind == Kind::Invite;
    Report { kind, rev: Rev::default(), echo, modify: None, slots, answer: None, data }
}

/// At once, to all of the user's devices.
const FRESH: Arrival = Arrival { prompt: true, to_users: true, rival: Rival::None };

/// Bob's phone, which rings for him alone.
fn ringing() -> Ring {
    let mut ring = Ring::new(Me::Invitee(0), PHONE, 1);
    ring.begin(&says(Kind::Invite, 0, &[Slot::Pending]), FRESH, Seen::New, &mut Wants::default());
    ring
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

#[test]
fn a_row_says_what_is_known_here() {
    let mut ring = Ring::new(Me::Invitee(0), PHONE, 1);
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
fn a_mask_is_a_set_of_slots() {
    let sets = [vec![], vec![0], vec![5], vec![0, 5, 63], vec![5, 6, 62, 63]].map(BTreeSet::from_iter);
    let mask = |set: &BTreeSet<u8>| set.iter().copied().collect::<Mask>();
    let set = |mask: Mask| mask.iter().collect::<BTreeSet<u8>>();
    for one in &sets {
        assert_eq!(
            (set(mask(one)), mask(one).len(), mask(one).is_empty()),
            (one.clone(), one.len() as u32, one.is_empty())
        );
        for other in &sets {
            assert_eq!(set(mask(one).or(mask(other))), one | other);
            assert_eq!(set(mask(one).and(mask(other))), one & other);
            assert_eq!(set(mask(one).without(mask(other))), one - other);
        }
    }
    let mut grows = Mask::EMPTY;
    assert!(grows.add(63) && !grows.add(63) && grows.has(63));
    assert_eq!((grows.bits(), Mask::one(64)), (1 << 63, Mask::EMPTY));
}
