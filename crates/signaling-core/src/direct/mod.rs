//! Device to device, without a relay: each side is the other's relay, one with a single device, itself
//! (protocol section 4).
//!
//! A [`Direct`] stands between an [`Engine`] and a socket that carries datagrams. It says Hello and is
//! welcomed, draws an epoch for a device that has none, pings, and notices a peer that fell silent or started
//! anew. What the engine sends goes to the peers whose users are meant; each of them answers with a Fanout as a
//! relay does, so that what got lost on the way is sent again. Users who are no peer's can be reached by
//! nobody, and are refused for good; other devices of one's own user do not exist.
//!
//! **A datagram** is one frame, and behind it 12 bytes: the run that says it, id and epoch, little end first.
//! So a late datagram of a run that is over is never taken for one of the next. Frames are what they are
//! towards a relay, with one exception: a Send that is larger than the peer takes goes without its body, and
//! then means what a Deliver without a body means. The answer to it is Full(TooLarge).
//!
//! **What is protected**: nothing. Whoever can send datagrams from the address of a peer is that peer. Seal
//! the datagrams (as `adapter-std` does when it is given a key) where that is not good enough. A group is what
//! the peer says it is; nobody vouches for it.
//!
//! ```
//! use signaling_core::direct::{Config as Link, Direct};
//! use signaling_core::{Config, Device, FixedEngine, Invite, UserId, What};
//!
//! type Phone = FixedEngine<4, 2, 2, 64>;
//!
//! /// A phone, and its link to one peer.
//! fn phone(user: &str, id: u64, peer: &str) -> (Phone, Direct<1>) {
//!     let config = Config::new(UserId::new(user).unwrap(), Device { id, epoch: 1 });
//!     let mut link = Direct::new(Link { seed: id, ..Link::default() });
//!     link.add_peer(UserId::new(peer).unwrap(), None).unwrap();
//!     (Phone::new(config, Default::default()), link)
//! }
//!
//! /// What a driver does: all that is to be sent, goes to the socket; here, straight to the other side.
//! fn carry(now: u64, from: &mut (Phone, Direct<1>), to: &mut (Phone, Direct<1>)) {
//!     let (mut buf, mut reply) = ([0; 1200], [0; 1200]);
//!     while let Some(sent) = from.1.poll_transmit(now, &mut from.0, &mut buf) {
//!         let answer = to.1.handle_datagram(now, &mut to.0, 0, &buf[..sent.len], &mut reply).unwrap();
//!         if answer > 0 {
//!             from.1.handle_datagram(now, &mut from.0, 0, &reply[..answer], &mut buf).unwrap();
//!         }
//!     }
//! }
//!
//! let (mut alice, mut bob) = (phone("alice", 1, "bob"), phone("bob", 2, "alice"));
//! let id = alice.0.invite(0, &Invite { invitees: &["bob"], timeout: Some(30_000), ..Invite::default() })?;
//! for _ in 0..3 {
//!     carry(0, &mut alice, &mut bob);
//!     carry(0, &mut bob, &mut alice);
//! }
//! assert_eq!(bob.0.poll_event().unwrap().what, What::New);
//! bob.0.accept(900, id, b"")?;
//! carry(900, &mut bob, &mut alice);
//! let told = std::iter::from_fn(|| alice.0.poll_event().map(|event| event.what)).collect::<Vec<_>>();
//! assert!(told.contains(&What::Delivered) && told.contains(&What::Accepted { slot: 0 }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod datagram;
mod error;
mod input;
mod local;
mod output;
mod peer;
mod random;

pub use datagram::{TRAILER, data_limit};
pub use error::{Ignored, PeerError};

use crate::engine::{Engine, Payload, Row, Storage};
use crate::machine::Mask;
use crate::name::{Label, UserId};
use crate::wire::Refusal;
use peer::Peer;
use random::Random;

/// How one side of a direct link behaves. All times in ms.
#[derive(Clone, Debug)]
pub struct Config {
    /// What people call this device; peers see it where it answers.
    pub label: Label,
    /// The largest datagram that is sent and taken, in bytes: at least 256. 1200 pass everywhere, up to 65 507
    /// fit into IP, in fragments. What is larger is told as Full(TooLarge), see [`data_limit`].
    pub largest: u32,
    /// A peer that says nothing for so long is gone. It is asked three times in that time. At least 300.
    pub silence: u32,
    /// The first interval after which an unanswered Hello is repeated; it doubles, ±20 %.
    pub hello_first: u32,
    /// The longest such interval.
    pub hello_most: u32,
    /// Spreads the repeats, and gives a peer without a source of its own its epoch: a random number, another at
    /// each start.
    pub seed: u64,
}

