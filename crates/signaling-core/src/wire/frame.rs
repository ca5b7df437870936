//! The frames of a link: between a device and its relay, or between two peers (protocol section 4).

use core::fmt;

use super::MAX_INVITEES;
use super::codec::List;
use crate::name::{Device, InviteId};

mod coding;

pub use coding::{encode_fanout, encode_group_reply, encode_ping, encode_pong, encode_send};

/// The most devices of one user in a Fanout.
pub const MAX_DEVICES: usize = 256;
/// The most members in an answer about a group.
pub const MAX_MEMBERS: usize = 1024;
/// The most users of one Send: invitees and the inviter's own user.
pub const MAX_RECIPIENTS: usize = MAX_INVITEES + 1;

/// Anything that a link carries.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Frame<'a> {
    /// Device → relay: who it is.
    Hello(Hello<'a>),
    /// Relay → device: it is in.
    Welcome(Welcome),
    /// Device → relay: bring this to others.
    Send(Send<'a>),
    /// Relay → device: somebody sent this.
    Deliver(Deliver<'a>),
    /// Relay → device: whom a Send reached.
    Fanout(Fanout<'a>),
    /// Relay → device: a Send, or the whole link, is refused.
    Refused(Refused),
    /// Either way: is anybody there? The number comes back in a Pong.
    Ping(u32),
    /// The answer to a Ping.
    Pong(u32),
    /// Device → relay: a question about a group.
    Group(GroupRequest<'a>),
    /// Relay → device: the answer to it.
    GroupReply(GroupReply<'a>),
}

/// The first frame of a device on a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hello<'a> {
    /// The user it belongs to.
    pub user: &'a str,
    /// The device and its run; epoch 0 asks for the random bytes of a Welcome first.
    pub device: Device,
    /// What people call it.
    pub label: &'a str,
    /// The largest frame it can take, in bytes.
    pub largest: u32,
    /// The proof of user and device: a JWT, or empty where none is asked for.
    pub token: &'a str,
}

/// What a relay holds its devices to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Limits {
    /// The most bytes of one body.
    pub body: u32,
    /// The most recipients of one Send.
    pub recipients: u16,
    /// Silence on the link for this many ms means that it is dead; Ping sooner.
    pub silence: u32,
}

/// The relay's answer to a Hello.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Welcome {
    /// What the relay holds its devices to.
    pub limits: Limits,
    /// For a device that has no source of its own to draw an epoch from.
    pub random: [u8; 16],
}

/// To whom a Send goes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Target<'a> {
    /// All devices of these users, but for the sender.
    Users(List<'a, &'a str>),
    /// This device of this user.
    Device(&'a str, u64),
}

/// A message on its way to the relay. The sender is whoever the link belongs to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Send<'a> {
    /// The invitation it is about.
    pub key: InviteId,
    /// Raised with every change of slots or revision.
    pub ver: u32,
    /// To whom.
    pub to: Target<'a>,
    /// The group in which it is said.
    pub group: Option<&'a str>,
    /// Whether only who is online now may have it.
    pub online_only: bool,
    /// For how many ms it may be kept.
    pub ttl: u32,
    /// What a push service shall show; opaque.
    pub push: Option<&'a [u8]>,
    /// The message, opaque to the relay.
    pub body: &'a [u8],
}

/// Who sent it, as the relay authenticated him.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct From<'a> {
    /// The user.
    pub user: &'a str,
    /// The run of his device.
    pub device: Device,
    /// What people call the device.
    pub label: &'a str,
}

/// A message on its way from the relay.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Deliver<'a> {
    /// The invitation it is about.
    pub key: InviteId,
    /// Who sent it.
    pub from: From<'a>,
    /// The group whose rules the relay held the sender to; none if he named none, or named a device.
    pub group: Option<&'a str>,
    /// Whether it went to users, or to this device alone.
    pub to_users: bool,
    /// How many ms it waited on its way.
    pub dwell: u32,
    /// The message; none when it exceeds this device's largest frame.
    pub body: Option<&'a [u8]>,
}

