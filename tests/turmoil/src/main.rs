//! `turmoil-calls`: runs the table, or replays one run.

use std::process::ExitCode;

use clap::{Parser, value_parser};
use turmoil_calls::{CONDITIONS, Condition, Row, judge, run, run_row};

/// Runs clients and relay, the tokio parts as they ship, on a simulated network, and prints a row a condition.
///
/// Four devices of three users make twelve calls in 20 s while links and machines fail. When all is whole again,
/// what each device learned is compared: no two outcomes, no acceptance without a press, nothing left open. A
/// failing seed replays by number.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Runs of each row.
    #[arg(long, value_name = "COUNT", default_value_t = 300, value_parser = value_parser!(u64).range(1..1 << 32))]
    seeds: u64,
    /// The first seed of each row: others than before, after a night that found nothing.
    #[arg(long, value_name = "SEED", default_value_t = 0, value_parser = value_parser!(u64).range(..1 << 32))]
    first: u64,
    /// Only this row.
    #[arg(long, value_name = "NAME")]
    row: Option<String>,
    /// Prints the story of one run of the row (see --row).
    #[arg(long, value_name = "SEED", requires = "row", conflicts_with_all = ["seeds", "first"])]
    replay: Option<u64>,
    /// Swaps one rule out (builds with --cfg broken="any" only): the run must then fail.
    #[cfg(broken = "any")]
    #[arg(long, value_name = "RULE")]
    broken: Option<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    #[cfg(broken = "any")]
    if let Some(rule) = &args.broken {
        signaling_core::broken::choose(rule);
    }
    let rows = match args.row.as_deref().map(|name| Condition::named(name).ok_or(name)) {
        None => CONDITIONS.to_vec(),
        Some(Ok(condition)) => vec![condition],
        Some(Err(name)) => {
            let names: Vec<_> = CONDITIONS.iter().map(|c| format!("{:?}", c.name)).collect();
            eprintln!("error: no row is called {name:?}; there are {}", names.join(", "));
            return ExitCode::from(2);
        }
    };
    match args.replay {
        None => table(&rows, args.first, args.seeds),
        Some(seed) => replay(&rows[0], seed).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }),
    }
}

fn replay(condition: &Condition, seed: u64) -> anyhow::Result<ExitCode> {
    let run = run(condition, seed)?;
    run.story.iter().for_each(|line| println!("{line}"));
    let findings = judge(&run.pages)?;
    let faults = [&findings.contradictions()[..], findings.lost()].concat();
    faults.iter().for_each(|fault| println!("FAULT {fault}"));
    println!("{} faults", faults.len());
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(rows: &[Condition], first: u64, seeds: u64) -> ExitCode {
    println!(
        "{:<16} {:>6} {:>7} {:>7} {:>7} {:>9} {:>12} {:>7}",
        "condition", "runs", "runs/s", "calls", "links", "outcomes", "known ms", "faults"
    );
    let mut bad = 0;
    for condition in rows {
        let row = run_row(condition, first..first + seeds);
        print_row(condition, seeds, &row);
        bad += row.failed.len();
    }
    println!("{} runs, {bad} with a fault", rows.len() as u64 * seeds);
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_row(condition: &Condition, runs: u64, row: &Row) {
    let Row { calls, links, outcomes, known, failed, took } = row;
    println!(
        "{:<16} {runs:>6} {:>7.1} {calls:>7} {links:>7} {outcomes:>9} {known:>12} {:>7}",
        condition.name,
        runs as f64 / took.as_secs_f64(),
        failed.len(),
    );
    if let Some((seed, fault)) = failed.first() {
        println!("  {fault}");
        println!("  replay: cargo xtask turmoil --row {:?} --replay {seed}", condition.name);
    }
}
