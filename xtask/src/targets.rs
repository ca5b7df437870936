//! `cargo xtask targets`: the core builds everywhere with every set of features, and on the host its tests link.

use std::process::Command;

use anyhow::{Result, bail};

use crate::footprint::add_target;
use crate::run::{cargo, run};

const TARGETS: [&str; 5] = [
    "thumbv6m-none-eabi",
    "thumbv7m-none-eabi",
    "thumbv7em-none-eabihf",
    "riscv32imc-unknown-none-elf",
    "wasm32-unknown-unknown",
];
const SETS: [&str; 4] = ["", "defmt", "log", "defmt,log"];

/// Checks all of them, prints a table, and fails if any failed.
pub(crate) fn targets() -> Result<()> {
    let mut table = row("", SETS.map(|set| if set.is_empty() { "no feature" } else { set }));
    let host = SETS.map(|set| tell(run(&mut unrun_tests(set))));
    table += &row("host: tests link", host);
    let mut good = !host.contains(&FAILED);
    for target in TARGETS {
        add_target(target)?;
        let built = SETS.map(|set| tell(run(core("check", set).args(["--target", target]))));
        table += &row(target, built);
        good &= !built.contains(&FAILED);
    }
    println!("\n{table}");
    if !good {
        bail!("the core does not build everywhere");
    }
    Ok(())
}

const FAILED: &str = "FAILED";

fn core(task: &str, features: &str) -> Command {
    cargo(&[task, "--quiet", "--package", "signaling-core", "--features", features])
}

/// A log changes nothing that is tested, so the tests run elsewhere, once.
fn unrun_tests(features: &str) -> Command {
    let mut command = core("test", features);
    command.args(["--no-run", "--lib", "--tests"]).env("CARGO_PROFILE_TEST_OPT_LEVEL", "0");
    command
}

fn tell(result: Result<()>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(error) => {
            eprintln!("error: {error:#}");
            FAILED
        }
    }
}

fn row(name: &str, [none, defmt, log, both]: [&str; 4]) -> String {
    format!("{name:<28} {none:>10} {defmt:>10} {log:>10} {both:>10}\n")
}
