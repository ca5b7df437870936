//! What the programs of this board share: the memory, who it is, a console for a panel, and keys.
#![no_std]

use core::fmt::Write;

use adapter_embassy::{Device, Identity, Label, Resources, UserId};
use embedded_io_async::Read;
use example_apps::{Answer, Answers, Button, Panel, Sign};
use mps2_an385_bsp::{Reader, Writer};
use static_cell::StaticCell;

#[cfg(feature = "defmt")]
use defmt_semihosting as _;
use panic_semihosting as _;

#[cfg(feature = "defmt")]
defmt::timestamp!("{=u64:ms}", embassy_time::Instant::now().as_millis());

/// 4 invitations of 4 invitees with 2 devices each, 64 bytes of data, and frames of 768 bytes: a token of
/// 600 bytes fits.
pub type Memory = Resources<4, 4, 2, 64, 768>;

/// The memory of the device.
pub static MEMORY: StaticCell<Memory> = StaticCell::new();

/// Whom the doorbell rings, up to 4 names: SIGNALING_WHOM at build time.
pub const WHOM: &str = match option_env!("SIGNALING_WHOM") {
    Some(whom) => whom,
    None => "bob",
};

/// What proves the board to the relay: SIGNALING_TOKEN at build time.
const TOKEN: &str = match option_env!("SIGNALING_TOKEN") {
    Some(token) => token,
    None => "",
};

/// The board, by its number; `user` unless SIGNALING_USER says otherwise at build time. The board has nowhere to
/// count its starts: the relay draws the epoch.
///
/// # Panics
/// If SIGNALING_USER is no name of a user.
pub fn identity(user: &str, id: u64) -> Identity {
    let user = option_env!("SIGNALING_USER").unwrap_or(user);
    let user = UserId::new(user).expect("SIGNALING_USER is a name of 1 to 32 bytes");
    let label = Label::new("board").expect("it is short");
    Identity { label, token: TOKEN, ..Identity::new(user, Device { id, epoch: 0 }) }
}

/// A panel that prints a line for each sign.
pub struct Console(pub Writer);

impl Panel for Console {
    fn show(&mut self, sign: &Sign<'_>) {
        let led = if sign.lit() { '*' } else { ' ' };
        // The line takes everything.
        let _ = write!(self.0, "[{led}] {sign}\r\n");
    }
}

/// The keys of the console.
pub struct Keys(pub Reader);

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
