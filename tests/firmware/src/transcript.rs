//! What was said, without what differs from run to run, compared with a file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::Process;

/// The file that says how the story of that name goes.
pub(crate) fn expected(story: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("expected").join(format!("{story}.txt"))
}

/// What several processes said, one behind the other.
#[derive(Default)]
pub(crate) struct Transcript(String);

impl Transcript {
    /// Adds all that a process said.
    pub(crate) fn add(&mut self, who: &str, process: &Process) {
        self.0.push_str(&format!("## {who}\n"));
        for line in process.said.iter().filter(|line| !line.contains("listens at")) {
            self.0.push_str(&clean(line));
            self.0.push('\n');
        }
    }

    /// Whether there is nothing to compare.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares it with the file, or writes the file.
    pub(crate) fn check(&self, file: &Path, bless: bool) -> Result<()> {
        if bless {
            return fs::write(file, &self.0).with_context(|| format!("cannot write {}", file.display()));
        }
        let name = file.display();
        let expected = fs::read_to_string(file)
            .with_context(|| format!("cannot read {name}: write it with `cargo xtask firmware --bless`"))?;
        if expected == self.0 {
            return Ok(());
        }
        bail!(
            "it went otherwise than {name} has it. If that is right, `cargo xtask firmware --bless`.\n\
             expected:\n{}\nit was:\n{}",
            indent(&expected),
            indent(&self.0)
        )
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// Without the time in front, with `<id>` for ids and `<n>` for the seconds left.
fn clean(line: &str) -> String {
    let line = line.trim_end();
    let timed = line.as_bytes().get(2) == Some(&b':') && line.as_bytes().get(8) == Some(&b'.');
    let line = if timed { line.get(12..).unwrap_or(line).trim_start() } else { line };
    let words: Vec<String> = line.split(' ').map(word).collect();
    words.join(" ")
}

fn word(word: &str) -> String {
    let bare = word.trim_matches(['(', ')']);
    if bare.len() >= 16 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return word.replace(bare, "<id>");
    }
    match word.strip_prefix('(') {
        Some(number) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            "(<n>".into()
        }
        _ => word.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_left_out() {
        assert_eq!(clean("[*] calling (000000000000d0046d194b9d00000001)\r"), "[*] calling (<id>)");
        let line = "11:01:19.087  bob/kitchen    ☎ door rings: \"door\" (30 s left)";
        assert_eq!(clean(line), "bob/kitchen    ☎ door rings: \"door\" (<n> s left)");
    }

    #[test]
    fn another_outcome_is_an_error_that_shows_both() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("story.txt");
        let transcript = |text: &str| Transcript(text.into());
        transcript("accepted\n").check(&file, true).unwrap();
        transcript("accepted\n").check(&file, false).unwrap();
        let error = transcript("rejected\n").check(&file, false).unwrap_err().to_string();
        assert!(error.contains("accepted") && error.contains("rejected"), "{error}");
    }
}
