//! The doorbell on the board's lines: the first is the link, the second a console.
#![no_std]
#![no_main]

use core::fmt::Write;

use adapter_embassy::{Events, Runner, Signaling};
use embassy_executor::Spawner;
use example_apps::doorbell;
use mps2_an385_bsp::{Reader, Uart, Writer, start_clock};
use qemu_mps2::{Console, Keys, MEMORY, Memory, WHOM, identity};

#[embassy_executor::main(entry = "cortex_m_rt::entry", executor = "mps2_an385_bsp::Executor")]
async fn main(spawner: Spawner) {
    start_clock();
    let (read, write) = Uart::link();
    let (keys, mut console) = Uart::console();
    let identity = identity("door", 0xd004);
    let _ = write!(console, "doorbell of {}\r\n", identity.config.user);
    match MEMORY.init_with(Memory::new).start(identity) {
        Ok((signaling, runner, events)) => {
            spawner.spawn(link(runner, read, write).expect("it is spawned once"));
            spawner.spawn(front(signaling, events, keys, console).expect("it is spawned once"));
        }
        Err(error) => {
            let _ = write!(console, "{error}\r\n");
        }
    }
}

#[embassy_executor::task]
async fn link(mut runner: Runner<'static>, read: Reader, write: Writer) {
    runner.run(read, write).await;
}

#[embassy_executor::task]
async fn front(signaling: Signaling<'static>, events: Events<'static>, keys: Reader, console: Writer) {
    let whom: heapless::Vec<&str, 4> = WHOM.split(',').take(4).collect();
    doorbell(signaling, events, &whom, Keys(keys), Console(console)).await;
}
