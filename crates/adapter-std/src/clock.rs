//! Where a client takes its time from.

use std::fmt;

/// A monotonic clock in ms. It starts anywhere, and counts while the machine is suspended where it can.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time, in ms.
    fn now(&self) -> u64;
}

/// The clock of the machine: CLOCK_BOOTTIME on Linux, which counts suspend; elsewhere
/// [`Instant`](std::time::Instant), which may not.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(target_os = "linux")]
impl Clock for SystemClock {
    fn now(&self) -> u64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let ms = time.tv_sec.saturating_mul(1_000).saturating_add(time.tv_nsec / 1_000_000);
        u64::try_from(ms).unwrap_or(0)
    }
}

#[cfg(not(target_os = "linux"))]
impl Clock for SystemClock {
    fn now(&self) -> u64 {
        static START: std::sync::LazyLock<std::time::Instant> =
            std::sync::LazyLock::new(std::time::Instant::now);
        u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The clock of the tokio runtime, which tests can pause and move on. It starts at 0.
#[derive(Clone, Copy, Debug)]
pub struct TokioClock(tokio::time::Instant);

impl TokioClock {
    /// A clock that starts now.
    pub fn new() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_never_goes_back() {
        let first = SystemClock.now();
        assert!(SystemClock.now() >= first);
        assert!(first < 1_000 * 60 * 60 * 24 * 365 * 100, "ms, not ns");
    }

    #[tokio::test(start_paused = true)]
    async fn the_tokio_clock_follows_paused_time() {
        let clock = TokioClock::new();
        tokio::time::advance(std::time::Duration::from_millis(1_234)).await;
        assert_eq!(clock.now(), 1_234);
    }
}
