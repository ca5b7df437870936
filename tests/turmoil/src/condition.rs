//! The rows of the table: what befalls links and machines.

/// What is the matter with the link of a device for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Nothing comes through.
    Cut,
    /// Nothing comes to the device, and it does not know.
    Deaf,
    /// Nothing comes from the device, and it does not know.
    Mute,
    /// What is said waits, and comes all at once.
    Held,
}

/// What happens to the calls of one row.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// How the row is called.
    pub name: &'static str,
    /// How long a segment takes, one way, in ms: from, to.
    pub delay: (u64, u64),
    /// What may be the matter with a link.
    pub troubles: &'static [Trouble],
    /// How often the relay is killed and started again, with nothing.
    pub relay_restarts: u32,
    /// How often a device is killed and started again, with nothing.
    pub device_restarts: u32,
}

const CALM: Condition =
    Condition { name: "calm", delay: (5, 40), troubles: &[], relay_restarts: 0, device_restarts: 0 };

/// All rows.
pub const CONDITIONS: [Condition; 8] = [
    CALM,
    Condition { name: "slow", delay: (100, 1_500), ..CALM },
    Condition { name: "cut", troubles: &[Trouble::Cut], ..CALM },
    Condition { name: "deaf or mute", troubles: &[Trouble::Deaf, Trouble::Mute], ..CALM },
    Condition { name: "held up", troubles: &[Trouble::Held], ..CALM },
    Condition { name: "relay killed", relay_restarts: 3, ..CALM },
    Condition { name: "devices killed", device_restarts: 3, ..CALM },
    Condition {
        name: "all of it",
        delay: (5, 400),
        troubles: &[Trouble::Cut, Trouble::Deaf, Trouble::Mute, Trouble::Held],
        relay_restarts: 2,
        device_restarts: 2,
    },
];

impl Condition {
    /// The row of that name.
    pub fn named(name: &str) -> Option<Self> {
        CONDITIONS.into_iter().find(|condition| condition.name == name)
    }
}
