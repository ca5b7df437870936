//! A number of JSON as a count, without floating point.

/// A number, cut to 0 and above, and to what 32 bits hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Count {
    /// Rounded up.
    value: u32,
    /// Whether that is the number itself.
    exact: bool,
}

impl Count {
    /// Of a number as JSON writes it.
    pub(super) fn of(number: &str) -> Self {
        let magnitude = number.trim_start_matches('-');
        let count = Self::of_magnitude(magnitude);
        let below_zero = magnitude.len() < number.len() && count != Self { value: 0, exact: true };
        if below_zero { Self { value: 0, exact: false } } else { count }
    }

    /// The number, if it is a count: `3`, `3.0` and `30e-1`, but not `2.5` or `-1`.
    pub(super) fn exact(self) -> Option<u32> {
        self.exact.then_some(self.value)
    }

    /// The next count that is no less than it.
    pub(super) fn rounded_up(self) -> u32 {
        self.value
    }

    fn of_magnitude(number: &str) -> Self {
        let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut count = Self { value: 0, exact: true };
        // How many digits still stand before the point.
        let mut before = i32::try_from(whole.len()).unwrap_or(i32::MAX).saturating_add(power(exponent));
        for digit in whole.bytes().chain(fraction.bytes()).map(|byte| u32::from(byte.wrapping_sub(b'0'))) {
            if before > 0 {
                count.push(digit);
            } else {
                count.exact &= digit == 0;
            }
            before = before.saturating_sub(1);
        }
        while before > 0 && (1..u32::MAX).contains(&count.value) {
            count.push(0);
            before = before.saturating_sub(1);
        }
        count.value = count.value.saturating_add(u32::from(!count.exact));
        count
    }

    fn push(&mut self, digit: u32) {
        let next = self.value.checked_mul(10).and_then(|tens| tens.checked_add(digit));
        self.exact &= next.is_some();
        self.value = next.unwrap_or(u32::MAX);
    }
}

/// The exponent; one that does not fit is as good as the largest, or the smallest, that does.
fn power(exponent: &str) -> i32 {
    let most = if exponent.starts_with('-') { i32::MIN } else { i32::MAX };
    exponent.parse().unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_however_written() {
        for (number, value) in [
            ("0", 0),
            ("-0", 0),
            ("-0.00", 0),
            ("0e99999999999", 0),
            ("1", 1),
            ("1.0", 1),
            ("1e0", 1),
            ("10E-1", 1),
            ("0.3e1", 3),
            ("0.0003E+4", 3),
            ("12.50e2", 1250),
            ("5e0000000000000000000", 5),
            ("100000000000000000000e-20", 1),
            ("4294967295", u32::MAX),
        ] {
            assert_eq!(Count::of(number).exact(), Some(value), "{number}");
        }
    }

    #[test]
    fn others_are_rounded_up_and_cut() {
        for (number, value) in [
            ("2.5", 3),
            ("1e-9", 1),
            ("1e-99999999999", 1),
            ("2.000000000000000000001", 3),
            ("-1", 0),
            ("-2.5", 0),
            ("-1e99999999999", 0),
            ("4294967296", u32::MAX),
            ("1e10", u32::MAX),
            ("4294967295.5", u32::MAX),
            ("1e99999999999", u32::MAX),
            ("98765432109876543210", u32::MAX),
        ] {
            let count = Count::of(number);
            assert_eq!((count.exact(), count.rounded_up()), (None, value), "{number}");
        }
    }
}
