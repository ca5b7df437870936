//! What the programs of this board share: its lines, its light and its buttons.
#![no_std]

mod board;
mod panel;
#[cfg(not(feature = "defmt"))]
mod panic;

pub use board::{Board, Push, Read, Write, YesNo};
pub use panel::Front;

#[cfg(feature = "defmt")]
use {defmt_rtt as _, panic_probe as _};

#[cfg(feature = "defmt")]
defmt::timestamp!("{=u64:ms}", embassy_time::Instant::now().as_millis());
