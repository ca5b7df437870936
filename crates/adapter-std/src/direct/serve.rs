//! One direct link, for as long as its socket holds.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use signaling_core::direct::{Direct, Ignored, TRAILER};
use signaling_core::machine::State;
use signaling_core::wire::{DecodeError, MAX_FRAME};
use signaling_core::{Standing, UserId, View};
use tokio::net::lookup_host;
use tokio::time::{Instant, sleep};

use super::seal::{Opened, Seal, Unopened};
use super::socket::{Datagrams, Socket};
use super::{MAX_PEERS, PresharedKey, core, seal};
use crate::data::Data;
use crate::event::{LinkError, LinkEvent, PeerTrouble};
use crate::shared::{LinkState, Shared};

/// While nobody answers, names are looked up and sessions begun anew so often.
const ANEW: Duration = Duration::from_secs(10);
/// The clock is read at least so often: timers do not count while the machine sleeps.
const LOOK: u64 = 1_000;
/// Room for each datagram there can be.
const LARGEST: usize = 65_536;

/// A direct link as it was described, and checked.
#[derive(Debug)]
pub(crate) struct Link {
    pub(super) datagrams: Box<dyn Datagrams>,
    pub(super) peers: Vec<PeerConfig>,
    /// The largest datagram inside of the seal.
    pub(crate) limit: usize,
}

#[derive(Debug)]
pub(super) struct PeerConfig {
    pub(super) user: UserId,
    pub(super) address: String,
    pub(super) key: Option<PresharedKey>,
}

impl Link {
    /// Serves until the socket breaks. `Ok` means that the client is closing, and that what it had to say was
    /// heard.
    pub(crate) async fn serve(&self, shared: &Shared) -> Result<(), LinkError> {
        let no_socket = |error: io::Error| LinkError::Connect(error.kind(), error.to_string());
        let socket = self.datagrams.open().await.map_err(no_socket)?;
        // It spreads repeats and gives others an epoch: no secret.
        let seed = getrandom::u64().unwrap_or(shared.clock.now());
        let mut serving = Serving::new(self, shared, &*socket, seed);
        serving.look_up().await;
        let mut input = vec![0; LARGEST];
        loop {
            let closing = shared.is_last();
            // That there is a link is told before what it brings about.
            serving.report().await;
            serving.flush().await;
            if closing && (!serving.up || all_heard(shared)) {
                return Ok(());
            }
            tokio::select! {
                () = shared.send.notified() => {}
                () = sleep(serving.pause()) => serving.time(),
                received = socket.receive(&mut input) => match received {
                    Ok((len, from)) => serving.receive(&input[..len], from).await,
                    Err(error) if of_one(error.kind()) => tracing::debug!(%error, "a datagram was not taken"),
                    Err(error) => return Err(LinkError::Broken(error.kind(), error.to_string())),
                },
            }
        }
    }
}

/// Whether an error speaks of a single datagram, not of the socket.
fn of_one(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted,
        NetworkUnreachable, WouldBlock,
    };
    matches!(
        kind,
        ConnectionRefused
            | ConnectionReset
            | ConnectionAborted
            | HostUnreachable
            | NetworkUnreachable
            | Interrupted
            | WouldBlock
    )
}

/// Whether everything that was decided or answered here was confirmed.
fn all_heard(shared: &Shared) -> bool {
    let heard = |view: View<'_, Data>| match view.standing() {
        Standing::Inviter => !view.over(),
        Standing::Invitee(_, state) => state != State::Answered,
        Standing::Observer(_) => true,
    };
    shared.with(|core| core.engine.views().all(heard))
}

struct Serving<'a> {
    shared: &'a Shared,
    socket: &'a dyn Socket,
    direct: Direct<MAX_PEERS>,
    ends: Vec<End>,
    /// For what is written, for what is sealed or opened, and for an answer.
    frame: Vec<u8>,
    sealed: Vec<u8>,
    reply: Vec<u8>,
    up: bool,
    silences: u32,
    told: Option<LinkError>,
    anew: Instant,
}

