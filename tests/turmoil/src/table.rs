//! Many runs of one row, on all cores.

use std::ops::Range;
use std::time::{Duration, Instant};

use seeds::{Tally, run_all};

use crate::condition::Condition;
use crate::run::{judge, run};

/// What came of the runs of a row.
#[derive(Debug, Default)]
pub struct Row {
    /// Calls that were made.
    pub calls: u64,
    /// Links that were made.
    pub links: u64,
    /// Outcomes that were written down.
    pub outcomes: u64,
    /// The longest time until all was known: see [`Run::known`](crate::Run::known).
    pub known: u64,
    /// The seeds that went wrong, and what is wrong first.
    pub failed: Vec<(u64, String)>,
    /// How long the row took.
    pub took: Duration,
}

impl Tally for Row {
    fn merge(&mut self, other: Self) {
        self.calls += other.calls;
        self.links += other.links;
        self.outcomes += other.outcomes;
        self.known = self.known.max(other.known);
        self.failed.extend(other.failed);
        self.failed.sort_by_key(|(seed, _)| *seed);
    }
}

impl Row {
    fn add(&mut self, condition: &Condition, seed: u64) {
        match self.try_add(condition, seed) {
            Ok(None) => {}
            Ok(Some(fault)) => self.failed.push((seed, fault)),
            Err(error) => self.failed.push((seed, format!("{error:#}"))),
        }
    }

    /// What is wrong with that run, first.
    fn try_add(&mut self, condition: &Condition, seed: u64) -> anyhow::Result<Option<String>> {
        let run = run(condition, seed)?;
        let findings = judge(&run.pages)?;
        self.calls += u64::from(run.calls);
        self.links += u64::from(run.links);
        self.outcomes += findings.entries() as u64;
        self.known = self.known.max(run.known);
        Ok(findings.contradictions().into_iter().chain(findings.lost().iter().cloned()).next())
    }
}

/// Makes the runs of `seeds` on all cores.
pub fn run_row(condition: &Condition, seeds: Range<u64>) -> Row {
    let started = Instant::now();
    let mut row = run_all(condition.name, seeds, |row: &mut Row, seed| row.add(condition, seed));
    row.took = started.elapsed();
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::CONDITIONS;

    #[test]
    fn a_few_runs_of_each_row_end_well() {
        for condition in &CONDITIONS {
            let row = run_row(condition, 0..5);
            assert_eq!(row.failed, [], "{}", condition.name);
            assert!(row.outcomes > 100, "{}", condition.name);
            let links = 5 * crate::device::CAST.len() as u64;
            assert_eq!(row.links > links, !["calm", "slow"].contains(&condition.name), "{}", condition.name);
        }
    }
}
