//! Clients without a relay: over an air that loses, on a virtual clock; and over real sockets.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapter_std::{
    Answered, BuildError, Client, ClientBuilder, CommandError, Datagrams, Event, Events, GroupError,
    InvitationEvent, InviteError, InviteId, InviteOptions, LinkError, LinkEvent, LinkState, LookingUp,
    Opening, Peer, PeerTrouble, Peers, PeersError, PresharedKey, Reason, Receiving, Sending, Slot, Socket,
    State, TokioClock, What,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

/// So long a name takes to be looked up.
const LOOKUP: Duration = Duration::from_secs(2);

type Queue = mpsc::UnboundedSender<(Vec<u8>, SocketAddr)>;

/// What lies between the devices. It takes 10 ms.
#[derive(Clone, Default, Debug)]
struct Air(Arc<Mutex<Inside>>);

#[derive(Default, Debug)]
struct Inside {
    sockets: HashMap<SocketAddr, Queue>,
    /// Of a hundred datagrams, so many are lost.
    loss: u64,
    dice: u64,
    /// Where names lead; and each that was looked up.
    names: HashMap<String, Vec<SocketAddr>>,
    asked: Vec<String>,
    /// Who changed his address, and goes on as who he was.
    moved: HashMap<SocketAddr, SocketAddr>,
    /// All that was sent, from where to where.
    sent: Vec<(Vec<u8>, SocketAddr, SocketAddr)>,
}

#[derive(Debug)]
struct At(Air, SocketAddr);

struct AirSocket {
    air: Air,
    own: SocketAddr,
    queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<(Vec<u8>, SocketAddr)>>,
}

impl Datagrams for At {
    fn open(&self) -> Opening<'_> {
        let (sender, queue) = mpsc::unbounded_channel();
        self.0.0.lock().unwrap().sockets.insert(self.1, sender);
        let socket = AirSocket { air: self.0.clone(), own: self.1, queue: queue.into() };
        Box::pin(async { Ok(Box::new(socket) as Box<dyn Socket>) })
    }

    fn look_up<'a>(&'a self, address: &'a str) -> LookingUp<'a> {
        Box::pin(async move {
            if let Ok(number) = address.parse() {
                return Ok(vec![number]);
            }
            self.0.0.lock().unwrap().asked.push(address.into());
            sleep(LOOKUP).await;
            if address == "stuck:7500" {
                return std::future::pending().await;
            }
            let found = self.0.0.lock().unwrap().names.get(address).cloned();
            found.ok_or_else(|| io::Error::other("no such name"))
        })
    }
}

impl Socket for AirSocket {
    fn send<'a>(&'a self, datagram: &'a [u8], to: SocketAddr) -> Sending<'a> {
        self.air.carry(datagram, self.own, to);
        Box::pin(async { Ok(()) })
    }

    fn receive<'a>(&'a self, buf: &'a mut [u8]) -> Receiving<'a> {
        Box::pin(async {
            let datagram = self.queue.lock().await.recv().await;
            let (bytes, from) = datagram.ok_or_else(|| io::Error::other("no air"))?;
            buf[..bytes.len()].copy_from_slice(&bytes);
            Ok((bytes.len(), from))
        })
    }
}

impl Air {
    fn carry(&self, datagram: &[u8], from: SocketAddr, to: SocketAddr) {
        assert!(datagram.len() <= 1200);
        let mut inside = self.0.lock().unwrap();
        inside.sent.push((datagram.to_vec(), from, to));
        inside.dice = inside.dice.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        if (inside.dice >> 33) % 100 < inside.loss {
            return;
        }
        let (air, bytes) = (self.clone(), datagram.to_vec());
        let from = inside.moved.get(&from).copied().unwrap_or(from);
        let to = match inside.moved.iter().find(|(_, now)| **now == to) {
            Some((before, _)) => *before,
            None if inside.moved.contains_key(&to) => return,
            None => to,
        };
        drop(inside);
        tokio::spawn(async move {
            sleep(Duration::from_millis(10)).await;
            let queue = air.0.lock().unwrap().sockets.get(&to).cloned();
            // Who is gone hears nothing.
            queue.map(|queue| queue.send((bytes, from)));
        });
    }

