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
        self.old = seen == Seen::Below;
        self.rev = report.rev;
        self.learn(report);
        let pending = self.mine_pending();
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
    /// The first that this device hears of an invitation (state Idle). `slot`: the [decisive](Me::decisive) one of
    /// the report. `room`: whether a row can be kept.
    pub fn of(
        (kind, slot): (Kind, Option<Slot>),
        seen: Seen,
        me: Me,
        device: Device,
        room: Result<(), Full>,
        fx: &mut impl Fx,
    ) -> Self {
        let marked = seen == Seen::Marked && !broken!("no-tombstone");
        match (slot == Some(Slot::Pending), room) {
            (true, _) if kind == Kind::Decision => Self::Nothing { ended: false },
            (true, _) if marked => Self::Nothing { ended: false },
            (false, _) if marked => {
                // Who won in this very run is not to acknowledge it: nobody here could be told.
                if slot != Some(Slot::Accepted(device)) || broken!("blind-ack") {
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
    /// The slot of a report that says what it is to this device: the own one; at an observer one without an outcome,
    /// none if there is none.
    pub fn decisive(self, mut slots: impl Iterator<Item = Slot>) -> Option<Slot> {
        match self {
            Self::Invitee(slot) => slots.nth(usize::from(slot)),
            Self::Observer => slots.find(|slot| !slot.decided()),
        }
    }
}
