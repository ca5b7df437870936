//! Searches the small worlds, and shows that every swapped rule is found.

mod table;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::available_parallelism;

use clap::{Parser, Subcommand};
use model::checker::{Verdict, check_any};
use model::config::Config;
use model::configs;
use model::hunt::hunt;

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
        /// Only a part of them, say 1/3: the first, the fourth and so on. All parts together are all of them.
        #[arg(long, value_parser = shard, value_name = "K/N")]
        shard: Option<(usize, usize)>,
        /// Where a search gives up, in states, instead of each world's own bound. A million take about a
        /// gigabyte, more in large worlds.
        #[arg(long)]
        states: Option<usize>,
    },
    /// Swap every rule out in turn; needs a build with --cfg broken="any".
    Variants {
        /// Only this one, with its shortest story.
        #[arg(long)]
        story: Option<String>,
        /// All of them, each with its shortest story.
        #[arg(long)]
        stories: bool,
        /// Draws each story as a sequence picture (SVG) into that folder.
        #[arg(long, value_name = "DIR")]
        draw: Option<PathBuf>,
    },
    /// Show the names of the small worlds and of the rules that can be swapped out.
    List,
}

/// "2/3" is the second of three parts.
fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    parts.filter(|(k, n)| (1..=*n).contains(k)).ok_or_else(|| "say K/N, with K from 1 to N".into())
}

fn main() -> ExitCode {
    let quick = Command::Check { full: false, config: None, threads: None, shard: None, states: None };
    match Cli::parse().command.unwrap_or(quick) {
        Command::Check { full, config, threads, shard, states } => {
            let chosen = chosen(full, config.as_deref(), shard, states);
            check_all(&chosen, threads)
        }
        Command::Variants { story, stories, draw } => variants(story.as_deref(), stories, draw.as_deref()),
        Command::List => {
            table::list();
            ExitCode::SUCCESS
        }
    }
}

fn chosen(
    full: bool,
    name: Option<&str>,
    shard: Option<(usize, usize)>,
    states: Option<usize>,
) -> Vec<Config> {
    let larger = if full || name.is_some() { configs::larger() } else { Vec::new() };
    let wanted = |config: &Config| name.is_none_or(|name| config.name == name);
    let all = configs::quick().into_iter().chain(larger).filter(wanted);
    let (k, n) = shard.unwrap_or((1, 1));
    let part = all.skip(k - 1).step_by(n);
    part.map(|config| Config { bound: states.unwrap_or(config.bound), ..config }).collect()
}

fn check_all(chosen: &[Config], threads: Option<usize>) -> ExitCode {
    if chosen.is_empty() {
        eprintln!(
            "error: no world has that name, or none is in that part: `cargo xtask model list` names all"
        );
        return ExitCode::from(2);
    }
    let threads = threads.or_else(|| available_parallelism().ok().map(Into::into)).unwrap_or(1);
    table::check_head();
    let (total, bad) = check_each(chosen, threads);
    total.print();
    ExitCode::from(u8::from(bad > 0))
}

/// Checks so many small worlds at a time, tells of them in order, and counts them, and those in which something
/// fails.
fn check_each(configs: &[Config], threads: usize) -> (table::Total, usize) {
    let next = AtomicUsize::new(0);
    let (done, verdicts) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let (next, done) = (&next, done.clone());
            scope.spawn(move || {
                while let Some(config) = configs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut progress = table::Progress::new(config.name);
                    let verdict = check_any(config, |depth, states| progress.show(depth, states));
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
        let (mut total, mut bad) = (table::Total::new(), 0);
        for (name, verdict) in verdicts {
            total.add(&verdict);
            ready.insert(name, verdict);
            while let Some(verdict) = waiting.peek().and_then(|config| ready.remove(config.name)) {
                bad += usize::from(waiting.next().is_some_and(|config| !holds(config, &verdict)));
            }
        }
        (total, bad + waiting.count())
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
    if let Some((_, story)) = hunt(config, 2 * verdict.states + 1000).caught {
        println!("{}", story.text());
    }
}

#[cfg(not(broken = "any"))]
fn variants(_: Option<&str>, _: bool, _: Option<&Path>) -> ExitCode {
    eprintln!(
        "this build has all rules; build with RUSTFLAGS='--cfg broken=\"any\"' and a target directory of its own"
    );
    ExitCode::from(2)
}

#[cfg(broken = "any")]
fn variants(only: Option<&str>, stories: bool, draw: Option<&Path>) -> ExitCode {
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let chosen: Vec<_> = model::variants::VARIANTS.iter().filter(|variant| wanted(variant.name)).collect();
    if chosen.is_empty() {
        eprintln!("error: no rule has that name: `cargo xtask model list` names all");
        return ExitCode::from(2);
    }
    table::variant_head();
    let missed = chosen.iter().filter(|variant| !catch(variant, stories || only.is_some(), draw)).count();
    println!(
        "{} rules swapped out, one at a time: {} caught, {missed} missed",
        chosen.len(),
        chosen.len() - missed
    );
    ExitCode::from(u8::from(missed > 0))
}

/// Whether the search finds that swapped rule, and its picture, if one is wanted, could be drawn.
#[cfg(broken = "any")]
fn catch(variant: &model::variants::Variant, tell: bool, draw: Option<&Path>) -> bool {
    let Some(config) = configs::named(variant.config) else { return false };
    signaling_core::broken::choose(variant.name);
    let found = hunt(&config, model::variants::BOUND);
    table::variant_row(variant, &found);
    let Some((_, story)) = &found.caught else { return false };
    if tell {
        println!("{}", story.text());
    }
    let Some(dir) = draw else { return true };
    let picture = model::draw::svg(story, &format!("{}: {}", variant.name, variant.instead));
    let path = dir.join(format!("{}.svg", variant.name));
    let drawn = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&path, picture));
    if let Err(error) = &drawn {
        eprintln!("{}: {error}", path.display());
    }
    drawn.is_ok()
}
