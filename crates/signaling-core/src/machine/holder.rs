//! The invitation on any device but the one that made it: it shows what the origin says (protocol section 6).

use super::{Answer, Full, Fx, Kind, Mask, Reply, Report, Rev, Slot, Stance, Tell, Timer};
use crate::broken;
use crate::name::Device;

/// A timer of a [`Holder`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HolderTimer {
    /// Nothing was heard from the inviter for a lease: stop ringing.
    Lease,
    /// The invitation must have run out by now (T_ring): stop ringing.
    Ring,
    /// Repeat what may be lost.
    Resend,
    /// Nothing was heard for so long that it stays in doubt (T_resolve).
    Resolve,
    /// The same for a Modify or Cancel.
    Request,
}

/// What this device is to the invitation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Me {
    /// A device of the invitee of that slot.
    Invitee(u8),
    /// Another device of the inviter: it watches, and may cancel or modify.
    Observer,
}

/// Where the invitation stands on this device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum State {
    /// It may be over: asked before it rings.
    Confirming,
    /// It rings.
    Ringing,
    /// An observer follows it.
    Observing,
    /// It rang and heard no more: asked whether it still stands.
    Silent,
    /// The person answered; the origin has not said yes or no.
    Answered,
    /// Nothing was heard; only a late truth ends this.
    Unresolved,
    /// The own slot is decided.
    Done,
}

/// Whether the id was here before without a row being left of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Seen {
    /// Never seen.
    New,
    /// Too old to tell.
    Below,
    /// It rang or ended here.
    Marked,
}

/// What is known of a report besides its content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Arrival {
    /// It waited at most a second on its way, and some of the time limit is left.
    pub prompt: bool,
    /// It was sent to users, not to this device alone.
    pub to_users: bool,
}

/// What became of a report about an invitation without a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum First<const I: usize> {
    /// A row to keep.
    Row(Holder<I>),
    /// Nothing to keep; if `ended`, the id is to be marked as seen.
    Nothing {
        /// Mark it.
        ended: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Request {
    None,
    Modify(u32),
    Cancel(u32),
}

/// An invitation on a device that did not make it, with up to `I` invitees.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Holder<const I: usize> {
    state: State,
    me: Me,
    device: Device,
    answer: Option<Answer>,
    n: u32,
    heard: bool,
    repeated: bool,
    known: bool,
    /// Too old to tell whether it rang here before: it ends without an event unless it rings.
    old: bool,
    /// The application was told that it is in doubt.
    doubted: bool,
    given_up: bool,
    rev: Rev,
    slots: [Slot; I],
    len: u8,
    have: Mask,
    shown: Mask,
    request: Request,
}

impl<const I: usize> Holder<I> {
    fn new(state: State, me: Me, device: Device, len: u8) -> Self {
        Self {
            state,
            me,
            device,
            answer: None,
            n: 0,
            heard: false,
            repeated: false,
            known: false,
            old: false,
            doubted: false,
            given_up: false,
            rev: Rev::default(),
            slots: [Slot::Pending; I],
            len,
            have: Mask::default(),
            shown: Mask::default(),
            request: Request::None,
        }
    }

    /// The application learned of the invitation elsewhere (`addInvitedSignaling`): ask before it rings.
    pub fn add(me: Me, device: Device, invitees: u8, fx: &mut impl Fx) -> Self {
        let mut row = Self::new(State::Confirming, me, device, invitees);
        row.known = true;
        row.ask(State::Confirming, fx);
        row
    }

