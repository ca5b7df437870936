//! The doorbell on Ethernet without a relay: sealed UDP to other devices, and a console on the second serial line.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use qemu_mps2::{ONCE, ring, sealed, start};

#[embassy_executor::main(entry = "cortex_m_rt::entry", executor = "mps2_an385_bsp::Executor")]
async fn main(spawner: Spawner) {
    let Some(board) = start(spawner, "doorbell-sealed", "door", 0xd008) else { return };
    let Some(whom) = board.right(board.settings.whom()) else { return };
    let Some(peers) = board.right(board.settings.peers()) else { return };
    let Some(key) = board.right(board.settings.key()) else { return };
    spawner.spawn(sealed(spawner, board.runner, peers, key, board.console).expect(ONCE));
    let (caller, events) = (board.signaling.caller(), board.events);
    spawner.spawn(ring(caller, events, whom, board.keys, board.console).expect(ONCE));
}
