//! One call, from the first frame to the last.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write as _;

use bytes::Bytes;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use signaling_core::wire::{Frame, Hello, Message};
use signaling_core::{Config, Device, FixedEngine, Invite, InviteId, UserId};
use signaling_relay::{Config as RelayConfig, ConnId, Insecure, Memory, Output, Switchboard};

use crate::condition::Condition;
use crate::judge::{Judge, Verdict, name};
use crate::script::{Act, CAST, DESK, Happening, INVITEES, Script, Who};

type Phone = FixedEngine<4, 2, 3, 32>;

/// A device sees the relay again so long after its link was mended, in ms.
const RECONNECT: u64 = 250;
/// A call is judged at the latest after so many ms: T_keep and time to heal.
const END: u64 = 600_000;

struct Node {
    engine: Phone,
    device: Device,
    conn: Option<ConnId>,
    cut: bool,
    rate: f64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Frame(Who, ConnId, Bytes),
    Happening(usize),
    Connect(Who),
    Wake(Who),
}

/// What a call is run for: the verdict alone, or also its story.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Replay {
    /// Only the verdict.
    Quiet,
    /// Each event and message, a line each.
    Story,
}

struct World {
    now: u64,
    condition: Condition,
    loss: f64,
    rng: SmallRng,
    relay: Switchboard,
    nodes: Vec<Node>,
    due: BinaryHeap<Reverse<(u64, u64, Due)>>,
    count: u64,
    script: Script,
    invite: Option<InviteId>,
    judge: Judge,
    story: Option<String>,
}

/// Runs one call; the same condition and seed always make the same one. Returns its story if asked for.
pub fn run_call(condition: &Condition, seed: u64, replay: Replay) -> (Verdict, String) {
    let mut world = World::new(condition, seed, replay);
    world.run();
    let quiet = world.nodes[0].engine.is_empty();
    (world.judge.finish(quiet), world.story.unwrap_or_default())
}

fn relay(now: u64, seed: u64, warm_up: u32) -> Switchboard {
    let config = RelayConfig { silence: u32::MAX, warm_up, ..RelayConfig::default() };
    let memory = Memory::new(&config);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    Switchboard::new(now, bytes, config, Box::new(Insecure), Box::new(memory))
}

fn engine(who: Who, device: Device, seed: u64) -> Phone {
    let user = UserId::new(CAST[who].0).expect("the cast has proper names");
    let mut config = Config::new(user, device);
    config.seed ^= seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Phone::new(config, Default::default())
}

