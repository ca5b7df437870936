//! Commands, told before they run, and what their output counts.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// How many tests passed and failed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

/// `program arg arg` as it would be typed.
fn spell(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A cargo command in the workspace.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(root());
    command
}

/// The root of the workspace.
pub(crate) fn root() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/..")
}

/// Runs it; an error unless it ends with success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    end_with(command, &[0])
}

/// Runs it; an error unless it ends with one of those codes.
pub(crate) fn end_with(command: &mut Command, codes: &[i32]) -> Result<()> {
    let spelt = spell(command);
    eprintln!("\n$ {spelt}");
    let status = command.status().with_context(|| format!("cannot start `{spelt}`"))?;
    if !status.code().is_some_and(|code| codes.contains(&code)) {
        bail!("`{spelt}` failed: {status}");
    }
    Ok(())
}

/// Runs it with all that it prints beside our own results; an error unless it ends with success.
pub(crate) fn aside(command: &mut Command) -> Result<()> {
    run(command.stdout(std::io::stderr()))
}

/// Adds a component to the toolchain in use.
pub(crate) fn component(name: &str) -> Result<()> {
    aside(Command::new("rustup").args(["component", "add", name]).current_dir(root()))
}

/// Sees that there is a nightly toolchain.
pub(crate) fn nightly() -> Result<()> {
    if answers(&["+nightly", "--version"]) {
        return Ok(());
    }
    aside(Command::new("rustup").args(["toolchain", "install", "nightly", "--profile", "minimal"]))
}

/// Whether cargo knows these words.
pub(crate) fn answers(words: &[&str]) -> bool {
    cargo(words).output().is_ok_and(|output| output.status.success())
}

/// Installs a subcommand of cargo, unless it is there.
pub(crate) fn install(tool: &str) -> Result<()> {
    if answers(&[tool.trim_start_matches("cargo-"), "--version"]) {
        return Ok(());
    }
    run(Command::new("cargo").args(["install", "--locked", tool]).current_dir(root()))
}

/// Runs it and gives what it prints; an error unless it ends with success.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let spelt = spell(command);
    eprintln!("\n$ {spelt}");
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{spelt}`"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("`{spelt}` failed: {}\n{printed}", output.status);
    }
    Ok(printed)
}

/// Runs it; an error unless it fails with that code.
pub(crate) fn must_fail(command: &mut Command, code: i32) -> Result<()> {
    let spelt = spell(command);
    eprintln!("\n$ {spelt}   # must fail");
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{spelt}`"))?;
    if output.status.code() != Some(code) {
        print!("{}", String::from_utf8_lossy(&output.stdout));
        bail!("`{spelt}` ought to have failed with {code}, but: {}", output.status);
    }
    Ok(())
}

/// Runs tests, shows what they print, and counts them. An error only if it cannot be run.
pub(crate) fn count(command: &mut Command, count: &mut Count) -> Result<()> {
    let spelt = spell(command);
    eprintln!("\n$ {spelt}");
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{spelt}`"))?;
    let output = child.stdout.take().context("the output was piped")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        add(&line, count);
    }
    if !child.wait()?.success() {
        count.failed = count.failed.max(1);
    }
    Ok(())
}

/// Adds a line like `test result: ok. 12 passed; 0 failed; ...`.
fn add(line: &str, count: &mut Count) {
    let Some((_, rest)) = line.split_once("test result: ") else { return };
    let words: Vec<&str> = rest.split_whitespace().collect();
    for pair in words.windows(2) {
        let number = pair[0].parse().unwrap_or(0);
        match pair[1] {
            "passed;" => count.passed += number,
            "failed;" => count.failed += number,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up() {
        let mut count = Count::default();
        add("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out", &mut count);
        add("test result: FAILED. 3 passed; 2 failed; 0 ignored", &mut count);
        add("running 3 tests", &mut count);
        assert_eq!((count.passed, count.failed), (15, 2));
    }
}
