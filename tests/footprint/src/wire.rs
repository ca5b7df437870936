//! Frames and messages, of both ends of a link.

use heapless::Vec;
use postcard::ser_flavors::Slice;
use serde::{Deserialize, Serialize};
use signaling_core::wire::line::{Decoder, Encoded, encode};
use signaling_core::wire::{
    FanoutUser, Frame, GroupAnswer, GroupRequest, Hello, List, Message, NoRoom, Reach, Refusal, Send,
    encode_fanout, encode_group_reply, encode_ping, encode_pong, encode_report, encode_send,
};
use signaling_core::{GroupId, InviteId, Label, UserId, largest_frame};

use crate::{any, keep};

/// Reads whatever it is, and writes it anew.
#[inline(never)]
pub fn echo(bytes: &[u8], buf: &mut [u8]) {
    keep(Frame::decode(bytes).map(|frame| keep(Frame::encode(&frame, buf))));
    keep(Message::decode(bytes).map(|message| keep(Message::encode(&message, buf))));
    if let Ok(Frame::Refused(refused)) = Frame::decode(bytes) {
        keep(Refusal::for_now(refused.reason));
    }
    if let Ok(Frame::Fanout(fanout)) = Frame::decode(bytes) {
        lists(fanout.users);
        let users =
            List::iter(&fanout.users).map(|user| (user.user, Reach::map(user.reach, |list| list.iter())));
        keep(encode_fanout(buf, fanout.key, fanout.ver, fanout.partial, users));
    }
    match Frame::decode(bytes) {
        Ok(Frame::Send(send)) => keep(relayed(&send, buf)),
        Ok(Frame::Hello(hello)) => keep(Hello::encode(&hello, buf)),
        Ok(Frame::Group(request)) => keep(GroupRequest::encode(&request, buf)),
        Ok(Frame::Ping(number)) => keep(encode_pong(buf, number)),
        Ok(Frame::Pong(number)) => keep(encode_ping(buf, number)),
        _ => {}
    }
}

fn relayed(send: &Send<'_>, buf: &mut [u8]) -> Result<usize, NoRoom> {
    encode_send(buf, send, any(&["bob"][..]).iter().copied(), |body| {
        let Ok(Message::Report(report)) = Message::decode(send.body) else { return Err(NoRoom) };
        encode_report(body, &report, report.slots.iter())
    })
}

fn lists(users: List<'_, FanoutUser<'_>>) {
    let same = List::eq(&users, &List::clone(&users));
    keep((same, List::len(&users), List::is_empty(&users), List::<&str>::default()));
}

/// Takes the frames out of what came over a line, and writes them onto one.
#[inline(never)]
pub fn line(bytes: &[u8], buf: &mut [u8]) {
    let mut decoder = Decoder::new(buf);
    for byte in bytes {
        let frame = Decoder::push(&mut decoder, *byte);
        keep(frame.map(|frame| frame.map(|frame| Encoded::next(&mut encode(frame)))));
    }
    Decoder::reset(&mut decoder);
    keep(largest_frame(any(4), any(64)));
}

/// An answer about a group.
#[inline(never)]
pub fn group(buf: &mut [u8], names: &[&str]) {
    keep(encode_group_reply(buf, any(1), any(GroupAnswer::Done), names.iter().copied()));
}

/// Names and ids in structs of the application.
#[inline(never)]
pub fn serde(bytes: &[u8], user: &UserId, group: &GroupId, label: &Label, id: &InviteId) {
    let mut reader = postcard::Deserializer::from_bytes(bytes);
    keep(UserId::deserialize(&mut reader));
    keep(GroupId::deserialize(&mut reader));
    keep(Label::deserialize(&mut reader));
    keep(InviteId::deserialize(&mut reader));
    let mut written = [0; 128];
    let mut writer = postcard::Serializer { output: Slice::new(&mut written) };
    keep(UserId::serialize(user, &mut writer));
    keep(GroupId::serialize(group, &mut writer));
    keep(Label::serialize(label, &mut writer));
    keep(InviteId::serialize(id, &mut writer));
    keep(Vec::<u8, 8>::new());
}
