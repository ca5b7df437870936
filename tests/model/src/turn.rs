//! One step of the world: the shipped machine does it, this only carries.

use signaling_core::broken;
use signaling_core::machine::{
    Answer, Arrival, First, Full, Holder, HolderTimer, Kind, Mask, Origin, OriginTimer, Parties, PartyId,
    Reply, Rival, Seen, Stance, Timer, To, Via,
};

use crate::act::Act;
use crate::config::{Config, Link, Takes};
use crate::effects::Effects;
use crate::network::{Msg, Rep, written};
use crate::watch::ASKED;
use crate::world::{INVITER, Inviter, Told, World};

/// A step while it is being made.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    /// The rules of this world.
    pub config: &'a Config,
    /// The world, which changes.
    pub world: &'a mut World,
    /// What leaves, in order.
    pub outbox: Vec<Msg>,
    /// What applications are told.
    pub told: Vec<Told>,
    /// What the own invitation of the first device to the inviter is to this one.
    pub rival: Rival,
    /// The timer that goes off in this step.
    pub fired: Option<Timer>,
}

impl<'a> Turn<'a> {
    /// Begins a step.
    pub(crate) fn new(config: &'a Config, world: &'a mut World) -> Self {
        Self { config, world, outbox: Vec::new(), told: Vec::new(), rival: Rival::None, fired: None }
    }

    /// The inviter invites.
    pub(crate) fn start(&mut self) {
        let mut fx = Effects::default();
        let origin = Origin::start(self.config.invitees, self.config.terms(), &mut fx);
        self.world.origin = Some(origin);
        self.world.witness.begun = true;
        self.save();
        self.watch_inviter(None, &fx);
        self.after_inviter(&fx, None);
    }

    /// Whatever it is that happens.
    pub(crate) fn act(&mut self, act: &Act) {
        match act {
            Act::Invite => self.start(),
            Act::Deliver(letter, prompt) => self.deliver(letter.msg(), *prompt),
            Act::Origin(timer) => self.origin_timer(*timer),
            Act::Holder(at, timer) => self.holder_timer(*at, *timer),
            Act::Answer(at, answer) => self.answer(*at, *answer),
            Act::Modify(at) => self.modify(*at),
            Act::Cancel(at) => self.cancel(*at),
            Act::Add(at) => self.add(*at),
            Act::OwnCancel => self.own_cancel(),
            Act::OwnModify => self.own_modify(),
            Act::Crash(at) => self.crash(*at),
            Act::Hello(at) => self.hello(*at),
            Act::Forget => self.forget(),
            Act::Vanish => (self.world.origin, self.world.there) = (None, false),
            Act::Restart => self.restart(),
            Act::Evict(at) => self.drop_row(*at, true),
            Act::Slide(at) => self.slide(*at),
            Act::Room(at) => self.make_room(*at),
            Act::Admit(slot) => self.admit(*slot),
            Act::RelayCrash => {
                self.world.left.relay_crashes -= 1;
                self.relay_crash();
            }
            Act::RelayWhole => self.world.relay.partial = !self.all_back(),
        }
    }

    // The inviter.

    /// Lets the inviter's row, if there is one, do something.
    pub(crate) fn at_inviter(
        &mut self,
        asker: Option<PartyId>,
        work: impl FnOnce(&mut Inviter, &mut Effects),
    ) {
        let Some(mut origin) = self.world.origin else { return };
        let before = origin;
        let mut fx = Effects::default();
        work(&mut origin, &mut fx);
        self.world.origin = Some(origin);
        if origin.ver() != before.ver() && !broken!("unsaved") {
            self.save();
        }
        self.watch_inviter(Some(&before), &fx);
        self.after_inviter(&fx, asker);
    }

    fn after_inviter(&mut self, fx: &Effects, asker: Option<PartyId>) {
        self.limit_out(fx.sends.len());
        for &to in &fx.sends {
            self.post(to, asker);
        }
    }

