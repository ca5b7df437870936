//! Firmware: built for its board, run in QEMU, and heard to ring.

use std::process::Command;

use anyhow::Result;

use crate::emulator;
use crate::footprint::add_target;
use crate::pico;
use crate::run::{cargo, run};

/// The board that QEMU has.
const BOARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/qemu-mps2");
/// The program with a clock of its own, which the others must not be built with.
const VIRTUAL_TIME: &str = "virtual-time";
const TARGET: &str = "thumbv7m-none-eabi";
/// The same board with a Cortex-M4: it is for the program that encrypts.
const LARGE: &str = "thumbv7em-none-eabihf";

/// Builds the firmware and all that it meets, and tells the stories; `args` are those of the `firmware` package.
pub(crate) fn firmware(args: &[String]) -> Result<()> {
    add_target(TARGET)?;
    emulator::install()?;
    run(&mut on_board(&["build", "--release"]))?;
    // Code for links without a relay is in this program only.
    run(&mut on_board(&["build", "--release", "--features", "direct", "--bin", "doorbell-udp"]))?;
    // And so is the other clock.
    run(&mut on_board(&["build", "--release", "--package", VIRTUAL_TIME]))?;
    add_target(LARGE)?;
    let tls = ["--features", "tls", "--bin", "doorbell-tls", "--target", LARGE];
    run(on_board(&["build", "--release"]).args(tls))?;
    pico::prepare()?;
    run(&mut cargo(&["build", "--quiet", "--package", "signaling-cli"]))?;
    run(cargo(&["run", "--quiet", "--package", "firmware", "--"]).args(args))
}

/// Format and lints of the firmware, which is a workspace of its own; and that it builds with its log on.
pub(crate) fn lint() -> Result<()> {
    add_target(TARGET)?;
    run(&mut on_board(&["fmt", "--all", "--check"]))?;
    for features in [&[][..], &["--features", "defmt,direct,tls"]] {
        let clippy = ["clippy", "--release", "--workspace", "--exclude", VIRTUAL_TIME];
        run(on_board(&clippy).args(features).args(["--", "-D", "warnings"]))?;
    }
    run(on_board(&["clippy", "--release", "--package", VIRTUAL_TIME]).args(["--", "-D", "warnings"]))
}

/// A cargo command in the board's workspace, which has a target folder of its own.
fn on_board(args: &[&str]) -> Command {
    let mut command = cargo(args);
    command.current_dir(BOARD).env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    command
}
