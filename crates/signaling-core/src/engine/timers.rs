//! When a row wants to be called.

use super::table::NEVER;
use crate::machine::{HolderTimer, OriginTimer, Timer};

/// A reason to call a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Alarm {
    /// The application's limit at the origin, the end of T_ring at a holder.
    Limit,
    Resend,
    /// Refresh at the origin, the lease at a holder.
    Lease,
    /// An answer that had to wait may leave at the origin; T_resolve at a holder.
    Wait,
    Request,
    /// The row goes.
    Keep,
}

const ALARMS: usize = Alarm::Keep as usize + 1;

impl From<Timer> for Alarm {
    fn from(timer: Timer) -> Self {
        match timer {
            Timer::Origin(OriginTimer::Limit) | Timer::Holder(HolderTimer::Ring) => Self::Limit,
            Timer::Origin(OriginTimer::Resend) | Timer::Holder(HolderTimer::Resend) => Self::Resend,
            Timer::Origin(OriginTimer::Refresh) | Timer::Holder(HolderTimer::Lease) => Self::Lease,
            Timer::Holder(HolderTimer::Resolve) => Self::Wait,
            Timer::Holder(HolderTimer::Request) => Self::Request,
        }
    }
}

/// The timers of an inviter, in the order in which they go off.
pub(super) const ORIGIN: [Timer; 3] = [
    Timer::Origin(OriginTimer::Limit),
    Timer::Origin(OriginTimer::Refresh),
    Timer::Origin(OriginTimer::Resend),
];

/// The same of any other device.
pub(super) const HOLDER: [Timer; 5] = [
    Timer::Holder(HolderTimer::Lease),
    Timer::Holder(HolderTimer::Ring),
    Timer::Holder(HolderTimer::Resend),
    Timer::Holder(HolderTimer::Request),
    Timer::Holder(HolderTimer::Resolve),
];

/// So many ms later.
#[cfg_attr(target_pointer_width = "32", inline(never))] // chips add 64 bits in steps
pub(super) fn later(from: u64, ms: u32) -> u64 {
    from.saturating_add(u64::from(ms))
}

/// Some of them.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Alarms(u8);

impl Alarms {
    pub(super) fn add(&mut self, alarm: Alarm) {
        self.0 |= 1u8.wrapping_shl(alarm as u32);
    }

    pub(super) fn has(self, alarm: Alarm) -> bool {
        self.0 & 1u8.wrapping_shl(alarm as u32) != 0
    }
}

/// The time of each, in ms; [`NEVER`] where a timer does not run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timers([u64; ALARMS]);

impl Timers {
    pub(super) const fn all(at: u64) -> Self {
        Self([at; ALARMS])
    }

    pub(super) fn at(&self, alarm: Alarm) -> u64 {
        self.0.get(alarm as usize).copied().unwrap_or(NEVER)
    }

    pub(super) fn set(&mut self, alarm: Alarm, at: u64) {
        if let Some(place) = self.0.get_mut(alarm as usize) {
            *place = at;
        }
    }

    pub(super) fn next(&self) -> u64 {
        self.0.iter().copied().fold(NEVER, u64::min)
    }

    /// Takes those that went off.
    pub(super) fn take_due(&mut self, now: u64) -> Alarms {
        let mut due = 0;
        for (bit, at) in self.0.iter_mut().enumerate().filter(|(_, at)| **at <= now && **at != NEVER) {
            *at = NEVER;
            due |= 1u8 << bit;
        }
        Alarms(due)
    }
}
