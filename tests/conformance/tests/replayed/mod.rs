//! Recordings that are played for a test.

use conformance::{Difference, Recording, Replay, compare, play};

/// What comes of a recording here.
pub(crate) fn replay(recording: &Recording) -> Replay {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(play(recording))
}

/// The differences that no rule explains.
pub(crate) fn unexplained(recording: &Recording, replay: &Replay) -> Vec<Difference> {
    let findings = compare(recording, replay).into_iter().flat_map(|row| row.findings);
    findings.filter(|finding| finding.rule.is_none()).map(|finding| finding.difference).collect()
}
