//! Who is connected, and what goes where (protocol section 4).

mod admitted;
mod allowance;
mod encode;
mod groups;
mod hello;
mod links;
mod networks;
mod parcel;
mod send;
mod told;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;

use bytes::Bytes;
use rand::SeedableRng;
use rand::rngs::StdRng;
use signaling_core::wire::{DecodeError, Frame, Refusal, Refused};

use crate::auth::Authenticator;
use crate::backend::{Backend, Sender};
use crate::config::Config;
use crate::stats::{Holdings, Stats};
use admitted::Admitted;
use links::Links;
pub(crate) use networks::Network;
use told::Told;

/// A link, named by whoever runs the switchboard. The name of a closed link may be used again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ConnId(pub u64);

/// What the switchboard wants done with a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write this frame to it.
    Frame {
        /// The link.
        conn: ConnId,
        /// The frame; its bytes are shared with others.
        bytes: Bytes,
    },
    /// Close it behind the frames before. The switchboard has forgotten it already.
    Close {
        /// The link.
        conn: ConnId,
        /// Why.
        reason: Closed,
    },
}

/// Why the switchboard closes a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It was told so in a Refused, which goes out before.
    Refused(Refusal),
    /// Nothing was heard of it for [`Config::silence`].
    Silent,
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => fmt::Display::fmt(reason, f),
            Self::Silent => f.write_str("nothing was heard for too long"),
        }
    }
}

/// The relay without sockets, clock and tasks: frames go in, frames come out.
///
/// Whoever drives it owns the links and the time. Three families of methods:
/// * inputs: [`connect`](Self::connect), [`connect_from`](Self::connect_from), [`frame`](Self::frame),
///   [`oversize`](Self::oversize), [`disconnect`](Self::disconnect), [`overrun`](Self::overrun), [`tick`](Self::tick),
///   [`stop`](Self::stop). Each takes `now`, in milliseconds of a monotonic clock that starts anywhere; a `now` that goes
///   back counts as the last one.
/// * outputs: [`poll_output`](Self::poll_output), to be called after each input until it is empty, and
///   [`next_deadline`](Self::next_deadline), when [`tick`](Self::tick) is due.
/// * getters: [`stats`](Self::stats), [`holdings`](Self::holdings), [`config`](Self::config).
///
/// The same inputs give the same outputs, to the byte. The wall clock counts for tokens only:
/// [`set_wall_clock`](Self::set_wall_clock).
///
/// A link may lose, repeat and reorder frames. So a frame before a Hello is refused without closing the link (up to 64),
/// a repeated Hello is answered again, and a Hello without an epoch takes nothing from a link that has one. A Hello
/// of a device that has another link is answered by a Ping, and what answers that takes the other's place.
///
/// ```
/// use signaling_core::Device;
/// use signaling_core::wire::{Frame, Hello};
/// use signaling_relay::{Config, ConnId, Insecure, Memory, Output, Switchboard};
///
/// let config = Config::default();
/// let memory = Memory::new(&config);
/// let mut relay = Switchboard::new(0, [7; 32], config, Box::new(Insecure), Box::new(memory));
///
/// let mut buf = [0; 128];
/// let device = Device { id: 1, epoch: 1 };
/// let hello = Hello { user: "alice", device, label: "desk", largest: 4096, token: "" };
/// let len = Frame::Hello(hello).encode(&mut buf).unwrap();
///
/// relay.connect(0, ConnId(1));
/// relay.frame(5, ConnId(1), &buf[..len]);
/// let Some(Output::Frame { bytes, .. }) = relay.poll_output() else { panic!("no answer") };
/// assert!(matches!(Frame::decode(&bytes), Ok(Frame::Welcome(_))));
/// ```
pub struct Switchboard {
    config: Config,
    auth: Box<dyn Authenticator>,
    backend: Box<dyn Backend>,
    rng: StdRng,
    started: u64,
    now: u64,
    wall: u64,
    stopped: bool,
    links: Links,
    /// The link of each device that is here: one at a time.
    online: HashMap<u64, ConnId>,
    admitted: Admitted,
    outputs: VecDeque<Output>,
    stats: Stats,
    /// When it was last told that there are too many links: in all, and of one address.
    full: Told,
    crowded: Told,
}

