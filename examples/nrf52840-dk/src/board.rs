//! The board's pins.

use embassy_nrf::bind_interrupts;
use embassy_nrf::buffered_uarte::{self, BufferedUarte, BufferedUarteRx, BufferedUarteTx};
use embassy_nrf::gpio::{Input, Level, Output, OutputDrive, Pull};
use embassy_nrf::peripherals::{UARTE0, UARTE1};
use embassy_nrf::rng::Rng;
use embassy_nrf::uarte::{self, Config, UarteTx};
use static_cell::StaticCell;

use crate::panel::Front;

bind_interrupts!(struct Interrupts {
    UARTE0 => buffered_uarte::InterruptHandler<UARTE0>;
    UARTE1 => uarte::InterruptHandler<UARTE1>;
});

/// What comes over the link.
pub type Read = BufferedUarteRx<'static>;
/// What goes out over it.
pub type Write = BufferedUarteTx<'static>;

/// Bytes that came and wait: half a short frame. An even number.
const CAME: usize = 256;
/// Bytes that wait to go out.
const GOES: usize = 64;

/// A button of the board.
pub type Push = example_apps::Push<Input<'static>>;
/// Both buttons of an answerer.
pub type YesNo = example_apps::YesNo<Input<'static>>;

/// What is soldered to which pin.
pub struct Board {
    /// The link: P0.08, from the first serial port of the board's USB, 115 200 Bd.
    pub read: Read,
    /// The link: P0.06, to the same.
    pub write: Write,
    /// LED1, and a console that only tells: P1.02, 115 200 Bd.
    pub front: Front,
    /// Button 1.
    pub first: Push,
    /// Button 2.
    pub second: Push,
    /// Another number at each start, and never 0: drawn by the chip.
    pub epoch: u32,
}

impl Board {
    /// Takes the whole board. To be called once, first of all.
    ///
    /// # Panics
    /// If it is called again.
    pub fn take() -> Self {
        static BUFFERS: StaticCell<([u8; GOES], [u8; CAME])> = StaticCell::new();
        let (goes, came) = BUFFERS.init(([0; GOES], [0; CAME]));
        let pins = embassy_nrf::init(Default::default());
        let link = BufferedUarte::new(
            pins.UARTE0,
            pins.TIMER0,
            pins.PPI_CH0,
            pins.PPI_CH1,
            pins.PPI_GROUP0,
            pins.P0_08,
            pins.P0_06,
            Interrupts,
            speed(),
            came,
            goes,
        );
        let (read, write) = link.split();
        let console = UarteTx::new(pins.UARTE1, Interrupts, pins.P1_02, speed());
        let led = Output::new(pins.P0_13, Level::High, OutputDrive::Standard);
        let epoch = Rng::new_blocking(pins.RNG).blocking_next_u32().max(1);
        let front = Front::new(led, console);
        let first = Push::new(Input::new(pins.P0_11, Pull::Up));
        let second = Push::new(Input::new(pins.P0_12, Pull::Up));
        Self { read, write, front, first, second, epoch }
    }
}

fn speed() -> Config {
    let mut config = Config::default();
    config.baudrate = uarte::Baudrate::Baud115200;
    config
}
