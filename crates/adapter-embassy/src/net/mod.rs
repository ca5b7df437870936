//! Links over a network, on `embassy-net`: TCP to a relay and, with the feature `direct`, UDP to other devices. With the
//! feature `sntp` a server tells the time.
//!
//! ```no_run
//! # use adapter_embassy::Runner;
//! use adapter_embassy::net::{Relay, Tcp};
//! # use embassy_net::Stack;
//!
//! /// A task of the board, beside the one that runs the stack.
//! async fn link(mut runner: Runner<'static>, stack: Stack<'static>) {
//!     let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
//!     let relay = Relay::parse("relay.example.org:7400").unwrap();
//!     runner.run_over(&mut Tcp::new(stack, relay, &mut rx, &mut tx)).await;
//! }
//! ```

mod relay;
#[cfg(feature = "sntp")]
mod sntp;
mod tcp;
#[cfg(feature = "direct")]
mod udp;

use embassy_futures::select::{Either, select};
use embassy_net::Stack;

use crate::clock;
use crate::link_error::LinkError;

pub use relay::{NoRelay, Relay};
#[cfg(feature = "sntp")]
pub use sntp::{Clock, SntpError};
pub use tcp::Tcp;
#[cfg(feature = "direct")]
pub use udp::{Udp, UdpMemory};

/// The network gives an address within this time, in ms.
const ADDRESS_WITHIN: u32 = 10_000;

/// Waits for an address of this device.
async fn address(stack: Stack<'_>) -> Result<(), LinkError> {
    match select(stack.wait_config_up(), clock::pause(ADDRESS_WITHIN)).await {
        Either::First(()) => Ok(()),
        Either::Second(()) => Err(LinkError::NoNetwork),
    }
}
