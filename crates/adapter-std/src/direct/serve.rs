//! One direct link, for as long as its socket holds.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use signaling_core::direct::{Direct, Ignored, TRAILER};
use signaling_core::machine::State;
use signaling_core::wire::{DecodeError, MAX_FRAME};
use signaling_core::{Standing, UserId, View};
use tokio::time::{Instant, sleep};

use super::end::{End, reachable};
use super::seal::{Opened, Seal, Unopened};
use super::socket::{Datagrams, Socket};
use super::{MAX_PEERS, PresharedKey, core, seal};
use crate::data::Data;
use crate::event::{LinkError, LinkEvent, PeerTrouble};
use crate::shared::{LinkState, Shared};

/// With who does not answer, sessions are begun anew so often.
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
        let mut input = vec![0; LARGEST];
        loop {
            let closing = shared.is_last();
            // That there is a link is told before what it brings about.
            serving.report();
            serving.look_up();
            serving.flush().await;
            if closing && (!serving.up || all_heard(shared)) {
                return Ok(());
            }
            tokio::select! {
                () = shared.send.notified() => {}
                () = sleep(serving.pause()) => serving.time(),
                Some((number, found)) = serving.lookups.next() => serving.found(number, found).await,
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
    link: &'a Link,
    shared: &'a Shared,
    socket: &'a dyn Socket,
    direct: Direct<MAX_PEERS>,
    ends: Vec<End>,
    lookups: FuturesUnordered<Lookup<'a>>,
    /// For what is written, for what is sealed or opened, and for an answer.
    frame: Vec<u8>,
    sealed: Vec<u8>,
    reply: Vec<u8>,
    up: bool,
    silences: u32,
    told: Option<LinkError>,
    anew: Instant,
}

/// The number of a peer, and where it may be.
type Lookup<'a> = BoxFuture<'a, (usize, io::Result<Vec<SocketAddr>>)>;

impl<'a> Serving<'a> {
    fn new(link: &'a Link, shared: &'a Shared, socket: &'a dyn Socket, seed: u64) -> Self {
        let seal = |peer: &PeerConfig| Some(Seal::new(peer.key.clone()?, &shared.user, &peer.user));
        Self {
            link,
            shared,
            socket,
            ends: link.peers.iter().map(|peer| End::new(peer.user.clone(), seal(peer))).collect(),
            lookups: FuturesUnordered::new(),
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

    /// Begins to look up whose turn it is.
    fn look_up(&mut self) {
        let Self { link, ends, lookups, .. } = self;
        for (number, (end, peer)) in ends.iter_mut().zip(&link.peers).enumerate() {
            if end.search.take_due() {
                let found = link.datagrams.look_up(&peer.address);
                lookups.push(found.map(move |found| (number, found)).boxed());
            }
        }
    }

    /// A lookup has ended.
    async fn found(&mut self, number: usize, found: io::Result<Vec<SocketAddr>>) {
        let Some(end) = self.ends.get_mut(number) else { return };
        let found = found.and_then(|found| reachable(&found, self.socket.local()));
        if let Some(hello) = end.found(found) {
            end.send(self.socket, &hello, &mut self.sealed).await;
        }
    }

    /// Sends all that is to be sent.
    async fn flush(&mut self) {
        while let Some(sent) = self.shared.poll_direct(&mut self.direct, &mut self.frame) {
            for number in sent.to.iter() {
                let Some(end) = self.ends.get_mut(usize::from(number)) else { continue };
                let frame = self.frame.get(..sent.len).unwrap_or_default();
                end.send(self.socket, frame, &mut self.sealed).await;
            }
        }
    }

    async fn receive(&mut self, datagram: &[u8], from: SocketAddr) {
        let number = match self.open(datagram, from) {
            Some((number, Opened::Datagram)) => number,
            // What does not get through is asked for again.
            Some((_, Opened::Reply)) => return drop(self.socket.send(&self.sealed, from).await),
            None => return,
        };
        let Some(end) = self.ends.get_mut(number) else { return };
        let frame = if end.is_sealed() { &self.sealed } else { datagram };
        let (direct, reply) = (&mut self.direct, &mut self.reply);
        let handled =
            self.shared.step(|core, now| direct.handle_datagram(now, &mut core.engine, number, frame, reply));
        match handled {
            Ok(0) => end.heard(from),
            Ok(len) => {
                end.heard(from);
                let reply = self.reply.get(..len).unwrap_or_default();
                end.send(self.socket, reply, &mut self.sealed).await;
            }
            Err(why) => {
                tracing::debug!(user = %end.user, %why, "a datagram was ignored");
                end.trouble = trouble(why, datagram).or(end.trouble.take());
            }
        }
    }

    /// Whose datagram it is, and what it is once opened. Where one peer was another may be now: then it is of whoever is
    /// up, or of whoever can open it.
    fn open(&mut self, datagram: &[u8], from: SocketAddr) -> Option<(usize, Opened)> {
        let mut closed = None;
        for up in [true, false] {
            let there = |(_, end): &(usize, &mut End)| end.is_up() == up && end.is_at(from);
            for (number, end) in self.ends.iter_mut().enumerate().filter(there) {
                match end.open(datagram, &mut self.sealed) {
                    Ok(opened) => return Some((number, opened)),
                    Err(why) => closed = closed.or(Some((number, why))),
                }
            }
        }
        let Some((number, why)) = closed else {
            tracing::debug!(%from, "a datagram from nobody that is a peer");
            return None;
        };
        let end = self.ends.get_mut(number)?;
        tracing::debug!(user = %end.user, %why, "a datagram was not opened");
        if why != Unopened::Malformed && why != Unopened::Replayed {
            end.trouble = Some(PeerTrouble::Key);
        }
        None
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
    fn report(&mut self) {
        let silences = self.direct.counters().silences;
        let silent = std::mem::replace(&mut self.silences, silences) != silences;
        let fell = self.note(silent);
        let up = self.direct.is_up();
        let was_up = std::mem::replace(&mut self.up, up);
        if up && !was_up {
            self.told = None;
            self.shared.link.send_replace(LinkState::Up);
            self.shared.tell_link(LinkEvent::Connected);
        }
        if was_up && !up {
            self.tell(self.peer(fell, if silent { PeerTrouble::Silent } else { PeerTrouble::Anew }));
        }
        if up {
            self.ends.iter_mut().for_each(End::forget_trouble);
        } else {
            self.tell(self.trouble().filter(|trouble| self.told.as_ref() != Some(trouble)));
        }
        if silent || Instant::now() >= self.anew {
            self.begin_anew();
        }
    }

    /// Notes who is up. The first who is no longer.
    fn note(&mut self, silent: bool) -> usize {
        let mut fell = None;
        for (number, end) in self.ends.iter_mut().enumerate() {
            let up = self.direct.peer(number).is_some_and(|peer| peer.up);
            if end.note(up, silent) {
                fell = fell.or(Some(number));
            }
        }
        fell.unwrap_or(0)
    }

    /// Begins sessions anew with those who do not answer, and says so if nobody does.
    fn begin_anew(&mut self) {
        self.anew = Instant::now() + ANEW;
        self.ends.iter_mut().for_each(End::renew);
        if !self.up && self.told.is_none() {
            self.tell(self.peer(0, PeerTrouble::NoAnswer));
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

    /// That of the peer of that number.
    fn peer(&self, number: usize, trouble: PeerTrouble) -> Option<LinkError> {
        self.ends.get(number).map(|end| LinkError::Peer { user: end.user.clone(), trouble })
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
