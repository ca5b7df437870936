//! What is worth a line of a log goes to defmt, on a chip and if its feature is on; in the tests of this crate, to a list.

use core::cell::Cell;

/// Whether anybody reads the log.
pub(crate) const READ: bool = cfg!(any(test, all(feature = "defmt", target_os = "none")));
/// A line about what may come with each byte is written at most so often, in ms.
const SELDOM: u64 = 1_000;

/// `log!(level, "text {}", value)`: the value is shown as its `Display` does.
macro_rules! log {
    ($level:ident, $text:literal $(, $value:expr)*) => {{
        #[cfg(all(feature = "defmt", target_os = "none"))]
        defmt::$level!($text $(, defmt::Display2Format(&$value))*);
        #[cfg(test)]
        $crate::log::tests::write(std::format!(concat!(stringify!($level), " ", $text) $(, $value)*));
        #[cfg(not(all(feature = "defmt", target_os = "none")))]
        let _ = ($(&$value,)*);
    }};
}

pub(crate) use log;

/// Keeps lines about what may come with each byte from flooding the log.
#[derive(Default)]
pub(crate) struct Seldom {
    due: Cell<u64>,
}

impl Seldom {
    /// Whether to write a line at that time.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        let due = now >= self.due.get();
        if due {
            self.due.set(now.saturating_add(SELDOM));
        }
        due
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::string::String;
    use std::thread_local;
    use std::vec::Vec;

    thread_local! {
        static LINES: RefCell<Vec<String>> = RefCell::default();
    }

    pub(crate) fn write(line: String) {
        LINES.with_borrow_mut(|lines| lines.push(line));
    }

    /// The lines since the last time.
    pub(crate) fn lines() -> Vec<String> {
        LINES.take()
    }

    #[test]
    fn a_line_is_due_once_a_second() {
        let seldom = Seldom::default();
        let due: Vec<u64> = (0..2_500).filter(|now| seldom.is_due(*now)).collect();
        assert_eq!(due, [0, 1_000, 2_000]);
    }
}
