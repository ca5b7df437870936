//! The doorbell: the first button rings.
#![no_std]
#![no_main]

use core::fmt::Write as _;

use adapter_embassy::{Caller, Events, Runner};
use embassy_executor::Spawner;
use example_apps::{Bell, Memory, doorbell, greet, identity, whom};
use nrf52840_dk::{Board, Front, Push, Read, Write};
use static_cell::ConstStaticCell;

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut board = Board::take();
    let mut identity = identity("door", "nrf52840", 0xd0041);
    identity.config.device.epoch = board.epoch;
    greet(&mut board.front, "doorbell", &identity);
    match MEMORY.take().start_caller(identity) {
        Ok((caller, runner, events)) => {
            spawner.spawn(link(runner, board.read, board.write).expect("it is spawned once"));
            spawner.spawn(front(caller, events, board.first, board.front).expect("it is spawned once"));
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
async fn front(caller: Caller<'static>, events: Events<'static>, button: Push, front: Front) {
    doorbell(caller, events, &whom(), Bell(button), front).await;
}
