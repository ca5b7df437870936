//! What each chore does, step by step.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::boards;
use crate::firmware;
use crate::footprint::{self, CHIPS, add_target};
use crate::run::{Count, cargo, count, must_fail, root, run};
use crate::{no_panic, targets};

/// Compiles all swapped rules in; one is chosen at run time.
const BROKEN: &str = r#"--cfg broken="any""#;
/// The shortest story of each, drawn.
const PICTURES: &str = "docs/pictures/counter-examples";
/// Seeds of the simulation in `test`.
const SEEDS: &str = "20000";

/// A step of `test` that is counted as one.
type Check = (&'static str, fn() -> Result<()>);

pub(crate) fn test() -> Result<()> {
    let mut total = Count::default();
    count(&mut cargo(&["test", "--workspace", "--no-fail-fast"]), &mut total)?;
    let checks: [Check; 10] = [
        ("the core builds for every target with every feature", targets::targets),
        ("a loop without a system builds for a chip", chip),
        ("the core cannot panic", no_panic::no_panic),
        ("firmware rings in QEMU", || firmware::firmware(&[])),
        ("the fuzz targets take their seeds", crate::fuzz::check_seeds),
        ("the quick model holds", || model_check(&[])),
        ("the model catches each broken rule", model_variants),
        ("the simulation agrees", || simulate(&["--seeds".into(), SEEDS.into()])),
        ("the simulation catches broken rules", simulate_broken),
        ("the tokio parts catch broken rules", turmoil_broken),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        match check() {
            Ok(()) => total.passed += 1,
            Err(error) => {
                eprintln!("error: {error:#}");
                failed.push(name);
                total.failed += 1;
            }
        }
    }
    for name in failed {
        println!("FAILED: {name}");
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if total.failed > 0 {
        bail!("{} tests failed", total.failed);
    }
    Ok(())
}

pub(crate) fn ci() -> Result<()> {
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    firmware::lint()?;
    boards::boards(&boards::USUAL)?;
    footprint::lint()?;
    run(cargo(&["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    test()
}

/// What runs on a bare chip builds for one.
fn chip() -> Result<()> {
    let [chip, _] = CHIPS;
    add_target(chip)?;
    run(&mut cargo(&["build", "--release", "--target", chip, "--package", "superloop", "--lib"]))
}

pub(crate) fn model(args: &[String]) -> Result<()> {
    match args {
        [] => {}
        [first, ..] if first == "variants" => return run(broken(&mut package("model")).args(args)),
        _ => return run(package("model").args(args)),
    }
    model_check(&[])?;
    run(broken(&mut package("model")).args(["variants", "--stories"]))
}

fn model_check(args: &[&str]) -> Result<()> {
    run(package("model").arg("check").args(args))
}

/// Each rule that is swapped out is caught, by the story that the docs show.
fn model_variants() -> Result<()> {
    let drawn = Path::new(root()).join("target/counter-examples");
    run(broken(&mut package("model")).args(["variants", "--draw"]).arg(&drawn))?;
    let shown = Path::new(root()).join(PICTURES);
    for picture in fs::read_dir(&drawn)? {
        let picture = picture?;
        if fs::read(picture.path())? != fs::read(shown.join(picture.file_name())).unwrap_or_default() {
            let name = picture.file_name();
            bail!(
                "{PICTURES}/{} is an old story: cargo xtask model variants --draw {PICTURES}",
                name.display()
            );
        }
    }
    Ok(())
}

pub(crate) fn simulate(args: &[String]) -> Result<()> {
    run(package("simulation").args(args))
}

pub(crate) fn storm(args: &[String]) -> Result<()> {
    run(package("storm").arg("run").args(args))
}

pub(crate) fn turmoil(args: &[String]) -> Result<()> {
    run(package("turmoil-calls").args(args))
}

/// Rules that are swapped out one by one, and the row of the simulation that catches each.
const CAUGHT: [(&str, &str); 8] = [
    ("own-timer", "clocks 0.5x to 2x"),
    ("no-resend", "10 % loss"),
    ("no-epoch", "restarts at the answer"),
    ("no-tombstone", "full tables, reordered"),
    ("C1", "taken back, reordered"),
    ("R2", "cut off, reordered"),
    ("glare-none", "glare"),
    ("glare-unasked", "glare, reordered"),
];

fn simulate_broken() -> Result<()> {
    for (rule, row) in CAUGHT {
        let args = ["--seeds", "2000", "--row", row, "--broken", rule];
        must_fail(broken(&mut package("simulation")).args(args), 1)?;
    }
    Ok(())
}

/// Each side decides by its own timer, nothing is sent again: the simulated network catches that.
fn turmoil_broken() -> Result<()> {
    for (rule, row) in [("own-timer", "all of it"), ("no-resend", "cut")] {
        let args = ["--seeds", "40", "--row", row, "--broken", rule];
        must_fail(broken(&mut package("turmoil-calls")).args(args), 1)?;
    }
    Ok(())
}

/// The core panics where a number overflows, optimised or not.
const OVERFLOW: &str = "profile.release.package.signaling-core.overflow-checks=true";

/// Runs a package of ours, optimised.
fn package(name: &str) -> Command {
    cargo(&["run", "--quiet", "--release", "--config", OVERFLOW, "--package", name, "--"])
}

/// The same, in a build of its own in which rules can be swapped out.
fn broken(command: &mut Command) -> &mut Command {
    command
        .env("RUSTFLAGS", BROKEN)
        .env("CARGO_TARGET_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/../target/broken"))
}
