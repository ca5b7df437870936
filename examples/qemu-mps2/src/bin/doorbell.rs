//! The doorbell on the board's serial lines: the first is the link, the second a console.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use qemu_mps2::{ONCE, line, ring, start};

#[embassy_executor::main(entry = "cortex_m_rt::entry", executor = "mps2_an385_bsp::Executor")]
async fn main(spawner: Spawner) {
    let Some(board) = start(spawner, "doorbell", "door", 0xd004) else { return };
    let Some(whom) = board.right(board.settings.whom()) else { return };
    spawner.spawn(line(board.runner).expect(ONCE));
    let (caller, events) = (board.signaling.caller(), board.events);
    spawner.spawn(ring(caller, events, whom, board.keys, board.console).expect(ONCE));
}
