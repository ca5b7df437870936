//! The board's pins.

use embassy_rp::bind_interrupts;
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::UART0;
use embassy_rp::uart::{BufferedInterruptHandler, BufferedUart, BufferedUartRx, BufferedUartTx};
use embassy_rp::uart::{Config, UartTx};
use static_cell::StaticCell;

use crate::panel::Front;

bind_interrupts!(struct Interrupts {
    UART0_IRQ => BufferedInterruptHandler<UART0>;
});

/// What comes over the link.
pub type Read = BufferedUartRx;
/// What goes out over it.
pub type Write = BufferedUartTx;

/// Bytes that came and wait: half a short frame.
const CAME: usize = 256;
/// Bytes that wait to go out.
const GOES: usize = 64;

/// A button of the board.
pub type Push = example_apps::Push<Input<'static>>;
/// Both buttons of an answerer.
pub type YesNo = example_apps::YesNo<Input<'static>>;

/// What is soldered to which pin.
pub struct Board {
    /// The link: it comes in at GP1, 115 200 Bd.
    pub read: Read,
    /// The link: it goes out at GP0, 115 200 Bd.
    pub write: Write,
    /// The board's own LED, and a console that only tells: GP4, 115 200 Bd.
    pub front: Front,
    /// A button between GP14 and ground.
    pub first: Push,
    /// A button between GP15 and ground.
    pub second: Push,
}

impl Board {
    /// Takes the whole board. To be called once, first of all.
    ///
    /// # Panics
    /// If it is called again.
    pub fn take() -> Self {
        static BUFFERS: StaticCell<([u8; GOES], [u8; CAME])> = StaticCell::new();
        let (goes, came) = BUFFERS.init(([0; GOES], [0; CAME]));
        let pins = embassy_rp::init(Default::default());
        let link =
            BufferedUart::new(pins.UART0, pins.PIN_0, pins.PIN_1, Interrupts, goes, came, Config::default());
        let (write, read) = link.split();
        let console = UartTx::new_blocking(pins.UART1, pins.PIN_4, Config::default());
        let led = Output::new(pins.PIN_25, Level::Low);
        Self {
            read,
            write,
            front: Front::new(led, console),
            first: Push::new(Input::new(pins.PIN_14, Pull::Up)),
            second: Push::new(Input::new(pins.PIN_15, Pull::Up)),
        }
    }
}
