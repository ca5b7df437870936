//! The deepest stack that a program can need, computed from what was linked: nothing is built anew, so it is that of
//! what ships. `docs/size.md` states the rules.

mod arm;
mod effect;
mod graph;
mod image;
mod listing;
mod pointers;
mod riscv;
mod scan;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::path::Path;

use anyhow::{Context, Result};
use object::read::elf::ElfFile32;

use graph::Calls;
use image::Image;
pub(super) use listing::disassembler;

use super::source::Source;

/// The deepest stack of a program.
pub(super) struct Deepest {
    pub(super) bytes: u64,
    /// Who calls whom then, with the bytes that each takes.
    pub(super) chain: String,
}

/// Computes it, with what [`disassembler`] gives.
pub(super) fn deepest(program: &Path, disassembler: &Path) -> Result<Deepest> {
    let bytes = std::fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let file: ElfFile32<'_> =
        ElfFile32::parse(&*bytes).with_context(|| format!("no ELF: {}", program.display()))?;
    let (image, source) = (Image::read(&file)?, Source::read(&file)?);
    let function = |at| Ok(source.function(at)?.unwrap_or_else(|| image.name(at).into()));
    let listing = listing::disassemble(program, disassembler)?;
    compute(&image, &listing, &function)
        .with_context(|| format!("cannot compute the stack of {}", program.display()))
}

/// So many interrupts may stand on each other: no board has more priorities.
const INTERRUPTS: usize = 2;

fn compute(image: &Image, listing: &str, source: &dyn Fn(u32) -> Result<String>) -> Result<Deepest> {
    let scanned = scan::all(image, &listing::parse(listing))?;
    let depths = Calls::new(image, &scanned)?.depths(source)?;
    let entry = image.owner(image.entry).context("the program begins in no function")?;
    let (mut bytes, mut chain) = (depths.bytes(entry), depths.chain(entry));
    let mut interrupts: Vec<usize> = image.handlers.iter().copied().collect();
    interrupts.sort_by_key(|handler| Reverse(depths.bytes(*handler)));
    for handler in interrupts.into_iter().take(INTERRUPTS) {
        bytes += image.saved + depths.bytes(handler);
        chain += &format!("{:>8} by the chip, at an interrupt\n{}", image.saved, depths.chain(handler));
    }
    Ok(Deepest { bytes: u64::try_from(bytes)?, chain })
}
