//! What the programs of this board share: how they start, their links, a console for a panel, and keys.
#![no_std]

#[cfg(feature = "tls")]
mod authority;
mod console;
mod links;
#[cfg(feature = "seal")]
mod secret;
mod settings;
mod start;

#[cfg(feature = "defmt")]
use defmt_semihosting as _;
use panic_semihosting as _;

pub use console::{answer, ring};
#[cfg(feature = "seal")]
pub use links::sealed;
#[cfg(feature = "tls")]
pub use links::tls;
#[cfg(feature = "direct")]
pub use links::udp;
pub use links::{line, tcp};
pub use settings::{Settings, Wrong};
pub use start::{Board, Memory, start};

#[cfg(feature = "defmt")]
defmt::timestamp!("{=u64:ms}", embassy_time::Instant::now().as_millis());

/// Why a task can be spawned.
pub const ONCE: &str = "it is spawned once";
