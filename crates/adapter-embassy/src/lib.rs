//! Invitation signaling on a microcontroller: a device around the sans-IO engine of `signaling-core`, on
//! embassy's clock, over a serial line or a network. `no_std`, no heap, no unsafe.
//!
//! ```
//! use adapter_embassy::{Device, Events, Identity, Invite, Resources, Runner, Signaling, UserId};
//! use adapter_embassy::{Event, What};
//! # use embedded_io_async::{Read, Write};
//! # struct Button;
//! # impl Button { async fn wait_for_press(&mut self) {} }
//! # struct Led;
//! # impl Led { fn set(&mut self, _on: bool) {} }
//! use static_cell::ConstStaticCell;
//!
//! // 4 invitations of up to 4 invitees with 2 devices each, 64 bytes of data, frames of 512 bytes.
//! static MEMORY: ConstStaticCell<Resources<4, 4, 2, 64, 512>> =
//!     ConstStaticCell::new(Resources::new());
//!
//! /// What `main` does when the hardware is up; on a board each of the three is a task.
//! async fn door(read: impl Read, write: impl Write, button: Button, led: Led) {
//!     let identity = Identity::new(UserId::new("door").unwrap(), Device { id: 0xd004, epoch: 0 });
//!     let (signaling, mut runner, events) = MEMORY.take().start(identity).unwrap();
//!     embassy_futures::join::join3(runner.run(read, write), press(signaling, button), show(events, led)).await;
//! }
//!
//! async fn press(signaling: Signaling<'static>, mut button: Button) {
//!     signaling.connected().await;
//!     loop {
//!         button.wait_for_press().await;
//!         let invite = Invite { invitees: &["bob"], timeout: Some(30_000), ..Invite::default() };
//!         if signaling.invite(&invite).is_err() { /* the table is full: show it */ }
//!     }
//! }
//!
//! async fn show(mut events: Events<'static>, mut led: Led) {
//!     loop {
//!         if let Event::Invitation(event) = events.next().await {
//!             led.set(matches!(event.what, What::Ringing { .. }));
//!         }
//!     }
//! }
//! ```
//!
//! **How it works.** [`Resources`] is the memory, and [`Resources::start`] gives three things: [`Signaling`],
//! a small handle for commands that is copied freely; a [`Runner`], one task, which keeps time, keeps the
//! link up and sleeps otherwise; and [`Events`], for whoever shows what happens, in a loop around
//! [`Events::next`] or with a [`SignalingListener`]. The measures of the memory show in its own type only.
//!
//! **One executor.** Handles, runner and events belong to one executor, as those of `embassy-net` do: there is
//! no lock, and no interrupt is ever kept waiting. From elsewhere, go through a channel of `embassy-sync`.
//!
//! **Cancel safety.** Every future of this crate may be dropped at any time. Waiting changes nothing, and what
//! a command does it has done when it returns.
//!
//! **The line** carries frames between zeros, each with a CRC ([`wire::line`](signaling_core::wire::line)); at the
//! other end is `signaling bridge`. Noise costs a frame, which is said again.
//!
//! **A network**, by features: `net` for TCP to a relay, or [`Connect`] for any other stream (`Runner::run_over`);
//! `tls` around either; `direct` for datagrams to other devices without a relay, and `seal` to seal them.
//!
//! **Time** comes from `embassy-time`, whose driver the board's crate brings. A driver that stands still while
//! the chip sleeps deeply makes time limits longer by that.
#![no_std]

#[cfg(test)]
extern crate std;

mod clock;
#[cfg(feature = "direct")]
mod direct;
mod engine;
mod events;
mod link_error;
mod listener;
mod log;
mod membership;
#[cfg(feature = "net")]
pub mod net;
mod resources;
mod runner;
#[cfg(feature = "seal")]
pub mod seal;
mod session;
mod shared;
mod signaling;
mod stream;
#[cfg(feature = "tls")]
pub mod tls;
mod view;

#[cfg(feature = "direct")]
pub use direct::{Datagrams, MAX_PEERS};
pub use events::{Event, Events, InvitationEvent};
pub use link_error::LinkError;
pub use listener::SignalingListener;
pub use resources::{Identity, Resources, StartError, frame_size};
pub use runner::Runner;
pub use session::{LinkEvent, LinkState};
pub use signaling::{Caller, LineCounters, Signaling, Status};
pub use stream::{Connect, Link};
pub use view::{Invitation, Invitee};

#[cfg(feature = "direct")]
pub use signaling_core::direct::PeerError;
pub use signaling_core::machine::{Full, Reason, Slot, State as HolderState};
pub use signaling_core::wire::{GroupAnswer, Refusal};
pub use signaling_core::{
    AddError, Added, AnswerError, CODE_EXISTS, CODE_INVALID, CODE_NO_PERMISSION, CODE_TOO_LONG, CODE_UNKNOWN,
    CancelError, CancelOutcome, Config, Counters, Device, GroupId, Invite, InviteError, InviteId,
    InviteIdError, Label, ModifyError, NameError, Standing, UserId, What,
};