    fn post(&mut self, to: To, asker: Option<PartyId>) {
        let Some(origin) = self.world.origin else { return };
        let kind = |party| if origin.open(party) { Kind::Invite } else { Kind::Decision };
        match to {
            To::Users(to) => {
                self.send(to, origin.ver(), written(origin.report(Kind::Invite, None, None, 0)));
            }
            To::Decided(mut rest) => {
                while !rest.is_empty() {
                    let (to, first) = origin.next_decision(rest);
                    let report = origin.report(Kind::Decision, None, first, 0);
                    self.send(to, origin.ver(), written(report));
                    rest = rest.without(to);
                }
            }
            To::Peer { party, peer, echo } => {
                let report = written(origin.report(kind(party), Some((party, peer)), None, echo));
                if broken!("answers-per-user") {
                    self.keep(party, origin.ver(), report);
                }
                let known = origin.party(party).and_then(|party| party.peers().get(usize::from(peer)));
                let Some(peer) = known else { return };
                self.outbox.push(Msg::Report { to: peer.device, users: false, report });
            }
            To::Stranger { device, echo } => {
                let Some(party) = asker else { return };
                let report = written(origin.report(kind(party), None, party.slot(), echo));
                self.outbox.push(Msg::Report { to: device, users: false, report });
            }
        }
    }

    fn send(&mut self, to: Parties, ver: u32, report: Rep) {
        if self.config.lazy {
            self.outbox.push(Msg::Send { to, ver, report });
        } else {
            self.fan_out(to, ver, report);
        }
    }

    fn origin_timer(&mut self, timer: OriginTimer) {
        let limit = self.world.origin.is_some_and(|origin| origin.armed(OriginTimer::Limit));
        self.world.witness.ran_out |= timer == OriginTimer::Limit && limit;
        self.fired = Some(Timer::Origin(timer));
        self.at_inviter(None, |origin, fx| origin.on_timer(timer, fx));
    }

    fn own_cancel(&mut self) {
        self.world.witness.cancelled = true;
        let data = self.config.data;
        self.at_inviter(None, |origin, fx| {
            let _ended: Mask = origin.cancel(data, fx);
        });
    }

    fn own_modify(&mut self) {
        self.world.left.own_modify -= 1;
        self.at_inviter(None, |origin, fx| {
            let _possible: bool = origin.modify(INVITER, fx);
        });
    }

    /// A durable inviter saves each new version before anything of it leaves.
    fn save(&mut self) {
        if self.config.restarts > 0 {
            self.world.saved = self.world.origin;
        }
    }

    /// It goes on with what it saved; its application is shown what was decided then.
    fn restart(&mut self) {
        self.world.left.restarts -= 1;
        let Some(saved) = self.world.saved.filter(|_| self.world.origin.is_some()) else { return };
        let slots: Vec<_> = saved.slots().to_vec();
        let mut origin = Inviter::restore(&saved.saved(), slots.into_iter());
        for party in saved.parties() {
            let peers = saved.party(party).map(|party| party.peers().to_vec()).unwrap_or_default();
            origin.restore_peers(party, peers.into_iter());
        }
        let mut fx = Effects::default();
        origin.resume(&mut fx);
        self.world.witness.told = (0..self.config.invitees).filter(|&i| origin.slot(i).decided()).collect();
        self.world.origin = Some(origin);
        self.watch_inviter(None, &fx);
        self.after_inviter(&fx, None);
    }

    fn forget(&mut self) {
        self.world.origin = None;
        // A decider that loses its memory and decides again.
        if broken!("volatile-decider") {
            self.start();
        }
    }

    // Messages.

    /// A message arrives.
    pub(crate) fn deliver(&mut self, msg: &Msg, prompt: bool) {
        match msg {
            Msg::Send { to, ver, report } => self.fan_out(*to, *ver, *report),
            Msg::Report { to, users, report } => {
                let rival = if self.world.place(*to) == Some(0) { self.rival } else { Rival::None };
                self.on_report(*to, report, Arrival { prompt, to_users: *users, rival });
            }
            Msg::Unknown { to } => self.on_unknown(*to),
            Msg::Stance { from, n, stance, data } => self.on_stance(*from, *n, *stance, *data),
            Msg::Ack { from, rev, mask } => {
                let Some(via) = self.via(*from) else { return };
                self.at_inviter(None, |origin, fx| origin.on_ack(via, *rev, *mask, fx));
            }
            Msg::Fanout { party, ver, fanned, devices } => self.at_inviter(None, |origin, fx| {
                origin.on_fanout(*party, *ver, *fanned, devices.iter().copied(), fx);
            }),
        }
    }

