//! `cargo xtask coverage`: which lines of the core no test runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::run::{aside, capture, cargo, component, install, root};

/// Whose tests count.
const PACKAGES: [&str; 2] = ["--package", "signaling-core"];
/// The files in question.
const CORE: &str = "crates/signaling-core/src/";
/// Files of tests, and of what only a swapped rule does.
const NO_PRODUCT: [&str; 2] = ["tests.rs", "swapped.rs"];
/// In percent: less is a failure.
const LEAST: f64 = 98.0;

/// How often each line ran, by its number.
type Lines = BTreeMap<usize, u64>;

/// The lines of one file that can run.
struct File {
    name: String,
    text: Vec<String>,
    lines: Lines,
}

impl File {
    fn missed(&self) -> impl Iterator<Item = usize> {
        self.lines.iter().filter(|(_, times)| **times == 0).map(|(line, _)| *line)
    }

    fn percent(&self) -> f64 {
        percent(self.missed().count(), self.lines.len())
    }
}

/// Runs the tests, prints the files with the fewest lines run first, then the lines; fails if they are too many.
pub(crate) fn coverage() -> Result<()> {
    install("cargo-llvm-cov")?;
    component("llvm-tools")?;
    aside(cargo(&["llvm-cov", "test", "--no-report"]).args(PACKAGES))?;
    let lcov = capture(cargo(&["llvm-cov", "report", "--lcov"]).args(PACKAGES))?;
    let read = |(name, lines)| read(name, lines);
    let mut files = parse(&lcov).into_iter().map(read).collect::<Result<Vec<File>>>()?;
    if files.is_empty() {
        bail!("the report names no file of {CORE}");
    }
    files.sort_by(|a, b| a.percent().total_cmp(&b.percent()));
    print!("{}", table(&files));
    let all = total(&files);
    println!("{all:.2} % of the core's lines are run; {LEAST} % is the least that will do");
    if all < LEAST {
        bail!("too few lines are run: the list above says which are not");
    }
    Ok(())
}

fn percent(missed: usize, lines: usize) -> f64 {
    let share = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    100.0 * (1.0 - share(missed) / share(lines.max(1)))
}

fn total(files: &[File]) -> f64 {
    let missed = files.iter().map(|file| file.missed().count()).sum();
    percent(missed, files.iter().map(|file| file.lines.len()).sum())
}

/// The lines of the core's files in a report in the format of lcov.
fn parse(lcov: &str) -> BTreeMap<&str, Lines> {
    let mut all: BTreeMap<&str, Lines> = BTreeMap::new();
    let mut file = None;
    for line in lcov.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let core = path.split_once(CORE).map(|(_, name)| name);
            file = core.filter(|name| !NO_PRODUCT.iter().any(|end| name.ends_with(end)));
        } else if let (Some(file), Some((number, times))) =
            (file, line.strip_prefix("DA:").and_then(run_line))
        {
            *all.entry(file).or_default().entry(number).or_default() += times;
        }
    }
    all
}

/// `12,3` is line 12, which ran three times.
fn run_line(text: &str) -> Option<(usize, u64)> {
    let mut numbers = text.split(',');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn read(name: &str, lines: Lines) -> Result<File> {
    let path = Path::new(root()).join(CORE).join(name);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let text: Vec<String> = text.lines().map(str::to_owned).collect();
    let product = product(&text);
    let lines = lines.into_iter().filter(|(line, _)| product.get(line - 1) == Some(&true)).collect();
    Ok(File { name: name.to_owned(), text, lines })
}

/// Which lines are in the product: not the tests, and not what only a swapped rule does (`broken!`).
fn product(text: &[String]) -> Vec<bool> {
    let mut swapped: Option<String> = None;
    let tests = text.iter().position(|line| line == "#[cfg(test)]").unwrap_or(text.len());
    let is_product = |(at, line): (usize, &String)| {
        if let Some(end) = &swapped {
            swapped = Some(end.clone()).filter(|end| end != line);
            return false;
        }
        let code = line.trim_start();
        if code.starts_with("if broken!(") && code.ends_with('{') {
            swapped = Some(line.replace(code, "}"));
        }
        at < tests && !only_swapped(code)
    };
    text.iter().enumerate().map(is_product).collect()
}

/// An arm of a match that only a swapped rule takes.
fn only_swapped(code: &str) -> bool {
    let guard = code.split_once(" if broken!(").and_then(|(_, rest)| rest.split_once(')'));
    guard.is_some_and(|(_, rest)| rest.starts_with(" =>"))
}

fn table(files: &[File]) -> String {
    let mut text = format!("{:<28} {:>7} {:>7} {:>9}\n", "file", "lines", "missed", "run");
    for file in files {
        let missed = file.missed().count();
        text += &format!("{:<28} {:>7} {missed:>7} {:>7.2} %\n", file.name, file.lines.len(), file.percent());
    }
    text += "\nnot run:\n";
    for file in files {
        for line in file.missed() {
            text += &format!("{}:{line}: {}\n", file.name, file.text[line - 1].trim());
        }
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Vec<usize> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        product(&lines).iter().zip(1..).filter(|(product, _)| **product).map(|(_, line)| line).collect()
    }

    #[test]
    fn what_only_a_swapped_rule_does_is_no_product() {
        let body = "if broken!(\"a\") {\n    guess();\n}\ndecide();\n";
        assert_eq!(kept(body), [1, 4], "the question is asked in every build");
        assert_eq!(kept("    if broken!(\"a\") {\n        {\n        }\n    }\n    go();\n"), [1, 5]);
        let arms = "X if broken!(\"a\") => guess(),\nX if ready || broken!(\"b\") => go(),\n";
        assert_eq!(kept(arms), [2]);
    }

    #[test]
    fn tests_are_no_product() {
        assert_eq!(kept("go();\n#[cfg(test)]\nmod tests {\n"), [1]);
    }

    #[test]
    fn a_line_of_several_functions_ran_if_any_of_them_did() {
        let lcov = format!("SF:/x/{CORE}lib.rs\nDA:1,0\nDA:1,4\nDA:2,0\nSF:/x/other.rs\nDA:1,0\n");
        let files = parse(&lcov);
        assert_eq!(files.keys().collect::<Vec<_>>(), [&"lib.rs"]);
        assert_eq!(files["lib.rs"], Lines::from([(1, 4), (2, 0)]));
    }
}
