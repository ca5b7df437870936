//! Whose source a program comes from.

use std::path::Path;

use anyhow::{Context, Result};
use object::read::elf::ElfFile32;
use object::{Object, ObjectSection, SectionKind};

use super::Figure;
use super::source::Source;
use crate::footprint::read;

const TABLE: &str = "Flash of the engine, by source";
/// Where the core lies, and its parts there. Whatever else is in it is of names and ids.
const CORE: &str = "signaling-core/src/";
const PARTS: [(&str, &str); 3] = [
    ("machine/", "the rules (machine)"),
    ("engine/", "the table and its clock (engine)"),
    ("wire/", "bytes (wire)"),
];
const NAMES: &str = "names and ids";
/// What is called from there is no part of the core.
const CALLER: (&str, &str) = ("footprint/src/", "the program that calls it");
const LIBRARY: &str = "Rust's library: copying, UTF-8";
const CONSTANTS: &str = "constants";
/// The shortest instruction.
const STEP: u16 = 2;

/// The flash of a program, part by part.
pub(super) fn parts(program: &Path) -> Result<Vec<Figure>> {
    let bytes = std::fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let file: ElfFile32<'_> =
        ElfFile32::parse(&*bytes).with_context(|| format!("no ELF: {}", program.display()))?;
    let source = Source::read(&file)?;
    let names = PARTS.map(|(_, name)| name).into_iter().chain([NAMES, LIBRARY, CALLER.1]);
    let mut parts: Vec<(&str, u64)> = names.map(|name| (name, 0)).collect();
    for section in file.sections().filter(|section| section.kind() == SectionKind::Text) {
        for at in (section.address()..section.address() + section.size()).step_by(STEP.into()) {
            let part = part(&source.files(u32::try_from(at)?)?);
            parts
                .iter_mut()
                .filter(|(name, _)| *name == part)
                .for_each(|(_, bytes)| *bytes += u64::from(STEP));
        }
    }
    let code: u64 = parts.iter().map(|(_, bytes)| bytes).sum();
    parts.push((CONSTANTS, read(program)?.flash.saturating_sub(code)));
    let figure = |(name, bytes): (&str, u64)| Figure {
        table: TABLE,
        name: name.into(),
        bytes,
        aim: None,
        measured: None,
    };
    Ok(parts.into_iter().map(figure).collect())
}

/// Whose an instruction is: what the library does in the core is the core's.
fn part(files: &[&str]) -> &'static str {
    if let Some((_, file)) = files.iter().find_map(|file| file.split_once(CORE)) {
        return PARTS.iter().find(|(folder, _)| file.starts_with(folder)).map_or(NAMES, |(_, name)| name);
    }
    if files.iter().any(|file| file.contains(CALLER.0)) { CALLER.1 } else { LIBRARY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_does_in_the_core_is_the_cores() {
        let (heap, option) = ("/a/signaling-core/src/engine/heap.rs", "/b/library/core/src/option.rs");
        assert_eq!(part(&[option, heap, "/a/footprint/src/engine.rs"]), PARTS[1].1);
        assert_eq!(part(&["/a/signaling-core/src/name.rs"]), NAMES);
        assert_eq!(part(&[option, "/a/footprint/src/engine.rs"]), CALLER.1);
        assert_eq!(part(&[option]), LIBRARY);
        assert_eq!(part(&[]), LIBRARY);
    }
}
