//! How long things may take, as a condition allows: true time in ms, if not said otherwise.

use crate::cast::{MOST, Who};
use crate::condition::{Condition, Crash, Plot};
use crate::script::Script;

/// The lease, by the clock of the device that rings.
const LEASE: f64 = 10_000.0;
/// What waited longer at the relay does not ring by itself.
const PROMPT: u64 = 1_000;
/// The longest pause between two repeats, by the clock of who repeats: 10 s, and a fifth more.
const PAUSE: f64 = 12_000.0;
/// A slow disk.
const DISK: u64 = 500;
/// T_resolve, by the clock of the device in question.
const RESOLVE: f64 = 30_000.0;

#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// A frame may be under way for so long.
    delay: u64,
    rates: [f64; MOST],
    slowest: f64,
    /// Nothing is lost or breaks.
    pub(super) whole: bool,
    /// Frames are lost until all is healed.
    pub(super) lossy: bool,
    /// Calls that are decided, or in doubt, may have to make room before everybody has heard of them.
    pub(super) crowded: bool,
    pub(super) glare: bool,
    pub(super) durable: bool,
    /// The first who accepts ends the call for the others.
    pub(super) first_wins: bool,
}

impl Limits {
    pub(super) fn of(condition: &Condition, script: &Script) -> Self {
        let rates = script.rates;
        Self {
            delay: condition.delay.1,
            rates,
            slowest: rates.iter().copied().fold(f64::INFINITY, f64::min),
            whole: condition.whole(),
            lossy: condition.loss > 0.0,
            crowded: condition.plot == Plot::Crowd,
            glare: condition.plot == Plot::Glare,
            durable: condition.crash == Crash::Durable,
            first_wins: condition.first_wins,
        }
    }

    /// The clock of a device.
    pub(super) fn clock(&self, who: Who, at: u64) -> u64 {
        (at as f64 * self.rates[who]) as u64
    }

    /// How late a timer may go off, by the clock of the device.
    pub(super) fn tick(&self, who: Who) -> u64 {
        2 + 2 * self.rates[who].ceil() as u64
    }

    /// Ringing begins at most so long after the end of what it rings for.
    pub(super) fn under_way(&self) -> u64 {
        PROMPT + self.delay + 2
    }

    /// Ringing ends at most so long after the end of what it rings for, or after it began.
    pub(super) fn lease(&self, who: Who) -> u64 {
        (LEASE / self.rates[who]) as u64 + self.tick(who)
    }

    /// Where nothing is lost, a device rings so long after the invitation: it hears of it, asks and is answered.
    pub(super) fn prompt(&self) -> u64 {
        4 * self.delay
    }

    /// An outcome is known so long after it could be asked for.
    pub(super) fn known(&self) -> u64 {
        (PAUSE / self.slowest) as u64 + 4 * self.delay + DISK
    }

    /// So long after a call was made a device may tell an outcome without what came with it.
    pub(super) fn patience(&self, who: Who) -> u64 {
        (RESOLVE / self.rates[who]) as u64
    }
}
