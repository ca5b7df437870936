//! `cargo xtask fuzz`: gives each target of `fuzz/` to libFuzzer for a while, and counts what it found.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{install, nightly, root, run};

/// Longer inputs teach nothing new, and are slower.
const MAX_LEN: &str = "-max_len=1024";
/// So many seconds for one input are a hang.
const TIMEOUT: &str = "-timeout=10";

/// How a target went.
struct Row {
    target: String,
    /// How many inputs it was given.
    executions: u64,
    /// Inputs that reached something new, and how many there are by now.
    new: u64,
    corpus: usize,
    crashed: bool,
}

fn dir() -> PathBuf {
    Path::new(root()).join("fuzz")
}

/// Runs each target for so many seconds, or the one of that name. A target ends early at its first crash.
pub(crate) fn fuzz(seconds: u64, target: Option<&str>) -> Result<()> {
    let all = targets()?;
    let chosen: Vec<&String> =
        all.iter().filter(|name| target.is_none_or(|target| target == *name)).collect();
    if chosen.is_empty() {
        bail!("there is no such target; there are {}", all.join(", "));
    }
    nightly()?;
    install("cargo-fuzz")?;
    run(&mut cargo_fuzz(&["build"]))?;
    let rows = chosen.into_iter().map(|name| fuzz_one(name, seconds)).collect::<Result<Vec<Row>>>()?;
    print(&rows);
    let crashed: Vec<&str> = rows.iter().filter(|row| row.crashed).map(|row| row.target.as_str()).collect();
    if !crashed.is_empty() {
        bail!("something does not hold in {}: the inputs are in fuzz/artifacts", crashed.join(", "));
    }
    Ok(())
}

/// Writes the seeds anew that the targets begin with.
pub(crate) fn seed_corpus() -> Result<()> {
    run(in_fuzz(&mut Command::new("cargo")).args(["run", "--quiet", "--example", "seeds"]))
}

/// The seeds hold, on the stable toolchain and without libFuzzer's search: so with what the workspace has built.
pub(crate) fn check_seeds() -> Result<()> {
    let mut test = Command::new("cargo");
    test.current_dir(dir()).env("CARGO_TARGET_DIR", Path::new(root()).join("target"));
    run(test.args(["test", "--quiet", "--test", "seeds"]))
}

/// The targets, by the files that start them.
fn targets() -> Result<Vec<String>> {
    let files = fs::read_dir(dir().join("fuzz_targets")).context("cannot list fuzz/fuzz_targets")?;
    let paths = files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    let mut names: Vec<String> =
        paths.iter().filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// With artefacts of its own: its flags would have everything else built anew.
fn in_fuzz(command: &mut Command) -> &mut Command {
    command.current_dir(dir()).env("CARGO_TARGET_DIR", Path::new(root()).join("target/fuzz"))
}

/// Without a sanitizer: there is no unsafe code of ours to find fault with, and it would cost half the speed.
fn cargo_fuzz(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    let (subcommand, rest) = args.split_first().expect("cargo fuzz has subcommands");
    in_fuzz(&mut command).args(["+nightly", "fuzz", subcommand, "--sanitizer", "none"]).args(rest);
    command
}

fn fuzz_one(name: &str, seconds: u64) -> Result<Row> {
    let (corpus, seeds) = (format!("corpus/{name}"), format!("seeds/{name}"));
    fs::create_dir_all(dir().join(&corpus))?;
    let log = Path::new(root()).join(format!("target/fuzz/{name}.log"));
    let time = format!("-max_total_time={seconds}");
    let mut command = cargo_fuzz(&["run", name, &corpus, &seeds, "--", &time, MAX_LEN, TIMEOUT]);
    command.arg("-print_final_stats=1").stderr(File::create(&log)?);
    let crashed = run(&mut command).is_err();
    let said = fs::read_to_string(&log).context("cannot read what libFuzzer said")?;
    if crashed {
        eprintln!("{}", failure(&said));
        eprintln!("its story, if it is a plan of steps: STORY=1 cargo +nightly fuzz run -s none {name} FILE");
    }
    Ok(Row {
        target: name.to_owned(),
        executions: stat(&said, "number_of_executed_units"),
        new: stat(&said, "new_units_added"),
        corpus: fs::read_dir(dir().join(&corpus))?.count(),
        crashed,
    })
}

/// A line like `stat::new_units_added: 12`; 0 without it.
fn stat(said: &str, name: &str) -> u64 {
    let prefix = format!("stat::{name}:");
    let value = said.lines().find_map(|line| line.strip_prefix(&prefix));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or_default()
}

/// From the panic on, or else the last of what was said.
fn failure(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    let panic = lines.iter().position(|line| line.contains("panicked at"));
    let from = panic.unwrap_or(lines.len().saturating_sub(40));
    lines.iter().skip(from).take(60).copied().collect::<Vec<_>>().join("\n")
}

fn print(rows: &[Row]) {
    println!(
        "{:<12} {:>12} {:>10} {:>10} {:>8}",
        "target", "executions", "new inputs", "in corpus", "crashes"
    );
    for Row { target, executions, new, corpus, crashed } in rows {
        println!("{target:<12} {executions:>12} {new:>10} {corpus:>10} {:>8}", u8::from(*crashed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_what_libfuzzer_says() {
        let said = "Done 9 runs\nstat::number_of_executed_units: 83868\nstat::new_units_added:          12\n";
        assert_eq!((stat(said, "number_of_executed_units"), stat(said, "new_units_added")), (83_868, 12));
        assert_eq!(stat(said, "peak_rss_mb"), 0);
    }

    #[test]
    fn a_failure_is_told_from_its_panic_on() {
        assert_eq!(failure("INFO: a\nthread 'x' panicked at b\nwhy"), "thread 'x' panicked at b\nwhy");
        assert_eq!(failure("a\nb"), "a\nb");
    }
}
