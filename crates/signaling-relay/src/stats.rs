//! What a switchboard counts, and what it holds.

use signaling_core::wire::Refusal;

/// Counters since the switchboard was made. Nothing is dropped that does not show here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Links open now.
    pub links: u64,
    /// Frames from devices, good or not.
    pub frames_in: u64,
    /// Frames to devices.
    pub frames_out: u64,
    /// Messages brought to a device at once.
    pub delivered: u64,
    /// Messages brought to a device that said Hello later.
    pub handed_over: u64,
    /// Of both, those whose body was larger than the device's largest frame.
    pub without_body: u64,
    /// Messages put into the store, those that replaced another included.
    pub kept: u64,
    /// Messages whose time to live ended in the store.
    pub expired: u64,
    /// Messages dropped from the store early, because a limit was reached.
    pub dropped_kept: u64,
    /// Devices forgotten because their user has too many.
    pub dropped_devices: u64,
    /// Sends to a device that is not one of that user.
    pub no_such_device: u64,
    /// Sends to a device that was offline and asked for no keeping.
    pub device_offline: u64,
    /// Users of a Send that were refused by the rules of its group, for now or for good.
    pub not_admitted: u64,
    /// Fanouts cut short because a user's devices did not fit the sender's largest frame.
    pub short_fanouts: u64,
    /// Links turned away because their address had too many, with a word or without.
    pub crowded: u64,
    /// Links closed because nothing was heard for too long.
    pub silent: u64,
    /// Links closed because their device did not read what was sent to it.
    pub overrun: u64,
    pub(crate) refused: [u64; REASONS],
}

/// What a relay holds now. All of it is bounded by [`Config`](crate::Config).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holdings {
    /// Links open, with or without a Hello.
    pub links: usize,
    /// Devices that said Hello and are here.
    pub online: usize,
    /// Devices that are remembered, those that are here included.
    pub devices: usize,
    /// Groups.
    pub groups: usize,
    /// Bytes that the messages in the store take, 512 more than its body for each.
    pub kept_bytes: usize,
}

const REASONS: usize = Refusal::Forbidden as usize + 1;

impl Stats {
    /// How many links and Sends were refused for that reason.
    pub fn refused(&self, reason: Refusal) -> u64 {
        self.refused.get(reason as usize).copied().unwrap_or_default()
    }

    pub(crate) fn refuse(&mut self, reason: Refusal) {
        if let Some(count) = self.refused.get_mut(reason as usize) {
            *count += 1;
        }
    }
}