    /// The first that this device hears of an invitation (state Idle). `room`: whether a row can be kept.
    pub fn first<S: Iterator<Item = (Slot, bool)> + Clone>(
        report: &Report<S>,
        arrival: Arrival,
        seen: Seen,
        me: Me,
        device: Device,
        room: Result<(), Full>,
        fx: &mut impl Fx,
    ) -> First<I> {
        let len = u8::try_from(report.slots.clone().count()).unwrap_or(u8::MAX);
        let mut row = Self::new(State::Confirming, me, device, len);
        let pending = row.pending_in(report);
        let marked = seen == Seen::Marked && !broken!("no-tombstone");
        match (pending, room) {
            (true, _) if report.kind == Kind::Decision => First::Nothing { ended: false },
            (true, _) if marked => First::Nothing { ended: false },
            (false, _) if marked => {
                if !row.won_in(report) {
                    fx.reply(if broken!("Q2") { Reply::Ack } else { Reply::AckAll });
                }
                if broken!("T1") {
                    fx.tell(Tell::Missed);
                }
                First::Nothing { ended: false }
            }
            (true, Err(full)) => {
                if me != Me::Observer {
                    fx.reply(Reply::Full(full));
                }
                First::Nothing { ended: broken!("full-marks") }
            }
            (false, Err(_)) => {
                fx.reply(Reply::AckAll);
                First::Nothing { ended: true }
            }
            (_, Ok(())) => {
                row.begin(report, arrival, seen, fx);
                First::Row(row)
            }
        }
    }

