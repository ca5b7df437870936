//! Invitation signaling over tokio: a client around the sans-IO engine of `signaling-core`.

mod builder;
mod client;
mod clock;
mod data;
mod error;
mod event;
mod fate;
pub mod framing;
mod groups;
mod handle;
mod invitation;
mod link;
mod listener;
mod mailbox;
mod runner;
mod shared;
mod signaling;
mod state;
mod storage;
mod transport;

pub use builder::{BuildError, ClientBuilder};
pub use client::{Client, Events};
pub use clock::{Clock, SystemClock, TokioClock};
pub use data::Data;
pub use error::{Answered, Closed, CommandError, DeliveryError, EndReason, GroupError};
pub use event::{Event, InvitationEvent, InvitationInfo, InviteeInfo, LinkError, LinkEvent};
pub use invitation::{Accepting, Invitation};
pub use listener::SignalingListener;
pub use shared::LinkState;
pub use signaling::{InviteOptions, ListenerId, Signaling};
pub use state::{State, StateError};
pub use storage::{ClientEngine, MAX_DEVICES, MAX_INVITEES, Vectors};
pub use transport::{
    Acceptor, AddressError, Connect, Connecting, Duplex, InProcess, RelayAddress, Tcp, in_process,
};

pub use signaling_core::machine::{Full, Reason, Slot, State as HolderState};
pub use signaling_core::wire::{GroupAnswer, Refusal};
pub use signaling_core::{
    AddError, Added, AnswerError, CODE_EXISTS, CODE_INVALID, CODE_NO_PERMISSION, CODE_TOO_LONG, CODE_UNKNOWN,
    CancelError, CancelOutcome, Counters, Device, GroupId, InviteError, InviteId, InviteIdError, Label,
    ModifyError, NameError, Standing, UserId, What,
};
