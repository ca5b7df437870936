//! `cargo xtask full`: all that takes too long for every change; each part leaves what it found in `docs/results`.

mod quote;

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::run::{capture, cargo, root};

/// A chore, and the words that start it.
pub(crate) type Part = (&'static str, &'static [&'static str]);

/// The shorter ones first.
pub(crate) const PARTS: [Part; 16] = [
    ("no-panic", &["no-panic"]),
    ("deny", &["deny"]),
    ("boards", &["boards", "--all"]),
    ("powerset", &["powerset"]),
    ("targets", &["targets"]),
    ("miri", &["miri"]),
    ("model", &["model", "check"]),
    ("variants", &["model", "variants"]),
    ("coverage", &["coverage"]),
    ("turmoil", &["turmoil", "--seeds", "2000"]),
    ("storm", &["storm", "--seconds", "600"]),
    ("simulate", &["simulate", "--seeds", "200000"]),
    ("fuzz", &["fuzz", "--seconds", "600"]),
    ("model-full", &["model", "check", "--full", "--states", "2000000"]),
    ("mutants-machine", &["mutants", "--part", "machine"]),
    ("mutants-engine", &["mutants", "--part", "engine"]),
];

const HEAD: &str =
    "| part | outcome | date | commit | command | took | on |\n|---|---|---|---|---|---|---|\n";

/// How many of the last lines of progress and errors are kept of a part that fails.
const LAST: usize = 20;

/// Names the parts.
pub(crate) fn list() {
    for (name, words) in PARTS {
        println!("{name:<15} cargo xtask {}", words.join(" "));
    }
}

/// Runs all parts, or one of them. One that fails does not stop the others.
pub(crate) fn full(part: Option<&str>) -> Result<()> {
    let chosen: Vec<Part> =
        PARTS.into_iter().filter(|(name, _)| part.is_none_or(|part| part == *name)).collect();
    let mut failed = Vec::new();
    let mut table = HEAD.to_owned();
    for (at, (name, words)) in chosen.iter().enumerate() {
        eprintln!("\n[{}/{}] {name}", at + 1, chosen.len());
        let done = Done::of(name, words)?;
        done.write()?;
        index()?;
        quote::refresh()?;
        table += &done.row(name);
        if !done.passed {
            failed.push(*name);
        }
    }
    println!("\n{table}");
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// A part that was run.
struct Done {
    name: &'static str,
    words: String,
    passed: bool,
    took: Duration,
    printed: String,
    /// The last lines of its progress and errors.
    last: String,
    date: String,
    commit: String,
}

impl Done {
    /// Runs it; what it prints is shown and kept.
    fn of(name: &'static str, words: &[&str]) -> Result<Self> {
        let (date, commit, begun) = (today(), commit()?, Instant::now());
        let mut child =
            cargo(&["xtask"]).args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("the output was piped")?;
        let errors = child.stderr.take().context("the errors were piped")?;
        let errors = thread::spawn(|| lines(errors, |line| eprintln!("{line}")));
        let printed = lines(output, |line| println!("{line}"))?;
        let errors = errors.join().expect("a reader does not panic")?;
        let passed = child.wait()?.success();
        let (printed, last) = (text(&printed), text(&errors[errors.len().saturating_sub(LAST)..]));
        Ok(Self { name, words: words.join(" "), passed, took: begun.elapsed(), printed, last, date, commit })
    }

    /// The table's row, under that name.
    fn row(&self, name: &str) -> String {
        let Self { words, date, commit, .. } = self;
        let (outcome, took) = (if self.passed { "passed" } else { "**FAILED**" }, spell(self.took));
        format!(
            "| {name} | {outcome} | {date} | {commit} | `cargo xtask {words}` | {took} | {} |\n",
            machine()
        )
    }

    fn write(&self) -> Result<()> {
        let path = format!("{}/{}.md", folder()?, self.name);
        fs::write(&path, self.page()).with_context(|| format!("cannot write {path}"))
    }

    fn page(&self) -> String {
        let Self { name, printed, last, .. } = self;
        let page = format!("# {name}\n\n{HEAD}{}\n```text\n{printed}```\n", self.row(name));
        if self.passed {
            return page;
        }
        page + &format!("\nIts last words:\n\n```text\n{last}```\n")
    }
}

/// Reads and shows all lines.
fn lines(from: impl Read, show: fn(&str)) -> Result<Vec<String>> {
    let lines = BufReader::new(from).split(b'\n').map(|line| {
        let line = String::from_utf8_lossy(&line?).into_owned();
        show(&line);
        Ok(line)
    });
    lines.collect()
}

/// Lines for a page, on which no path of this machine is to stand.
fn text(lines: &[String]) -> String {
    let folder = root().trim_end_matches("/xtask/..");
    lines.iter().map(|line| line.replace(root(), ".").replace(folder, ".") + "\n").collect()
}

/// Where results are, made if it is not there.
fn folder() -> Result<String> {
    let folder = format!("{}/docs/results", root());
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {folder}"))?;
    Ok(folder)
}

/// Gathers the rows of all results in one page.
fn index() -> Result<()> {
    let folder = folder()?;
    let mut page = format!("# What `cargo xtask full` found last\n\nWritten by it, part by part.\n\n{HEAD}");
    for (name, _) in PARTS {
        let Ok(result) = fs::read_to_string(format!("{folder}/{name}.md")) else { continue };
        let row = result.lines().find(|line| line.starts_with(&format!("| {name} |")));
        let row = row.with_context(|| format!("docs/results/{name}.md has no row of its own"))?;
        page += &(row.replacen(name, &format!("[{name}]({name}.md)"), 1) + "\n");
    }
    let path = format!("{folder}/README.md");
    fs::write(&path, page).with_context(|| format!("cannot write {path}"))
}

/// What is checked: the commit, with `+` if files but the docs differ from it.
fn commit() -> Result<String> {
    let git = |words: &[&str]| capture(Command::new("git").args(words).current_dir(root()));
    let commit = git(&["rev-parse", "--short", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs"])?;
    Ok(commit.trim().to_owned() + if changed.is_empty() { "" } else { "+" })
}

fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, Into::into);
    format!("{cores} cores, {}", env::consts::ARCH)
}

/// 3725 s as `1 h 2 min`, 125 s as `2 min 5 s`.
fn spell(time: Duration) -> String {
    match time.as_secs() {
        s @ 3600.. => format!("{} h {} min", s / 3600, s % 3600 / 60),
        s @ 60.. => format!("{} min {} s", s / 60, s % 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelt_in_two_units() {
        let spelt = [3_725, 125, 9].map(|seconds| spell(Duration::from_secs(seconds)));
        assert_eq!(spelt, ["1 h 2 min", "2 min 5 s", "9 s"]);
    }

    #[test]
    fn no_path_of_the_machine_is_on_a_page() {
        let said = ["a".to_owned(), format!("in {}/target and {}", root(), env!("CARGO_MANIFEST_DIR"))];
        assert_eq!(text(&said), "a\nin ./target and ./xtask\n");
    }

    #[test]
    fn a_failure_stands_out() {
        let done = |passed| Done {
            name: "deny",
            words: "deny".into(),
            passed,
            took: Duration::ZERO,
            printed: "3 of 4\n".into(),
            last: "Error: one is missing\n".into(),
            date: "2026-01-02".into(),
            commit: "abc".into(),
        };
        assert!(
            done(true)
                .row("deny")
                .starts_with("| deny | passed | 2026-01-02 | abc | `cargo xtask deny` | 0 s |")
        );
        assert!(done(false).row("deny").contains("**FAILED**"));
        assert!(!done(true).page().contains("one is missing"));
        assert!(
            done(false).page().ends_with(
                "```text\n3 of 4\n```\n\nIts last words:\n\n```text\nError: one is missing\n```\n"
            )
        );
    }
}
