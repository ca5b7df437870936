//! A few engines, and a network of a kind.

use signaling_core::wire::{Deliver, Frame, From, Reach, Refusal, Refused, Send, Target, encode_fanout};
use signaling_core::{Added, Config, Device, FixedEngine, Invite, InviteId, Snapshot, UserId};

use super::judge::Judge;
use super::plan::{Act, Mood, Setup, Step};

/// Small enough that tables fill up.
pub(super) type Small = FixedEngine<3, 2, 2, 16>;

/// User and label of each device.
const CAST: [(&str, &str); 4] = [("alice", "door"), ("bob", "kitchen"), ("bob", "car"), ("alice", "desk")];
/// One message in brings no more out than this: twice the devices that a row can know.
const MOST_OUT: usize = 12;
/// No engine of this size has so much to send or tell at a time.
const DRAINED: usize = 200;
/// More than that on its way is lost.
const AIR: usize = 256;

pub(super) struct Node {
    pub(super) engine: Small,
    pub(super) device: Device,
    durable: bool,
    /// What a durable device saved, and whether its disk takes more.
    disk: Vec<Vec<u8>>,
    pub(super) disk_full: bool,
    /// How far its clock is ahead, in ms.
    ahead: u64,
}

/// Something on its way.
#[derive(Clone)]
pub(super) struct Parcel {
    pub(super) to: usize,
    sent: u64,
    load: Load,
}

#[derive(Clone)]
enum Load {
    /// From the relay itself.
    Frame(Vec<u8>),
    Message {
        key: InviteId,
        from: (usize, Device),
        group: Option<String>,
        to_users: bool,
        body: Vec<u8>,
    },
}

