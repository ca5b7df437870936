//! The countdown while it rings.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use adapter_std::{InvitationEvent, What};

use crate::tell::{device_name, limit_left};

const SPINNER: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/// How often it turns.
const TURN: u128 = 100;
const WIDTH: usize = 24;

/// Who rings, and how much time is left.
pub(super) struct Countdown {
    limit: Option<Duration>,
    start: Instant,
    ringing: BTreeSet<String>,
}

impl Countdown {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, start: Instant::now(), ringing: BTreeSet::new() }
    }

    /// Notes who rings.
    pub(super) fn note(&mut self, event: &InvitationEvent) {
        let info = &event.invitation;
        let What::Ringing { slot, .. } = event.what else { return };
        let Some(invitee) = info.invitee(slot) else { return };
        self.ringing.insert(device_name(invitee.user.as_str(), info.heard.1.as_str()));
    }

    /// The line as it is now.
    pub(super) fn line(&self) -> String {
        let gone = self.start.elapsed();
        let spinner = SPINNER[usize::try_from(gone.as_millis() / TURN).unwrap_or(0) % SPINNER.len()];
        let whom = self.ringing.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let state = if whom.is_empty() { "waiting".to_owned() } else { format!("ringing {whom}") };
        let left = self.limit.map(|limit| limit.saturating_sub(gone));
        let bar = self.limit.map_or(String::new(), |limit| format!("  {}", bar(gone, limit)));
        format!("{spinner} {state}{bar}  {}, ctrl-c cancels", limit_left(left))
    }
}

fn bar(gone: Duration, limit: Duration) -> String {
    let share = gone.as_millis() * WIDTH as u128 / limit.as_millis().max(1);
    let gone = usize::try_from(share).map_or(WIDTH, |share| share.min(WIDTH));
    format!("{}{}", "━".repeat(WIDTH - gone), "─".repeat(gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_shrinks_to_nothing() {
        let limit = Duration::from_secs(10);
        assert_eq!(bar(Duration::ZERO, limit), "━".repeat(WIDTH));
        assert_eq!(bar(limit / 2, limit), format!("{}{}", "━".repeat(12), "─".repeat(12)));
        assert_eq!(bar(limit * 2, limit), "─".repeat(WIDTH));
    }
}
