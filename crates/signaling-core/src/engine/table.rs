//! Rows by id and by deadline, without ever scanning: a hashed index, a heap, two rings and three lists.

use super::heap::{self, Heap};
use super::row::Row;
use super::storage::{Payload, Slices};
use crate::name::InviteId;

/// A deadline that never comes.
pub(super) const NEVER: u64 = u64::MAX;

/// Another row, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Link(u32);

impl Link {
    const NONE: Self = Self(0);

    fn to(row: u32) -> Self {
        Self(row.saturating_add(1))
    }

    fn row(self) -> Option<u32> {
        self.0.checked_sub(1)
    }
}

/// The list that a row is in, by its links `older` and `newer`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum List {
    None,
    /// Of the rows that may go when room is needed.
    Terminal,
    /// Of those that an invitation from or to the same user would cross; there is one for each bucket.
    Crossing,
}

/// What a row carries for the table's sake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    chain: Link,
    older: Link,
    newer: Link,
    /// The next of those that wait until they are saved.
    after: Link,
    list: List,
    transmit: bool,
    events: bool,
    unsaved: bool,
}

impl Links {
    /// The next row of the same list.
    pub(super) fn next(self) -> Option<u32> {
        self.newer.row()
    }

    pub(super) const NONE: Self = Self {
        chain: Link::NONE,
        older: Link::NONE,
        newer: Link::NONE,
        after: Link::NONE,
        list: List::None,
        transmit: false,
        events: false,
        unsaved: false,
    };
}

#[allow(clippy::cast_possible_truncation)] // cut in two on purpose: chips multiply 32 bits at once
fn halves(word: u64) -> [u32; 2] {
    [(word >> 32) as u32, word as u32]
}

/// The hash, with another word in it.
#[cfg_attr(target_pointer_width = "32", inline(never))] // small, and its caller is not
fn mix(hash: u32, word: u64) -> u32 {
    halves(word).into_iter().fold(hash, |hash, half| {
        let mixed = (hash ^ half).wrapping_mul(0x9e37_79b1);
        mixed ^ (mixed >> 15)
    })
}

/// One of so many places, by a hash. Small chips cannot divide.
pub(super) fn spread(hash: u32, places: usize) -> usize {
    let place = u64::from(hash).wrapping_mul(places as u64) >> 32;
    usize::try_from(place).unwrap_or(0)
}

/// A place behind the end of a ring is one from its start.
pub(super) fn wrap(place: usize, len: usize) -> usize {
    place.checked_sub(len).unwrap_or(place)
}

/// A ring of rows, each in it at most once.
#[derive(Clone, Copy, Debug, Default)]
struct Ring {
    head: usize,
    len: usize,
}

impl Ring {
    fn push(&mut self, slice: &mut [u32], row: u32) {
        let at = wrap(self.head.saturating_add(self.len), slice.len());
        if let Some(place) = slice.get_mut(at) {
            *place = row;
            self.len = self.len.saturating_add(1);
        }
    }

    fn pop(&mut self, slice: &[u32]) -> Option<u32> {
        self.len = self.len.checked_sub(1)?;
        let row = slice.get(self.head).copied();
        self.head = wrap(self.head.saturating_add(1), slice.len());
        row
    }
}

/// The heads of all structures; the links are in the rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    seed: u64,
    /// How many rows were ever used; beyond them nothing is initialised.
    fresh: u32,
    free: Link,
    live: u32,
    deadlines: u32,
    oldest: Link,
    newest: Link,
    unsaved: Link,
    transmit: Ring,
    events: Ring,
}

impl Table {
    pub(super) fn new(seed: u64) -> Self {
        let (ring, none) = (Ring::default(), Link::NONE);
        Self {
            seed,
            fresh: 0,
            free: none,
            live: 0,
            deadlines: 0,
            oldest: none,
            newest: none,
            unsaved: none,
            transmit: ring,
            events: ring,
        }
    }

    /// How many rows are in use.
    pub(super) fn len(&self) -> u32 {
        self.live
    }

    fn bucket(&self, id: InviteId, buckets: usize) -> usize {
        let run = u64::from(id.origin.epoch) << 32 | u64::from(id.sequence);
        let hash = mix(mix(mix(0x811c_9dc5, self.seed), id.origin.id), run);
        spread(hash, buckets)
    }

