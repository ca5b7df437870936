//! `cargo xtask no-panic`: the program that calls every operation holds no code that panics.

use anyhow::{Result, bail};

use crate::footprint::{CHIPS, EVERYTHING, add_target, link, read};

/// Parts of the names of what panics, and of what it calls.
const SIGNS: [&str; 6] = [
    "core::panicking",
    "unwrap_failed",
    "expect_failed",
    "index_fail",
    "rust_begin_unwind",
    "len_mismatch_fail",
];

/// Searches for both chips; and then again with one panic planted, which has to be found.
pub(crate) fn no_panic() -> Result<()> {
    for chip in CHIPS {
        add_target(chip)?;
        let found = search(chip, EVERYTHING)?;
        if !found.is_empty() {
            bail!("{chip}: the core can panic: {}", found.join(", "));
        }
        if search(chip, &format!("{EVERYTHING},planted"))?.is_empty() {
            bail!("{chip}: an index that may be out of bounds was planted, and not found");
        }
        println!("{chip}: no panic, but for the one that was planted");
    }
    Ok(())
}

/// The symbols that panic.
fn search(chip: &str, features: &str) -> Result<Vec<String>> {
    let linked = read(&link(chip, "operations", features)?)?;
    let panics = |name: &String| SIGNS.iter().any(|sign| name.contains(sign));
    Ok(linked.symbols.into_iter().filter(panics).collect())
}
