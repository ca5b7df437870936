//! Frames to bytes and back.

use serde::{Deserialize, Serialize};

use super::{
    Deliver, Fanout, FanoutUser, Frame, GroupAnswer, GroupReply, GroupRequest, Hello, MAX_DEVICES,
    MAX_MEMBERS, MAX_RECIPIENTS, Reach, Send, Target,
};
use crate::name::{Device, GroupId, InviteId, Label, UserId};
use crate::wire::codec::{DecodeError, Encoder, Item, List, NoRoom, last, maybe_bytes, open, take};

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

#[derive(Serialize, Deserialize)]
struct FanoutHead {
    key: InviteId,
    ver: u32,
    partial: bool,
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
    name(deliver.group.map_or(Ok(()), GroupId::check))?;
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
