//! What only a swapped rule does (`crate::broken`).

use super::super::{Fx, Slot};
use super::{Holder, Me};

impl<const I: usize> Holder<I> {
    /// What no device may do: write a slot by itself.
    pub(super) fn guess(&mut self, outcome: Slot, fx: &mut impl Fx) {
        let Me::Invitee(me) = self.me else { return };
        if let Some(slot) = self.slots.get_mut(usize::from(me)) {
            *slot = outcome;
        }
        self.have.add(me);
        self.finish(fx);
    }
}
