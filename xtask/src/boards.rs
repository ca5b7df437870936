//! Firmware of real boards, each a workspace of its own: that it builds, how it is written, and what it takes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::footprint::{add_target, read};
use crate::run::{cargo, root, run};

/// A folder of `examples`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Board {
    pub(crate) name: &'static str,
    target: &'static str,
    /// Whether it has a log, the feature `defmt`.
    log: bool,
}

/// The one that an emulator runs.
pub(crate) const PICO: Board = Board { name: "pico", target: "thumbv6m-none-eabi", log: true };
const NRF: Board = Board { name: "nrf52840-dk", target: "thumbv7em-none-eabihf", log: true };
const NUCLEO: Board = Board { name: "nucleo-f429zi", target: "thumbv7em-none-eabihf", log: true };
const ESP: Board = Board { name: "esp32-c3", target: "riscv32imc-unknown-none-elf", log: false };

/// In every run of `ci`.
pub(crate) const USUAL: [Board; 2] = [PICO, NRF];
pub(crate) const ALL: [Board; 4] = [PICO, NRF, NUCLEO, ESP];
/// What each of them has.
pub(crate) const PROGRAMS: [&str; 2] = ["doorbell", "answerer"];

/// Format and lints of each with a log, and that they build without one; what they take, at the end.
pub(crate) fn boards(boards: &[Board]) -> Result<()> {
    boards.iter().try_for_each(|board| check(*board))?;
    println!("\n{:<24} {:>12} {:>12}", "", "flash, bytes", "RAM, bytes");
    for board in boards {
        for program in PROGRAMS {
            let linked = read(&built(*board, program))?;
            println!("{:<24} {:>12} {:>12}", format!("{}, {program}", board.name), linked.flash, linked.ram);
        }
    }
    Ok(())
}

fn check(board: Board) -> Result<()> {
    add_target(board.target)?;
    run(&mut on(board, &["fmt", "--check"]))?;
    let log: &[&str] = if board.log { &["--features", "defmt"] } else { &[] };
    run(on(board, &["clippy", "--release"]).args(log).args(["--", "-D", "warnings"]))?;
    build(board)
}

/// Links its programs.
pub(crate) fn build(board: Board) -> Result<()> {
    add_target(board.target)?;
    run(&mut on(board, &["build", "--release"]))
}

/// Where a program is then.
pub(crate) fn built(board: Board, program: &str) -> PathBuf {
    folder(board).join("target").join(board.target).join("release").join(program)
}

fn folder(board: Board) -> PathBuf {
    Path::new(root()).join("examples").join(board.name)
}

/// A cargo command in a board's workspace, which has a target folder of its own.
fn on(board: Board, args: &[&str]) -> Command {
    let mut command = cargo(args);
    command.current_dir(folder(board)).env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    // Those on a network are empty without one.
    command.env("SIGNALING_RELAY", "192.0.2.7:7400");
    command
}
