//! What a device writes down: a line `ID USER OUTCOME` for each invitee of each call that it had part in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use adapter_std::{InvitationEvent, InvitationInfo, InviteId, Reason, Slot, Standing, What};

/// What the name of such a file ends with.
pub(crate) const EXTENSION: &str = "calls";
/// The outcome of somebody of whom nothing is known.
pub(crate) const OPEN: &str = "open";
/// The outcome of a slot that showed two.
pub(crate) const FLIPPED: &str = "flipped";

#[derive(Default)]
struct Call {
    /// It rang here, or was made here: this device has to learn the end.
    part: bool,
    /// Each invitee, and what became of him.
    slots: Vec<(String, String)>,
}

/// What one device knows.
#[derive(Default)]
pub(crate) struct Record(BTreeMap<InviteId, Call>);

impl Record {
    /// A call was made here.
    pub(crate) fn made(&mut self, id: InviteId, invitees: &[&str]) {
        let slots = invitees.iter().map(|name| ((*name).to_owned(), OPEN.to_owned())).collect();
        self.0.entry(id).or_insert(Call { part: true, slots });
    }

    /// Something happened.
    pub(crate) fn note(&mut self, event: &InvitationEvent) {
        let info: &Arc<InvitationInfo> = &event.invitation;
        let call = self.0.entry(info.id).or_default();
        call.part |= event.what == What::New || info.standing == Standing::Inviter;
        call.slots.resize(info.invitees.len(), (String::new(), OPEN.to_owned()));
        for (known, invitee) in call.slots.iter_mut().zip(&info.invitees) {
            known.0 = invitee.user.as_str().to_owned();
            if known.1 == OPEN {
                known.1 = outcome(invitee.outcome);
            } else if known.1 != outcome(invitee.outcome) {
                known.1 = FLIPPED.to_owned();
            }
        }
    }

    /// Of how many calls it does not know the end yet.
    pub(crate) fn open(&self) -> usize {
        let open = |call: &&Call| call.part && call.slots.iter().any(|(_, outcome)| outcome == OPEN);
        self.0.values().filter(open).count()
    }

    /// All of it. Of a call that never rang here only what is known counts.
    pub(crate) fn lines(&self) -> String {
        let mut lines = String::new();
        for (id, call) in &self.0 {
            for (user, outcome) in call.slots.iter().filter(|(_, outcome)| call.part || outcome != OPEN) {
                let _ = writeln!(lines, "{id} {user} {outcome}");
            }
        }
        lines
    }
}

fn outcome(slot: Slot) -> String {
    match slot {
        Slot::Pending => OPEN.into(),
        Slot::Accepted(device) => format!("accepted-on-{device}"),
        Slot::Rejected(Reason::Declined) => "declined".into(),
        Slot::Rejected(Reason::Busy) => "busy".into(),
        Slot::Rejected(Reason::Unreachable) => "unreachable".into(),
        Slot::Cancelled => "cancelled".into(),
        Slot::TimedOut => "timed-out".into(),
    }
}
