//! Frames and messages, of both ends of a link.

use heapless::Vec;
use postcard::ser_flavors::Slice;
use serde::{Deserialize, Serialize};
use signaling_core::wire::{
    DecodeError, Encoder, FanoutUser, Frame, GroupAnswer, Item, List, Message, NoRoom, Reach, Refusal, Send,
    SlotEntry, encode_fanout, encode_group_reply, encode_report, encode_send,
};
use signaling_core::{Device, GroupId, InviteId, Label, UserId};

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

/// The items of lists, one by one.
pub fn items(mut bytes: &[u8]) -> Result<(), DecodeError> {
    keep(<&str>::take(&mut bytes)?);
    keep(Device::take(&mut bytes)?);
    keep(FanoutUser::take(&mut bytes)?);
    keep(SlotEntry::take(&mut bytes)?);
    keep::<Device>(Item::take(&mut bytes)?);
    Ok(())
}

/// A frame of one's own, value by value.
pub fn own(buf: &mut [u8], names: &[&str]) -> Result<(), NoRoom> {
    let mut out = Encoder::start(buf, any(9))?;
    Encoder::put(&mut out, &any(7u32))?;
    Encoder::raw(&mut out, any(b"raw"))?;
    Encoder::list(&mut out, names.iter(), |out, name| Encoder::put(out, name))?;
    Encoder::nest(&mut out, |rest| {
        encode_group_reply(rest, any(1), any(GroupAnswer::Done), names.iter().copied())
    })?;
    keep(Encoder::written(&out));
    Ok(())
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
