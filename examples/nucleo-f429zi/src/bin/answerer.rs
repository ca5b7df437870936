//! The answerer: the blue button says yes, the one at D2 no.
#![no_std]
#![no_main]

use adapter_embassy::{Events, Signaling};
use embassy_executor::Spawner;
use example_apps::{Memory, answerer, greet, identity};
use nucleo_f429zi::{Board, Front, ONCE, YesNo, link, relay};
use static_cell::ConstStaticCell;

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut board = Board::take();
    let mut identity = identity("bob", "nucleo", 0xb0b2);
    identity.config.device.epoch = board.epoch;
    greet(&mut board.front, "answerer", &identity);
    let relay = match relay() {
        Ok(relay) => relay,
        Err(error) => return board.front.complain(&error),
    };
    match MEMORY.take().start(identity) {
        Ok((signaling, runner, events)) => {
            let answers = YesNo { yes: board.first, no: board.second };
            spawner.spawn(link(spawner, runner, board.ethernet, board.seed, relay).expect(ONCE));
            spawner.spawn(front(signaling, events, answers, board.front).expect(ONCE));
        }
        Err(error) => board.front.complain(&error),
    }
}

#[embassy_executor::task]
async fn front(signaling: Signaling<'static>, events: Events<'static>, answers: YesNo, front: Front) {
    answerer(signaling, events, answers, front).await;
}
