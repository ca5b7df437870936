//! `conformance`: replays recordings of V2TIM clients over real endpoints of ours, and compares.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use conformance::{RULES, Recording, check};

/// Replays recordings of V2TIM clients over real endpoints, on a virtual clock, and compares what the listeners
/// are told and the methods answer.
///
/// A table for each recording; a difference is explained by a rule of docs/v2tim.md, or not at all.
/// Exit code 1: something is unexplained. 2: a file is no recording.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Recordings, or folders of them. Without one: those that come with this program.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Prints only what is different.
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Default)]
struct Total {
    recordings: usize,
    rows: usize,
    differences: usize,
    unexplained: usize,
    rules: BTreeSet<u8>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let files = if args.files.is_empty() { vec![own()] } else { args.files };
    let mut total = Total::default();
    let mut broken = false;
    for file in files {
        match list(&file) {
            Ok(files) => files.iter().for_each(|file| broken |= !run(file, args.quiet, &mut total)),
            Err(error) => {
                eprintln!("error: {}: {error}", file.display());
                broken = true;
            }
        }
    }
    total.print();
    match total.unexplained {
        _ if broken => ExitCode::from(2),
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// The recordings that come with this program, as seen from here.
fn own() -> PathBuf {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/data"));
    let here = std::env::current_dir().unwrap_or_default();
    data.strip_prefix(here).unwrap_or(data).into()
}

/// The file itself, or the recordings in a folder.
fn list(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "jsonl"));
    files.sort();
    Ok(files)
}

/// Whether the file could be read.
fn run(file: &Path, quiet: bool, total: &mut Total) -> bool {
    let recordings = match Recording::read(file) {
        Ok(recordings) => recordings,
        Err(error) => {
            eprintln!("error: {error}");
            return false;
        }
    };
    for recording in &recordings {
        let mut report = check(recording);
        total.recordings += 1;
        total.rows += report.rows.len();
        total.differences += report.differences();
        total.unexplained += report.unexplained();
        total.rules.extend(report.rules());
        if quiet {
            report.rows.retain(|row| !row.findings.is_empty());
        }
        if !quiet || !report.rows.is_empty() {
            println!("{report}");
        }
    }
    true
}

impl Total {
    fn print(&self) {
        for rule in RULES.iter().filter(|rule| self.rules.contains(&rule.number)) {
            println!("rule {:>2}  {} (docs/protocol.md, section {})", rule.number, rule.title, rule.section);
        }
        println!(
            "\n{} recordings, {} answers and callbacks, {} differences, {} unexplained",
            self.recordings, self.rows, self.differences, self.unexplained
        );
    }
}
