//! Device to device, without a relay (protocol section 4): datagrams, such as those of UDP.

use core::convert::Infallible;

use embassy_futures::select::{Either3, select3};
use embassy_futures::yield_now;
use signaling_core::direct::{Config, Direct, PeerError, data_limit};
use signaling_core::{InviteId, UserId};

use crate::clock;
use crate::link_error::LinkError;
use crate::runner::Runner;
#[cfg(feature = "seal")]
use crate::seal::{CryptoRngCore, SealedError, SealedPeer, Seals};
use crate::shared::Core;

/// The most peers of a device.
pub const MAX_PEERS: usize = 4;
/// What goes through each network without being cut into pieces, in bytes.
const DATAGRAM: usize = 1_200;
/// What a peer sends without asking, in bytes.
#[cfg(feature = "seal")]
const LEAST: usize = 256;

/// Carries datagrams between this device and its peers. They may be lost, doubled and shuffled, but not cut.
pub trait Datagrams {
    /// Sends one to the peer of that number, from 0 on. What cannot be sent is lost, and said again. It may be
    /// dropped at any time.
    fn send(&mut self, peer: usize, datagram: &[u8]) -> impl Future<Output = ()>;

    /// Waits for one of a peer; its length, and the peer's number. Dropped, it has taken none.
    fn receive(&mut self, buf: &mut [u8]) -> impl Future<Output = (usize, usize)>;
}

/// What is done to datagrams before they are sent, and when they came.
pub(crate) trait Cover {
    /// Bytes that each of them gets.
    const OVERHEAD: usize;

    /// What is to be sent to a peer for a frame, in `out` if it is not the frame itself; nothing if it is empty.
    fn cover<'b>(&mut self, peer: usize, frame: &'b [u8], out: &'b mut [u8]) -> &'b [u8];

    /// What comes out of a datagram of a peer.
    fn uncover<'d, 'o>(&mut self, peer: usize, datagram: &'d mut [u8], out: &'o mut [u8]) -> Came<'d, 'o>;
}

/// What comes out of a datagram.
#[cfg_attr(not(feature = "seal"), expect(dead_code, reason = "without a seal there are frames only"))]
pub(crate) enum Came<'d, 'o> {
    Frame(&'d [u8]),
    /// To be sent back, unless it is empty.
    Reply(&'o [u8]),
    /// For that reason, if somebody has to look into it.
    Nothing(Option<LinkError>),
}

/// Everybody may read and make them.
struct Plain;

impl Cover for Plain {
    const OVERHEAD: usize = 0;

    fn cover<'b>(&mut self, _: usize, frame: &'b [u8], _: &'b mut [u8]) -> &'b [u8] {
        frame
    }

    fn uncover<'d, 'o>(&mut self, _: usize, datagram: &'d mut [u8], _: &'o mut [u8]) -> Came<'d, 'o> {
        Came::Frame(datagram)
    }
}

impl Runner<'_> {
    /// Runs without a relay, for ever: with one device of each of these users, up to [`MAX_PEERS`]. To be spawned
    /// as a task, in place of [`run`](Self::run). Only these users can be invited; the link counts as up while at
    /// least one of them is there.
    ///
    /// **Nothing is protected**: whoever can send datagrams that seem to come from a peer is that peer. With the
    /// feature `seal`, `run_sealed` protects.
    ///
    /// A datagram has up to `FRAME` bytes, and 1200 at most. Data that would not fit into 1200 is refused by the call that
    /// brings it (`DataTooLong`, with the limit: 432 bytes for one invitee); what does not fit into `FRAME` is answered
    /// with "too large".
    ///
    /// A peer that is another user or device than it is to be, or has the id of this very device, is told of once while the
    /// link is down: as [`LinkError::Stranger`](crate::LinkError::Stranger) or
    /// [`LinkError::SameDevice`](crate::LinkError::SameDevice).
    ///
    /// Cancel safe as [`run`](Self::run) is.
    ///
    /// # Errors
    /// [`PeerError`], before anything is sent: two of them are the same, or there are too many.
    pub async fn run_direct(
        &mut self,
        peers: &[UserId],
        datagrams: &mut impl Datagrams,
    ) -> Result<Infallible, PeerError> {
        let mut direct = self.link(peers.iter(), Plain::OVERHEAD)?;
        Ok(self.carry(&mut direct, &mut Plain, datagrams).await)
    }

    /// As [`run_direct`](Self::run_direct), but sealed: only who has a peer's key can make and read what is said between
    /// the two, and nothing else is taken ([what is protected](crate::seal)).
    ///
    /// A datagram has up to `FRAME` bytes, and 1200 at most, of which sealing takes 25: the limit of data is 419 bytes for
    /// one invitee. A `FRAME` of 33 bytes more than [`frame_size`](crate::frame_size) holds all that is not refused.
    ///
    /// A peer with another key, or none, is told of, once a minute at most: as [`LinkError::Seal`](crate::LinkError::Seal)
    /// while the link is down, and in the log.
    ///
    /// Cancel safe as [`run`](Self::run) is. Sessions stay in `peers`, and go on if it is run again.
    ///
    /// # Errors
    /// [`SealedError`], before anything is sent.
    #[cfg(feature = "seal")]
    pub async fn run_sealed(
        &mut self,
        peers: &mut [SealedPeer],
        datagrams: &mut impl Datagrams,
        random: &mut dyn CryptoRngCore,
    ) -> Result<Infallible, SealedError> {
        if self.rx.len() < LEAST + Seals::OVERHEAD {
            return Err(SealedError::Frame);
        }
        let mut direct = self.link(peers.iter().map(|peer| &peer.user), Seals::OVERHEAD)?;
        let own = self.core.engine.borrow().config().user.clone();
        let mut seals = Seals::new(own, peers, random);
        Ok(self.carry(&mut direct, &mut seals, datagrams).await)
    }

    /// A link to these users.
    fn link<'u>(
        &self,
        users: impl Iterator<Item = &'u UserId>,
        overhead: usize,
    ) -> Result<Direct<MAX_PEERS>, PeerError> {
        let largest = u32::try_from(self.rx.len().min(DATAGRAM) - overhead).unwrap_or(u32::MAX);
        self.core.shared.datagram.set(DATAGRAM - overhead);
        let (label, seed) = (self.core.shared.label.clone(), self.core.engine.borrow().config().seed);
        let mut direct = Direct::new(Config { label, largest, seed, ..Config::default() });
        for user in users {
            direct.add_peer(user.clone(), None)?;
        }
        Ok(direct)
    }

