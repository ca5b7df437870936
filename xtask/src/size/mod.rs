//! `cargo xtask size`: what the core and whole firmware cost on a chip, beside what was recorded last.

mod firmware;
mod measure;
mod parts;
mod picture;
mod record;
mod source;
mod stack;
mod table;

use anyhow::{Context, Result};

use crate::run::root;

/// One thing that was measured.
pub(super) struct Figure {
    /// The table that it stands in.
    pub(super) table: &'static str,
    pub(super) name: String,
    pub(super) bytes: u64,
    /// The most bytes that we want.
    pub(super) aim: Option<u64>,
    /// What was seen in an emulator, if `bytes` are computed.
    pub(super) measured: Option<u64>,
}

/// Measures and prints; with `record`, what was measured is what the next time is compared with.
pub(crate) fn size(record: bool) -> Result<()> {
    let mut figures = measure::all()?;
    figures.extend(firmware::all()?);
    firmware::measure(&mut figures)?;
    let last = record::read()?;
    println!("\n{}", table::render(&figures, &last));
    if !record {
        return Ok(());
    }
    record::write(&figures)?;
    let page = format!("{}/docs/size.md", root());
    let text = format!("{}\n{}", include_str!("page.md"), table::render(&figures, &last));
    std::fs::write(&page, text).with_context(|| format!("cannot write {page}"))?;
    let bars = format!("{}/docs/pictures/size.svg", root());
    let kinds = ["Flash", "Stack", "Firmware, flash", "Firmware, static RAM", firmware::STACK];
    std::fs::write(&bars, picture::draw(&figures, &kinds)).with_context(|| format!("cannot write {bars}"))
}
