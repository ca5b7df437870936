//! Frames to bytes and back.

use super::{
    Deliver, Fanout, FanoutUser, Frame, From, GroupAnswer, GroupOp, GroupReply, GroupRequest, Hello, Limits,
    MAX_DEVICES, MAX_MEMBERS, MAX_RECIPIENTS, Reach, Refusal, Refused, Send, Target, Welcome,
};
use crate::name::{Device, InviteId};
use crate::wire::codec::{DecodeError, Item, List, NoRoom, Reader, Writer};
use crate::wire::repeats;

impl<'a> Item<'a> for FanoutUser<'a> {
    fn read(from: &mut Reader<'a>) -> Self {
        let user = from.user();
        let reach = match from.byte() {
            0 => Reach::Devices(List::read(from, MAX_DEVICES)),
            1 => Reach::Later,
            2 => Reach::Never,
            _ => {
                from.fail(DecodeError::Range);
                Reach::Later
            }
        };
        Self { user, reach }
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

/// In the order of their numbers.
const REFUSALS: [Refusal; 11] = [
    Refusal::Version,
    Refusal::Malformed,
    Refusal::Token,
    Refusal::Expired,
    Refusal::Device,
    Refusal::Replaced,
    Refusal::TooLarge,
    Refusal::Busy,
    Refusal::Stopping,
    Refusal::Hello,
    Refusal::Forbidden,
];
const OPS: [GroupOp; 4] = [GroupOp::Create, GroupOp::Join, GroupOp::Leave, GroupOp::Members];
const ANSWERS: [GroupAnswer; 6] = [
    GroupAnswer::Done,
    GroupAnswer::Unknown,
    GroupAnswer::Exists,
    GroupAnswer::Later,
    GroupAnswer::Full,
    GroupAnswer::TooLarge,
];

impl<'a> Frame<'a> {
    /// Reads one frame.
    ///
    /// # Errors
    /// [`DecodeError`] for whatever is not exactly one frame of this version.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        match Reader::open(bytes)? {
            (kind @ (kind::HELLO | kind::SEND | kind::GROUP), from) => uplink(kind, from),
            (kind, from) => downlink(kind, from),
        }
    }

    /// As [`decode`](Self::decode), of what a device hears: a chip that is no relay need not know the other frames.
    ///
    /// # Errors
    /// [`DecodeError`] for whatever is not exactly one frame of this version;
    /// [`Uplink`](DecodeError::Uplink) for a Hello, Send or Group, which is not looked at.
    #[inline(never)] // its frame is not to lie under what the device then does
    pub fn decode_downlink(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        match Reader::open(bytes)? {
            (kind::HELLO | kind::SEND | kind::GROUP, _) => Err(DecodeError::Uplink),
            (kind, from) => downlink(kind, from),
        }
    }

    /// Writes the frame; how many bytes it took.
    ///
    /// # Errors
    /// [`NoRoom`] if `buf` is too small.
    pub fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        match self {
            Self::Hello(hello) => hello.encode(buf),
            Self::Welcome(welcome) => welcome.encode(buf),
            Self::Send(send) => {
                let users = match &send.to {
                    Target::Users(users) => *users,
                    Target::Device(..) => List::default(),
                };
                encode_send(buf, send, users.iter(), |body| copy(send.body, body))
            }
            Self::Deliver(deliver) => deliver.encode(buf),
            Self::Fanout(fanout) => {
                let users = fanout.users.iter().map(|user| (user.user, user.reach.map(|list| list.iter())));
                encode_fanout(buf, fanout.key, fanout.ver, fanout.partial, users)
            }
            Self::Refused(refused) => refused.encode(buf),
            Self::Ping(number) => encode_ping(buf, *number),
            Self::Pong(number) => encode_pong(buf, *number),
            Self::Group(request) => request.encode(buf),
            Self::GroupReply(reply) => encode_group_reply(buf, reply.seq, reply.answer, reply.members.iter()),
        }
    }
}

