//! Who is in which group, in memory.

use std::collections::{BTreeSet, HashMap};

use signaling_core::{GroupId, UserId};

#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    members: HashMap<GroupId, BTreeSet<UserId>>,
    /// In how many each user is.
    counts: HashMap<UserId, usize>,
}

impl Groups {
    pub(super) fn count(&self) -> usize {
        self.members.len()
    }

    pub(super) fn size(&self, group: &GroupId) -> Option<usize> {
        self.members.get(group).map(BTreeSet::len)
    }

    pub(super) fn count_of(&self, user: &UserId) -> usize {
        self.counts.get(user).copied().unwrap_or_default()
    }

    pub(super) fn has(&self, group: &GroupId, user: &UserId) -> bool {
        self.members.get(group).is_some_and(|members| members.contains(user))
    }

    pub(super) fn of(&self, group: &GroupId) -> Vec<UserId> {
        self.members.get(group).into_iter().flatten().cloned().collect()
    }

    pub(super) fn join(&mut self, group: &GroupId, user: &UserId) {
        if self.members.entry(group.clone()).or_default().insert(user.clone()) {
            *self.counts.entry(user.clone()).or_default() += 1;
        }
    }

    pub(super) fn leave(&mut self, group: &GroupId, user: &UserId) {
        let Some(members) = self.members.get_mut(group) else { return };
        if !members.remove(user) {
            return;
        }
        if members.is_empty() {
            self.members.remove(group);
        }
        let Some(count) = self.counts.get_mut(user) else { return };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.counts.remove(user);
        }
    }
}
