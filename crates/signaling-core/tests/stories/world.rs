//! A small world for stories: engines, a relay that only fans out, and one virtual clock.

#![allow(dead_code)] // each story file uses its own part

use std::collections::VecDeque;

use signaling_core::wire::{Deliver, Frame, From, Reach, Target, encode_fanout};
use signaling_core::{Config, Device, FixedEngine, Invite, InviteId, Snapshot, UserId, What};

pub(crate) type Small = FixedEngine<4, 4, 2, 64>;

pub(crate) struct Phone {
    pub(crate) engine: Small,
    pub(crate) user: String,
    pub(crate) label: String,
    pub(crate) device: Device,
    pub(crate) online: bool,
    /// The snapshots that a durable device saved, and whether the disk takes any.
    pub(crate) disk: Vec<Vec<u8>>,
    pub(crate) saves: bool,
    /// Whether its application fetches what there is to be told.
    pub(crate) listens: bool,
    /// What it was told, as "new", "accepted bob"...
    pub(crate) told: Vec<String>,
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) phones: Vec<Phone>,
    air: VecDeque<(u64, usize, Vec<u8>)>,
    /// Drops a frame on its way to that phone.
    pub(crate) lose: Box<dyn FnMut(usize) -> bool>,
    pub(crate) delay: u64,
    pub(crate) frames: u64,
    work: Work,
}

/// What a world does: one that never comes to rest fails its story, rather than go on for ever.
#[derive(Default)]
pub(crate) struct Work(u32);

impl Work {
    pub(crate) fn one(&mut self) {
        self.0 += 1;
        assert!(self.0 < 100_000, "this world does not come to rest");
    }
}

pub(crate) fn encode(snapshot: &Snapshot<'_, 4, 2>) -> Vec<u8> {
    let mut buf = [0; 2048];
    postcard::to_slice(snapshot, &mut buf).unwrap().to_vec()
}

impl World {
    /// Phones as "alice" or "bob/kitchen", in order 0, 1...
    pub(crate) fn of(names: &[&str]) -> Self {
        let phones = names.iter().zip(1u64..).map(|(name, id)| {
            let (user, label) = name.split_once('/').unwrap_or((name, ""));
            let device = Device { id, epoch: 1 };
            let config = Config::new(UserId::new(user).unwrap(), device);
            let engine = Small::new(config, Default::default());
            let (user, label) = (user.into(), label.into());
            Phone {
                engine,
                user,
                label,
                device,
                online: true,
                disk: vec![],
                saves: true,
                listens: true,
                told: vec![],
            }
        });
        Self {
            now: 1_000,
            phones: phones.collect(),
            air: VecDeque::new(),
            lose: Box::new(|_| false),
            delay: 10,
            frames: 0,
            work: Work::default(),
        }
    }

    pub(crate) fn invite(&mut self, from: usize, invitees: &[&str], seconds: u32) -> InviteId {
        let timeout = (seconds > 0).then_some(seconds * 1000);
        let invite = Invite { invitees, data: b"video?", timeout, ..Invite::default() };
        self.phones[from].engine.invite(self.now, &invite).unwrap()
    }

    /// The phone starts again, with nothing but its id.
    pub(crate) fn restart(&mut self, at: usize) {
        let phone = &mut self.phones[at];
        phone.device.epoch += 1;
        let user = UserId::new(&phone.user).unwrap();
        phone.engine = Small::new(Config::new(user, phone.device), Default::default());
        phone.told.clear();
    }

    /// The same, as another kind of device.
    pub(crate) fn restart_with(&mut self, at: usize, change: impl FnOnce(&mut Config)) {
        self.restart(at);
        self.reconfigure(at, change);
    }

    /// It begins anew, as another kind of device.
    pub(crate) fn reconfigure(&mut self, at: usize, change: impl FnOnce(&mut Config)) {
        let phone = &mut self.phones[at];
        let mut config = phone.engine.config().clone();
        change(&mut config);
        phone.engine = Small::new(config, Default::default());
    }

    /// From now on its invitations outlive a restart.
    pub(crate) fn make_durable(&mut self, at: usize) {
        self.reconfigure(at, |config| config.durable = true);
    }

    /// The durable device starts again with what its disk holds.
    pub(crate) fn recover(&mut self, at: usize) {
        self.recover_with(at, |config| config.durable = true);
    }

    /// The same, as another kind of device.
    pub(crate) fn recover_with(&mut self, at: usize, change: impl FnOnce(&mut Config)) {
        self.restart_with(at, change);
        let phone = &mut self.phones[at];
        for bytes in &phone.disk {
            phone.engine.restore(self.now, &postcard::from_bytes(bytes).unwrap()).unwrap();
        }
        phone.engine.handle_link_up(self.now);
    }

    fn save(&mut self, at: usize) {
        let phone = &mut self.phones[at];
        let Some(stamp) = phone.engine.unsaved().filter(|_| phone.saves) else { return };
        phone.disk = phone.engine.snapshots().map(|saved| encode(&saved)).collect();
        phone.engine.handle_saved(stamp);
    }

