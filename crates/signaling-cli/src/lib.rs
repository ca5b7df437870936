//! The command line of invitation signaling: `demo`, `relay`, `listen`, `invite`, `group`, `token`, `bridge`.
//!
//! Each command prints notices, which have a form for people and one for programs, and ends with an exit code.

mod args;
mod bridge;
mod counters;
mod demo;
mod device;
mod exit;
mod files;
mod group;
mod invite;
mod listen;
mod log;
mod output;
mod relay;
mod stop;
mod tell;
mod token;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

use args::{Cli, Command};
use exit::{Exit, Failure};
use output::Printer;

/// Parses the arguments, carries the command out and says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let _log = log::start(cli.verbose);
    let printer = Printer::new(cli.command.json());
    let ended = Runtime::new().map_err(Failure::from).and_then(|runtime| {
        let ended = runtime.block_on(carry_out(&cli.command, &printer));
        // A thread that still reads the standard input must not hold us up.
        runtime.shutdown_background();
        ended
    });
    ended.unwrap_or_else(|failure| printer.fail(&failure)).into()
}

async fn carry_out(command: &Command, printer: &Printer) -> Result<Exit, Failure> {
    match command {
        Command::Demo(_) => demo::run(printer).await,
        Command::Relay(args) => relay::run(args, printer).await,
        Command::Listen(args) => listen::run(args, printer).await,
        Command::Invite(args) => invite::run(args, printer).await,
        Command::Group(args) => group::run(args, printer).await,
        Command::Token(args) => token::run(args),
        Command::Bridge(args) => bridge::run(args, printer).await,
    }
}
