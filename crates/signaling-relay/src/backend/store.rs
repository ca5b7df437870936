//! Messages on their way to who was not there, in memory (the store of protocol section 4).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use signaling_core::UserId;

use super::shares::Shares;
use super::{Keeping, Kept, Mailbox};
use crate::config::Config;

/// What a kept message weighs beyond its body.
const OVERHEAD: usize = 512;

/// Counts what was kept: the greater the younger.
pub(super) type Age = u64;

#[derive(Clone, Debug)]
pub(super) struct Store {
    mailboxes: HashMap<Mailbox, BTreeMap<Age, Kept>>,
    /// Where each message is.
    ages: HashMap<Age, Mailbox>,
    /// All messages, the one that ends first first.
    ends: BTreeSet<(u64, Age)>,
    shares: Shares,
    next: Age,
    bytes: usize,
    per_mailbox: usize,
    bytes_per_mailbox: usize,
    bytes_total: usize,
}

impl Store {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            mailboxes: HashMap::new(),
            ages: HashMap::new(),
            ends: BTreeSet::new(),
            shares: Shares::default(),
            next: 0,
            bytes: 0,
            per_mailbox: config.kept,
            bytes_per_mailbox: config.kept_bytes,
            bytes_total: config.kept_bytes_total,
        }
    }

    pub(super) fn keep(&mut self, mailbox: &Mailbox, message: Kept) -> Keeping {
        if let Some((age, there)) = self.same(mailbox, &message) {
            if there.from.device.epoch == message.from.device.epoch && there.ver > message.ver {
                return Keeping::Older;
            }
            self.remove(age);
        }
        let age = self.insert(mailbox, message);
        let dropped = self.shrink_mailbox(mailbox) + self.shrink();
        if self.ages.contains_key(&age) { Keeping::Kept { dropped } } else { Keeping::NoRoom { dropped } }
    }

    /// The message of the same invitation and sender, whichever run of the device.
    fn same(&self, mailbox: &Mailbox, message: &Kept) -> Option<(Age, &Kept)> {
        let mut there = self.mailboxes.get(mailbox)?.iter();
        let same = |kept: &Kept| kept.key == message.key && kept.from.device.id == message.from.device.id;
        there.find(|(_, kept)| same(kept)).map(|(age, kept)| (*age, kept))
    }

    fn insert(&mut self, mailbox: &Mailbox, message: Kept) -> Age {
        let age = self.next;
        self.next += 1;
        self.bytes += weight(&message);
        self.shares.add(&message.from.user, age, weight(&message));
        self.ages.insert(age, mailbox.clone());
        self.ends.insert((message.until, age));
        self.mailboxes.entry(mailbox.clone()).or_default().insert(age, message);
        age
    }

    fn remove(&mut self, age: Age) {
        let Some(mailbox) = self.ages.remove(&age) else { return };
        let Some(messages) = self.mailboxes.get_mut(&mailbox) else { return };
        if let Some(message) = messages.remove(&age) {
            self.bytes = self.bytes.saturating_sub(weight(&message));
            self.shares.remove(&message.from.user, age, weight(&message));
            self.ends.remove(&(message.until, age));
        }
        if messages.is_empty() {
            self.mailboxes.remove(&mailbox);
        }
    }

    fn shrink_mailbox(&mut self, mailbox: &Mailbox) -> usize {
        let mut dropped = 0;
        while let Some(oldest) = self.too_much_in(mailbox) {
            self.remove(oldest);
            dropped += 1;
        }
        dropped
    }

    /// The oldest message of whoever sent most, in a mailbox that holds more than it may: so nobody's junk drives
    /// out what others sent.
    fn too_much_in(&self, mailbox: &Mailbox) -> Option<Age> {
        let messages = self.mailboxes.get(mailbox)?;
        let mut sent = HashMap::<&UserId, usize>::new();
        for message in messages.values() {
            *sent.entry(&message.from.user).or_default() += weight(message);
        }
        let bytes: usize = sent.values().sum();
        if messages.len() <= self.per_mailbox && bytes <= self.bytes_per_mailbox {
            return None;
        }
        let most = sent.values().max()?;
        let (age, _) = messages.iter().find(|(_, message)| sent.get(&message.from.user) == Some(most))?;
        Some(*age)
    }

    fn shrink(&mut self) -> usize {
        let mut dropped = 0;
        while self.bytes > self.bytes_total {
            let Some(oldest) = self.shares.oldest_of_most() else { break };
            self.remove(oldest);
            dropped += 1;
        }
        dropped
    }

    pub(super) fn of(&self, mailbox: &Mailbox) -> Vec<Kept> {
        self.mailboxes.get(mailbox).map(|messages| messages.values().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn clear(&mut self, mailbox: &Mailbox) {
        let Some(messages) = self.mailboxes.get(mailbox) else { return };
        let ages: Vec<Age> = messages.keys().copied().collect();
        ages.into_iter().for_each(|age| self.remove(age));
    }

    pub(super) fn expire(&mut self, now: u64) -> usize {
        let mut expired = 0;
        while let Some((_, age)) = self.ends.first().copied().filter(|(until, _)| *until <= now) {
            self.remove(age);
            expired += 1;
        }
        expired
    }

    pub(super) fn next_expiry(&self) -> Option<u64> {
        self.ends.first().map(|(until, _)| *until)
    }
}

fn weight(message: &Kept) -> usize {
    message.body.len() + OVERHEAD
}
