//! Two devices in one program, and a way between them that loses each third datagram: bob accepts, nobody comes, the
//! door takes it back. What happens, and when, is the same each time under `-icount`.
#![no_std]
#![no_main]

mod way;

use core::fmt::Write;

use adapter_embassy::{Device, Event, Events, Identity, Invite, Resources, Runner, Signaling, UserId, What};
use cortex_m_semihosting::debug::{EXIT_SUCCESS, exit};
use embassy_executor::Spawner;
use embassy_time::{Instant, Timer};
use mps2_an385_bsp::{Uart, Writer, start_clock};
use panic_semihosting as _;
use static_cell::{ConstStaticCell, StaticCell};

use way::{Lane, Way};

type Memory = Resources<2, 2, 2, 16, 512>;
type Started = (Signaling<'static>, Runner<'static>, Events<'static>);

const ONCE: &str = "each is spawned once";

static DOOR: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
static BOB: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());
static THERE: StaticCell<Lane> = StaticCell::new();
static BACK: StaticCell<Lane> = StaticCell::new();

#[embassy_executor::main(entry = "cortex_m_rt::entry", executor = "mps2_an385_bsp::Executor")]
async fn main(spawner: Spawner) {
    start_clock();
    let (_, console) = Uart::console();
    let (there, back) = (&*THERE.init_with(Lane::new), &*BACK.init_with(Lane::new));
    let (door, runner, events) = device(&DOOR, "door", 1);
    spawner.spawn(link(runner, "bob", Way::new(there, back)).expect(ONCE));
    spawner.spawn(follow(console, "door", door, events).expect(ONCE));
    let (bob, runner, events) = device(&BOB, "bob", 2);
    spawner.spawn(link(runner, "door", Way::new(back, there)).expect(ONCE));
    spawner.spawn(follow(console, "bob", bob, events).expect(ONCE));
    script(door).await;
}

fn user(name: &str) -> UserId {
    UserId::new(name).expect("it is short")
}

fn device(memory: &'static ConstStaticCell<Memory>, name: &str, id: u64) -> Started {
    let identity = Identity::new(user(name), Device { id, epoch: 7 });
    memory.take().start(identity).expect("there is no token that could be too long")
}

/// What the door does; it ends the program.
async fn script(door: Signaling<'static>) {
    let invite = |data| Invite { invitees: &["bob"], data, timeout: Some(30_000), ..Invite::default() };
    for data in [b"yes?".as_slice(), b"anybody?", b"oh, never mind"] {
        Timer::after_secs(5).await;
        let id = door.invite(&invite(data)).expect("there is a row for it");
        if data == b"oh, never mind" {
            Timer::after_secs(3).await;
            door.cancel(id, b"").expect("it is pending");
        }
        while door.status(id).is_some() {
            Timer::after_millis(100).await;
        }
    }
    exit(EXIT_SUCCESS);
}

#[embassy_executor::task(pool_size = 2)]
async fn link(mut runner: Runner<'static>, peer: &'static str, mut way: Way) {
    runner.run_direct(&[user(peer)], &mut way).await.expect("there is one peer");
}

/// Writes down what happens; bob accepts who says "yes?".
#[embassy_executor::task(pool_size = 2)]
async fn follow(
    mut console: Writer,
    name: &'static str,
    signaling: Signaling<'static>,
    mut events: Events<'static>,
) {
    loop {
        let event = events.next().await;
        let now = Instant::now().as_millis();
        // The line takes everything.
        let _ = match &event {
            Event::Invitation(event) => write!(console, "{now:6} {name:4} {:?}\r\n", event.what),
            Event::Link(link) => write!(console, "{now:6} {name:4} {link:?}\r\n"),
            _ => Ok(()),
        };
        let Event::Invitation(event) = event else { continue };
        let id = event.invitation().id();
        if event.what == What::New && event.invitation().data() == b"yes?" {
            drop(event);
            Timer::after_millis(700).await;
            signaling.accept(id, b"").expect("it rings");
        }
    }
}
