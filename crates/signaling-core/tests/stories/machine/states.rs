//! Bob's phone, or another device, in each of its states.

use signaling_core::Slot;
use signaling_core::machine::{Answer, Arrival, Holder, HolderTimer, Kind, Me, Report, Rev, Rival, Seen};

use super::{PHONE, Wants};

pub(super) type Ring = Holder<2>;

pub(super) const BOB: Me = Me::Invitee(0);

/// What the inviter says, of slots without data.
pub(super) fn says(
    kind: Kind,
    echo: u32,
    slots: &[Slot],
) -> Report<impl Iterator<Item = (Slot, bool)> + Clone + '_> {
    let slots = slots.iter().map(|&slot| (slot, false));
    let data = kind == Kind::Invite;
    Report { kind, rev: Rev::default(), echo, modify: None, slots, answer: None, data }
}

/// At once, to all of the user's devices.
pub(super) const FRESH: Arrival = Arrival { prompt: true, to_users: true, rival: Rival::None };
/// The same, after it waited on its way.
pub(super) const LATE: Arrival = Arrival { prompt: false, ..FRESH };

pub(super) fn begun(me: Me, arrival: Arrival) -> Ring {
    let mut ring = Ring::new(me, PHONE, 1);
    ring.begin(&says(Kind::Invite, 0, &[Slot::Pending]), arrival, Seen::New, &mut Wants::default());
    ring
}

/// Bob's phone, which rings for him alone.
pub(super) fn ringing() -> Ring {
    begun(BOB, FRESH)
}

/// It rings, and that was answered.
pub(super) fn heard() -> Ring {
    let mut ring = ringing();
    ring.on_report(&says(Kind::Invite, ring.stance().0, &[Slot::Pending]), FRESH, &mut Wants::default());
    ring
}

pub(super) fn confirming() -> Ring {
    begun(BOB, LATE)
}

/// Confirming, and the application knows of it.
pub(super) fn added() -> Ring {
    let mut ring = Ring::new(BOB, PHONE, 1);
    ring.add(&mut Wants::default());
    ring
}

pub(super) fn held() -> Ring {
    begun(BOB, Arrival { rival: Rival::Holds, ..FRESH })
}

pub(super) fn observing() -> Ring {
    begun(Me::Observer, FRESH)
}

pub(super) fn after(mut ring: Ring, timer: HolderTimer) -> Ring {
    assert!(ring.on_timer(timer, &mut Wants::default()), "it stays");
    ring
}

pub(super) fn silent() -> Ring {
    after(ringing(), HolderTimer::Lease)
}

pub(super) fn answered() -> Ring {
    let mut ring = ringing();
    assert!(ring.on_answer(Answer::Accept, Rival::None, &mut Wants::default()));
    ring
}

pub(super) fn unresolved() -> Ring {
    after(silent(), HolderTimer::Resolve)
}

/// In doubt about an answer.
pub(super) fn doubted() -> Ring {
    after(answered(), HolderTimer::Resolve)
}

pub(super) fn done() -> Ring {
    let mut ring = ringing();
    ring.on_report(&says(Kind::Decision, 0, &[Slot::Cancelled]), FRESH, &mut Wants::default());
    ring
}

/// Decided for bob, not for the other one.
pub(super) fn half_done() -> Ring {
    let mut ring = Ring::new(BOB, PHONE, 2);
    ring.begin(&says(Kind::Invite, 0, &[Slot::Pending; 2]), FRESH, Seen::New, &mut Wants::default());
    ring.on_report(&says(Kind::Decision, 0, &HALF), FRESH, &mut Wants::default());
    ring
}

/// The same, of which bob's phone heard too late.
pub(super) fn missed() -> Ring {
    let mut ring = Ring::new(BOB, PHONE, 2);
    ring.begin(&says(Kind::Decision, 0, &HALF), FRESH, Seen::New, &mut Wants::default());
    ring
}

const HALF: [Slot; 2] = [Slot::Cancelled, Slot::Pending];

/// All there are, each with the timers that run in it (protocol section 6).
pub(super) fn all() -> [(Ring, &'static [HolderTimer]); 13] {
    use HolderTimer::{Lease, Resend, Resolve, Ring};
    [
        (confirming(), &[Resend, Resolve]),
        (added(), &[Resend, Resolve]),
        (held(), &[Ring]),
        (ringing(), &[Lease, Ring, Resend]),
        (heard(), &[Lease, Ring, Resend]),
        (observing(), &[Ring]),
        (silent(), &[Resend, Resolve]),
        (answered(), &[Resend, Resolve]),
        (unresolved(), &[Resend]),
        (doubted(), &[Resend]),
        (done(), &[]),
        (half_done(), &[Resolve]),
        (missed(), &[]),
    ]
}
