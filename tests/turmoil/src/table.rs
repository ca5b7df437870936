//! Many runs of one row, on all cores.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

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

impl Row {
    fn merge(&mut self, other: Self) {
        self.calls += other.calls;
        self.links += other.links;
        self.outcomes += other.outcomes;
        self.known = self.known.max(other.known);
        self.failed.extend(other.failed);
        self.failed.sort_by_key(|(seed, _)| *seed);
    }

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

/// Makes the runs of `seeds` on all cores; `done` counts them while they run.
pub fn run_row(condition: &Condition, seeds: Range<u64>, done: &AtomicU64) -> Row {
    let started = Instant::now();
    let next = AtomicU64::new(seeds.start);
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut row = Row::default();
    thread::scope(|scope| {
        let work = || worker(condition, seeds.end, &next, done);
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for handle in handles {
            row.merge(handle.join().expect("a worker panicked: see above"));
        }
    });
    row.took = started.elapsed();
    row
}

fn worker(condition: &Condition, end: u64, next: &AtomicU64, done: &AtomicU64) -> Row {
    let mut row = Row::default();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return row;
        }
        row.add(condition, seed);
        done.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::CONDITIONS;

    #[test]
    fn a_few_runs_of_each_row_end_well() {
        for condition in &CONDITIONS {
            let row = run_row(condition, 0..5, &AtomicU64::new(0));
            assert_eq!(row.failed, [], "{}", condition.name);
            assert!(row.outcomes > 100, "{}", condition.name);
            let links = 5 * crate::device::CAST.len() as u64;
            assert_eq!(row.links > links, !["calm", "slow"].contains(&condition.name), "{}", condition.name);
        }
    }
}
