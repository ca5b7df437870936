//! The clock of the engine is that of `embassy-time`.

use embassy_time::{Duration, Instant, TICK_HZ, Timer};

/// Ticks of a ms, where they are a whole number that [`divide`] takes.
const PER_MS: Option<u16> = match TICK_HZ {
    1_000..=65_535_000 if TICK_HZ.is_multiple_of(1_000) => Some((TICK_HZ / 1_000) as u16),
    _ => None,
};

/// Ms since the clock started.
pub(crate) fn now() -> u64 {
    match PER_MS {
        Some(ticks) => divide(Instant::now().as_ticks(), ticks),
        None => Instant::now().as_millis(),
    }
}

/// A quotient in steps of 32 bits: to divide 64 at once takes 900 bytes of code on a chip that cannot.
fn divide(number: u64, by: u16) -> u64 {
    let mut rest = 0;
    let digits = [48, 32, 16, 0].map(|shift| (number >> shift) as u16);
    digits.into_iter().fold(0, |quotient, digit| {
        let part = rest << 16 | u32::from(digit);
        rest = part % u32::from(by);
        quotient << 16 | u64::from(part / u32::from(by))
    })
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

#[cfg(test)]
mod tests {
    use super::divide;

    #[test]
    fn it_divides() {
        for by in [1, 7, 32, 1_000, u16::MAX] {
            for number in [0, 1, 999, 1_000, 65_535, 65_536, 123_456_789_012, u64::MAX - 1, u64::MAX] {
                assert_eq!(divide(number, by), number / u64::from(by), "{number} / {by}");
            }
        }
    }
}
