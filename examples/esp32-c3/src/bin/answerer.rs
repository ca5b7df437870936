//! The answerer: the first button says yes, the second no.
#![no_std]
#![no_main]

use core::fmt::Write as _;

use adapter_embassy::{Events, Runner, Signaling};
use embassy_executor::Spawner;
use esp32_c3::{Board, Front, Read, Write, YesNo};
use example_apps::{Memory, answerer, greet, identity};
use static_cell::ConstStaticCell;

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    let mut board = Board::take();
    let mut identity = identity("bob", "esp32-c3", 0xb0b3);
    identity.config.device.epoch = board.epoch;
    greet(&mut board.front, "answerer", &identity);
    match MEMORY.take().start(identity) {
        Ok((signaling, runner, events)) => {
            let answers = YesNo { yes: board.first, no: board.second };
            spawner.spawn(link(runner, board.read, board.write).expect("it is spawned once"));
            spawner.spawn(front(signaling, events, answers, board.front).expect("it is spawned once"));
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
async fn front(signaling: Signaling<'static>, events: Events<'static>, answers: YesNo, front: Front) {
    answerer(signaling, events, answers, front).await;
}
