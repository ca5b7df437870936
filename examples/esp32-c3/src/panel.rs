//! What a person sees.

use core::fmt;

use embedded_io::Write as _;
use esp_hal::Blocking;
use esp_hal::gpio::{Level, Output};
use esp_hal::uart::UartTx;
use example_apps::{Panel, Sign, tell};

/// A LED that is lit while somebody calls, and a console that says what happens.
pub struct Front {
    led: Output<'static>,
    console: UartTx<'static, Blocking>,
}

impl Front {
    pub(crate) fn new(led: Output<'static>, console: UartTx<'static, Blocking>) -> Self {
        Self { led, console }
    }
}

impl Panel for Front {
    fn show(&mut self, sign: &Sign<'_>) {
        self.led.set_level(Level::from(sign.lit()));
        tell(self, sign);
    }
}

impl fmt::Write for Front {
    /// Waits for the console, at its speed.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.console.write_all(text.as_bytes()).map_err(|_| fmt::Error)
    }
}
