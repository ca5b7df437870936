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
        let count = Self::of_magnitude(number.strip_prefix('-').unwrap_or(number));
        let below_zero = number.starts_with('-') && count.value > 0;
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
        let end = number.bytes().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(number.len());
        let point = number.bytes().position(|byte| byte == b'.').unwrap_or(end);
        let exponent = number.get(end..).map_or(0, power);
        // How many digits, or zeros behind them, still stand before the point.
        let mut before = i32::try_from(point).unwrap_or(i32::MAX).saturating_add(exponent);
        let mut count = Self { value: 0, exact: true };
        for digit in digits(number.get(..end).unwrap_or_default()) {
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

/// The exponent, cut to what fits: beyond that it makes no difference.
fn power(exponent: &str) -> i32 {
    let size = digits(exponent).fold(0, |size: u32, digit| size.saturating_mul(10).saturating_add(digit));
    let size = i32::try_from(size).unwrap_or(i32::MAX);
    if exponent.bytes().any(|byte| byte == b'-') { size.saturating_neg() } else { size }
}

fn digits(text: &str) -> impl Iterator<Item = u32> {
    text.bytes().filter_map(|byte| char::from(byte).to_digit(10))
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
            ("2.50", 3),
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
