//! What people read: a table for each recording.

use std::collections::BTreeSet;
use std::fmt;

use crate::compare::{Row, compare, seconds};
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
        let wide =
            |text: fn(&Row) -> &str| self.rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
        let (peer, recorded, ours) =
            (wide(|row| &row.peer).max(4), wide(|row| &row.recorded).max(8), wide(|row| shown(row)).max(4));
        writeln!(f, "  {:>6}  {:<peer$}  {:<recorded$}  {:<ours$}", "s", "who", "recorded", "ours")?;
        for row in &self.rows {
            write!(
                f,
                "  {:>6}  {:<peer$}  {:<recorded$}  {:<ours$}",
                seconds(row.at),
                row.peer,
                row.recorded,
                shown(row)
            )?;
            let told: Vec<String> = row
                .findings
                .iter()
                .map(|finding| {
                    let rule = finding
                        .rule
                        .map_or_else(|| "UNEXPLAINED".into(), |rule: &Rule| format!("rule {}", rule.number));
                    format!("{rule}: {}", finding.difference)
                })
                .collect();
            writeln!(f, "  {}", told.join("; "))?;
        }
        Ok(())
    }
}

/// What came here, if it does not read the same as what was recorded.
fn shown(row: &Row) -> &str {
    match row.ours.as_str() {
        "" => "-",
        ours if ours == row.recorded => "the same",
        ours => ours,
    }
}