/// What only devices say.
fn uplink<'a>(kind: u8, mut from: Reader<'a>) -> Result<Frame<'a>, DecodeError> {
    let frame = match kind {
        kind::HELLO => Frame::Hello(hello(&mut from)),
        kind::SEND => Frame::Send(send(&mut from)),
        _ => Frame::Group(group(&mut from)),
    };
    from.end()?;
    Ok(frame)
}

/// What a relay says to devices.
fn downlink<'a>(kind: u8, mut from: Reader<'a>) -> Result<Frame<'a>, DecodeError> {
    let frame = match kind {
        kind::WELCOME => Frame::Welcome(welcome(&mut from)),
        kind::DELIVER => Frame::Deliver(deliver(&mut from)),
        kind::FANOUT => Frame::Fanout(fanout(&mut from)),
        kind::REFUSED => Frame::Refused(refused(&mut from)),
        kind::PING => Frame::Ping(from.u32()),
        kind::PONG => Frame::Pong(from.u32()),
        kind::GROUP_REPLY => Frame::GroupReply(group_reply(&mut from)),
        _ => return Err(DecodeError::Malformed),
    };
    from.end()?;
    Ok(frame)
}

fn copy(from: &[u8], to: &mut [u8]) -> Result<usize, NoRoom> {
    let to = to.get_mut(..from.len()).ok_or(NoRoom)?;
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    Ok(from.len())
}

fn hello<'a>(from: &mut Reader<'a>) -> Hello<'a> {
    let (user, device, label) = (from.user(), from.device(), from.label());
    Hello { user, device, label, largest: from.u32(), token: from.text() }
}

fn welcome(from: &mut Reader<'_>) -> Welcome {
    let limits = Limits { body: from.u32(), recipients: from.u16(), silence: from.u32() };
    Welcome { limits, random: from.raw() }
}

fn send<'a>(from: &mut Reader<'a>) -> Send<'a> {
    let (key, ver) = (from.id(), from.u32());
    let device = from.option(|from| (from.user(), from.device_id()));
    let group = from.option(Reader::group);
    let (online_only, ttl, push) = (from.bool(), from.u32(), from.option(Reader::bytes));
    let to = match device {
        Some((user, device)) => Target::Device(user, device),
        None => Target::Users(users(from)),
    };
    Send { key, ver, to, group, online_only, ttl, push, body: from.rest() }
}

fn users<'a>(from: &mut Reader<'a>) -> List<'a, &'a str> {
    let users: List<'a, &'a str> = List::read(from, MAX_RECIPIENTS);
    from.check(!users.is_empty() && !repeats(users.iter()), DecodeError::List);
    users
}

fn deliver<'a>(from: &mut Reader<'a>) -> Deliver<'a> {
    let key = from.id();
    let sender = From { user: from.user(), device: from.device(), label: from.label() };
    let group = from.option(Reader::group);
    let (to_users, dwell) = (from.bool(), from.u32());
    Deliver { key, from: sender, group, to_users, dwell, body: from.option(Reader::rest) }
}

fn fanout<'a>(from: &mut Reader<'a>) -> Fanout<'a> {
    let (key, ver, partial) = (from.id(), from.u32(), from.bool());
    Fanout { key, ver, partial, users: List::read(from, MAX_RECIPIENTS) }
}

fn refused(from: &mut Reader<'_>) -> Refused {
    let (key, ver) = (from.option(Reader::id), from.u32());
    Refused { key, ver, reason: from.one_of(REFUSALS).unwrap_or(Refusal::Malformed) }
}

fn group<'a>(from: &mut Reader<'a>) -> GroupRequest<'a> {
    let (seq, op) = (from.u32(), from.one_of(OPS).unwrap_or(GroupOp::Members));
    GroupRequest { seq, op, group: from.group() }
}

