//! What must hold at each moment.

use std::collections::{HashMap, HashSet};

use signaling_core::{Device, Event, InviteId, Payload, Slot, Standing, View, What};

/// So many invitations of one run may leave a device before it may forget that one of them rang.
const REMEMBERED: u32 = 64;
/// Of so many runs of inviting devices a device remembers for sure what rang.
const RUNS: usize = 4;

/// Knows what was seen so far.
#[derive(Default)]
pub(super) struct Judge {
    outcomes: HashMap<(InviteId, u8), Slot>,
    pressed: HashSet<(InviteId, Device)>,
    rang: HashSet<(InviteId, Device)>,
    runs: HashSet<Device>,
    /// Somebody said what only the inviter's device can know: agreement is not promised then.
    pub(super) liar: bool,
}

impl Judge {
    /// The person at that device pressed accept.
    pub(super) fn pressed(&mut self, id: InviteId, device: Device) {
        self.pressed.insert((id, device));
    }

    pub(super) fn invited(&mut self, id: InviteId) {
        self.runs.insert(id.origin);
    }

    /// An outcome never changes, and is the same everywhere.
    pub(super) fn look<P: Payload>(&mut self, view: &View<'_, P>) {
        if self.liar {
            return;
        }
        for (slot, invitee) in (0u8..).zip(view.invitees()).filter(|(_, invitee)| invitee.slot.decided()) {
            let known = *self.outcomes.entry((view.id(), slot)).or_insert(invitee.slot);
            assert_eq!(known, invitee.slot, "two outcomes of {} in {}", invitee.user, view.id());
            if let Slot::Accepted(device) = known {
                assert!(self.pressed.contains(&(view.id(), device)), "nobody pressed accept on {device}");
            }
        }
    }

    /// It rings once.
    pub(super) fn told<P: Payload>(&mut self, device: Device, event: &Event<'_, P>) {
        let id = event.invitation.id();
        let rings = event.what == What::New && event.invitation.standing() != Standing::Inviter;
        let bounded = id.sequence < REMEMBERED && self.runs.len() <= RUNS;
        if rings && !self.liar && bounded {
            assert!(self.rang.insert((id, device)), "{id} rang twice on {device}");
        }
    }
}
