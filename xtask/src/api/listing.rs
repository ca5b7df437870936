//! The public items of the core, one a line, as rustdoc knows them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use public_api::{Builder, PublicApi};

use crate::run::{capture, root, run};

const TOOLCHAIN: &str = "nightly";

/// Every item, one a line. Of derived traits only that they are there, not their methods.
pub(super) fn list() -> Result<String> {
    let json = rustdoc_json()?;
    let written: BTreeSet<String> = items(&json, true)?.collect();
    let derived = |line: &String| line.starts_with("impl") && !line.contains("StructuralPartialEq");
    let lines = items(&json, false)?.filter(|line| derived(line) || written.contains(line));
    Ok(lines.map(|line| line + "\n").collect())
}

fn items(json: &PathBuf, omit_derived: bool) -> Result<impl Iterator<Item = String>> {
    let mut builder = Builder::from_rustdoc_json(json).omit_blanket_impls(true).omit_auto_trait_impls(true);
    builder = builder.omit_auto_derived_impls(omit_derived);
    let api: PublicApi = builder.build().with_context(|| {
        format!(
            "this {TOOLCHAIN} toolchain writes JSON that the crate public-api does not read: \
             update either (rustup update {TOOLCHAIN}, or cargo update -p public-api)"
        )
    })?;
    Ok(api.into_items().map(|item| item.to_string()))
}

/// Lets rustdoc describe the core; only nightly does so.
fn rustdoc_json() -> Result<PathBuf> {
    let toolchains = capture(Command::new("rustup").args(["toolchain", "list"]))?;
    if !toolchains.lines().any(|line| line.starts_with(TOOLCHAIN)) {
        bail!(
            "listing the API needs rustdoc of nightly: rustup toolchain install {TOOLCHAIN} --profile minimal"
        );
    }
    let target_dir = format!("{}/target/api", root());
    let mut rustdoc = Command::new("rustup");
    rustdoc.args(["run", TOOLCHAIN, "cargo", "rustdoc", "--quiet", "--package", "signaling-core", "--lib"]);
    rustdoc.args(["--target-dir", &target_dir, "--", "-Zunstable-options", "--output-format=json"]);
    run(rustdoc.args(["--cap-lints", "allow"]).current_dir(root()))?;
    Ok(PathBuf::from(target_dir).join("doc/signaling_core.json"))
}

/// The lines that went and came.
pub(super) fn changes(before: &str, now: &str) -> String {
    let lines = |text: &'_ str| text.lines().map(str::to_string).collect::<BTreeSet<String>>();
    let (before, now) = (lines(before), lines(now));
    let gone = before.difference(&now).map(|line| format!("- {line}\n"));
    let new = now.difference(&before).map(|line| format!("+ {line}\n"));
    gone.chain(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_and_came_is_told() {
        assert_eq!(
            changes("pub mod a\npub fn a::b()\n", "pub mod a\npub fn a::c()\n"),
            "- pub fn a::b()\n+ pub fn a::c()\n"
        );
        assert_eq!(changes("pub mod a\n", "pub mod a\n"), "");
    }
}
