//! The answerer on the board's serial lines: the first is the link, the second a console.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use qemu_mps2::{ONCE, answer, line, start};

#[embassy_executor::main(entry = "cortex_m_rt::entry", executor = "mps2_an385_bsp::Executor")]
async fn main(spawner: Spawner) {
    let Some(board) = start(spawner, "answerer", "bob", 0xb0b) else { return };
    spawner.spawn(line(board.runner).expect(ONCE));
    spawner.spawn(answer(board.signaling, board.events, board.keys, board.console).expect(ONCE));
}