    /// The row of that id.
    pub(super) fn find<P: Payload, const I: usize, const D: usize>(
        &self,
        rows: &[Row<P, I, D>],
        buckets: &[u32],
        id: InviteId,
    ) -> Option<u32> {
        let mut link = Link(*buckets.get(self.bucket(id, buckets.len()))?);
        loop {
            let at = link.row()?;
            let row = rows.get(at as usize)?;
            if row.id == id {
                return Some(at);
            }
            link = row.links.chain;
        }
    }

    /// Takes a free row for `id`; none if all are in use.
    pub(super) fn insert<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        id: InviteId,
    ) -> Option<u32> {
        let at = self.free.row().unwrap_or(self.fresh);
        let bucket = self.bucket(id, slices.buckets.len());
        let row = slices.rows.get_mut(at as usize)?;
        let head = slices.buckets.get_mut(bucket)?;
        if self.free == Link::NONE {
            self.fresh = self.fresh.saturating_add(1);
        } else {
            self.free = row.links.chain;
        }
        row.begin(id);
        row.links.chain = Link(*head);
        row.links.list = List::None;
        *head = Link::to(at).0;
        self.live = self.live.saturating_add(1);
        Some(at)
    }

    /// Gives a row back. It may still wait its turn in a ring or list, also when it is used anew.
    pub(super) fn remove<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        self.set_deadline(slices, at, NEVER);
        self.set_list(slices, at, List::None);
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let bucket = self.bucket(row.id, slices.buckets.len());
        let after = core::mem::replace(&mut row.links.chain, self.free);
        row.clear();
        self.free = Link::to(at);
        self.live = self.live.saturating_sub(1);
        let Some(head) = slices.buckets.get_mut(bucket) else { return };
        if *head == Link::to(at).0 {
            *head = after.0;
            return;
        }
        let mut before = Link(*head);
        while let Some(row) = before.row().and_then(|at| slices.rows.get_mut(at as usize)) {
            if row.links.chain == Link::to(at) {
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
        let spare = (self.fresh as usize) < slices.rows.len();
        spare || self.free != Link::NONE || self.oldest != Link::NONE
    }

    /// The row with the earliest deadline of all, and when that is.
    pub(super) fn first(&self, heap: &[heap::Due]) -> Option<(u32, u64)> {
        heap::earliest(heap, self.deadlines)
    }

    /// Sets when the row wants to be called.
    pub(super) fn set_deadline<R>(&mut self, slices: &mut Slices<'_, R>, at: u32, deadline: u64) {
        let (heap, places) = (&mut *slices.heap, &mut *slices.places);
        let mut heap = Heap { heap, places, len: self.deadlines };
        heap.set(at, Some(deadline).filter(|deadline| *deadline != NEVER));
        self.deadlines = heap.len;
    }

    /// Moves the row to another list: last of the terminal ones, or first of those that may be crossed.
    pub(super) fn set_list<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
        list: List,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let (older, newer, row_link) = (row.links.older, row.links.newer, Link::to(at));
        let was = core::mem::replace(&mut row.links.list, list);
        if was == list {
            return;
        }
        // The name of the other end is cold memory: it is read only where lists are by user.
        let crosses = was == List::Crossing || list == List::Crossing;
        let bucket = if crosses { self.pair(row.other_end(), slices.pairs.len()) } else { 0 };
        match was {
            List::None => {}
            List::Terminal => self.join(slices, None, older, newer),
            List::Crossing => self.join(slices, Some(bucket), older, newer),
        }
        match list {
            List::None => {}
            List::Terminal => {
                self.join(slices, None, self.newest, row_link);
                self.join(slices, None, row_link, Link::NONE);
            }
            List::Crossing => {
                let first = slices.pairs.get(bucket).map_or(Link::NONE, |&first| Link(first));
                self.join(slices, Some(bucket), row_link, first);
                self.join(slices, Some(bucket), Link::NONE, row_link);
            }
        }
    }

    /// Lets `newer` follow `older` in the list of terminal rows, or of that bucket; or begin it, or end it.
    fn join<P, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        bucket: Option<usize>,
        older: Link,
        newer: Link,
    ) {
        let first = bucket.and_then(|bucket| slices.pairs.get_mut(bucket));
        match (older.row().and_then(|older| slices.rows.get_mut(older as usize)), first) {
            (Some(row), _) => row.links.newer = newer,
            (None, Some(first)) => *first = newer.0,
            (None, None) => self.oldest = newer,
        }
        match newer.row().and_then(|newer| slices.rows.get_mut(newer as usize)) {
            Some(row) => row.links.older = older,
            None if bucket.is_none() => self.newest = older,
            None => {}
        }
    }

    /// The rows of that bucket, one after the other.
    pub(super) fn first_crossing<R>(&self, slices: &Slices<'_, R>, user: &str) -> Option<u32> {
        Link(*slices.pairs.get(self.pair(user, slices.pairs.len()))?).row()
    }

    fn pair(&self, user: &str, buckets: usize) -> usize {
        let [high, low] = halves(self.seed);
        let hash =
            user.bytes().fold(high ^ low, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        spread(mix(hash, 0), buckets)
    }

    /// The row that is terminal for the longest time.
    pub(super) fn oldest_terminal(&self) -> Option<u32> {
        self.oldest.row()
    }

    pub(super) fn push_transmit<P, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        if !core::mem::replace(&mut row.links.transmit, true) {
            self.transmit.push(slices.transmit, at);
        }
    }

    pub(super) fn pop_transmit<P, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
    ) -> Option<u32> {
        let at = self.transmit.pop(slices.transmit)?;
        slices.rows.get_mut(at as usize)?.links.transmit = false;
        Some(at)
    }

    pub(super) fn push_events<P, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        if !core::mem::replace(&mut row.links.events, true) {
            self.events.push(slices.events, at);
        }
    }

    pub(super) fn pop_events<P, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
    ) -> Option<u32> {
        let at = self.events.pop(slices.events)?;
        slices.rows.get_mut(at as usize)?.links.events = false;
        Some(at)
    }

    /// The row waits until it is saved.
    #[inline(never)] // rare
    pub(super) fn push_unsaved<P, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        if !core::mem::replace(&mut row.links.unsaved, true) {
            row.links.after = core::mem::replace(&mut self.unsaved, Link::to(at));
        }
    }

    /// Takes all rows that wait.
    pub(super) fn take_unsaved(&mut self) -> Chain {
        Chain(core::mem::replace(&mut self.unsaved, Link::NONE))
    }
}

