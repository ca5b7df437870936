//! Whole programs for boards: what is flashed, the memory that is taken before anything runs, and the stack.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Figure;
use crate::boards::{ALL, PICO, PROGRAMS, build, built};
use crate::firmware;
use crate::footprint::read;
use crate::run::root;

const KIB: u64 = 1024;

/// Builds the programs and weighs them.
pub(super) fn all() -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for board in ALL {
        build(board)?;
        for program in PROGRAMS {
            let aims = (board == PICO && program == "doorbell").then_some((56 * KIB, 12 * KIB));
            figures.extend(weigh(board.name, program, &built(board, program), aims)?);
        }
    }
    firmware::build()?;
    for program in firmware::PROGRAMS {
        figures.extend(weigh(firmware::BOARD, program, &firmware::built(program), None)?);
    }
    figures.sort_by_key(|figure| figure.table);
    Ok(figures)
}

fn weigh(board: &str, program: &str, path: &Path, aims: Option<(u64, u64)>) -> Result<[Figure; 2]> {
    let linked = read(path)?;
    let figure = |table, bytes, aim| Figure { table, name: format!("{board}, {program}"), bytes, aim };
    Ok([
        figure("Firmware, flash", linked.flash, aims.map(|(flash, _)| flash)),
        figure("Firmware, static RAM", linked.ram, aims.map(|(_, ram)| ram)),
    ])
}

/// How deep the stacks of programs in emulators went while the stories were told.
pub(super) fn stacks() -> Result<Vec<Figure>> {
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
    let figure = |(name, bytes)| Figure { table: "Firmware, stack", name, bytes, aim: None };
    Ok(deepest.into_iter().map(figure).collect())
}
