//! Who has how much in the store.

use std::collections::{BTreeSet, HashMap};

use signaling_core::UserId;

use super::store::Age;

/// What each user sent and is kept, wherever it waits.
#[derive(Clone, Debug, Default)]
pub(super) struct Shares {
    of: HashMap<UserId, Share>,
    /// Each user by how many bytes he has there.
    ranks: BTreeSet<(usize, UserId)>,
}

#[derive(Clone, Debug, Default)]
struct Share {
    bytes: usize,
    ages: BTreeSet<Age>,
}

impl Shares {
    pub(super) fn add(&mut self, user: &UserId, age: Age, bytes: usize) {
        self.change(user, |share| {
            share.bytes += bytes;
            share.ages.insert(age);
        });
    }

    pub(super) fn remove(&mut self, user: &UserId, age: Age, bytes: usize) {
        self.change(user, |share| {
            share.bytes = share.bytes.saturating_sub(bytes);
            share.ages.remove(&age);
        });
    }

    fn change(&mut self, user: &UserId, change: impl FnOnce(&mut Share)) {
        let share = self.of.entry(user.clone()).or_default();
        self.ranks.remove(&(share.bytes, user.clone()));
        change(share);
        if share.ages.is_empty() {
            self.of.remove(user);
        } else {
            self.ranks.insert((share.bytes, user.clone()));
        }
    }

    /// The oldest message of whoever has most.
    pub(super) fn oldest_of_most(&self) -> Option<Age> {
        let (_, user) = self.ranks.last()?;
        self.of.get(user)?.ages.first().copied()
    }
}
