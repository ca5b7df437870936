//! The countdown while it rings.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use adapter_std::{InvitationEvent, What};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::tell::{device_name, limit_left};

/// A line that shows who rings and how much time is left. Nothing where nobody looks.
pub(super) struct Countdown {
    bar: ProgressBar,
    limit: Option<Duration>,
    start: Instant,
    ringing: BTreeSet<String>,
}

impl Countdown {
    pub(super) fn new(limit: Option<Duration>, json: bool) -> Self {
        let shown = !json && std::io::stdout().is_terminal();
        let target = if shown { ProgressDrawTarget::stdout() } else { ProgressDrawTarget::hidden() };
        let length = limit.map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
        let bar = ProgressBar::with_draw_target(length, target).with_style(style(limit.is_some()));
        Self { bar, limit, start: Instant::now(), ringing: BTreeSet::new() }
    }

    pub(super) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// Notes who rings.
    pub(super) fn note(&mut self, event: &InvitationEvent) {
        let info = &event.invitation;
        let What::Ringing { slot, .. } = event.what else { return };
        let Some(invitee) = info.invitee(slot) else { return };
        self.ringing.insert(device_name(invitee.user.as_str(), info.heard.1.as_str()));
    }

    pub(super) fn draw(&self) {
        let left = self.limit.map(|limit| limit.saturating_sub(self.start.elapsed()));
        let whom = self.ringing.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let message = if whom.is_empty() { "waiting".to_owned() } else { format!("ringing {whom}") };
        self.bar.set_position(left.map_or(0, |left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX)));
        self.bar.set_prefix(limit_left(left));
        self.bar.set_message(message);
        self.bar.tick();
    }

    /// Leaves nothing behind.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(limited: bool) -> ProgressStyle {
    let template = if limited {
        "{spinner:.cyan} {msg}  {bar:24.cyan/dim}  {prefix}, ctrl-c cancels"
    } else {
        "{spinner:.cyan} {msg}  {prefix}, ctrl-c cancels"
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    style.progress_chars("━━─")
}
