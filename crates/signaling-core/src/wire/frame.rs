//! The frames of a link: between a device and its relay, or between two peers (protocol section 4).

use core::fmt;

use serde::{Deserialize, Serialize};

use super::MAX_INVITEES;
use super::codec::{DecodeError, Encoder, Item, List, NoRoom, last, maybe_bytes, open, take};
use crate::name::{Device, GroupId, InviteId, Label, UserId};

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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// The most bytes of one body.
    pub body: u32,
    /// The most recipients of one Send.
    pub recipients: u16,
    /// Silence on the link for this many ms means that it is dead; Ping sooner.
    pub silence: u32,
}

/// The relay's answer to a Hello.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
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

#[derive(Serialize, Deserialize)]
struct SendHead<'a> {
    key: InviteId,
    ver: u32,
    device: Option<(&'a str, FixedU64)>,
    group: Option<&'a str>,
    online_only: bool,
    ttl: u32,
    #[serde(serialize_with = "maybe_bytes", borrow)]
    push: Option<&'a [u8]>,
}

#[derive(Serialize, Deserialize)]
struct FixedU64(#[serde(with = "postcard::fixint::le")] u64);

/// Who sent it, as the relay authenticated him.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct From<'a> {
    /// The user.
    pub user: &'a str,
    /// The run of his device.
    pub device: Device,
    /// What people call the device.
    pub label: &'a str,
}

/// A message on its way from the relay.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Deliver<'a> {
    /// The invitation it is about.
    pub key: InviteId,
    /// Who sent it.
    #[serde(borrow)]
    pub from: From<'a>,
    /// Whether it went to users, or to this device alone.
    pub to_users: bool,
    /// How many ms it waited on its way.
    pub dwell: u32,
    /// The message; none when it exceeds this device's largest frame.
    #[serde(skip)]
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

#[derive(Serialize, Deserialize)]
struct FanoutHead {
    key: InviteId,
    ver: u32,
    partial: bool,
}

/// Why a relay refuses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refused {
    /// The invitation of the Send; none when it is the link that is refused.
    pub key: Option<InviteId>,
    /// The version of the Send; 0 when it is the link.
    pub ver: u32,
    /// Why.
    pub reason: Refusal,
}

/// What a device wants of a group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GroupRequest<'a> {
    /// Comes back in the answer.
    pub seq: u32,
    /// What to do.
    pub op: GroupOp,
    /// The group.
    pub group: &'a str,
}

/// How it went.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
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

impl<'a> Item<'a> for &'a str {
    fn take(bytes: &mut &'a [u8]) -> Result<Self, DecodeError> {
        let text = take(bytes)?;
        UserId::check(text).map_err(|_| DecodeError::Name)?;
        Ok(text)
    }
}

impl<'a> Item<'a> for Device {
    fn take(bytes: &mut &'a [u8]) -> Result<Self, DecodeError> {
        take(bytes)
    }
}

impl<'a> Item<'a> for FanoutUser<'a> {
    fn take(bytes: &mut &'a [u8]) -> Result<Self, DecodeError> {
        let user = <&str>::take(bytes)?;
        let reach = match take::<u8>(bytes)? {
            0 => Reach::Devices(List::take(bytes, MAX_DEVICES)?),
            1 => Reach::Later,
            2 => Reach::Never,
            _ => return Err(DecodeError::Range),
        };
        Ok(Self { user, reach })
    }
}

mod kind {
    pub(super) const HELLO: u8 = 0;
    pub(super) const WELCOME: u8 = 1;
    pub(super) const SEND: u8 = 2;
    pub(super) const DELIVER: u8 = 3;
    pub(super) const FANOUT: u8 = 4;
    pub(super) const REFUSED: u8 = 5;
    pub(super) const PING: u8 = 6;
    pub(super) const PONG: u8 = 7;
    pub(super) const GROUP: u8 = 8;
    pub(super) const GROUP_REPLY: u8 = 9;
}

fn name<E>(checked: Result<(), E>) -> Result<(), DecodeError> {
    checked.map_err(|_| DecodeError::Name)
}

