//! Chores that tools of their own do: what may be depended on, sets of features, undefined behaviour.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{Count, answers, aside, cargo, count, install, nightly, root};

/// Workspaces of their own, besides those of `examples`.
const WORKSPACES: [&str; 3] = [".", "fuzz", "tests/footprint"];

/// Not every workspace needs every exception.
const UNUSED: &str = "license-exception-not-encountered";

/// Licences, bans and sources of all that we depend on, as `deny.toml` allows; known holes too if `advisories`.
pub(crate) fn deny(advisories: bool) -> Result<()> {
    install("cargo-deny")?;
    let all = workspaces()?;
    let failed: Vec<String> =
        all.iter().filter_map(|folder| deny_in(folder, advisories).err()).map(|e| e.to_string()).collect();
    if !failed.is_empty() {
        bail!("something is depended on that deny.toml does not allow:\n{}", failed.join("\n"));
    }
    println!("{} workspaces depend on nothing that deny.toml does not allow", all.len());
    Ok(())
}

fn deny_in(workspace: &Path, advisories: bool) -> Result<()> {
    let mut command = cargo(&["deny", "--workspace", "--config", "deny.toml", "--manifest-path"]);
    command.arg(workspace.join("Cargo.toml")).args(["check", "-A", UNUSED, "licenses", "bans", "sources"]);
    if advisories {
        command.arg("advisories");
    }
    aside(&mut command)
}

/// Every folder with a `Cargo.lock`, as seen from the root.
fn workspaces() -> Result<Vec<PathBuf>> {
    let examples = fs::read_dir(Path::new(root()).join("examples")).context("cannot list examples")?;
    let examples = examples.map(|entry| Ok(Path::new("examples").join(entry?.file_name())));
    let mut all = examples.collect::<Result<Vec<PathBuf>>>()?;
    all.extend(WORKSPACES.map(PathBuf::from));
    all.retain(|folder| Path::new(root()).join(folder).join("Cargo.lock").exists());
    all.sort();
    Ok(all)
}

/// Every package builds with every set of its features.
pub(crate) fn powerset() -> Result<()> {
    install("cargo-hack")?;
    aside(&mut cargo(&["hack", "check", "--workspace", "--feature-powerset"]))?;
    println!("every package of the workspace builds with every set of its features");
    Ok(())
}

/// Not in the interpreter: what tries thousands of orders, losses, cuts, bytes or bits, or lasts a day. Each would take
/// hours.
const TOO_LONG: [&str; 11] = [
    "for_a_day",
    "deadlines_come_out_in_order",
    "half_of_all_frames_lost",
    "both_sides_agree_however_bad",
    "no_datagram_does_harm",
    "random_bytes_never_panic",
    "it_is_cobs_as_others_write_it",
    "what_is_written_is_read_again",
    "damaged",
    "cut_short",
    "torture",
];

/// The core's tests in an interpreter that sees undefined behaviour, also that of what the core depends on.
pub(crate) fn miri() -> Result<()> {
    nightly()?;
    if !answers(&["+nightly", "miri", "--version"]) {
        let add = ["component", "add", "--toolchain", "nightly", "miri", "rust-src"];
        aside(Command::new("rustup").args(add))?;
    }
    let mut command = Command::new("cargo");
    let tests = ["--package", "signaling-core", "--lib", "--test", "stories", "--"];
    command.args(["+nightly", "miri", "test"]).args(tests);
    command.args(TOO_LONG.iter().flat_map(|name| ["--skip", name]));
    // Some stories read files. The artefacts are of another toolchain.
    command.env("MIRIFLAGS", "-Zmiri-disable-isolation");
    command.current_dir(root()).env("CARGO_TARGET_DIR", Path::new(root()).join("target/miri"));
    let mut total = Count::default();
    count(&mut command, &mut total)?;
    println!("{} tests without undefined behaviour, {} failed", total.passed, total.failed);
    if total.failed > 0 {
        bail!("a test failed in the interpreter: see above");
    }
    Ok(())
}
