//! Whole programs for boards: what is flashed, and the memory that is taken before anything runs.

use std::path::Path;

use anyhow::Result;

use super::Figure;
use crate::boards::{Board, PICO, USUAL, build};
use crate::footprint::read;
use crate::run::root;

const KIB: u64 = 1024;
const PROGRAMS: [&str; 2] = ["doorbell", "answerer"];

/// Builds the boards' programs and weighs them.
pub(super) fn all() -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for board in USUAL {
        build(board)?;
        for program in PROGRAMS {
            figures.extend(weigh(board, program)?);
        }
    }
    figures.sort_by_key(|figure| figure.table);
    Ok(figures)
}

fn weigh(board: Board, program: &str) -> Result<[Figure; 2]> {
    let (name, target) = board;
    let folder = Path::new(root()).join("examples").join(name).join("target").join(target);
    let linked = read(&folder.join("release").join(program))?;
    let aims = (board == PICO && program == "doorbell").then_some((56 * KIB, 12 * KIB));
    let figure = |table, bytes, aim| Figure { table, name: format!("{name}, {program}"), bytes, aim };
    Ok([
        figure("Firmware, flash", linked.flash, aims.map(|(flash, _)| flash)),
        figure("Firmware, static RAM", linked.ram, aims.map(|(_, ram)| ram)),
    ])
}
