//! What a person sees.

use core::fmt::{self, Write as _};

use embassy_stm32::gpio::{Level, Output};
use embassy_stm32::mode::Blocking;
use embassy_stm32::usart::UartTx;
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

impl Front {
    /// Says why the program does not go on.
    pub fn complain(&mut self, error: &dyn fmt::Display) {
        // The console takes everything.
        let _ = write!(self, "{error}\r\n");
    }
}

impl fmt::Write for Front {
    /// Waits for the console, at its speed.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.console.blocking_write(text.as_bytes()).map_err(|_| fmt::Error)
    }
}
