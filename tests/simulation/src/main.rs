//! `simulation`: runs the table, or replays one call.

use std::process::ExitCode;

use clap::{Parser, value_parser};
use simulation::{CONDITIONS, Condition, Law, Record, Row, percentile, run, run_row};

/// Runs calls through the shipped engine and switchboard on a virtual clock, and prints a row a condition.
///
/// An oracle reads what people and devices do and show, and says which law was broken.
///
/// Loss and delay are of the whole path device → relay → device. A sample is one invitee's device, from the
/// slot's decision to that device showing it. A failing seed replays by number.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Seeds; a row with long calls runs one of several.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = value_parser!(u64).range(1..1 << 32))]
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
    let rows: Vec<Condition> = match &args.row {
        None => CONDITIONS.to_vec(),
        Some(name) => match Condition::named(name) {
            Some(condition) => vec![condition],
            None => {
                let names: Vec<_> = CONDITIONS.iter().map(|c| format!("{:?}", c.name)).collect();
                eprintln!("error: no row is called {name:?}; there are {}", names.join(", "));
                return ExitCode::from(2);
            }
        },
    };
    match args.replay {
        Some(seed) => replay(&rows[0], seed),
        None => table(&rows, args.first, args.seeds),
    }
}

fn replay(condition: &Condition, seed: u64) -> ExitCode {
    let run = run(condition, seed, Record::Story);
    print!("{}", run.story);
    let faults = run.verdict.faults;
    for fault in &faults {
        println!("FAULT {fault}");
    }
    println!("{} faults", faults.len());
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn table(rows: &[Condition], first: u64, seeds: u64) -> ExitCode {
    println!("decision -> definite in ms, by row; {seeds} seeds, of which long rows run a share");
    println!(
        "{:<24} {:>7} {:>7} {:>8} {:>6} {:>6} {:>6} {:>7} {:>11} {:>7}",
        "condition", "runs", "runs/s", "samples", "p50", "p98", "p99", "p99.9", "unresolved", "faults"
    );
    let (mut runs, mut bad) = (0, 0);
    for condition in rows {
        let calls = condition.calls(seeds);
        let row = run_row(condition, first..first + calls);
        print_row(condition, calls, &row);
        runs += calls;
        bad += row.faults;
        if let Some((seed, fault)) = row.failed.first() {
            println!("  {fault}");
            println!("  replay: cargo xtask simulate --row {:?} --replay {seed}", condition.name);
        }
    }
    println!("{runs} runs, {bad} with a fault, by {} laws", Law::ALL.len());
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_row(condition: &Condition, runs: u64, row: &Row) {
    let [p50, p98, p99, p999] = [500, 980, 990, 999].map(|p| percentile(&row.latencies, p));
    println!(
        "{:<24} {:>7} {:>7.0} {:>8} {:>6} {:>6} {:>6} {:>7} {:>11} {:>7}",
        condition.name,
        runs,
        runs as f64 / row.took.as_secs_f64(),
        row.latencies.len(),
        p50,
        p98,
        p99,
        p999,
        row.unresolved,
        row.faults,
    );
}
