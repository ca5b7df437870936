//! `storm`: many calls over real processes, while links are cut and the relay is killed; when all has healed, what
//! each device wrote down is compared.

mod device;
mod proxy;
mod stage;
mod udp;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use storm::compare;

/// The real stack under fire.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lets it storm: devices, a relay that is killed every second, links that are cut. Then all heals, and what
    /// each device wrote down is compared.
    Run(RunArgs),
    /// Compares what the devices of a run wrote down. 1: a contradiction, or a lost outcome.
    Compare {
        /// The folder with a file for each device.
        dir: PathBuf,
    },
    /// One device of a run, told over its standard input when to finish. Not for people.
    #[command(hide = true)]
    Device(DeviceArgs),
    /// The relay: `signaling relay`, with its arguments.
    #[command(hide = true)]
    Relay,
}

#[derive(clap::Args)]
struct RunArgs {
    /// For how long it storms.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Calls at a time, one in ten of them without a relay.
    #[arg(long, default_value_t = 200, value_parser = calls)]
    calls: usize,
    /// No call takes more seconds.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(2..=120))]
    longest: u64,
    /// How many seconds everybody has, when all has healed, to learn what became of his calls.
    #[arg(long, default_value_t = 120)]
    grace: u64,
    /// Keeps what the devices wrote in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
    #[command(flatten)]
    fault: Fault,
}

#[derive(clap::Args, Clone)]
struct DeviceArgs {
    /// Whose device it is.
    #[arg(long)]
    user: String,
    /// Where the relay is.
    #[arg(long, conflicts_with = "udp")]
    relay: Option<String>,
    /// Where it takes datagrams of its peers, without a relay.
    #[arg(long)]
    udp: Option<String>,
    /// A peer and where he takes datagrams, USER=ADDRESS.
    #[arg(long)]
    peer: Vec<String>,
    /// Where to write down what became of the calls.
    #[arg(long)]
    out: PathBuf,
    /// How many invitations there is room for.
    #[arg(long)]
    rows: usize,
    /// No call takes more seconds.
    #[arg(long)]
    longest: u64,
    /// For how many seconds it tells who missed it how a call ended.
    #[arg(long)]
    keep: u64,
    /// Makes so many calls at a time; 0 to answer those of others.
    #[arg(long, default_value_t = 0)]
    calls: usize,
    /// Whom it calls, one or two at a time.
    #[arg(long)]
    callee: Vec<String>,
    #[command(flatten)]
    fault: Fault,
}

/// A fault that the comparison has to find.
#[derive(clap::Args, Clone)]
struct Fault {
    /// Swaps one rule out (builds with --cfg broken="any" only): the run must then fail.
    #[cfg(broken = "any")]
    #[arg(long, value_name = "RULE")]
    broken: Option<String>,
}

impl Fault {
    /// Swaps the rule out in this process.
    fn plant(&self) {
        #[cfg(broken = "any")]
        if let Some(rule) = &self.broken {
            signaling_core::broken::choose(rule);
        }
    }

    /// How a device is told of it.
    fn args(&self) -> Vec<String> {
        #[cfg(broken = "any")]
        let args = self.broken.iter().map(|rule| format!("--broken={rule}")).collect();
        #[cfg(not(broken = "any"))]
        let args = Vec::new();
        args
    }
}

fn main() -> ExitCode {
    // The program itself reads the same arguments.
    if std::env::args().nth(1).as_deref() == Some("relay") {
        return signaling_cli::main();
    }
    let ended = match Cli::parse().command {
        Command::Run(args) => block_on(run(&args)),
        Command::Device(args) => block_on(device::run(args)).map(|()| true),
        Command::Compare { dir } => compare::compare(&dir),
        Command::Relay => Ok(true),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// At least as many as there are callers with a relay, and one without.
fn calls(text: &str) -> Result<usize, String> {
    let calls = text.parse().ok().filter(|calls| (10..=2_000).contains(calls));
    calls.ok_or_else(|| "say a number from 10 to 2000".into())
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(work);
    // A thread that still reads the standard input must not hold us up.
    runtime.shutdown_background();
    ended
}

async fn run(args: &RunArgs) -> anyhow::Result<bool> {
    let temporary = tempfile::tempdir()?;
    let dir = args.keep.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(dir)?;
    let stage = stage::Stage {
        dir,
        calls: args.calls,
        longest: args.longest,
        seconds: Duration::from_secs(args.seconds),
        grace: Duration::from_secs(args.grace),
        more: args.fault.args(),
    };
    stage.storm().await?;
    // A process of its own, which knows nothing but the files.
    let compared = tokio::process::Command::new(std::env::current_exe()?).arg("compare").arg(dir).status();
    match compared.await?.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => anyhow::bail!("the files could not be compared: see above"),
    }
}
