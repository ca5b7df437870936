//! `signaling demo`: a relay, five devices of four users, and what happens between them.
//!
//! A [`Story`](story::Story) has a name, a cast and steps, and is played on a [`Stage`](stage::Stage). At its
//! end each of the cast prints a [`Record`](record::Record) of what it knows by itself; a
//! [`verdict`](verdict::judge) sees these lines only, and says whether they agree.

mod actor;
mod latency;
mod record;
mod stage;
mod stories;
mod story;
mod timeline;
mod verdict;

use std::sync::Arc;
use std::time::Instant;

use crate::exit::{Exit, Failure};
use crate::output::{Notice, Printer, Tone};

use latency::Latencies;
use stage::Stage;
use stories::STORIES;
use timeline::Timeline;
use verdict::judge;

/// Plays all stories.
pub(crate) async fn run(printer: &Printer) -> Result<Exit, Failure> {
    let start = Instant::now();
    let timeline = Arc::new(Timeline::new(printer.clone()));
    let mut stage = Stage::open(Arc::clone(&timeline)).await?;
    let mut results = Vec::new();
    for (story, number) in STORIES.iter().zip(1..) {
        timeline.open_story(number, story.name, story.line)?;
        let records = stage.play(story).await?;
        let faults = judge(&story.expect, story.cast, &records);
        timeline.verdict(&records, &faults)?;
        results.push((story.name, faults));
    }
    stage.close().await;
    timeline.close_stories();
    summary(printer, &results, stage.latencies())?;
    last_line(printer, &results, stage.records(), start)
}

type Results = [(&'static str, Vec<String>)];

fn summary(printer: &Printer, results: &Results, latencies: &Latencies) -> Result<(), Failure> {
    printer.say("")?;
    for (name, faults) in results {
        let (tone, text) = match faults.as_slice() {
            [] => (Tone::Yes, (*name).to_owned()),
            faults => (Tone::No, format!("{name}: {}", faults.join("; "))),
        };
        let notice = Notice::new("result", tone, text).with("story", *name);
        printer.plain(&notice.with("agreed", faults.is_empty()).with("faults", faults.clone()))?;
    }
    printer.say("")?;
    for notice in latencies.notices() {
        printer.plain(&notice)?;
    }
    printer.say("")?;
    Ok(())
}

fn last_line(printer: &Printer, results: &Results, records: usize, start: Instant) -> Result<Exit, Failure> {
    let failed = results.iter().filter(|(_, faults)| !faults.is_empty()).count();
    let seconds = start.elapsed().as_secs_f64();
    let told = format!("{} stories, {records} records", results.len());
    let (tone, exit, text) = match failed {
        0 => (Tone::Yes, Exit::Success, format!("{told}: everybody agrees ({seconds:.1} s)")),
        _ => (Tone::No, Exit::Other, format!("{told}: {failed} disagree ({seconds:.1} s)")),
    };
    let notice = Notice::new("summary", tone, text).with("stories", results.len()).with("records", records);
    printer.plain(&notice.with("failed", failed).with("seconds", seconds))?;
    Ok(exit)
}
