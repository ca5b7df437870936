//! What the origin says, and what the application is told of it.

use super::super::{Answer, Fx, Kind, Mask, Reply, Report, Rival, Slot, Tell};
use super::{Arrival, Holder, HolderTimer, Me, Request, State};
use crate::broken;

impl<const I: usize> Holder<I> {
    /// The origin said how things stand.
    pub fn on_report<S: Iterator<Item = (Slot, bool)> + Clone>(
        &mut self,
        report: &Report<S>,
        arrival: Arrival,
        fx: &mut impl Fx,
    ) {
        let was_open = !self.pending().is_empty();
        self.learn(report);
        self.learn_rev(report, fx);
        self.settle_request(report, fx);
        // It is told as missed once the own invitation ended, unless the two talk by then.
        let waits = self.state == State::Held && !self.known;
        if self.mine_pending() {
            self.on_open(report, arrival, fx);
        } else if !waits && self.state != State::Done {
            self.finish(fx);
        }
        self.show(false, fx);
        if was_open && self.pending().is_empty() {
            // From now on only data may be lacking, which is not waited for as long as an outcome.
            self.arm(&[HolderTimer::Resolve], fx);
        }
        self.acknowledge(report, fx);
    }

    /// An Invite while the own slot is pending.
    pub(super) fn on_open<S>(&mut self, report: &Report<S>, arrival: Arrival, fx: &mut impl Fx) {
        let answers = report.echo == self.n && self.n != 0;
        let fresh = answers && arrival.prompt && report.kind == Kind::Invite;
        match self.state {
            State::Confirming | State::Silent if fresh && arrival.rival == Rival::Holds => self.hold(fx),
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
            State::Unresolved if fresh && !broken!("L2") => self.recover(arrival.rival, fx),
            State::Observing | State::Held => self.arm(&[HolderTimer::Ring], fx),
            _ => {}
        }
    }

    /// The invitation stands after all.
    pub(super) fn recover(&mut self, rival: Rival, fx: &mut impl Fx) {
        if self.answer.is_none() && rival == Rival::Holds {
            return self.hold(fx);
        }
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
    pub(super) fn learn<S: Iterator<Item = (Slot, bool)> + Clone>(&mut self, report: &Report<S>) {
        let mut slots = report.slots.clone();
        for i in 0..self.len {
            let Some((theirs, data)) = slots.next() else { break };
            if !theirs.decided() {
                continue;
            }
            if !data {
                self.have.add(i);
            }
            if let Some(mine) = self.slots.get_mut(usize::from(i)).filter(|mine| !mine.decided()) {
                *mine = theirs;
            }
        }
        let came = report.answer.map(|answer| match self.slot(answer) {
            // All cancelled slots share the data of the one cancel.
            Slot::Cancelled => self.cancelled(),
            _ => Mask::one(answer),
        });
        self.have = self.have.or(came.unwrap_or_default().and(self.decided()));
    }

    fn cancelled(&self) -> Mask {
        (0..self.len).filter(|&i| self.slot(i) == Slot::Cancelled).collect()
    }

    pub(super) fn learn_rev<S>(&mut self, report: &Report<S>, fx: &mut impl Fx) {
        if !report.data || report.rev.number <= self.rev.number {
            return;
        }
        self.rev = report.rev;
        let own = self.rev.author == self.device && !broken!("M2");
        if self.known && !own {
            fx.tell(Tell::Modified);
        }
    }

    pub(super) fn settle_request<S>(&mut self, report: &Report<S>, fx: &mut impl Fx) {
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
    pub(super) fn hide_own_cancel(&mut self) -> bool {
        let cancelled = self.cancelled();
        self.shown = self.shown.or(cancelled);
        !cancelled.is_empty()
    }

    pub(super) fn acknowledge<S: Iterator<Item = (Slot, bool)> + Clone>(
        &self,
        report: &Report<S>,
        fx: &mut impl Fx,
    ) {
        let news = report.rev.number > 0 || report.slots.clone().any(|(slot, _)| slot.decided());
        if news || self.state == State::Done {
            fx.reply(Reply::Ack);
        }
    }

    /// Tells each outcome once, when its data is there, or without it when `anyway`.
    pub(super) fn show(&mut self, anyway: bool, fx: &mut impl Fx) {
        if !self.known && matches!(self.state, State::Confirming | State::Held) && !broken!("show-early") {
            return; // It may still ring, and is told then.
        }
        let mut timed_out = Mask::default();
        for i in self.unshown().iter() {
            let own = self.me == Me::Invitee(i);
            if !(own || anyway || !self.known || self.have.has(i)) {
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

    /// The own slot is decided.
    pub(super) fn finish(&mut self, fx: &mut impl Fx) {
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
    pub(super) fn won(&self) -> bool {
        let Me::Invitee(slot) = self.me else { return false };
        match (self.slot(slot), self.answer) {
            (Slot::Accepted(by), Some(Answer::Accept)) => {
                by == self.device || broken!("no-epoch", by.id == self.device.id)
            }
            (Slot::Rejected(_), Some(Answer::Decline | Answer::Busy)) => true,
            _ => false,
        }
    }

    /// The origin holds no record. Whether the row stays; if not, the id is to be marked as seen.
    #[must_use]
    pub fn on_unknown(&mut self, fx: &mut impl Fx) -> bool {
        if core::mem::replace(&mut self.request, Request::None) != Request::None {
            fx.tell(Tell::Unanswered);
        }
        match self.state {
            _ if broken!("forgotten", self.mine_pending()) => self.guess(Slot::TimedOut, fx),
            State::Held if !self.mine_pending() => {}
            State::Confirming | State::Held if !self.known && !broken!("E1") => return false,
            State::Confirming if broken!("E1") => fx.tell(Tell::Unresolved),
            State::Done if !self.terminal() => self.give_up(fx),
            State::Done | State::Unresolved => {}
            _ => self.doubt(fx),
        }
        true
    }
}
