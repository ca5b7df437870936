//! The deadlines of all rows: a heap of four branches, beside it where each row has its place in it. Sifting
//! touches these two arrays only, never the rows, which are large and far apart.

/// Four deadlines lie in one cache line.
const BRANCHES: u32 = 4;

/// A row wants to be called at a time.
#[repr(C, packed(4))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    deadline: u64,
    row: u32,
}

impl Due {
    /// What stands where there is none.
    pub const NEVER: Self = Self { deadline: 0, row: 0 };
}

/// The deadlines of `len` rows. In `places` stands one more than the place of each row, 0 for none.
pub(super) struct Heap<'a> {
    pub(super) heap: &'a mut [Due],
    pub(super) places: &'a mut [u32],
    pub(super) len: u32,
}

/// The earliest deadline of a heap with `len` entries, and whose it is.
pub(super) fn earliest(heap: &[Due], len: u32) -> Option<(u32, u64)> {
    heap.first().filter(|_| len > 0).map(|due| (due.row, due.deadline))
}

impl Heap<'_> {
    /// Sets, moves or (none) takes away the deadline of a row.
    pub(super) fn set(&mut self, row: u32, deadline: Option<u64>) {
        let place = self.places.get(row as usize).and_then(|place| place.checked_sub(1));
        match (place, deadline) {
            (None, None) => {}
            (Some(place), None) => self.take(place, row),
            (None, Some(deadline)) => {
                let end = self.len;
                self.len = end.saturating_add(1);
                self.rise(end, Due { deadline, row });
            }
            (Some(place), Some(deadline)) => self.move_to(place, Due { deadline, row }),
        }
    }

    fn take(&mut self, place: u32, row: u32) {
        self.len = self.len.saturating_sub(1);
        let last = self.at(self.len);
        if let Some(place) = self.places.get_mut(row as usize) {
            *place = 0;
        }
        if let Some(last) = last.filter(|_| place < self.len) {
            self.move_to(place, last);
        }
    }

    /// Puts `due` where `place` is, or where it belongs from there.
    fn move_to(&mut self, place: u32, due: Due) {
        if self.at(place) != Some(due) {
            let risen = self.rise(place, due);
            if risen == place {
                self.sink(place, due);
            }
        }
    }

    fn at(&self, place: u32) -> Option<Due> {
        self.heap.get(place as usize).copied()
    }

    #[cfg_attr(target_pointer_width = "32", inline(never))] // it is called from everywhere
    fn put(&mut self, place: u32, due: Due) {
        if let Some(entry) = self.heap.get_mut(place as usize) {
            *entry = due;
        }
        if let Some(known) = self.places.get_mut(due.row as usize) {
            *known = place.saturating_add(1);
        }
    }

    fn rise(&mut self, mut place: u32, due: Due) -> u32 {
        while let Some(parent) = place.checked_sub(1).map(|place| place / BRANCHES) {
            let Some(above) = self.at(parent).filter(|above| above.deadline > due.deadline) else { break };
            self.put(place, above);
            place = parent;
        }
        self.put(place, due);
        place
    }

    fn sink(&mut self, mut place: u32, due: Due) {
        while let Some(child) = self.least_below(place) {
            let Some(below) = self.at(child).filter(|below| below.deadline < due.deadline) else { break };
            self.put(place, below);
            place = child;
        }
        self.put(place, due);
    }

    /// Where the earliest of the entries right below a place is.
    fn least_below(&self, place: u32) -> Option<u32> {
        let first = place.saturating_mul(BRANCHES).saturating_add(1);
        let end = first.saturating_add(BRANCHES).min(self.len);
        let mut least = None;
        let mut soonest = u64::MAX;
        for child in first..end {
            let Some(below) = self.heap.get(child as usize) else { break };
            if below.deadline < soonest {
                (least, soonest) = (Some(child), below.deadline);
            }
        }
        least
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::vec;

    use super::*;

    #[test]
    fn deadlines_come_out_in_order_however_they_were_set() {
        let (mut heap, mut places) = (vec![Due::NEVER; 100], vec![0; 100]);
        let (mut len, mut model, mut random) = (0, BTreeSet::new(), 7u64);
        let mut deadlines = [None; 100];
        for _ in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (row, deadline) = (random >> 40, Some((random >> 20) % 50).filter(|time| *time < 40));
            let row = u32::try_from(row % 100).unwrap();
            let mut tree = Heap { heap: &mut heap, places: &mut places, len };
            tree.set(row, deadline);
            len = tree.len;
            if let Some(old) = std::mem::replace(&mut deadlines[row as usize], deadline) {
                model.remove(&(old, row));
            }
            model.extend(deadline.map(|deadline| (deadline, row)));
            assert_eq!(earliest(&heap, len).map(|(_, time)| time), model.first().map(|(time, _)| *time));
            assert_eq!(len as usize, model.len());
        }
    }
}