/// Rows that waited until they are saved.
pub(super) struct Chain(Link);

impl Chain {
    pub(super) fn next<P, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
    ) -> Option<u32> {
        let at = self.0.row()?;
        let links = &mut slices.rows.get_mut(at as usize)?.links;
        links.unsaved = false;
        self.0 = core::mem::replace(&mut links.after, Link::NONE);
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::format;

    use super::*;

    /// Of 1024 places, how many 1024 of them take. Chance takes 647.
    fn taken(places: impl Iterator<Item = usize>) -> usize {
        let taken: BTreeSet<usize> = places.take(1024).collect();
        assert!(taken.iter().all(|place| *place < 1024));
        taken.len()
    }

    #[test]
    fn ids_are_spread_whatever_part_of_them_differs() {
        let table = Table::new(7);
        let place = |id, epoch, sequence| {
            table.bucket(InviteId { origin: crate::Device { id, epoch }, sequence }, 1024)
        };
        assert!(taken((0..).map(|n| place(n, 1, 1))) > 600, "devices");
        assert!(taken((0..).map(|n: u64| place(n << 32, 1, 1))) > 600, "the upper half of their ids");
        assert!(taken((0..).map(|n| place(1, n, 1))) > 600, "runs");
        assert!(taken((0..).map(|n| place(1, 1, n))) > 600, "invitations of a run");
        assert!(taken((0..).map(|n| Table::new(n).bucket(InviteId::default(), 1024))) > 600, "seeds");
    }

    #[test]
    fn users_are_spread_and_otherwise_on_each_device() {
        let table = Table::new(7);
        assert!(taken((0..).map(|n: u32| table.pair(&format!("user{n}"), 1024))) > 600);
        assert!(taken((0..).map(|n| Table::new(n).pair("bob", 1024))) > 600);
        assert!(taken((0..).map(|n: u64| Table::new(n << 32).pair("bob", 1024))) > 600);
    }
}
