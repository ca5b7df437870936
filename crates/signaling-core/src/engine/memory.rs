//! What is remembered of invitations without a row (protocol section 7).

use super::table::{spread, wrap};
use crate::machine::Seen;
use crate::name::{Device, InviteId};

/// An invitation that ended here not long ago: 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Tombstone {
    id: InviteId,
}

impl Tombstone {
    /// What stands where there is none.
    pub const NONE: Self = Self { id: InviteId { origin: Device { id: 0, epoch: 0 }, sequence: 0 } };
}

/// Which of the last 64 invitations of one run of one device rang or ended here.
#[repr(C, packed(4))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Window {
    origin: Device,
    newest: u32,
    marks: u64,
    /// When it was last of use, in marks made by the engine.
    used: u32,
}

impl Window {
    /// What stands where there is none.
    pub const NONE: Self = Self { origin: Device { id: 0, epoch: 0 }, newest: 0, marks: 0, used: 0 };

    /// What is known of the invitation with that sequence number.
    pub fn seen(&self, sequence: u32) -> Seen {
        let Some(back) = self.newest.checked_sub(sequence) else { return Seen::New };
        match 1u64.checked_shl(back) {
            None => Seen::Below,
            Some(bit) if self.marks & bit != 0 => Seen::Marked,
            Some(_) => Seen::New,
        }
    }

    /// Marks the invitation with that sequence number.
    pub fn mark(&mut self, sequence: u32) {
        if let Some(ahead) = sequence.checked_sub(self.newest) {
            self.marks = self.marks.checked_shl(ahead).unwrap_or(0);
            self.newest = sequence;
        }
        let back = self.newest.saturating_sub(sequence);
        self.marks |= 1u64.checked_shl(back).unwrap_or(0);
    }
}

/// Where the ring of tombstones goes on, and the clock of the windows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    next: usize,
    marks: u32,
}

const WAYS: usize = 4;

fn set(windows: &mut [Window], origin: Device) -> &mut [Window] {
    let sets = windows.len() / WAYS;
    let hash = (origin.id ^ u64::from(origin.epoch)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let at = spread(u32::try_from(hash).unwrap_or(0), sets).saturating_mul(WAYS);
    windows.get_mut(at..at.saturating_add(WAYS)).unwrap_or_default()
}

impl Memory {
    /// What is known of an id without a row.
    pub(super) fn seen(tombstones: &[Tombstone], windows: &mut [Window], id: InviteId) -> Seen {
        if tombstones.iter().any(|tombstone| tombstone.id == id) {
            return Seen::Marked;
        }
        let window = set(windows, id.origin).iter().find(|window| window.origin == id.origin);
        window.map_or(Seen::New, |window| window.seen(id.sequence))
    }

    /// The id rang or ended here, and its row is gone.
    pub(super) fn mark(&mut self, tombstones: &mut [Tombstone], windows: &mut [Window], id: InviteId) {
        if let Some(place) = tombstones.get_mut(self.next) {
            *place = Tombstone { id };
        }
        self.next = wrap(self.next.saturating_add(1), tombstones.len());
        self.marks = self.marks.wrapping_add(1);
        let marks = self.marks;
        let set = set(windows, id.origin);
        let at = set.iter().position(|window| window.origin == id.origin).or_else(|| {
            let age = |at: &usize| set.get(*at).map(|window| marks.wrapping_sub(window.used));
            (0..set.len()).max_by_key(age)
        });
        let Some(window) = at.and_then(|at| set.get_mut(at)) else { return };
        if window.origin != id.origin {
            *window = Window { origin: id.origin, ..Window::default() };
        }
        window.used = marks;
        window.mark(id.sequence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_knows_the_last_64() {
        let mut window = Window::default();
        window.mark(100);
        window.mark(103);
        assert_eq!([100, 101, 103].map(|s| window.seen(s)), [Seen::Marked, Seen::New, Seen::Marked]);
        assert_eq!(window.seen(104), Seen::New);
        assert_eq!(window.seen(40), Seen::New);
        assert_eq!(window.seen(39), Seen::Below);
        window.mark(1000);
        assert_eq!(window.seen(103), Seen::Below);
        window.mark(103);
        assert_eq!(window.seen(103), Seen::Below);
    }

    #[test]
    fn the_windows_of_other_runs_are_their_own() {
        let (mut tombs, mut windows) = ([Tombstone::default(); 1], [Window::default(); 4]);
        let mut memory = Memory::default();
        let id = |epoch, sequence| InviteId { origin: Device { id: 1, epoch }, sequence };
        for epoch in 1..=4 {
            memory.mark(&mut tombs, &mut windows, id(epoch, 7));
        }
        assert!((1..=4).all(|e| Memory::seen(&tombs, &mut windows, id(e, 7)) == Seen::Marked));
        memory.mark(&mut tombs, &mut windows, id(5, 7));
        assert_eq!(Memory::seen(&tombs, &mut windows, id(1, 7)), Seen::New, "the oldest made room");
    }

    #[test]
    fn the_last_that_ended_are_known_without_a_window() {
        let mut tombs = [Tombstone::default(); 3];
        let mut memory = Memory::default();
        let id = |sequence| InviteId { origin: Device { id: 1, epoch: 1 }, sequence };
        (1..=4).for_each(|sequence| memory.mark(&mut tombs, &mut [], id(sequence)));
        let seen = [1, 2, 3, 4].map(|sequence| Memory::seen(&tombs, &mut [], id(sequence)));
        assert_eq!(seen, [Seen::New, Seen::Marked, Seen::Marked, Seen::Marked]);
    }

    #[test]
    fn windows_are_spread_over_the_sets() {
        let (mut tombs, mut windows) = ([Tombstone::default(); 1], [Window::default(); 512]);
        let mut memory = Memory::default();
        let devices = (1..=16u64).map(|n| n.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let runs = devices.flat_map(|id| (1..=16).map(move |epoch| Device { id, epoch }));
        let ids = runs.map(|origin| InviteId { origin, sequence: 7 });
        ids.clone().for_each(|id| memory.mark(&mut tombs, &mut windows, id));
        let known = ids.filter(|id| Memory::seen(&tombs, &mut windows, *id) == Seen::Marked).count();
        assert!(known > 235, "{known} of 256 runs found room among 512");
    }
}
