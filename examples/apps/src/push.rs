//! Buttons between a pin and ground.

use core::convert::Infallible;

use embassy_futures::select::{Either, select};
use embassy_time::{Duration, Timer};
use embedded_hal::digital::InputPin;
use embedded_hal_async::digital::Wait;

use crate::{Answer, Answers, Button};

/// For so long a contact may bounce when it is let go.
const BOUNCES: Duration = Duration::from_millis(20);

/// A button between a pin, which is pulled up, and ground.
pub struct Push<P> {
    pin: P,
    /// It was let go since it was pressed last.
    released: bool,
}

impl<P: InputPin<Error = Infallible> + Wait> Push<P> {
    /// A button at that pin. If it is held from the start, it has to be let go first.
    pub fn new(pin: P) -> Self {
        Self { pin, released: false }
    }

    /// Waits until it is pressed, having been let go. Dropped, it has missed nothing that is still held.
    pub async fn pressed(&mut self) {
        while !self.released {
            let Ok(()) = self.pin.wait_for_high().await;
            Timer::after(BOUNCES).await;
            self.released = self.pin.is_high() == Ok(true);
        }
        let Ok(()) = self.pin.wait_for_low().await;
        self.released = false;
    }
}

/// One button: the bell's.
pub struct Bell<P>(pub Push<P>);

impl<P: InputPin<Error = Infallible> + Wait> Button for Bell<P> {
    async fn pressed(&mut self) {
        self.0.pressed().await;
    }
}

/// Two buttons: yes and no.
pub struct YesNo<P> {
    /// Accepts.
    pub yes: Push<P>,
    /// Rejects.
    pub no: Push<P>,
}

impl<P: InputPin<Error = Infallible> + Wait> Answers for YesNo<P> {
    async fn pressed(&mut self) -> Answer {
        match select(self.yes.pressed(), self.no.pressed()).await {
            Either::First(()) => Answer::Accept,
            Either::Second(()) => Answer::Reject,
        }
    }
}
