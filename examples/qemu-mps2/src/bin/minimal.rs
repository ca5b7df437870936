//! The least that rings: a button, a panel, a line. `docs/embedded.md` shows this very file.
#![no_std]
#![no_main]

use core::fmt::Write as _;

use adapter_embassy::{Device, Events, Identity, Invite, Resources, Runner, Signaling, UserId};
use embassy_executor::{Spawner, main, task};
use embedded_io_async::Read as _;
use mps2_an385_bsp::{Executor, Reader, Uart, Writer, start_clock}; // yours: the hardware
use qemu_mps2 as _; // yours: what is done after a panic
use static_cell::ConstStaticCell;

static MEMORY: ConstStaticCell<Resources<4, 4, 2, 64, 512>> = ConstStaticCell::new(Resources::new());

#[main(entry = "cortex_m_rt::entry", executor = "Executor")]
async fn main(spawner: Spawner) {
    start_clock();
    let (button, panel) = Uart::console();
    let identity = Identity::new(UserId::new("door").unwrap(), Device { id: 0xd009, epoch: 0 });
    let (signaling, runner, events) = MEMORY.take().start(identity).unwrap();
    spawner.spawn(link(runner).unwrap());
    spawner.spawn(ring(signaling, button).unwrap());
    spawner.spawn(show(events, panel).unwrap());
}

/// Carries the frames: over the first serial line.
#[task]
async fn link(mut runner: Runner<'static>) {
    let (rx, tx) = Uart::link();
    runner.run(rx, tx).await;
}

/// Rings bob for 30 s at each press.
#[task]
async fn ring(signaling: Signaling<'static>, mut button: Reader) {
    while button.read(&mut [0]).await.is_ok() {
        let invite = Invite { invitees: &["bob"], timeout: Some(30_000), ..Invite::default() };
        let _ = signaling.invite(&invite); // an error says why not, as when all rows are in use
    }
}

/// Tells what becomes of it.
#[task]
async fn show(mut events: Events<'static>, mut panel: Writer) {
    write!(panel, "minimal: press a key\r\n").unwrap();
    loop {
        write!(panel, "{:?}\r\n", events.next().await).unwrap();
    }
}
