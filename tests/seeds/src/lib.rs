//! Many runs of one thing, one a seed, on all cores. On a terminal a bar tells how far they are.

use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};

/// What came of some runs.
pub trait Tally: Default + Send {
    /// Adds what came of other runs.
    fn merge(&mut self, other: Self);
}

/// Makes the runs of all `seeds`, in no certain order; `add` makes one and counts what came of it. The bar is called
/// `name`.
///
/// # Panics
/// If `add` does.
pub fn run_all<T: Tally>(name: &'static str, seeds: Range<u64>, add: impl Fn(&mut T, u64) + Sync) -> T {
    let bar = bar(name, seeds.end.saturating_sub(seeds.start));
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let mut mine = T::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return mine;
            }
            add(&mut mine, seed);
            bar.inc(1);
        }
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let mut all = T::default();
    thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for handle in handles {
            all.merge(handle.join().expect("a worker panicked: see above"));
        }
    });
    bar.finish_and_clear();
    all
}

fn bar(name: &'static str, runs: u64) -> ProgressBar {
    let bar = ProgressBar::new(runs).with_message(name);
    match ProgressStyle::with_template("{msg:<24} {wide_bar} {pos}/{len} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Vec<u64>);

    impl Tally for Seen {
        fn merge(&mut self, other: Self) {
            self.0.extend(other.0);
            self.0.sort_unstable();
        }
    }

    #[test]
    fn each_seed_is_run_once() {
        let seen: Seen = run_all("seeds", 3..1_000, |seen: &mut Seen, seed| seen.0.push(seed));
        assert!(seen.0.into_iter().eq(3..1_000));
        let none: Seen = run_all("none", 7..7, |seen: &mut Seen, seed| seen.0.push(seed));
        assert_eq!(none.0, []);
    }
}
