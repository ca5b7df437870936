//! What the origin says to anybody: an Invite or a Decision, without payloads and names.

use super::{Rev, Slot};

/// A set of slots, by index; a row has at most 64.
#[repr(C, packed(4))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Mask(u64);

impl Mask {
    /// No slot.
    pub const EMPTY: Self = Self(0);

    /// The slots of `bits`, bit 0 first.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Bit i is slot i.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The set of one; none for an index past 63.
    #[cfg_attr(target_pointer_width = "32", inline(never))] // chips shift 64 bits in steps
    pub fn one(index: u8) -> Self {
        Self(1u64.checked_shl(u32::from(index)).unwrap_or(0))
    }

    /// The first `count` slots.
    pub(super) fn first(count: u8) -> Self {
        Self(1u64.checked_shl(u32::from(count)).unwrap_or(0).wrapping_sub(1))
    }

    /// Those of the slots that have no outcome.
    pub(super) fn pending(slots: &[Slot]) -> Self {
        let mut bit = 1u64;
        let mut pending = 0;
        for slot in slots {
            if !slot.decided() {
                pending |= bit;
            }
            bit = bit.wrapping_shl(1);
        }
        Self(pending)
    }

    /// Whether slot `index` is in it.
    pub fn has(self, index: u8) -> bool {
        self.0 & Self::one(index).0 != 0
    }

    /// Adds slot `index`; whether it is new.
    pub fn add(&mut self, index: u8) -> bool {
        let new = !self.has(index);
        self.0 |= Self::one(index).0;
        new
    }

    /// The slots of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The slots of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The slots of this one that are not of the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it has no slot.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many slots it has.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The indexes, rising.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        Indexes { left: self.0, at: 0 }
    }
}

struct Indexes {
    /// What is left of the set, the slot `at` first.
    left: u64,
    at: u8,
}

impl Iterator for Indexes {
    type Item = u8;

    #[cfg_attr(target_pointer_width = "32", inline(never))] // it is called from everywhere
    fn next(&mut self) -> Option<u8> {
        while self.left != 0 {
            let (found, at) = (self.left & 1 != 0, self.at);
            (self.left, self.at) = (self.left >> 1, at.saturating_add(1));
            if found {
                return Some(at);
            }
        }
        None
    }
}

impl FromIterator<u8> for Mask {
    fn from_iter<T: IntoIterator<Item = u8>>(indexes: T) -> Self {
        indexes.into_iter().fold(Self::default(), |all, i| all.or(Self::one(i)))
    }
}

/// Which of the two it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// To whom the invitation is still open.
    Invite,
    /// To whom it is decided.
    Decision,
}

/// An Invite or a Decision. `S` iterates the slots, each with whether an answer's data belongs to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Report<S> {
    /// Invite or Decision.
    pub kind: Kind,
    /// The revision of the invitation's data.
    pub rev: Rev,
    /// Which number of the receiver it answers; 0 for none.
    pub echo: u32,
    /// The receiver's last Modify, as (its number, the revision it became or 0).
    pub modify: Option<(u32, u16)>,
    /// All slots.
    pub slots: S,
    /// The slot whose answer's data rides along.
    pub answer: Option<u8>,
    /// Whether the invitation's data rides along.
    pub data: bool,
}
