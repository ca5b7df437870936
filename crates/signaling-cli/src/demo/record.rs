//! What one party knows by itself.

use std::collections::BTreeMap;
use std::time::Instant;

use adapter_std::{InvitationEvent, Slot, What};
use serde::{Deserialize, Serialize};

use crate::tell::outcome;

/// The record of one device at the end of a story, as it prints it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    /// Which device.
    pub(super) party: String,
    /// Whether it rang here.
    pub(super) rang: bool,
    /// What became of each user, as far as it knows.
    pub(super) outcomes: BTreeMap<String, String>,
    /// The data of the invitation, as it saw it last.
    pub(super) data: String,
}

impl Record {
    /// What people read.
    pub(super) fn words(&self) -> String {
        let outcomes = self.outcomes.iter().map(|(user, outcome)| format!("{user} {outcome}"));
        let rang = if self.rang { "it rang here; " } else { "" };
        format!("records: {rang}{}", outcomes.collect::<Vec<_>>().join(", "))
    }
}

/// What a device noted of one invitation while it went on.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) rang_at: Option<Instant>,
    pub(super) outcomes: BTreeMap<String, String>,
    pub(super) data: String,
    /// How many users it names.
    users: usize,
    /// It was over before it rang here.
    pub(super) missed: bool,
    /// What was asked of the inviter was granted.
    pub(super) granted: bool,
    /// Winners that know it.
    established: usize,
}

impl Notes {
    /// Notes what was told here; nothing else.
    pub(super) fn note(&mut self, event: &InvitationEvent) {
        let info = &event.invitation;
        match event.what {
            What::New => self.rang_at = Some(Instant::now()),
            What::Missed => self.missed = true,
            What::Granted => self.granted = true,
            What::Established { .. } => self.established += 1,
            _ => {}
        }
        self.data = info.data.as_str().unwrap_or_default().to_owned();
        self.users = info.invitees.len();
        for invitee in info.invitees.iter().filter(|invitee| invitee.outcome != Slot::Pending) {
            self.outcomes.insert(invitee.user.to_string(), outcome(invitee));
        }
    }

    /// Whether it knows what became of everybody.
    pub(super) fn complete(&self) -> bool {
        self.users > 0 && self.outcomes.len() == self.users
    }

    /// Whether it knows that each winner knows, too: for the inviter.
    pub(super) fn established(&self) -> bool {
        let winners = self.outcomes.values().filter(|outcome| outcome.starts_with("accepted"));
        self.complete() && self.established >= winners.count()
    }

    /// The line that it prints.
    pub(super) fn record(&self, party: &str) -> Record {
        Record {
            party: party.into(),
            rang: self.rang_at.is_some(),
            outcomes: self.outcomes.clone(),
            data: self.data.clone(),
        }
    }
}
