//! The invitations of one device: tables, ids, deadlines, back-off and payloads around the machine.

mod capacity;
mod commands;
mod crossing;
mod effects;
mod error;
mod event;
mod heap;
mod input;
mod memory;
mod news;
mod output;
mod row;
mod saved;
mod storage;
mod table;
mod timers;

pub use capacity::{largest_frame, ram, rows};
pub use commands::{Added, CancelOutcome, Invite, MAX_DATA, MAX_LIMIT, MAX_PUSH};
pub use error::{
    AddError, AnswerError, CODE_EXISTS, CODE_INVALID, CODE_NO_PERMISSION, CODE_TOO_LONG, CODE_UNKNOWN,
    CancelError, Ignored, InviteError, ModifyError,
};
pub use event::{Event, Invitee, Standing, View, What};
pub use heap::Due;
pub use memory::{Tombstone, Window};
pub use row::Row;
pub use saved::{RestoreError, Snapshot, Stamp};
pub use storage::{Bytes, Fixed, Payload, Slices, Storage};

use crate::fmt::warning;
use crate::name::{Device, InviteId, UserId};
use effects::Left;
use memory::Memory;
use table::Table;

/// Who an engine is, and how patient. All times in ms.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// The user whose device this is.
    pub user: UserId,
    /// The device. With epoch 0 nothing can be invited until [`Engine::set_epoch`].
    pub device: Device,
    /// A ringing device that hears nothing from the inviter for so long stops; 0 for no lease.
    pub lease: u32,
    /// An answer or a question that gets no word for so long is in doubt (T_resolve).
    pub resolve: u32,
    /// A decided invitation is told on for so long to who has not confirmed it (T_keep).
    pub keep: u32,
    /// The first interval after which something unconfirmed is sent again; it doubles, ±20 %.
    pub resend_first: u32,
    /// The longest such interval.
    pub resend_most: u32,
    /// Whether invitations made here outlive a restart: nothing is sent or told of one before it is saved,
    /// see [`Engine::unsaved`].
    pub durable: bool,
    /// Whether of two one-to-one invitations that cross, of this user and of the one whom he invites, one gives
    /// way (protocol section 6, "Glare"). Meant to be the same on all devices.
    pub glare: bool,
    /// Spreads the repeats and the index; any number, best another for each device.
    pub seed: u64,
}

impl Config {
    /// The protocol's defaults: lease 10 s, resolve 30 s, keep 300 s, resend 200 ms to 4 s.
    pub fn new(user: UserId, device: Device) -> Self {
        let seed = device.id ^ (u64::from(device.epoch) << 17);
        Self {
            user,
            device,
            lease: 10_000,
            resolve: 30_000,
            keep: 300_000,
            resend_first: 200,
            resend_most: 4_000,
            durable: false,
            glare: false,
            seed,
        }
    }
}

/// What an engine did since it was made; only ever counts up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Counters {
    /// Terminal rows that went early because room was needed.
    pub evicted: u32,
    /// Invitations that found the table full, or were too large for it.
    pub full: u32,
    /// Messages that were ignored.
    pub ignored: u32,
    /// Messages that did not fit the buffer of [`Engine::poll_transmit`] and were dropped.
    pub unsendable: u32,
    /// Data of others that was too large for this device and was dropped; the outcome stands.
    pub oversize: u32,
}

impl Counters {
    /// Data of another device is too large to be kept.
    fn drop_data(&mut self, data: &[u8]) {
        self.oversize = self.oversize.saturating_add(1);
        warning!("{} bytes of data are too many for this device and are dropped", data.len());
    }
}

