//! Buttons.

use embassy_futures::select::{Either, select};
use embassy_nrf::Peri;
use embassy_nrf::gpio::{Input, Pin, Pull};
use embassy_time::{Duration, Timer};
use example_apps::{Answer, Answers, Button};

/// For so long a contact may bounce when it is let go.
const BOUNCES: Duration = Duration::from_millis(20);

/// A button between a pin and ground.
pub struct Push {
    pin: Input<'static>,
    /// It was let go since it was pressed last.
    released: bool,
}

impl Push {
    pub(crate) fn new(pin: Peri<'static, impl Pin>) -> Self {
        Self { pin: Input::new(pin, Pull::Up), released: false }
    }

    /// Waits until it is pressed, having been let go. Dropped, it has missed nothing that is still held.
    async fn pressed(&mut self) {
        while !self.released {
            self.pin.wait_for_high().await;
            Timer::after(BOUNCES).await;
            self.released = self.pin.is_high();
        }
        self.pin.wait_for_low().await;
        self.released = false;
    }
}

/// One button: the bell's.
pub struct Bell(pub Push);

impl Button for Bell {
    async fn pressed(&mut self) {
        self.0.pressed().await;
    }
}

/// Two buttons: yes and no.
pub struct YesNo {
    /// Accepts.
    pub yes: Push,
    /// Rejects.
    pub no: Push,
}

impl Answers for YesNo {
    async fn pressed(&mut self) -> Answer {
        match select(self.yes.pressed(), self.no.pressed()).await {
            Either::First(()) => Answer::Accept,
            Either::Second(()) => Answer::Reject,
        }
    }
}
