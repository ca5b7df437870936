//! One message on its way to many devices.

use bytes::Bytes;
use signaling_core::wire::{Deliver, From, Send};
use signaling_core::{GroupId, InviteId};

use super::encode;
use crate::backend::{Kept, Mailbox, Sender};

/// A message, written once for all who get it.
#[derive(Debug)]
pub(super) struct Parcel<'a> {
    pub(super) key: InviteId,
    pub(super) from: &'a Sender,
    ver: u32,
    group: Option<GroupId>,
    to_users: bool,
    dwell: u32,
    /// The whole Deliver; the body is its end.
    whole: Bytes,
    body: Bytes,
}

impl<'a> Parcel<'a> {
    /// A message that has just come.
    pub(super) fn new(send: &Send<'_>, from: &'a Sender, to_users: bool) -> Self {
        let group = send.group.filter(|_| to_users).and_then(|group| GroupId::new(group).ok());
        let whole = write(send.key, from, group.as_ref(), to_users, 0, Some(send.body));
        let body = whole.slice(whole.len() - send.body.len()..);
        Self { key: send.key, from, ver: send.ver, group, to_users, dwell: 0, whole, body }
    }

    /// A message that was kept until `now`.
    pub(super) fn kept(kept: &'a Kept, mailbox: &Mailbox, now: u64) -> Self {
        let to_users = matches!(mailbox, Mailbox::User(_));
        let dwell = u32::try_from(now.saturating_sub(kept.since)).unwrap_or(u32::MAX);
        let whole = write(kept.key, &kept.from, kept.group.as_ref(), to_users, dwell, Some(&kept.body));
        let Kept { key, ver, ref from, ref body, .. } = *kept;
        Self { key, from, ver, group: kept.group.clone(), to_users, dwell, whole, body: body.clone() }
    }

    /// The frame for a device that takes `largest` bytes, and whether the body is in it.
    pub(super) fn frame(&self, largest: usize) -> (Bytes, bool) {
        if self.whole.len() <= largest {
            return (self.whole.clone(), true);
        }
        (write(self.key, self.from, None, self.to_users, self.dwell, None), false)
    }

    /// What the store gets of it.
    pub(super) fn to_keep(&self, since: u64, ttl: u32) -> Kept {
        let until = since.saturating_add(u64::from(ttl));
        let (from, group, body) = (self.from.clone(), self.group.clone(), self.body.clone());
        Kept { key: self.key, ver: self.ver, from, group, body, since, until }
    }
}

fn write(
    key: InviteId,
    from: &Sender,
    group: Option<&GroupId>,
    to_users: bool,
    dwell: u32,
    body: Option<&[u8]>,
) -> Bytes {
    let from = From { user: from.user.as_str(), device: from.device, label: from.label.as_str() };
    let group = group.map(GroupId::as_str);
    encode::deliver(Deliver { key, from, group, to_users, dwell, body })
}
