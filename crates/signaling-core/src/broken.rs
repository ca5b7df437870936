//! Rules that can be swapped out, to see that the model checker notices each time.
//!
//! `broken!("R1")` is `false` in every ordinary build. `--cfg broken="R1"` swaps that one rule;
//! `--cfg broken="any"` compiles all of them in, and `choose` selects one at run time.

#[cfg(broken = "any")]
mod chosen {
    use core::sync::atomic::{AtomicUsize, Ordering};

    static CHOSEN: AtomicUsize = AtomicUsize::new(0);

    fn code(rule: &str) -> usize {
        rule.bytes().fold(1, |code, byte| code.wrapping_mul(31).wrapping_add(usize::from(byte)))
    }

    /// Swaps the rule of that name out, for the whole process; "" swaps none.
    pub fn choose(rule: &str) {
        CHOSEN.store(code(rule), Ordering::SeqCst);
    }

    /// Whether that rule is the chosen one.
    pub fn chosen(rule: &str) -> bool {
        CHOSEN.load(Ordering::Relaxed) == code(rule)
    }
}

#[cfg(broken = "any")]
pub use chosen::{choose, chosen};

/// Whether the rule of that name is swapped out in this build; with a condition, whether that holds as well.
#[macro_export]
#[doc(hidden)]
macro_rules! broken {
    ($rule:literal) => {{
        #[cfg(broken = "any")]
        let swapped = $crate::broken::chosen($rule);
        #[cfg(not(broken = "any"))]
        let swapped = cfg!(broken = $rule);
        swapped
    }};
    ($rule:literal, $condition:expr) => {
        $crate::broken!($rule) && $condition
    };
}