    async fn carry(
        &mut self,
        direct: &mut Direct<MAX_PEERS>,
        cover: &mut impl Cover,
        datagrams: &mut impl Datagrams,
    ) -> Infallible {
        let Self { core, rx, tx, reply } = self;
        loop {
            core.direct_time(direct);
            while let Some(sent) = core.poll_direct(direct, tx) {
                let frame = tx.get(..sent.len).unwrap_or_default();
                for peer in sent.to.iter().map(usize::from) {
                    send(datagrams, peer, cover.cover(peer, frame, reply)).await;
                }
            }
            let next = core.direct_deadline(direct);
            match select3(datagrams.receive(rx), clock::at(next), core.shared.send.wait()).await {
                Either3::First((len, peer)) => {
                    let datagram = rx.get_mut(..len).unwrap_or_default();
                    match cover.uncover(peer, datagram, tx) {
                        Came::Frame(frame) => {
                            let len = core.hear_direct(direct, peer, frame, reply);
                            if len > 0 {
                                let answer = reply.get(..len).unwrap_or_default();
                                send(datagrams, peer, cover.cover(peer, answer, tx)).await;
                            }
                        }
                        Came::Reply(datagram) => send(datagrams, peer, datagram).await,
                        Came::Nothing(trouble) => core.direct_trouble(trouble),
                    }
                    // Datagrams without a pause must not keep the others of this executor waiting.
                    yield_now().await;
                }
                Either3::Second(()) => core.woke(),
                Either3::Third(()) => {}
            }
        }
    }
}

impl Core<'_> {
    /// Whether that data about an invitation fits into datagrams; how much does, if not.
    pub(crate) fn fits(&self, id: InviteId, data: &[u8]) -> Result<(), usize> {
        let mut engine = self.engine.borrow_mut();
        let invitees = (0..u8::MAX).take_while(|slot| engine.outcome(id, *slot).is_some()).count();
        self.fits_new(invitees.max(1), data)
    }

    /// The same for an invitation that is made.
    pub(crate) fn fits_new(&self, invitees: usize, data: &[u8]) -> Result<(), usize> {
        let limit = data_limit(self.shared.datagram.get(), invitees);
        if data.len() > limit { Err(limit) } else { Ok(()) }
    }
}

async fn send(datagrams: &mut impl Datagrams, peer: usize, datagram: &[u8]) {
    if !datagram.is_empty() {
        datagrams.send(peer, datagram).await;
    }
}