impl World {
    fn new(condition: &Condition, seed: u64, replay: Replay) -> Self {
        let script = Script::draw(condition, seed);
        let cast = if condition.observer { CAST.len() } else { DESK };
        let nodes = (0..cast).map(|who| {
            let device = Device { id: who as u64 + 1, epoch: 1 };
            let rate = script.rates[who];
            Node { engine: engine(who, device, seed), device, conn: None, cut: false, rate }
        });
        let mut world = Self {
            now: 0,
            condition: *condition,
            loss: condition.loss,
            rng: SmallRng::seed_from_u64(seed),
            relay: relay(0, seed, 0),
            nodes: nodes.collect(),
            due: BinaryHeap::new(),
            count: 0,
            invite: None,
            judge: Judge::default(),
            story: (replay == Replay::Story).then(String::new),
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

    fn tell(&mut self, who: Who, what: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(story) = &mut self.story {
            let _ = writeln!(story, "{:>8.3} s  {:<14} {}", now as f64 / 1000.0, name(who), what());
        }
    }

    /// The time on the clock of a device.
    fn clock(&self, who: Who) -> u64 {
        (self.now as f64 * self.nodes[who].rate) as u64
    }

    fn run(&mut self) {
        let invite = Invite {
            invitees: &INVITEES,
            data: b"video?",
            timeout: self.script.timeout,
            ..Invite::default()
        };
        let clock = self.clock(0);
        self.invite = self.nodes[0].engine.invite(clock, &invite).ok();
        self.tell(0, || format!("invites bob and carol, limit {:?} ms", invite.timeout));
        self.after(0);
        while let Some(Reverse((at, _, due))) = self.due.pop() {
            if at > END || (self.judge.settled() && self.nodes[0].engine.is_empty()) {
                return;
            }
            self.now = at;
            match due {
                Due::Frame(who, conn, bytes) => self.arrive(who, conn, &bytes),
                Due::Happening(index) => self.happen(index),
                Due::Connect(who) => self.connect(who),
                Due::Wake(who) => {
                    let clock = self.clock(who);
                    self.nodes[who].engine.handle_timeout(clock);
                    self.after(who);
                }
            }
        }
    }

    fn happen(&mut self, index: usize) {
        let (_, happening) = self.script.happenings[index];
        match happening {
            Happening::Act(who, act) => self.act(who, act),
            Happening::Cut(who) => {
                self.tell(who, || "is cut off".into());
                self.nodes[who].cut = true;
                self.hang_up(who);
            }
            Happening::Mend(who) => {
                self.tell(who, || "can reach the relay again".into());
                self.nodes[who].cut = false;
                self.at(self.now + RECONNECT, Due::Connect(who));
            }
            Happening::Restart(who) => self.restart(who),
            Happening::RelayRestart => {
                self.tell(0, || "(the relay restarts and has forgotten everything)".into());
                self.relay = relay(self.now, self.count, 60_000);
                for who in 0..self.nodes.len() {
                    if self.nodes[who].conn.take().is_some() {
                        let wait = self.rng.random_range(50..RECONNECT * 4);
                        self.at(self.now + wait, Due::Connect(who));
                    }
                }
            }
            Happening::Heal => self.loss = 0.0,
        }
    }

    fn restart(&mut self, who: Who) {
        self.tell(who, || "restarts and has forgotten everything".into());
        self.hang_up(who);
        let device = Device { epoch: self.nodes[who].device.epoch + 1, ..self.nodes[who].device };
        self.nodes[who].device = device;
        self.nodes[who].engine = engine(who, device, self.count);
        self.judge.forget(who);
        self.at(self.now + RECONNECT, Due::Connect(who));
    }

    fn hang_up(&mut self, who: Who) {
        if let Some(conn) = self.nodes[who].conn.take() {
            self.relay.disconnect(self.now, conn);
        }
    }

    fn connect(&mut self, who: Who) {
        if self.nodes[who].cut || self.nodes[who].conn.is_some() {
            return;
        }
        self.count += 1;
        let conn = ConnId(self.count);
        self.nodes[who].conn = Some(conn);
        let (user, label) = CAST[who];
        let hello = Hello { user, device: self.nodes[who].device, label, largest: 4096, token: "" };
        let mut buf = [0; 256];
        if let Ok(len) = Frame::Hello(hello).encode(&mut buf) {
            self.relay.connect(self.now, conn);
            self.relay.frame(self.now, conn, &buf[..len]);
        }
        self.tell(who, || "is connected".into());
        self.judge.arrived(self.now, who);
        let clock = self.clock(who);
        self.nodes[who].engine.handle_link_up(clock);
        self.after(who);
    }

    fn act(&mut self, who: Who, act: Act) {
        let Some(id) = self.invite.filter(|_| who < self.nodes.len()) else { return };
        let clock = self.clock(who);
        let engine = &mut self.nodes[who].engine;
        let done = match act {
            Act::Accept => engine.accept(clock, id, b"yes").is_ok(),
            Act::Reject => engine.reject(clock, id, false, b"no").is_ok(),
            Act::Cancel => engine.cancel(clock, id, b"never mind").is_ok(),
            Act::Modify => engine.modify(clock, id, b"audio?").is_ok(),
        };
        if done && act == Act::Accept {
            self.judge.pressed(self.nodes[who].device);
        }
        self.tell(who, || format!("presses {act:?}{}", if done { "" } else { ", which is not possible" }));
        self.after(who);
    }

    fn arrive(&mut self, who: Who, conn: ConnId, bytes: &[u8]) {
        if self.nodes[who].conn != Some(conn) {
            return;
        }
        if self.story.is_some() {
            let text = describe(bytes);
            self.tell(who, || format!("  gets {text}"));
        }
        let clock = self.clock(who);
        let mut reply = [0; 1024];
        let written = self.nodes[who].engine.handle_frame(clock, bytes, &mut reply).unwrap_or(0);
        if written > 0 {
            self.send(who, &reply[..written]);
        }
        self.after(who);
    }

    fn send(&mut self, who: Who, bytes: &[u8]) {
        if let Some(conn) = self.nodes[who].conn {
            self.relay.frame(self.now, conn, bytes);
        }
    }

    /// Whatever a device now shows, tells, sends and waits for.
    fn after(&mut self, who: Who) {
        self.observe(who);
        let clock = self.clock(who);
        let mut buf = [0; 1024];
        while self.nodes[who].conn.is_some() {
            let Some(len) = self.nodes[who].engine.poll_transmit(clock, &mut buf) else { break };
            self.send(who, &buf[..len]);
        }
        self.carry();
        if let Some(deadline) = self.nodes[who].engine.poll_timeout() {
            let at = (deadline as f64 / self.nodes[who].rate).ceil() as u64;
            self.at(at.max(self.now + 1), Due::Wake(who));
        }
    }

    fn observe(&mut self, who: Who) {
        let Some(id) = self.invite else { return };
        if let Some(view) = self.nodes[who].engine.view(id) {
            self.judge.look(self.now, who, view.invitees().map(|invitee| invitee.slot));
        }
        let mut told = Vec::new();
        while let Some(event) = self.nodes[who].engine.poll_event() {
            self.judge.told(self.now, who, &event);
            if self.story.is_some() {
                told.push(format!("{:?}", event.what));
            }
        }
        told.into_iter().for_each(|what| self.tell(who, || format!("is told {what}")));
    }

    /// Takes what the relay has to send on its way.
    fn carry(&mut self) {
        while let Some(output) = self.relay.poll_output() {
            let Output::Frame { conn, bytes } = output else { continue };
            let Some(who) = self.nodes.iter().position(|node| node.conn == Some(conn)) else { continue };
            let copies = if self.rng.random_bool(self.condition.repeat) { 2 } else { 1 };
            for _ in 0..copies {
                if self.rng.random_bool(self.loss) {
                    continue;
                }
                let (least, most) = self.condition.delay;
                let delay = self.rng.random_range(least..=most);
                self.at(self.now + delay, Due::Frame(who, conn, bytes.clone()));
            }
        }
    }
}

fn describe(bytes: &[u8]) -> String {
    match Frame::decode(bytes) {
        Ok(Frame::Deliver(deliver)) => {
            let from = deliver.from;
            let body = deliver.body.map(Message::decode);
            match body {
                Some(Ok(Message::Report(report))) => {
                    let slots: Vec<_> =
                        report.slots.iter().map(|entry| format!("{:?}", entry.slot)).collect();
                    let (kind, echo) = (report.kind, report.echo);
                    format!("{kind:?} [{}] echo {echo} waited {} ms", slots.join(", "), deliver.dwell)
                }
                Some(Ok(Message::Stance(stance))) => {
                    format!("{:?} n {} of {}", stance.stance, stance.n, from.user)
                }
                Some(Ok(other)) => format!("{other:?} of {}/{}", from.user, from.label),
                _ => "something unreadable".into(),
            }
        }
        Ok(frame) => format!("{frame:?}"),
        Err(error) => format!("garbage: {error}"),
    }
}
