//! `cargo xtask bench`: runs the benchmarks and prints what came out as the tables of docs/performance.md.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::run::{cargo, root, run};

const OPERATIONS: [&str; 6] = ["invite", "accept", "cancel", "cancel and invite", "expire", "next deadline"];
const STORES: [&str; 3] = ["engine", "HashMap + BinaryHeap", "HashMap + DelayQueue"];
const SIZES: [u32; 3] = [1_000, 100_000, 1_000_000];

/// Runs all, or only prints what the last run found.
pub(crate) fn bench(last: bool) -> Result<()> {
    if !last {
        run(&mut cargo(&["bench", "--package", "adapter-std"]))?;
    }
    println!("{}", tables()?);
    Ok(())
}

fn tables() -> Result<String> {
    let mut text = String::from(
        "one operation at so many live invitations in ns, median; ratios: engine / other store, and a million / a thousand\n",
    );
    let header = ["operation", "rows", "/ heap", "/ queue", "engine", "heap", "queue", "1M / 1k"];
    text += &line(&header.map(String::from));
    for operation in OPERATIONS {
        for rows in SIZES {
            let [engine, heap, queue] = times(operation, rows)?;
            let growth = match rows {
                1_000_000 => format!("{:.1}", engine / times(operation, 1_000)?[0]),
                _ => String::new(),
            };
            let ratio = |other: f64| format!("{:.2}", engine / other);
            let ns = |time: f64| format!("{time:.0}");
            text += &line(&[
                operation.into(),
                rows.to_string(),
                ratio(heap),
                ratio(queue),
                ns(engine),
                ns(heap),
                ns(queue),
                growth,
            ]);
        }
    }
    text +=
        "\na Send with an Invite of four users and 64 bytes of data, and a Deliver with one, in ns, median\n";
    for what in ["encode", "decode"] {
        let (ours, postcard) = (median(&[what, "ours"])?, median(&[what, "postcard"])?);
        text += &format!("{what:<20}{:>8.2} x postcard's{ours:>10.0}{postcard:>10.0}\n", ours / postcard);
    }
    Ok(text)
}

fn line(cells: &[String; 8]) -> String {
    let [operation, rest @ ..] = cells;
    let rest: String = rest.iter().map(|cell| format!("{cell:>10}")).collect();
    format!("{operation:<20}{rest}").trim_end().to_owned() + "\n"
}

fn times(operation: &str, rows: u32) -> Result<[f64; 3]> {
    let time = |store| median(&[operation, store, &rows.to_string()]);
    Ok([time(STORES[0])?, time(STORES[1])?, time(STORES[2])?])
}

/// What criterion noted of that benchmark, in ns.
fn median(name: &[&str]) -> Result<f64> {
    let folder: PathBuf = name.iter().collect();
    let file = Path::new(root()).join("target/criterion").join(folder).join("new/estimates.json");
    let missing = || format!("no result in {}: run `cargo xtask bench` without --last", file.display());
    let text = fs::read_to_string(&file).with_context(missing)?;
    let estimates: serde_json::Value = serde_json::from_str(&text)?;
    let median = estimates["median"]["point_estimate"].as_f64();
    median.with_context(|| format!("no median in {}", file.display()))
}
