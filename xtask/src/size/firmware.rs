//! Whole programs for boards: what is flashed, the memory that is taken before anything runs, and the stack.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::Figure;
use super::stack::{deepest, disassembler};
use crate::boards::{ALL, PICO, PROGRAMS, build, built};
use crate::firmware;
use crate::footprint::read;
use crate::run::root;

const KIB: u64 = 1024;
/// The table of stacks.
pub(super) const STACK: &str = "Firmware, stack computed";
/// Not a program to be weighed, but its stack is measured.
const MINIMAL: &str = "minimal";

/// Builds the programs and weighs them; writes where their stacks are deepest to a file.
pub(super) fn all() -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut stacks = Stacks { disassembler: disassembler()?, chains: String::new() };
    for board in ALL {
        build(board)?;
        for program in PROGRAMS {
            let aims = (board == PICO && program == "doorbell").then_some((56 * KIB, 12 * KIB));
            figures.extend(weigh(board.name, program, &built(board, program), aims)?);
            figures.push(stacks.compute(board.name, program, &built(board, program))?);
        }
    }
    firmware::build()?;
    for program in firmware::PROGRAMS {
        figures.extend(weigh(firmware::BOARD, program, &firmware::built(program), None)?);
    }
    for program in firmware::PROGRAMS.into_iter().chain([MINIMAL]) {
        figures.push(stacks.compute(firmware::BOARD, program, &firmware::built(program))?);
    }
    stacks.write()?;
    figures.sort_by_key(|figure| TABLES.iter().position(|table| *table == figure.table));
    Ok(figures)
}

/// In the order of the page.
const TABLES: [&str; 3] = ["Firmware, flash", "Firmware, static RAM", STACK];

fn weigh(board: &str, program: &str, path: &Path, aims: Option<(u64, u64)>) -> Result<[Figure; 2]> {
    let linked = read(path)?;
    let figure = |table, bytes, aim| Figure { table, name: name(board, program), bytes, aim, measured: None };
    let [flash, ram, _] = TABLES;
    Ok([
        figure(flash, linked.flash, aims.map(|(flash, _)| flash)),
        figure(ram, linked.ram, aims.map(|(_, ram)| ram)),
    ])
}

fn name(board: &str, program: &str) -> String {
    format!("{board}, {program}")
}

/// Computes stacks, and keeps who calls whom where they are deepest.
struct Stacks {
    disassembler: PathBuf,
    chains: String,
}

impl Stacks {
    fn compute(&mut self, board: &str, program: &str, path: &Path) -> Result<Figure> {
        let name = name(board, program);
        let deepest = deepest(path, &self.disassembler)?;
        self.chains += &format!("{name}: {} bytes\n{}\n", deepest.bytes, deepest.chain);
        Ok(Figure { table: STACK, name, bytes: deepest.bytes, aim: None, measured: None })
    }

    fn write(&self) -> Result<()> {
        let path = format!("{}/target/stacks.txt", root());
        fs::write(&path, &self.chains).with_context(|| format!("cannot write {path}"))?;
        eprintln!("\nWho calls whom where each stack is deepest: {path}");
        Ok(())
    }
}

/// How deep the stacks of programs in emulators went while the stories were told; never deeper than what was computed.
pub(super) fn measure(figures: &mut [Figure]) -> Result<()> {
    let mut measured = stacks()?;
    for figure in figures.iter_mut().filter(|figure| figure.table == STACK) {
        figure.measured = measured.remove(&figure.name);
        let (name, bytes) = (&figure.name, figure.bytes);
        if let Some(deeper) = figure.measured.filter(|measured| *measured > bytes) {
            bail!("{name}: {deeper} bytes of stack were used, but {bytes} computed: some call is not seen");
        }
    }
    ensure!(measured.is_empty(), "measured, but not computed: {measured:?}");
    Ok(())
}

/// Bytes of stack by program, as the stories measured them.
fn stacks() -> Result<BTreeMap<String, u64>> {
    let folder = Path::new(root()).join("target/stacks");
    let _ = fs::remove_dir_all(&folder); // It may not be there.
    fs::create_dir_all(&folder)?;
    firmware::firmware(&["--stacks".into(), folder.display().to_string()])?;
    let mut deepest = BTreeMap::<String, u64>::new();
    for file in fs::read_dir(&folder)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        // The name of a program, a dot, and which story it was; all else is none of them.
        let Some((program, _)) = name.split_once('.') else { continue };
        let bytes: u64 =
            fs::read_to_string(file.path())?.parse().with_context(|| format!("no number: {name}"))?;
        let deepest = deepest.entry(program.into()).or_default();
        *deepest = bytes.max(*deepest);
    }
    Ok(deepest)
}
