//! A Raspberry Pi Pico in an emulator, rp2040js.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::boards::{PICO, build};
use crate::run::{capture, root, run};

/// The oldest node that the emulator takes.
const NODE: u32 = 18;

/// Builds a program and runs it; its serial line is `examples/pico/board.sock`.
pub(crate) fn pico(program: &str) -> Result<()> {
    prepare()?;
    let board = Path::new(root()).join("examples/pico");
    let built = board.join("target/thumbv6m-none-eabi/release").join(program);
    println!(
        "buttons: `GP14 press`, `GP15 press`. Its line: signaling bridge --serial unix:examples/pico/board.sock"
    );
    run(Command::new("node").arg(runner().join("run.mjs")).arg(built).arg(board.join("board.sock")))
}

/// Builds the programs, and installs the emulator if it is not there.
pub(crate) fn prepare() -> Result<()> {
    build(PICO)?;
    node()?;
    if runner().join("node_modules/rp2040js").exists() {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(runner()))
}

fn runner() -> PathBuf {
    Path::new(root()).join("tests/firmware/pico")
}

/// Installs node, if it is not there.
fn node() -> Result<()> {
    let version = || capture(Command::new("node").arg("--version"));
    let version = match version() {
        Ok(version) => version,
        Err(_) => {
            run(Command::new("apt-get").arg("update"))?;
            run(Command::new("apt-get").args(["install", "-y", "--no-install-recommends", "nodejs", "npm"]))?;
            version()
                .context("the Pico's emulator needs Node.js 18 or newer, and it could not be installed")?
        }
    };
    let version = version.trim();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        bail!("node {version} is too old for the Pico's emulator: install {NODE} or newer");
    }
    Ok(())
}