/// A peer, as its socket sees it.
struct End {
    user: UserId,
    address: String,
    at: Option<SocketAddr>,
    seal: Option<Seal>,
    trouble: Option<PeerTrouble>,
}

impl<'a> Serving<'a> {
    fn new(link: &Link, shared: &'a Shared, socket: &'a dyn Socket, seed: u64) -> Self {
        let ends = link.peers.iter().map(|peer| End {
            user: peer.user.clone(),
            address: peer.address.clone(),
            at: None,
            seal: peer.key.clone().map(|key| Seal::new(key, &shared.user, &peer.user)),
            trouble: None,
        });
        Self {
            shared,
            socket,
            ends: ends.collect(),
            direct: core(link.peers.iter().map(|peer| &peer.user), &shared.label, link.limit, seed),
            frame: vec![0; MAX_FRAME + TRAILER],
            sealed: Vec::with_capacity(LARGEST),
            reply: vec![0; MAX_FRAME + TRAILER],
            up: false,
            silences: 0,
            told: None,
            anew: Instant::now() + ANEW,
        }
    }

    /// Where the peers are. Who cannot be found is looked for again later.
    async fn look_up(&mut self) {
        let own = self.socket.local();
        for end in &mut self.ends {
            match lookup_host(&end.address).await {
                Ok(mut found) => {
                    end.at = found.find(|at| own.is_none_or(|own| own.is_ipv4() == at.is_ipv4())).or(end.at);
                    let other = || PeerTrouble::NoAddress("it is not of the kind that is bound here".into());
                    end.trouble = end.at.is_none().then(other);
                }
                Err(error) => end.trouble = Some(PeerTrouble::NoAddress(error.to_string())),
            }
        }
    }

    /// Sends all that is to be sent.
    async fn flush(&mut self) {
        while let Some(sent) = self.shared.poll_direct(&mut self.direct, &mut self.frame) {
            for number in sent.to.iter() {
                let frame = self.frame.get(..sent.len).unwrap_or_default();
                send(self.socket, self.ends.get_mut(usize::from(number)), frame, &mut self.sealed).await;
            }
        }
    }

    async fn receive(&mut self, datagram: &[u8], from: SocketAddr) {
        let Some(number) = self.ends.iter().position(|end| end.is_at(from)) else {
            return tracing::debug!(%from, "a datagram from nobody that is a peer");
        };
        let Some(end) = self.ends.get_mut(number) else { return };
        let frame = match &mut end.seal {
            None => datagram,
            Some(seal) => match seal.open(datagram, &mut self.sealed) {
                Ok(Opened::Datagram) => &self.sealed,
                Ok(Opened::Reply) => {
                    // What does not get through is asked for again.
                    return drop(self.socket.send(&self.sealed, from).await);
                }
                Err(why) => {
                    tracing::debug!(user = %end.user, %why, "a datagram was not opened");
                    end.trouble = (why != Unopened::Malformed && why != Unopened::Replayed)
                        .then_some(PeerTrouble::Key)
                        .or(end.trouble.take());
                    return;
                }
            },
        };
        let (direct, reply) = (&mut self.direct, &mut self.reply);
        let handled =
            self.shared.step(|core, now| direct.handle_datagram(now, &mut core.engine, number, frame, reply));
        match handled {
            Ok(0) => {}
            Ok(len) => {
                let reply = self.reply.get(..len).unwrap_or_default();
                send(self.socket, Some(end), reply, &mut self.sealed).await;
            }
            Err(why) => {
                tracing::debug!(user = %end.user, %why, "a datagram was ignored");
                end.trouble = trouble(why, datagram).or(end.trouble.take());
            }
        }
    }

    /// A timer went off, perhaps.
    fn time(&mut self) {
        let direct = &mut self.direct;
        self.shared.step(|core, now| direct.handle_timeout(now, &mut core.engine));
    }

