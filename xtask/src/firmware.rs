//! Firmware: built for its board, run in QEMU, and heard to ring.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::emulator;
use crate::footprint::add_target;
use crate::pico;
use crate::run::{cargo, root, run};

/// The folder of the board that QEMU has.
pub(crate) const BOARD: &str = "qemu-mps2";
/// What it runs.
pub(crate) const PROGRAMS: [&str; 7] =
    ["doorbell", "answerer", "doorbell-tcp", "answerer-tcp", "doorbell-udp", SEALS, ENCRYPTS];
const SEALS: &str = "doorbell-sealed";
const ENCRYPTS: &str = "doorbell-tls";
/// The program with a clock of its own, which the others must not be built with.
const VIRTUAL_TIME: &str = "virtual-time";
const TARGET: &str = "thumbv7m-none-eabi";
/// Of the same board with a Cortex-M4, for the program that encrypts.
const LARGE: &str = "thumbv7em-none-eabihf";

/// Builds the firmware and all that it meets, and tells the stories; `args` are those of the `firmware` package.
pub(crate) fn firmware(args: &[String]) -> Result<()> {
    emulator::install()?;
    build()?;
    // The other clock is in this program only.
    run(&mut on_board(&["build", "--release", "--package", VIRTUAL_TIME]))?;
    pico::prepare()?;
    run(&mut cargo(&["build", "--quiet", "--package", "signaling-cli"]))?;
    run(cargo(&["run", "--quiet", "--package", "firmware", "--"]).args(args))
}

/// Links the programs for QEMU's board.
pub(crate) fn build() -> Result<()> {
    add_target(TARGET)?;
    run(&mut on_board(&["build", "--release"]))?;
    // Code for links without a relay is in these programs only, and what seals in the second.
    run(&mut on_board(&["build", "--release", "--features", "direct", "--bin", "doorbell-udp"]))?;
    run(&mut on_board(&["build", "--release", "--features", "seal", "--bin", SEALS]))?;
    add_target(LARGE)?;
    run(on_board(&["build", "--release", "--features", "tls", "--bin", ENCRYPTS]).args(["--target", LARGE]))
}

/// Where one of them is then.
pub(crate) fn built(program: &str) -> PathBuf {
    let target = if program == ENCRYPTS { LARGE } else { TARGET };
    folder().join("target").join(target).join("release").join(program)
}

fn folder() -> PathBuf {
    Path::new(root()).join("examples").join(BOARD)
}

/// Format and lints of the firmware, which is a workspace of its own; and that it builds with its log on.
pub(crate) fn lint() -> Result<()> {
    add_target(TARGET)?;
    run(&mut on_board(&["fmt", "--all", "--check"]))?;
    for features in [&[][..], &["--features", "defmt,seal,tls"]] {
        let clippy = ["clippy", "--release", "--workspace", "--exclude", VIRTUAL_TIME];
        run(on_board(&clippy).args(features).args(["--", "-D", "warnings"]))?;
    }
    run(on_board(&["clippy", "--release", "--package", VIRTUAL_TIME]).args(["--", "-D", "warnings"]))
}

/// A cargo command in the board's workspace, which has a target folder of its own.
fn on_board(args: &[&str]) -> Command {
    let mut command = cargo(args);
    command.current_dir(folder()).env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    command
}
