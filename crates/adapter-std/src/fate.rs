//! What becomes of an invitation or of an answer: what `delivered()`, `ended()` and `accept()` wait for.
//!
//! A fate is derived from the invitation's row whenever the row has news, before any subscriber is told. It
//! needs no subscriber, and outlives the row.

use std::collections::HashMap;
use std::sync::Arc;

use signaling_core::machine::{Slot, State};
use signaling_core::{Device, InviteId, Standing};
use tokio::sync::watch;

use crate::error::{Answered, EndReason};
use crate::event::InvitationInfo;
use crate::wakes::Wakes;

#[derive(Clone, Debug, Default)]
pub(crate) struct Fate {
    pub(crate) delivered: bool,
    pub(crate) ended: Option<Arc<InvitationInfo>>,
    pub(crate) answered: Option<Answered>,
}

impl Fate {
    fn of(info: &Arc<InvitationInfo>) -> Self {
        Self {
            delivered: info.delivered,
            ended: info.over().then(|| Arc::clone(info)),
            answered: answered(info),
        }
    }
}

/// What became of the answer given here, if this device is an invitee's.
fn answered(info: &InvitationInfo) -> Option<Answered> {
    let Standing::Invitee(slot, state) = info.standing else { return None };
    let invitee = info.invitee(slot)?;
    let label = invitee.label.clone();
    let reason = match (state, invitee.outcome) {
        (State::Unresolved, _) => EndReason::Unresolved,
        (_, Slot::Pending) => return None,
        (_, Slot::Cancelled) => EndReason::Cancelled,
        (_, Slot::TimedOut) => EndReason::TimedOut,
        (_, Slot::Accepted(device)) => EndReason::AcceptedElsewhere { device, label },
        (_, Slot::Rejected(reason)) => EndReason::RejectedElsewhere { reason, label },
    };
    Some(Answered::Ended(reason))
}

/// The fates that somebody waits for, each until it is fulfilled.
#[derive(Debug, Default)]
pub(crate) struct Fates(HashMap<InviteId, watch::Sender<Fate>>);

impl Fates {
    /// Follows what becomes of `id`.
    pub(crate) fn follow(&mut self, id: InviteId) -> watch::Receiver<Fate> {
        self.0.entry(id).or_default().subscribe()
    }

    pub(crate) fn ids(&self) -> Vec<InviteId> {
        self.0.keys().copied().collect()
    }

    /// The invitation stands like this now. `own` is this device: its acceptance may be what counts.
    pub(crate) fn update(&mut self, info: &Arc<InvitationInfo>, own: Device, wakes: &mut Wakes) {
        let Some(sender) = self.0.get(&info.id) else { return };
        let mut fate = Fate::of(info);
        if let Some(Answered::Ended(EndReason::AcceptedElsewhere { device, .. })) = &fate.answered
            && *device == own
        {
            fate.answered = Some(Answered::Confirmed);
        }
        let fulfilled = fate.ended.is_some() || fate.answered.is_some();
        // Seen at once by who asks, but nobody is woken yet.
        sender.send_if_modified(|known| {
            *known = fate;
            false
        });
        wakes.fate(sender.clone());
        if fulfilled || sender.receiver_count() == 0 {
            self.0.remove(&info.id);
        }
    }

    /// Nothing more will be known.
    pub(crate) fn clear(&mut self, wakes: &mut Wakes) {
        self.0.drain().for_each(|(_, sender)| wakes.fate(sender));
    }
}
