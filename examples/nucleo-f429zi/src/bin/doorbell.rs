//! The doorbell: the blue button rings.
#![no_std]
#![no_main]

use adapter_embassy::{Caller, Events};
use embassy_executor::Spawner;
use example_apps::{Bell, Memory, doorbell, greet, identity, whom};
use nucleo_f429zi::{Board, Front, ONCE, Push, link, relay};
use static_cell::ConstStaticCell;

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut board = Board::take();
    let mut identity = identity("door", "nucleo", 0xd0042);
    identity.config.device.epoch = board.epoch;
    greet(&mut board.front, "doorbell", &identity);
    let relay = match relay() {
        Ok(relay) => relay,
        Err(error) => return board.front.complain(&error),
    };
    match MEMORY.take().start_caller(identity) {
        Ok((caller, runner, events)) => {
            spawner.spawn(link(spawner, runner, board.ethernet, board.seed, relay).expect(ONCE));
            spawner.spawn(front(caller, events, board.first, board.front).expect(ONCE));
        }
        Err(error) => board.front.complain(&error),
    }
}

#[embassy_executor::task]
async fn front(caller: Caller<'static>, events: Events<'static>, button: Push, front: Front) {
    doorbell(caller, events, &whom(), Bell(button), front).await;
}
