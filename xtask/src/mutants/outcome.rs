//! What became of each mutant, as cargo-mutants noted it under `target/mutants`.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run::root;
use crate::shard::Shard;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// A test failed.
    Caught,
    /// The tests did not come to an end: seen as well.
    Timeout,
    /// It does not compile.
    Unviable,
    /// No test failed.
    Survived,
}

/// The lists that cargo-mutants keeps, and those that we keep beside them. A later one counts for more.
const LISTS: [(&str, Outcome); 7] = [
    ("mutants.out/missed.txt", Outcome::Survived),
    ("mutants.out/previously_caught.txt", Outcome::Caught),
    (CAUGHT, Outcome::Caught),
    ("mutants.out/timeout.txt", Outcome::Timeout),
    ("timeout.txt", Outcome::Timeout),
    ("mutants.out/unviable.txt", Outcome::Unviable),
    ("unviable.txt", Outcome::Unviable),
];
const CAUGHT: &str = "mutants.out/caught.txt";

/// By the mutant's whole name.
pub(super) struct Outcomes(HashMap<String, Outcome>);

fn all() -> PathBuf {
    Path::new(root()).join("target/mutants")
}

/// Where a part, or a share of it, is noted.
pub(super) fn folder(part: &str, shard: Option<Shard>) -> PathBuf {
    let share = shard.map(|Shard { at, of }| format!("-{at}-of-{of}"));
    all().join(part.to_owned() + &share.unwrap_or_default())
}

/// Keeps what the next attempt would forget: what did not compile, and what did not come to an end, which it would
/// try again.
pub(super) fn keep(folder: &Path) -> Result<()> {
    let found = folder.join("mutants.out");
    fs::create_dir_all(&found).with_context(|| format!("cannot make {}", found.display()))?;
    append(&folder.join("unviable.txt"), &list(&found.join("unviable.txt"))?)?;
    let endless = list(&found.join("timeout.txt"))?;
    append(&folder.join("timeout.txt"), &endless)?;
    append(&folder.join(CAUGHT), &endless)
}

fn append(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// What the file holds; nothing if there is none.
fn list(path: &Path) -> Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        text => text.with_context(|| format!("cannot read {}", path.display())),
    }
}

impl Outcomes {
    /// What all attempts at that part found, and at each share of it.
    pub(super) fn read(part: &str) -> Result<Self> {
        let mut outcomes = Self(HashMap::new());
        let Ok(folders) = fs::read_dir(all()) else { return Ok(outcomes) };
        for folder in folders {
            let folder = folder?;
            if folder.file_name().to_string_lossy().starts_with(part) {
                outcomes.add(&folder.path())?;
            }
        }
        Ok(outcomes)
    }

    fn add(&mut self, folder: &Path) -> Result<()> {
        for (file, outcome) in LISTS {
            let text = list(&folder.join(file))?;
            self.0.extend(text.lines().map(|name| (name.to_owned(), outcome)));
        }
        Ok(())
    }

    /// Nothing for one that was not tried.
    pub(super) fn get(&self, name: &str) -> Option<Outcome> {
        self.0.get(name).copied()
    }

    #[cfg(test)]
    pub(super) fn of(outcomes: &[(&str, Outcome)]) -> Self {
        Self(outcomes.iter().map(|(name, outcome)| ((*name).to_owned(), *outcome)).collect())
    }
}
