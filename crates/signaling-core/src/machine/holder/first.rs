//! How a row begins (state Idle).

use super::super::{Full, Fx, Kind, Reply, Report, Rival, Slot, Tell};
use super::{Arrival, First, Holder, Me, Seen, State};
use crate::broken;
use crate::name::Device;

impl<const I: usize> Holder<I> {
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

    /// What the first report makes of the new row.
    pub(super) fn begin<S: Iterator<Item = (Slot, bool)> + Clone>(
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
        match arrival.rival {
            Rival::Holds if fresh || !pending => self.hold(fx),
            _ if !pending => self.finish(fx),
            Rival::None if fresh => self.ring(fx),
            Rival::Yields if fresh && broken!("glare-unasked") => self.ring(fx),
            _ => self.ask(State::Confirming, fx),
        }
        self.show(false, fx);
        self.acknowledge(report, fx);
    }

    pub(super) fn pending_in<S: Iterator<Item = (Slot, bool)> + Clone>(&self, report: &Report<S>) -> bool {
        let mut slots = report.slots.clone();
        match self.me {
            Me::Invitee(slot) => slots.nth(usize::from(slot)).is_some_and(|(slot, _)| !slot.decided()),
            Me::Observer => slots.any(|(slot, _)| !slot.decided()),
        }
    }

    /// Whether this run won: not to be acknowledged without a row, for nobody here could be told.
    pub(super) fn won_in<S: Iterator<Item = (Slot, bool)> + Clone>(&self, report: &Report<S>) -> bool {
        let Me::Invitee(slot) = self.me else { return false };
        let mine = report.slots.clone().nth(usize::from(slot));
        mine.is_some_and(|(slot, _)| slot == Slot::Accepted(self.device)) && !broken!("blind-ack")
    }
}