impl fmt::Debug for Switchboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Switchboard")
            .field("now", &self.now)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl Switchboard {
    /// A relay that starts at `now`. The random bytes of its Welcomes come from `seed`: give another one to
    /// each, from the operating system but for tests.
    pub fn new(
        now: u64,
        seed: [u8; 32],
        config: Config,
        auth: Box<dyn Authenticator>,
        backend: Box<dyn Backend>,
    ) -> Self {
        let config = config.bounded();
        Self {
            admitted: Admitted::new(config.admitted),
            config,
            auth,
            backend,
            rng: StdRng::from_seed(seed),
            started: now,
            now,
            wall: 0,
            stopped: false,
            links: Links::default(),
            online: HashMap::new(),
            outputs: VecDeque::new(),
            stats: Stats::default(),
            full: Told::default(),
            crowded: Told::default(),
        }
    }

    /// Sets the wall clock, in seconds after 1970. It stands still until it is set again.
    pub fn set_wall_clock(&mut self, seconds: u64) {
        self.wall = seconds;
    }

    /// A link was opened. It is closed at once if there are too many, or if the relay is stopping. If the
    /// name was in use, that link is gone.
    pub fn connect(&mut self, now: u64, conn: ConnId) {
        self.open(now, conn, None);
    }

    /// As [`connect`](Self::connect), from that address, which may have only so many links:
    /// [`Config::strangers_per_address`] and [`Config::connections_per_address`].
    pub fn connect_from(&mut self, now: u64, conn: ConnId, address: IpAddr) {
        self.open(now, conn, Some(address.into()));
    }

    fn open(&mut self, now: u64, conn: ConnId, from: Option<Network>) {
        self.disconnect(now, conn);
        let crowd = from.and_then(|from| Some((from, self.links.networks().limit(from, &self.config)?)));
        let full = self.links.len() >= self.config.connections;
        self.links.open(conn, from, self.now, &self.config);
        self.stats.links = self.links.len() as u64;
        if self.stopped {
            self.close(conn, Refusal::Stopping);
        } else if let Some((from, limit)) = crowd {
            self.count_crowded(from, limit);
            self.close(conn, Refusal::Busy);
        } else if full {
            if self.full.again(self.now) {
                tracing::warn!(limit = self.config.connections, "not let in: too many links");
            }
            self.close(conn, Refusal::Busy);
        }
    }

    /// How many links there are from there.
    pub(crate) fn links_from(&self, network: Network) -> usize {
        self.links.networks().links(network)
    }

    /// A link was turned away because of how many there are from there.
    pub(crate) fn count_crowded(&mut self, from: Network, limit: &'static str) {
        self.stats.crowded += 1;
        if self.crowded.again(self.now) {
            tracing::warn!(%from, limit, crowded = self.stats.crowded, "not let in: too many links from one address");
        }
    }

    /// A frame came. Nothing happens if the link is closed already.
    pub fn frame(&mut self, now: u64, conn: ConnId, bytes: &[u8]) {
        self.advance(now);
        if !self.links.heard(conn, self.now) {
            return;
        }
        self.stats.frames_in += 1;
        let too_large = bytes.len() > self.config.frame;
        match Frame::decode(bytes) {
            // What it is about is told, and the link goes on.
            Ok(Frame::Send(send)) if too_large && self.links.sender(conn).is_some() => {
                self.refuse(conn, Refused { key: Some(send.key), ver: send.ver, reason: Refusal::TooLarge });
            }
            _ if too_large => self.close(conn, Refusal::TooLarge),
            Ok(frame) => self.handle(conn, frame),
            Err(DecodeError::Version { .. }) => self.close(conn, Refusal::Version),
            Err(_) => self.close(conn, Refusal::Malformed),
        }
    }

    /// A frame was announced that is larger than [`Config::frame`], so that nobody read it.
    pub fn oversize(&mut self, now: u64, conn: ConnId) {
        self.advance(now);
        if self.links.heard(conn, self.now) {
            self.close(conn, Refusal::TooLarge);
        }
    }

    /// The link is gone. Nothing happens if it was closed already.
    pub fn disconnect(&mut self, now: u64, conn: ConnId) {
        self.advance(now);
        self.unlink(conn);
    }

    /// The link is gone because its device does not read what is sent to it. Nothing happens if it was closed already.
    pub fn overrun(&mut self, now: u64, conn: ConnId) {
        self.advance(now);
        if !self.links.heard(conn, self.now) {
            return;
        }
        self.stats.overrun += 1;
        let sender = self.unlink(conn);
        let (user, device) = sender.map(|sender| (sender.user, sender.device)).unzip();
        // In the span of whoever wrote to it last it would seem to be that one's.
        tracing::warn!(parent: None, conn = conn.0, ?user, ?device, "the device does not read: its link ends");
    }

    /// Time has passed: ends what is due. To be called at [`next_deadline`](Self::next_deadline) or later.
    pub fn tick(&mut self, now: u64) {
        self.advance(now);
        self.links.forget_left(self.now, &self.config);
        while let Some(conn) = self.links.next_overdue(self.now, &self.config) {
            if self.links.sender(conn).is_none() {
                self.close(conn, Refusal::Hello);
                continue;
            }
            self.stats.silent += 1;
            let sender = self.unlink(conn);
            tracing::debug!(conn = conn.0, user = ?sender.map(|sender| sender.user), "silent");
            self.outputs.push_back(Output::Close { conn, reason: Closed::Silent });
        }
    }

    /// Tells all links that the relay is stopping, and closes them; those that come later, too.
    pub fn stop(&mut self, now: u64) {
        self.advance(now);
        self.stopped = true;
        for conn in self.links.all() {
            self.close(conn, Refusal::Stopping);
        }
    }

    /// What is to be done next; none when all is done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`tick`](Self::tick) is due; it may turn out to have nothing to do. None while nothing waits.
    pub fn next_deadline(&self) -> Option<u64> {
        [self.links.next_deadline(), self.backend.next_expiry()].into_iter().flatten().min()
    }

    /// What was counted so far.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// What it holds now.
    pub fn holdings(&self) -> Holdings {
        Holdings {
            links: self.links.len(),
            online: self.online.len(),
            devices: self.backend.device_count(),
            groups: self.backend.group_count(),
            kept_bytes: self.backend.kept_bytes(),
        }
    }

    /// The limits.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Ends the relay without a word, and gives back what it remembers: for one that starts again with it.
    pub fn into_backend(self) -> Box<dyn Backend> {
        self.backend
    }

    fn advance(&mut self, now: u64) {
        self.now = self.now.max(now);
        self.stats.expired += self.backend.expire(self.now) as u64;
    }

    fn handle(&mut self, conn: ConnId, frame: Frame<'_>) {
        match frame {
            Frame::Hello(hello) => return self.hello(conn, &hello),
            Frame::Pong(number) => return self.pong(conn, number),
            _ => {}
        }
        let Some(sender) = self.links.sender(conn).cloned() else {
            return self.too_early(conn);
        };
        match frame {
            Frame::Send(send) => self.send(conn, &sender, &send),
            Frame::Group(request) => self.group(conn, &sender.user, &request),
            Frame::Ping(number) => self.put(conn, encode::small(&Frame::Pong(number))),
            _ => self.close(conn, Refusal::Malformed),
        }
    }

    fn too_early(&mut self, conn: ConnId) {
        if !self.links.stray(conn) {
            return self.close(conn, Refusal::Hello);
        }
        self.refuse(conn, Refused { key: None, ver: 0, reason: Refusal::Hello });
    }

    /// Whether the relay may have forgotten devices and groups.
    fn warming_up(&self) -> bool {
        !self.backend.durable() && self.now < self.started.saturating_add(u64::from(self.config.warm_up))
    }

    fn put(&mut self, conn: ConnId, bytes: Bytes) {
        self.stats.frames_out += 1;
        self.outputs.push_back(Output::Frame { conn, bytes });
    }

    fn refuse(&mut self, conn: ConnId, refused: Refused) {
        self.stats.refuse(refused.reason);
        self.put(conn, encode::small(&Frame::Refused(refused)));
    }

    /// Refuses the link itself.
    fn close(&mut self, conn: ConnId, reason: Refusal) {
        tracing::debug!(conn = conn.0, %reason, "refused");
        self.refuse(conn, Refused { key: None, ver: 0, reason });
        self.unlink(conn);
        self.outputs.push_back(Output::Close { conn, reason: Closed::Refused(reason) });
    }

    /// Forgets the link; whose it was.
    fn unlink(&mut self, conn: ConnId) -> Option<Sender> {
        let sender = self.links.close(conn, self.now, &self.config);
        if let Some(sender) = &sender {
            self.online.remove(&{ sender.device.id });
        }
        self.stats.links = self.links.len() as u64;
        sender
    }
}
