//! What the devices wrote down, compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::record::{ACCEPTED, EXTENSION, FLIPPED, OPEN, PRESSED, counted};

/// So many of each fault are told in full.
const TOLD: usize = 10;

/// What all devices say.
#[derive(Debug, Default)]
pub struct Findings {
    devices: usize,
    calls: BTreeSet<String>,
    /// For each call and invitee the outcomes that were seen, each with its first witness.
    outcomes: BTreeMap<(String, String), BTreeMap<String, String>>,
    /// Call, user and device of who accepted.
    pressed: BTreeSet<(String, String, String)>,
    /// Outcomes that a device wrote down, open ones too.
    entries: usize,
    lost: Vec<String>,
}

impl Findings {
    /// Takes in what a device wrote: [`Record::lines`](crate::record::Record::lines).
    ///
    /// # Errors
    /// If a line is not one of these, or lines are missing.
    pub fn read(&mut self, device: &str, lines: &str) -> Result<()> {
        self.devices += 1;
        for line in counted(lines).with_context(|| format!("{device}: lines are missing"))?.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let &[id, user, outcome] = &words[..] else { bail!("{device}: what is {line:?}?") };
            if let Some(device) = outcome.strip_prefix(PRESSED) {
                self.pressed.insert((id.to_owned(), user.to_owned(), device.to_owned()));
                continue;
            }
            self.entries += 1;
            self.calls.insert(id.to_owned());
            if outcome == OPEN {
                self.lost.push(format!("{device} never learned what became of {user} in {id}"));
                continue;
            }
            let seen = self.outcomes.entry((id.to_owned(), user.to_owned())).or_default();
            seen.entry(outcome.to_owned()).or_insert_with(|| device.to_owned());
        }
        Ok(())
    }

    /// How many outcomes were written down, open ones too.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// Whether anybody accepted a call: if nobody did, nothing could contradict itself.
    pub fn accepted(&self) -> bool {
        !self.pressed.is_empty()
    }

    /// Who should know an outcome, and does not.
    pub fn lost(&self) -> &[String] {
        &self.lost
    }

    /// Where somebody shows another outcome than somebody else, or one that nobody pressed a button for.
    pub fn contradictions(&self) -> Vec<String> {
        let wrong = |(call, seen): &(&(String, String), &BTreeMap<String, String>)| {
            seen.len() > 1 || seen.keys().any(|outcome| self.impossible(call, outcome))
        };
        let faults = self.outcomes.iter().filter(wrong);
        faults.map(|((id, user), seen)| format!("{user} in {id}: {seen:?}")).collect()
    }

    /// It showed two outcomes, or nobody pressed the button where it is said to have been accepted.
    fn impossible(&self, (id, user): &(String, String), outcome: &str) -> bool {
        let Some(device) = outcome.strip_prefix(ACCEPTED) else { return outcome == FLIPPED };
        !self.pressed.contains(&(id.clone(), user.clone(), device.to_owned()))
    }

    /// How often each kind of outcome was seen.
    fn kinds(&self) -> BTreeMap<&str, usize> {
        let mut kinds = BTreeMap::new();
        for outcome in self.outcomes.values().filter_map(|seen| seen.keys().next()) {
            let kind = outcome.split("-on-").next().unwrap_or_default();
            *kinds.entry(kind).or_default() += 1;
        }
        kinds
    }
}

/// Reads each file of the folder and prints what does not agree; whether all is well.
///
/// # Errors
/// If a file cannot be read, or if there was no acceptance, so that nothing could contradict itself.
pub fn compare(dir: &Path) -> Result<bool> {
    let mut findings = Findings::default();
    for file in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = file?.path();
        if path.extension() != Some(EXTENSION.as_ref()) {
            continue;
        }
        let lines = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        findings.read(&path.file_stem().unwrap_or_default().to_string_lossy(), &lines)?;
    }
    if !findings.accepted() {
        bail!("nobody accepted a call: nothing was shown");
    }
    let contradictions = findings.contradictions();
    print(&findings, &contradictions);
    Ok(contradictions.is_empty() && findings.lost.is_empty())
}

fn print(findings: &Findings, contradictions: &[String]) {
    let Findings { devices, calls, entries, lost, .. } = findings;
    println!("{:>8} calls, of whose invitees were", calls.len());
    for (kind, count) in findings.kinds() {
        println!("{count:>8}   {kind}");
    }
    println!("{entries:>8} outcomes on {devices} devices");
    for fault in contradictions.iter().take(TOLD).chain(lost.iter().take(TOLD)) {
        println!("FAULT {fault}");
    }
    println!("{:>8} contradictions", contradictions.len());
    println!("{:>8} lost outcomes", lost.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::WRITTEN;

    fn compared(files: &[(&str, &str)]) -> Option<bool> {
        let dir = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, lines)| {
            let lines = format!("{lines}{WRITTEN}{}\n", lines.lines().count());
            fs::write(dir.path().join(name).with_extension(EXTENSION), lines).unwrap();
        });
        compare(dir.path()).ok()
    }

    #[test]
    fn a_line_that_was_lost_is_missed() {
        let bob = "01 bob accepted-on-2.1\n01 bob pressed-on-2.1\nwritten 2\n";
        assert!(Findings::default().read("bob", bob).is_ok());
        for lost in bob.split_inclusive('\n') {
            assert!(Findings::default().read("bob", &bob.replacen(lost, "", 1)).is_err(), "{lost}");
        }
    }

    #[test]
    fn who_agrees_agrees() {
        let bob = "01 bob accepted-on-2.1\n01 bob pressed-on-2.1\n";
        assert_eq!(compared(&[("alice", "01 bob accepted-on-2.1\n"), ("bob", bob)]), Some(true));
    }

    #[test]
    fn nobody_accepts_who_did_not_press() {
        let bob = "01 bob accepted-on-2.1\n01 bob pressed-on-2.2\n";
        assert_eq!(compared(&[("alice", "01 bob accepted-on-2.1\n"), ("bob", bob)]), Some(false));
    }

    #[test]
    fn two_outcomes_contradict() {
        let bob = "01 bob accepted-on-2.1\n01 bob pressed-on-2.1\n";
        assert_eq!(compared(&[("alice", "01 bob timed-out\n"), ("bob", bob)]), Some(false));
        let car = "01 bob accepted-on-3.1\n01 bob pressed-on-3.1\n";
        assert_eq!(compared(&[("phone", bob), ("car", car)]), Some(false), "two winners");
        assert_eq!(compared(&[("bob", "01 bob flipped\n01 bob pressed-on-2.1\n")]), Some(false));
    }

    #[test]
    fn who_was_there_and_does_not_know_lost_it() {
        let bob = "01 bob open\n01 bob pressed-on-2.1\n";
        assert_eq!(compared(&[("alice", "01 bob timed-out\n"), ("bob", bob)]), Some(false));
    }

    #[test]
    fn silence_and_noise_show_nothing() {
        assert_eq!(compared(&[("alice", "")]), None);
        assert_eq!(compared(&[("alice", "01 bob timed-out\n")]), None, "nobody accepted");
        assert_eq!(compared(&[("alice", "01 bob\n")]), None);
    }
}
