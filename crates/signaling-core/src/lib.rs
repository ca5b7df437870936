//! Invitation signaling as one sans-IO state machine: one person, device or machine rings another.
//!
//! `no_std`, no alloc, no unsafe, no clock, no randomness, no I/O. An [`Engine`] keeps the invitations of one
//! device; its doc says how to drive it. [`machine`] has the rules of one invitation, [`wire`] what travels,
//! [`direct`] the link of devices without a relay; [`v2tim`] reads and writes the JSON of V2TIM's own clients.
//! The adapters `adapter-std` and `adapter-embassy` drive an engine for you.
//!
//! **How much memory** is known when the program is compiled: [`ram`] for so many invitations, [`rows`] that fit into so
//! much, [`largest_frame`] for the buffers. **Errors**: each command has its own ([`InviteError`], [`AnswerError`],
//! [`CancelError`], [`ModifyError`], [`AddError`]), with V2TIM's code; [`Ignored`] says why something that came did nothing.
//!
//! Two devices, with a relay reduced to its bare bones: it stamps the sender and hands the body on.
//!
//! ```
//! use signaling_core::wire::{Deliver, Frame, From};
//! use signaling_core::{Config, Device, FixedEngine, Invite, UserId, What};
//!
//! // 4 invitations of up to 2 invitees with 2 devices each, and 64 bytes of data.
//! type Phone = FixedEngine<4, 2, 2, 64>;
//!
//! fn phone(user: &str, id: u64) -> Phone {
//!     let config = Config::new(UserId::new(user).unwrap(), Device { id, epoch: 1 });
//!     Phone::new(config, Default::default())
//! }
//!
//! /// Carries what `from` has to send to `to`.
//! fn carry(from: &mut Phone, to: &mut Phone, now: u64) {
//!     let (mut buf, mut frame, mut reply) = ([0; 512], [0; 512], [0; 512]);
//!     while let Some(len) = from.poll_transmit(now, &mut buf) {
//!         let Ok(Frame::Send(send)) = Frame::decode(&buf[..len]) else { unreachable!() };
//!         let config = from.config();
//!         let sender = From { user: config.user.as_str(), device: config.device, label: "" };
//!         let to_users = matches!(send.to, signaling_core::wire::Target::Users(_));
//!         let (key, body) = (send.key, Some(send.body));
//!         let deliver = Deliver { key, from: sender, group: send.group, to_users, dwell: 0, body };
//!         let len = Frame::Deliver(deliver).encode(&mut frame).unwrap();
//!         let answer = to.handle_frame(now, &frame[..len], &mut reply).unwrap();
//!         assert_eq!(answer, 0, "else it would go back in the same way");
//!     }
//! }
//!
//! let (mut alice, mut bob) = (phone("alice", 1), phone("bob", 2));
//! let invite = Invite { invitees: &["bob"], data: b"video?", timeout: Some(30_000), ..Invite::default() };
//! let id = alice.invite(0, &invite)?;
//! carry(&mut alice, &mut bob, 0);
//!
//! let event = bob.poll_event().unwrap();
//! assert_eq!(event.what, What::New);
//! assert_eq!((event.invitation.inviter(), event.invitation.data().as_slice()), ("alice", &b"video?"[..]));
//!
//! bob.accept(1_000, id, b"here I am")?;
//! carry(&mut bob, &mut alice, 1_000);
//! let events: Vec<What> = std::iter::from_fn(|| alice.poll_event().map(|event| event.what)).collect();
//! assert!(events.contains(&What::Accepted { slot: 0 }));
//!
//! carry(&mut alice, &mut bob, 1_000);
//! let confirmed = std::iter::from_fn(|| bob.poll_event().map(|event| event.what)).any(|what| what == What::Confirmed);
//! assert!(confirmed, "both know");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]

#[cfg(test)]
extern crate std;

#[doc(hidden)]
pub mod broken;
pub mod direct;
mod engine;
mod fmt;
pub mod machine;
mod name;
pub mod v2tim;
pub mod wire;

pub use engine::{
    AddError, Added, AnswerError, Bytes, CODE_EXISTS, CODE_INVALID, CODE_NO_PERMISSION, CODE_TOO_LONG,
    CODE_UNKNOWN, CancelError, CancelOutcome, Config, Counters, Due, Engine, Event, Fixed, FixedEngine,
    Ignored, Invite, InviteError, Invitee, MAX_DATA, MAX_LIMIT, MAX_PUSH, ModifyError, Payload, RestoreError,
    Row, Slices, Snapshot, Stamp, Standing, Storage, Tombstone, View, What, Window, largest_frame, ram, rows,
};
pub use machine::{Full, Reason, Slot, State};
pub use name::{Device, GroupId, InviteId, InviteIdError, Label, NameError, UserId};