pub(super) struct World {
    pub(super) now: u64,
    pub(super) nodes: Vec<Node>,
    pub(super) air: Vec<Parcel>,
    pub(super) judge: Judge,
    pub(super) mood: Mood,
    calls: Vec<InviteId>,
    lease: bool,
    seed: u64,
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        let count = 2 + usize::from(setup.devices) % (CAST.len() - 1);
        let mut world = Self {
            now: 1_000,
            nodes: Vec::new(),
            air: Vec::new(),
            judge: Judge::default(),
            mood: Mood::Fine,
            calls: Vec::new(),
            lease: setup.lease,
            seed: setup.seed.into(),
        };
        for who in 0..count {
            let device = Device { id: who as u64 + 1, epoch: 1 };
            let durable = setup.durable >> who & 1 == 1;
            let engine = world.engine(who, device, durable);
            let disk = Vec::new();
            world.nodes.push(Node { engine, device, durable, disk, disk_full: false, ahead: 0 });
        }
        world
    }

    fn engine(&self, who: usize, device: Device, durable: bool) -> Small {
        let user = UserId::new(CAST[who].0).expect("the cast has proper names");
        let mut config = Config::new(user, device);
        config.seed ^= self.seed << 32;
        config.durable = durable;
        if !self.lease {
            config.lease = 0;
        }
        Small::new(config, Default::default())
    }

    /// The time on the clock of a device.
    pub(super) fn clock(&self, who: usize) -> u64 {
        self.now + self.nodes[who].ahead
    }

    fn who(&self, who: u8) -> usize {
        usize::from(who) % self.nodes.len()
    }

    fn call(&self, call: u8) -> InviteId {
        let newest = self.calls.len().checked_sub(1 + usize::from(call) % self.calls.len().max(1));
        newest.map_or(InviteId::default(), |at| self.calls[at])
    }

    fn at(&self, at: u8) -> Option<usize> {
        usize::from(at).checked_rem(self.air.len())
    }

    pub(super) fn step(&mut self, step: &Step<'_>) {
        match *step {
            Step::Invite { who, both, limit, online_only, group } => {
                let limit = limit.map(|ms| u32::from(ms) * 4);
                let asked =
                    Invite { timeout: limit, online_only, first_wins: both && group, ..invite(group) };
                self.invite(self.who(who), both, &asked);
            }
            Step::Act { who, call, act } => self.act(self.who(who), self.call(call), act),
            Step::Wait(ms) => self.pass(ms.into()),
            Step::Sleep(seconds) => self.pass(u64::from(seconds) * 1_000),
            Step::Deliver => self.deliver_all(),
            Step::Relay(mood) => self.mood = mood,
            Step::LinkUp { who } => self.link_up(self.who(who)),
            Step::Restart { who } => self.restart(self.who(who)),
            Step::Disk { who } => {
                let who = self.who(who);
                self.nodes[who].disk_full ^= true;
                self.after(who);
            }
            Step::Ahead { who, seconds } => {
                let who = self.who(who);
                self.nodes[who].ahead += u64::from(seconds) * 1_000;
                self.wake(who);
            }
            Step::Back { who } => {
                let who = self.who(who);
                let left = |engine: &Small| engine.views().map(|view| view.remaining()).collect::<Vec<_>>();
                let before = left(&self.nodes[who].engine);
                self.nodes[who].engine.handle_timeout(0);
                assert_eq!(left(&self.nodes[who].engine), before, "time goes back");
                self.after(who);
            }
            _ => self.network(step),
        }
    }

    fn invite(&mut self, who: usize, both: bool, invite: &Invite<'_>) {
        let other = if CAST[who].0 == "alice" { "bob" } else { "alice" };
        let invitees: &[&str] = if both { &[other, "carol"] } else { &[other] };
        let now = self.clock(who);
        if let Ok(id) = self.nodes[who].engine.invite(now, &Invite { invitees, ..*invite }) {
            self.judge.invited(id);
            self.calls.push(id);
        }
        self.after(who);
    }

    /// A person does something; whether he can is not known here.
    fn act(&mut self, who: usize, id: InviteId, act: Act) {
        let now = self.clock(who);
        let node = &mut self.nodes[who];
        let done = match act {
            Act::Accept => node.engine.accept(now, id, b"yes").is_ok(),
            Act::Reject { busy } => node.engine.reject(now, id, busy, b"").is_ok(),
            Act::Cancel => node.engine.cancel(now, id, b"never mind").is_ok(),
            Act::Modify { data } => node.engine.modify(now, id, &[data; 16]).is_ok(),
            Act::Add => self.add(who, now, id),
        };
        if done && matches!(act, Act::Accept) {
            self.judge.pressed(id, self.nodes[who].device);
        }
        self.after(who);
    }

    /// As from a push that came by another way.
    fn add(&mut self, who: usize, now: u64, id: InviteId) -> bool {
        let Some(view) = self.nodes.iter().find_map(|node| node.engine.view(id)) else { return false };
        let (inviter, group) = (view.inviter().to_owned(), view.group().map(str::to_owned));
        let names: Vec<String> = view.names().map(str::to_owned).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let added = Added {
            id,
            inviter: &inviter,
            group: group.as_deref(),
            invitees: &names,
            data: b"video?",
            timeout: Some(30_000),
        };
        self.nodes[who].engine.add_invited_signaling(now, &added).is_ok()
    }

    /// What becomes of what is on its way, and what comes from elsewhere.
    fn network(&mut self, step: &Step<'_>) {
        match *step {
            Step::Pick { at, kept } => {
                if let Some(at) = self.at(at) {
                    let parcel = self.air.remove(at);
                    self.arrive(&parcel, kept);
                }
            }
            Step::Repeat { at } => {
                if let Some(at) = self.at(at) {
                    let parcel = self.air[at].clone();
                    self.arrive(&parcel, false);
                }
            }
            Step::Lose { at } => {
                self.at(at).map(|at| self.air.remove(at));
            }
            Step::Garble { at, place, bits } => self.garble(at, place, bits),
            Step::Noise { who, bytes } => {
                // It may be a word of the inviter, by chance.
                self.judge.liar |= Frame::decode(bytes).is_ok();
                self.input(self.who(who), bytes);
            }
            Step::Forge { who, call, user, device, bytes } => {
                let who = self.who(who);
                let user = ["mallory", "alice", "bob", "carol"][usize::from(user) % 4];
                let key = self.call(call);
                let from =
                    From { user, device: Device { id: if device { 666 } else { 667 }, epoch: 1 }, label: "" };
                // Who is listed, may answer.
                self.judge.liar |= user != "mallory";
                let deliver = Deliver { key, from, group: None, to_users: true, dwell: 0, body: Some(bytes) };
                self.input(who, &encode(&Frame::Deliver(deliver)));
            }
            _ => {}
        }
    }

    fn garble(&mut self, at: u8, place: u16, bits: u8) {
        let Some(at) = self.at(at) else { return };
        let parcel = self.air.remove(at);
        let mut bytes = self.bytes(&parcel, false);
        let place = usize::from(place) % bytes.len();
        bytes[place] ^= bits;
        self.judge.liar |= bits != 0 && Frame::decode(&bytes).is_ok();
        self.input(parcel.to, &bytes);
    }

    fn bytes(&self, parcel: &Parcel, kept: bool) -> Vec<u8> {
        match &parcel.load {
            Load::Frame(bytes) => bytes.clone(),
            Load::Message { key, from: (from, device), group, to_users, body } => {
                let (user, label) = CAST[*from];
                let from = From { user, device: *device, label };
                let waited = u32::try_from(self.now - parcel.sent).unwrap_or(u32::MAX);
                let dwell = if kept { waited } else { 0 };
                let (group, body) = (group.as_deref(), Some(body.as_slice()));
                encode(&Frame::Deliver(Deliver { key: *key, from, group, to_users: *to_users, dwell, body }))
            }
        }
    }

    pub(super) fn arrive(&mut self, parcel: &Parcel, kept: bool) {
        let bytes = self.bytes(parcel, kept);
        self.input(parcel.to, &bytes);
    }

    pub(super) fn deliver_all(&mut self) {
        for parcel in std::mem::take(&mut self.air) {
            self.arrive(&parcel, false);
        }
    }

    /// A frame comes in; few go out.
    fn input(&mut self, who: usize, bytes: &[u8]) {
        let now = self.clock(who);
        let mut reply = [0; 512];
        let written = self.nodes[who].engine.handle_frame(now, bytes, &mut reply).unwrap_or(0);
        if written > 0 {
            self.route(who, &reply[..written]);
        }
        let out = self.after(who) + usize::from(written > 0);
        assert!(out <= MOST_OUT, "{out} messages out for one in");
    }

    fn pass(&mut self, ms: u64) {
        self.now += ms;
        (0..self.nodes.len()).for_each(|who| self.wake(who));
    }

    pub(super) fn wake(&mut self, who: usize) {
        let now = self.clock(who);
        self.nodes[who].engine.handle_timeout(now);
        self.after(who);
        let next = self.nodes[who].engine.poll_timeout();
        assert!(next.is_none_or(|next| next > now), "a timer that is due did not go off");
    }

    fn link_up(&mut self, who: usize) {
        let now = self.clock(who);
        self.nodes[who].engine.handle_link_up(now);
        self.after(who);
    }

    /// The device starts again, with what is on its disk.
    fn restart(&mut self, who: usize) {
        let node = &self.nodes[who];
        let device = Device { epoch: node.device.epoch + 1, ..node.device };
        let mut engine = self.engine(who, device, node.durable);
        let now = self.clock(who);
        for bytes in &self.nodes[who].disk {
            let saved: Snapshot<'_, 2, 2> = postcard::from_bytes(bytes).expect("it was written so");
            engine.restore(now, &saved).expect("what was saved is taken back");
        }
        self.nodes[who].engine = engine;
        self.nodes[who].device = device;
        self.link_up(who);
    }

    /// Saves, sends and tells whatever there is; how many messages went out.
    pub(super) fn after(&mut self, who: usize) -> usize {
        self.save(who);
        let now = self.clock(who);
        let (mut buf, mut sent) = ([0; 512], 0);
        while let Some(len) = self.nodes[who].engine.poll_transmit(now, &mut buf) {
            self.route(who, &buf[..len]);
            sent += 1;
            assert!(sent < DRAINED, "it never stops to send");
        }
        let node = &mut self.nodes[who];
        let mut told = 0;
        while let Some(event) = node.engine.poll_event() {
            self.judge.told(node.device, &event);
            told += 1;
            assert!(told < DRAINED, "it never stops to tell");
        }
        self.save(who);
        let node = &self.nodes[who];
        // What is not saved yet nobody has seen.
        if node.engine.unsaved().is_none() {
            node.engine.views().for_each(|view| self.judge.look(&view));
        }
        sent
    }

    fn save(&mut self, who: usize) {
        let node = &mut self.nodes[who];
        let Some(stamp) = node.engine.unsaved().filter(|_| !node.disk_full) else { return };
        let write = |saved: Snapshot<'_, 2, 2>| {
            let mut buf = [0; 1024];
            postcard::to_slice(&saved, &mut buf).expect("rows are small").to_vec()
        };
        node.disk = node.engine.snapshots().map(write).collect();
        node.engine.handle_saved(stamp);
    }

    /// What a relay does with a Send.
    fn route(&mut self, from: usize, bytes: &[u8]) {
        let Ok(Frame::Send(send)) = Frame::decode(bytes) else { panic!("a device only sends Sends") };
        match send.to {
            Target::Device(user, device) => {
                let to = self.nodes.iter().position(|node| node.device.id == device);
                if let Some(to) = to.filter(|to| CAST[*to].0 == user) {
                    self.carry(from, to, false, &send);
                }
            }
            Target::Users(users) => {
                let users: Vec<&str> = users.iter().collect();
                self.fan_out(from, &users, &send);
            }
        }
    }

    fn fan_out(&mut self, from: usize, users: &[&str], send: &Send<'_>) {
        let reason = match self.mood {
            Mood::Busy => Some(Refusal::Busy),
            Mood::TooLarge => Some(Refusal::TooLarge),
            _ => None,
        };
        if let Some(reason) = reason {
            let refused = Refused { key: Some(send.key), ver: send.ver, reason };
            return self.put(from, Load::Frame(encode(&Frame::Refused(refused))));
        }
        let refuses = matches!(self.mood, Mood::Later | Mood::Never);
        for user in users.iter().filter(|_| !refuses) {
            self.devices_of(user, from).into_iter().for_each(|to| self.carry(from, to, true, send));
        }
        if self.mood != Mood::Silent {
            let fanout = self.fanout(from, users, send);
            self.put(from, Load::Frame(fanout));
        }
    }

    fn fanout(&self, from: usize, users: &[&str], send: &Send<'_>) -> Vec<u8> {
        let reach = users.iter().map(|user| {
            let reach = match self.mood {
                Mood::Later => Reach::Later,
                Mood::Never => Reach::Never,
                _ => Reach::Devices(self.devices_of(user, from).into_iter().map(|to| self.nodes[to].device)),
            };
            (*user, reach)
        });
        let reach: Vec<_> = reach.collect();
        let mut buf = [0; 512];
        let partial = self.mood == Mood::Partial;
        let len = encode_fanout(&mut buf, send.key, send.ver, partial, reach.iter().cloned());
        buf[..len.expect("few devices fit")].to_vec()
    }

    fn devices_of(&self, user: &str, but: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|at| *at != but && CAST[*at].0 == user).collect()
    }

    fn carry(&mut self, from: usize, to: usize, to_users: bool, send: &Send<'_>) {
        let load = Load::Message {
            key: send.key,
            from: (from, self.nodes[from].device),
            group: send.group.map(str::to_owned),
            to_users,
            body: send.body.to_vec(),
        };
        self.put(to, load);
    }

    fn put(&mut self, to: usize, load: Load) {
        if self.air.len() < AIR {
            self.air.push(Parcel { to, sent: self.now, load });
        }
    }
}

fn invite(group: bool) -> Invite<'static> {
    Invite { group: group.then_some("team"), data: b"video?", push: b"ring", ..Invite::default() }
}

fn encode(frame: &Frame<'_>) -> Vec<u8> {
    let mut buf = vec![0; 8 * 1024];
    let len = frame.encode(&mut buf).expect("the frames of this world are small");
    buf.truncate(len);
    buf
}
