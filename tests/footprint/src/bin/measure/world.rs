//! Four devices, a relay that fans out, and one clock.

use footprint::engine::{Engine, ready};
use heapless::Deque;
use signaling_core::wire::{Deliver, Frame, From, Reach, Send, Target, encode_fanout};
use signaling_core::{Device, Invite, InviteId};

use crate::meter::Meter;
use crate::wire::{Bytes, Kinds};

/// The device that invites.
pub const INVITER: usize = 0;
/// Another device of the inviter.
pub const TABLET: usize = 1;
/// A device of the invitee.
pub const KITCHEN: usize = 2;
/// Another one.
pub const CAR: usize = 3;
/// What is said with invitations and answers.
pub const DATA: &[u8] = b"video_hd";

const USERS: [&str; 4] = ["franklin", "franklin", "rosalind", "rosalind"];
const LABELS: [&str; 4] = ["phone", "tablet", "kitchen", "car"];

pub struct World {
    pub now: u64,
    pub meter: Meter,
    pub kinds: Kinds,
    pub phones: [Engine; 4],
    pub online: [bool; 4],
    devices: [Device; 4],
    air: Deque<(usize, Bytes), 64>,
}

impl World {
    pub fn new() -> Self {
        // Ids and epochs are drawn by chance: they are as long as they may be.
        let devices = [1, 2, 3, 4].map(|id| Device { id: u64::MAX - id, epoch: 0xf000_0000 });
        Self {
            now: 1_000,
            meter: Meter::default(),
            kinds: Kinds::default(),
            phones: core::array::from_fn(|at| ready(USERS[at], devices[at])),
            online: [true; 4],
            devices,
            air: Deque::new(),
        }
    }

    /// The device, in its present run.
    pub fn device(&self, at: usize) -> Device {
        self.devices[at]
    }

    /// It starts anew, with nothing but its id.
    pub fn restart(&mut self, at: usize) {
        self.devices[at].epoch += 1;
        self.phones[at] = ready(USERS[at], self.devices[at]);
    }

    /// The inviter rings rosalind.
    pub fn invite(&mut self, seconds: u32) -> InviteId {
        let timeout = Some(seconds * 1_000);
        let invite = Invite { invitees: &[USERS[KITCHEN]], data: DATA, timeout, ..Invite::default() };
        self.on("invite", INVITER, |phone, now| phone.invite(now, &invite)).expect("a good invitation")
    }

    /// Runs one operation of one device on a painted stack.
    pub fn on<T>(&mut self, name: &'static str, at: usize, act: impl FnOnce(&mut Engine, u64) -> T) -> T {
        let Self { meter, phones, now, .. } = self;
        meter.run(name, || act(&mut phones[at], *now))
    }

    /// Lets `ms` pass, and all that falls into them.
    pub fn run(&mut self, ms: u64) {
        let end = self.now + ms;
        self.settle();
        while let Some(next) = self.next().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            for at in 0..4 {
                self.on("handle_timeout", at, |phone, now| phone.handle_timeout(now));
            }
            self.settle();
        }
        self.now = end;
    }

    fn next(&mut self) -> Option<u64> {
        (0..4).filter_map(|at| self.on("poll_timeout", at, |phone, _| phone.poll_timeout())).min()
    }

    /// Carries frames until there is none.
    fn settle(&mut self) {
        loop {
            (0..4).for_each(|at| self.collect(at));
            let Some((to, bytes)) = self.air.pop_front() else { return };
            self.give(to, &bytes);
        }
    }

    fn collect(&mut self, at: usize) {
        let mut buf = [0; 256];
        while self.online[at] {
            let sent = self.on("poll_transmit", at, |phone, now| phone.poll_transmit(now, &mut buf));
            let Some(len) = sent else { break };
            self.relay(at, &buf[..len]);
        }
        while self.on("poll_event", at, |phone, _| phone.poll_event().is_some()) {}
    }

    /// A frame comes over the link of a device, which may answer at once.
    pub fn give(&mut self, to: usize, bytes: &[u8]) {
        let name = match Frame::decode(bytes) {
            Ok(Frame::Deliver(_)) => "handle_frame, Deliver",
            Ok(Frame::Fanout(_)) => "handle_frame, Fanout",
            Ok(Frame::Refused(_)) => "handle_frame, Refused",
            Ok(_) => "handle_frame, others",
            Err(_) => "handle_frame, no frame",
        };
        let mut reply = [0; 256];
        let done = self.on(name, to, |phone, now| phone.handle_frame(now, bytes, &mut reply));
        if let Some(len) = done.ok().filter(|len| *len > 0) {
            self.relay(to, &reply[..len]);
        }
    }

    fn relay(&mut self, from: usize, bytes: &[u8]) {
        self.kinds.note(bytes);
        let Ok(Frame::Send(send)) = Frame::decode(bytes) else { panic!("a device only sends Sends") };
        match send.to {
            Target::Device(_, id) => {
                let to = self.devices.iter().position(|device| device.id == id);
                to.into_iter().for_each(|to| self.deliver(from, to, &send));
            }
            Target::Users(users) => {
                for user in users.iter() {
                    (0..4).filter(|to| USERS[*to] == user).for_each(|to| self.deliver(from, to, &send));
                }
                self.fan_out(from, &send, users.iter());
            }
        }
    }

    fn fan_out<'u>(&mut self, from: usize, send: &Send<'_>, users: impl Iterator<Item = &'u str> + Clone) {
        let devices = self.devices;
        let reached = users.map(|user| {
            let others = (0..4).filter(move |at| *at != from && USERS[*at] == user);
            (user, Reach::Devices(others.map(move |at| devices[at])))
        });
        let mut buf = [0; 256];
        let len = encode_fanout(&mut buf, send.key, send.ver, false, reached).expect("a short list");
        self.put(from, &buf[..len]);
    }

    fn deliver(&mut self, from: usize, to: usize, send: &Send<'_>) {
        if to == from {
            return;
        }
        let sender = From { user: USERS[from], device: self.devices[from], label: LABELS[from] };
        let (key, group, body) = (send.key, send.group, Some(send.body));
        let to_users = matches!(send.to, Target::Users(_));
        let frame = Frame::Deliver(Deliver { key, from: sender, group, to_users, dwell: 0, body });
        let mut buf = [0; 256];
        let len = frame.encode(&mut buf).expect("a short body");
        self.put(to, &buf[..len]);
    }

    fn put(&mut self, to: usize, bytes: &[u8]) {
        self.kinds.note(bytes);
        if self.online[to] {
            let bytes = Bytes::from_slice(bytes).expect("short frames");
            self.air.push_back((to, bytes)).ok(); // a link that is full loses frames
        }
    }
}