    /// Lets `ms` pass, and everything that falls into them.
    pub(crate) fn run(&mut self, ms: u64) -> &mut Self {
        let end = self.now + ms;
        loop {
            self.flush();
            let timers = self.phones.iter().filter_map(|phone| phone.engine.poll_timeout());
            let Some(next) = timers.chain(self.air.iter().map(|(at, ..)| *at)).min() else { break };
            if next > end {
                break;
            }
            self.work.one();
            self.now = self.now.max(next);
            while let Some(at) = self.air.iter().position(|(at, ..)| *at <= self.now) {
                let (_, to, bytes) = self.air.remove(at).unwrap();
                self.give(to, &bytes);
            }
            for phone in &mut self.phones {
                phone.engine.handle_timeout(self.now);
            }
        }
        self.now = end;
        self
    }

    pub(crate) fn give(&mut self, to: usize, bytes: &[u8]) {
        let mut reply = [0; 1024];
        let written = self.phones[to].engine.handle_frame(self.now, bytes, &mut reply).unwrap_or(0);
        if written > 0 {
            self.fan_out(to, &reply[..written]);
        }
    }

    fn flush(&mut self) {
        for at in 0..self.phones.len() {
            self.save(at);
            let mut buf = [0; 1024];
            while self.phones[at].online {
                self.work.one();
                let Some(len) = self.phones[at].engine.poll_transmit(self.now, &mut buf) else { break };
                self.fan_out(at, &buf[..len]);
            }
            self.listen(at);
            // What was told may have been the last of a row.
            self.save(at);
        }
    }

    fn listen(&mut self, at: usize) {
        let phone = &mut self.phones[at];
        while let Some(event) = phone.listens.then(|| phone.engine.poll_event()).flatten() {
            self.work.one();
            let name = |slot: u8| event.invitation.invitee(slot).unwrap().user;
            phone.told.push(match event.what {
                What::New => "new".to_string(),
                What::Accepted { slot } => format!("accepted {}", name(slot)),
                What::Rejected { slot } => format!("rejected {}", name(slot)),
                What::Ringing { slot, .. } => format!("ringing {}", name(slot)),
                What::Full { slot, why, .. } => format!("full {} {why:?}", name(slot)),
                What::Established { slot } => format!("established {}", name(slot)),
                What::TimedOut { slots } => {
                    slots.iter().fold("timeout".into(), |text, slot| text + " " + name(slot))
                }
                What::Modified => format!("modified {}", String::from_utf8_lossy(event.invitation.data())),
                other => format!("{other:?}").to_lowercase(),
            });
        }
    }

    fn fan_out(&mut self, from: usize, bytes: &[u8]) {
        self.frames += 1;
        let Frame::Send(send) = Frame::decode(bytes).unwrap() else { panic!("a device only sends Sends") };
        match send.to {
            Target::Device(user, device) => {
                let to = self.phones.iter().position(|p| p.device.id == device && p.user == user);
                to.into_iter().for_each(|to| self.carry(from, to, false, &send));
            }
            Target::Users(users) => {
                for user in users.iter() {
                    for to in self.devices_of(user, from) {
                        self.carry(from, to, true, &send);
                    }
                }
                let reached: Vec<_> = users.iter().map(|user| (user, self.devices_of(user, from))).collect();
                let reached = reached.iter().map(|(user, list)| {
                    (*user, Reach::Devices(list.iter().map(|&at| self.phones[at].device)))
                });
                let mut buf = [0; 1024];
                let len = encode_fanout(&mut buf, send.key, send.ver, false, reached).unwrap();
                if !(self.lose)(from) {
                    self.air.push_back((self.now + self.delay, from, buf[..len].to_vec()));
                }
            }
        }
    }

    /// Every other frame is lost, by a seed.
    pub(crate) fn lose_half(&mut self, seed: u64) {
        let mut state = seed * 2 + 1;
        self.lose = Box::new(move |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 63 == 1
        });
    }

    /// Lets everything leave, and gives what is under way to that phone instead of carrying it there.
    pub(crate) fn catch(&mut self, to: usize) -> Vec<Vec<u8>> {
        self.flush();
        let (caught, air) = self.air.drain(..).partition(|(_, at, _)| *at == to);
        self.air = air;
        let caught: VecDeque<(u64, usize, Vec<u8>)> = caught;
        caught.into_iter().map(|(.., bytes)| bytes).collect()
    }

    fn devices_of(&self, user: &str, but: usize) -> Vec<usize> {
        let known = |at: &usize| self.phones[*at].online && self.phones[*at].user == user;
        (0..self.phones.len()).filter(|at| *at != but && known(at)).collect()
    }

    fn carry(&mut self, from: usize, to: usize, to_users: bool, send: &signaling_core::wire::Send<'_>) {
        let sender = &self.phones[from];
        let deliver = Deliver {
            key: send.key,
            from: From { user: &sender.user, device: sender.device, label: &sender.label },
            group: send.group,
            to_users,
            dwell: 0,
            body: Some(send.body),
        };
        let mut buf = [0; 1024];
        let len = Frame::Deliver(deliver).encode(&mut buf).unwrap();
        if self.phones[to].online && !(self.lose)(to) {
            self.air.push_back((self.now + self.delay, to, buf[..len].to_vec()));
        }
    }

    pub(crate) fn told(&self, at: usize) -> Vec<&str> {
        self.phones[at].told.iter().map(String::as_str).collect()
    }

    pub(crate) fn accept(&mut self, at: usize, id: InviteId) {
        self.phones[at].engine.accept(self.now, id, b"yes").unwrap();
    }
}
