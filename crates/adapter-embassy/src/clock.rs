//! The clock of the engine is that of `embassy-time`.

use embassy_time::{Duration, Instant, Timer};

/// Ms since the clock started.
pub(crate) fn now() -> u64 {
    Instant::now().as_millis()
}

/// Wakes when [`now`] gives that number; not a tick sooner, where ticks and ms do not meet.
pub(crate) fn at(ms: u64) -> Timer {
    let since = Duration::try_from_millis(ms).unwrap_or(Duration::MAX);
    Timer::at(Instant::MIN.checked_add(since).unwrap_or(Instant::MAX))
}

/// Waits that many ms.
pub(crate) async fn pause(ms: u32) {
    Timer::after(Duration::from_millis(ms.into())).await;
}
