//! How a row begins (state Idle).

use super::super::{Full, Fx, Kind, Reply, Report, Rival, Slot, Tell};
use super::{Arrival, First, Holder, Me, Seen, State};
use crate::broken;
use crate::name::Device;

impl<const I: usize> Holder<I> {
    /// The application learned of the invitation elsewhere (`addInvitedSignaling`): ask before it rings.
    pub fn add(&mut self, fx: &mut impl Fx) {
        self.known = true;
        self.ask(State::Confirming, fx);
    }

    /// What the first report makes of the new row.
    pub fn begin<S: Iterator<Item = (Slot, bool)> + Clone>(
        &mut self,
        report: &Report<S>,
        arrival: Arrival,
        seen: Seen,
        fx: &mut impl Fx,
    ) {
        let pending = self.me.pending_in(report);
        self.old = seen == Seen::Below;
        self.rev = report.rev;
        self.learn(report);
        let fresh = arrival.prompt && arrival.to_users && seen != Seen::Below && report.kind == Kind::Invite;
        match arrival.rival {
            Rival::Holds if fresh || !pending => self.hold(fx),
            _ if !pending => self.finish(fx),
            Rival::None if fresh => self.ring(fx),
            Rival::Yields if broken!("glare-unasked", fresh) => self.ring(fx),
            _ => self.ask(State::Confirming, fx),
        }
        self.show(false, fx);
        self.acknowledge(report, fx);
    }
}

impl First {
    /// The first that this device hears of an invitation (state Idle). `room`: whether a row can be kept.
    pub fn of<S: Iterator<Item = (Slot, bool)> + Clone>(
        report: &Report<S>,
        seen: Seen,
        me: Me,
        device: Device,
        room: Result<(), Full>,
        fx: &mut impl Fx,
    ) -> Self {
        let marked = seen == Seen::Marked && !broken!("no-tombstone");
        match (me.pending_in(report), room) {
            (true, _) if report.kind == Kind::Decision => Self::Nothing { ended: false },
            (true, _) if marked => Self::Nothing { ended: false },
            (false, _) if marked => {
                // Who won in this very run is not to acknowledge it: nobody here could be told.
                if !me.won_in(report, device) || broken!("blind-ack") {
                    fx.reply(if broken!("Q2") { Reply::Ack } else { Reply::AckAll });
                }
                if broken!("T1") {
                    fx.tell(Tell::Missed);
                }
                Self::Nothing { ended: false }
            }
            (true, Err(full)) => {
                if me != Me::Observer {
                    fx.reply(Reply::Full(full));
                }
                Self::Nothing { ended: broken!("full-marks") }
            }
            (false, Err(_)) => {
                fx.reply(Reply::AckAll);
                Self::Nothing { ended: true }
            }
            (_, Ok(())) => Self::Row,
        }
    }
}

impl Me {
    fn pending_in<S: Iterator<Item = (Slot, bool)> + Clone>(self, report: &Report<S>) -> bool {
        let mut slots = report.slots.clone();
        match self {
            Self::Invitee(slot) => slots.nth(usize::from(slot)).is_some_and(|(slot, _)| !slot.decided()),
            Self::Observer => slots.any(|(slot, _)| !slot.decided()),
        }
    }

    fn won_in<S: Iterator<Item = (Slot, bool)> + Clone>(self, report: &Report<S>, device: Device) -> bool {
        let Self::Invitee(slot) = self else { return false };
        let mine = report.slots.clone().nth(usize::from(slot));
        mine.is_some_and(|(slot, _)| slot == Slot::Accepted(device))
    }
}
