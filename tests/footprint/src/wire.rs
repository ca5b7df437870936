//! Frames and messages, of both ends of a link.

use heapless::Vec;
use postcard::ser_flavors::Slice;
use serde::{Deserialize, Serialize};
use signaling_core::wire::{
    FanoutUser, Frame, GroupAnswer, List, Message, NoRoom, Reach, Refusal, Send, encode_fanout,
    encode_group_reply, encode_report, encode_send,
};
use signaling_core::{GroupId, InviteId, Label, UserId};

use crate::{any, keep};

/// Reads whatever it is, and writes it anew.
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
    if let Ok(Frame::Send(send)) = Frame::decode(bytes) {
        keep(relayed(&send, buf));
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

/// An answer about a group.
pub fn group(buf: &mut [u8], names: &[&str]) {
    keep(encode_group_reply(buf, any(1), any(GroupAnswer::Done), names.iter().copied()));
}

/// Names and ids in structs of the application.
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
