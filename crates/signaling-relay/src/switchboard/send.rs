//! A device sends: to users, or to one device.

use signaling_core::wire::{Fanout, List, Reach, Refusal, Refused, Send, Target};
use signaling_core::{Device, GroupId, UserId};

use super::encode::{self, Reached};
use super::parcel::Parcel;
use super::{ConnId, Switchboard};
use crate::backend::{Keeping, Mailbox, Sender};

/// What a Send counts beyond its body and push info.
const OVERHEAD: usize = 256;

impl Switchboard {
    pub(super) fn send(&mut self, conn: ConnId, sender: &Sender, send: &Send<'_>) {
        if let Err(reason) = self.allow(conn, send) {
            return self.refuse(conn, Refused { key: Some(send.key), ver: send.ver, reason });
        }
        match send.to {
            Target::Users(users) => self.send_to_users(conn, sender, send, users),
            Target::Device(user, device) => self.send_to_device(sender, send, user, device),
        }
    }

    fn allow(&mut self, conn: ConnId, send: &Send<'_>) -> Result<(), Refusal> {
        let (body, push) = (send.body.len(), send.push.map_or(0, <[u8]>::len));
        let recipients = match send.to {
            Target::Users(users) => users.len(),
            Target::Device(..) => 1,
        };
        let config = &self.config;
        if body > config.body || push > config.push || recipients > config.recipients {
            return Err(Refusal::TooLarge);
        }
        let within = self.links.spend(conn, body + push + OVERHEAD, self.now, config);
        within.then_some(()).ok_or(Refusal::Busy)
    }

    fn send_to_users(&mut self, conn: ConnId, sender: &Sender, send: &Send<'_>, users: List<'_, &str>) {
        let parcel = Parcel::new(send, sender, true);
        let reached: Vec<Reached<'_>> =
            users.iter().map(|user| (user, self.send_to_user(&parcel, send, user))).collect();
        let (key, ver, partial) = (send.key, send.ver, self.warming_up());
        self.answer(conn, &Fanout { key, ver, partial, users: List::default() }, &reached);
    }

    fn send_to_user(&mut self, parcel: &Parcel<'_>, send: &Send<'_>, user: &str) -> Reach<Vec<Device>> {
        let Ok(user) = UserId::new(user) else { return Reach::Never };
        let verdict = self.judge(parcel, send.group, &user);
        if verdict != Reach::Devices(()) {
            self.stats.not_admitted += 1;
            return verdict.map(|()| Vec::new());
        }
        let kept = self.keep(&Mailbox::User(user.clone()), parcel, send);
        let mut devices = self.backend.devices(&user);
        devices.retain(|device| device.id != parcel.from.device.id);
        devices.retain(|device| self.deliver(device.id, parcel) || kept);
        Reach::Devices(devices)
    }

    /// Whether the rules of the group let the message through to that user.
    fn judge(&mut self, parcel: &Parcel<'_>, group: Option<&str>, user: &UserId) -> Reach<()> {
        let Some(group) = group else { return Reach::Devices(()) };
        let Ok(group) = GroupId::new(group) else { return Reach::Never };
        let from = parcel.from.device.id;
        if self.admitted.knows(from, parcel.key, &group, user) {
            return Reach::Devices(());
        }
        if self.backend.is_member(&group, &parcel.from.user) && self.backend.is_member(&group, user) {
            self.admitted.insert(from, parcel.key, &group, user);
            return Reach::Devices(());
        }
        if self.warming_up() { Reach::Later } else { Reach::Never }
    }

    /// Puts the message into the store, if it may go there; whether one of this invitation is there now.
    fn keep(&mut self, mailbox: &Mailbox, parcel: &Parcel<'_>, send: &Send<'_>) -> bool {
        if send.online_only || send.ttl == 0 {
            return false;
        }
        let kept = parcel.to_keep(self.now, send.ttl.min(self.config.keep));
        let (kept, dropped) = match self.backend.keep(mailbox, kept) {
            Keeping::Kept { dropped } => (true, dropped),
            Keeping::NoRoom { dropped } => (false, dropped),
            Keeping::Older => return true,
        };
        self.stats.kept += u64::from(kept);
        self.stats.dropped_kept += dropped as u64;
        kept
    }

    /// Brings the message to the device; false if it is not here.
    fn deliver(&mut self, device: u64, parcel: &Parcel<'_>) -> bool {
        let Some(conn) = self.online.get(&device).copied() else { return false };
        self.deliver_on(conn, parcel);
        self.stats.delivered += 1;
        true
    }

    fn deliver_on(&mut self, conn: ConnId, parcel: &Parcel<'_>) {
        let (frame, with_body) = parcel.frame(self.links.largest(conn));
        self.stats.without_body += u64::from(!with_body);
        self.put(conn, frame);
    }

    fn send_to_device(&mut self, sender: &Sender, send: &Send<'_>, user: &str, device: u64) {
        if self.backend.owner(device).is_none_or(|owner| owner.as_str() != user) {
            self.stats.no_such_device += 1;
            return;
        }
        let parcel = Parcel::new(send, sender, false);
        if !self.deliver(device, &parcel) && !self.keep(&Mailbox::Device(device), &parcel, send) {
            self.stats.device_offline += 1;
        }
    }

    /// Brings to a device that said Hello what was kept for its user and for itself; if it says it again on that link, no
    /// more than it might send itself: a few bytes must not bring half a megabyte, as often as somebody likes.
    pub(super) fn hand_over(&mut self, conn: ConnId, to: &Sender, again: bool) {
        let own = Mailbox::Device(to.device.id);
        for mailbox in [&Mailbox::User(to.user.clone()), &own] {
            for kept in self.backend.kept(mailbox) {
                if kept.from.device.id == to.device.id {
                    continue;
                }
                if again && !self.links.spend(conn, kept.body.len() + OVERHEAD, self.now, &self.config) {
                    return;
                }
                self.deliver_on(conn, &Parcel::kept(&kept, mailbox, self.now));
                self.stats.handed_over += 1;
            }
        }
        self.backend.clear(&own);
    }

    /// Tells the sender whom it reached, in several Fanouts if one is too large for his device.
    fn answer(&mut self, conn: ConnId, head: &Fanout<'_>, users: &[Reached<'_>]) {
        if let Some(frame) = encode::fanout(head, users, self.links.largest(conn)) {
            return self.put(conn, frame);
        }
        match users {
            [] => {}
            [(user, reach)] => self.answer_short(conn, head, user, reach),
            _ => {
                let (front, back) = users.split_at(users.len() / 2);
                self.answer(conn, head, front);
                self.answer(conn, head, back);
            }
        }
    }

    /// Names half as many devices of the user, until they fit: the answer is partial.
    fn answer_short(&mut self, conn: ConnId, head: &Fanout<'_>, user: &str, reach: &Reach<Vec<Device>>) {
        let half = reach.clone().map(|mut devices| {
            devices.truncate(devices.len() / 2);
            devices
        });
        self.stats.short_fanouts += u64::from(!head.partial);
        self.answer(conn, &Fanout { partial: true, ..*head }, &[(user, half)]);
    }
}
