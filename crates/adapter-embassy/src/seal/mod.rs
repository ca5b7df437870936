//! Datagrams that only who has the key can make and read, on the wire what `adapter-std` makes of a link with a key.
//!
//! ```no_run
//! # use adapter_embassy::net::Udp;
//! use adapter_embassy::{Runner, UserId};
//! use adapter_embassy::seal::{PresharedKey, SealedPeer};
//! # use adapter_embassy::seal::CryptoRngCore;
//!
//! /// What both sides were given, as from `head -c 32 /dev/urandom | base64 > call.key`.
//! # const KEY: &[u8] = b"32 bytes and more that nobody can guess";
//! # /*
//! const KEY: &[u8] = include_bytes!("call.key");
//! # */
//!
//! /// A task of the board. At the other end: `signaling listen --as bob --peer udp://door@… --psk-file call.key`.
//! async fn link(mut runner: Runner<'static>, mut udp: Udp<'static>, mut trng: impl CryptoRngCore) {
//!     let mut peers = [SealedPeer::new(UserId::new("bob").unwrap(), PresharedKey::of_file(KEY).unwrap())];
//!     runner.run_sealed(&mut peers, &mut udp, &mut trng).await.unwrap();
//! }
//! ```
//!
//! **What is protected.** Every datagram is sealed (Noise `NNpsk0`: Curve25519, ChaCha20-Poly1305, BLAKE2s). Who does not
//! have the key can neither read nor change nor make one, nor have a recorded one taken a second time, now or after a
//! restart. A key that gets out later does not open what was recorded before. But whoever has the key *can* be either
//! side, so give each pair of users a key of its own; and who holds the board can read its key out of the flash, unless the
//! chip keeps him from it. It hides neither who talks to whom, nor when, nor how much. Who is on the way can always keep
//! datagrams from arriving; and who only listens, and can send as the peer does, can play a recorded question just when a
//! session begins, which then takes 5 s more, each time. A session in which datagrams arrive he cannot end. Anybody can send
//! what looks like a peer without the key: a [`SealTrouble`] is a hint, not a proof.
//!
//! **The random numbers** have to be true ones, as for TLS: with numbers that can be guessed, a key that gets out opens
//! what was recorded, and sessions that use the same ones twice can be read and replayed.
//!
//! **What it takes.** No heap, and no memory for frames beside the runner's. 25 bytes of each datagram. A session begins
//! with two multiplications on the curve on each side, 1.5 million instructions each on a Cortex-M3, during which the executor
//! does nothing else. Who does not have the key can make it do them again: with a recorded question, or with any answer while
//! one is waited for. Where keys are kept they are overwritten when they are of no more use; what the stack held of them
//! meanwhile is not.

mod key;
mod noise;
mod peer;
mod session;
mod trouble;

use signaling_core::UserId;

use crate::clock::now;
use crate::direct::{Came, Cover};
use crate::link_error::LinkError;
use crate::log::log;

pub use key::{PresharedKey, ShortKey};
pub use peer::SealedPeer;
use peer::{Opened, Own, Unopened};
pub use rand_core::CryptoRngCore;
pub use trouble::{SealTrouble, SealedError};

/// A trouble that goes on is logged so often, in ms.
const AGAIN: u64 = 60_000;

/// Seals what goes, and opens what comes.
pub(crate) struct Seals<'a> {
    own: UserId,
    peers: &'a mut [SealedPeer],
    random: &'a mut dyn CryptoRngCore,
    /// Until when no trouble is logged.
    quiet: u64,
}

impl<'a> Seals<'a> {
    pub(crate) fn new(own: UserId, peers: &'a mut [SealedPeer], random: &'a mut dyn CryptoRngCore) -> Self {
        Self { own, peers, random, quiet: 0 }
    }

    fn find(&mut self, number: usize) -> Option<(&mut SealedPeer, Own<'_>)> {
        let own = Own { user: &self.own, random: &mut *self.random };
        Some((self.peers.get_mut(number)?, own))
    }

    fn unopened(&mut self, peer: usize, why: Unopened) -> Option<LinkError> {
        let Unopened::Trouble(trouble) = why else {
            log!(debug, "a datagram was not opened: {}", why);
            return None;
        };
        let error = LinkError::Seal { peer, trouble };
        if now() >= self.quiet {
            log!(warn, "{}", error);
            self.quiet = now().saturating_add(AGAIN);
        }
        Some(error)
    }
}

impl Cover for Seals<'_> {
    const OVERHEAD: usize = session::OVERHEAD;

    fn cover<'b>(&mut self, number: usize, frame: &'b [u8], out: &'b mut [u8]) -> &'b [u8] {
        let Some((peer, mut own)) = self.find(number) else { return &[] };
        let len = peer.seal(now(), &mut own, frame, out);
        out.get(..len.unwrap_or(0)).unwrap_or_default()
    }

    fn uncover<'d, 'o>(&mut self, number: usize, datagram: &'d mut [u8], out: &'o mut [u8]) -> Came<'d, 'o> {
        let Some((peer, mut own)) = self.find(number) else { return Came::Nothing(None) };
        match peer.open(&mut own, datagram, out) {
            Ok(Opened::Frame(len)) => Came::Frame(
                datagram.get(session::HEAD..).and_then(|rest| rest.get(..len)).unwrap_or_default(),
            ),
            Ok(Opened::Reply(len)) => Came::Reply(out.get(..len).unwrap_or_default()),
            Err(why) => Came::Nothing(self.unopened(number, why)),
        }
    }
}