impl<'a> Frame<'a> {
    /// Reads one frame.
    ///
    /// # Errors
    /// [`DecodeError`] for whatever is not exactly one frame of this version.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (kind, rest) = open(bytes)?;
        Ok(match kind {
            kind::HELLO => Self::Hello(hello(rest)?),
            kind::WELCOME => Self::Welcome(last(rest)?),
            kind::SEND => Self::Send(send(rest)?),
            kind::DELIVER => Self::Deliver(deliver(rest)?),
            kind::FANOUT => Self::Fanout(fanout(rest)?),
            kind::REFUSED => Self::Refused(last(rest)?),
            kind::PING => Self::Ping(last(rest)?),
            kind::PONG => Self::Pong(last(rest)?),
            kind::GROUP => Self::Group(group(rest)?),
            kind::GROUP_REPLY => Self::GroupReply(group_reply(rest)?),
            _ => return Err(DecodeError::Malformed),
        })
    }

    /// Writes the frame; how many bytes it took.
    ///
    /// # Errors
    /// [`NoRoom`] if `buf` is too small.
    pub fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        match self {
            Self::Hello(hello) => simple(buf, kind::HELLO, hello),
            Self::Welcome(welcome) => simple(buf, kind::WELCOME, welcome),
            Self::Refused(refused) => simple(buf, kind::REFUSED, refused),
            Self::Ping(number) => simple(buf, kind::PING, number),
            Self::Pong(number) => simple(buf, kind::PONG, number),
            Self::Group(request) => simple(buf, kind::GROUP, request),
            Self::Send(send) => {
                let users = match &send.to {
                    Target::Users(users) => *users,
                    Target::Device(..) => List::default(),
                };
                encode_send(buf, send, users.iter(), |body| copy(send.body, body))
            }
            Self::Deliver(deliver) => encode_deliver(buf, deliver),
            Self::Fanout(fanout) => {
                let users = fanout.users.iter().map(|user| (user.user, user.reach.map(|list| list.iter())));
                encode_fanout(buf, fanout.key, fanout.ver, fanout.partial, users)
            }
            Self::GroupReply(reply) => encode_group_reply(buf, reply.seq, reply.answer, reply.members.iter()),
        }
    }
}

fn simple(buf: &mut [u8], kind: u8, value: &impl Serialize) -> Result<usize, NoRoom> {
    let mut out = Encoder::start(buf, kind)?;
    out.put(value)?;
    Ok(out.written())
}

fn copy(from: &[u8], to: &mut [u8]) -> Result<usize, NoRoom> {
    to.get_mut(..from.len()).ok_or(NoRoom)?.copy_from_slice(from);
    Ok(from.len())
}

fn hello(bytes: &[u8]) -> Result<Hello<'_>, DecodeError> {
    let hello: Hello<'_> = last(bytes)?;
    name(UserId::check(hello.user))?;
    name(Label::check(hello.label))?;
    Ok(hello)
}

fn send<'a>(mut bytes: &'a [u8]) -> Result<Send<'a>, DecodeError> {
    let head: SendHead<'a> = take(&mut bytes)?;
    if let Some(group) = head.group {
        name(GroupId::check(group))?;
    }
    let to = if let Some((user, device)) = head.device {
        name(UserId::check(user))?;
        Target::Device(user, device.0)
    } else {
        Target::Users(users(&mut bytes)?)
    };
    let SendHead { key, ver, group, online_only, ttl, push, .. } = head;
    Ok(Send { key, ver, to, group, online_only, ttl, push, body: bytes })
}

fn users<'a>(bytes: &mut &'a [u8]) -> Result<List<'a, &'a str>, DecodeError> {
    let users: List<'a, &'a str> = List::take(bytes, MAX_RECIPIENTS)?;
    let mut seen = heapless::Vec::<&str, MAX_RECIPIENTS>::new();
    let repeats = users.iter().any(|user| seen.contains(&user) || seen.push(user).is_err());
    if users.is_empty() || repeats { Err(DecodeError::List) } else { Ok(users) }
}

