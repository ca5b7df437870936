//! Whose devices these are, in memory.

use std::collections::HashMap;

use signaling_core::{Device, UserId};

#[derive(Clone, Debug, Default)]
pub(super) struct Devices {
    owners: HashMap<u64, UserId>,
    /// In the order of the last Hello.
    lists: HashMap<UserId, Vec<Device>>,
}

impl Devices {
    pub(super) fn owner(&self, device: u64) -> Option<UserId> {
        self.owners.get(&device).cloned()
    }

    pub(super) fn of(&self, user: &UserId) -> Vec<Device> {
        self.lists.get(user).cloned().unwrap_or_default()
    }

    pub(super) fn count(&self) -> usize {
        self.owners.len()
    }

    pub(super) fn put(&mut self, user: &UserId, device: Device) {
        self.owners.insert(device.id, user.clone());
        let list = self.lists.entry(user.clone()).or_default();
        list.retain(|known| known.id != device.id);
        list.push(device);
    }

    pub(super) fn remove(&mut self, user: &UserId, device: u64) {
        let Some(list) = self.lists.get_mut(user) else { return };
        list.retain(|known| known.id != device);
        if list.is_empty() {
            self.lists.remove(user);
        }
        self.owners.remove(&device);
    }
}
