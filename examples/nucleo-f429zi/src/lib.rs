//! What the programs of this board share: its network, its light and its buttons.
#![no_std]

mod board;
mod net;
mod panel;
#[cfg(not(feature = "defmt"))]
mod panic;
mod turned;

pub use board::{Board, EthernetDevice, Push, YesNo};
pub use net::{link, relay};
pub use panel::Front;

#[cfg(feature = "defmt")]
use {defmt_rtt as _, panic_probe as _};

#[cfg(feature = "defmt")]
defmt::timestamp!("{=u64:ms}", embassy_time::Instant::now().as_millis());

/// Why a task can be spawned.
pub const ONCE: &str = "it is spawned once";
