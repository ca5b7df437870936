//! A Raspberry Pi Pico in an emulator, rp2040js.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::boards::{PICO, build};
use crate::run::{root, run};

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

fn node() -> Result<()> {
    let output = Command::new("node").arg("--version").stderr(Stdio::inherit()).output();
    let output =
        output.context("node is not there: the Pico's emulator needs it. Install Node.js 18 or newer")?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_string();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        bail!("node {version} is too old for the Pico's emulator: install {NODE} or newer");
    }
    Ok(())
}
