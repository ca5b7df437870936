//! A console for a panel, and keys for buttons.

use core::fmt::Write;

use adapter_embassy::{Caller, Events, Signaling};
use embassy_time::Timer;
use embedded_io_async::Read;
use example_apps::{Answer, Answers, Button, Panel, Sign, answerer, doorbell, tell};
use heapless::Vec;
use mps2_an385_bsp::{Reader, Writer, wakes};

/// The doorbell: any key is its button.
#[embassy_executor::task]
pub async fn ring(
    caller: Caller<'static>,
    events: Events<'static>,
    whom: Vec<&'static str, 4>,
    keys: Reader,
    console: Writer,
) {
    doorbell(caller, events, &whom, Keys(keys), Console(console)).await;
}

/// The answerer: y and n are its buttons.
#[embassy_executor::task]
pub async fn answer(signaling: Signaling<'static>, events: Events<'static>, keys: Reader, console: Writer) {
    answerer(signaling, events, Keys(keys), Console(console)).await;
}

/// Tells once how often the chip woke in that many seconds, the link being up.
#[embassy_executor::task]
pub(crate) async fn idle(mut console: Writer, signaling: Signaling<'static>, seconds: u64) {
    signaling.connected().await;
    // What the beginning brings with it is over.
    Timer::after_secs(1).await;
    let before = wakes();
    Timer::after_secs(seconds).await;
    // The line takes everything.
    let _ = write!(console, "woke {} times in {seconds} s\r\n", wakes().wrapping_sub(before));
}

/// A panel that prints a line for each sign.
struct Console(Writer);

impl Panel for Console {
    fn show(&mut self, sign: &Sign<'_>) {
        tell(&mut self.0, sign);
    }
}

/// The keys of the console.
struct Keys(Reader);

impl Keys {
    async fn key(&mut self) -> u8 {
        let mut key = [0];
        // The line brings no errors.
        let _ = self.0.read(&mut key).await;
        key[0]
    }
}

impl Button for Keys {
    /// Any key but those that end a line.
    async fn pressed(&mut self) {
        while matches!(self.key().await, b'\r' | b'\n') {}
    }
}

impl Answers for Keys {
    async fn pressed(&mut self) -> Answer {
        loop {
            match self.key().await {
                b'y' => return Answer::Accept,
                b'n' => return Answer::Reject,
                _ => {}
            }
        }
    }
}
