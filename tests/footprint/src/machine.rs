//! The rules without an engine around them.

use signaling_core::machine::{
    Answer, Arrival, Fanned, First, Fx, Holder, HolderTimer, Mask, Me, Origin, OriginTimer, Parties, Party,
    PartyId, Reply, Report, Rival, SavedOrigin, Seen, Slot, Stance, Tell, Terms, Timer, To, Via,
};
use signaling_core::{Device, InviteId, Window};

use crate::{any, keep};

/// Counts what the machine wants.
#[derive(Default)]
pub struct Count(u32);

impl Count {
    fn add(&mut self) {
        self.0 = self.0.wrapping_add(1);
    }
}

impl Fx for Count {
    fn send(&mut self, to: To) {
        keep(to);
        self.add();
    }

    fn reply(&mut self, reply: Reply) {
        keep(reply);
        self.add();
    }

    fn tell(&mut self, tell: Tell) {
        keep(tell);
        self.add();
    }

    fn arm(&mut self, timer: Timer) {
        keep(timer);
        self.add();
    }

    fn number(&mut self) -> u32 {
        self.add();
        self.0
    }
}

/// What a machine calls.
#[inline(never)]
pub fn effects(fx: &mut Count) {
    Fx::send(fx, any(To::Users(Parties::default())));
    Fx::reply(fx, any(Reply::Ack));
    Fx::tell(fx, any(Tell::New));
    Fx::arm(fx, any(Timer::Origin(OriginTimer::Limit)));
    keep(Fx::number(fx));
}

/// The inviter's device.
#[inline(never)]
pub fn origin(via: Via, n: u32, fx: &mut Count) {
    let terms = Terms { limited: any(true), online_only: any(false), first_wins: any(false) };
    let mut origin = Origin::<4, 2>::start(any(4), terms, fx);
    Origin::begin(&mut origin, any(3), terms, fx);
    Origin::on_stance(&mut origin, via, n, any(Stance::Ringing), any(true), fx);
    Origin::on_ack(&mut origin, via, any(0), any(Mask::default()), fx);
    Origin::on_fanout(&mut origin, via.party, n, any(Fanned::Complete), [via.device].into_iter(), fx);
    Origin::on_timer(&mut origin, any(OriginTimer::Resend), fx);
    Origin::on_link_up(&origin, fx);
    keep(Origin::modify(&mut origin, via.device, fx));
    keep(Origin::cancel(&mut origin, any(false), fx));
    Origin::on_glare(&mut origin, fx);
    let report = Origin::report(&origin, any(signaling_core::machine::Kind::Invite), any(None), any(None), n);
    keep(report.slots.count());
    let mut slots = report.slots;
    keep(signaling_core::machine::OriginSlots::next(&mut slots));
    restored(&origin, via, fx);
    look(&origin, via.party);
}

fn restored(origin: &Origin<4, 2>, via: Via, fx: &mut Count) {
    let saved = Origin::saved(origin);
    keep((SavedOrigin::online_only(&saved), SavedOrigin::sound(&saved, any(Some(1)))));
    let mut restored = Origin::<4, 2>::restore(&saved, Origin::slots(origin).iter().copied());
    let peers = Origin::party(origin, via.party).map(Party::peers).unwrap_or_default();
    Origin::restore_peers(&mut restored, via.party, peers.iter().copied());
    Origin::resume(&mut restored, fx);
    keep(restored);
}

fn look(origin: &Origin<4, 2>, party: PartyId) {
    keep((Origin::slots(origin), Origin::slot(origin, any(0)), Origin::with_data(origin)));
    keep((Origin::rev(origin), Origin::ver(origin), Origin::delivered(origin), Origin::pending(origin)));
    keep((Origin::open(origin, party), Origin::over(origin), Origin::quiet(origin)));
    keep(Origin::armed(origin, any(OriginTimer::Refresh)));
    Origin::parties(origin).for_each(keep);
    keep(Origin::party(origin, party).map(|party| Party::peers(party).len()));
    keep(Parties::is_empty(Parties::without(any(Parties::default()), any(Parties::NONE))));
    keep((Origin::next_decision(origin, any(Parties::default())), PartyId::slot(party)));
}

/// Any other device.
#[inline(never)]
pub fn holder(report: &Report<impl Iterator<Item = (Slot, bool)> + Clone>, me: Me, fx: &mut Count) {
    let device = any(Device::default());
    let arrival = any(Arrival { prompt: true, to_users: true, rival: Rival::None });
    let mut holder = Holder::<4>::new(me, device, any(4));
    Holder::add(&mut holder, fx);
    let slot = Me::decisive(me, report.slots.clone().map(|(slot, _)| slot));
    if First::of((report.kind, slot), any(Seen::New), me, device, any(Ok(())), fx) == First::Row {
        holder = Holder::EMPTY;
        Holder::open(&mut holder, me, device, any(4));
        Holder::begin(&mut holder, report, arrival, any(Seen::New), fx);
    }
    keep(Holder::on_answer(&mut holder, any(Answer::Accept), any(Rival::None), fx));
    keep((Holder::on_modify(&mut holder, fx), Holder::on_cancel(&mut holder, fx)));
    Holder::on_rival(&mut holder, any(Rival::of(any(InviteId::default()), any(InviteId::default()))), fx);
    keep((Holder::release(&mut holder, any(false), fx), Holder::unanswered(&holder), Holder::rings(&holder)));
    Holder::on_report(&mut holder, report, arrival, fx);
    keep(Holder::on_unknown(&mut holder, fx));
    keep(Holder::on_timer(&mut holder, any(HolderTimer::Lease), fx));
    Holder::on_link_up(&mut holder, fx);
    keep((Holder::ack(&holder), Holder::stance(&holder), Holder::request(&holder), Holder::answer(&holder)));
    keep((
        Holder::state(&holder),
        Holder::me(&holder),
        Holder::slots(&holder),
        Holder::slot(&holder, any(0)),
    ));
    keep((Holder::have(&holder), Holder::shown(&holder), Holder::rev(&holder), Holder::known(&holder)));
    keep((
        Holder::terminal(&holder),
        Holder::pressing(&holder),
        Holder::armed(&holder, any(HolderTimer::Ring)),
    ));
}

/// Sets of slots, and what is remembered of old invitations.
#[inline(never)]
pub fn sets(bits: u64, index: u8) {
    let mut mask = Mask::from_bits(bits);
    keep((Mask::add(&mut mask, index), Mask::has(mask, index), Mask::bits(mask), Mask::len(mask)));
    let other = Mask::from_iter([index]);
    keep((Mask::or(mask, other), Mask::and(mask, other), Mask::without(mask, Mask::one(index))));
    Mask::iter(mask).for_each(keep);
    keep(Mask::is_empty(mask));
    let mut window = Window::default();
    Window::mark(&mut window, any(7));
    keep(Window::seen(&window, any(6)));
}
