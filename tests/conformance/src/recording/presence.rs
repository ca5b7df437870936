//! Who is there in a recording, and when.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::{Command, Entry, Note, Recording, user};

impl Recording {
    /// All peers that occur, and an absent one for each invited user that does not and could.
    pub fn peers(&self) -> BTreeSet<&str> {
        let mut peers: BTreeSet<&str> =
            self.steps.iter().map(|step| step.peer.as_str()).filter(|peer| !peer.is_empty()).collect();
        let users: BTreeSet<&str> = peers.iter().map(|peer| user(peer)).collect();
        peers.extend(self.invited().filter(|name| !users.contains(name)));
        peers
    }

    /// The peers that have a link at the beginning: those that do something before they come online.
    pub fn present(&self) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let first = self.steps.iter().filter(|step| seen.insert(step.peer.as_str()));
        let present = first.filter(|step| !matches!(step.entry, Entry::Note(_)));
        present.map(|step| step.peer.as_str()).collect()
    }

    /// The users who are no members of a group: invited there while they were there, as they were from the beginning, but
    /// never told so.
    pub fn strangers(&self, group: &str) -> BTreeSet<&str> {
        let mut told: BTreeSet<&str> = BTreeSet::new();
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let present = self.present();
        for step in &self.steps {
            match &step.entry {
                Entry::Callback(callback) if callback.is_new_in(group) => drop(told.insert(user(&step.peer))),
                Entry::Command(Command::Invite(invite)) if invite.group.as_deref() == Some(group) => {
                    told.insert(user(&step.peer));
                    let here = present.iter().filter(|peer| self.away_since(peer, step.at).is_none());
                    reached.extend(here.map(|peer| user(peer)).filter(|who| invite.names(who)));
                }
                _ => {}
            }
        }
        reached.difference(&told).copied().collect()
    }

    /// When a peer lost its link that it had not back by then.
    pub fn away_since(&self, peer: &str, at: u64) -> Option<u64> {
        let mut before = self.steps.iter().filter(|step| step.peer == peer && step.at <= at);
        let last = before.rfind(|step| matches!(step.entry, Entry::Note(Note::Online | Note::Offline)))?;
        matches!(last.entry, Entry::Note(Note::Offline)).then_some(last.at)
    }

    /// Whether a peer comes online within these times: it was away before.
    pub fn comes_online(&self, peer: &str, within: &RangeInclusive<u64>) -> bool {
        let mut here = self.steps.iter().filter(|step| step.peer == peer && within.contains(&step.at));
        here.any(|step| matches!(step.entry, Entry::Note(Note::Online)))
    }
}
