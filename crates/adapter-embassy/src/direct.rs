//! Device to device, without a relay (protocol section 4): datagrams, such as those of UDP.

use core::convert::Infallible;

use embassy_futures::select::{Either3, select3};
use signaling_core::UserId;
use signaling_core::direct::{Config, Direct, PeerError};

use crate::clock;
use crate::runner::Runner;
use crate::shared::Core;

/// The most peers of a device.
pub const MAX_PEERS: usize = 4;
/// What goes through each network without being cut into pieces, in bytes.
const DATAGRAM: usize = 1_200;

/// Carries datagrams between this device and its peers. They may be lost, doubled and shuffled, but not cut.
pub trait Datagrams {
    /// Sends one to the peer of that number, from 0 on. What cannot be sent is lost, and said again. It may be
    /// dropped at any time.
    fn send(&mut self, peer: usize, datagram: &[u8]) -> impl Future<Output = ()>;

    /// Waits for one of a peer; its length, and the peer's number. Dropped, it has taken none.
    fn receive(&mut self, buf: &mut [u8]) -> impl Future<Output = (usize, usize)>;
}

impl Runner<'_> {
    /// Runs without a relay, for ever: with one device of each of these users, up to [`MAX_PEERS`]. To be spawned
    /// as a task, in place of [`run`](Self::run). Only these users can be invited; the link counts as up while at
    /// least one of them is there.
    ///
    /// **Nothing is protected**: whoever can send datagrams that seem to come from a peer is that peer.
    ///
    /// A datagram has up to `FRAME` bytes, and 1200 at most; what is larger is answered with "too large".
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
        let Self { core, rx, tx, reply } = self;
        let mut direct = link(core, peers, rx.len())?;
        loop {
            core.direct_time(&mut direct);
            while let Some(sent) = core.poll_direct(&mut direct, tx) {
                for peer in sent.to.iter() {
                    datagrams.send(peer.into(), tx.get(..sent.len).unwrap_or_default()).await;
                }
            }
            let next = core.direct_deadline(&direct);
            match select3(datagrams.receive(rx), clock::at(next), core.shared.send.wait()).await {
                Either3::First((len, peer)) => {
                    let datagram = rx.get(..len).unwrap_or_default();
                    let len = core.hear_direct(&mut direct, peer, datagram, reply);
                    if let Some(answer) = reply.get(..len).filter(|answer| !answer.is_empty()) {
                        datagrams.send(peer, answer).await;
                    }
                }
                Either3::Second(()) => core.woke(),
                Either3::Third(()) => {}
            }
        }
    }
}

fn link(core: &Core<'_>, peers: &[UserId], frame: usize) -> Result<Direct<MAX_PEERS>, PeerError> {
    let largest = u32::try_from(frame.min(DATAGRAM)).unwrap_or(u32::MAX);
    let seed = core.engine.borrow().config().seed;
    let mut direct =
        Direct::new(Config { label: core.shared.label.clone(), largest, seed, ..Config::default() });
    for user in peers {
        direct.add_peer(user.clone(), None)?;
    }
    Ok(direct)
}