/// The invitations of one device. Sans-IO: it has no clock, no socket and no thread; time is an argument, in
/// ms of a monotonic clock that counts suspend (a `now` that goes back is taken as the last one). It must not wrap: a
/// `u32` of ms does after 49.7 days, and time would stand still from then on; count its wraps into the upper half.
///
/// **How to drive it.** There are four families of methods. *Commands* ([`invite`](Self::invite),
/// [`accept`](Self::accept), [`reject`](Self::reject), [`cancel`](Self::cancel), [`modify`](Self::modify),
/// [`add_invited_signaling`](Self::add_invited_signaling)) are what the application wants. *Inputs*
/// ([`handle_frame`](Self::handle_frame), [`handle_link_up`](Self::handle_link_up),
/// [`handle_timeout`](Self::handle_timeout)) are what the world does; an input may write one answer into the
/// buffer given to it, to be sent at once. After any command or input, empty the *outputs*: send what
/// [`poll_transmit`](Self::poll_transmit) writes until it gives none (only while the link is up), tell the
/// application what [`poll_event`](Self::poll_event) gives until it gives none, and sleep until
/// [`poll_timeout`](Self::poll_timeout), a frame or a command, whichever is first; when it is time, call
/// `handle_timeout`. A command or an input first lets all go off that is due by its `now`, so that nobody answers after
/// the time limit, however late a driver is. *Getters* look and change nothing. What is sent or told is derived from
/// the rows at the moment of asking, so an output that is asked late is never lost and never queues up.
///
/// **Over which link.** Without a relay, a [`Direct`](crate::direct::Direct) stands between the engine and the socket.
/// Towards a relay the driver says [`Hello`](crate::wire::Hello) first and calls `handle_link_up` when the
/// [`Welcome`](crate::wire::Welcome) comes; it answers a Ping with a Pong, and pings so often that the relay's limit
/// of silence is kept. When the link is lost, which a [`Refused`](crate::wire::Refused) without a key may say,
/// nothing is to be called: time limits and timers go on, and what is to be sent waits.
///
/// `S` keeps the rows, `P` is the data of an invitation or an answer, `I` the most invitees of one, `D` the
/// most devices that are followed of each.
#[derive(Debug)]
pub struct Engine<S, P, const I: usize, const D: usize> {
    storage: S,
    inner: Inner,
    payload: core::marker::PhantomData<P>,
}

/// The engine of a microcontroller: `ROWS` invitations of up to `I` invitees with `D` devices each and
/// `BYTES` bytes of data, all in one value.
pub type FixedEngine<const ROWS: usize, const I: usize, const D: usize, const BYTES: usize> =
    Engine<Fixed<ROWS, I, D, BYTES>, Bytes<BYTES>, I, D>;

/// All of an engine but its storage.
#[derive(Debug)]
struct Inner {
    config: Config,
    table: Table,
    memory: Memory,
    counters: Counters,
    now: u64,
    left: Left,
    /// The last number of an invitation of this run.
    sequence: u32,
    jitter: u64,
    /// Counts what has to be saved, and how far it is.
    changes: u32,
    saved: u32,
    /// The row of the event that was handed out last.
    told: Option<u32>,
}

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// An engine without invitations.
    pub fn new(config: Config, storage: S) -> Self {
        let seed = config.seed;
        let inner = Inner {
            config,
            table: Table::new(seed),
            memory: Memory::default(),
            counters: Counters::default(),
            now: 0,
            left: Left::default(),
            sequence: 0,
            jitter: seed | 1,
            changes: 0,
            saved: 0,
            told: None,
        };
        Self { storage, inner, payload: core::marker::PhantomData }
    }

    /// Who this is.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        self.inner.counters
    }

    /// How many invitations the table holds, live and terminal.
    pub fn len(&self) -> usize {
        self.inner.table.len() as usize
    }

    /// Whether the table holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One invitation, if there is still a row of it.
    pub fn view(&self, id: InviteId) -> Option<View<'_, P>> {
        let rows = self.storage.rows();
        let at = self.inner.table.find(rows, self.storage.buckets(), id)?;
        rows.get(at as usize).and_then(|row| row.view(self.inner.now))
    }

    /// All invitations that still have a row, in no order.
    pub fn views(&self) -> impl Iterator<Item = View<'_, P>> {
        self.storage.rows().iter().filter_map(|row| row.view(self.inner.now))
    }

    /// Gives a device that had none its epoch. Refused (`false`) once it has one, or for 0.
    pub fn set_epoch(&mut self, epoch: u32) -> bool {
        let unset = self.inner.config.device.epoch == 0 && epoch != 0;
        if unset {
            self.inner.config.device.epoch = epoch;
        }
        unset
    }
}

impl Inner {
    /// Something has to be saved.
    fn touch(&mut self) {
        self.changes = self.changes.wrapping_add(1);
    }
}
