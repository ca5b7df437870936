//! What is under way: a set, so that anything may come late, twice, or never.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use signaling_core::Device;
use signaling_core::machine::{Fanned, Mask, OriginSlots, Parties, PartyId, Report, Slot, Stance};

use crate::world::INVITEES;

/// An Invite or a Decision.
pub type Rep = Report<Slots>;

/// The slots in it, each with whether data belongs to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Slots {
    slots: [Option<(Slot, bool)>; INVITEES],
    at: usize,
}

impl Iterator for Slots {
    type Item = (Slot, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let slot = *self.slots.get(self.at)?;
        self.at += 1;
        slot
    }
}

/// What an inviter writes, as it goes over the network.
pub fn written(report: Report<OriginSlots<'_>>) -> Rep {
    let Report { kind, rev, echo, modify, mut slots, answer, data } = report;
    let slots = Slots { slots: std::array::from_fn(|_| slots.next()), at: 0 };
    Report { kind, rev, echo, modify, slots, answer, data }
}

/// A message, or what the relay says of one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Msg {
    /// Inviter → relay: to all devices of these users.
    Send {
        /// Which users.
        to: Parties,
        /// Raised with every change.
        ver: u32,
        /// The body.
        report: Rep,
    },
    /// Relay → device.
    Report {
        /// The device; epoch 0 if it was sent to users.
        to: Device,
        /// Whether it was sent to users.
        users: bool,
        /// The body.
        report: Rep,
    },
    /// Origin device → device: no record.
    Unknown {
        /// The device, of any run.
        to: u64,
    },
    /// Device → origin device.
    Stance {
        /// As the relay authenticated it.
        from: Device,
        /// Its number.
        n: u32,
        /// What it says.
        stance: Stance,
        /// Whether data came along.
        data: bool,
    },
    /// Device → origin device.
    Ack {
        /// As the relay authenticated it.
        from: Device,
        /// The revision that it has.
        rev: u16,
        /// The outcomes that it has.
        mask: Mask,
    },
    /// Relay → inviter.
    Fanout {
        /// Of which user.
        party: PartyId,
        /// Of which Send.
        ver: u32,
        /// How far it got.
        fanned: Fanned,
        /// To whom.
        devices: Vec<Device>,
    },
}

/// A message with its key, which orders the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter(Arc<(u64, Msg)>);

impl Letter {
    fn new(msg: Msg) -> Self {
        let mut hasher = DefaultHasher::new();
        msg.hash(&mut hasher);
        Self(Arc::new((hasher.finish(), msg)))
    }

    /// What it says.
    pub fn msg(&self) -> &Msg {
        &self.0.1
    }

    /// What tells it from all others.
    pub fn key(&self) -> u64 {
        self.0.0
    }
}

impl Hash for Letter {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.key());
    }
}

/// All that was ever sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Network(Vec<Letter>);

impl Network {
    /// Adds a message, once.
    pub fn post(&mut self, msg: Msg) {
        self.add(Letter::new(msg));
    }

    /// Adds a letter, once.
    pub fn add(&mut self, letter: Letter) {
        if let Err(at) = self.0.binary_search_by_key(&letter.key(), Letter::key) {
            self.0.insert(at, letter);
        }
    }

    /// Whether that message was sent.
    pub fn has(&self, msg: &Msg) -> bool {
        let letter = Letter::new(msg.clone());
        self.0.binary_search_by_key(&letter.key(), Letter::key).is_ok()
    }

    /// Every message, in a fixed order.
    pub fn letters(&self) -> &[Letter] {
        &self.0
    }

    /// Loses everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
