//! Who takes part in a plot.

use signaling_core::Device;

/// A device of the cast, by its place.
pub type Who = usize;

/// The most devices of a cast.
pub(crate) const MOST: usize = 11;
/// The most invitees of a call.
pub const INVITEES: usize = 8;
/// The group of all of them.
pub(crate) const GROUP: &str = "team";

/// A device after so many restarts.
pub(crate) fn run_of(who: Who, restarts: u32) -> Device {
    Device { id: who as u64 + 1, epoch: restarts + 1 }
}

/// A device: its user and its label.
pub type Member = (&'static str, &'static str);

/// One call of two people, and the inviter's other device at the end.
pub(crate) const CALL: &[Member] =
    &[("alice", "door"), ("bob", "kitchen"), ("bob", "car"), ("carol", "phone"), ("alice", "desk")];
/// Whom alice calls there.
pub(crate) const TWO: &[&str] = &["bob", "carol"];

/// Two people with two devices each.
pub(crate) const PAIRS: &[Member] =
    &[("alice", "door"), ("bob", "kitchen"), ("alice", "desk"), ("bob", "car")];
/// Two people with one device each.
pub(crate) const PAIR: &[Member] = &[("alice", "door"), ("bob", "kitchen")];

/// Alice and dave call the others, again and again.
pub(crate) const CROWD: &[Member] =
    &[("alice", "door"), ("bob", "kitchen"), ("bob", "car"), ("carol", "phone"), ("dave", "phone")];

/// Alice and a group of eight, one of whom has two devices.
pub(crate) const TEAM: &[Member] = &[
    ("alice", "door"),
    ("bob", "kitchen"),
    ("bob", "car"),
    ("carol", "phone"),
    ("dave", "phone"),
    ("erin", "phone"),
    ("frank", "phone"),
    ("grace", "phone"),
    ("heidi", "phone"),
    ("ivan", "phone"),
];
/// The eight.
pub(crate) const EIGHT: &[&str] = &["bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan"];