    fn via(&self, device: signaling_core::Device) -> Option<Via> {
        let run = self.world.runs.get(self.world.place(device)?)?;
        Some(Via { party: run.party, device })
    }

    fn on_stance(&mut self, from: signaling_core::Device, n: u32, stance: Stance, data: bool) {
        let Some(via) = self.via(from) else { return };
        if self.world.origin.is_none() && self.world.there {
            self.outbox.push(Msg::Unknown { to: from.id });
        }
        let rev = |world: &World| world.origin.map(|origin| origin.rev());
        let before = rev(self.world);
        self.at_inviter(Some(via.party), |origin, fx| origin.on_stance(via, n, stance, data, fx));
        if rev(self.world) != before {
            self.modified(from, n);
        }
    }

    fn on_report(&mut self, to: signaling_core::Device, report: &Rep, arrival: Arrival) {
        let Some(at) = self.world.place(to) else { return };
        let Some(run) = self.world.runs.get(at) else { return };
        if run.link != Link::Online {
            return;
        }
        if !self.fits(at, report) {
            let stance = Stance::Full(Full::TooLarge);
            return self.outbox.push(Msg::Stance { from: run.device, n: 0, stance, data: false });
        }
        let for_it = arrival.to_users || to == run.device || broken!("echo-of-any-run");
        let report = if for_it { report } else { &Rep { echo: 0, modify: None, ..*report } };
        let (me, device, seen) = (run.me(), run.device, run.seen);
        let slot = me.decisive(report.slots.map(|(slot, _)| slot));
        let room = if run.room { Ok(()) } else { Err(Full::NoCapacity) };
        let mut fx = Effects::after(run.numbers);
        let mut row = run.row;
        let mut ended = false;
        match &mut row {
            Some(row) => row.on_report(report, arrival, &mut fx),
            None => match First::of((report.kind, slot), seen, me, device, room, &mut fx) {
                First::Row => {
                    let invitees = u8::try_from(report.slots.count()).unwrap_or(u8::MAX);
                    row.insert(Holder::new(me, device, invitees)).begin(report, arrival, seen, &mut fx);
                }
                First::Nothing { ended: mark } => ended = mark,
            },
        }
        self.after_holder(at, row, &fx, Some(report));
        if ended {
            self.drop_row(at, true);
        }
    }

    /// Whether the relay can bring it, or only says that it is too large.
    fn fits(&self, at: usize, report: &Rep) -> bool {
        let takes = self.config.devices.get(at).map_or(Takes::All, |spec| spec.takes);
        match takes {
            Takes::All => true,
            Takes::FirstData => report.answer.is_none() && !(report.data && report.rev.number > 0),
            Takes::Outcomes => report.answer.is_none() && !report.data,
        }
    }

    fn on_unknown(&mut self, to: u64) {
        let device = signaling_core::Device { id: to, epoch: 0 };
        if let Some(at) = self.world.place(device) {
            self.at_holder_while(at, true, Holder::on_unknown);
        }
    }

    // The other devices.

    pub(crate) fn at_holder(&mut self, at: usize, work: impl FnOnce(&mut crate::world::Row, &mut Effects)) {
        self.at_holder_while(at, false, |row, fx| {
            work(row, fx);
            true
        });
    }

    /// The row stays as long as `work` says so; `mark`: otherwise the id is remembered as seen.
    pub(crate) fn at_holder_while(
        &mut self,
        at: usize,
        mark: bool,
        work: impl FnOnce(&mut crate::world::Row, &mut Effects) -> bool,
    ) {
        let Some(run) = self.world.runs.get(at).filter(|run| run.link == Link::Online) else { return };
        let Some(mut row) = run.row else { return };
        let mut fx = Effects::after(run.numbers);
        let stays = work(&mut row, &mut fx);
        self.after_holder(at, stays.then_some(row), &fx, None);
        if !stays {
            self.drop_row(at, mark);
        }
    }

