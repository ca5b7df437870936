//! Where an engine keeps its rows: fixed arrays on a chip, vectors on a server.

use heapless::LenType;

use super::Ignored;
use super::heap::Due;
use super::memory::{Tombstone, Window};
use super::row::Row;

/// The bytes of data that a row keeps.
pub trait Payload: Clone {
    /// The most bytes that it keeps.
    const LIMIT: usize;
    /// No bytes.
    const EMPTY: Self;
    /// Keeps these bytes and no others. `false`, and nothing changed, if they are too many for it.
    fn set(&mut self, bytes: &[u8]) -> bool;
    /// The bytes.
    fn bytes(&self) -> &[u8];
}

/// Leaves no bytes in it. `EMPTY` would be copied, with all that it has room for.
pub(super) fn empty(payload: &mut impl Payload) {
    payload.set(&[]);
}

/// Up to `N` bytes (at most 65 535), in place.
pub type Bytes<const N: usize> = heapless::Vec<u8, N, u16>;

impl<const N: usize, L: LenType> Payload for heapless::Vec<u8, N, L> {
    const LIMIT: usize = N;
    const EMPTY: Self = Self::new();

    fn set(&mut self, bytes: &[u8]) -> bool {
        if bytes.len() > N {
            return false;
        }
        self.clear();
        self.extend_from_slice(bytes).is_ok()
    }

    fn bytes(&self) -> &[u8] {
        self
    }
}

/// The slices that an engine works on: one entry a row in each, but for `tombstones` and `windows`.
#[derive(Debug)]
pub struct Slices<'a, R> {
    /// The invitations.
    pub rows: &'a mut [R],
    /// The index: where each chain of rows with one hash begins.
    pub buckets: &'a mut [u32],
    /// Where each list of rows begins that an invitation from or to one user would cross (glare).
    pub pairs: &'a mut [u32],
    /// The deadlines, the earliest first.
    pub heap: &'a mut [Due],
    /// Where in the heap each row has its deadline.
    pub places: &'a mut [u32],
    /// Rows with something to send, in turn.
    pub transmit: &'a mut [u32],
    /// Rows with something to tell, in turn.
    pub events: &'a mut [u32],
    /// What ended not long ago.
    pub tombstones: &'a mut [Tombstone],
    /// What was seen, by the device that invited; in sets of four.
    pub windows: &'a mut [Window],
}

impl<R> Slices<'_, R> {
    /// The row that was found, and where it lies.
    pub(super) fn row(&mut self, found: Option<u32>) -> Result<(u32, &mut R), Ignored> {
        let at = found.ok_or(Ignored::NoRow)?;
        Ok((at, self.rows.get_mut(at as usize).ok_or(Ignored::NoRow)?))
    }
}

/// Gives an engine its memory, which it alone uses. All of it begins as `EMPTY`, `Default` or 0.
pub trait Storage<R> {
    /// All of it.
    fn slices(&mut self) -> Slices<'_, R>;
    /// The rows, to look at.
    fn rows(&self) -> &[R];
    /// The index, to look at.
    fn buckets(&self) -> &[u32];
    /// The deadlines, to look at.
    fn heap(&self) -> &[Due];
}

/// Memory that lives elsewhere, say in a `static`.
impl<R, S: Storage<R> + ?Sized> Storage<R> for &mut S {
    fn slices(&mut self) -> Slices<'_, R> {
        (**self).slices()
    }

    fn rows(&self) -> &[R] {
        (**self).rows()
    }

    fn buckets(&self) -> &[u32] {
        (**self).buckets()
    }

    fn heap(&self) -> &[Due] {
        (**self).heap()
    }
}

/// Arrays for `ROWS` invitations of up to `I` invitees with `D` devices each and `BYTES` bytes of data,
/// `TOMBS` tombstones and `WINDOWS` windows (a multiple of 4).
///
/// Windows remember what rang here, one (28 bytes) for each run of a device that invited: take as many as `ROWS`. They are
/// found by hash. Tombstones are a second look at what a window forgot, and are searched from end to end for each
/// id without a row: 8 to 256 do for any table. So 100 000 rows want 100 000 windows and 256 tombstones.
#[derive(Debug)]
pub struct Fixed<
    const ROWS: usize,
    const I: usize,
    const D: usize,
    const BYTES: usize,
    const TOMBS: usize = 8,
    const WINDOWS: usize = 16,
> {
    rows: [Row<Bytes<BYTES>, I, D>; ROWS],
    buckets: [u32; ROWS],
    pairs: [u32; ROWS],
    heap: [Due; ROWS],
    places: [u32; ROWS],
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
> Fixed<ROWS, I, D, BYTES, TOMBS, WINDOWS>
{
    /// Empty arrays, all zero: as the value of a `static` they take no flash and never pass over the stack.
    pub const fn new() -> Self {
        Self {
            rows: [const { Row::EMPTY }; ROWS],
            buckets: [0; ROWS],
            pairs: [0; ROWS],
            heap: [Due::NEVER; ROWS],
            places: [0; ROWS],
            transmit: [0; ROWS],
            events: [0; ROWS],
            tombstones: [Tombstone::NONE; TOMBS],
            windows: [Window::NONE; WINDOWS],
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
> Default for Fixed<ROWS, I, D, BYTES, TOMBS, WINDOWS>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<
    const ROWS: usize,
    const I: usize,
    const D: usize,
    const BYTES: usize,
    const TOMBS: usize,
    const WINDOWS: usize,
> Storage<Row<Bytes<BYTES>, I, D>> for Fixed<ROWS, I, D, BYTES, TOMBS, WINDOWS>
{
    #[inline(never)] // eighteen words in each of the engine's methods
    fn slices(&mut self) -> Slices<'_, Row<Bytes<BYTES>, I, D>> {
        Slices {
            rows: &mut self.rows,
            buckets: &mut self.buckets,
            pairs: &mut self.pairs,
            heap: &mut self.heap,
            places: &mut self.places,
            transmit: &mut self.transmit,
            events: &mut self.events,
            tombstones: &mut self.tombstones,
            windows: &mut self.windows,
        }
    }

    fn rows(&self) -> &[Row<Bytes<BYTES>, I, D>] {
        &self.rows
    }

    fn buckets(&self) -> &[u32] {
        &self.buckets
    }

    fn heap(&self) -> &[Due] {
        &self.heap
    }
}
