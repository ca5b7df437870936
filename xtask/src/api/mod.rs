//! `cargo xtask api`: the core's public API as a list that is checked in, and called to the last operation.

mod calls;
mod listing;

use anyhow::{Context, Result, bail};

use crate::run::root;

fn path() -> String {
    format!("{}/crates/signaling-core/api.txt", root())
}

/// Lists the API anew and compares; with `bless`, writes the list. Then looks whether all of it is called.
pub(crate) fn api(bless: bool) -> Result<()> {
    let now = listing::list()?;
    let path = path();
    if bless {
        std::fs::write(&path, &now).with_context(|| format!("cannot write {path}"))?;
    }
    let before = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let changes = listing::changes(&before, &now);
    if !changes.is_empty() {
        bail!(
            "the public API is not what api.txt says; if that is meant: cargo xtask api --bless\n{changes}"
        );
    }
    let left_out = calls::left_out(&now)?;
    if !left_out.is_empty() {
        bail!("tests/footprint does not call all of the core; these are left out:\n{}", left_out.join("\n"));
    }
    println!("{} public items, as api.txt says; every operation is called", now.lines().count());
    Ok(())
}
