//! What a log is to hold now and then only.

/// How often it is told again, in ms.
const AGAIN: u64 = 60_000;

/// When something was last told that whoever can connect can make happen as often as he likes.
#[derive(Clone, Copy, Default)]
pub(super) struct Told(Option<u64>);

impl Told {
    /// Whether it is to be told again, which then counts as done.
    pub(super) fn again(&mut self, now: u64) -> bool {
        let again = self.0.is_none_or(|last| now.saturating_sub(last) >= AGAIN);
        if again {
            self.0 = Some(now);
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_a_minute() {
        let mut told = Told::default();
        let times = (0..200_000).step_by(1_000).filter(|now| told.again(*now)).collect::<Vec<_>>();
        assert_eq!(times, [0, 60_000, 120_000, 180_000]);
    }
}
