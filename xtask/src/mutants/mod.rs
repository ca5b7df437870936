//! `cargo xtask mutants`: the core with one operator, arm or function changed at a time. Some test has to fail.

mod accepted;
mod outcome;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::run::{capture, cargo, end_with, install, nightly, root};
use crate::shard::Shard;
use outcome::Outcomes;
use table::Row;

/// A folder of the core, and what is asked of its tests.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    least: Least,
    /// The quickest first, each for what those before it missed.
    oracles: &'static [Oracle],
}

/// How many mutants have to be caught.
#[derive(Clone, Copy)]
enum Least {
    /// All but so many, and each of those with a proof that no test can.
    AllBut(usize),
    /// So many in a hundred.
    Percent(usize),
}

pub(crate) const PARTS: [Part; 2] = [
    Part { name: "machine", least: Least::AllBut(5), oracles: &[STORIES, UNITS, MODEL] },
    Part { name: "engine", least: Least::Percent(95), oracles: &[STORIES, UNITS, SIMULATION] },
];

/// Tests that judge a mutant.
struct Oracle {
    package: &'static str,
    /// For `cargo test`: which programs to build and run.
    programs: &'static str,
    /// For the program.
    tests: &'static [&'static str],
    /// In s; a mutant whose tests take longer goes on for ever.
    timeout: &'static str,
}

const STORIES: Oracle =
    Oracle { package: "signaling-core", programs: "--test=stories", tests: &[], timeout: "30" };

const UNITS: Oracle = Oracle { package: "signaling-core", programs: "--lib", tests: &[], timeout: "30" };

/// In its small worlds.
const MODEL: Oracle = Oracle {
    package: "model",
    programs: "--lib",
    tests: &["--include-ignored", "small_worlds_hold"],
    timeout: "300",
};

/// A hundred runs of each row.
const SIMULATION: Oracle = Oracle {
    package: "simulation",
    programs: "--lib",
    tests: &["a_few_runs_of_each_row_end_well"],
    timeout: "120",
};

/// One failure is enough. It needs the nightly toolchain.
const FAIL_FAST: [&str; 2] = ["-Zunstable-options", "--fail-fast"];

/// How cargo-mutants ends when some survived, or only ended by force.
const SURVIVORS: i32 = 2;
const TIMEOUTS: i32 = 3;

/// Tries each mutant that was not caught yet, unless `last`, and prints a table; fails if too many survive.
pub(crate) fn mutants(part: Option<&str>, shard: Option<Shard>, last: bool) -> Result<()> {
    install("cargo-mutants")?;
    nightly()?;
    let chosen = PARTS.iter().filter(|known| part.is_none_or(|part| part == known.name));
    let rows = chosen.map(|part| judge(part, shard, last)).collect::<Result<Vec<Row>>>()?;
    print!("{}", table::render(&rows));
    let bad: Vec<&str> = rows.iter().filter(|row| !row.good()).map(Row::name).collect();
    if !bad.is_empty() {
        bail!("mutants of {} survive or are not tried yet; a test is missing for each", bad.join(" and "));
    }
    Ok(())
}

fn judge(part: &'static Part, shard: Option<Shard>, last: bool) -> Result<Row> {
    let files = files(part.name, shard)?;
    let chosen: Vec<String> = files.iter().flat_map(|file| ["--file".into(), file.clone()]).collect();
    if !last {
        let folder = outcome::folder(part.name, shard);
        for oracle in part.oracles {
            outcome::keep(&folder)?;
            attempt(&folder, &chosen, oracle)?;
        }
    }
    let list = capture(cargo(&["mutants", "--list", "--colors", "never"]).args(&chosen))?;
    let accepted = accepted::of(&files)?;
    Ok(Row::new(part, &list, &Outcomes::read(part.name)?, &accepted))
}

/// The source files of a part, or a share of them.
fn files(part: &str, shard: Option<Shard>) -> Result<Vec<String>> {
    let mut all = Vec::new();
    sources(&PathBuf::from("crates/signaling-core/src").join(part), &mut all)?;
    all.sort();
    Ok(shard.unwrap_or_default().share(all).collect())
}

fn sources(folder: &Path, all: &mut Vec<String>) -> Result<()> {
    let entries = fs::read_dir(Path::new(root()).join(folder));
    for entry in entries.with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            sources(&path, all)?;
        } else {
            all.push(path.display().to_string());
        }
    }
    Ok(())
}

/// Judges what is not known to be caught, in a copy of the sources.
fn attempt(folder: &Path, chosen: &[String], oracle: &Oracle) -> Result<()> {
    let Oracle { package, programs, tests, timeout } = oracle;
    let mut command =
        cargo(&["+nightly", "mutants", "--iterate", "--profile", "oracle", "--colors", "never"]);
    command.arg("--output").arg(folder).args(chosen).args(["--timeout", timeout]);
    // To the build as well: what is not run is not to be linked.
    command.args(["--test-package", package]).arg(format!("--cargo-arg={programs}"));
    command.args(["--", "--"]).args(FAIL_FAST).args(*tests);
    end_with(command.stdout(std::io::stderr()), &[0, SURVIVORS, TIMEOUTS])
}
