//! Whom a group's rules let through once (protocol section 4: a key once admitted stays admitted).

use std::collections::{HashSet, VecDeque};

use signaling_core::{GroupId, InviteId, UserId};

/// The device that sent it, the invitation, in which group, and to whom.
type Passage = (u64, InviteId, GroupId, UserId);

/// The last passages, oldest first.
#[derive(Debug)]
pub(super) struct Admitted {
    known: HashSet<Passage>,
    order: VecDeque<Passage>,
    limit: usize,
}

impl Admitted {
    pub(super) fn new(limit: usize) -> Self {
        Self { known: HashSet::new(), order: VecDeque::new(), limit }
    }

    pub(super) fn knows(&self, sender: u64, key: InviteId, group: &GroupId, user: &UserId) -> bool {
        self.known.contains(&(sender, key, group.clone(), user.clone()))
    }

    pub(super) fn insert(&mut self, sender: u64, key: InviteId, group: &GroupId, user: &UserId) {
        let passage = (sender, key, group.clone(), user.clone());
        if !self.known.insert(passage.clone()) {
            return;
        }
        self.order.push_back(passage);
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
