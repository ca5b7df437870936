//! Searches the small worlds, and shows that every swapped rule is found.

mod table;

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::available_parallelism;

use clap::{Parser, Subcommand};
use model::bfs::search;
use model::checker::{Verdict, check};
use model::config::Config;
use model::{Model, configs, story};

/// Model checks the shipped state machine.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Search all small worlds of the quick set (the default).
    Check {
        /// The larger ones too; that takes long.
        #[arg(long)]
        full: bool,
        /// Only this one.
        #[arg(long)]
        config: Option<String>,
        /// How many at a time; as many as there are processors unless told.
        #[arg(long)]
        threads: Option<usize>,
    },
    /// Swap every rule out in turn; needs a build with --cfg broken="any".
    Variants {
        /// Only this one, with its shortest story.
        #[arg(long)]
        story: Option<String>,
        /// All of them, each with its shortest story.
        #[arg(long)]
        stories: bool,
    },
    /// Show the names of the small worlds and of the rules that can be swapped out.
    List,
}

fn main() -> ExitCode {
    let quick = Command::Check { full: false, config: None, threads: None };
    match Cli::parse().command.unwrap_or(quick) {
        Command::Check { full, config, threads } => check_all(full, config.as_deref(), threads),
        Command::Variants { story, stories } => variants(story.as_deref(), stories),
        Command::List => {
            table::list();
            ExitCode::SUCCESS
        }
    }
}

fn check_all(full: bool, name: Option<&str>, threads: Option<usize>) -> ExitCode {
    let wanted = |config: &Config| name.is_none_or(|name| config.name == name);
    let larger = if full || name.is_some() { configs::larger() } else { Vec::new() };
    let chosen: Vec<Config> = configs::quick().into_iter().chain(larger).filter(wanted).collect();
    if chosen.is_empty() {
        eprintln!("no configuration of that name; see `model list`");
        return ExitCode::from(2);
    }
    let threads = threads.or_else(|| available_parallelism().ok().map(Into::into)).unwrap_or(1);
    table::check_head();
    let bad = check_each(&chosen, threads);
    ExitCode::from(u8::from(bad > 0))
}

/// Checks so many small worlds at a time, tells of them in order, and counts those in which something fails.
fn check_each(configs: &[Config], threads: usize) -> usize {
    let next = AtomicUsize::new(0);
    let (done, verdicts) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let (next, done) = (&next, done.clone());
            scope.spawn(move || {
                while let Some(config) = configs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut progress = table::Progress::new(config.name);
                    let model = Arc::new(Model::new(config.clone()));
                    let verdict = check(&model, |depth, states| progress.show(depth, states));
                    progress.clear();
                    if done.send((config.name, verdict)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut ready: HashMap<&str, Verdict> = HashMap::new();
        let mut waiting = configs.iter().peekable();
        let mut bad = 0;
        for (name, verdict) in verdicts {
            ready.insert(name, verdict);
            while let Some(verdict) = waiting.peek().and_then(|config| ready.remove(config.name)) {
                bad += usize::from(waiting.next().is_some_and(|config| !holds(config, &verdict)));
            }
        }
        bad + waiting.count()
    })
}

/// Whether all holds in that small world; tells of it.
fn holds(config: &Config, verdict: &Verdict) -> bool {
    table::check_row(config, verdict);
    if !verdict.violated.is_empty() {
        explain(config, verdict);
    }
    verdict.violated.is_empty() && (verdict.unseen.is_empty() || !verdict.exhausted)
}

/// Finds the shortest story of what is violated.
fn explain(config: &Config, verdict: &Verdict) {
    let model = Model::new(config.clone());
    if let Some((flaw, steps)) = search(&model, 2 * verdict.states + 1000, |_, _| ()).story {
        println!("{}", story::tell(&model, flaw, &steps));
    }
}

#[cfg(not(broken = "any"))]
fn variants(_: Option<&str>, _: bool) -> ExitCode {
    eprintln!(
        "this build has all rules; build with RUSTFLAGS='--cfg broken=\"any\"' and a target directory of its own"
    );
    ExitCode::from(2)
}

#[cfg(broken = "any")]
fn variants(only: Option<&str>, stories: bool) -> ExitCode {
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let chosen: Vec<_> = model::variants::VARIANTS.iter().filter(|variant| wanted(variant.name)).collect();
    if chosen.is_empty() {
        eprintln!("no variant of that name; see `model list`");
        return ExitCode::from(2);
    }
    table::variant_head();
    let missed = chosen.iter().filter(|variant| !catch(variant, stories || only.is_some())).count();
    ExitCode::from(u8::from(missed > 0))
}

/// Whether the search finds that swapped rule.
#[cfg(broken = "any")]
fn catch(variant: &model::variants::Variant, tell: bool) -> bool {
    let Some(config) = configs::named(variant.config) else { return false };
    signaling_core::broken::choose(variant.name);
    let model = Model::new(config);
    let found = search(&model, model::variants::BOUND, |_, _| ());
    table::variant_row(variant, &found);
    if let (true, Some((flaw, steps))) = (tell, &found.story) {
        println!("{}", story::tell(&model, *flaw, steps));
    }
    found.story.is_some()
}