    /// Until when there is nothing to do but to wait.
    fn pause(&self) -> Duration {
        let now = self.shared.clock.now();
        let next = self.shared.with(|core| self.direct.poll_timeout(&core.engine)).unwrap_or(u64::MAX);
        Duration::from_millis(next.saturating_sub(now).clamp(1, LOOK))
    }

    /// Tells of a link that came up or went down, and why it does not come up.
    async fn report(&mut self) {
        let up = self.direct.is_up();
        if up && !self.up {
            self.told = None;
            self.shared.link.send_replace(LinkState::Up);
            self.shared.tell_link(LinkEvent::Connected);
        }
        if std::mem::replace(&mut self.up, up) && !up {
            self.went_down();
        }
        if up {
            self.ends.iter_mut().for_each(|end| end.trouble = None);
            return;
        }
        let trouble = self.trouble();
        if trouble.is_some() && trouble != self.told {
            self.tell(trouble);
        }
        if Instant::now() < self.anew {
            return;
        }
        if self.told.is_none() {
            self.tell(self.peer(PeerTrouble::NoAnswer));
        }
        self.anew = Instant::now() + ANEW;
        self.ends.iter_mut().filter_map(|end| end.seal.as_mut()).for_each(Seal::renew);
        self.look_up().await;
    }

    fn went_down(&mut self) {
        let silences = self.direct.counters().silences;
        let silent = std::mem::replace(&mut self.silences, silences) != silences;
        self.tell(self.peer(if silent { PeerTrouble::Silent } else { PeerTrouble::Anew }));
        if silent {
            self.anew = Instant::now();
        }
    }

    fn tell(&mut self, error: Option<LinkError>) {
        let Some(error) = error else { return };
        self.shared.link.send_replace(LinkState::Connecting(Some(error.clone())));
        self.shared.tell_link(LinkEvent::Lost(error.clone()));
        self.told = Some(error);
    }

    /// What somebody must look into.
    fn trouble(&self) -> Option<LinkError> {
        self.ends.iter().enumerate().find_map(|(number, end)| {
            let refused = self.direct.peer(number).and_then(|peer| peer.refused).map(PeerTrouble::Refused);
            let trouble = end.trouble.clone().or(refused)?;
            Some(LinkError::Peer { user: end.user.clone(), trouble })
        })
    }

    /// The same of the first peer.
    fn peer(&self, trouble: PeerTrouble) -> Option<LinkError> {
        self.ends.first().map(|end| LinkError::Peer { user: end.user.clone(), trouble })
    }
}

impl End {
    fn is_at(&self, from: SocketAddr) -> bool {
        // A socket for both kinds of addresses writes those of IPv4 as IPv6 has them.
        let same =
            |at: SocketAddr| at.port() == from.port() && at.ip().to_canonical() == from.ip().to_canonical();
        self.at.is_some_and(same)
    }
}

/// Sends one datagram to a peer, sealed if that one has a key. What does not get through is lost.
async fn send(socket: &dyn Socket, end: Option<&mut End>, frame: &[u8], sealed: &mut Vec<u8>) {
    let Some((end, at)) = end.and_then(|end| end.at.map(|at| (end, at))) else { return };
    let datagram = match &mut end.seal {
        None => frame,
        Some(seal) => match seal.seal(frame, sealed) {
            Ok(()) => sealed,
            Err(error) => return tracing::error!(%error, "a datagram could not be sealed"),
        },
    };
    if let Err(error) = socket.send(datagram, at).await {
        tracing::debug!(user = %end.user, %error, "a datagram was not sent");
    }
}

/// What somebody must look into, if a datagram does nothing for that reason.
fn trouble(why: Ignored, datagram: &[u8]) -> Option<PeerTrouble> {
    match why {
        Ignored::Malformed(DecodeError::Version { .. }) if seal::is_sealed(datagram) => {
            Some(PeerTrouble::Key)
        }
        Ignored::Malformed(DecodeError::Version { found }) => Some(PeerTrouble::Version(found)),
        Ignored::OwnDevice => Some(PeerTrouble::OwnDevice),
        Ignored::Stranger => Some(PeerTrouble::Stranger),
        _ => None,
    }
}
