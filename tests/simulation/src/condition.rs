//! The rows of the table: what the links, clocks and devices do to a call.

/// What happens to the calls of one row. Loss and delay are of the whole path device → relay → device.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Condition {
    /// How the row is called.
    pub name: &'static str,
    /// The share of frames that is lost.
    pub loss: f64,
    /// The share of frames that arrives twice.
    pub repeat: f64,
    /// The delay, one way, in ms: from, to. Frames overtake each other within it.
    pub delay: (u64, u64),
    /// How fast the clock of a device may run: 2 is twice as fast.
    pub clock: (f64, f64),
    /// One device, be it the inviter's, is cut off for up to so many ms.
    pub cut: u64,
    /// The relay is killed mid-ring and comes back with nothing.
    pub relay_crash: bool,
    /// One device of an invitee restarts mid-ring with nothing.
    pub device_crash: bool,
    /// The inviter's other device is there, and may cancel or modify.
    pub observer: bool,
}

const CALM: Condition = Condition {
    name: "calm",
    loss: 0.0,
    repeat: 0.0,
    delay: (20, 80),
    clock: (1.0, 1.0),
    cut: 0,
    relay_crash: false,
    device_crash: false,
    observer: false,
};

/// All rows, in the order of the table.
pub const CONDITIONS: [Condition; 11] = [
    CALM,
    Condition { name: "1 % loss", loss: 0.01, ..CALM },
    Condition { name: "10 % loss", loss: 0.1, ..CALM },
    Condition { name: "30 % loss", loss: 0.3, ..CALM },
    Condition { name: "50 % loss", loss: 0.5, ..CALM },
    Condition { name: "repeats, reordering", loss: 0.1, repeat: 0.3, delay: (20, 2_000), ..CALM },
    Condition { name: "clocks 0.5x to 2x", loss: 0.1, clock: (0.5, 2.0), ..CALM },
    Condition { name: "cut off up to 60 s", loss: 0.1, cut: 60_000, ..CALM },
    Condition { name: "relay killed", loss: 0.1, relay_crash: true, ..CALM },
    Condition { name: "device restarts", loss: 0.1, device_crash: true, ..CALM },
    Condition {
        name: "all of it",
        loss: 0.2,
        repeat: 0.2,
        delay: (20, 500),
        clock: (0.8, 1.25),
        cut: 30_000,
        relay_crash: true,
        device_crash: true,
        observer: true,
    },
];

impl Condition {
    /// The row of that name.
    pub fn named(name: &str) -> Option<Self> {
        CONDITIONS.into_iter().find(|condition| condition.name == name)
    }
}
