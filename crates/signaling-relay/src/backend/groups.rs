//! Who is in which group, in memory.

use std::collections::{BTreeSet, HashMap};

use signaling_core::{GroupId, UserId};

#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    members: HashMap<GroupId, BTreeSet<UserId>>,
}

impl Groups {
    pub(super) fn count(&self) -> usize {
        self.members.len()
    }

    pub(super) fn size(&self, group: &GroupId) -> Option<usize> {
        self.members.get(group).map(BTreeSet::len)
    }

    pub(super) fn has(&self, group: &GroupId, user: &UserId) -> bool {
        self.members.get(group).is_some_and(|members| members.contains(user))
    }

    pub(super) fn of(&self, group: &GroupId) -> Vec<UserId> {
        self.members.get(group).into_iter().flatten().cloned().collect()
    }

    pub(super) fn join(&mut self, group: &GroupId, user: &UserId) {
        self.members.entry(group.clone()).or_default().insert(user.clone());
    }

    pub(super) fn leave(&mut self, group: &GroupId, user: &UserId) {
        let Some(members) = self.members.get_mut(group) else { return };
        members.remove(user);
        if members.is_empty() {
            self.members.remove(group);
        }
    }
}
