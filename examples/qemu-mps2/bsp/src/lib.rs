//! The little that firmware needs of an ARM MPS2 board with AN385 (Cortex-M3, 25 MHz) or AN386 (Cortex-M4): a clock for
//! `embassy-time`, serial lines, Ethernet, and an executor that sleeps. Everything here is for QEMU's model of it too.
#![no_std]

mod arguments;
mod ethernet;
mod executor;
mod host;
mod register;
#[cfg_attr(feature = "systick", path = "systick.rs")]
mod time;
mod uart;

use cortex_m_rt::exception;

pub use arguments::{MOST as MOST_ARGUMENTS, arguments};
pub use ethernet::{Ethernet, EthernetDevice, EthernetState};
pub use executor::{Executor, wakes};
pub use host::{HostFile, HostRandom};
pub use time::start as start_clock;
pub use uart::{Reader, Uart, Writer};

/// All interrupts come here: the table of `cortex-m-rt` names none of this board's.
#[exception]
unsafe fn DefaultHandler(number: i16) {
    match number {
        0 => uart::LINK.received(),
        2 => uart::CONSOLE.received(),
        #[cfg(not(feature = "systick"))]
        8 => time::wrapped(),
        #[cfg(not(feature = "systick"))]
        9 => time::alarm(),
        13 => ethernet::received(),
        _ => {}
    }
}
