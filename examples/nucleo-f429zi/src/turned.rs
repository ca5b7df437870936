//! A button between a pin and the supply, where those of the examples are between a pin and ground.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, InputPin};
use embedded_hal_async::digital::Wait;

/// A pin whose level is turned round: low is high.
pub struct Turned<P>(pub P);

impl<P: InputPin<Error = Infallible>> ErrorType for Turned<P> {
    type Error = Infallible;
}

impl<P: InputPin<Error = Infallible>> InputPin for Turned<P> {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        self.0.is_low()
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.0.is_high()
    }
}

impl<P: InputPin<Error = Infallible> + Wait> Wait for Turned<P> {
    async fn wait_for_high(&mut self) -> Result<(), Infallible> {
        self.0.wait_for_low().await
    }

    async fn wait_for_low(&mut self) -> Result<(), Infallible> {
        self.0.wait_for_high().await
    }

    async fn wait_for_rising_edge(&mut self) -> Result<(), Infallible> {
        self.0.wait_for_falling_edge().await
    }

    async fn wait_for_falling_edge(&mut self) -> Result<(), Infallible> {
        self.0.wait_for_rising_edge().await
    }

    async fn wait_for_any_edge(&mut self) -> Result<(), Infallible> {
        self.0.wait_for_any_edge().await
    }
}