    fn lose(&self, percent: u64) {
        self.0.lock().unwrap().loss = percent;
    }

    fn name(&self, name: &str, places: &[SocketAddr]) {
        self.0.lock().unwrap().names.insert(name.into(), places.into());
    }

    fn moves(&self, before: SocketAddr, now: SocketAddr) {
        self.0.lock().unwrap().moved.insert(before, now);
    }

    /// How often that name was looked up.
    fn asked(&self, name: &str) -> usize {
        self.0.lock().unwrap().asked.iter().filter(|asked| *asked == name).count()
    }

    fn sent(&self) -> Vec<(Vec<u8>, SocketAddr, SocketAddr)> {
        self.0.lock().unwrap().sent.clone()
    }
}

const USERS: [&str; 3] = ["alice", "bob", "carol"];

fn address(user: &str) -> SocketAddr {
    let at = USERS.iter().position(|other| *other == user).unwrap();
    SocketAddr::from(([10, 0, 0, 1 + at as u8], 7500))
}

fn key(byte: u8) -> PresharedKey {
    PresharedKey::new(&[byte; 32]).unwrap()
}

fn peer(user: &str, sealed: Option<u8>) -> Peer {
    let peer = Peer::new(user, address(user).to_string());
    match sealed {
        Some(byte) => peer.key(key(byte)),
        None => peer,
    }
}

impl Air {
    fn builder(&self, user: &str, peers: &[&str], sealed: Option<u8>) -> ClientBuilder {
        let over = Peers::over(At(self.clone(), address(user)));
        let peers = peers.iter().fold(over, |all, name| all.peer(peer(name, sealed)));
        let state = State::ephemeral().unwrap();
        Client::builder(user).direct(peers).state(state).clock(TokioClock::new()).label("phone")
    }

    fn client(&self, user: &str, peers: &[&str], sealed: Option<u8>) -> Client {
        let client = self.builder(user, peers, sealed).build().unwrap();
        client.connect();
        client
    }

    /// alice and bob, linked.
    async fn pair(&self, sealed: Option<u8>) -> (Client, Client) {
        let pair = (self.client("alice", &["bob"], sealed), self.client("bob", &["alice"], sealed));
        assert_eq!((pair.0.connected().await, pair.1.connected().await), (LinkState::Up, LinkState::Up));
        pair
    }
}

async fn until(events: &mut Events, wanted: impl Fn(&What) -> bool) -> InvitationEvent {
    let wait = async {
        loop {
            match events.next().await.expect("the client lives") {
                Event::Invitation(event) if wanted(&event.what) => return event,
                _ => {}
            }
        }
    };
    timeout(Duration::from_secs(60), wait).await.expect("it happens")
}

async fn ring(events: &mut Events) -> InviteId {
    until(events, |what| *what == What::New).await.invitation.id
}