impl Default for Config {
    /// No label, datagrams of 1200 bytes, 9 s of silence, Hello after 200 ms to 4 s, and no seed.
    fn default() -> Self {
        Self {
            label: Label::default(),
            largest: 1_200,
            silence: 9_000,
            hello_first: 200,
            hello_most: 4_000,
            seed: 0,
        }
    }
}

/// What a link did since it was made; only ever counts up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Counters {
    /// Datagrams that did nothing.
    pub ignored: u32,
    /// Datagrams of somebody else than the peer, or of a run of it that is over.
    pub strangers: u32,
    /// Messages larger than a peer takes: they went without their body, or without the data of an answer.
    pub oversize: u32,
    /// How often a peer fell silent.
    pub silences: u32,
}

/// A datagram to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transmit {
    /// How many bytes of the buffer it takes.
    pub len: usize,
    /// To which peers, by number; to each the same bytes.
    pub to: Mask,
}

/// The links of one device to up to `N` peers (64 at most), each of another user. Sans-IO: time is an argument,
/// in ms of the clock that also drives the engine.
///
/// **How to drive it.** Give it each datagram with [`handle_datagram`](Self::handle_datagram), and send what
/// that writes as an answer. After that, and after each command of the engine, empty
/// [`poll_transmit`](Self::poll_transmit), then the engine's [`poll_event`](Engine::poll_event), and sleep until
/// [`poll_timeout`](Self::poll_timeout), a datagram or a command; when it is time, call
/// [`handle_timeout`](Self::handle_timeout). The engine's own outputs and inputs for frames, links and time
/// are not to be used beside these.
#[derive(Debug)]
pub struct Direct<const N: usize> {
    config: Config,
    peers: heapless::Vec<Peer, N>,
    counters: Counters,
    random: Random,
}

/// A peer as this side knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeerView<'a> {
    /// Its user.
    pub user: &'a str,
    /// Its device, in the run that said Hello last; none before that.
    pub run: Option<crate::Device>,
    /// What people call that device.
    pub label: &'a str,
    /// Whether both know each other, and it was heard not long ago.
    pub up: bool,
    /// Why it refused the link, if it did and is not up.
    pub refused: Option<Refusal>,
}

impl<const N: usize> Direct<N> {
    /// A link without peers.
    pub fn new(config: Config) -> Self {
        let largest = config.largest.max(256);
        let silence = config.silence.max(300);
        let random = Random(config.seed);
        Self {
            config: Config { largest, silence, ..config },
            peers: heapless::Vec::new(),
            counters: Counters::default(),
            random,
        }
    }

    /// Adds a peer: a device of that user, and if `device` is given, that device and no other. Returns its
    /// number, counted from 0.
    ///
    /// # Errors
    /// [`PeerError`]; nothing changed.
    pub fn add_peer(&mut self, user: UserId, device: Option<u64>) -> Result<usize, PeerError> {
        let number = self.peers.len();
        if self.find(user.as_str()).is_some() {
            return Err(PeerError::Repeated);
        }
        let peer = Peer::new(user, device, self.config.hello_first);
        // A mask has 64 places.
        let room = number < 64;
        room.then_some(()).and_then(|()| self.peers.push(peer).ok()).ok_or(PeerError::Full)?;
        Ok(number)
    }

    /// The peer of that number.
    pub fn peer(&self, number: usize) -> Option<PeerView<'_>> {
        let peer = self.peers.get(number)?;
        Some(PeerView {
            user: peer.user.as_str(),
            run: peer.run,
            label: peer.label.as_str(),
            up: peer.up(),
            refused: peer.refused,
        })
    }

    /// Whether at least one peer is up.
    pub fn is_up(&self) -> bool {
        self.peers.iter().any(Peer::up)
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next; none for never.
    pub fn poll_timeout<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize>(
        &self,
        engine: &Engine<S, P, I, D>,
    ) -> Option<u64> {
        let peers = self.peers.iter().map(|peer| peer.deadline(self.config.silence));
        peers.chain(engine.poll_timeout()).min()
    }

    /// Lets the engine's timers go off, and notices peers that fell silent. The rest is for
    /// [`poll_transmit`](Self::poll_transmit).
    pub fn handle_timeout<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize>(
        &mut self,
        now: u64,
        engine: &mut Engine<S, P, I, D>,
    ) {
        engine.handle_timeout(now);
        for peer in &mut self.peers {
            if peer.fell_silent(now, &self.config) {
                self.counters.silences = self.counters.silences.saturating_add(1);
            }
        }
    }

    fn find(&self, user: &str) -> Option<usize> {
        self.peers.iter().position(|peer| peer.user.as_str() == user)
    }
}

/// The peer of that number, as a set.
fn one(number: usize) -> Mask {
    u8::try_from(number).map(Mask::one).unwrap_or_default()
}
