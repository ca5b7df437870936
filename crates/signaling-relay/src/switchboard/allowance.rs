//! How much may be sent now.

use std::collections::HashMap;

use signaling_core::UserId;

use crate::config::Config;

/// What a device may send at once: it is spent by each Send, and comes back with time.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    /// In thousandths of a byte.
    left: u64,
    at: u64,
}

impl Allowance {
    pub(super) fn full(now: u64, config: &Config) -> Self {
        Self { left: most(config), at: now }
    }

    pub(super) fn spend(&mut self, bytes: u64, now: u64, config: &Config) -> bool {
        self.earn(now, config);
        let rest = self.left.checked_sub(bytes.saturating_mul(1000));
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }

    fn earn(&mut self, now: u64, config: &Config) {
        let earned = now.saturating_sub(self.at).saturating_mul(config.rate.into());
        self.at = self.at.max(now);
        self.left = self.left.saturating_add(earned).min(most(config));
    }
}

fn most(config: &Config) -> u64 {
    u64::from(config.burst) * 1000
}

/// What users had left when a link of theirs ended, until it is full again: whoever comes back has no more.
#[derive(Debug, Default)]
pub(super) struct Left(HashMap<UserId, Allowance>);

impl Left {
    /// Of two links the one that had less counts.
    pub(super) fn keep(&mut self, user: &UserId, allowance: Allowance, now: u64, config: &Config) {
        let (mut less, other) = (allowance, self.of(user, now, config));
        less.earn(now, config);
        if other.left < less.left {
            less = other;
        }
        if less.left < most(config) {
            self.0.insert(user.clone(), less);
        }
    }

    pub(super) fn of(&self, user: &UserId, now: u64, config: &Config) -> Allowance {
        let Some(kept) = self.0.get(user) else { return Allowance::full(now, config) };
        let mut left = kept.clone();
        left.earn(now, config);
        left
    }

    /// Forgets who may send as much as anybody.
    pub(super) fn forget(&mut self, now: u64, config: &Config) {
        self.0.retain(|_, left| {
            left.earn(now, config);
            left.left < most(config)
        });
    }
}
