//! Invitation signaling over tokio: a client around the sans-IO engine of `signaling-core`.
//!
//! ```
//! use adapter_std::{Client, Data, InviteId, InviteOptions, SignalingListener, in_process};
//!
//! struct Ringer;
//!
//! impl SignalingListener for Ringer {
//!     fn on_invitee_accepted(&self, invite_id: InviteId, invitee: &str, data: &Data) {
//!         println!("{invitee} accepted {invite_id}: {data:?}");
//!     }
//!     fn on_invitation_timeout(&self, invite_id: InviteId, invitee_list: &[&str]) {
//!         println!("{invite_id}: no answer from {invitee_list:?}");
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (transport, _relay) = in_process();
//! // Mostly: Client::builder("alice").relay("tls://relay.example:7400").token(token)
//! let client = Client::builder("alice").transport(transport).build()?;
//! let signaling = client.signaling();
//! signaling.add_signaling_listener(Ringer);
//! client.connect();
//! let invitation = signaling.invite("bob", "lunch?", &InviteOptions::timeout_seconds(30))?;
//! println!("{}", invitation.id());
//! client.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! **How it works.** One task a client keeps time and keeps the link up; the handles and that task share the
//! engine behind one lock, which nobody holds over an await or a callback. Commands change the engine at
//! once, link or no link; what is to be sent is derived from the engine's rows when the link can take it.
//!
//! **Cancel safety.** Every future of this crate may be dropped at any time. Waiting changes nothing; what a
//! call does it has done when it returns its future. The group calls, which need the relay's answer, say what
//! may have happened by then.
//!
//! **Readers.** What [`Invitation::delivered`], [`Invitation::ended`] and [`Signaling::accept`] wait for
//! depends on no listener or stream. Listeners and streams each have a bounded queue of their own: who falls
//! behind gets [`Event::Lagged`] and then what happened to each invitation, without the steps in between. But one that is
//! **never read** ends in silence for all of them, and in no room for new invitations ([`ClientBuilder::queue`]): drop
//! an [`Events`] that you do not read.
//!
//! **TLS** (feature `tls`, on by default: a link that leaves the machine ought to be encrypted). At an address like
//! `tls://relay.example:7400` the relay has to show a certificate for that name, for which an authority of the system
//! vouches, or one of [`ClientBuilder::ca_file`]. What is wrong with it is a [`TlsTrouble`], told in
//! [`LinkError::Tls`]. Without the feature neither a C compiler nor a certificate is needed, and `tls://` is refused.

#[cfg(feature = "bridge")]
pub mod bridge;
mod builder;
mod client;
mod clock;
mod data;
mod direct;
mod disk;
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
mod wakes;

pub use builder::{BuildError, ClientBuilder};
pub use client::{Client, Events};
pub use clock::{Clock, SystemClock, TokioClock};
pub use data::Data;
pub use direct::{
    Datagrams, KeyError, LookingUp, MAX_PEERS, Opening, Peer, Peers, PeersError, PresharedKey, Receiving,
    Sending, Socket,
};
pub use error::{Answered, Closed, CommandError, DeliveryError, EndReason, GroupError};
pub use event::{Event, InvitationEvent, InvitationInfo, InviteeInfo, LinkError, LinkEvent, PeerTrouble};
pub use invitation::{Accepting, Invitation};
pub use listener::SignalingListener;
pub use shared::LinkState;
pub use signaling::{InviteOptions, ListenerId, Signaling};
pub use state::{State, StateError};
pub use storage::{ClientEngine, MAX_DEVICES, MAX_INVITEES, Vectors};
pub use transport::{
    Acceptor, AddressError, Connect, Connecting, Duplex, InProcess, RelayAddress, RootsError, RouteError,
    Tcp, TlsTrouble, in_process,
};
#[cfg(feature = "tls")]
pub use transport::{Roots, Tls};

pub use signaling_core::machine::{Full, Reason, Slot, State as HolderState};
pub use signaling_core::v2tim;
pub use signaling_core::wire::{GroupAnswer, Refusal};
pub use signaling_core::{
    AddError, Added, AnswerError, CODE_EXISTS, CODE_INVALID, CODE_NO_PERMISSION, CODE_TOO_LONG, CODE_UNKNOWN,
    CancelError, CancelOutcome, Counters, Device, GroupId, InviteError, InviteId, InviteIdError, Label,
    ModifyError, NameError, RestoreError, Standing, UserId, What,
};