async fn trouble(events: &mut Events) -> PeerTrouble {
    loop {
        match events.next().await.expect("the client lives") {
            Event::Link(LinkEvent::Lost(LinkError::Peer { trouble, .. })) => return trouble,
            Event::Link(LinkEvent::Lost(other)) => panic!("{other}"),
            _ => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_agree_though_a_third_is_lost() {
    for sealed in [None, Some(7)] {
        let air = Air::default();
        air.lose(30);
        let (alice, bob) = air.pair(sealed).await;
        let mut bobs = bob.events();
        for round in 0..20 {
            let call = alice.signaling().invite("bob", "video?", &InviteOptions::default()).unwrap();
            let id = ring(&mut bobs).await;
            if round % 2 == 0 {
                let answered = bob.signaling().accept(id, "yes").await.unwrap();
                assert_eq!(answered, Answered::Confirmed);
            } else {
                bob.signaling().reject(id, "no").unwrap();
            }
            let end = call.ended().await.unwrap();
            let accepted =
                matches!(end.invitees[0].outcome, Slot::Accepted(device) if device == bob.device());
            assert_eq!(accepted, round % 2 == 0);
            assert_eq!(end.invitees[0].label.as_str(), "phone");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_key_nobody_reads_along() {
    for (sealed, readable) in [(None, true), (Some(7), false)] {
        let air = Air::default();
        let (alice, bob) = air.pair(sealed).await;
        let mut bobs = bob.events();
        alice.signaling().invite("bob", "top secret", &InviteOptions::default()).unwrap();
        let event = until(&mut bobs, |what| *what == What::New).await;
        assert_eq!(event.invitation.data.as_str(), Ok("top secret"));
        let sent = air.sent();
        let reads =
            |text: &[u8]| sent.iter().any(|(bytes, ..)| bytes.windows(text.len()).any(|part| part == text));
        assert_eq!((reads(b"top secret"), reads(b"alice")), (readable, readable));
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_another_key_or_none_is_found_out() {
    for keys in [(Some(7), Some(8)), (Some(7), None), (None, Some(8))] {
        let air = Air::default();
        let [alice, bob] = [air.builder("alice", &["bob"], keys.0), air.builder("bob", &["alice"], keys.1)]
            .map(|builder| builder.build().unwrap());
        let (mut alices, mut bobs) = (alice.events(), bob.events());
        alice.connect();
        bob.connect();
        assert_eq!(
            (trouble(&mut alices).await, trouble(&mut bobs).await),
            (PeerTrouble::Key, PeerTrouble::Key)
        );
        sleep(Duration::from_secs(60)).await;
        assert!(matches!(alice.link(), LinkState::Connecting(Some(LinkError::Peer { .. }))));
        let told = timeout(Duration::from_millis(1), trouble(&mut alices)).await;
        assert!(told.is_err(), "it is told once, not each time: {told:?}");
        assert!(air.sent().len() < 200, "and they do not shout: {}", air.sent().len());
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_rings_nobody() {
    let air = Air::default();
    let (alice, bob) = air.pair(Some(7)).await;
    let mut bobs = bob.events();
    let call = alice.signaling().invite("bob", "video?", &InviteOptions::default()).unwrap();
    ring(&mut bobs).await;
    drop(bobs);
    alice.signaling().cancel(call.id(), "").unwrap();
    call.ended().await.unwrap();
    alice.close().await;
    bob.close().await;
    let record = air.sent();

    let bob = air.builder("bob", &["alice"], Some(7)).build().unwrap();
    let mut bobs = bob.events();
    bob.connect();
    for (bytes, from, _) in record.iter().filter(|(_, _, to)| *to == address("bob")) {
        sleep(Duration::from_millis(50)).await;
        air.carry(bytes, *from, address("bob"));
    }
    sleep(Duration::from_secs(20)).await;
    assert!(!matches!(bob.link(), LinkState::Up));
    let rung = timeout(Duration::from_millis(1), until(&mut bobs, |_| true)).await;
    assert!(rung.is_err(), "{rung:?}");
}

#[tokio::test(start_paused = true)]
async fn who_comes_late_or_again_is_rung() {
    for sealed in [None, Some(7)] {
        let air = Air::default();
        let alice = air.client("alice", &["bob"], sealed);
        let mut alices = alice.events();
        assert_eq!(trouble(&mut alices).await, PeerTrouble::NoAnswer);
        let call = alice.signaling().invite("bob", "video?", &InviteOptions::timeout_seconds(120)).unwrap();
        sleep(Duration::from_secs(20)).await;
        let bob = air.client("bob", &["alice"], sealed);
        ring(&mut bob.events()).await;
        // His process dies, and comes back as another run.
        bob.close().await;
        let bob = air.client("bob", &["alice"], sealed);
        let id = ring(&mut bob.events()).await;
        assert_eq!(id, call.id());
        assert_eq!(bob.signaling().accept(id, "").await.unwrap(), Answered::Confirmed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_falls_silent_is_told_and_heals() {
    for sealed in [None, Some(7)] {
        let air = Air::default();
        let (alice, bob) = air.pair(sealed).await;
        let mut alices = alice.events();
        air.lose(100);
        assert_eq!(trouble(&mut alices).await, PeerTrouble::Silent);
        let call = alice.signaling().invite("bob", "video?", &InviteOptions::default()).unwrap();
        let mut bobs = bob.events();
        sleep(Duration::from_secs(5)).await;
        air.lose(0);
        let id = ring(&mut bobs).await;
        assert_eq!(alice.link(), LinkState::Up);
        assert_eq!(bob.signaling().accept(id, "").await.unwrap(), Answered::Confirmed);
        call.ended().await.unwrap();
    }
}

/// A place where nobody lives at first.
const ELSEWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 9, 9)), 7500);

/// A client at that place, with those peers.
fn at(air: &Air, user: &str, place: SocketAddr, peers: Vec<Peer>) -> Client {
    let over = peers.into_iter().fold(Peers::over(At(air.clone(), place)), Peers::peer);
    let builder = Client::builder(user).direct(over).state(State::ephemeral().unwrap());
    let client = builder.clock(TokioClock::new()).build().unwrap();
    client.connect();
    client
}

fn named(user: &str, name: &str, sealed: Option<u8>) -> Peer {
    sealed.into_iter().fold(Peer::new(user, name), |peer, byte| peer.key(key(byte)))
}

#[tokio::test(start_paused = true)]
async fn who_moves_is_found_again_though_others_are_up() {
    for sealed in [None, Some(7)] {
        let air = Air::default();
        air.name("bob:7500", &[address("bob")]);
        let peers = vec![peer("carol", sealed), named("bob", "bob:7500", sealed)];
        let alice = at(&air, "alice", address("alice"), peers);
        let carol = air.client("carol", &["alice"], sealed);
        let bob = air.client("bob", &["alice"], sealed);
        let mut alices = alice.events();
        let call = alice.signaling().invite("bob", "video?", &InviteOptions::default()).unwrap();
        ring(&mut bob.events()).await;
        alice.signaling().cancel(call.id(), "").unwrap();

        bob.close().await;
        let bob = at(&air, "bob", ELSEWHERE, vec![peer("alice", sealed)]);
        air.name("bob:7500", &[ELSEWHERE]);
        let call = alice.signaling().invite("bob", "again?", &InviteOptions::default()).unwrap();
        let begin = Instant::now();
        let id = ring(&mut bob.events()).await;
        // Silence, a lookup, and the next Hello.
        assert!(begin.elapsed() < Duration::from_secs(9 + 2 + 5), "{:?}", begin.elapsed());
        assert_eq!(bob.signaling().accept(id, "").await.unwrap(), Answered::Confirmed);
        call.ended().await.unwrap();
        assert_eq!((alice.link(), carol.link()), (LinkState::Up, LinkState::Up));
        let lost = timeout(Duration::from_millis(1), trouble(&mut alices)).await;
        assert!(lost.is_err(), "alice always had a link: {lost:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_changes_networks_is_followed() {
    // At once, to an address that his name had; or after silence, a lookup, and the next Hello.
    for (known, within) in [(true, 4), (false, 9 + 2 + 5)] {
        for sealed in [None, Some(7)] {
            let air = Air::default();
            let places = [address("bob"), ELSEWHERE];
            air.name("bob:7500", if known { &places } else { &places[..1] });
            let peers = vec![peer("carol", sealed), named("bob", "bob:7500", sealed)];
            let alice = at(&air, "alice", address("alice"), peers);
            let bob = air.client("bob", &["alice"], sealed);
            assert_eq!((alice.connected().await, bob.connected().await), (LinkState::Up, LinkState::Up));
            air.moves(address("bob"), ELSEWHERE);
            air.name("bob:7500", &[ELSEWHERE]);
            let begin = Instant::now();
            let call = alice.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
            let id = ring(&mut bob.events()).await;
            assert!(begin.elapsed() < Duration::from_secs(within), "{known} {:?}", begin.elapsed());
            assert_eq!(bob.signaling().accept(id, "").await.unwrap(), Answered::Confirmed);
            call.ended().await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_who_change_places_are_told_apart() {
    for sealed in [None, Some(7)] {
        let air = Air::default();
        air.name("bob:7500", &[address("bob")]);
        air.name("carol:7500", &[address("carol")]);
        let peers = || vec![named("bob", "bob:7500", sealed), named("carol", "carol:7500", sealed)];
        let alice = at(&air, "alice", address("alice"), peers());
        for places in [["bob", "carol"], ["carol", "bob"]] {
            let bob = at(&air, "bob", address(places[0]), vec![peer("alice", sealed)]);
            let carol = at(&air, "carol", address(places[1]), vec![peer("alice", sealed)]);
            air.name("bob:7500", &[address(places[0])]);
            air.name("carol:7500", &[address(places[1])]);
            for (user, client) in [("bob", bob), ("carol", carol)] {
                let call = alice.signaling().invite(user, "", &InviteOptions::timeout_seconds(120)).unwrap();
                let id = ring(&mut client.events()).await;
                assert_eq!(client.signaling().accept(id, "").await.unwrap(), Answered::Confirmed);
                call.ended().await.unwrap();
                client.close().await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_takes_for_ever_holds_up_nobody() {
    let air = Air::default();
    let alice =
        at(&air, "alice", address("alice"), vec![named("carol", "stuck:7500", None), peer("bob", None)]);
    let bob = air.client("bob", &["alice"], None);
    let begin = Instant::now();
    assert_eq!(alice.connected().await, LinkState::Up);
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    sleep(Duration::from_secs(600)).await;
    assert_eq!((air.asked("stuck:7500"), alice.link()), (1, LinkState::Up), "one lookup at a time");
    let begin = Instant::now();
    alice.close().await;
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    drop(bob);
}

#[tokio::test(start_paused = true)]
async fn who_is_nowhere_is_looked_up_ever_more_seldom_and_found_at_last() {
    for sealed in [None, Some(7)] {
        let air = Air::default();
        let peers = vec![peer("carol", sealed), named("bob", "bob:7500", sealed)];
        let alice = at(&air, "alice", address("alice"), peers);
        let _carol = air.client("carol", &["alice"], sealed);
        sleep(Duration::from_secs(300)).await;
        let asked = air.asked("bob:7500");
        assert!((6..=8).contains(&asked), "in the end once a minute: {asked}");
        let bob = at(&air, "bob", ELSEWHERE, vec![peer("alice", sealed)]);
        air.name("bob:7500", &[ELSEWHERE]);
        alice.signaling().invite("bob", "", &InviteOptions::timeout_seconds(120)).unwrap();
        let mut bobs = bob.events();
        // At most a minute, the lookup, and the next Hello.
        sleep(Duration::from_secs(60 + 2 + 5)).await;
        ring(&mut bobs).await;
        let asked = air.asked("bob:7500");
        sleep(Duration::from_secs(600)).await;
        assert_eq!(air.asked("bob:7500"), asked, "who is up is not looked up");
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_addresses_the_one_that_answers_is_used() {
    for sealed in [None, Some(7)] {
        let air = Air::default();
        air.name("bob:7500", &[ELSEWHERE, address("bob")]);
        let alice = at(&air, "alice", address("alice"), vec![named("bob", "bob:7500", sealed)]);
        let bob = air.client("bob", &["alice"], sealed);
        let begin = Instant::now();
        assert_eq!((alice.connected().await, bob.connected().await), (LinkState::Up, LinkState::Up));
        assert!(begin.elapsed() < LOOKUP + Duration::from_millis(500), "{:?}", begin.elapsed());
        let to_nobody = || air.sent().iter().filter(|(_, _, to)| *to == ELSEWHERE).count();
        let before = to_nobody();
        let call = alice.signaling().invite("bob", "", &InviteOptions::default()).unwrap();
        let id = ring(&mut bob.events()).await;
        assert_eq!(bob.signaling().accept(id, "").await.unwrap(), Answered::Confirmed);
        call.ended().await.unwrap();
        assert_eq!(to_nobody(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_said_before_closing_is_heard() {
    let air = Air::default();
    let (alice, bob) = air.pair(Some(7)).await;
    let mut bobs = bob.events();
    let call = alice.signaling().invite("bob", "video?", &InviteOptions::default()).unwrap();
    ring(&mut bobs).await;
    air.lose(50);
    alice.signaling().cancel(call.id(), "never mind").unwrap();
    alice.close().await;
    let event = until(&mut bobs, |what| *what == What::Cancelled).await;
    assert_eq!(event.invitation.invitees[0].data.as_str(), Ok("never mind"));
}

#[tokio::test(start_paused = true)]
async fn data_that_does_not_fit_is_refused_with_the_limit() {
    for (sealed, limit) in [(None, 432), (Some(7), 419)] {
        let air = Air::default();
        let (alice, bob) = air.pair(sealed).await;
        let mut bobs = bob.events();
        let (most, more) = (vec![b'x'; limit], vec![b'x'; limit + 1]);
        let refused = alice.signaling().invite("bob", &more, &InviteOptions::default()).unwrap_err();
        assert_eq!(refused, CommandError::Refused(InviteError::DataTooLong(limit)));
        let push = InviteOptions { offline_push_info: Some(vec![b'p'; 1000]), ..InviteOptions::default() };
        let call = alice.signaling().invite("bob", &most, &push).unwrap();
        let id = ring(&mut bobs).await;
        assert!(alice.signaling().modify_invitation(id, &more).is_err());
        assert!(bob.signaling().accept(id, &more).refused().is_some());
        alice.signaling().modify_invitation(id, &most).unwrap();
        assert_eq!(bob.signaling().accept(id, &most).await.unwrap(), Answered::Confirmed);
        assert_eq!(call.ended().await.unwrap().invitees[0].data.as_bytes().len(), limit);
    }
}

#[tokio::test(start_paused = true)]
async fn three_devices_in_one_call_and_nobody_else() {
    let air = Air::default();
    let [alice, bob, carol] = [0, 1, 2].map(|at| {
        let others: Vec<_> = USERS.iter().copied().filter(|user| *user != USERS[at]).collect();
        air.client(USERS[at], &others, Some(7))
    });
    let (mut bobs, mut carols) = (bob.events(), carol.events());
    let invitees = ["bob", "carol", "dave"];
    let call = alice.signaling().invite_many(&invitees, "all?", &InviteOptions::default()).unwrap();
    let id = ring(&mut bobs).await;
    ring(&mut carols).await;
    assert_eq!(bob.signaling().accept(id, "").await.unwrap(), Answered::Confirmed);
    carol.signaling().reject(id, "").unwrap();
    let end = call.ended().await.unwrap();
    assert!(matches!(end.invitees[0].outcome, Slot::Accepted(_)));
    assert_eq!(end.invitees[1].outcome, Slot::Rejected(Reason::Declined));
    assert_eq!(end.invitees[2].outcome, Slot::Rejected(Reason::Unreachable));
    assert_eq!(alice.join_group("team").await, Err(GroupError::NoRelay));
}

#[tokio::test(start_paused = true)]
async fn another_user_at_the_address_is_told() {
    let air = Air::default();
    let alice = air.builder("alice", &["bob"], None).build().unwrap();
    let mut alices = alice.events();
    alice.connect();
    let over = Peers::over(At(air.clone(), address("bob"))).peer(peer("alice", None));
    let mallory = Client::builder("mallory").direct(over).state(State::ephemeral().unwrap());
    let mallory = mallory.clock(TokioClock::new()).build().unwrap();
    mallory.connect();
    assert_eq!(trouble(&mut alices).await, PeerTrouble::Stranger);
}

#[tokio::test]
async fn what_is_no_link_is_told_apart() {
    let build = |peers: Peers| match Client::builder("alice").direct(peers).build() {
        Err(BuildError::Peers(error)) => error,
        other => panic!("{other:?}"),
    };
    let udp = || Peers::udp("127.0.0.1:0");
    let bob = |address: &str| Peer::new("bob", address);
    assert!(matches!(build(udp()), PeersError::NoPeer));
    assert!(matches!(build(udp().peer(bob("h:1")).peer(bob("h:2"))), PeersError::Repeated(_)));
    for wrong in ["host", ":7500", "host:", "host:0", "host:65536", "udp://host"] {
        assert!(
            matches!(build(udp().peer(bob(wrong))), PeersError::Address(text) if text == wrong),
            "{wrong}"
        );
    }
    assert!(matches!(build(udp().peer(Peer::new("", "h:1"))), PeersError::User(_)));
    assert!(matches!(build(udp().peer(bob("h:1")).datagram(511)), PeersError::Datagram(511)));
    let many = (0..9).fold(udp(), |all, at| all.peer(Peer::new(format!("user{at}"), "h:1")));
    assert!(matches!(build(many), PeersError::TooMany));
    let both = Client::builder("alice").relay("tcp://h:1").direct(udp().peer(bob("h:1"))).build();
    assert!(matches!(both, Err(BuildError::TwoWays)));
}

/// Two ports that were free a moment ago.
fn ports() -> [String; 2] {
    let sockets = [(); 2].map(|()| std::net::UdpSocket::bind("127.0.0.1:0").unwrap());
    sockets.map(|socket| socket.local_addr().unwrap().to_string())
}

#[tokio::test]
async fn a_call_over_real_udp() {
    for sealed in [None, Some(7)] {
        let ports = ports();
        let side = |user: &str, own: usize, other: &str| {
            let peer = Peer::new(other, ports[1 - own].replace("127.0.0.1", "localhost"));
            let peer = sealed.into_iter().fold(peer, |peer, byte| peer.key(key(byte)));
            let peers = Peers::udp(ports[own].clone()).peer(peer).datagram(65_507);
            Client::builder(user).direct(peers).state(State::ephemeral().unwrap()).build().unwrap()
        };
        let (alice, bob) = (side("alice", 0, "bob"), side("bob", 1, "alice"));
        let mut bobs = bob.events();
        alice.connect();
        // alice's first words find nobody: that is not the end of her link.
        sleep(Duration::from_millis(50)).await;
        bob.connect();
        let large = vec![b'x'; 12 * 1024];
        let call = alice.signaling().invite("bob", &large, &InviteOptions::default()).unwrap();
        let id = ring(&mut bobs).await;
        assert_eq!(bob.signaling().accept(id, &large).await.unwrap(), Answered::Confirmed);
        let end = call.ended().await.unwrap();
        assert_eq!(end.invitees[0].data.as_bytes(), large);
        alice.close().await;
        bob.close().await;
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_told() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let peers = Peers::udp(taken.local_addr().unwrap().to_string()).peer(Peer::new("bob", "127.0.0.1:9"));
    let alice = Client::builder("alice").direct(peers).state(State::ephemeral().unwrap()).build().unwrap();
    let mut alices = alice.events();
    alice.connect();
    let event = alices.next().await;
    assert!(
        matches!(event, Some(Event::Link(LinkEvent::Lost(LinkError::Connect(io::ErrorKind::AddrInUse, _))))),
        "{event:?}"
    );
}
