//! `cargo xtask`: everything that is done with this project besides running it.

mod firmware;
mod run;
mod steps;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The project's chores. Installs what it misses.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// All tests: units, stories, the quick model, 20 000 simulated calls a row; counts them at the end.
    Test,
    /// What must pass before anything lands: format, lints, docs and `test`.
    Ci,
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
    /// Calls on a virtual clock: the table of delays, or one call replayed by number.
    Simulate {
        /// Passed on: see `cargo run --release -p simulation -- --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> Result<()> {
    match Args::parse().task {
        Task::Test => steps::test(),
        Task::Ci => steps::ci(),
        Task::Model { args } => steps::model(&args),
        Task::Firmware { args } => firmware::firmware(&args),
        Task::Simulate { args } => steps::simulate(&args),
    }
}
