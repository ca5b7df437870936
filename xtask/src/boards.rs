//! Firmware of real boards, each a workspace of its own: that it builds, and how it is written.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::footprint::add_target;
use crate::run::{cargo, root, run};

/// A folder of `examples`, and its target.
pub(crate) type Board = (&'static str, &'static str);

/// In every run of `ci`.
pub(crate) const USUAL: [Board; 2] = [PICO, ("nrf52840-dk", "thumbv7em-none-eabihf")];
/// The one that an emulator runs.
pub(crate) const PICO: Board = ("pico", "thumbv6m-none-eabi");

/// Format and lints of each with a log, and that they build without one.
pub(crate) fn boards() -> Result<()> {
    USUAL.into_iter().try_for_each(check)
}

fn check((name, target): Board) -> Result<()> {
    add_target(target)?;
    run(&mut on(name, &["fmt", "--check"]))?;
    run(&mut on(name, &["clippy", "--release", "--features", "defmt", "--", "-D", "warnings"]))?;
    build((name, target))
}

/// Links its programs.
pub(crate) fn build((name, target): Board) -> Result<()> {
    add_target(target)?;
    run(&mut on(name, &["build", "--release"]))
}

/// A cargo command in a board's workspace, which has a target folder of its own.
fn on(name: &str, args: &[&str]) -> Command {
    let mut command = cargo(args);
    command.current_dir(Path::new(root()).join("examples").join(name));
    command.env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    command
}
