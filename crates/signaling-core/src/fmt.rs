//! What the core says in a log, and how names and ids look there.
//!
//! On a chip with the feature `defmt` it is said through defmt. Elsewhere nothing would take what defmt says, not
//! even a program's tests would link; so there it is said through `log`, if that feature is on.

/// Something that only a developer wants to know.
macro_rules! debug {
    ($($said:tt)+) => { $crate::fmt::say!(debug, $($said)+) };
}

/// Something was lost or refused.
macro_rules! warning {
    ($($said:tt)+) => { $crate::fmt::say!(warn, $($said)+) };
}

/// A text, and what stands in its braces.
macro_rules! say {
    ($level:ident, $text:literal $(, $value:expr)*) => {{
        #[cfg(all(feature = "defmt", target_os = "none"))]
        ::defmt::$level!($text $(, $value)*);
        #[cfg(all(feature = "log", not(all(feature = "defmt", target_os = "none"))))]
        ::log::$level!($text $(, $value)*);
        #[cfg(not(any(feature = "log", all(feature = "defmt", target_os = "none"))))]
        let _ = ($(&$value,)*);
    }};
}

pub(crate) use {debug, say, warning};

#[cfg(feature = "defmt")]
mod formats {
    use defmt::{Format, Formatter, write};

    use crate::machine::Mask;
    use crate::name::{Device, GroupId, InviteId, Label, UserId};

    macro_rules! as_text {
        ($($name:ident),+) => {$(
            impl Format for $name {
                fn format(&self, to: Formatter<'_>) {
                    write!(to, "{=str}", self.as_str());
                }
            }
        )+};
    }

    as_text!(UserId, GroupId, Label);

    impl Format for Device {
        fn format(&self, to: Formatter<'_>) {
            let Self { id, epoch } = *self;
            write!(to, "{=u64:016x}.{=u32}", id, epoch);
        }
    }

    impl Format for InviteId {
        fn format(&self, to: Formatter<'_>) {
            let Device { id, epoch } = self.origin;
            write!(to, "{=u64:016x}{=u32:08x}{=u32:08x}", id, epoch, self.sequence);
        }
    }

    /// Bit 0 is slot 0.
    impl Format for Mask {
        fn format(&self, to: Formatter<'_>) {
            write!(to, "{=u64:b}", self.bits());
        }
    }
}
