//! The answerer on Ethernet: TCP to a relay, and a console on the second serial line.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use qemu_mps2::{ONCE, answer, start, tcp};

#[embassy_executor::main(entry = "cortex_m_rt::entry", executor = "mps2_an385_bsp::Executor")]
async fn main(spawner: Spawner) {
    let Some(board) = start(spawner, "answerer-tcp", "bob", 0xb0c) else { return };
    let Some(relay) = board.right(board.settings.relay()) else { return };
    spawner.spawn(tcp(spawner, board.runner, relay).expect(ONCE));
    spawner.spawn(answer(board.signaling, board.events, board.keys, board.console).expect(ONCE));
}
