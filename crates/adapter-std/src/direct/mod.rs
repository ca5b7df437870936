//! Links to other devices without a relay (protocol section 4): datagrams over UDP, sealed if there is a key.

mod end;
mod key;
mod seal;
mod serve;
mod socket;

use std::fmt;

use signaling_core::direct::{Config, Direct};
use signaling_core::{Label, UserId};

pub(crate) use serve::Link;

pub use key::{KeyError, PresharedKey};
pub use socket::{Datagrams, LookingUp, Opening, Receiving, Sending, Socket};

use seal::OVERHEAD;
use serve::PeerConfig;
use socket::UdpAddress;

/// The most peers of a client.
pub const MAX_PEERS: usize = 8;

/// What goes through each network without being cut into pieces, in bytes.
const DATAGRAM: usize = 1_200;
/// What fits into one datagram of UDP over IPv4.
const MOST: usize = 65_507;
/// What every frame of a link fits into.
const LEAST: usize = 512;

/// A link to other devices, without a relay: [`ClientBuilder::direct`](crate::ClientBuilder::direct).
///
/// ```
/// use adapter_std::{Client, Peer, Peers, PresharedKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = PresharedKey::new(b"32 bytes and more that nobody can guess")?;
/// // Mostly: let key = PresharedKey::read("call.key")?;
/// let peers = Peers::udp("127.0.0.1:0").peer(Peer::new("bob", "192.0.2.7:7500").key(key));
/// let client = Client::builder("alice").direct(peers).build()?;
/// client.connect();
/// # client.close().await;
/// # Ok(())
/// # }
/// ```
///
/// Each side names the other: where it is, and which user it is to be. Calls, answers and events are as with a
/// relay, with these differences. Only the peers can be invited; anybody else is
/// [`Unreachable`](crate::Reason::Unreachable) at once. Nothing is kept for who is not there: he is rung when he comes, while the
/// invitation is pending. There are no groups to make and join; the name of a group in an invitation is what
/// the peer says. Nobody shows push info, so none is sent.
///
/// # What is protected
///
/// **Without a key, nothing.** Whoever can send datagrams that seem to come from a peer's address is that peer,
/// and whoever is on the way reads and changes everything.
///
/// **With a key** every datagram is sealed (Noise `NNpsk0`: Curve25519, ChaCha20-Poly1305, BLAKE2s). Who does
/// not have the key can neither read nor change nor make one, nor have a recorded one taken a second time, now
/// or after a restart. A key that gets out later does not open what was recorded before. But whoever has the
/// key *can* be either side, so give each pair of users a key of its own. It hides neither who talks to whom,
/// nor when, nor how much. Who is on the way can always keep datagrams from arriving; and who only listens, and can
/// send as the peer does, can play a recorded question just when a session begins, which then takes some seconds more.
///
/// # How large
///
/// A datagram has at most 1200 bytes, unless [`datagram`](Self::datagram) says otherwise. Data that would not
/// fit is refused by the call that brings it (`DataTooLong`, with the limit: 419 bytes for one invitee with a
/// key). If only the peer's limit is smaller, it cannot ring and says so (`Full`, too large), or the outcome
/// of an answer arrives without its data. Nothing is lost in silence.
pub struct Peers {
    datagrams: Box<dyn Datagrams>,
    peers: Vec<Peer>,
    datagram: usize,
}

/// The device at the other end of a direct link.
#[derive(Debug)]
pub struct Peer {
    user: String,
    address: String,
    key: Option<PresharedKey>,
}

impl Peer {
    /// A device of that user, at `host:port`. A name is looked up when the link is made; and again when the peer falls
    /// silent, then after 10 s, 20 s, 40 s and each minute until it answers, whether or not others do. Nobody waits for
    /// that. Of several addresses up to four are tried at once, and the one that answers is used. A peer that moves
    /// is found when its name says so; from an address that was not found nothing is taken, even sealed.
    pub fn new(user: impl Into<String>, address: impl Into<String>) -> Self {
        Self { user: user.into(), address: address.into(), key: None }
    }

