//! A small world: devices, a relay, and a clock that moves when it is told to.

use std::collections::{BTreeMap, VecDeque};

use signaling_core::wire::{
    Frame, GroupAnswer, GroupOp, GroupRequest, Hello, List, Reach, Refusal, Refused, Send, Target, Welcome,
    encode_send,
};
use signaling_core::{Device, InviteId};
use signaling_relay::{Authenticator, Closed, Config, ConnId, Insecure, Memory, Output, Stats, Switchboard};

/// A relay that has nothing to have forgotten.
pub(crate) fn settled() -> Config {
    Config { warm_up: 0, ..Config::default() }
}

/// The invitation of that number.
pub(crate) fn key(sequence: u32) -> InviteId {
    InviteId { origin: Device { id: 1, epoch: 1 }, sequence }
}

/// A frame that a device got, with all that it needs to be looked at.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Got {
    Welcome(Welcome),
    Message(Message),
    Fanout { key: InviteId, ver: u32, partial: bool, users: Vec<(String, Reach<Vec<Device>>)> },
    Refused(Option<InviteId>, Refusal),
    Ping(u32),
    Pong(u32),
    Group(u32, GroupAnswer, Vec<String>),
    Closed(Closed),
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Message {
    pub(crate) from: String,
    pub(crate) device: Device,
    pub(crate) label: String,
    pub(crate) group: Option<String>,
    pub(crate) to_users: bool,
    pub(crate) dwell: u32,
    pub(crate) body: Option<String>,
}

/// What a device sends, said in a line.
#[derive(Clone)]
pub(crate) struct Letter {
    key: InviteId,
    ver: u32,
    group: Option<&'static str>,
    online_only: bool,
    ttl: u32,
    push: Option<Vec<u8>>,
    body: String,
}

/// A message about invitation 1 that may be kept for 30 s.
pub(crate) fn letter(body: &str) -> Letter {
    let body = body.to_owned();
    Letter { key: key(1), ver: 1, group: None, online_only: false, ttl: 30_000, push: None, body }
}

impl Letter {
    pub(crate) fn about(self, sequence: u32) -> Self {
        Self { key: key(sequence), ..self }
    }

    pub(crate) fn ver(self, ver: u32) -> Self {
        Self { ver, ..self }
    }

    pub(crate) fn group(self, group: &'static str) -> Self {
        Self { group: Some(group), ..self }
    }

    pub(crate) fn online_only(self) -> Self {
        Self { online_only: true, ..self }
    }

    /// With so many bytes of push info.
    pub(crate) fn push(self, bytes: usize) -> Self {
        Self { push: Some(vec![0; bytes]), ..self }
    }

    pub(crate) fn ttl(self, ttl: u32) -> Self {
        Self { ttl, ..self }
    }

    /// The frame that carries it; a device's id among `to` makes it one for that device.
    fn encode(&self, users: &[&str], device: Option<u64>) -> Vec<u8> {
        let to = match (users, device) {
            ([user], Some(device)) => Target::Device(user, device),
            _ => Target::Users(List::default()),
        };
        let Self { key, ver, group, online_only, ttl, .. } = *self;
        let send = Send { key, ver, to, group, online_only, ttl, push: self.push.as_deref(), body: b"" };
        let mut buf = vec![0; 64 * 1024];
        let body = |buf: &mut [u8]| {
            buf[..self.body.len()].copy_from_slice(self.body.as_bytes());
            Ok(self.body.len())
        };
        let len = encode_send(&mut buf, &send, users.iter().copied(), body).unwrap();
        buf.truncate(len);
        buf
    }
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) relay: Switchboard,
    inboxes: BTreeMap<ConnId, VecDeque<Got>>,
    next: u64,
}

/// A link of a device.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Link(pub(crate) ConnId);

impl World {
    pub(crate) fn new() -> Self {
        Self::with(settled())
    }

    pub(crate) fn with(config: Config) -> Self {
        Self::guarded(config, Insecure)
    }

    pub(crate) fn guarded(config: Config, auth: impl Authenticator + 'static) -> Self {
        let memory = Memory::new(&config);
        let relay = Switchboard::new(1_000, [7; 32], config, Box::new(auth), Box::new(memory));
        Self { now: 1_000, relay, inboxes: BTreeMap::new(), next: 0 }
    }

    pub(crate) fn stats(&self) -> &Stats {
        self.relay.stats()
    }

