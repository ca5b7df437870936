//! Whatever several links say to a relay.

use std::collections::{HashMap, HashSet};

use arbitrary::{Arbitrary, Unstructured};
use signaling_core::wire::{Frame, GroupOp, GroupRequest, Hello, Send, Target, encode_send};
use signaling_core::{Device, InviteId, UserId};
use signaling_relay::{Config, ConnId, Insecure, Mailbox, Memory, Output, Switchboard};

const LINKS: u64 = 4;
const USERS: [&str; 3] = ["alice", "bob", "carol"];
const GROUPS: [&str; 2] = ["team", "family"];
/// Whatever comes in: a Fanout in pieces and its Delivers, or all that is kept, or the end of each link.
const MOST_OUT: usize = 48;
/// A longer story teaches nothing new, and takes longer.
const STEPS: usize = 200;

#[derive(Arbitrary)]
enum Step<'a> {
    Connect {
        link: u8,
    },
    Hello {
        link: u8,
        user: u8,
        device: u8,
        epoch: u8,
        largest: u16,
    },
    Bytes {
        link: u8,
        bytes: &'a [u8],
    },
    Send {
        link: u8,
        users: u8,
        group: Option<u8>,
        key: u8,
        ver: u8,
        ttl: u16,
        online_only: bool,
        body: &'a [u8],
    },
    SendTo {
        link: u8,
        user: u8,
        device: u8,
        key: u8,
        ver: u8,
        ttl: u16,
        body: &'a [u8],
    },
    Group {
        link: u8,
        op: u8,
        group: u8,
    },
    Ping {
        link: u8,
        number: u32,
    },
    Pong {
        link: u8,
        number: u8,
    },
    Disconnect {
        link: u8,
    },
    Overrun {
        link: u8,
    },
    Oversize {
        link: u8,
    },
    Wait {
        ms: u16,
    },
    Stop,
}

/// What is known of an open link.
#[derive(Default)]
struct Link {
    /// Who said Hello on it, and the largest frame that one of them takes.
    said: HashSet<(String, Device)>,
    largest: usize,
}

struct World {
    now: u64,
    relay: Switchboard,
    links: HashMap<ConnId, Link>,
    /// Who ever said Hello.
    known: HashSet<(String, Device)>,
}

/// Lets a few links say to a relay what the bytes spell. It writes only to open links, before a Hello only
/// Welcome and Refused, never more than the device takes, stamps with who said Hello, answers each frame
/// with few, and keeps no more than its limits say.
pub fn switchboard(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let mut world = World::new();
    for _ in 0..STEPS {
        if bytes.is_empty() {
            break;
        }
        let Ok(step) = bytes.arbitrary::<Step<'_>>() else { break };
        world.step(&step);
        world.check();
    }
    world.end();
}

fn config() -> Config {
    Config {
        connections: 3,
        devices: 4,
        devices_per_user: 2,
        groups: 1,
        members: 2,
        admitted: 3,
        recipients: 3,
        body: 64,
        kept: 3,
        kept_bytes: 2_000,
        kept_bytes_total: 4_000,
        keep: 60_000,
        ..Config::default()
    }
}

fn conn(link: u8) -> ConnId {
    ConnId(u64::from(link) % LINKS)
}

fn pick<'a>(list: &[&'a str], at: u8) -> &'a str {
    list[usize::from(at) % list.len()]
}

fn key(number: u8) -> InviteId {
    InviteId { origin: Device { id: u64::from(number % 4), epoch: 1 }, sequence: u32::from(number) }
}

impl World {
    fn new() -> Self {
        let config = config();
        let memory = Box::new(Memory::new(&config));
        let relay = Switchboard::new(0, [7; 32], config, Box::new(Insecure), memory);
        Self { now: 0, relay, links: HashMap::new(), known: HashSet::new() }
    }

    fn step(&mut self, step: &Step<'_>) {
        let now = self.now;
        match *step {
            Step::Connect { link } => {
                self.links.insert(conn(link), Link::default());
                self.relay.connect(now, conn(link));
            }
            Step::Disconnect { link } => {
                self.links.remove(&conn(link));
                self.relay.disconnect(now, conn(link));
            }
            Step::Overrun { link } => {
                self.links.remove(&conn(link));
                self.relay.overrun(now, conn(link));
            }
            Step::Oversize { link } => self.relay.oversize(now, conn(link)),
            Step::Wait { ms } => {
                self.now += u64::from(ms) * 4;
                self.relay.tick(self.now);
            }
            Step::Stop => self.relay.stop(now),
            Step::Bytes { link, bytes } => self.frame(conn(link), bytes),
            _ => self.say(step),
        }
    }

