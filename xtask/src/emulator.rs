//! Runs a program for a chip in an emulator.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::run::{capture, run};

const QEMU: &str = "qemu-system-arm";
/// What takes longer hangs.
const SECONDS: &str = "120";

/// Runs it to its end; what it prints.
pub(crate) fn emulate(program: &Path) -> Result<String> {
    install()?;
    let semihosting = "enable=on,target=native";
    capture(
        Command::new("timeout")
            .args([SECONDS, QEMU, "-machine", "mps2-an385", "-nographic", "-monitor", "none"])
            .args(["-serial", "null", "-semihosting-config", semihosting, "-kernel"])
            .arg(program),
    )
}

fn install() -> Result<()> {
    let version = Command::new(QEMU).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if version.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    run(Command::new("apt-get").arg("update"))?;
    run(Command::new("apt-get").args(["install", "-y", "--no-install-recommends", QEMU]))
}
