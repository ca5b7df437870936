//! Runs calls between devices in the emulator and prints what they cost: stack, memory, bytes on the wire.
//!
//! Each line is `what`, `name` and a number of bytes, with tabs between; `done` is the last.
#![no_std]
#![no_main]

mod meter;
mod story;
mod wire;
mod world;

use core::mem::size_of;
use core::panic::PanicInfo;

use cortex_m as _; // brings the critical section that printing needs

use cortex_m_semihosting::debug::{EXIT_FAILURE, EXIT_SUCCESS, exit};
use cortex_m_semihosting::hprintln;
use footprint::engine::{Engine, Fixed, Row};
use world::World;

#[cortex_m_rt::entry]
fn main() -> ! {
    hprintln!("ram\tone row\t{}", size_of::<Row>());
    hprintln!("ram\tstorage of 4 rows\t{}", size_of::<Fixed>());
    hprintln!("ram\tengine of 4 rows\t{}", size_of::<Engine>());
    let mut world = World::new();
    story::all(&mut world);
    world.meter.print();
    world.kinds.print();
    hprintln!("done");
    finish(true)
}

fn finish(well: bool) -> ! {
    loop {
        exit(if well { EXIT_SUCCESS } else { EXIT_FAILURE });
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    finish(false)
}
