//! `cargo xtask`: everything that is done with this project besides running it.

mod api;
mod bench;
mod boards;
mod careful;
mod coverage;
mod emulator;
mod firmware;
mod footprint;
mod full;
mod fuzz;
mod mutants;
mod no_panic;
mod pico;
mod run;
mod shard;
mod size;
mod steps;
mod targets;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The project's chores. Installs what it lacks.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// All tests: units, stories, boards, the quick model, 302 000 simulated runs; counts them at the end.
    Test,
    /// What must pass before anything lands: format, lints, docs and `test`.
    Ci,
    /// Benchmarks: tables by the thousand and the million, the codec; beside what one would write first. Minutes.
    Bench {
        /// Only prints what the last run found.
        #[arg(long)]
        last: bool,
    },
    /// The core's public API is what `api.txt` says, and `tests/footprint` calls all of it. Needs nightly.
    Api {
        /// Writes the list as it is now.
        #[arg(long)]
        bless: bool,
    },
    /// The core cannot panic: the program that calls all of it, linked for two chips, holds no code that does.
    NoPanic,
    /// What the core and whole firmware cost on a chip: flash, memory, stack (measured, and the worst computed), bytes on
    /// the wire; and the change since the record.
    Size {
        /// Takes what is measured now as the record, and writes `docs/size.md`.
        #[arg(long)]
        record: bool,
    },
    /// The core builds for chips and the web with every set of features, and its tests link with each.
    Targets,
    /// The model checker over the shipped machine; then each broken rule, caught with its shortest story.
    Model {
        /// Passed on: see `cargo run --release -p model -- --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Firmware in QEMU rings desktops over a serial line, and is rung; installs QEMU if need be.
    Firmware {
        /// Passed on: part of a story's name; --bless writes down what is said instead of comparing it.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// The firmware of real boards builds; what it takes, at the end.
    Boards {
        /// Also those that no run of `ci` builds, for minutes: the Nucleo-F429ZI, the ESP32-C3.
        #[arg(long)]
        all: bool,
    },
    /// A Pico in rp2040js, to play with: its line is a socket, lines of input press its buttons.
    Pico {
        /// `doorbell` or `answerer`.
        #[arg(default_value = "doorbell", value_parser = ["doorbell", "answerer"])]
        program: String,
    },
    /// Calls on a virtual clock, judged by an oracle: the table of delays, or one run replayed by number.
    Simulate {
        /// Passed on: see `cargo run --release -p simulation -- --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Two minutes under fire: devices and relay as processes, links cut, the relay killed each second, datagrams lost.
    Storm {
        /// Passed on: see `cargo run --release -p storm -- run --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Clients and relay, as they ship for tokio, on a simulated network: cut, deaf, held up, restarted, by seed.
    Turmoil {
        /// Passed on: see `cargo run --release -p turmoil-calls -- --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Which lines of the core no test runs; fails below 98 %.
    Coverage,
    /// The core with one operator, arm or function changed at a time: some test has to fail. Hours; goes on where it
    /// was stopped.
    Mutants {
        /// `machine` or `engine`; both unless told.
        #[arg(long, value_parser = mutants::PARTS.map(|part| part.name))]
        part: Option<String>,
        /// A share of the source files, as 1/3: with 2/3 and 3/3 on other machines it is all of them.
        #[arg(long, value_name = "K/N")]
        shard: Option<shard::Shard>,
        /// Only prints what was found so far.
        #[arg(long)]
        last: bool,
    },
    /// The core's tests in an interpreter that sees undefined behaviour. Needs nightly.
    Miri,
    /// All that we depend on has a licence and a source that `deny.toml` allows.
    Deny {
        /// And no hole that is known; needs GitHub for the list of them.
        #[arg(long)]
        advisories: bool,
    },
    /// Every package builds with every set of its features.
    Powerset,
    /// All that takes too long for `ci`; each part writes what it found to `docs/results`. Hours.
    Full {
        /// Only this one.
        #[arg(long, value_parser = full::PARTS.map(|(name, _)| name))]
        part: Option<String>,
        /// Only names the parts, and the command of each.
        #[arg(long)]
        list: bool,
    },
    /// Fuzzes each target of `fuzz/`, after the build. Needs nightly.
    Fuzz {
        /// For how long, each.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
        /// Only this one.
        #[arg(long)]
        target: Option<String>,
        /// Writes the checked-in seeds anew instead.
        #[arg(long)]
        seed_corpus: bool,
    },
}

fn main() -> Result<()> {
    match Args::parse().task {
        Task::Test => steps::test(),
        Task::Ci => steps::ci(),
        Task::Bench { last } => bench::bench(last),
        Task::Api { bless } => api::api(bless),
        Task::NoPanic => no_panic::no_panic(),
        Task::Size { record } => size::size(record),
        Task::Targets => targets::targets(),
        Task::Model { args } => steps::model(&args),
        Task::Firmware { args } => firmware::firmware(&args),
        Task::Boards { all } => boards::boards(if all { &boards::ALL } else { &boards::USUAL }),
        Task::Pico { program } => pico::pico(&program),
        Task::Simulate { args } => steps::simulate(&args),
        Task::Storm { args } => steps::storm(&args),
        Task::Turmoil { args } => steps::turmoil(&args),
        Task::Coverage => coverage::coverage(),
        Task::Mutants { part, shard, last } => mutants::mutants(part.as_deref(), shard, last),
        Task::Miri => careful::miri(),
        Task::Deny { advisories } => careful::deny(advisories),
        Task::Powerset => careful::powerset(),
        Task::Full { list: true, .. } => {
            full::list();
            Ok(())
        }
        Task::Full { part, .. } => full::full(part.as_deref()),
        Task::Fuzz { seed_corpus: true, .. } => fuzz::seed_corpus(),
        Task::Fuzz { seconds, target, .. } => fuzz::fuzz(seconds, target.as_deref()),
    }
}
