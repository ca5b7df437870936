//! Rows by id and by deadline, without ever scanning: a hashed index, a binary heap, two rings and two lists.

use super::row::Row;
use super::storage::{Payload, Slices};
use crate::name::InviteId;

/// "No row" in a link.
const NONE: u32 = u32::MAX;
/// A deadline that never comes.
pub(super) const NEVER: u64 = u64::MAX;

/// What a row carries for the table's sake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    chain: u32,
    heap: u32,
    older: u32,
    newer: u32,
    terminal: bool,
    transmit: bool,
    events: bool,
    pub(super) deadline: u64,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            chain: NONE,
            heap: NONE,
            older: NONE,
            newer: NONE,
            terminal: false,
            transmit: false,
            events: false,
            deadline: NEVER,
        }
    }
}

/// A ring of rows, each in it at most once.
#[derive(Clone, Copy, Debug, Default)]
struct Ring {
    head: usize,
    len: usize,
}

impl Ring {
    fn push(&mut self, slice: &mut [u32], row: u32) {
        let at = self.head.saturating_add(self.len).checked_rem(slice.len()).unwrap_or(0);
        if let Some(place) = slice.get_mut(at) {
            *place = row;
            self.len = self.len.saturating_add(1);
        }
    }

    fn pop(&mut self, slice: &[u32]) -> Option<u32> {
        self.len = self.len.checked_sub(1)?;
        let row = slice.get(self.head).copied();
        self.head = self.head.saturating_add(1).checked_rem(slice.len()).unwrap_or(0);
        row
    }
}

/// The heads of all structures; the links are in the rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    seed: u64,
    /// How many rows were ever used; beyond them nothing is initialised.
    fresh: u32,
    free: u32,
    live: u32,
    heap: u32,
    oldest: u32,
    newest: u32,
    transmit: Ring,
    events: Ring,
}

impl Table {
    pub(super) fn new(seed: u64) -> Self {
        let ring = Ring::default();
        Self {
            seed,
            fresh: 0,
            free: NONE,
            live: 0,
            heap: 0,
            oldest: NONE,
            newest: NONE,
            transmit: ring,
            events: ring,
        }
    }

    /// How many rows are in use.
    pub(super) fn len(&self) -> u32 {
        self.live
    }

