//! The doorbell: the first button rings.
#![no_std]
#![no_main]

use core::fmt::Write as _;

use adapter_embassy::{Events, Runner, Signaling};
use embassy_executor::Spawner;
use example_apps::{Bell, Memory, doorbell, identity, whom};
use nrf52840_dk::{Board, Front, Push, Read, Write};
use static_cell::StaticCell;

static MEMORY: StaticCell<Memory> = StaticCell::new();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut board = Board::take();
    let mut identity = identity("door", "nrf52840", 0xd0041);
    identity.config.device.epoch = board.epoch;
    let _ = write!(board.front, "doorbell of {}\r\n", identity.config.user);
    match MEMORY.init_with(Memory::new).start(identity) {
        Ok((signaling, runner, events)) => {
            spawner.spawn(link(runner, board.read, board.write).expect("it is spawned once"));
            spawner.spawn(front(signaling, events, board.first, board.front).expect("it is spawned once"));
        }
        Err(error) => {
            let _ = write!(board.front, "{error}\r\n");
        }
    }
}

#[embassy_executor::task]
async fn link(mut runner: Runner<'static>, read: Read, write: Write) {
    runner.run(read, write).await;
}

#[embassy_executor::task]
async fn front(signaling: Signaling<'static>, events: Events<'static>, button: Push, front: Front) {
    doorbell(signaling, events, &whom(), Bell(button), front).await;
}
