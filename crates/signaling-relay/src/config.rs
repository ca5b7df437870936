//! What a relay allows. Everything it keeps is bounded by one of these.

use signaling_core::MAX_PUSH;
use signaling_core::wire::{Limits, MAX_BODY, MAX_DEVICES, MAX_FRAME, MAX_MEMBERS, MAX_RECIPIENTS};

/// The smallest `largest` frame that a Hello may name, in bytes: a Deliver without its body always fits.
pub const SMALLEST_FRAME: u32 = 128;

/// The limits of a relay. Times are in milliseconds, sizes in bytes.
///
/// ```
/// use signaling_relay::Config;
/// let config = Config { connections: 10, ..Config::default() };
/// assert_eq!(config.silence, 45_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Links at a time, with or without a Hello. One more is refused with Busy; while as many are being refused, without
    /// a word.
    pub connections: usize,
    /// Links of one address at a time that were not let in yet: one more is refused with Busy; while as many of that
    /// address are being refused, without a word. They are a quarter of `connections` at most. All addresses of IPv6 that begin
    /// with the same 64 bits count as one. 0 for no such limit, behind a proxy, from which all seem to come. Links without
    /// an address ([`RelayHandle::serve`](crate::RelayHandle::serve)) have none of these limits.
    pub strangers_per_address: usize,
    /// The same for all links of one address. 0 for no such limit: many devices may share an address.
    pub connections_per_address: usize,
    /// Devices that the relay remembers, of all users. One more is refused with Busy.
    pub devices: usize,
    /// Devices that it remembers of one user, at most [`MAX_DEVICES`]. One more drops the one whose Hello
    /// is the oldest of those offline; it is refused with Busy if none is.
    pub devices_per_user: usize,
    /// Groups. One more is answered with Full.
    pub groups: usize,
    /// Groups that a user is in. One more is answered with Full.
    pub groups_per_user: usize,
    /// Members of a group, at most [`MAX_MEMBERS`]. One more is answered with Full.
    pub members: usize,
    /// Triples of sender, invitation and user that stay admitted when somebody leaves the group. Beyond it
    /// the oldest is forgotten: that user's membership is looked at again.
    pub admitted: usize,
    /// A frame from a device: a body, its push info, its users, and 100 bytes; [`check`](Self::check) sees that these
    /// fit. A larger Send is refused with TooLarge. Anything else that is larger, or more than [`MAX_FRAME`] also is,
    /// ends the link. With less than [`MAX_FRAME`] some devices do not get through.
    pub frame: usize,
    /// The body of a Send. A larger one is refused with TooLarge. With less than [`MAX_BODY`] some invitations
    /// do not get through.
    pub body: usize,
    /// The push info of a Send. More is refused with TooLarge.
    pub push: usize,
    /// The users of a Send, at most [`MAX_RECIPIENTS`]. More are refused with TooLarge.
    pub recipients: usize,
    /// Bytes a second that a device may send to others: a body, its push info, and 256 bytes for each Send. What
    /// is more is refused with Busy, and so sent again a little later; whom it was for keeps his link.
    pub rate: u32,
    /// Bytes that a device may send at once, after it was silent for a while. A new link of its user begins with what the
    /// last that ended had left.
    pub burst: u32,
    /// Messages of the store for one user, and as many for one device; one more drops the oldest of whoever sent
    /// most of these.
    pub kept: usize,
    /// Bytes kept for one user, and as many for one device; more drop the oldest of whoever sent most of these.
    /// Each message counts 512 bytes more than its body.
    pub kept_bytes: usize,
    /// Bytes kept in all; more drop the oldest of whoever sent most of them.
    pub kept_bytes_total: usize,
    /// The longest time that a message is kept, whatever its sender asks for.
    pub keep: u32,
    /// Silence of a device for this long ends its link.
    pub silence: u32,
    /// A link without a good Hello for this long is ended, or one that does not answer the Ping before it replaces another.
    pub hello: u32,
    /// For this long after its start a relay whose backend is not durable marks each Fanout partial, and
    /// answers Later where a group or a membership is unknown. 0 for a relay that is known to start for the
    /// first time, and so has nothing to have forgotten.
    pub warm_up: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            connections: 65_536,
            strangers_per_address: 1_024,
            connections_per_address: 0,
            devices: 1_000_000,
            devices_per_user: 32,
            groups: 16_384,
            groups_per_user: 1_024,
            members: MAX_MEMBERS,
            admitted: 65_536,
            frame: MAX_FRAME,
            body: MAX_BODY,
            push: MAX_PUSH,
            recipients: MAX_RECIPIENTS,
            rate: 256 * 1024,
            burst: 256 * 1024,
            kept: 64,
            kept_bytes: 512 * 1024,
            kept_bytes_total: 256 * 1024 * 1024,
            keep: 24 * 60 * 60 * 1000,
            silence: 45_000,
            hello: 10_000,
            warm_up: 60_000,
        }
    }
}

/// Why a relay cannot have these limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A message may be larger than the frame that it is sent in.
    #[error(
        "frame is {frame} bytes, less than the {needed} that a message takes within the limits body, push and recipients"
    )]
    Frame {
        /// What a frame may have, in bytes.
        frame: usize,
        /// What it must have at least.
        needed: usize,
    },
}

impl Config {
    /// Whether the limits go together. A relay that starts asks; a [`Switchboard`](crate::Switchboard) does not.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let (frame, needed) = (self.frame, self.largest_send());
        if frame < needed { Err(ConfigError::Frame { frame, needed }) } else { Ok(()) }
    }

    fn largest_send(&self) -> usize {
        /// A name, and how long it is.
        const NAME: usize = 33;
        /// All else.
        const HEAD: usize = 100;
        let users = self.recipients.min(MAX_RECIPIENTS) * NAME + HEAD;
        self.body.saturating_add(self.push).saturating_add(users)
    }

    /// What is read of a link at once: also what is larger than a frame may be is refused by its invitation.
    pub(crate) fn read(&self) -> usize {
        self.frame.max(MAX_FRAME)
    }

    /// What a Welcome tells of them.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            body: u32::try_from(self.body).unwrap_or(u32::MAX),
            recipients: u16::try_from(self.recipients).unwrap_or(u16::MAX),
            silence: self.silence,
        }
    }

    /// Links of one address that were not let in yet. However few links there may be, with those that are being
    /// refused these are half of them.
    pub(crate) fn strangers(&self) -> usize {
        match self.strangers_per_address {
            0 => usize::MAX,
            limit => limit.min(self.connections / 4).max(1),
        }
    }

    /// All links of one address.
    pub(crate) fn of_one_address(&self) -> usize {
        if self.connections_per_address == 0 { usize::MAX } else { self.connections_per_address }
    }

    /// Holds to what the wire can carry.
    pub(crate) fn bounded(self) -> Self {
        Self {
            devices_per_user: self.devices_per_user.min(MAX_DEVICES),
            members: self.members.min(MAX_MEMBERS),
            recipients: self.recipients.min(MAX_RECIPIENTS),
            ..self
        }
    }
}
