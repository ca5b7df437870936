//! What a relay counted, in words and for programs.

use std::time::Duration;

use signaling_core::wire::Refusal;
use signaling_relay::{Holdings, RelayHandle, Stats};
use tokio::time::timeout;

use crate::exit::Failure;
use crate::output::{Notice, Printer, Tone};
use crate::stop::Nudge;

/// Tells of them each time that much has passed, and whenever it is asked to, until nobody reads it any more.
pub(crate) async fn tell(
    relay: &RelayHandle,
    every: Option<Duration>,
    mut nudge: Nudge,
    printer: &Printer,
) -> Failure {
    loop {
        match every {
            // Either way it is time to tell.
            Some(every) => drop(timeout(every, nudge.asked()).await),
            None => nudge.asked().await,
        }
        let counters = counters(&relay.holdings(), &relay.stats());
        if let Err(error) = printer.print_aside("relay", counters).await {
            return error.into();
        }
    }
}

fn counters(holdings: &Holdings, stats: &Stats) -> Notice {
    let Holdings { links, online, devices, groups, kept_bytes, .. } = *holdings;
    let text = format!(
        "{links} links, {online} devices here of {devices} known, {groups} groups, {kept_bytes} bytes kept; \
         {}",
        summary(stats)
    );
    let notice = Notice::new("counters", Tone::Link, text)
        .with("links", links)
        .with("online", online)
        .with("devices", devices)
        .with("groups", groups)
        .with("kept_bytes", kept_bytes);
    with_counters(notice, stats)
}

/// A relay's last words.
pub(crate) fn stopped(stats: &Stats, after: Duration) -> Notice {
    let after = humantime::format_duration(Duration::from_secs(after.as_secs()));
    let text = format!("stopped after {after}: {}", summary(stats));
    with_counters(Notice::new("stopped", Tone::Link, text), stats)
}

fn with_counters(notice: Notice, stats: &Stats) -> Notice {
    notice
        .with("delivered", stats.delivered)
        .with("handed_over", stats.handed_over)
        .with("frames_in", stats.frames_in)
        .with("frames_out", stats.frames_out)
        .with("silent", stats.silent)
        .with("overrun", stats.overrun)
        .with("dropped", stats.dropped_kept)
        .with("busy", stats.refused(Refusal::Busy))
        .with("crowded", stats.crowded)
        .with("tokens_refused", tokens_refused(stats))
}

fn tokens_refused(stats: &Stats) -> u64 {
    stats.refused(Refusal::Token) + stats.refused(Refusal::Expired)
}

/// What it did, and what went wrong if anything did.
fn summary(stats: &Stats) -> String {
    let mut text = format!("{} messages delivered, {} handed over later", stats.delivered, stats.handed_over);
    let troubles = [
        (stats.silent, "links fell silent"),
        (stats.overrun, "devices did not read what they were sent"),
        (stats.dropped_kept, "kept messages dropped for others"),
        (stats.refused(Refusal::Busy), "links or messages refused for their number"),
        (stats.crowded, "links turned away as too many of their address"),
        (tokens_refused(stats), "tokens refused"),
    ];
    for (count, what) in troubles.into_iter().filter(|(count, _)| *count > 0) {
        text += &format!(", {count} {what}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_tells_of_trouble_if_there_was_any() {
        let told = |stats: &Stats| stopped(stats, Duration::from_millis(61_900)).json(0);
        let mut stats = Stats::default();
        stats.delivered = 5;
        assert_eq!(summary(&stats), "5 messages delivered, 0 handed over later");
        stats.overrun = 2;
        assert!(summary(&stats).ends_with("later, 2 devices did not read what they were sent"));
        assert!(told(&stats).contains(r#""delivered":5"#) && told(&stats).contains(r#""overrun":2"#));
    }
}
