//! What goes wrong in a run, and when: drawn from its seed.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use turmoil::Sim;

use crate::condition::{Condition, Trouble};
use crate::net::RELAY;

/// From then on, in ms, nothing goes wrong any more.
pub(crate) const HEALED: u64 = 24_000;
/// A link is in trouble once in so many ms at most.
const SPELL: u64 = 12_000;

/// Something that goes wrong, or is mended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mishap {
    /// The link of that device.
    Begins(usize, Trouble),
    Ends(usize, Trouble),
    RelayStops,
    RelayStarts,
    Stops(usize),
    Starts(usize),
}

/// What happens in a run with so many devices, in order.
pub(crate) fn draw(condition: &Condition, seed: u64, devices: usize) -> Vec<(u64, Mishap)> {
    let mut rng = SmallRng::seed_from_u64(seed ^ 0xbad);
    let mut all = Vec::new();
    for who in 0..devices {
        for start in (0..HEALED).step_by(SPELL as usize) {
            if condition.troubles.is_empty() || rng.random_bool(0.4) {
                continue;
            }
            let trouble = condition.troubles[rng.random_range(0..condition.troubles.len())];
            let from = start + rng.random_range(0..SPELL - 500);
            all.push((from, Mishap::Begins(who, trouble)));
            all.push((rng.random_range(from + 100..start + SPELL), Mishap::Ends(who, trouble)));
        }
    }
    let mut restart = |stops, starts, rng: &mut SmallRng| {
        let at = rng.random_range(500..HEALED - 4_000);
        all.push((at, stops));
        all.push((at + rng.random_range(20..4_000), starts));
    };
    for _ in 0..condition.relay_restarts {
        restart(Mishap::RelayStops, Mishap::RelayStarts, &mut rng);
    }
    for _ in 0..condition.device_restarts {
        let who = rng.random_range(0..devices);
        restart(Mishap::Stops(who), Mishap::Starts(who), &mut rng);
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

/// What is the matter just now with the link of each host, by name.
#[derive(Debug)]
pub(crate) struct Weather {
    links: Vec<(String, Option<Trouble>)>,
}

impl Weather {
    /// Nothing, so far.
    pub(crate) fn new(names: &[String]) -> Self {
        Self { links: names.iter().map(|name| (name.clone(), None)).collect() }
    }

    /// Lets it happen.
    pub(crate) fn happen(&mut self, mishap: Mishap, sim: &mut Sim<'_>) {
        match mishap {
            Mishap::Begins(who, trouble) => {
                self.links[who].1 = Some(trouble);
                begin(sim, &self.links[who].0, trouble);
            }
            Mishap::Ends(who, trouble) => {
                self.links[who].1 = None;
                end(sim, &self.links[who].0, trouble);
            }
            Mishap::RelayStops => self.pull_the_plug(sim),
            Mishap::RelayStarts => sim.bounce(RELAY),
            Mishap::Stops(who) => sim.crash(self.links[who].0.as_str()),
            Mishap::Starts(who) => sim.bounce(self.links[who].0.as_str()),
        }
    }

    /// The relay's machine stops without a word. (What tasks say that are dropped comes in no certain order: such a
    /// run would not replay.)
    fn pull_the_plug(&self, sim: &mut Sim<'_>) {
        self.links.iter().for_each(|(name, _)| sim.partition(name.as_str(), RELAY));
        sim.crash(RELAY);
        for (name, trouble) in &self.links {
            sim.repair(name.as_str(), RELAY);
            if let Some(trouble) = trouble {
                begin(sim, name, *trouble);
            }
        }
    }
}

fn begin(sim: &Sim<'_>, name: &str, trouble: Trouble) {
    match trouble {
        Trouble::Cut => sim.partition(name, RELAY),
        Trouble::Deaf => sim.partition_oneway(RELAY, name),
        Trouble::Mute => sim.partition_oneway(name, RELAY),
        Trouble::Held => sim.hold(name, RELAY),
    }
}

fn end(sim: &Sim<'_>, name: &str, trouble: Trouble) {
    match trouble {
        Trouble::Cut => sim.repair(name, RELAY),
        Trouble::Deaf => sim.repair_oneway(RELAY, name),
        Trouble::Mute => sim.repair_oneway(name, RELAY),
        Trouble::Held => sim.release(name, RELAY),
    }
}
