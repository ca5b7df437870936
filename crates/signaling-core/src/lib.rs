//! Invitation signaling as one sans-IO state machine: `no_std`, no alloc, no clock, no I/O.
#![no_std]

#[cfg(test)]
extern crate std;

#[doc(hidden)]
pub mod broken;
mod engine;
pub mod machine;
mod name;
pub mod wire;

pub use engine::{
    AddError, Added, AnswerError, CODE_EXISTS, CODE_INVALID, CODE_NO_PERMISSION, CODE_TOO_LONG, CODE_UNKNOWN,
    CancelError, CancelOutcome, Config, Counters, Engine, Event, Fixed, FixedEngine, Ignored, Invite,
    InviteError, Invitee, MAX_DATA, MAX_LIMIT, ModifyError, Payload, Row, Slices, Standing, Storage,
    Tombstone, View, What, Window,
};
pub use machine::{Full, Reason, Slot, State};
pub use name::{Device, GroupId, InviteId, InviteIdError, Label, NameError, UserId};