    /// A link without a Hello.
    pub(crate) fn link(&mut self) -> Link {
        self.next += 1;
        let conn = ConnId(self.next);
        self.relay.connect(self.now, conn);
        self.collect();
        Link(conn)
    }

    /// The same from that address.
    pub(crate) fn link_from(&mut self, address: &str) -> Link {
        self.next += 1;
        let conn = ConnId(self.next);
        self.relay.connect_from(self.now, conn, address.parse().unwrap());
        self.collect();
        Link(conn)
    }

    /// The first run of that device says Hello, and is welcome.
    pub(crate) fn join(&mut self, user: &str, device: u64) -> Link {
        self.join_as(user, Device { id: device, epoch: 1 }, 64 * 1024)
    }

    /// As [`join`](Self::join), with the largest frame that it takes.
    pub(crate) fn join_small(&mut self, user: &str, device: u64, largest: u32) -> Link {
        self.join_as(user, Device { id: device, epoch: 1 }, largest)
    }

    /// As [`join`](Self::join), in that run.
    pub(crate) fn join_run(&mut self, user: &str, id: u64, epoch: u32) -> Link {
        self.join_as(user, Device { id, epoch }, 64 * 1024)
    }

    fn join_as(&mut self, user: &str, device: Device, largest: u32) -> Link {
        let link = self.link();
        self.hello(link, user, device, largest, "");
        self.answer(link);
        assert!(matches!(self.next(link), Some(Got::Welcome(_))), "{user} is not welcome");
        link
    }

    pub(crate) fn hello(&mut self, link: Link, user: &str, device: Device, largest: u32, token: &str) {
        let label = if user == "bob" { "kitchen" } else { "" };
        self.put(link, &Frame::Hello(Hello { user, device, label, largest, token }));
    }

    /// Answers the Ping that comes next, if one does: whether it did.
    pub(crate) fn answer(&mut self, link: Link) -> bool {
        let Some(Got::Ping(number)) = self.inboxes[&link.0].front().cloned() else { return false };
        self.next(link);
        self.put(link, &Frame::Pong(number));
        true
    }

    /// A Hello with a token; what came of it.
    pub(crate) fn show(&mut self, user: &str, device: u64, token: &str) -> Option<Got> {
        let link = self.link();
        self.hello(link, user, Device { id: device, epoch: 1 }, 64 * 1024, token);
        self.next(link)
    }

    pub(crate) fn put(&mut self, link: Link, frame: &Frame<'_>) {
        let mut buf = vec![0; 64 * 1024];
        let len = frame.encode(&mut buf).unwrap();
        self.raw(link, &buf[..len]);
    }

    pub(crate) fn raw(&mut self, link: Link, bytes: &[u8]) {
        self.relay.frame(self.now, link.0, bytes);
        self.collect();
    }

    pub(crate) fn send(&mut self, link: Link, to: &[&str], letter: &Letter) {
        self.raw(link, &letter.encode(to, None));
    }

    pub(crate) fn send_device(&mut self, link: Link, user: &str, device: u64, letter: &Letter) {
        self.raw(link, &letter.encode(&[user], Some(device)));
    }

    /// Asks about the group; the answer.
    pub(crate) fn group(&mut self, link: Link, op: GroupOp, group: &str) -> GroupAnswer {
        self.ask(link, op, group).0
    }

    pub(crate) fn members(&mut self, link: Link, group: &str) -> Vec<String> {
        let (answer, members) = self.ask(link, GroupOp::Members, group);
        assert_eq!(answer, GroupAnswer::Done);
        members
    }

    /// The answer may stand behind messages that nobody has read yet.
    fn ask(&mut self, link: Link, op: GroupOp, group: &str) -> (GroupAnswer, Vec<String>) {
        self.put(link, &Frame::Group(GroupRequest { seq: 9, op, group }));
        match self.inboxes.entry(link.0).or_default().pop_back() {
            Some(Got::Group(9, answer, members)) => (answer, members),
            other => panic!("no answer about the group, but {other:?}"),
        }
    }

    pub(crate) fn leave(&mut self, link: Link) {
        self.relay.disconnect(self.now, link.0);
        self.collect();
    }

