//! A peer as a socket sees it: where it may be, and what seals the way there.

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use signaling_core::UserId;
use tokio::time::Instant;

use super::seal::{Opened, Seal, Unopened};
use super::socket::Socket;
use crate::event::PeerTrouble;

/// A peer that is not up is looked up again after so long.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// The longest such pause; on the way there it doubles.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Of the addresses of a name, so many are tried.
const PLACES: usize = 4;

pub(super) struct End {
    pub(super) user: UserId,
    pub(super) trouble: Option<PeerTrouble>,
    pub(super) search: Search,
    seal: Option<Seal>,
    /// Where it may be: where it was heard last, and then the rest.
    places: Vec<SocketAddr>,
    up: bool,
    /// Waits for the first place.
    hello: Option<Vec<u8>>,
}

impl End {
    pub(super) fn new(user: UserId, seal: Option<Seal>) -> Self {
        let search = Search { turn: Turn::At(Instant::now()), pause: FIRST_PAUSE };
        Self { user, trouble: None, search, seal, places: Vec::new(), up: false, hello: None }
    }

    pub(super) fn is_up(&self) -> bool {
        self.up
    }

    pub(super) fn is_sealed(&self) -> bool {
        self.seal.is_some()
    }

    pub(super) fn is_at(&self, from: SocketAddr) -> bool {
        self.places.iter().any(|place| same(*place, from))
    }

    /// Whether it is up now; true if it was until now.
    pub(super) fn note(&mut self, up: bool, silent: bool) -> bool {
        if up {
            self.trouble = None;
        }
        let was_up = mem::replace(&mut self.up, up);
        match (was_up, up) {
            (false, true) => self.search.rest(),
            // Who fell silent may have moved; who started anew is there.
            (true, false) => self.search.begin(if silent { Duration::ZERO } else { FIRST_PAUSE }),
            _ => {}
        }
        was_up && !up
    }

    /// Where it is said to be now. Gives back the Hello that waited for that.
    pub(super) fn found(&mut self, found: io::Result<Vec<SocketAddr>>) -> Option<Vec<u8>> {
        self.search.done();
        if self.up {
            self.search.rest();
            return None;
        }
        match found {
            Err(error) => self.lost(error.to_string()),
            Ok(found) => {
                tracing::debug!(user = %self.user, at = ?found, "found");
                self.trouble.take_if(|trouble| matches!(trouble, PeerTrouble::NoAddress(_)));
                self.places = found;
            }
        }
        self.hello.take_if(|_| !self.places.is_empty())
    }

    /// While others are up nobody is told. What is wrong with its datagrams the next ones will tell.
    pub(super) fn forget_trouble(&mut self) {
        self.trouble.take_if(|trouble| !matches!(trouble, PeerTrouble::NoAddress(_)));
    }

    fn lost(&mut self, why: String) {
        tracing::debug!(user = %self.user, why, "cannot be found");
        if self.trouble.as_ref().is_none_or(|trouble| matches!(trouble, PeerTrouble::NoAddress(_))) {
            self.trouble = Some(PeerTrouble::NoAddress(why));
        }
    }

    /// It spoke from there, so there it is.
    pub(super) fn heard(&mut self, from: SocketAddr) {
        if let Some(place) = self.places.iter().position(|place| same(*place, from)) {
            self.places.swap(0, place);
        }
    }

    /// What is in a datagram: written into `opened`, but for one that is not sealed.
    pub(super) fn open(&mut self, datagram: &[u8], opened: &mut Vec<u8>) -> Result<Opened, Unopened> {
        self.seal.as_mut().map_or(Ok(Opened::Datagram), |seal| seal.open(datagram, opened))
    }

    /// Sends one datagram: to where the peer was heard, or if it is not up, to wherever it may be. Sealed, if the peer
    /// has a key. What does not get through is lost.
    pub(super) async fn send(&mut self, socket: &dyn Socket, frame: &[u8], sealed: &mut Vec<u8>) {
        if self.places.is_empty() {
            // A peer that was never found is told nothing but Hello.
            self.hello = Some(frame.into());
            return;
        }
        let datagram = match &mut self.seal {
            None => frame,
            Some(seal) => match seal.seal(frame, sealed) {
                Ok(()) => sealed,
                Err(error) => return tracing::error!(%error, "a datagram could not be sealed"),
            },
        };
        for place in self.places.iter().take(if self.up { 1 } else { PLACES }) {
            if let Err(error) = socket.send(datagram, *place).await {
                tracing::debug!(user = %self.user, %place, %error, "a datagram was not sent");
            }
        }
    }

    /// Begins the session anew, if the peer is not up.
    pub(super) fn renew(&mut self) {
        if let Some(seal) = self.seal.as_mut().filter(|_| !self.up) {
            seal.renew();
        }
    }
}

/// When a peer is looked up: at once, and then more and more seldom, until it is up.
#[derive(Debug)]
pub(super) struct Search {
    turn: Turn,
    pause: Duration,
}

#[derive(Debug)]
enum Turn {
    Never,
    At(Instant),
    /// It is under way. There is one at a time: the system may take long, and cannot be stopped.
    Now,
}

