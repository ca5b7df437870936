//! Mutants that no test can catch, each with its proof, in `docs/mutants.md`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use crate::run::root;

/// How many mutants of that name are accepted; a name is one without line and column.
pub(super) type Accepted = BTreeMap<String, usize>;

/// Those of the files.
pub(super) fn of(files: &[String]) -> Result<Accepted> {
    let path = format!("{}/docs/mutants.md", root());
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let mut accepted = parse(&page);
    accepted.retain(|name, _| files.iter().any(|file| name.starts_with(file.as_str())));
    Ok(accepted)
}

/// A heading like ``### `file.rs: replace a with b` `` is a name. One that comes twice stands for two mutants.
fn parse(page: &str) -> Accepted {
    let mut accepted = Accepted::new();
    let name = |line: &str| Some(line.strip_prefix("### `")?.strip_suffix('`')?.to_owned());
    for name in page.lines().filter_map(name) {
        *accepted.entry(name).or_default() += 1;
    }
    accepted
}

/// `file.rs:12:3: replace a with b` without the place, which moves with each change.
pub(super) fn placeless(name: &str) -> String {
    let Some((file, rest)) = name.split_once(':') else { return name.to_owned() };
    let what = rest.splitn(3, ':').nth(2).unwrap_or(rest);
    format!("{file}:{what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_headings() {
        let page =
            "# Mutants\n\n### `a.rs: replace + with -`\n\nProof.\n### `a.rs: replace + with -`\n### other\n";
        assert_eq!(parse(page), Accepted::from([("a.rs: replace + with -".into(), 2)]));
    }

    #[test]
    fn a_name_has_no_place() {
        assert_eq!(placeless("src/a.rs:12:3: replace a::b with c"), "src/a.rs: replace a::b with c");
    }
}
