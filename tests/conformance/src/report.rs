//! What people read: a table for each recording.

use std::collections::BTreeSet;
use std::fmt;

use crate::compare::{Finding, Row, compare, seconds};
use crate::recording::{Entry, Note, Recording};
use crate::replay::play;
use crate::rules::Rule;

/// A recording, beside what we did.
#[derive(Debug)]
pub struct Report {
    title: String,
    /// What was compared.
    pub rows: Vec<Row>,
    /// Notes that could not be played: what they did is missing here.
    pub unplayed: Vec<String>,
    /// Fields that were not compared.
    pub strange: Vec<String>,
}

/// Replays a recording in a world of its own, on a virtual clock, and compares.
///
/// # Panics
/// If the system has no resources for a runtime.
pub fn check(recording: &Recording) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let replay = runtime.expect("a runtime can be had").block_on(play(recording));
    let unplayed = recording.steps.iter().filter_map(|step| match &step.entry {
        Entry::Note(Note::Other(text)) => Some(format!("line {}: {text}", step.line)),
        _ => None,
    });
    Report {
        title: format!("{} ({})  {}", recording.scenario, recording.client, recording.file.display()),
        rows: compare(recording, &replay),
        unplayed: unplayed.collect(),
        strange: recording.strange.iter().map(|(field, line)| format!("`{field}`, line {line}")).collect(),
    }
}

impl Report {
    /// How many differences nothing explains.
    pub fn unexplained(&self) -> usize {
        self.rows.iter().flat_map(|row| &row.findings).filter(|finding| finding.rule.is_none()).count()
    }

    /// The numbers of the rules that explain something here.
    pub fn rules(&self) -> BTreeSet<u8> {
        self.rows
            .iter()
            .flat_map(|row| &row.findings)
            .filter_map(|finding| finding.rule)
            .map(|rule| rule.number)
            .collect()
    }

    /// How many differences there are.
    pub fn differences(&self) -> usize {
        self.rows.iter().map(|row| row.findings.len()).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for note in &self.unplayed {
            writeln!(f, "  a note that cannot be played, {note}")?;
        }
        for field in &self.strange {
            writeln!(f, "  a field that is not known, nor compared: {field}")?;
        }
        let head = ["s", "who", "recorded", "ours", ""].map(str::to_owned);
        let lines: Vec<[String; 5]> = std::iter::once(head).chain(self.rows.iter().map(columns)).collect();
        let wide = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let (second, peer, recorded, ours) = (wide(0), wide(1), wide(2), wide(3));
        for [s, who, was, is, why] in &lines {
            let line = format!("  {s:>second$}  {who:<peer$}  {was:<recorded$}  {is:<ours$}  {why}");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn columns(row: &Row) -> [String; 5] {
    let ours = match row.ours.as_str() {
        "" => "-",
        ours if ours == row.recorded => "the same",
        ours => ours,
    };
    let findings: Vec<String> = row.findings.iter().map(told).collect();
    [seconds(row.at), row.peer.clone(), row.recorded.clone(), ours.into(), findings.join("; ")]
}

fn told(finding: &Finding) -> String {
    match finding.rule {
        Some(Rule { number, .. }) => format!("rule {number}: {}", finding.difference),
        None => format!("UNEXPLAINED: {}", finding.difference),
    }
}
