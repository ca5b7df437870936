//! The board's pins.

use esp_hal::Async;
use esp_hal::gpio::{Input, InputConfig, Level, Output, OutputConfig, Pull};
use esp_hal::rng::{Trng, TrngSource};
use esp_hal::timer::timg::TimerGroup;
use esp_hal::uart::{Config, UartTx};
use esp_hal::usb::usb_serial_jtag::{UsbSerialJtag, UsbSerialJtagRx, UsbSerialJtagTx};

use crate::panel::Front;

/// What comes over the link.
pub type Read = UsbSerialJtagRx<'static, Async>;
/// What goes out over it.
pub type Write = UsbSerialJtagTx<'static, Async>;

/// A button of the board.
pub type Push = example_apps::Push<Input<'static>>;
/// Both buttons of an answerer.
pub type YesNo = example_apps::YesNo<Input<'static>>;

/// What is soldered to which pin.
pub struct Board {
    /// The link: the serial port of the chip's own USB.
    pub read: Read,
    /// The link: to the same.
    pub write: Write,
    /// A LED between GPIO3 and ground, and a console that only tells: GPIO21, 115 200 Bd.
    pub front: Front,
    /// The button BOOT, at GPIO9.
    pub first: Push,
    /// A button between GPIO10 and ground.
    pub second: Push,
    /// Another number at each start, and never 0: drawn by the chip.
    pub epoch: u32,
}

impl Board {
    /// Takes the whole board, and starts its clock. To be called once, first of all.
    ///
    /// # Panics
    /// If it is called again.
    pub fn take() -> Self {
        let pins = esp_hal::init(esp_hal::Config::default());
        esp_rtos::start(TimerGroup::new(pins.TIMG0).timer0, pins.FROM_CPU_INTR0);
        let (read, write) = UsbSerialJtag::new(pins.USB_DEVICE).into_async().split();
        let console =
            UartTx::new(pins.UART0, Config::default()).expect("115 200 Bd can be had from this clock");
        let led = Output::new(pins.GPIO3, Level::Low, OutputConfig::default());
        let up = InputConfig::default().with_pull(Pull::Up);
        let _entropy = TrngSource::new(pins.RNG, pins.ADC1);
        let epoch = Trng::try_new().expect("its source is on").random().max(1);
        Self {
            read,
            write,
            front: Front::new(led, console.with_tx(pins.GPIO21)),
            first: Push::new(Input::new(pins.GPIO9, up)),
            second: Push::new(Input::new(pins.GPIO10, up)),
            epoch,
        }
    }
}
