//! The relay of invitation signaling (protocol section 4).

mod auth;
mod backend;
mod config;
mod relay;
mod stats;
mod switchboard;

pub use auth::{Authenticator, Insecure, JwtKey, KeyError, MintError};
pub use backend::{Backend, Keeping, Kept, Mailbox, Memory, Sender};
pub use config::{Config, SMALLEST_FRAME};
pub use relay::{BindError, Relay, RelayBuilder, RelayHandle};
pub use stats::Stats;
pub use switchboard::{Closed, ConnId, Output, Switchboard};
