//! Flash from what the linker wrote; memory, stack and frames from a program that runs in the emulator.

use std::cmp::Reverse;

use anyhow::{Context, Result, bail};

use super::Figure;
use super::parts::parts;
use crate::emulator::emulate;
use crate::footprint::{CHIPS, EVERYTHING, add_target, link, read};

const KIB: u64 = 1024;
/// What the program in the emulator measures, in the order of the page.
const TABLES: [&str; 3] = ["Memory", "Stack", "Wire"];

pub(super) fn all() -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for chip in CHIPS {
        add_target(chip)?;
        flash(chip, &mut figures)?;
    }
    let [small, _] = CHIPS;
    figures.extend(parts(&link(small, "operations", "")?)?);
    let printed = emulate(&link(small, "measure", "")?)?;
    let mut printed = lines(&printed)?;
    // The deepest call first; all else as it was printed.
    printed.sort_by_key(|figure| Reverse((figure.table == "Stack").then_some(figure.bytes)));
    printed.sort_by_key(|figure| TABLES.iter().position(|table| *table == figure.table));
    figures.extend(printed);
    Ok(figures)
}

/// What is called, by which program with which features, and the aim.
const SETS: [(&str, &str, &str, Option<u64>); 7] = [
    ("start-up code alone", "bare", "", None),
    ("engine", "operations", "", Some(20 * KIB)),
    ("engine and JSON", "operations", "json", Some(28 * KIB)),
    ("engine, durable", "operations", "durable", None),
    ("engine, no relay", "operations", "direct", None),
    ("engine and all texts", "operations", "texts", None),
    ("everything", "operations", EVERYTHING, None),
];

fn flash(chip: &str, figures: &mut Vec<Figure>) -> Result<()> {
    let short = chip.split('-').next().unwrap_or(chip);
    for (what, program, features, aim) in SETS {
        let bytes = read(&link(chip, program, features)?)?.flash;
        figures.push(Figure { table: "Flash", name: format!("{short}, {what}"), bytes, aim, measured: None });
    }
    Ok(())
}

/// Lines like `stack`, `accept`, `604`, with tabs between. `done` ends them.
fn lines(printed: &str) -> Result<Vec<Figure>> {
    let Some((measured, _)) = printed.split_once("done\n") else {
        bail!("the program in the emulator did not come to its end:\n{printed}");
    };
    measured.lines().map(|line| figure(line).with_context(|| format!("no figure: {line:?}"))).collect()
}

fn figure(line: &str) -> Option<Figure> {
    let mut fields = line.split('\t');
    let table = match fields.next()? {
        "ram" => "Memory",
        "stack" => "Stack",
        "wire" => "Wire",
        _ => return None,
    };
    let (name, bytes) = (fields.next()?.to_string(), fields.next()?.parse().ok()?);
    let aim = match (table, name.as_str()) {
        ("Memory", "one row") | ("Stack", _) => Some(KIB),
        ("Wire", "Send Invite") => Some(100),
        _ => None,
    };
    Some(Figure { table, name, bytes, aim, measured: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_up_to_done() {
        let figures = lines("ram\tone row\t1440\nwire\tAck\t45\ndone\nrubbish\n").unwrap();
        let read: Vec<_> = figures.iter().map(|f| (f.table, f.name.as_str(), f.bytes, f.aim)).collect();
        assert_eq!(read, [("Memory", "one row", 1440, Some(1024)), ("Wire", "Ack", 45, None)]);
    }

    #[test]
    fn a_program_that_stops_early_is_no_measurement() {
        assert!(lines("ram\tone row\t1440\npanicked at 'x'\n").is_err());
        assert!(lines("ram\tone row\nno number\tdone\n").is_err());
    }
}