    fn begin<S: Iterator<Item = (Slot, bool)> + Clone>(
        &mut self,
        report: &Report<S>,
        arrival: Arrival,
        seen: Seen,
        fx: &mut impl Fx,
    ) {
        let pending = self.pending_in(report);
        self.old = seen == Seen::Below;
        self.rev = report.rev;
        self.learn(report);
        let fresh = arrival.prompt && arrival.to_users && seen != Seen::Below && report.kind == Kind::Invite;
        if !pending {
            self.finish(fx);
        } else if fresh {
            self.ring(fx);
        } else {
            self.ask(State::Confirming, fx);
        }
        self.acknowledge(report, fx);
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// What this device is to it.
    pub fn me(&self) -> Me {
        self.me
    }

    /// The slots as far as this device knows them.
    pub fn slots(&self) -> &[Slot] {
        self.slots.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The slot of one invitee; pending for an index past the end.
    pub fn slot(&self, index: u8) -> Slot {
        self.slots().get(usize::from(index)).copied().unwrap_or_default()
    }

    /// The slots whose outcome and data it has.
    pub fn have(&self) -> Mask {
        self.have
    }

    /// The slots whose outcome the application was told.
    pub fn shown(&self) -> Mask {
        self.shown
    }

    /// The revision whose data it has.
    pub fn rev(&self) -> Rev {
        self.rev
    }

    /// What the person answered here.
    pub fn answer(&self) -> Option<Answer> {
        self.answer
    }

    /// Whether the application was told of the invitation, or told us.
    pub fn known(&self) -> bool {
        self.known
    }

    /// What the origin is to be told now, and its number.
    pub fn stance(&self) -> (u32, Stance) {
        let stance = match (self.state, self.answer) {
            (State::Unresolved, _) if broken!("L3") => Stance::Query,
            (State::Answered | State::Unresolved, Some(answer)) => Stance::Answer(answer),
            (State::Ringing, _) => Stance::Ringing,
            _ => Stance::Query,
        };
        (self.n, stance)
    }

    /// The Modify or Cancel that waits for its answer, and its number.
    pub fn request(&self) -> Option<(u32, Stance)> {
        match self.request {
            Request::None => None,
            Request::Modify(n) => Some((n, Stance::Modify)),
            Request::Cancel(n) => Some((n, Stance::Cancel)),
        }
    }

    /// The revision, and the slots with their data, that it has.
    pub fn ack(&self) -> (u16, Mask) {
        let decided = (0..self.len).filter(|&i| self.slot(i).decided()).collect();
        (self.rev.number, if broken!("D1") { decided } else { self.have })
    }

    /// Whether it may go when room is needed: it is over here, and everything was told.
    pub fn terminal(&self) -> bool {
        match self.state {
            State::Done => {
                let told = self.pending().is_empty() && self.unshown().is_empty();
                (self.given_up || told) && self.request == Request::None
            }
            State::Unresolved => true,
            _ => false,
        }
    }

    /// Whether an answer is awaited now, rather than the next renewal of the lease.
    pub fn pressing(&self) -> bool {
        self.request != Request::None || !(self.state == State::Ringing && self.heard)
    }

    fn pending(&self) -> Mask {
        (0..self.len).filter(|&i| !self.slot(i).decided()).collect()
    }

    fn unshown(&self) -> Mask {
        (0..self.len).filter(|&i| self.slot(i).decided() && !self.shown.has(i)).collect()
    }

    fn mine_pending(&self) -> bool {
        match self.me {
            Me::Invitee(slot) => !self.slot(slot).decided(),
            Me::Observer => !self.pending().is_empty(),
        }
    }

    fn pending_in<S: Iterator<Item = (Slot, bool)> + Clone>(&self, report: &Report<S>) -> bool {
        let mut slots = report.slots.clone();
        match self.me {
            Me::Invitee(slot) => slots.nth(usize::from(slot)).is_some_and(|(slot, _)| !slot.decided()),
            Me::Observer => slots.any(|(slot, _)| !slot.decided()),
        }
    }

    /// Whether this run won: not to be acknowledged without a row, for nobody here could be told.
    fn won_in<S: Iterator<Item = (Slot, bool)> + Clone>(&self, report: &Report<S>) -> bool {
        let Me::Invitee(slot) = self.me else { return false };
        let mine = report.slots.clone().nth(usize::from(slot));
        mine.is_some_and(|(slot, _)| slot == Slot::Accepted(self.device)) && !broken!("blind-ack")
    }

    /// Whether the timer runs.
    pub fn armed(&self, timer: HolderTimer) -> bool {
        use State::{Answered, Confirming, Done, Observing, Ringing, Silent, Unresolved};
        match timer {
            HolderTimer::Lease => self.state == Ringing,
            HolderTimer::Ring => matches!(self.state, Ringing | Observing),
            HolderTimer::Resend => {
                matches!(self.state, Confirming | Ringing | Silent | Answered | Unresolved)
                    || self.request != Request::None
            }
            HolderTimer::Resolve => match self.state {
                Confirming | Silent | Answered => true,
                Done => !self.terminal() && !broken!("L6"),
                Ringing | Observing | Unresolved => false,
            },
            HolderTimer::Request => self.request != Request::None,
        }
    }

    fn arm(&self, timers: &[HolderTimer], fx: &mut impl Fx) {
        for &timer in timers {
            fx.arm(Timer::Holder(timer));
        }
    }

    /// A new question, answer, or start of the lease takes a new number.
    fn renumber(&mut self, fx: &mut impl Fx) {
        self.n = if broken!("e0") { self.n.saturating_add(1) } else { fx.number() };
        self.heard = false;
        self.repeated = false;
    }

    fn ring(&mut self, fx: &mut impl Fx) {
        let again = self.known;
        self.doubted = false;
        self.known |= self.state == State::Confirming;
        self.renumber(fx);
        if self.me == Me::Observer {
            self.state = State::Observing;
            self.arm(&[HolderTimer::Ring], fx);
            if !again {
                fx.tell(Tell::New);
            }
            return self.show(false, fx);
        }
        let from = core::mem::replace(&mut self.state, State::Ringing);
        self.arm(&[HolderTimer::Ring, HolderTimer::Lease, HolderTimer::Resend], fx);
        fx.reply(Reply::Stance);
        if !again {
            fx.tell(Tell::New);
            self.show(false, fx);
        } else if from != State::Confirming {
            fx.tell(Tell::Resumed);
        }
    }

    /// Asks the origin whether the invitation still stands.
    fn ask(&mut self, state: State, fx: &mut impl Fx) {
        self.state = state;
        self.renumber(fx);
        self.arm(&[HolderTimer::Resend, HolderTimer::Resolve], fx);
        fx.reply(Reply::Stance);
    }

    /// Stops the ringing; a timer never makes an outcome.
    fn fall_silent(&mut self, fx: &mut impl Fx) {
        if self.state == State::Ringing {
            fx.tell(Tell::Stopped);
        }
        self.ask(State::Silent, fx);
    }

    fn doubt(&mut self, fx: &mut impl Fx) {
        let was = core::mem::replace(&mut self.state, State::Unresolved);
        if was == State::Ringing {
            fx.tell(Tell::Stopped);
        }
        if self.answer.is_none() && matches!(was, State::Ringing | State::Observing) {
            self.renumber(fx);
        }
        self.arm(&[HolderTimer::Resend], fx);
        self.show(true, fx);
        if self.known && !core::mem::replace(&mut self.doubted, true) {
            fx.tell(Tell::Unresolved);
        }
    }

    /// The origin said how things stand.
    pub fn on_report<S: Iterator<Item = (Slot, bool)> + Clone>(
        &mut self,
        report: &Report<S>,
        arrival: Arrival,
        fx: &mut impl Fx,
    ) {
        let was_pending = self.mine_pending();
        self.learn(report);
        self.learn_rev(report, fx);
        self.settle_request(report, fx);
        if self.mine_pending() {
            self.on_open(report, arrival, fx);
        } else if was_pending || self.state != State::Done {
            self.finish(fx);
        }
        self.show(false, fx);
        self.acknowledge(report, fx);
    }

    /// An Invite while the own slot is pending.
    fn on_open<S>(&mut self, report: &Report<S>, arrival: Arrival, fx: &mut impl Fx) {
        let answers = report.echo == self.n && self.n != 0;
        let fresh = answers && arrival.prompt && report.kind == Kind::Invite;
        match self.state {
            State::Confirming if fresh || (broken!("C1") && arrival.prompt) => self.ring(fx),
            State::Silent if fresh || (broken!("R1") && arrival.prompt) => self.ring(fx),
            State::Ringing if answers && (!self.heard || broken!("R2")) => {
                self.heard = true;
                self.arm(&[HolderTimer::Lease, HolderTimer::Resend], fx);
            }
            State::Answered if !self.repeated || broken!("Q1") => {
                self.repeated = true;
                fx.reply(Reply::Stance);
            }
            State::Unresolved if broken!("Q1") => fx.reply(Reply::Stance),
            State::Unresolved if fresh && !broken!("L2") => self.recover(fx),
            State::Observing => self.arm(&[HolderTimer::Ring], fx),
            _ => {}
        }
    }

    /// The invitation stands after all.
    fn recover(&mut self, fx: &mut impl Fx) {
        if self.answer.is_none() || broken!("L3") {
            self.answer = None;
            return self.ring(fx);
        }
        self.state = State::Answered;
        self.repeated = true;
        self.arm(&[HolderTimer::Resend, HolderTimer::Resolve], fx);
        fx.reply(Reply::Stance);
    }

    /// Slots are written once here too.
    fn learn<S: Iterator<Item = (Slot, bool)> + Clone>(&mut self, report: &Report<S>) {
        let answered = report.answer.and_then(|i| report.slots.clone().nth(usize::from(i)));
        let cancel_came = matches!(answered, Some((Slot::Cancelled, _)));
        for ((i, mine), (theirs, data)) in (0..self.len).zip(&mut self.slots).zip(report.slots.clone()) {
            if !theirs.decided() {
                continue;
            }
            if !mine.decided() {
                *mine = theirs;
            }
            // All cancelled slots share the data of the one cancel.
            let came = report.answer == Some(i) || (cancel_came && theirs == Slot::Cancelled);
            if came || !data {
                self.have.add(i);
            }
        }
    }

    fn learn_rev<S>(&mut self, report: &Report<S>, fx: &mut impl Fx) {
        if !report.data || report.rev.number <= self.rev.number {
            return;
        }
        self.rev = report.rev;
        let own = self.rev.author == self.device && !broken!("M2");
        if self.known && !own {
            fx.tell(Tell::Modified);
        }
    }

    fn settle_request<S>(&mut self, report: &Report<S>, fx: &mut impl Fx) {
        let granted = match (self.request, report.modify) {
            (Request::Modify(n), Some((m, became))) if n == m || broken!("M4") => became != 0,
            // Answered without a record of it: the origin could not take it.
            (Request::Modify(n), _) if n == report.echo => false,
            (Request::Cancel(_), _) if self.pending().is_empty() && !broken!("M3") => self.hide_own_cancel(),
            _ => return,
        };
        self.request = Request::None;
        fx.tell(if granted { Tell::Granted } else { Tell::Denied });
    }

    /// Who cancels gets no callback for it. Whether anything was cancelled.
    fn hide_own_cancel(&mut self) -> bool {
        let cancelled: Mask = (0..self.len).filter(|&i| self.slot(i) == Slot::Cancelled).collect();
        self.shown = self.shown.or(cancelled);
        !cancelled.is_empty()
    }

    fn acknowledge<S: Iterator<Item = (Slot, bool)> + Clone>(&self, report: &Report<S>, fx: &mut impl Fx) {
        let news = report.rev.number > 0 || report.slots.clone().any(|(slot, _)| slot.decided());
        if news || self.state == State::Done {
            fx.reply(Reply::Ack);
        }
    }

    /// The own slot is decided.
    fn finish(&mut self, fx: &mut impl Fx) {
        let was = core::mem::replace(&mut self.state, State::Done);
        let won = self.won();
        if matches!(was, State::Answered | State::Unresolved) && self.answer.is_some() {
            fx.tell(if won { Tell::Confirmed } else { Tell::Overruled });
        }
        if !self.known && self.me != Me::Observer && !self.old {
            fx.tell(Tell::Missed);
        }
        self.show(false, fx);
        self.arm(&[HolderTimer::Resolve], fx);
    }

    /// Whether the own slot says what was answered here.
    fn won(&self) -> bool {
        let Me::Invitee(slot) = self.me else { return false };
        match (self.slot(slot), self.answer) {
            (Slot::Accepted(by), Some(Answer::Accept)) => {
                by == self.device || (broken!("no-epoch") && by.id == self.device.id)
            }
            (Slot::Rejected(_), Some(Answer::Decline | Answer::Busy)) => true,
            _ => false,
        }
    }

    /// Tells each outcome once, when its data is there, or without it when `anyway`.
    fn show(&mut self, anyway: bool, fx: &mut impl Fx) {
        if !self.known && self.state == State::Confirming && !broken!("show-early") {
            return; // It may still ring, and is told then.
        }
        let mut timed_out = Mask::default();
        for i in self.unshown().iter() {
            let own = self.me == Me::Invitee(i);
            if !(own || anyway || self.have.has(i)) {
                continue;
            }
            let cancelled_before = self.shown.iter().any(|i| self.slot(i) == Slot::Cancelled);
            self.shown.add(i);
            self.have.add(i); // What is told without its data is not waited for any more.
            if !self.known || (own && self.won()) {
                continue;
            }
            match self.slot(i) {
                Slot::Cancelled if cancelled_before => {}
                Slot::Cancelled => fx.tell(Tell::Cancelled),
                Slot::TimedOut => timed_out = timed_out.or(Mask::one(i)),
                _ => fx.tell(Tell::Decided(i)),
            }
        }
        if !timed_out.is_empty() {
            fx.tell(Tell::TimedOut(timed_out));
        }
    }

    /// The origin holds no record. Whether the row stays; if not, the id is to be marked as seen.
    #[must_use]
    pub fn on_unknown(&mut self, fx: &mut impl Fx) -> bool {
        if core::mem::replace(&mut self.request, Request::None) != Request::None {
            fx.tell(Tell::Unanswered);
        }
        match self.state {
            _ if broken!("forgotten") && self.mine_pending() => self.guess(Slot::TimedOut, fx),
            State::Confirming if !self.known && !broken!("E1") => return false,
            State::Confirming if broken!("E1") => fx.tell(Tell::Unresolved),
            State::Done if !self.terminal() => self.give_up(fx),
            State::Done | State::Unresolved => {}
            _ => self.doubt(fx),
        }
        true
    }

    /// What is still open stays so, without an event.
    fn give_up(&mut self, fx: &mut impl Fx) {
        self.show(true, fx);
        self.given_up = true;
    }

    /// What no device may do: write a slot by itself.
    fn guess(&mut self, outcome: Slot, fx: &mut impl Fx) {
        let Me::Invitee(me) = self.me else { return };
        if let Some(slot) = self.slots.get_mut(usize::from(me)) {
            *slot = outcome;
        }
        self.have.add(me);
        self.finish(fx);
    }

    /// The person answered here. Whether that was possible; if not, it is decided or answered already.
    pub fn on_answer(&mut self, answer: Answer, fx: &mut impl Fx) -> bool {
        let open = matches!(self.state, State::Confirming | State::Ringing | State::Silent);
        if !open || self.me == Me::Observer {
            return false;
        }
        self.answer = Some(answer);
        self.known = true;
        self.ask(State::Answered, fx);
        if broken!("invitee-decides") && answer == Answer::Accept {
            self.guess(Slot::Accepted(self.device), fx);
        }
        true
    }

    /// The application wants other data in the invitation. Whether it may still ask for that.
    pub fn on_modify(&mut self, fx: &mut impl Fx) -> bool {
        let n = fx.number();
        self.ask_for(Request::Modify(n), fx)
    }

    /// An observer takes the invitation back. Whether it may still ask for that.
    pub fn on_cancel(&mut self, fx: &mut impl Fx) -> bool {
        let n = fx.number();
        self.me == Me::Observer && self.ask_for(Request::Cancel(n), fx)
    }

    fn ask_for(&mut self, request: Request, fx: &mut impl Fx) -> bool {
        let open =
            matches!(self.state, State::Confirming | State::Ringing | State::Silent | State::Observing);
        if !open || self.request != Request::None {
            return false;
        }
        self.request = request;
        self.arm(&[HolderTimer::Resend, HolderTimer::Request], fx);
        fx.reply(Reply::Request);
        true
    }

    /// A timer of the row went off. Whether the row stays.
    #[must_use]
    pub fn on_timer(&mut self, timer: HolderTimer, fx: &mut impl Fx) -> bool {
        if !self.armed(timer) && !broken!("unarmed") {
            return true;
        }
        match timer {
            HolderTimer::Ring if broken!("own-timer") => self.guess(Slot::TimedOut, fx),
            HolderTimer::Lease | HolderTimer::Ring => self.fall_silent(fx),
            HolderTimer::Resend => self.resend(fx),
            HolderTimer::Resolve => return self.on_resolve(fx),
            HolderTimer::Request => {
                self.request = Request::None;
                fx.tell(Tell::Unanswered);
            }
        }
        true
    }

    fn on_resolve(&mut self, fx: &mut impl Fx) -> bool {
        match self.state {
            State::Answered if broken!("doubt-is-timeout") => self.guess(Slot::TimedOut, fx),
            State::Confirming if !self.known => return false,
            State::Done => self.give_up(fx),
            _ => self.doubt(fx),
        }
        true
    }

    /// The link came back: whatever is unanswered goes out again, at the first interval.
    pub fn on_link_up(&mut self, fx: &mut impl Fx) {
        if self.armed(HolderTimer::Resend) {
            self.resend(fx);
        }
    }

    fn resend(&mut self, fx: &mut impl Fx) {
        if broken!("no-resend") {
            return;
        }
        if self.state == State::Ringing && self.heard {
            self.renumber(fx);
        }
        self.repeated = false;
        if matches!(
            self.state,
            State::Confirming | State::Ringing | State::Silent | State::Answered | State::Unresolved
        ) {
            fx.reply(Reply::Stance);
        }
        if self.request != Request::None {
            fx.reply(Reply::Request);
        }
        self.arm(&[HolderTimer::Resend], fx);
    }
}