/// Whom a Send reached, of one user.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FanoutUser<'a> {
    /// The user.
    pub user: &'a str,
    /// Whom it reached.
    pub reach: Reach<List<'a, Device>>,
}

/// The devices of a user that a Send reached (`L` lists them), or why it reached none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach<L> {
    /// It went to these devices, or is kept for them. None is an answer too: he has no device yet.
    Devices(L),
    /// Refused for now: ask again.
    Later,
    /// Refused for good.
    Never,
}

impl<L> Reach<L> {
    /// The same with another kind of list.
    pub fn map<M>(self, list: impl FnOnce(L) -> M) -> Reach<M> {
        match self {
            Self::Devices(devices) => Reach::Devices(list(devices)),
            Self::Later => Reach::Later,
            Self::Never => Reach::Never,
        }
    }
}

/// Whom a Send to users reached.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fanout<'a> {
    /// The invitation.
    pub key: InviteId,
    /// The version of the Send that it answers.
    pub ver: u32,
    /// Whether the relay may not know all devices yet.
    pub partial: bool,
    /// The users of the Send.
    pub users: List<'a, FanoutUser<'a>>,
}

/// Why a relay refuses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refusal {
    /// Another version than the relay's.
    Version,
    /// The frame is no frame, or not one that a device may send.
    Malformed,
    /// The token is missing, forged, for somebody else, or of a kind that is not taken.
    Token,
    /// The token was good once.
    Expired,
    /// The device id belongs to another user.
    Device,
    /// A newer Hello of this device came; do not connect again by yourself.
    Replaced,
    /// The frame or the body is larger than the limits say.
    TooLarge,
    /// Too much at once; try again later.
    Busy,
    /// The relay is stopping; connect again.
    Stopping,
    /// Nothing was said before Hello, or the device has no epoch yet.
    Hello,
    /// This sender may not say that, in that group or to those users.
    Forbidden,
}

impl Refusal {
    /// Whether asking again may help.
    pub fn for_now(self) -> bool {
        matches!(self, Self::Busy | Self::Stopping)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "the other end speaks another version",
            Self::Malformed => "the frame is malformed",
            Self::Token => "the token is missing, forged or for somebody else",
            Self::Expired => "the token has expired",
            Self::Device => "the device id belongs to another user",
            Self::Replaced => "another connection of this device took its place",
            Self::TooLarge => "too large",
            Self::Busy => "too much at once",
            Self::Stopping => "the relay is stopping",
            Self::Hello => "a Hello with an epoch must come first",
            Self::Forbidden => "not allowed",
        })
    }
}

/// A Send, or the whole link, is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Refused {
    /// The invitation of the Send; none when it is the link that is refused.
    pub key: Option<InviteId>,
    /// The version of the Send; 0 when it is the link.
    pub ver: u32,
    /// Why.
    pub reason: Refusal,
}

/// What a device wants of a group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum GroupOp {
    /// Make it, and be its first member.
    Create,
    /// Become a member.
    Join,
    /// Be a member no longer; the last one takes the group along.
    Leave,
    /// Who is in it? For members only.
    Members,
}

/// A question about a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupRequest<'a> {
    /// Comes back in the answer.
    pub seq: u32,
    /// What to do.
    pub op: GroupOp,
    /// The group.
    pub group: &'a str,
}

/// How it went.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum GroupAnswer {
    /// Done (also when there was nothing to do).
    Done,
    /// No such group, or none that you may know of.
    Unknown,
    /// There is one of that name, and you are not in it.
    Exists,
    /// The relay was restarted and does not know its groups yet; ask again.
    Later,
    /// The group, or the relay, is full.
    Full,
    /// The list of members is larger than this device's largest frame.
    TooLarge,
}

/// The answer to a [`GroupRequest`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GroupReply<'a> {
    /// The request's.
    pub seq: u32,
    /// How it went.
    pub answer: GroupAnswer,
    /// The members, if they were asked for.
    pub members: List<'a, &'a str>,
}

#[cfg(test)]
mod tests;
