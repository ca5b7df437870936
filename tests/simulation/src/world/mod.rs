//! One run, from the first frame to the last.

mod device;
mod link;
mod people;
mod story;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use bytes::Bytes;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use signaling_core::InviteId;
use signaling_relay::{ConnId, Switchboard};

use crate::cast::{INVITEES, Who};
use crate::condition::{Condition, Plot};
use crate::note::{Note, Noted};
use crate::oracle::{Oracle, Verdict};
use crate::script::{Happening, Script};
use device::Node;
use link::relay;

/// A device sees the relay again so long after its link was mended, in ms.
const RECONNECT: u64 = 250;
/// A run that has not ended after so many steps never does.
const STEPS: u64 = 1_000_000;

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Frame(Who, ConnId, Bytes),
    Happening(usize),
    Connect(Who),
    Boot(Who),
    /// What that run of the device saves is on its disk.
    Saved(Who, u32),
    Wake(Who),
}

/// What a run leaves behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Record {
    /// Only the verdict.
    Verdict,
    /// Each event and message, a line each.
    Story,
    /// What the oracle read.
    History,
}

/// A run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// How it went.
    pub verdict: Verdict,
    /// Its story, if that was asked for.
    pub story: String,
    /// Its history, if that was asked for.
    pub history: Vec<Note>,
}

/// Engines of four rows, with up to `I` invitees each.
struct World<const I: usize> {
    now: u64,
    condition: Condition,
    script: Script,
    loss: f64,
    rng: SmallRng,
    relay: Switchboard,
    nodes: Vec<Node<I>>,
    due: BinaryHeap<Reverse<(u64, u64, Due)>>,
    count: u64,
    ids: Vec<Option<InviteId>>,
    oracle: Oracle,
    story: Option<String>,
    history: Option<Vec<Note>>,
}

/// Makes one run; the same condition and seed always make the same one.
pub fn run(condition: &Condition, seed: u64, record: Record) -> Run {
    match condition.plot {
        Plot::Group => World::<INVITEES>::new(condition, seed, record).finish(),
        Plot::Call | Plot::Several | Plot::Crowd | Plot::Glare => {
            World::<2>::new(condition, seed, record).finish()
        }
    }
}

/// What the oracle says of a history of that run.
pub fn judge(condition: &Condition, seed: u64, history: &[Note]) -> Verdict {
    let mut oracle = Oracle::new(condition, &Script::draw(condition, seed));
    history.iter().for_each(|note| oracle.note(note));
    oracle.finish(history.last().map_or(0, |note| note.at))
}

impl<const I: usize> World<I> {
    fn new(condition: &Condition, seed: u64, record: Record) -> Self {
        let script = Script::draw(condition, seed);
        let nodes = (0..condition.cast().len()).map(|who| Node::new(condition, who, seed, script.rates[who]));
        let mut world = Self {
            now: 0,
            condition: *condition,
            loss: condition.loss,
            rng: SmallRng::seed_from_u64(seed),
            relay: relay(condition, 0, seed, 0),
            nodes: nodes.collect(),
            due: BinaryHeap::new(),
            count: 0,
            ids: vec![None; script.calls.len()],
            oracle: Oracle::new(condition, &script),
            story: (record == Record::Story).then(String::new),
            history: (record == Record::History).then(Vec::new),
            script,
        };
        for who in 0..world.nodes.len() {
            match world.script.late {
                Some((late, at)) if late == who => world.at(at, Due::Connect(who)),
                _ => world.connect(who),
            }
        }
        for (index, (at, _)) in world.script.happenings.clone().into_iter().enumerate() {
            world.at(at, Due::Happening(index));
        }
        world
    }

    fn at(&mut self, at: u64, due: Due) {
        self.count += 1;
        self.due.push(Reverse((at, self.count, due)));
    }

    fn note(&mut self, who: Who, what: Noted) {
        let note = Note { at: self.now, who, what };
        self.oracle.note(&note);
        if let Some(history) = &mut self.history {
            history.push(note);
        }
    }

    /// The time on the clock of a device.
    fn clock(&self, who: Who) -> u64 {
        (self.now as f64 * self.nodes[who].rate) as u64
    }

    /// Runs until nothing is to happen any more.
    fn finish(mut self) -> Run {
        for _ in 0..STEPS {
            let Some(Reverse((at, _, due))) = self.due.pop() else { break };
            self.now = at;
            self.step(due);
        }
        for who in 0..self.nodes.len() {
            let rows = if self.nodes[who].off { 0 } else { self.nodes[who].engine.len() };
            self.note(who, Noted::Over { rows });
        }
        Run {
            verdict: self.oracle.finish(self.now),
            story: self.story.unwrap_or_default(),
            history: self.history.unwrap_or_default(),
        }
    }

    fn step(&mut self, due: Due) {
        match due {
            Due::Frame(who, conn, bytes) => self.arrive(who, conn, &bytes),
            Due::Happening(index) => self.happen(self.script.happenings[index].1),
            Due::Connect(who) => self.connect(who),
            Due::Boot(who) => self.boot(who),
            Due::Saved(who, run) => self.saved(who, run),
            Due::Wake(who) if !self.nodes[who].off => {
                let clock = self.clock(who);
                self.nodes[who].engine.handle_timeout(clock);
                self.after(who);
            }
            Due::Wake(_) => {}
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Invite(call) => self.invite(call),
            Happening::Act(who, call, press) => self.act(who, call, press),
            Happening::Cut(who) => {
                self.tell(who, || "is cut off".into());
                self.nodes[who].cuts += 1;
                self.hang_up(who);
            }
            Happening::Mend(who) => {
                self.tell(who, || "can reach the relay again".into());
                self.nodes[who].cuts -= 1;
                self.at(self.now + RECONNECT, Due::Connect(who));
            }
            Happening::Crash(who, down) => self.crash(who, down),
            Happening::RelayRestart => self.restart_relay(),
            Happening::Heal => {
                self.loss = 0.0;
                self.note(0, Noted::Healed);
            }
        }
    }

    /// Whatever a device now saves, shows, tells, sends and waits for.
    fn after(&mut self, who: Who) {
        self.save(who);
        self.observe(who);
        self.transmit(who);
        // What was told may have been the last of a row.
        self.save(who);
        if let Some(deadline) = self.nodes[who].engine.poll_timeout() {
            let at = (deadline as f64 / self.nodes[who].rate).ceil() as u64;
            self.at(at.max(self.now + 1), Due::Wake(who));
        }
    }
}
