//! What the person, the application and time do.

use super::super::{Answer, Fx, Reply, Rival, Slot, Tell};
use super::{Holder, HolderTimer, Me, Request, State};
use crate::broken;

impl<const I: usize> Holder<I> {
    /// The person answered here. Whether that was possible; if not, it is decided or answered already, or an
    /// own invitation to the inviter stays, so that this one cannot be accepted.
    pub fn on_answer(&mut self, answer: Answer, rival: Rival, fx: &mut impl Fx) -> bool {
        let held = rival == Rival::Holds && answer == Answer::Accept;
        if held || !self.unanswered() || !self.mine_pending() {
            return false;
        }
        self.answer = Some(answer);
        self.known = true;
        self.ask(State::Answered, fx);
        if broken!("invitee-decides", answer == Answer::Accept) {
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

    pub(super) fn ask_for(&mut self, request: Request, fx: &mut impl Fx) -> bool {
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

    /// The application invites the inviter in turn: what rings falls silent, or is asked about anew, as is what was
    /// asked about before. An answer that is on its way may be older than what it is to yield.
    pub fn on_rival(&mut self, rival: Rival, fx: &mut impl Fx) {
        let asks =
            matches!(self.state, State::Confirming | State::Ringing | State::Silent | State::Unresolved);
        match rival {
            Rival::Holds if self.state == State::Ringing => self.hold(fx),
            Rival::Yields if asks && self.answer.is_none() => {
                if !broken!("glare-anew") {
                    self.renumber(fx);
                }
                self.resend(fx);
            }
            _ => {}
        }
    }

    /// The own invitation to the inviter ended, `accepted` or not: one that was held is asked about.
    ///
    /// Whether the row stays; if not, the id is to be marked as seen: who talk need not hear of it.
    #[must_use]
    pub fn release(&mut self, accepted: bool, fx: &mut impl Fx) -> bool {
        if self.state != State::Held {
            return true;
        }
        if accepted && !self.known {
            return false;
        }
        if broken!("glare-forget") {
            return true;
        }
        if self.mine_pending() {
            self.ask(self.unsure(), fx);
        } else {
            self.finish(fx);
        }
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

    pub(super) fn on_resolve(&mut self, fx: &mut impl Fx) -> bool {
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

    pub(super) fn resend(&mut self, fx: &mut impl Fx) {
        if broken!("no-resend") {
            return self.arm(&[HolderTimer::Resend], fx);
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
