//! One run, from the first link until all is known.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use adapter_std::Device;
use anyhow::Result;
use storm::compare::Findings;
use turmoil::{Builder, Sim};

use crate::condition::Condition;
use crate::device::{Book, CAST, LAST_CALL, LONGEST, Shared, device, lock};
use crate::mishap::{HEALED, Mishap, Weather, draw};
use crate::net::{RELAY, relay};

/// How finely time is cut.
const TICK: Duration = Duration::from_millis(10);
/// Links whole again, everybody knows how his calls ended within this time, in ms.
const KNOWN: u64 = 90_000;
/// Nothing may be open for so long before all counts as known: what is on its way may open something again.
const STILL: u64 = 2_000;

/// A run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// What each run of a device wrote down, under its name.
    pub pages: Vec<(String, String)>,
    /// Each event, a line each.
    pub story: Vec<String>,
    /// Calls that were made.
    pub calls: u32,
    /// Links that were made.
    pub links: u32,
    /// How long it took until all was known, in ms, when all links were whole again and every time limit was over.
    pub known: u64,
}

/// Makes one run; the same condition and seed always make the same one.
///
/// # Errors
/// If a device or the relay failed.
pub fn run(condition: &Condition, seed: u64) -> Result<Run> {
    let mut stage = Stage::new(condition, seed);
    let end = HEALED.max(LAST_CALL + LONGEST);
    let mut since = None;
    let mut now = 0;
    while now < end + KNOWN && since.is_none_or(|since| now < since + STILL) {
        stage.mishaps(now);
        stage.sim.step().map_err(|error| anyhow::anyhow!("{error}"))?;
        now = stage.now();
        let open = now < end || stage.open();
        since = if open { None } else { since.or(Some(now)) };
    }
    Ok(stage.finish(since.unwrap_or(now) - end))
}

/// What does not agree in what the devices wrote down.
///
/// # Errors
/// If something else is written there.
pub fn judge(pages: &[(String, String)]) -> Result<Findings> {
    let mut findings = Findings::default();
    for (name, lines) in pages {
        findings.read(name, lines)?;
    }
    Ok(findings)
}

struct Stage {
    sim: Sim<'static>,
    weather: Weather,
    mishaps: std::iter::Peekable<std::vec::IntoIter<(u64, Mishap)>>,
    book: Shared,
    /// Runs of devices that were killed.
    gone: Vec<Device>,
}

impl Stage {
    fn new(condition: &Condition, seed: u64) -> Self {
        let (least, most) = condition.delay;
        let mut builder = Builder::new();
        builder.rng_seed(seed).enable_random_order().tick_duration(TICK);
        builder
            .min_message_latency(Duration::from_millis(least))
            .max_message_latency(Duration::from_millis(most));
        let mut sim = builder.simulation_duration(Duration::MAX).build();
        let book = Shared::default();
        let starts = AtomicU32::new(0);
        sim.host(RELAY, move || relay(starts.fetch_add(1, Ordering::Relaxed) == 0));
        let names: Vec<String> = CAST.iter().map(|(user, label)| format!("{user}-{label}")).collect();
        for (who, name) in names.iter().enumerate() {
            let (book, epochs) = (Arc::clone(&book), AtomicU32::new(0));
            sim.host(name.as_str(), move || {
                device(who, epochs.fetch_add(1, Ordering::Relaxed) + 1, seed, Arc::clone(&book))
            });
        }
        let mishaps = draw(condition, seed, CAST.len()).into_iter().peekable();
        Self { sim, weather: Weather::new(&names), mishaps, book, gone: Vec::new() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.sim.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn mishaps(&mut self, now: u64) {
        while let Some((_, mishap)) = self.mishaps.next_if(|(at, _)| *at <= now) {
            lock(&self.book).story.push(format!("{now:>7} ({mishap:?})"));
            if let Mishap::Stops(who) | Mishap::Starts(who) = mishap {
                self.kill(who);
            }
            self.weather.happen(mishap, &mut self.sim);
        }
    }

    /// All runs that the device had until now are gone.
    fn kill(&mut self, who: usize) {
        let of_it = |device: &Device| device.id == who as u64 + 1;
        self.gone.extend(lock(&self.book).records.iter().map(|(device, _)| *device).filter(of_it));
    }

    /// Whether somebody does not know an end, and could.
    fn open(&self) -> bool {
        self.excuse();
        lock(&self.book).records.iter().any(|(_, record)| record.open() > 0)
    }

    /// Who was killed learns nothing more, and of his calls nobody does.
    fn excuse(&self) {
        let gone = |device| self.gone.contains(&device);
        for (device, record) in &mut lock(&self.book).records {
            let dead = gone(*device);
            record.excuse(|inviter| dead || gone(inviter));
        }
    }

    fn finish(self, known: u64) -> Run {
        self.excuse();
        let Book { records, story, calls, links } = std::mem::take(&mut *lock(&self.book));
        let pages = records.iter().map(|(device, record)| {
            let (user, label) = CAST[usize::try_from(device.id).unwrap_or(usize::MAX) - 1];
            (format!("{user}/{label}.{}", device.epoch), record.lines())
        });
        Run { pages: pages.collect(), story, calls, links, known }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a run, once the first device that wrote down `word` wrote `instead`.
    fn judged(word: &str, instead: &str) -> Findings {
        let mut run = run(&Condition::named("calm").unwrap(), 1).unwrap();
        let page = run.pages.iter_mut().find(|(_, page)| page.contains(word));
        let (_, page) = page.expect("somebody wrote that");
        *page = page.replacen(word, instead, 1);
        judge(&run.pages).unwrap()
    }

    #[test]
    fn who_tells_the_truth_agrees() {
        let findings = judged("timed-out", "timed-out");
        assert_eq!((findings.contradictions().len(), findings.lost().len()), (0, 0));
    }

    #[test]
    fn a_device_that_shows_something_else_is_caught() {
        assert_eq!(judged("timed-out", "declined").contradictions().len(), 1);
    }

    #[test]
    fn a_device_that_never_pressed_is_caught() {
        assert_eq!(judged("pressed-on-0", "pressed-on-9").contradictions().len(), 1);
    }

    #[test]
    fn a_device_that_does_not_know_is_caught() {
        assert_eq!(judged("timed-out", "open").lost().len(), 1);
    }

    #[test]
    fn a_run_replays_to_the_letter() {
        let last = Condition::named("all of it").unwrap();
        let story = |seed| run(&last, seed).unwrap().story;
        for seed in 7..10 {
            assert_eq!(story(seed), story(seed));
        }
        assert_ne!(story(7), story(8));
    }
}
