//! What a relay remembers: devices, groups and messages.

mod devices;
mod groups;
mod memory;
mod shares;
mod store;

use bytes::Bytes;
use signaling_core::{Device, GroupId, InviteId, Label, UserId};

pub use memory::Memory;

/// Who a link belongs to, as authenticated: what its messages are stamped with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The user.
    pub user: UserId,
    /// The run of his device.
    pub device: Device,
    /// What people call the device.
    pub label: Label,
}

/// For whom a message is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mailbox {
    /// For all devices of a user, those that he does not have yet included.
    User(UserId),
    /// For this device alone.
    Device(u64),
}

/// A message in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The invitation it is about.
    pub key: InviteId,
    /// Tells newer from older.
    pub ver: u32,
    /// Who sent it.
    pub from: Sender,
    /// The group whose rules let it through.
    pub group: Option<GroupId>,
    /// The message itself.
    pub body: Bytes,
    /// When it came, in ms of the switchboard's clock.
    pub since: u64,
    /// When its time to live ends, in ms of the switchboard's clock.
    pub until: u64,
}

/// What a relay remembers. Implement it to let that outlive the process.
///
/// The switchboard makes the rules and calls from one thread at a time; a backend only remembers. Each call
/// answers at once and cannot fail: a backend on a disk or across a network answers from its own copy and
/// writes behind it, and says through [`durable`](Self::durable) whether that copy can be trusted.
pub trait Backend: Send {
    /// Whether devices and groups are those from before the last restart. While they are not, the relay holds
    /// to [`Config::warm_up`](crate::Config::warm_up).
    fn durable(&self) -> bool;

    /// Whose device it is, if it ever said Hello.
    fn owner(&self, device: u64) -> Option<UserId>;
    /// The user's devices, each in its last run, the one with the oldest Hello first.
    fn devices(&self, user: &UserId) -> Vec<Device>;
    /// How many devices there are, of all users.
    fn device_count(&self) -> usize;
    /// The device said Hello: it belongs to the user, and is his newest.
    fn put_device(&mut self, user: &UserId, device: Device);
    /// Forgets a device of the user, whose it then no longer is.
    fn drop_device(&mut self, user: &UserId, device: u64);

    /// How many groups there are.
    fn group_count(&self) -> usize;
    /// How many members the group has; none if there is no such group.
    fn group_size(&self, group: &GroupId) -> Option<usize>;
    /// How many groups the user is in.
    fn groups_of(&self, user: &UserId) -> usize;
    /// Whether the user is in the group.
    fn is_member(&self, group: &GroupId, user: &UserId) -> bool;
    /// The members, in an order that stays.
    fn members(&self, group: &GroupId) -> Vec<UserId>;
    /// Makes the user a member, and the group if there is none.
    fn join(&mut self, group: &GroupId, user: &UserId);
    /// Ends the membership; the last member takes the group along.
    fn leave(&mut self, group: &GroupId, user: &UserId);

    /// Keeps a message, unless one of the same invitation and sender with a higher `ver` is there; an equal or
    /// lower one of it, and one of another run of the sender's device, is replaced. How many others had to go
    /// early for it: the oldest of whoever has most there do.
    fn keep(&mut self, mailbox: &Mailbox, message: Kept) -> Keeping;
    /// What is kept there, oldest first.
    fn kept(&self, mailbox: &Mailbox) -> Vec<Kept>;
    /// Bytes that all that is kept takes, 512 more than its body for each message.
    fn kept_bytes(&self) -> usize;
    /// Forgets all that is kept there.
    fn clear(&mut self, mailbox: &Mailbox);
    /// Forgets what ended by `now`; how many these were.
    fn expire(&mut self, now: u64) -> usize;
    /// When the next message ends.
    fn next_expiry(&self) -> Option<u64>;
}

/// What became of a message that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It is kept.
    Kept {
        /// How many others had to go early for it.
        dropped: usize,
    },
    /// A newer one was there already.
    Older,
    /// It does not fit.
    NoRoom {
        /// How many went for want of room, it among them.
        dropped: usize,
    },
}
