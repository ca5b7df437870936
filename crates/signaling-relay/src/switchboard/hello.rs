//! A device says who it is.

use rand::Rng;
use signaling_core::wire::{Frame, Hello, Refusal, Welcome};
use signaling_core::{Label, UserId};

use super::{ConnId, Switchboard, encode};
use crate::backend::{Mailbox, Sender};
use crate::config::SMALLEST_FRAME;

impl Switchboard {
    pub(super) fn hello(&mut self, conn: ConnId, hello: &Hello<'_>) {
        let sender = match self.prove(hello) {
            Ok(sender) => sender,
            Err(reason) => return self.close(conn, reason),
        };
        if sender.device.epoch == 0 {
            return self.welcome(conn);
        }
        if let Err(reason) = self.make_room(&sender) {
            return self.close(conn, reason);
        }
        self.let_in(conn, &sender, hello.largest);
        self.welcome(conn);
        self.hand_over(conn, &sender);
    }

    /// Who it is, if that is so.
    fn prove(&self, hello: &Hello<'_>) -> Result<Sender, Refusal> {
        let user = UserId::new(hello.user).map_err(|_| Refusal::Malformed)?;
        let label = Label::new(hello.label).map_err(|_| Refusal::Malformed)?;
        if hello.largest < SMALLEST_FRAME {
            return Err(Refusal::TooLarge);
        }
        self.auth.authenticate(hello.user, hello.device.id, hello.token, self.wall)?;
        if self.backend.owner(hello.device.id).is_some_and(|owner| owner != user) {
            return Err(Refusal::Device);
        }
        Ok(Sender { user, device: hello.device, label })
    }

    /// Finds a place for the device among those of its user.
    fn make_room(&mut self, sender: &Sender) -> Result<(), Refusal> {
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

    fn let_in(&mut self, conn: ConnId, sender: &Sender, largest: u32) {
        let older = self.online.get(&{ sender.device.id }).copied().filter(|older| *older != conn);
        if let Some(older) = older {
            self.close(older, Refusal::Replaced);
        }
        if let Some(before) = self.links.admit(conn, sender.clone(), largest, &self.config) {
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
