//! Invitation signaling as one sans-IO state machine: `no_std`, no alloc, no clock, no I/O.
#![no_std]

#[cfg(test)]
extern crate std;

#[doc(hidden)]
pub mod broken;
pub mod machine;
mod name;
pub mod wire;

pub use name::{Device, GroupId, InviteId, InviteIdError, Label, NameError, UserId};