    fn after_holder(&mut self, at: usize, row: Option<crate::world::Row>, fx: &Effects, cause: Option<&Rep>) {
        self.limit_out(fx.replies.len());
        let Some(run) = self.world.runs.get_mut(at) else { return };
        let before = core::mem::replace(&mut run.row, row);
        run.numbers = fx.numbers;
        let from = run.device;
        for &reply in &fx.replies {
            let msg = self.reply(from, row, reply, cause);
            self.outbox.extend(msg);
        }
        self.watch_holder(at, before, fx, cause);
    }

    fn reply(
        &self,
        from: signaling_core::Device,
        row: Option<crate::world::Row>,
        reply: Reply,
        cause: Option<&Rep>,
    ) -> Option<Msg> {
        let stance = |(n, stance)| {
            let data = self.config.data && matches!(stance, Stance::Answer(_) | Stance::Cancel);
            Msg::Stance { from, n, stance, data }
        };
        match (reply, row) {
            (Reply::Stance, row) => Some(stance(row?.stance())),
            (Reply::Request, row) => row?.request().map(stance),
            (Reply::Full(full), _) => Some(stance((0, Stance::Full(full)))),
            (Reply::Ack, row) => {
                let (rev, mask) = row.map(|row| row.ack()).unwrap_or_default();
                Some(Msg::Ack { from, rev, mask })
            }
            (Reply::AckAll, _) => {
                let report = cause?;
                let decided = (0u8..).zip(report.slots).filter(|(_, (slot, _))| slot.decided());
                Some(Msg::Ack { from, rev: report.rev.number, mask: decided.map(|(i, _)| i).collect() })
            }
        }
    }

    pub(crate) fn holder_timer(&mut self, at: usize, timer: HolderTimer) {
        self.fired = Some(Timer::Holder(timer));
        self.at_holder_while(at, false, |row, fx| row.on_timer(timer, fx));
    }

    fn answer(&mut self, at: usize, answer: Answer) {
        self.pressed(at, answer);
        let rival = if at == 0 { self.rival } else { Rival::None };
        self.at_holder(at, |row, fx| {
            let _possible: bool = row.on_answer(answer, rival, fx);
        });
    }

    fn modify(&mut self, at: usize) {
        self.world.left.modify -= 1;
        self.at_holder(at, |row, fx| {
            let _possible: bool = row.on_modify(fx);
        });
    }

    fn cancel(&mut self, at: usize) {
        self.world.witness.cancelled = true;
        if let Some(run) = self.world.runs.get_mut(at) {
            run.told.add(ASKED);
        }
        self.at_holder(at, |row, fx| {
            let _possible: bool = row.on_cancel(fx);
        });
    }

    fn add(&mut self, at: usize) {
        self.learned(at);
        let Some(run) = self.world.runs.get(at) else { return };
        let mut fx = Effects::after(run.numbers);
        let mut row = Holder::new(run.me(), run.device, self.config.invitees);
        row.add(&mut fx);
        self.after_holder(at, Some(row), &fx, None);
    }

    /// The row goes; `mark`: the id is remembered as seen.
    pub(crate) fn drop_row(&mut self, at: usize, mark: bool) {
        let Some(run) = self.world.runs.get_mut(at) else { return };
        run.row = None;
        if mark {
            run.seen = Seen::Marked;
        }
    }

    /// The version of the invitation that the relay hears of last.
    pub(crate) fn ver(&self) -> u32 {
        self.world.origin.map_or(u32::MAX, |origin| origin.ver())
    }

    fn crash(&mut self, at: usize) {
        self.world.left.crashes -= 1;
        self.start_again(at);
    }

    /// The device starts again, without memory of this invitation.
    pub(crate) fn start_again(&mut self, at: usize) {
        let since = self.ver();
        if let Some(run) = self.world.runs.get_mut(at) {
            *run = run.restarted(since);
        }
    }

    fn slide(&mut self, at: usize) {
        let Some(run) = self.world.runs.get_mut(at) else { return };
        run.seen = Seen::Below;
        run.opened = crate::world::Opened::No;
    }

    fn make_room(&mut self, at: usize) {
        if let Some(run) = self.world.runs.get_mut(at) {
            run.room = true;
        }
    }
}
