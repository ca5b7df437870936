//! The backend that forgets with the process.

use signaling_core::{Device, GroupId, UserId};

use super::devices::Devices;
use super::groups::Groups;
use super::store::Store;
use super::{Backend, Keeping, Kept, Mailbox};
use crate::config::Config;

/// Everything in memory, and gone with the process. Clone it to restart a relay that forgot nothing.
#[derive(Clone, Debug)]
pub struct Memory {
    devices: Devices,
    groups: Groups,
    store: Store,
}

impl Memory {
    /// Remembers nothing yet, and never more messages than `config` allows.
    pub fn new(config: &Config) -> Self {
        Self { devices: Devices::default(), groups: Groups::default(), store: Store::new(config) }
    }
}

impl Backend for Memory {
    fn durable(&self) -> bool {
        false
    }

    fn owner(&self, device: u64) -> Option<UserId> {
        self.devices.owner(device)
    }

    fn devices(&self, user: &UserId) -> Vec<Device> {
        self.devices.of(user)
    }

    fn device_count(&self) -> usize {
        self.devices.count()
    }

    fn put_device(&mut self, user: &UserId, device: Device) {
        self.devices.put(user, device);
    }

    fn drop_device(&mut self, user: &UserId, device: u64) {
        self.devices.remove(user, device);
    }

    fn group_count(&self) -> usize {
        self.groups.count()
    }

    fn group_size(&self, group: &GroupId) -> Option<usize> {
        self.groups.size(group)
    }

    fn groups_of(&self, user: &UserId) -> usize {
        self.groups.count_of(user)
    }

    fn is_member(&self, group: &GroupId, user: &UserId) -> bool {
        self.groups.has(group, user)
    }

    fn members(&self, group: &GroupId) -> Vec<UserId> {
        self.groups.of(group)
    }

    fn join(&mut self, group: &GroupId, user: &UserId) {
        self.groups.join(group, user);
    }

    fn leave(&mut self, group: &GroupId, user: &UserId) {
        self.groups.leave(group, user);
    }

    fn keep(&mut self, mailbox: &Mailbox, message: Kept) -> Keeping {
        self.store.keep(mailbox, message)
    }

    fn kept(&self, mailbox: &Mailbox) -> Vec<Kept> {
        self.store.of(mailbox)
    }

    fn kept_bytes(&self) -> usize {
        self.store.bytes()
    }

    fn clear(&mut self, mailbox: &Mailbox) {
        self.store.clear(mailbox);
    }

    fn expire(&mut self, now: u64) -> usize {
        self.store.expire(now)
    }

    fn next_expiry(&self) -> Option<u64> {
        self.store.next_expiry()
    }
}
