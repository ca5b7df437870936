//! The relay of invitation signaling: it brings what a device sends to the devices of other users, and keeps it
//! for those that are away (protocol section 4). It decides nothing, and never looks into a message.
//!
//! Two layers:
//! * [`Switchboard`] is the relay without sockets, clock and tasks. Frames go in, frames come out, time is an
//!   argument. Simulations and tests run this very source.
//! * [`Relay`] puts it on TCP, or on TLS if it is given a certificate. It holds the switchboard under one lock, cuts
//!   byte streams into frames, and gives each link a bounded queue. A device that reads too slowly loses its link, which
//!   is safe: whatever is lost is sent again.
//!
//! Around them: an [`Authenticator`] judges each Hello (`JwtKey`, or [`Insecure`] on the loopback interface), a
//! [`Backend`] remembers devices, groups and messages ([`Memory`] for as long as the process lives), [`Config`]
//! bounds everything, [`Stats`] counts what happened, and [`Holdings`] tells what is there now.
//!
//! What becomes of a Send to users:
//! 1. Its group's rules admit each user, or refuse him for now or for good. Who was admitted once for an
//!    invitation stays so when somebody leaves.
//! 2. The store keeps it for each user, unless a newer one of the same invitation and sender is there.
//! 3. It goes to each of his devices that is here, but for the sending one: without its body where that does not
//!    fit.
//! 4. A Fanout tells the sender which devices it went to, or is kept for.
//!
//! A Send to one device takes no part in this: it goes to that device, or waits for it alone, and nobody is told.
//! Push info is taken and not used yet.
//!
//! ```
//! use signaling_relay::{Insecure, Relay};
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let relay = Relay::builder(Insecure).bind("127.0.0.1:0".parse().unwrap()).await?;
//! println!("listening on {}", relay.local_addr());
//! relay.run(async { /* until ctrl-c */ }).await;
//! # Ok::<(), signaling_relay::BindError>(())
//! # }).unwrap();
//! ```

mod auth;
mod backend;
mod config;
mod relay;
mod stats;
mod switchboard;

pub use auth::{Authenticator, Insecure};
#[cfg(feature = "jwt")]
pub use auth::{JwtKey, KeyError, MintError};
pub use backend::{Backend, Keeping, Kept, Mailbox, Memory, Sender};
pub use config::{Config, ConfigError, SMALLEST_FRAME};
pub use relay::{BindError, Relay, RelayBuilder, RelayHandle};
#[cfg(feature = "tls")]
pub use relay::{Certificate, CertificateError};
pub use stats::{Holdings, Stats};
pub use switchboard::{Closed, ConnId, Output, Switchboard};