    /// Time passes, and each deadline on the way is kept.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        while let Some(at) = self.relay.next_deadline().filter(|at| *at <= end) {
            self.relay.tick(at);
            assert!(
                self.relay.next_deadline().is_none_or(|next| next > at),
                "a tick leaves nothing that is due"
            );
        }
        self.now = end;
        self.relay.tick(end);
        self.collect();
    }

    /// The next that came on the link.
    pub(crate) fn next(&mut self, link: Link) -> Option<Got> {
        self.inboxes.get_mut(&link.0)?.pop_front()
    }

    /// All that came on the link.
    pub(crate) fn all(&mut self, link: Link) -> Vec<Got> {
        std::iter::from_fn(|| self.next(link)).collect()
    }

    /// The messages that came, each as its text and for how long it dwelt; nothing else may have come.
    pub(crate) fn read(&mut self, link: Link) -> Vec<(String, u32)> {
        let read = |message: Message| (message.body.unwrap_or("(none)".to_owned()), message.dwell);
        self.messages(link).into_iter().map(read).collect()
    }

    /// The messages that came; nothing else may have come.
    pub(crate) fn messages(&mut self, link: Link) -> Vec<Message> {
        let message = |got| match got {
            Got::Message(message) => message,
            other => panic!("no message, but {other:?}"),
        };
        self.all(link).into_iter().map(message).collect()
    }

    /// The Fanout that came: whom it names. It is a complete one.
    pub(crate) fn fanned(&mut self, link: Link) -> Vec<(String, Reach<Vec<Device>>)> {
        match self.next(link) {
            Some(Got::Fanout { partial: false, users, .. }) => users,
            other => panic!("no complete Fanout, but {other:?}"),
        }
    }

    /// Sends to one user; whom it reached.
    pub(crate) fn reach(&mut self, link: Link, to: &str, letter: &Letter) -> Reach<Vec<Device>> {
        self.send(link, &[to], letter);
        match self.next(link) {
            Some(Got::Fanout { users, .. }) if users.len() == 1 => users[0].1.clone(),
            other => panic!("no Fanout of one user, but {other:?}"),
        }
    }

    pub(crate) fn collect(&mut self) {
        while let Some(output) = self.relay.poll_output() {
            let (conn, got) = match output {
                Output::Frame { conn, bytes } => (conn, got(&bytes)),
                Output::Close { conn, reason } => (conn, Got::Closed(reason)),
            };
            self.inboxes.entry(conn).or_default().push_back(got);
        }
    }

    /// The relay ends, and another starts with what this one remembers. All links are gone.
    pub(crate) fn restart(self, config: Config) -> Self {
        let backend = self.relay.into_backend();
        let relay = Switchboard::new(self.now, [8; 32], config, Box::new(Insecure), backend);
        Self { relay, inboxes: BTreeMap::new(), ..self }
    }
}

/// The first runs of those devices.
pub(crate) fn runs(ids: &[u64]) -> Reach<Vec<Device>> {
    Reach::Devices(ids.iter().map(|id| Device { id: *id, epoch: 1 }).collect())
}

/// What a link gets that is refused and closed.
pub(crate) fn turned_away(reason: Refusal) -> Vec<Got> {
    vec![Got::Refused(None, reason), Got::Closed(Closed::Refused(reason))]
}

fn got(bytes: &[u8]) -> Got {
    match Frame::decode(bytes).unwrap() {
        Frame::Welcome(welcome) => Got::Welcome(welcome),
        Frame::Deliver(deliver) => Got::Message(Message {
            from: deliver.from.user.to_owned(),
            device: deliver.from.device,
            label: deliver.from.label.to_owned(),
            group: deliver.group.map(String::from),
            to_users: deliver.to_users,
            dwell: deliver.dwell,
            body: deliver.body.map(|body| String::from_utf8(body.to_vec()).unwrap()),
        }),
        Frame::Fanout(fanout) => Got::Fanout {
            key: fanout.key,
            ver: fanout.ver,
            partial: fanout.partial,
            users: fanout
                .users
                .iter()
                .map(|user| (user.user.to_owned(), user.reach.map(|list| list.iter().collect())))
                .collect(),
        },
        Frame::Refused(Refused { key, reason, .. }) => Got::Refused(key, reason),
        Frame::Ping(number) => Got::Ping(number),
        Frame::Pong(number) => Got::Pong(number),
        Frame::GroupReply(reply) => {
            Got::Group(reply.seq, reply.answer, reply.members.iter().map(str::to_owned).collect())
        }
        other => panic!("a relay never sends {other:?}"),
    }
}
