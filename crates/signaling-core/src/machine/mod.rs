//! The rules of one invitation, without time, ids, payloads or I/O (protocol sections 5 and 6).
//!
//! [`Origin`] is the invitation on the device that made it; [`Holder`] is the same invitation on any other
//! device. Both are plain values (`Copy`, `Eq`, `Hash`): the model checker, the simulator, the fuzzer and the
//! firmware run this very source. What they want done leaves through [`Fx`].

mod glare;
mod holder;
mod origin;
mod report;

pub use glare::Rival;
pub use holder::{Arrival, First, Holder, HolderTimer, Me, Seen, State};
pub use origin::{Fanned, Origin, OriginSlots, OriginTimer, Party, PartyId, Peer, SavedOrigin, Terms, Via};
pub use report::{Kind, Mask, Report};

use serde::{Deserialize, Serialize};

use crate::name::Device;

/// Why a slot says rejected.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reason {
    /// A person said no.
    Declined,
    /// A person, or an application for him, said that he is busy.
    Busy,
    /// The relay refused this user for good, and no device of his was ever heard of.
    Unreachable,
}

/// What became of one invitee. Written once, by the inviter's device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Slot {
    /// Nothing yet.
    #[default]
    Pending,
    /// This run of this device won.
    Accepted(Device),
    /// Said no, or cannot be reached.
    Rejected(Reason),
    /// The inviter took the invitation back first.
    Cancelled,
    /// The inviter's time limit came first.
    TimedOut,
}

impl Slot {
    /// Whether the slot has its outcome, which then never changes.
    pub fn decided(self) -> bool {
        self != Self::Pending
    }
}

/// The revision of an invitation's data: 0 as it was made, one more at each modification.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rev {
    /// How many modifications there were.
    pub number: u16,
    /// Who made the last one; all zero while there is none. It gets no callback for it.
    pub author: Device,
}

/// What a person can answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Answer {
    /// Yes.
    Accept,
    /// No.
    Decline,
    /// No: in another call.
    Busy,
}

/// Why a device cannot ring.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Full {
    /// Its table holds nothing but live invitations.
    NoCapacity,
    /// The invitation has more data or more invitees than the device can keep.
    TooLarge,
}

/// What a device tells the origin about itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Stance {
    /// It rings; the answer renews its lease.
    Ringing,
    /// It asks whether the invitation still stands.
    Query,
    /// Its person answered.
    Answer(Answer),
    /// It cannot ring, and speaks for itself only.
    Full(Full),
    /// An observer takes the invitation back.
    Cancel,
    /// It wants other data in the invitation.
    Modify,
}

/// Where a message of the machine goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum To {
    /// An Invite to all devices of the users in question.
    Users(Parties),
    /// A Decision to all devices of the users in question.
    Decided(Parties),
    /// To one known device of the party; `echo` is the n that is answered, or 0.
    Peer {
        /// The party.
        party: PartyId,
        /// Which of its peers.
        peer: u8,
        /// The number that is answered, or 0.
        echo: u32,
    },
    /// To a device that found no place in the row: written at once by the input that asked.
    Stranger {
        /// The device.
        device: Device,
        /// The number that is answered.
        echo: u32,
    },
}

/// Some of the parties of an invitation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Parties {
    /// The invitees.
    pub invitees: Mask,
    /// The inviter's own other devices.
    pub observers: bool,
}

impl Parties {
    /// Nobody.
    pub const NONE: Self = Self { invitees: Mask::EMPTY, observers: false };

    /// Whether it names nobody.
    pub fn is_empty(self) -> bool {
        self.invitees.is_empty() && !self.observers
    }

    /// Those that are not of the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            invitees: self.invitees.without(other.invitees),
            observers: self.observers && !other.observers,
        }
    }
}

/// What one row is told about; the engine turns it into events.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tell {
    /// The relay has it: at least one user was not refused.
    Delivered,
    /// A device of the invitee rings.
    Ringing(PartyId, Device),
    /// A device of the invitee cannot ring.
    Full(PartyId, Device, Full),
    /// The winner knows that it won.
    Established(u8),
    /// A slot was decided, on the origin or as a holder learned it.
    Decided(u8),
    /// All these slots ran out at once.
    TimedOut(Mask),
    /// The invitation was taken back; told once.
    Cancelled,
    /// At the inviter: it gave way to an invitation from the one it was for.
    Glare,
    /// The data changed, by somebody else.
    Modified,
    /// A new invitation: ring.
    New,
    /// Stop ringing without an outcome.
    Stopped,
    /// Ring again.
    Resumed,
    /// The answer, or the ring, ended in doubt.
    Unresolved,
    /// It was over before this device ever rang.
    Missed,
    /// The answer given here is what counts.
    Confirmed,
    /// The answer given here came too late; the slot says what counts.
    Overruled,
    /// The request (Modify or Cancel) was carried out.
    Granted,
    /// The request was refused.
    Denied,
    /// The request got no answer.
    Unanswered,
}

/// What the machine wants done. The row it leaves is the truth; these are hints to act on it.
pub trait Fx {
    /// Send to the users or devices named, soon.
    fn send(&mut self, to: To);
    /// Send to the origin: the stance (and its number), the request, or an Ack.
    fn reply(&mut self, reply: Reply);
    /// Tell the application.
    fn tell(&mut self, tell: Tell);
    /// Start the timer of the row anew.
    fn arm(&mut self, timer: Timer);
    /// A number never used before on this device in this run, from 1.
    fn number(&mut self) -> u32;
}

/// What a holder sends to the origin device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reply {
    /// [`Holder::stance`] with its number.
    Stance,
    /// The request with its number.
    Request,
    /// What this device knows: [`Holder::ack`].
    Ack,
    /// A stance of a device that keeps no row.
    Full(Full),
    /// All that the report names is known; no row is kept.
    AckAll,
}

/// Any timer of a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Timer {
    /// On the origin.
    Origin(OriginTimer),
    /// On a holder.
    Holder(HolderTimer),
}
