//! The doorbell on Ethernet: TLS to a relay, and a console on the second serial line.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use qemu_mps2::{ONCE, ring, start, tls};

#[embassy_executor::main(entry = "cortex_m_rt::entry", executor = "mps2_an385_bsp::Executor")]
async fn main(spawner: Spawner) {
    let Some(board) = start(spawner, "doorbell-tls", "door", 0xd007) else { return };
    let Some(whom) = board.right(board.settings.whom()) else { return };
    let Some(relay) = board.right(board.settings.relay()) else { return };
    let Some(authority) = board.right(board.settings.authority()) else { return };
    let host = board.settings.host();
    let Some(server) = board.right(board.settings.time_server()) else { return };
    spawner.spawn(tls(spawner, board.runner, relay, host, authority, server, board.console).expect(ONCE));
    let (caller, events) = (board.signaling.caller(), board.events);
    spawner.spawn(ring(caller, events, whom, board.keys, board.console).expect(ONCE));
}