fn group_reply<'a>(from: &mut Reader<'a>) -> GroupReply<'a> {
    let (seq, answer) = (from.u32(), from.one_of(ANSWERS).unwrap_or(GroupAnswer::Unknown));
    GroupReply { seq, answer, members: List::read(from, MAX_MEMBERS) }
}

/// Writes a Ping; how many bytes it took.
///
/// # Errors
/// [`NoRoom`] if `buf` is too small.
pub fn encode_ping(buf: &mut [u8], number: u32) -> Result<usize, NoRoom> {
    encode_number(buf, kind::PING, number)
}

/// Writes a Pong; how many bytes it took.
///
/// # Errors
/// [`NoRoom`] if `buf` is too small.
pub fn encode_pong(buf: &mut [u8], number: u32) -> Result<usize, NoRoom> {
    encode_number(buf, kind::PONG, number)
}

fn encode_number(buf: &mut [u8], kind: u8, number: u32) -> Result<usize, NoRoom> {
    let mut to = Writer::start(buf, kind);
    to.u32(number);
    to.done()
}

impl Hello<'_> {
    /// Writes the frame; how many bytes it took.
    ///
    /// # Errors
    /// [`NoRoom`] if `buf` is too small.
    pub fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        let mut to = Writer::start(buf, kind::HELLO);
        to.text(self.user);
        to.device(self.device);
        to.text(self.label);
        to.u32(self.largest);
        to.text(self.token);
        to.done()
    }
}

impl Welcome {
    fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        let mut to = Writer::start(buf, kind::WELCOME);
        to.u32(self.limits.body);
        to.u16(self.limits.recipients);
        to.u32(self.limits.silence);
        to.raw(&self.random);
        to.done()
    }
}

impl Deliver<'_> {
    fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        let mut to = Writer::start(buf, kind::DELIVER);
        to.id(self.key);
        to.text(self.from.user);
        to.device(self.from.device);
        to.text(self.from.label);
        to.option(self.group, Writer::text);
        to.bool(self.to_users);
        to.u32(self.dwell);
        to.option(self.body, Writer::raw);
        to.done()
    }
}

impl Refused {
    fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        let mut to = Writer::start(buf, kind::REFUSED);
        to.option(self.key, Writer::id);
        to.u32(self.ver);
        to.byte(self.reason as u8);
        to.done()
    }
}

impl GroupRequest<'_> {
    /// Writes the frame; how many bytes it took.
    ///
    /// # Errors
    /// [`NoRoom`] if `buf` is too small.
    pub fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        let mut to = Writer::start(buf, kind::GROUP);
        to.u32(self.seq);
        to.byte(self.op as u8);
        to.text(self.group);
        to.done()
    }
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
    let mut to = Writer::start(buf, kind::SEND);
    write_head(send, &mut to);
    if matches!(send.to, Target::Users(_)) {
        to.list(users, Writer::text);
    }
    to.nest(body);
    to.done()
}

/// All of it but the users and the body.
fn write_head(send: &Send<'_>, to: &mut Writer<'_>) {
    let device = match send.to {
        Target::Device(user, device) => Some((user, device)),
        Target::Users(_) => None,
    };
    to.id(send.key);
    to.u32(send.ver);
    to.option(device, |to, (user, device)| {
        to.text(user);
        to.device_id(device);
    });
    to.option(send.group, Writer::text);
    to.bool(send.online_only);
    to.u32(send.ttl);
    to.option(send.push, Writer::bytes);
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
    let mut to = Writer::start(buf, kind::FANOUT);
    to.id(key);
    to.u32(ver);
    to.bool(partial);
    to.list(users, |to, (user, reach)| {
        to.text(user);
        match reach {
            Reach::Devices(list) => {
                to.byte(0);
                to.list(list, Writer::device);
            }
            Reach::Later => to.byte(1),
            Reach::Never => to.byte(2),
        }
    });
    to.done()
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
    let mut to = Writer::start(buf, kind::GROUP_REPLY);
    to.u32(seq);
    to.byte(answer as u8);
    to.list(members, Writer::text);
    to.done()
}
