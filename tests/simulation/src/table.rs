//! Many runs of one condition, and the figures of its row.

use std::ops::Range;
use std::time::{Duration, Instant};

use seeds::{Tally, run_all};

use crate::condition::Condition;
use crate::oracle::Fault;
use crate::world::{Record, run};

/// The figures of one condition.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// From a slot's decision to an invitee's device showing it, in ms, rising.
    pub latencies: Vec<u32>,
    /// Devices that were in doubt for a while.
    pub unresolved: u64,
    /// The seeds of runs that went wrong, and what went wrong first. At most a thousand.
    pub failed: Vec<(u64, Fault)>,
    /// How many runs went wrong.
    pub faults: u64,
    /// How long the row took.
    pub took: Duration,
}

impl Tally for Row {
    fn merge(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.unresolved += other.unresolved;
        self.faults += other.faults;
        self.failed.extend(other.failed);
        self.failed.sort_by_key(|(seed, _)| *seed);
        self.failed.truncate(1000);
    }
}

impl Row {
    fn add(&mut self, condition: &Condition, seed: u64) {
        let verdict = run(condition, seed, Record::Verdict).verdict;
        self.latencies.extend(verdict.latencies);
        self.unresolved += u64::from(verdict.unresolved);
        if let Some(fault) = verdict.faults.into_iter().next() {
            self.faults += 1;
            self.failed.push((seed, fault));
        }
    }
}

/// Makes the runs of `seeds` on all cores.
pub fn run_row(condition: &Condition, seeds: Range<u64>) -> Row {
    let started = Instant::now();
    let mut row = run_all(condition.name, seeds, |row: &mut Row, seed| row.add(condition, seed));
    row.latencies.sort_unstable();
    row.took = started.elapsed();
    row
}

/// The value below which `per_mille` of 1000 of the sorted values lie; 0 without values.
pub fn percentile(sorted: &[u32], per_mille: usize) -> u32 {
    let at = (sorted.len() * per_mille).div_ceil(1000).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::CONDITIONS;

    #[test]
    fn percentiles_are_of_the_sorted_values() {
        let values: Vec<u32> = (1..=1000).collect();
        assert_eq!([500, 980, 999].map(|p| percentile(&values, p)), [500, 980, 999]);
        assert_eq!(percentile(&[], 500), 0);
    }

    #[test]
    fn a_few_runs_of_each_row_end_well() {
        for condition in &CONDITIONS {
            let row = run_row(condition, 0..condition.calls(120));
            assert_eq!(row.failed, [], "{}", condition.name);
            assert!(row.latencies.len() > 40, "{}", condition.name);
        }
    }

    #[test]
    fn a_call_replays_to_the_letter() {
        let last = &Condition::named("all of it").unwrap();
        let story = |seed| run(last, seed, Record::Story).story;
        assert_eq!(story(7), story(7));
        assert_ne!(story(7), story(8));
    }
}
