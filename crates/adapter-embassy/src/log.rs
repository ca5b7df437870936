//! What is worth a line of a log goes to defmt, if its feature is on.

/// `level!("text {}", value)`: the value is shown as its `Display` does.
macro_rules! log {
    ($level:ident, $text:literal $(, $value:expr)*) => {{
        #[cfg(feature = "defmt")]
        defmt::$level!($text $(, defmt::Display2Format(&$value))*);
        #[cfg(not(feature = "defmt"))]
        let _ = ($(&$value,)*);
    }};
}

pub(crate) use log;