    /// A frame that is well made.
    fn say(&mut self, step: &Step<'_>) {
        match *step {
            Step::Hello { link, user, device, epoch, largest } => {
                let device = Device { id: u64::from(device % 6), epoch: u32::from(epoch % 3) };
                let (user, largest) = (pick(&USERS, user), u32::from(largest));
                self.write(link, &Frame::Hello(Hello { user, device, label: "", largest, token: "" }));
            }
            Step::Ping { link, number } => self.write(link, &Frame::Ping(number)),
            Step::Pong { link, number } => self.write(link, &Frame::Pong(number.into())),
            Step::Group { link, op, group } => {
                let op =
                    [GroupOp::Create, GroupOp::Join, GroupOp::Leave, GroupOp::Members][usize::from(op) % 4];
                let group = pick(&GROUPS, group);
                self.write(link, &Frame::Group(GroupRequest { seq: 1, op, group }));
            }
            Step::Send { link, users, group, key: number, ver, ttl, online_only, body } => {
                let group = group.map(|group| pick(&GROUPS, group));
                let to = Target::Users(Default::default());
                let users = (0..3).filter(|at| users >> at & 1 == 1).map(|at| USERS[at]);
                let (key, ver, ttl, push) = (key(number), ver.into(), u32::from(ttl) * 4, None);
                self.send(link, &Send { key, ver, to, group, online_only, ttl, push, body }, users);
            }
            Step::SendTo { link, user, device, key: number, ver, ttl, body } => {
                let to = Target::Device(pick(&USERS, user), u64::from(device % 6));
                let (key, ver, ttl, group, push) = (key(number), ver.into(), u32::from(ttl) * 4, None, None);
                let send = Send { key, ver, to, group, online_only: false, ttl, push, body };
                self.send(link, &send, std::iter::empty());
            }
            _ => {}
        }
    }

    fn send(&mut self, link: u8, send: &Send<'_>, users: impl Iterator<Item = &'static str> + Clone) {
        let mut buf = vec![0; send.body.len() + 512];
        let write = |buf: &mut [u8]| {
            buf[..send.body.len()].copy_from_slice(send.body);
            Ok(send.body.len())
        };
        let len = encode_send(&mut buf, send, users, write).expect("it fits");
        self.frame(conn(link), &buf[..len]);
    }

    fn write(&mut self, link: u8, frame: &Frame<'_>) {
        let mut buf = [0; 256];
        let len = frame.encode(&mut buf).expect("it fits");
        self.frame(conn(link), &buf[..len]);
    }

    fn frame(&mut self, conn: ConnId, bytes: &[u8]) {
        if let (Some(link), Ok(Frame::Hello(hello))) = (self.links.get_mut(&conn), Frame::decode(bytes)) {
            let who = (hello.user.to_owned(), hello.device);
            link.said.insert(who.clone());
            link.largest = link.largest.max(hello.largest as usize);
            self.known.insert(who);
        }
        self.relay.frame(self.now, conn, bytes);
    }

    /// Looks at all that the relay wants done.
    fn check(&mut self) {
        for count in 0.. {
            assert!(count < MOST_OUT, "so much for one frame");
            match self.relay.poll_output() {
                None => return,
                Some(Output::Close { conn, .. }) => {
                    assert!(self.links.remove(&conn).is_some(), "it was closed already");
                }
                Some(Output::Frame { conn, bytes }) => self.check_frame(conn, &bytes),
            }
        }
    }

    fn check_frame(&self, conn: ConnId, bytes: &[u8]) {
        let link = self.links.get(&conn).expect("frames go to open links");
        let frame = Frame::decode(bytes).expect("a relay sends frames");
        if matches!(frame, Frame::Welcome(_) | Frame::Refused(_)) {
            return;
        }
        assert!(!link.said.is_empty(), "{frame:?} before a Hello");
        assert!(
            bytes.len() <= link.largest,
            "{} bytes for a device that takes {}",
            bytes.len(),
            link.largest
        );
        if let Frame::Deliver(deliver) = frame {
            let from = (deliver.from.user.to_owned(), deliver.from.device);
            assert!(self.known.contains(&from), "nobody was {from:?}");
            let itself = deliver.to_users && link.said.len() == 1 && link.said.contains(&from);
            assert!(!itself, "a device hears itself");
        }
    }

    /// What the relay remembers is within its limits.
    fn end(self) {
        let limits = config();
        let backend = self.relay.into_backend();
        assert!(backend.device_count() <= limits.devices && backend.group_count() <= limits.groups);
        let mut bytes = 0;
        for user in USERS {
            let user = UserId::new(user).expect("a proper name");
            assert!(backend.devices(&user).len() <= limits.devices_per_user);
            bytes += kept(backend.kept(&Mailbox::User(user)).iter().map(|kept| kept.body.len()), &limits);
        }
        for device in 0..6 {
            bytes += kept(backend.kept(&Mailbox::Device(device)).iter().map(|kept| kept.body.len()), &limits);
        }
        assert!(bytes <= limits.kept_bytes_total);
    }
}

/// The bytes that one mailbox takes.
fn kept(bodies: impl ExactSizeIterator<Item = usize>, limits: &Config) -> usize {
    assert!(bodies.len() <= limits.kept);
    let bytes = bodies.map(|body| body + 512).sum();
    assert!(bytes <= limits.kept_bytes);
    bytes
}
