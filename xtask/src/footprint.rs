//! Links the programs of `tests/footprint` for chips, and reads what was linked.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use object::read::elf::ElfFile32;
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};

use crate::run::{root, run};

/// The smallest chips and the usual ones.
pub(crate) const CHIPS: [&str; 2] = ["thumbv6m-none-eabi", "thumbv7em-none-eabihf"];
/// All that the program `operations` can call.
pub(crate) const EVERYTHING: &str = "direct,durable,json,machine,texts,wire";

/// Adds a target to the toolchain, if it is not there.
pub(crate) fn add_target(target: &str) -> Result<()> {
    run(Command::new("rustup").args(["target", "add", target]))
}

/// Links one program; where it is.
pub(crate) fn link(chip: &str, program: &str, features: &str) -> Result<PathBuf> {
    let args = ["build", "--quiet", "--release", "--target", chip, "--bin", program, "--features", features];
    run(&mut in_folder(&args))?;
    Ok(Path::new(root()).join("target/footprint").join(chip).join("release").join(program))
}

/// Format and lints, which those of the workspace do not reach.
pub(crate) fn lint() -> Result<()> {
    let [chip, _] = CHIPS;
    add_target(chip)?;
    run(&mut in_folder(&["fmt", "--check"]))?;
    run(&mut in_folder(&[
        "clippy",
        "--quiet",
        "--target",
        chip,
        "--features",
        EVERYTHING,
        "--",
        "-D",
        "warnings",
    ]))
}

/// A cargo command in the folder of the programs.
fn in_folder(args: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    let root = Path::new(root());
    cargo.args(args).current_dir(root.join("tests/footprint"));
    cargo.env("CARGO_TARGET_DIR", root.join("target/footprint"));
    cargo
}

/// What stands in a linked program.
pub(crate) struct Linked {
    /// Bytes that are flashed: code, constants, and what variables begin with.
    pub(crate) flash: u64,
    /// Bytes of variables, without the stack.
    pub(crate) ram: u64,
    /// The names of all symbols, as Rust spells them.
    pub(crate) symbols: Vec<String>,
}

/// Reads a linked program.
pub(crate) fn read(path: &Path) -> Result<Linked> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: ElfFile32<'_> =
        ElfFile32::parse(&*bytes).with_context(|| format!("no ELF: {}", path.display()))?;
    let flash = file.sections().filter(is_flashed).map(|section| section.size()).sum();
    let ram = file.sections().filter(is_variable).map(|section| section.size()).sum();
    let names = file.symbols().filter_map(|symbol| symbol.name().ok().map(demangle));
    Ok(Linked { flash, ram, symbols: names.collect() })
}

fn is_flashed<'d>(section: &impl ObjectSection<'d>) -> bool {
    use SectionKind::{Data, ReadOnlyData, ReadOnlyString, Text};
    matches!(section.kind(), Text | ReadOnlyData | ReadOnlyString | Data)
}

fn is_variable<'d>(section: &impl ObjectSection<'d>) -> bool {
    let name = section.name().unwrap_or_default();
    // Linkers of ESP chips give the stack a section, and fill with dummies what lies at another address, too.
    let variable = name != ".stack" && !name.ends_with("_dummy");
    variable && matches!(section.kind(), SectionKind::Data | SectionKind::UninitializedData)
}

/// A symbol as Rust spells it.
pub(crate) fn demangle(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
