//! A device says who it is.

use rand::Rng;
use signaling_core::wire::{Frame, Hello, Refusal, Welcome};
use signaling_core::{Label, UserId};

use super::links::Newcomer;
use super::{ConnId, Switchboard, encode};
use crate::backend::{Mailbox, Sender};
use crate::config::SMALLEST_FRAME;

impl Switchboard {
    pub(super) fn hello(&mut self, conn: ConnId, hello: &Hello<'_>) {
        let sender = match self.prove(hello) {
            Ok(sender) => sender,
            Err(reason) => {
                tracing::info!(conn = conn.0, user = ?hello.user, device = %hello.device, %reason, "not let in");
                return self.close(conn, reason);
            }
        };
        if sender.device.epoch == 0 {
            return self.welcome(conn);
        }
        let groups = self.auth.groups(hello.token);
        self.enter(conn, Newcomer { sender, largest: hello.largest, groups }, None);
    }

    pub(super) fn pong(&mut self, conn: ConnId, number: u32) {
        if let Some(newcomer) = self.links.waiting(conn) {
            self.enter(conn, newcomer, Some(number));
        }
    }

    /// Lets it in; but it takes a link of its device away only if it `answered` a Ping that was sent since that link
    /// stands. A Hello that was held up on its way comes from nobody.
    fn enter(&mut self, conn: ConnId, newcomer: Newcomer, answered: Option<u32>) {
        let older = self.older(conn, newcomer.sender.device.id).map(|older| self.links.number(older));
        if let Some(number) = older.filter(|_| older != answered) {
            self.links.wait(conn, newcomer);
            return self.put(conn, encode::small(&Frame::Ping(number)));
        }
        if let Err(reason) = self.make_room(&newcomer.sender) {
            let Sender { user, device, .. } = &newcomer.sender;
            let of_user = self.backend.devices(user).len();
            tracing::info!(conn = conn.0, %user, %device, of_user, %reason, "not let in");
            return self.close(conn, reason);
        }
        let again = self.links.sender(conn).is_some_and(|before| before.device == newcomer.sender.device);
        self.let_in(conn, &newcomer);
        self.welcome(conn);
        self.hand_over(conn, &newcomer.sender, again);
    }

    /// Another link of that device.
    fn older(&self, conn: ConnId, device: u64) -> Option<ConnId> {
        self.online.get(&device).copied().filter(|older| *older != conn)
    }

    /// Who it is, if that is so.
    fn prove(&self, hello: &Hello<'_>) -> Result<Sender, Refusal> {
        let user = UserId::new(hello.user).map_err(|_| Refusal::Malformed)?;
        let label = Label::new(hello.label).map_err(|_| Refusal::Malformed)?;
        if hello.largest < SMALLEST_FRAME {
            return Err(Refusal::TooLarge);
        }
        self.auth.authenticate(hello.user, hello.device.id, hello.token, self.wall)?;
        self.check_owner(&user, hello.device.id)?;
        Ok(Sender { user, device: hello.device, label })
    }

    fn check_owner(&self, user: &UserId, device: u64) -> Result<(), Refusal> {
        let foreign = self.backend.owner(device).is_some_and(|owner| owner != *user);
        if foreign { Err(Refusal::Device) } else { Ok(()) }
    }

    /// Finds a place for the device among those of its user; while it waited, somebody else may have got it.
    fn make_room(&mut self, sender: &Sender) -> Result<(), Refusal> {
        self.check_owner(&sender.user, sender.device.id)?;
        let devices = self.backend.devices(&sender.user);
        if devices.iter().any(|known| known.id == sender.device.id) {
            return Ok(());
        }
        if devices.len() >= self.config.devices_per_user {
            let offline = devices.iter().find(|known| !self.online.contains_key(&{ known.id }));
            self.drop_device(&sender.user, offline.ok_or(Refusal::Busy)?.id);
        }
        if self.backend.device_count() >= self.config.devices {
            return Err(Refusal::Busy);
        }
        Ok(())
    }

    fn drop_device(&mut self, user: &UserId, device: u64) {
        self.backend.drop_device(user, device);
        self.backend.clear(&Mailbox::Device(device));
        self.stats.dropped_devices += 1;
    }

    fn let_in(&mut self, conn: ConnId, newcomer: &Newcomer) {
        let sender = &newcomer.sender;
        if let Some(older) = self.older(conn, sender.device.id) {
            self.close(older, Refusal::Replaced);
        }
        if let Some(before) = self.links.admit(conn, newcomer.clone(), self.now, &self.config) {
            self.online.remove(&{ before.device.id });
        }
        tracing::debug!(conn = conn.0, user = %sender.user, device = %sender.device, "online");
        self.online.insert(sender.device.id, conn);
        self.backend.put_device(&sender.user, sender.device);
    }

    fn welcome(&mut self, conn: ConnId) {
        let mut random = [0; 16];
        self.rng.fill_bytes(&mut random);
        self.put(conn, encode::small(&Frame::Welcome(Welcome { limits: self.config.limits(), random })));
    }
}