fn deliver<'a>(mut bytes: &'a [u8]) -> Result<Deliver<'a>, DecodeError> {
    let mut deliver: Deliver<'a> = take(&mut bytes)?;
    name(UserId::check(deliver.from.user))?;
    name(Label::check(deliver.from.label))?;
    deliver.body = take::<bool>(&mut bytes)?.then_some(bytes);
    if deliver.body.is_none() && !bytes.is_empty() {
        return Err(DecodeError::Trailing);
    }
    Ok(deliver)
}

fn fanout(mut bytes: &[u8]) -> Result<Fanout<'_>, DecodeError> {
    let head: FanoutHead = take(&mut bytes)?;
    let users = List::take(&mut bytes, MAX_RECIPIENTS)?;
    if !bytes.is_empty() {
        return Err(DecodeError::Trailing);
    }
    Ok(Fanout { key: head.key, ver: head.ver, partial: head.partial, users })
}

fn group(bytes: &[u8]) -> Result<GroupRequest<'_>, DecodeError> {
    let request: GroupRequest<'_> = last(bytes)?;
    name(GroupId::check(request.group))?;
    Ok(request)
}

fn group_reply(mut bytes: &[u8]) -> Result<GroupReply<'_>, DecodeError> {
    let (seq, answer) = take(&mut bytes)?;
    let members = List::take(&mut bytes, MAX_MEMBERS)?;
    if !bytes.is_empty() {
        return Err(DecodeError::Trailing);
    }
    Ok(GroupReply { seq, answer, members })
}

/// Writes a [`Send`] whose users come from `users` and whose body `body` writes in place. The users count
/// only if `send.to` names users; its own list and body are not looked at.
///
/// # Errors
/// [`NoRoom`] if `buf` is too small.
pub fn encode_send<'u>(
    buf: &mut [u8],
    send: &Send<'_>,
    users: impl Iterator<Item = &'u str> + Clone,
    body: impl FnOnce(&mut [u8]) -> Result<usize, NoRoom>,
) -> Result<usize, NoRoom> {
    let mut out = Encoder::start(buf, kind::SEND)?;
    let device = match send.to {
        Target::Device(user, device) => Some((user, FixedU64(device))),
        Target::Users(_) => None,
    };
    let to_users = device.is_none();
    let Send { key, ver, group, online_only, ttl, push, .. } = *send;
    out.put(&SendHead { key, ver, device, group, online_only, ttl, push })?;
    if to_users {
        out.list(users, Encoder::put)?;
    }
    out.nest(body)?;
    Ok(out.written())
}

fn encode_deliver(buf: &mut [u8], deliver: &Deliver<'_>) -> Result<usize, NoRoom> {
    let mut out = Encoder::start(buf, kind::DELIVER)?;
    out.put(deliver)?;
    out.put(&deliver.body.is_some())?;
    out.raw(deliver.body.unwrap_or_default())?;
    Ok(out.written())
}

/// Writes a [`Fanout`].
///
/// # Errors
/// [`NoRoom`] if `buf` is too small.
pub fn encode_fanout<'u, D: Iterator<Item = Device> + Clone>(
    buf: &mut [u8],
    key: InviteId,
    ver: u32,
    partial: bool,
    users: impl Iterator<Item = (&'u str, Reach<D>)> + Clone,
) -> Result<usize, NoRoom> {
    let mut out = Encoder::start(buf, kind::FANOUT)?;
    out.put(&FanoutHead { key, ver, partial })?;
    out.list(users, |out, (user, reach)| {
        out.put(user)?;
        match reach {
            Reach::Devices(list) => {
                out.put(&0u8)?;
                out.list(list, |out, device| out.put(&device))
            }
            Reach::Later => out.put(&1u8),
            Reach::Never => out.put(&2u8),
        }
    })?;
    Ok(out.written())
}

/// Writes a [`GroupReply`].
///
/// # Errors
/// [`NoRoom`] if `buf` is too small.
pub fn encode_group_reply<'u>(
    buf: &mut [u8],
    seq: u32,
    answer: GroupAnswer,
    members: impl Iterator<Item = &'u str> + Clone,
) -> Result<usize, NoRoom> {
    let mut out = Encoder::start(buf, kind::GROUP_REPLY)?;
    out.put(&(seq, answer))?;
    out.list(members, Encoder::put)?;
    Ok(out.written())
}

#[cfg(test)]
mod tests;
