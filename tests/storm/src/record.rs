//! What a device writes down: a line `ID USER OUTCOME` for each invitee of each call that it had part in, and a line
//! `ID USER pressed-on-DEVICE` for each call that its own user accepted there; and how many lines that were.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use adapter_std::{Device, InvitationInfo, InviteId, Reason, Slot, Standing};

/// What the name of such a file ends with.
pub const EXTENSION: &str = "calls";
/// The outcome of somebody of whom nothing is known.
pub(crate) const OPEN: &str = "open";
/// The outcome of a slot that showed two.
pub(crate) const FLIPPED: &str = "flipped";
/// What the outcome of who accepted begins with; the device follows.
pub(crate) const ACCEPTED: &str = "accepted-on-";
/// What a line begins with, after its names, that tells of a pressed button; the device follows.
pub(crate) const PRESSED: &str = "pressed-on-";
/// What the last line begins with; how many there are before it follows.
pub(crate) const WRITTEN: &str = "written ";

#[derive(Debug, Default)]
struct Call {
    /// It rang here, or was made here: this device has to learn the end.
    part: bool,
    /// Each invitee, and what became of him.
    slots: Vec<(String, String)>,
}

/// What one run of a device knows.
#[derive(Debug)]
pub struct Record {
    user: String,
    device: Device,
    calls: BTreeMap<InviteId, Call>,
    /// The calls that were accepted here.
    pressed: BTreeSet<InviteId>,
    /// What commands returned: the user of a call, and his outcome. It may be ahead of the events.
    results: BTreeSet<(InviteId, String, String)>,
}

impl Record {
    /// Of that user's device, in this run.
    pub fn new(user: &str, device: Device) -> Self {
        Self {
            user: user.to_owned(),
            device,
            calls: BTreeMap::new(),
            pressed: BTreeSet::new(),
            results: BTreeSet::new(),
        }
    }

    /// A call was made here.
    pub fn made(&mut self, id: InviteId, invitees: &[&str]) {
        let slots = invitees.iter().map(|name| ((*name).to_owned(), OPEN.to_owned())).collect();
        self.calls.entry(id).or_insert(Call { part: true, slots });
    }

    /// A call stands like this, and `rang` here just now.
    pub fn note(&mut self, info: &InvitationInfo, rang: bool) {
        let call = self.calls.entry(info.id).or_default();
        call.part |= rang || info.standing == Standing::Inviter;
        call.slots.resize(info.invitees.len(), (String::new(), OPEN.to_owned()));
        for (known, invitee) in call.slots.iter_mut().zip(&info.invitees) {
            known.0 = invitee.user.as_str().to_owned();
            learn(&mut known.1, outcome(invitee.outcome));
        }
    }

    /// A command returned that the call ended like this.
    pub fn ended(&mut self, info: &InvitationInfo) {
        let results = info.invitees.iter().map(|invitee| (invitee.user.as_str(), invitee.outcome));
        self.results.extend(results.map(|(user, slot)| (info.id, user.to_owned(), outcome(slot))));
    }

    /// The button is pressed.
    pub fn pressed(&mut self, id: InviteId) {
        self.pressed.insert(id);
    }

    /// The one who pressed it is told that it counts.
    pub fn confirmed(&mut self, id: InviteId) {
        self.results.insert((id, self.user.clone(), outcome(Slot::Accepted(self.device))));
    }

    /// Of how many calls it does not know the end yet.
    pub fn open(&self) -> usize {
        let open = |call: &&Call| call.part && call.slots.iter().any(|(_, outcome)| outcome == OPEN);
        self.calls.values().filter(open).count()
    }

    /// It will not learn the end of the calls made by any such run of a device: of these only what it knows counts.
    pub fn excuse(&mut self, gone: impl Fn(Device) -> bool) {
        self.calls.iter_mut().filter(|(id, _)| gone(id.origin)).for_each(|(_, call)| call.part = false);
    }

    /// All of it. Of a call that never rang here only what is known counts; results have to agree with the events.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        for (id, call) in &self.calls {
            for (user, outcome) in call.slots.iter().filter(|(_, outcome)| call.part || outcome != OPEN) {
                let mut outcome = outcome.clone();
                let results = self.results.iter().filter(|(call, of, _)| call == id && of == user);
                if outcome != OPEN {
                    results.for_each(|(.., result)| learn(&mut outcome, result.clone()));
                }
                let _ = writeln!(lines, "{id} {user} {outcome}");
            }
        }
        for id in &self.pressed {
            let _ = writeln!(lines, "{id} {} {PRESSED}{}", self.user, self.device);
        }
        let count = lines.lines().count();
        let _ = writeln!(lines, "{WRITTEN}{count}");
        lines
    }
}

/// The lines that a device wrote, if all are there.
pub(crate) fn counted(text: &str) -> Option<&str> {
    let at = text.rfind(WRITTEN)?;
    let (lines, end) = (&text[..at], text[at..].strip_prefix(WRITTEN)?);
    (end == format!("{}\n", lines.lines().count())).then_some(lines)
}

/// An outcome is told once and for all.
fn learn(known: &mut String, outcome: String) {
    if known == OPEN {
        *known = outcome;
    } else if *known != outcome {
        *known = FLIPPED.to_owned();
    }
}

fn outcome(slot: Slot) -> String {
    match slot {
        Slot::Pending => OPEN.into(),
        Slot::Accepted(device) => format!("{ACCEPTED}{device}"),
        Slot::Rejected(Reason::Declined) => "declined".into(),
        Slot::Rejected(Reason::Busy) => "busy".into(),
        Slot::Rejected(Reason::Unreachable) => "unreachable".into(),
        Slot::Cancelled => "cancelled".into(),
        Slot::TimedOut => "timed-out".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_that_changes_is_a_flip() {
        let mut known = OPEN.to_owned();
        for (told, becomes) in
            [("open", "open"), ("declined", "declined"), ("declined", "declined"), ("open", "flipped")]
        {
            learn(&mut known, told.to_owned());
            assert_eq!(known, becomes);
        }
    }

    #[test]
    fn what_a_command_returned_has_to_agree_with_the_events() {
        let (device, id) = (Device { id: 7, epoch: 1 }, InviteId::default());
        let accepted = format!("{ACCEPTED}{device}");
        for (told, becomes) in [(OPEN, OPEN), ("declined", FLIPPED), (accepted.as_str(), accepted.as_str())] {
            let mut record = Record::new("bob", device);
            record.made(id, &["bob"]);
            record.confirmed(id);
            learn(&mut record.calls.get_mut(&id).unwrap().slots[0].1, told.to_owned());
            assert_eq!(record.lines(), format!("{id} bob {becomes}\nwritten 1\n"));
        }
    }
}