    fn bucket(&self, id: InviteId, buckets: usize) -> usize {
        let bits = u128::from_be_bytes(id.to_bytes()) ^ u128::from(self.seed);
        let mixed = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) >> 64;
        usize::try_from(mixed & 0x7fff_ffff).unwrap_or(0).checked_rem(buckets).unwrap_or(0)
    }

    /// The row of that id.
    pub(super) fn find<P: Payload, const I: usize, const D: usize>(
        &self,
        slices: &Slices<'_, Row<P, I, D>>,
        id: InviteId,
    ) -> Option<u32> {
        let head = *slices.buckets.get(self.bucket(id, slices.buckets.len()))?;
        let mut at = head.checked_sub(1)?;
        loop {
            let row = slices.rows.get(at as usize)?;
            if row.id == id {
                return Some(at);
            }
            at = row.links.chain;
        }
    }

    /// Takes a free row for `id`; none if all are in use.
    pub(super) fn insert<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        id: InviteId,
    ) -> Option<u32> {
        let at = if self.free == NONE { self.fresh } else { self.free };
        let bucket = self.bucket(id, slices.buckets.len());
        let row = slices.rows.get_mut(at as usize)?;
        let head = slices.buckets.get_mut(bucket)?;
        if self.free == NONE {
            self.fresh = self.fresh.saturating_add(1);
        } else {
            self.free = row.links.chain;
        }
        row.id = id;
        // A row still waits its turn in the rings when it is used anew.
        row.links = Links { transmit: row.links.transmit, events: row.links.events, ..Links::default() };
        row.links.chain = head.checked_sub(1).unwrap_or(NONE);
        *head = at.saturating_add(1);
        self.live = self.live.saturating_add(1);
        Some(at)
    }

    /// Gives a row back.
    pub(super) fn remove<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        self.set_deadline(slices, at, NEVER);
        self.set_terminal(slices, at, false);
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let bucket = self.bucket(row.id, slices.buckets.len());
        let after = core::mem::replace(&mut row.links.chain, self.free);
        row.clear();
        self.free = at;
        self.live = self.live.saturating_sub(1);
        let Some(head) = slices.buckets.get_mut(bucket) else { return };
        if *head == at.saturating_add(1) {
            *head = after.checked_add(1).unwrap_or(0);
            return;
        }
        let mut before = head.saturating_sub(1);
        while let Some(row) = slices.rows.get_mut(before as usize) {
            if row.links.chain == at {
                row.links.chain = after;
                return;
            }
            before = row.links.chain;
        }
    }

    /// How many rows were ever used: those beyond were never touched.
    pub(super) fn used(&self) -> u32 {
        self.fresh
    }

    /// Whether a new row can be had, if need be for the oldest terminal one.
    pub(super) fn has_room<R>(&self, slices: &Slices<'_, R>) -> bool {
        self.free != NONE || (self.fresh as usize) < slices.rows.len() || self.oldest != NONE
    }

    /// The earliest deadline of all rows.
    pub(super) fn deadline<P, const I: usize, const D: usize>(
        &self,
        rows: &[Row<P, I, D>],
        heap: &[u32],
    ) -> Option<u64> {
        let at = *heap.first().filter(|_| self.heap > 0)?;
        rows.get(at as usize).map(|row| row.links.deadline)
    }

    /// The row with the earliest deadline.
    pub(super) fn first<P: Payload, const I: usize, const D: usize>(
        &self,
        slices: &Slices<'_, Row<P, I, D>>,
    ) -> Option<(u32, u64)> {
        let at = *slices.heap.first().filter(|_| self.heap > 0)?;
        Some((at, slices.rows.get(at as usize)?.links.deadline))
    }

    /// Sets when the row wants to be called.
    pub(super) fn set_deadline<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
        deadline: u64,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let before = core::mem::replace(&mut row.links.deadline, deadline);
        let place = row.links.heap;
        match (place == NONE, deadline == NEVER) {
            (true, true) => {}
            (true, false) => {
                let end = self.heap;
                self.heap = end.saturating_add(1);
                Heap(slices).put(end, at);
                Heap(slices).rise(end);
            }
            (false, true) => {
                let end = self.heap.saturating_sub(1);
                self.heap = end;
                Heap(slices).take(place, end);
            }
            (false, false) if deadline < before => Heap(slices).rise(place),
            (false, false) => Heap(slices).sink(place, self.heap),
        }
    }

    /// Notes whether the row may go when room is needed; the oldest goes first.
    pub(super) fn set_terminal<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
        terminal: bool,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        if row.links.terminal == terminal {
            return;
        }
        row.links.terminal = terminal;
        if terminal {
            (row.links.older, row.links.newer) = (self.newest, NONE);
            match slices.rows.get_mut(self.newest as usize) {
                Some(newest) => newest.links.newer = at,
                None => self.oldest = at,
            }
            self.newest = at;
            return;
        }
        let (older, newer) = (row.links.older, row.links.newer);
        match slices.rows.get_mut(older as usize) {
            Some(row) => row.links.newer = newer,
            None => self.oldest = newer,
        }
        match slices.rows.get_mut(newer as usize) {
            Some(row) => row.links.older = older,
            None => self.newest = older,
        }
    }

    /// The row that is terminal for the longest time.
    pub(super) fn oldest_terminal(&self) -> Option<u32> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    pub(super) fn push_transmit<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        if !core::mem::replace(&mut row.links.transmit, true) {
            self.transmit.push(slices.transmit, at);
        }
    }

    pub(super) fn pop_transmit<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
    ) -> Option<u32> {
        let at = self.transmit.pop(slices.transmit)?;
        slices.rows.get_mut(at as usize)?.links.transmit = false;
        Some(at)
    }

    pub(super) fn push_events<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        if !core::mem::replace(&mut row.links.events, true) {
            self.events.push(slices.events, at);
        }
    }

    pub(super) fn pop_events<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
    ) -> Option<u32> {
        let at = self.events.pop(slices.events)?;
        slices.rows.get_mut(at as usize)?.links.events = false;
        Some(at)
    }
}

/// A binary heap of row numbers; each row knows its place in it.
struct Heap<'s, 'a, R>(&'s mut Slices<'a, R>);

impl<P: Payload, const I: usize, const D: usize> Heap<'_, '_, Row<P, I, D>> {
    fn put(&mut self, place: u32, at: u32) {
        if let Some(entry) = self.0.heap.get_mut(place as usize) {
            *entry = at;
        }
        if let Some(row) = self.0.rows.get_mut(at as usize) {
            row.links.heap = place;
        }
    }

    fn at(&self, place: u32) -> Option<(u32, u64)> {
        let at = *self.0.heap.get(place as usize)?;
        Some((at, self.0.rows.get(at as usize)?.links.deadline))
    }

    fn rise(&mut self, mut place: u32) {
        while let Some(parent) = place.checked_sub(1).map(|p| p / 2) {
            let (Some(child), Some(above)) = (self.at(place), self.at(parent)) else { return };
            if above.1 <= child.1 {
                return;
            }
            self.put(place, above.0);
            self.put(parent, child.0);
            place = parent;
        }
    }

    fn sink(&mut self, mut place: u32, len: u32) {
        loop {
            let left = place.saturating_mul(2).saturating_add(1);
            let right = left.saturating_add(1);
            let earlier = |a: u32, b: u32| match (self.at(a), self.at(b)) {
                (Some(x), Some(y)) if b < len && y.1 < x.1 => b,
                _ => a,
            };
            let least = earlier(earlier(place, left), right);
            let (Some(here), Some(there)) = (self.at(place), self.at(least)) else { return };
            if least == place {
                return;
            }
            self.put(place, there.0);
            self.put(least, here.0);
            place = least;
        }
    }

    /// Takes the entry at `place` out; the one at `end` is the last.
    fn take(&mut self, place: u32, end: u32) {
        let gone = self.at(place);
        let last = self.at(end);
        if let (Some(last), true) = (last, place != end) {
            self.put(place, last.0);
            self.rise(place);
            self.sink(place, end);
        }
        if let Some(row) = gone.and_then(|(at, _)| self.0.rows.get_mut(at as usize)) {
            row.links.heap = NONE;
        }
    }
}
