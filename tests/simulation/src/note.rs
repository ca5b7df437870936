//! The history of a run: everything that people and devices do and show, in the order in which it happens.
//!
//! It is all that the oracle knows.

use signaling_core::{Device, Slot, What};

use crate::cast::{INVITEES, Who};
use crate::script::Press;

/// Data on its way, each another: enough to know it by.
pub type Data = [u8; 2];

/// One entry of the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    /// When, in ms from the start, true time.
    pub at: u64,
    /// On which device.
    pub who: Who,
    /// What.
    pub what: Noted,
}

/// What is noted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Noted {
    /// Its link is up.
    Up,
    /// Its link is gone.
    Down,
    /// The device stops. `remembers`: it is durable, and may come back with what it saved.
    Stops {
        /// Whether it is durable.
        remembers: bool,
    },
    /// The device starts again.
    Starts,
    /// From now on nothing is lost (of all devices).
    Healed,
    /// It is the end: so many rows are left on this device.
    Over {
        /// How many.
        rows: usize,
    },
    /// Something about the call of that number.
    Call(usize, Shown),
}

/// What a device or its person shows of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// The device made it.
    Invited,
    /// The device had no row for it, though `over` of its rows were over.
    Refused {
        /// How many of its own invitations were over.
        over: usize,
    },
    /// The person pressed something, and the device took it.
    Pressed {
        /// What.
        press: Press,
        /// The run of the device.
        run: Device,
        /// What went with it.
        data: Data,
    },
    /// What the device holds for true, when that changed.
    Holds {
        /// The slots, pending ones behind the end.
        slots: [Slot; INVITEES],
        /// What the call is about.
        data: Data,
    },
    /// What the application was told.
    Told {
        /// What.
        what: What,
        /// What came with the outcome that is told; zero for none.
        data: Data,
    },
}
