//! What is worth a line of a log goes to defmt, on a chip and if its feature is on.

/// `level!("text {}", value)`: the value is shown as its `Display` does.
macro_rules! log {
    ($level:ident, $text:literal $(, $value:expr)*) => {{
        #[cfg(all(feature = "defmt", target_os = "none"))]
        defmt::$level!($text $(, defmt::Display2Format(&$value))*);
        #[cfg(not(all(feature = "defmt", target_os = "none")))]
        let _ = ($(&$value,)*);
    }};
}

pub(crate) use log;