impl Search {
    /// Whether to look it up now, which then counts as begun.
    pub(super) fn take_due(&mut self) -> bool {
        let due = matches!(self.turn, Turn::At(at) if at <= Instant::now());
        if due {
            self.turn = Turn::Now;
        }
        due
    }

    fn begin(&mut self, after: Duration) {
        self.pause = FIRST_PAUSE;
        if !matches!(self.turn, Turn::Now) {
            self.turn = Turn::At(Instant::now() + after);
        }
    }

    fn done(&mut self) {
        self.turn = Turn::At(Instant::now() + self.pause);
        self.pause = LONGEST_PAUSE.min(self.pause * 2);
    }

    fn rest(&mut self) {
        if !matches!(self.turn, Turn::Now) {
            self.turn = Turn::Never;
        }
    }
}

/// A socket for both kinds of addresses writes those of IPv4 as IPv6 has them.
fn same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
}

/// Those that a socket with that address of its own reaches, each once, in its own way of writing.
///
/// # Errors
/// If it reaches none.
pub(super) fn reachable(found: &[SocketAddr], own: Option<SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let mut places = Vec::new();
    for place in found.iter().filter_map(|place| as_from(*place, own)) {
        if places.len() < PLACES && !places.contains(&place) {
            places.push(place);
        }
    }
    if places.is_empty() {
        return Err(io::Error::other(match own.map(|own| own.ip().to_canonical()) {
            _ if found.is_empty() => "the name has no address",
            Some(IpAddr::V4(_)) => {
                "it has IPv6 only, and the address bound here is one of IPv4: bind [::] for both"
            }
            _ => "it has IPv4 only, and the address bound here is one of IPv6: bind [::] for both",
        }));
    }
    Ok(places)
}

fn as_from(place: SocketAddr, own: Option<SocketAddr>) -> Option<SocketAddr> {
    let Some(own) = own else { return Some(place) };
    match (SocketAddr::new(place.ip().to_canonical(), place.port()), own) {
        (SocketAddr::V4(v4), SocketAddr::V6(own)) => {
            // One that is bound to all addresses has those of IPv4, too.
            let has_v4 = own.ip().is_unspecified() || is_mapped(own);
            has_v4.then(|| SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()))
        }
        (SocketAddr::V6(_), SocketAddr::V4(_)) => None,
        (SocketAddr::V4(v4), SocketAddr::V4(_)) => Some(v4.into()),
        (SocketAddr::V6(_), SocketAddr::V6(own)) => (!is_mapped(own)).then_some(place),
    }
}

/// Whether that is an address of IPv4, as IPv6 has it.
fn is_mapped(own: SocketAddrV6) -> bool {
    own.ip().to_ipv4_mapped().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(found: &[&str], own: &str) -> Vec<String> {
        let found: Vec<SocketAddr> = found.iter().map(|text| text.parse().unwrap()).collect();
        match reachable(&found, Some(own.parse().unwrap())) {
            Ok(places) => places.iter().map(ToString::to_string).collect(),
            Err(error) => vec![error.to_string()],
        }
    }

    #[test]
    fn a_socket_reaches_addresses_of_its_kind() {
        let both = ["[2001:db8::1]:7", "192.0.2.1:7", "192.0.2.1:7"];
        assert_eq!(reached(&both, "0.0.0.0:1"), ["192.0.2.1:7"]);
        assert_eq!(reached(&both, "127.0.0.1:1"), ["192.0.2.1:7"]);
        assert_eq!(reached(&both, "[2001:db8::2]:1"), ["[2001:db8::1]:7"]);
        assert_eq!(reached(&both, "[::]:1"), ["[2001:db8::1]:7", "[::ffff:192.0.2.1]:7"]);
        assert_eq!(reached(&["[::ffff:192.0.2.1]:7"], "0.0.0.0:1"), ["192.0.2.1:7"]);
        assert_eq!(reached(&["[fe80::1%3]:7"], "[::]:1"), ["[fe80::1%3]:7"]);
        assert_eq!(reached(&both, "[::ffff:192.0.2.2]:1"), ["[::ffff:192.0.2.1]:7"]);
        assert!(reached(&["192.0.2.1:7"], "[2001:db8::2]:1")[0].starts_with("it has IPv4 only"));
        assert!(reached(&["[2001:db8::1]:7"], "192.0.2.1:1")[0].starts_with("it has IPv6 only"));
        assert!(reached(&["[2001:db8::1]:7"], "[::ffff:192.0.2.2]:1")[0].starts_with("it has IPv6 only"));
        assert_eq!(reached(&[], "[::]:1"), ["the name has no address"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_answer_is_looked_up_ever_more_seldom() {
        let mut search = Search { turn: Turn::At(Instant::now()), pause: FIRST_PAUSE };
        let mut looked_up = Vec::new();
        for second in 0..200 {
            if search.take_due() {
                assert!(!search.take_due(), "one at a time");
                looked_up.push(second);
                search.done();
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(looked_up, [0, 10, 30, 70, 130, 190]);
        search.rest();
        tokio::time::advance(Duration::from_secs(200)).await;
        assert!(!search.take_due());
        search.begin(Duration::ZERO);
        assert!(search.take_due());
    }
}
