//! What can happen.

use arbitrary::Arbitrary;

/// How a world begins.
#[derive(Arbitrary, Debug)]
pub(super) struct Setup {
    /// How many devices beyond two.
    pub(super) devices: u8,
    /// Which devices are durable, a bit each.
    pub(super) durable: u8,
    /// Whether they ring on a lease. It is the same for all: who has none does not know when to fall silent.
    pub(super) lease: bool,
    pub(super) seed: u8,
}

/// One thing that happens. `who` is a device, `call` one of the invitations so far, `at` something on its way;
/// each counts modulo how many there are.
#[derive(Arbitrary, Debug)]
pub(super) enum Step<'a> {
    Invite {
        who: u8,
        both: bool,
        limit: Option<u16>,
        online_only: bool,
        group: bool,
    },
    Act {
        who: u8,
        call: u8,
        act: Act,
    },
    /// So many ms pass.
    Wait(u8),
    /// So many seconds pass.
    Sleep(u8),
    /// All that is under way arrives.
    Deliver,
    /// One thing arrives, as it was or late.
    Pick {
        at: u8,
        kept: bool,
    },
    Repeat {
        at: u8,
    },
    Lose {
        at: u8,
    },
    /// The bits of one byte are turned on the way.
    Garble {
        at: u8,
        place: u16,
        bits: u8,
    },
    /// What is no message of anybody arrives.
    Noise {
        who: u8,
        bytes: &'a [u8],
    },
    /// Somebody who has nothing to do with it says something.
    Forge {
        who: u8,
        call: u8,
        user: u8,
        device: bool,
        bytes: &'a [u8],
    },
    /// What the relay does from now on.
    Relay(Mood),
    LinkUp {
        who: u8,
    },
    Restart {
        who: u8,
    },
    /// The disk of the device takes no more, or does again.
    Disk {
        who: u8,
    },
    /// The clock of the device runs ahead by so many seconds more.
    Ahead {
        who: u8,
        seconds: u8,
    },
    /// The device looks at a clock that went back.
    Back {
        who: u8,
    },
}

/// What a relay answers to a Send to users.
#[derive(Arbitrary, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mood {
    Fine,
    Partial,
    Later,
    Never,
    Busy,
    TooLarge,
    /// It says nothing.
    Silent,
}

/// What a person does with an invitation.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(super) enum Act {
    Accept,
    Reject {
        busy: bool,
    },
    Cancel,
    Modify {
        data: u8,
    },
    /// As from a push that came by another way.
    Add,
}
