//! The memory of an engine on a machine with a heap.

use std::fmt;

use signaling_core::{Due, Engine, Payload, Row, Slices, Storage, Tombstone, Window};

use crate::data::Data;

/// The most invitees of one invitation of a [`ClientEngine`].
pub const MAX_INVITEES: usize = 32;
/// The most devices of one invitee that a [`ClientEngine`] follows.
pub const MAX_DEVICES: usize = 8;

/// The most tombstones: all are looked at for each invitation that comes.
const MAX_TOMBSTONES: usize = 256;

/// The engine of a [`Client`](crate::Client).
pub type ClientEngine = Engine<Vectors<Data, MAX_INVITEES, MAX_DEVICES>, Data, MAX_INVITEES, MAX_DEVICES>;

/// Vectors for a number of invitations that is chosen when they are made. They never grow.
pub struct Vectors<P, const I: usize, const D: usize> {
    rows: Vec<Row<P, I, D>>,
    buckets: Vec<u32>,
    pairs: Vec<u32>,
    heap: Vec<Due>,
    places: Vec<u32>,
    transmit: Vec<u32>,
    events: Vec<u32>,
    tombstones: Vec<Tombstone>,
    windows: Vec<Window>,
}

impl<P: Payload, const I: usize, const D: usize> Vectors<P, I, D> {
    /// Room for `rows` invitations, with as many windows, and as many tombstones up to 256; 0 counts as 1.
    pub fn new(rows: usize) -> Self {
        let rows = rows.max(1);
        let links = || vec![0; rows];
        Self {
            rows: std::iter::repeat_with(|| Row::EMPTY).take(rows).collect(),
            buckets: links(),
            pairs: links(),
            heap: vec![Due::NEVER; rows],
            places: links(),
            transmit: links(),
            events: links(),
            tombstones: vec![Tombstone::default(); rows.min(MAX_TOMBSTONES)],
            windows: vec![Window::default(); rows.next_multiple_of(4)],
        }
    }
}

impl<P: Payload, const I: usize, const D: usize> Storage<Row<P, I, D>> for Vectors<P, I, D> {
    fn slices(&mut self) -> Slices<'_, Row<P, I, D>> {
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

    fn rows(&self) -> &[Row<P, I, D>] {
        &self.rows
    }

    fn buckets(&self) -> &[u32] {
        &self.buckets
    }

    fn heap(&self) -> &[Due] {
        &self.heap
    }
}

impl<P, const I: usize, const D: usize> fmt::Debug for Vectors<P, I, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vectors").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use signaling_core::Bytes;

    use super::*;

    #[test]
    fn what_is_searched_from_end_to_end_stays_small() {
        let sizes = [0, 7, 1_000].map(|rows| {
            let mut vectors = Vectors::<Bytes<8>, 1, 1>::new(rows);
            let slices = vectors.slices();
            (slices.rows.len(), slices.tombstones.len(), slices.windows.len())
        });
        assert_eq!(sizes, [(1, 1, 4), (7, 7, 8), (1_000, 256, 1_000)]);
    }
}
