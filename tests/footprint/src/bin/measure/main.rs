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
use signaling_core::machine::Origin;
use signaling_core::{Bytes, GroupId, Label, UserId};
use world::World;

/// What applications and people wrote: the inviter and 4 invitees, a group, a label and an answer of each invitee, the
/// data, and that of a request or of the push.
const CONTENT: usize =
    5 * size_of::<UserId>() + size_of::<GroupId>() + 4 * size_of::<Label>() + 6 * size_of::<Bytes<64>>();

#[cortex_m_rt::entry]
fn main() -> ! {
    hprintln!("ram\tone row\t{}", size_of::<Row>());
    hprintln!("ram\tof that, names, labels and data\t{}", CONTENT);
    hprintln!("ram\tof that, outcomes and 10 devices\t{}", size_of::<Origin<4, 2>>());
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
