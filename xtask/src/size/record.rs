//! What was measured last, in `docs/size.json`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::Figure;
use crate::run::root;

/// Bytes, by table and name.
pub(super) type Record = BTreeMap<String, u64>;

/// What names a figure in the record.
pub(super) fn key(figure: &Figure) -> String {
    format!("{}: {}", figure.table, figure.name)
}

/// What names what was measured beside it.
pub(super) fn measured_key(figure: &Figure) -> String {
    format!("Firmware, stack: {}", figure.name)
}

fn path() -> String {
    format!("{}/docs/size.json", root())
}

/// The last record; empty if there is none yet.
pub(super) fn read() -> Result<Record> {
    let path = path();
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{path} is no record of sizes")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Record::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {path}")),
    }
}

pub(super) fn write(figures: &[Figure]) -> Result<()> {
    let mut record: Record = figures.iter().map(|figure| (key(figure), figure.bytes)).collect();
    record.extend(figures.iter().filter_map(|figure| Some((measured_key(figure), figure.measured?))));
    let path = path();
    let text = serde_json::to_string_pretty(&record)? + "\n";
    std::fs::write(&path, text).with_context(|| format!("cannot write {path}"))
}