    /// Seals every datagram with that key, and takes no other.
    #[must_use]
    pub fn key(mut self, key: PresharedKey) -> Self {
        self.key = Some(key);
        self
    }

    fn check(self) -> Result<PeerConfig, PeersError> {
        let Self { user, address, key } = self;
        let user = UserId::new(&user).map_err(PeersError::User)?;
        let port =
            address.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse());
        match port {
            Some(Ok(1u16..)) => Ok(PeerConfig { user, address, key }),
            _ => Err(PeersError::Address(address)),
        }
    }
}

/// Why a direct link cannot be what it is described as.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeersError {
    /// There is no peer.
    #[error("a direct link needs a peer")]
    NoPeer,
    /// Too many peers.
    #[error("more than {MAX_PEERS} peers")]
    TooMany,
    /// The name of a peer's user is no user id (V2TIM code 6017).
    #[error("bad name of a peer: {0}")]
    User(signaling_core::NameError),
    /// Two peers are devices of one user.
    #[error("there are two peers of the user {0}: only one device of each user can be a peer")]
    Repeated(UserId),
    /// The address is not of the form host:port.
    #[error("\"{0}\" is no address of a peer: write host:port")]
    Address(String),
    /// A datagram of that size cannot be.
    #[error("datagrams of {0} bytes: it must be from {LEAST} to {MOST}")]
    Datagram(usize),
}

impl Peers {
    /// Over UDP, from that address of this machine: `0.0.0.0:7500`, say, or `[::]:7500`.
    pub fn udp(bind: impl Into<String>) -> Self {
        Self::over(UdpAddress(bind.into()))
    }

    /// Over anything else that carries datagrams.
    pub fn over(datagrams: impl Datagrams) -> Self {
        Self { datagrams: Box::new(datagrams), peers: Vec::new(), datagram: DATAGRAM }
    }

    /// Adds a peer. There may be up to [`MAX_PEERS`], each of another user.
    #[must_use]
    pub fn peer(mut self, peer: Peer) -> Self {
        self.peers.push(peer);
        self
    }

    /// The largest datagram in bytes, from 512 to 65 507. Beyond 1200 IP may cut it into pieces, of which
    /// losing one loses all, and some networks drop pieces: fine on a LAN. 12 KB of data take 25 100 bytes.
    /// Default: 1200.
    #[must_use]
    pub fn datagram(mut self, bytes: usize) -> Self {
        self.datagram = bytes;
        self
    }

    /// Checks the description.
    pub(crate) fn link(self) -> Result<Link, PeersError> {
        if !(LEAST..=MOST).contains(&self.datagram) {
            return Err(PeersError::Datagram(self.datagram));
        }
        let sealed = self.peers.iter().any(|peer| peer.key.is_some());
        let limit = self.datagram - if sealed { OVERHEAD } else { 0 };
        let mut peers = Vec::<PeerConfig>::new();
        for peer in self.peers {
            let peer = peer.check()?;
            if peers.iter().any(|other| other.user == peer.user) {
                return Err(PeersError::Repeated(peer.user));
            }
            peers.push(peer);
        }
        match peers.len() {
            0 => Err(PeersError::NoPeer),
            1..=MAX_PEERS => Ok(Link { datagrams: self.datagrams, peers, limit }),
            _ => Err(PeersError::TooMany),
        }
    }
}

/// The core's half of a link, with these peers.
fn core<'u>(
    users: impl Iterator<Item = &'u UserId>,
    label: &Label,
    limit: usize,
    seed: u64,
) -> Direct<MAX_PEERS> {
    let largest = u32::try_from(limit).unwrap_or(u32::MAX);
    let mut direct = Direct::new(Config { label: label.clone(), largest, seed, ..Config::default() });
    for user in users {
        direct.add_peer(user.clone(), None).expect("the peers were counted and compared before");
    }
    direct
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peers")
            .field("datagrams", &self.datagrams)
            .field("peers", &self.peers)
            .finish_non_exhaustive()
    }
}
