//! How long it took.

use std::time::Duration;

use crate::output::{Notice, Tone};

/// Latencies of one kind.
#[derive(Debug, Default)]
pub(super) struct Samples(Vec<Duration>);

/// What is measured.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    /// From the call to each device that rings, among those that were online.
    pub(super) ring: Samples,
    /// From the press to the certainty that it counts.
    pub(super) confirm: Samples,
}

impl Samples {
    pub(super) fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// The middle one (of two, the greater) and the longest.
    fn median_and_max(&self) -> Option<(Duration, Duration)> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        Some((*sorted.get(sorted.len() / 2)?, *sorted.last()?))
    }

    fn notice(&self, what: &'static str, words: &str) -> Notice {
        let notice = Notice::new("latency", Tone::Step, "").with("what", what).with("n", self.0.len());
        let Some((median, max)) = self.median_and_max() else {
            return notice.text(format!("{words}  no samples"));
        };
        let [median, max] = [median, max].map(|time| time.as_secs_f64() * 1000.0);
        let text = format!("{words}  median {median:6.2} ms   max {max:6.2} ms   n {}", self.0.len());
        notice.text(text).with("median_ms", median).with("max_ms", max)
    }
}

impl Latencies {
    pub(super) fn notices(&self) -> [Notice; 2] {
        [
            self.ring.notice("invite_to_ring", "invite → ring       "),
            self.confirm.notice("accept_to_confirmed", "accept → confirmed  "),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let samples = Samples([3, 1, 2].map(Duration::from_millis).into());
        assert_eq!(samples.median_and_max(), Some((Duration::from_millis(2), Duration::from_millis(3))));
        assert_eq!(Samples::default().median_and_max(), None);
    }
}
