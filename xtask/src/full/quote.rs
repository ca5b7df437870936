//! Pages of the docs repeat what results say, between two marks; so no figure on them is typed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::run::root;

const OPEN: &str = "<!-- result ";
const OPEN_END: &str = " -->\n";
const CLOSE: &str = "<!-- end of result -->";

/// Brings all pages of the docs up to date with the results.
pub(super) fn refresh() -> Result<()> {
    for page in pages()? {
        let text = fs::read_to_string(&page)?;
        let new = quoted(&text, result).with_context(|| format!("{page} cannot be brought up to date"))?;
        if new != text {
            fs::write(&page, new).with_context(|| format!("cannot write {page}"))?;
        }
    }
    Ok(())
}

fn pages() -> Result<Vec<String>> {
    let folder = Path::new(root()).join("docs");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path().display().to_string())).collect::<Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.ends_with(".md")).collect())
}

fn result(name: &str) -> Result<String> {
    let path = format!("{}/docs/results/{name}.md", root());
    fs::read_to_string(&path).with_context(|| format!("there is no {path}: `cargo xtask full --part {name}`"))
}

/// The page, with what stands between its marks taken from the results anew.
fn quoted(page: &str, result: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut parts = page.split(OPEN);
    let mut new = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(OPEN_END).context("a mark has no name")?;
        let (_, rest) =
            rest.split_once(CLOSE).with_context(|| format!("{name}: the mark of its end is missing"))?;
        let quote = quote(name, &result(name)?).with_context(|| format!("results/{name}.md says nothing"))?;
        new += &[OPEN, name, OPEN_END, &quote, CLOSE, rest].concat();
    }
    Ok(new)
}

/// What a result says, in short: when it was found, and what was printed.
fn quote(name: &str, result: &str) -> Option<String> {
    let row = result.lines().find(|line| line.starts_with(&format!("| {name} |")))?;
    let [outcome, date, commit, command, took, on] =
        row.trim_matches('|').split('|').skip(1).map(str::trim).collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let printed = result.split_once("```text\n")?.1.split_once("```\n")?.0;
    let head =
        format!("[{command}](results/{name}.md), {date}, at {commit}: {outcome}, after {took} on {on}.");
    Some(format!("{head}\n\n```text\n{printed}```\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str = "# deny\n\n| part | outcome |\n\
        | deny | passed | 2026-01-02 | abc | `cargo xtask deny` | 9 s | 2 cores, x86_64 |\n\n```text\n3 of 3\n```\n";

    #[test]
    fn what_stands_between_the_marks_is_taken_from_the_result() {
        let page = "before\n<!-- result deny -->\nold\n<!-- end of result -->\nbehind\n";
        let new = quoted(page, |_| Ok(RESULT.into())).unwrap();
        assert_eq!(
            new,
            "before\n<!-- result deny -->\n[`cargo xtask deny`](results/deny.md), 2026-01-02, at abc: passed, \
             after 9 s on 2 cores, x86_64.\n\n```text\n3 of 3\n```\n<!-- end of result -->\nbehind\n"
        );
        assert_eq!(quoted(&new, |_| Ok(RESULT.into())).unwrap(), new);
    }

    #[test]
    fn a_mark_without_its_end_or_its_result_is_an_error() {
        let why = |page| quoted(page, |_| Ok("nothing".into())).unwrap_err().to_string();
        assert_eq!(why("<!-- result deny -->\nold"), "deny: the mark of its end is missing");
        assert_eq!(why("<!-- result deny -->\n<!-- end of result -->"), "results/deny.md says nothing");
    }

    #[test]
    fn pages_say_what_the_last_results_say() {
        for page in pages().unwrap() {
            let text = fs::read_to_string(&page).unwrap();
            assert_eq!(
                quoted(&text, result).unwrap(),
                text,
                "{page}: `cargo xtask full` brings it up to date"
            );
        }
    }
}
