//! How a program starts.

use core::fmt::{self, Write};

use adapter_embassy::{Events, Resources, Runner, Signaling};
use embassy_executor::Spawner;
use example_apps::greet;
use mps2_an385_bsp::{Reader, Uart, Writer, start_clock};
use static_cell::ConstStaticCell;

use crate::ONCE;
use crate::console::idle;
use crate::settings::{Settings, Wrong};

/// 4 invitations of 4 invitees with 2 devices each, 64 bytes of data, and frames of 768 bytes: a token of
/// 600 bytes fits.
pub type Memory = Resources<4, 4, 2, 64, 768>;

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

/// A board whose clock and console run, and its device, which has no link yet.
pub struct Board {
    /// What was set.
    pub settings: Settings,
    /// For commands.
    pub signaling: Signaling<'static>,
    /// Runs over whatever link the program has.
    pub runner: Runner<'static>,
    /// For the panel.
    pub events: Events<'static>,
    /// What is typed at the console.
    pub keys: Reader,
    /// What it shows.
    pub console: Writer,
}

impl Board {
    /// A setting, unless it is wrong: then the console says so.
    pub fn right<T>(&self, setting: Result<T, Wrong>) -> Option<T> {
        setting.map_err(|wrong| complain(self.console, wrong)).ok()
    }
}

/// Starts the board, whose number is `id` and which belongs to `user` unless that is set, for a program of that name.
/// None if it cannot start: then the console says why. To be called once, first of all.
pub fn start(spawner: Spawner, program: &str, user: &'static str, id: u64) -> Option<Board> {
    start_clock();
    let (keys, mut console) = Uart::console();
    let set = Settings::read().and_then(|settings| Ok((settings, settings.identity(user, id)?)));
    let complains = |wrong: Wrong| complain(console, format_args!("{program}: {wrong}"));
    let (settings, identity) = set.map_err(complains).ok()?;
    greet(&mut console, program, &identity);
    let started = MEMORY.take().start(identity);
    let (signaling, runner, events) = started.map_err(|error| complain(console, error)).ok()?;
    if let Some(seconds) = settings.idle() {
        spawner.spawn(idle(console, signaling, seconds).expect(ONCE));
    }
    Some(Board { settings, signaling, runner, events, keys, console })
}

/// Says what is wrong.
pub(crate) fn complain(mut console: Writer, error: impl fmt::Display) {
    // The line takes everything.
    let _ = write!(console, "{error}\r\n");
}
