//! Where an engine keeps its rows: fixed arrays on a chip, vectors on a server.

use super::memory::{Tombstone, Window};
use super::row::Row;

/// The bytes of data that a row keeps.
pub trait Payload: Default + Clone {
    /// The most bytes that it keeps.
    const LIMIT: usize;
    /// Keeps `bytes`; none if they are too many for it.
    fn keep(bytes: &[u8]) -> Option<Self>;
    /// The bytes.
    fn bytes(&self) -> &[u8];
}

impl<const N: usize> Payload for heapless::Vec<u8, N> {
    const LIMIT: usize = N;

    fn keep(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }

    fn bytes(&self) -> &[u8] {
        self
    }
}

/// The slices that an engine works on. `rows`, `buckets`, `heap`, `transmit` and `events` have one length.
#[derive(Debug)]
pub struct Slices<'a, R> {
    /// The invitations.
    pub rows: &'a mut [R],
    /// The index: where each chain of rows with one hash begins.
    pub buckets: &'a mut [u32],
    /// The deadlines: a binary heap of rows.
    pub heap: &'a mut [u32],
    /// Rows with something to send, in turn.
    pub transmit: &'a mut [u32],
    /// Rows with something to tell, in turn.
    pub events: &'a mut [u32],
    /// What ended not long ago.
    pub tombstones: &'a mut [Tombstone],
    /// What was seen, by the device that invited; in sets of four.
    pub windows: &'a mut [Window],
}

/// Gives an engine its memory, which it alone uses.
pub trait Storage<R> {
    /// All of it.
    fn slices(&mut self) -> Slices<'_, R>;
    /// The rows, to look at.
    fn rows(&self) -> &[R];
    /// The deadlines, to look at.
    fn heap(&self) -> &[u32];
}

/// Arrays for `ROWS` invitations of up to `I` invitees with `D` devices each and `BYTES` bytes of data,
/// `TOMBS` tombstones and `WINDOWS` windows (a multiple of 4).
#[derive(Debug)]
pub struct Fixed<
    const ROWS: usize,
    const I: usize,
    const D: usize,
    const BYTES: usize,
    const TOMBS: usize = 8,
    const WINDOWS: usize = 16,
> {
    rows: [Row<heapless::Vec<u8, BYTES>, I, D>; ROWS],
    buckets: [u32; ROWS],
    heap: [u32; ROWS],
    transmit: [u32; ROWS],
    events: [u32; ROWS],
    tombstones: [Tombstone; TOMBS],
    windows: [Window; WINDOWS],
}

impl<
    const ROWS: usize,
    const I: usize,
    const D: usize,
    const BYTES: usize,
    const TOMBS: usize,
    const WINDOWS: usize,
> Default for Fixed<ROWS, I, D, BYTES, TOMBS, WINDOWS>
{
    fn default() -> Self {
        Self {
            rows: core::array::from_fn(|_| Row::default()),
            buckets: [0; ROWS],
            heap: [0; ROWS],
            transmit: [0; ROWS],
            events: [0; ROWS],
            tombstones: [Tombstone::default(); TOMBS],
            windows: [Window::default(); WINDOWS],
        }
    }
}

impl<
    const ROWS: usize,
    const I: usize,
    const D: usize,
    const BYTES: usize,
    const TOMBS: usize,
    const WINDOWS: usize,
> Storage<Row<heapless::Vec<u8, BYTES>, I, D>> for Fixed<ROWS, I, D, BYTES, TOMBS, WINDOWS>
{
    fn slices(&mut self) -> Slices<'_, Row<heapless::Vec<u8, BYTES>, I, D>> {
        Slices {
            rows: &mut self.rows,
            buckets: &mut self.buckets,
            heap: &mut self.heap,
            transmit: &mut self.transmit,
            events: &mut self.events,
            tombstones: &mut self.tombstones,
            windows: &mut self.windows,
        }
    }

    fn rows(&self) -> &[Row<heapless::Vec<u8, BYTES>, I, D>] {
        &self.rows
    }

    fn heap(&self) -> &[u32] {
        &self.heap
    }
}
