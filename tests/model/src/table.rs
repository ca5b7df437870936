//! What the checker prints.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use model::checker::Verdict;
use model::config::Config;
use model::{configs, variants};

/// The names of everything.
pub(crate) fn list() {
    println!("small worlds of the quick set");
    configs::quick().iter().for_each(|config| println!("  {:<14} {}", config.name, config.about));
    println!("larger ones");
    configs::larger().iter().for_each(|config| println!("  {:<14} {}", config.name, config.about));
    println!("rules that can be swapped out");
    for variant in &variants::VARIANTS {
        println!("  {:<20} {}", variant.name, variant.instead);
    }
}

/// The head of the table of small worlds.
pub(crate) fn check_head() {
    println!(
        "{:<14} {:>10} {:>5}  {:<9} {:>10} {:>8}  about",
        "world", "states", "depth", "exhausted", "violations", "seconds"
    );
}

/// A row of it.
pub(crate) fn check_row(config: &Config, verdict: &Verdict) {
    let exhausted = if verdict.exhausted { "yes" } else { "no" };
    let Verdict { states, depth, violated, unseen, time, .. } = verdict;
    println!(
        "{:<14} {states:>10} {depth:>5}  {exhausted:<9} {:>10} {:>8.1}  {}",
        config.name,
        violated.len(),
        time.as_secs_f64(),
        config.about,
    );
    violated.iter().for_each(|name| println!("  violated: {name}"));
    if verdict.exhausted && !unseen.is_empty() {
        println!("  never seen: {}", unseen.join(", "));
    }
}

/// All worlds together.
#[derive(Debug)]
pub(crate) struct Total {
    worlds: usize,
    states: usize,
    violations: usize,
    /// Worlds that were not searched to the end.
    open: usize,
    begun: Instant,
}

impl Total {
    /// Before the first.
    pub(crate) fn new() -> Self {
        Self { worlds: 0, states: 0, violations: 0, open: 0, begun: Instant::now() }
    }

    /// One more.
    pub(crate) fn add(&mut self, verdict: &Verdict) {
        self.worlds += 1;
        self.states += verdict.states;
        self.violations += verdict.violated.len();
        self.open += usize::from(!verdict.exhausted);
    }

    /// The last line of the table.
    pub(crate) fn print(&self) {
        let Self { worlds, states, violations, open, begun } = self;
        let seconds = begun.elapsed().as_secs();
        let searched =
            if *open == 0 { "all searched to the end".into() } else { format!("{open} not to the end") };
        println!("{worlds} worlds, {states} states, {violations} violations, {searched}; {seconds} s");
    }
}

/// The head of the table of swapped rules.
#[cfg(broken = "any")]
pub(crate) fn variant_head() {
    println!(
        "{:<20} {:<6} {:>5} {:>8}  {:<10} instead of the rule; what is wrong then",
        "rule", "caught", "steps", "states", "world"
    );
}

/// A row of it.
#[cfg(broken = "any")]
pub(crate) fn variant_row(variant: &variants::Variant, found: &model::hunt::Hunt) {
    let (caught, steps, wrong) = match &found.caught {
        Some((flaw, story)) => ("yes", (story.scenes.len() - 1).to_string(), flaw.words()),
        None => ("NO", "-".into(), "nothing is found"),
    };
    let variants::Variant { name, config, instead } = variant;
    println!("{name:<20} {caught:<6} {steps:>5} {:>8}  {config:<10} {instead}; {wrong}", found.states);
}

/// A line on the terminal while a search goes on.
#[derive(Debug)]
pub(crate) struct Progress {
    name: &'static str,
    last: Instant,
    shown: bool,
}

impl Progress {
    /// For the search of that small world.
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, last: Instant::now(), shown: false }
    }

    /// Says how far it is, now and then.
    pub(crate) fn show(&mut self, depth: usize, states: usize) {
        let every = if std::io::stderr().is_terminal() {
            Duration::from_millis(200)
        } else {
            Duration::from_secs(10)
        };
        if self.last.elapsed() < every {
            return;
        }
        self.last = Instant::now();
        self.shown = true;
        let end = if std::io::stderr().is_terminal() { '\r' } else { '\n' };
        eprint!("{}: {states} states, depth {depth}{end}", self.name);
        // Progress that cannot be shown is not worth failing for.
        let _ = std::io::stderr().flush();
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        if self.shown && std::io::stderr().is_terminal() {
            eprint!("\r{:60}\r", "");
        }
    }
}
