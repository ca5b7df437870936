//! Devices without a relay: Hello, loss, restarts, strangers, and what is too large.

use std::collections::VecDeque;

use crate::world::Work;
use signaling_core::direct::{Config as Link, Direct, Ignored, PeerError, TRAILER, data_limit};
use signaling_core::wire::{DecodeError, Frame, Hello, Refusal};
use signaling_core::{
    Config, Device, FixedEngine, Invite, InviteId, Label, MAX_DATA, Reason, Slot, UserId, What,
};

const BYTES: usize = 600;
type Phone = FixedEngine<8, 4, 2, BYTES>;

struct Side {
    engine: Phone,
    link: Direct<2>,
    users: Vec<&'static str>,
    alive: bool,
    told: Vec<String>,
    /// What became of each invitation that this side knew.
    outcomes: Vec<(InviteId, Slot)>,
}

struct World {
    now: u64,
    sides: Vec<Side>,
    /// When it arrives, to whom, from whom, and what.
    air: VecDeque<(u64, usize, usize, Vec<u8>)>,
    /// Of a hundred datagrams, so many are lost.
    loss: u64,
    /// Datagrams come twice and in any order.
    messy: bool,
    dice: u64,
    sent: u64,
    work: Work,
}

const USERS: [&str; 3] = ["alice", "bob", "carol"];

fn side(at: usize, epoch: u32, count: usize, largest: u32) -> Side {
    let device = Device { id: at as u64 + 1, epoch };
    let engine = Phone::new(Config::new(UserId::new(USERS[at]).unwrap(), device), Default::default());
    let label = Label::new("phone").unwrap();
    let mut link =
        Direct::new(Link { label, largest, seed: at as u64 * 100 + u64::from(epoch), ..Link::default() });
    let users: Vec<_> = USERS[..count].iter().copied().filter(|user| *user != USERS[at]).collect();
    for user in &users {
        link.add_peer(UserId::new(user).unwrap(), None).unwrap();
    }
    Side { engine, link, users, alive: true, told: vec![], outcomes: vec![] }
}

impl World {
    /// So many devices, each the peer of all others.
    fn of(count: usize) -> Self {
        let sides = (0..count).map(|at| side(at, 1, count, 1200)).collect();
        let (air, work) = (VecDeque::new(), Work::default());
        Self { now: 1_000, sides, air, loss: 0, messy: false, dice: 7, sent: 0, work }
    }

    fn roll(&mut self) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice
    }

    fn run(&mut self, ms: u64) -> &mut Self {
        let end = self.now + ms;
        loop {
            self.flush();
            let living = self.sides.iter().filter(|side| side.alive);
            let timers = living.filter_map(|side| side.link.poll_timeout(&side.engine));
            let Some(next) = timers.chain(self.air.iter().map(|(at, ..)| *at)).min() else { break };
            if next > end {
                break;
            }
            self.work.one();
            self.now = self.now.max(next);
            while let Some(at) = self.air.iter().position(|(at, ..)| *at <= self.now) {
                let (_, to, from, bytes) = self.air.remove(at).unwrap();
                let _ = self.give(to, from, &bytes);
            }
            for side in self.sides.iter_mut().filter(|side| side.alive) {
                side.link.handle_timeout(self.now, &mut side.engine);
            }
        }
        self.now = end;
        self
    }

    fn give(&mut self, to: usize, from: usize, bytes: &[u8]) -> Result<usize, Ignored> {
        let side = &mut self.sides[to];
        if !side.alive {
            return Ok(0);
        }
        let peer = side.users.iter().position(|user| *user == USERS[from]).unwrap();
        let mut reply = [0; 4096];
        let handled = side.link.handle_datagram(self.now, &mut side.engine, peer, bytes, &mut reply);
        if let Ok(len) = handled
            && len > 0
        {
            self.throw(to, from, &reply[..len]);
        }
        handled
    }

    fn throw(&mut self, from: usize, to: usize, bytes: &[u8]) {
        assert!(bytes.len() <= 1200, "no datagram is larger than it may be: {}", bytes.len());
        self.sent += 1;
        let copies = if self.messy && self.roll().is_multiple_of(5) { 2 } else { 1 };
        for _ in 0..copies {
            let delay = if self.messy { 1 + self.roll() % 80 } else { 10 };
            if self.roll() % 100 >= self.loss {
                self.air.push_back((self.now + delay, to, from, bytes.to_vec()));
            }
        }
    }

    fn flush(&mut self) {
        for at in 0..self.sides.len() {
            let mut buf = [0; 4096];
            while self.sides[at].alive {
                self.work.one();
                let side = &mut self.sides[at];
                let Some(sent) = side.link.poll_transmit(self.now, &mut side.engine, &mut buf) else { break };
                let names: Vec<_> = sent.to.iter().map(|peer| side.users[usize::from(peer)]).collect();
                for name in names {
                    let to = USERS.iter().position(|user| *user == name).unwrap();
                    self.throw(at, to, &buf[..sent.len]);
                }
            }
            self.sides[at].listen(&mut self.work);
        }
    }

    fn invite(&mut self, from: usize, invitees: &[&str], data: &[u8], ms: u32) -> InviteId {
        let invite = Invite { invitees, data, timeout: Some(ms), ..Invite::default() };
        self.sides[from].engine.invite(self.now, &invite).unwrap()
    }

    fn told(&self, at: usize) -> Vec<&str> {
        self.sides[at].told.iter().map(String::as_str).collect()
    }

    fn slot(&mut self, at: usize, id: InviteId) -> Slot {
        self.sides[at].engine.view(id).unwrap().invitee(0).unwrap().slot
    }
}

impl Side {
    fn listen(&mut self, work: &mut Work) {
        while let Some(event) = self.engine.poll_event() {
            work.one();
            let view = event.invitation;
            let over = matches!(
                event.what,
                What::Ended
                    | What::Confirmed
                    | What::Overruled
                    | What::Cancelled
                    | What::TimedOut { .. }
                    | What::Missed
            );
            let slot = view.invitee(0).unwrap().slot;
            if over && !self.outcomes.iter().any(|(id, _)| *id == view.id()) {
                self.outcomes.push((view.id(), slot));
            }
            let text = format!("{:?}", event.what).to_lowercase();
            self.told.push(text.split([' ', '{']).next().unwrap().to_string());
        }
    }
}

#[test]
fn one_call_without_a_relay() {
    let mut world = World::of(2);
    let id = world.invite(0, &["bob"], b"video?", 30_000);
    world.run(500);
    assert_eq!(world.told(0), ["delivered", "ringing"]);
    assert_eq!(world.told(1), ["new"]);
    world.sides[1].engine.accept(world.now, id, b"yes").unwrap();
    world.run(100);
    let view = world.sides[0].link.peer(0).unwrap();
    assert_eq!((view.up, view.label, view.run), (true, "phone", Some(Device { id: 2, epoch: 1 })));
    assert_eq!(world.told(0)[2..], ["accepted", "ended", "established"]);
    assert_eq!(world.told(1), ["new", "confirmed"]);
    assert!(world.sides[0].engine.is_empty(), "quiet: nothing is left to say");
}

/// Two hundred calls, ended in all ways, while datagrams are lost, doubled and shuffled.
#[test]
fn both_sides_agree_however_bad_the_link_is() {
    let mut world = World::of(2);
    (world.loss, world.messy) = (30, true);
    for round in 0..200u32 {
        let id = world.invite(0, &["bob"], b"?", if round % 4 == 3 { 900 } else { 20_000 });
        for _ in 0..400 {
            world.run(50);
            let now = world.now;
            let [alice, bob] = &mut world.sides[..] else { unreachable!() };
            let rings = bob.told.last().is_some_and(|told| told == "new");
            // Each may be too late: that is for the protocol to say.
            match round % 4 {
                0 if rings => drop(bob.engine.accept(now, id, b"yes")),
                1 if rings => drop(bob.engine.reject(now, id, false, b"no")),
                2 if rings => drop(alice.engine.cancel(now, id, b"")),
                _ => {}
            }
            if alice.engine.is_empty() {
                break;
            }
        }
    }
    let [alice, bob] = &mut world.sides[..] else { unreachable!() };
    alice.outcomes.sort_by_key(|(id, _)| *id);
    bob.outcomes.sort_by_key(|(id, _)| *id);
    assert_eq!(alice.outcomes.len(), 200);
    assert_eq!(alice.outcomes, bob.outcomes);
    let accepted = alice.outcomes.iter().filter(|(_, slot)| matches!(slot, Slot::Accepted(_))).count();
    assert!((40..=50).contains(&accepted), "all ways to end happened: {accepted} were accepted");
}

#[test]
fn a_lost_invite_is_repeated_at_once() {
    let mut world = World::of(2);
    world.run(100);
    world.loss = 100;
    world.invite(0, &["bob"], b"?", 30_000);
    world.run(100);
    assert_eq!(world.told(0), [""; 0], "nobody confirmed that it arrived");
    world.loss = 0;
    world.run(300);
    assert_eq!(world.told(1), ["new"], "the first repeat, not the next third of the lease");
}

#[test]
fn a_peer_that_starts_anew_rings_again() {
    let mut world = World::of(2);
    world.invite(0, &["bob"], b"?", 30_000);
    world.run(500);
    assert_eq!(world.told(1), ["new"]);
    world.sides[1] = side(1, 2, 2, 1200);
    world.run(3_500);
    assert_eq!(world.told(1), ["new"], "who is pending is invited again each third of the lease");
    assert_eq!(world.sides[0].link.peer(0).unwrap().run, Some(Device { id: 2, epoch: 2 }));
}

#[test]
fn who_has_no_epoch_draws_one() {
    let mut world = World::of(2);
    world.sides[0] = side(0, 0, 2, 1200);
    world.sides[1] = side(1, 0, 2, 1200);
    world.run(300);
    let epochs = [0, 1].map(|at| world.sides[at].engine.config().device.epoch);
    assert!(epochs[0] != 0 && epochs[1] != 0 && epochs[0] != epochs[1], "{epochs:?}");
    world.invite(0, &["bob"], b"?", 30_000);
    assert_eq!(world.run(300).told(1), ["new"]);
}

#[test]
fn a_silent_peer_is_gone_and_comes_back() {
    let mut world = World::of(2);
    world.run(60_000);
    assert!(world.sides[0].link.is_up(), "pings keep it up");
    let quiet = world.sent;
    world.run(60_000);
    assert!(world.sent - quiet <= 90, "and are few: {}", world.sent - quiet);
    world.sides[1].alive = false;
    world.run(12_000);
    assert!(!world.sides[0].link.is_up());
    assert_eq!(world.sides[0].link.counters().silences, 1);
    let id = world.invite(0, &["bob"], b"?", 60_000);
    world.run(5_000);
    world.sides[1].alive = true;
    world.run(6_000);
    assert_eq!(world.told(1), ["new"], "what waited goes out when the link is up");
    world.sides[1].engine.accept(world.now, id, b"").unwrap();
    assert_eq!(world.run(100).told(1), ["new", "confirmed"]);
}

#[test]
fn nobody_but_a_peer_can_be_reached() {
    let mut world = World::of(2);
    world.run(100);
    let id = world.invite(0, &["dave", "bob", "eve"], b"?", 30_000);
    world.run(300);
    let view = world.sides[0].engine.view(id).unwrap();
    let slots: Vec<_> = view.invitees().map(|invitee| invitee.slot).collect();
    let unreachable = Slot::Rejected(Reason::Unreachable);
    assert_eq!(slots, [unreachable, Slot::Pending, unreachable]);
    assert_eq!(world.told(1), ["new", "rejected", "rejected"]);
}

#[test]
fn three_devices_in_one_call() {
    let mut world = World::of(3);
    let id = world.invite(0, &["bob", "carol"], b"?", 30_000);
    world.run(600);
    world.sides[1].engine.accept(world.now, id, b"").unwrap();
    world.run(200);
    world.sides[2].engine.reject(world.now, id, true, b"").unwrap();
    world.run(200);
    assert_eq!(world.told(0)[1..], ["ringing", "ringing", "accepted", "established", "rejected", "ended"]);
    assert_eq!(world.told(1), ["new", "confirmed", "rejected"]);
    assert_eq!(world.told(2), ["new", "accepted", "confirmed"]);
    assert!(world.sides[0].engine.is_empty());
}

#[test]
fn a_stranger_is_told_and_ignored() {
    let mut world = World::of(2);
    let hello = |user: &str, id: u64, world: &mut World| {
        let device = Device { id, epoch: 1 };
        let hello = Frame::Hello(Hello { user, device, label: "", largest: 1200, token: "" });
        let bytes = datagram(&hello, device);
        world.give(1, 0, &bytes)
    };
    assert_eq!(hello("mallory", 66, &mut world), Err(Ignored::Stranger));
    assert_eq!(hello("alice", 2, &mut world), Err(Ignored::OwnDevice));
    assert_eq!(world.sides[1].link.peer(0).unwrap().run, None);
    assert_eq!(world.sides[1].link.counters().strangers, 1);

    let mut pinned: Direct<1> = Direct::new(Link::default());
    pinned.add_peer(UserId::new("bob").unwrap(), Some(9)).unwrap();
    assert_eq!(pinned.add_peer(UserId::new("bob").unwrap(), None), Err(PeerError::Repeated));
    assert_eq!(pinned.add_peer(UserId::new("carol").unwrap(), None), Err(PeerError::Full));
    let (device, engine) = (Device { id: 2, epoch: 1 }, &mut world.sides[0].engine);
    let bob = Frame::Hello(Hello { user: "bob", device, label: "", largest: 1200, token: "" });
    let handled = pinned.handle_datagram(0, engine, 0, &datagram(&bob, device), &mut [0; 64]);
    assert_eq!(
        handled,
        Err(Ignored::Stranger),
        "the right user on another device than the one that was named"
    );
}

#[test]
fn two_who_expect_others_say_so() {
    let mut world = World::of(2);
    world.sides[1] = Side { users: vec!["alice"], ..side(1, 1, 2, 1200) };
    world.sides[1].link = Direct::new(Link::default());
    world.sides[1].link.add_peer(UserId::new("zoe").unwrap(), None).unwrap();
    world.run(1_000);
    assert_eq!(world.sides[0].link.peer(0).unwrap().refused, Some(Refusal::Forbidden));
    assert!(!world.sides[0].link.is_up() && !world.sides[1].link.is_up());
    assert!(world.sent < 40, "and they do not shout at each other: {}", world.sent);
}

#[test]
fn a_late_hello_of_a_run_that_is_over_does_not_last() {
    let mut world = World::of(2);
    world.run(100);
    let old = Device { id: 2, epoch: 9 };
    let hello = Frame::Hello(Hello { user: "bob", device: old, label: "", largest: 1200, token: "" });
    world.give(0, 1, &datagram(&hello, old)).unwrap();
    world.run(500);
    assert_eq!(world.sides[0].link.peer(0).unwrap().run, Some(Device { id: 2, epoch: 1 }));
    assert!(world.sides[0].link.is_up() && world.sides[1].link.is_up());
}

#[test]
fn what_is_too_large_is_told() {
    let mut world = World::of(2);
    world.sides[1] = side(1, 1, 2, 500);
    world.run(100);
    world.invite(0, &["bob"], &[b'x'; 500], 30_000);
    world.run(300);
    assert_eq!(world.told(0), ["delivered", "full"], "bob's device says that it is too much for it");
    assert_eq!(world.told(1), [""; 0]);
    assert_eq!(world.sides[0].link.counters().oversize, 1);
}

#[test]
fn an_outcome_stands_without_data_that_is_too_large() {
    let mut world = World::of(2);
    world.sides[0] = side(0, 1, 2, 500);
    world.run(100);
    let id = world.invite(0, &["bob"], b"?", 30_000);
    world.run(300);
    world.sides[1].engine.modify(world.now, id, &[b'x'; 500]).unwrap();
    world.run(300);
    assert_eq!(world.told(1), ["new", "denied"], "a modification that cannot travel is refused");
    world.sides[1].engine.accept(world.now, id, &[b'x'; 500]).unwrap();
    world.run(300);
    assert!(matches!(world.slot(1, id), Slot::Accepted(_)));
    assert_eq!(world.told(1)[2..], ["confirmed"]);
    assert_eq!(world.sides[0].outcomes.len(), 1, "{:?}", world.told(0));
}

#[test]
fn one_small_device_does_not_keep_the_others_from_ringing() {
    let mut world = World::of(3);
    world.sides[2] = side(2, 1, 3, 500);
    world.run(100);
    world.invite(0, &["bob", "carol"], &[b'x'; 500], 30_000);
    world.run(300);
    assert_eq!(world.told(1), ["new"]);
    assert_eq!(world.told(2), [""; 0]);
    assert!(world.told(0).contains(&"full"));
}

/// Longest names everywhere, an answer and a modification of full size: it fits as promised.
#[test]
fn the_limit_of_data_is_kept() {
    let limit = data_limit(1200, 1);
    assert_eq!((limit, data_limit(100, 1)), (432, 0));
    assert_eq!(data_limit(65_507, 64).min(MAX_DATA), MAX_DATA);
    let long = |name: &str| format!("{name:x<32}");
    let (alice, bob) = (long("alice"), long("bob"));
    let phone = |user: &str, id: u64, peer: &str| {
        let engine = Phone::new(
            Config::new(UserId::new(user).unwrap(), Device { id, epoch: u32::MAX }),
            Default::default(),
        );
        let label = Label::new(&"l".repeat(24)).unwrap();
        let mut link = Direct::<1>::new(Link { label, ..Link::default() });
        link.add_peer(UserId::new(peer).unwrap(), None).unwrap();
        (engine, link)
    };
    let mut sides = [phone(&alice, 1, &bob), phone(&bob, 2, &alice)];
    let data = vec![b'x'; limit];
    let group = "g".repeat(48);
    let invite = Invite {
        invitees: &[&bob],
        group: Some(&group),
        data: &data,
        timeout: Some(86_400_000),
        ..Invite::default()
    };
    let id = sides[0].0.invite(0, &invite).unwrap();
    for now in 0..40u64 {
        for at in [0, 1] {
            let (from, to) = sides.split_at_mut(1);
            let (from, to) = if at == 0 { (&mut from[0], &mut to[0]) } else { (&mut to[0], &mut from[0]) };
            let (mut buf, mut reply) = ([0; 4096], [0; 4096]);
            while let Some(sent) = from.1.poll_transmit(now * 100, &mut from.0, &mut buf) {
                assert!(sent.len <= 1200);
                let _ = to.1.handle_datagram(now * 100, &mut to.0, 0, &buf[..sent.len], &mut reply);
            }
            from.1.handle_timeout(now * 100, &mut from.0);
            while from.0.poll_event().is_some() {}
        }
        if now == 10 {
            sides[1].0.accept(now * 100, id, &data).unwrap();
        }
    }
    let view = sides[1].0.view(id).unwrap();
    assert_eq!(view.invitee(0).unwrap().data.len(), limit);
    assert_eq!(sides.each_ref().map(|(_, link)| link.counters().oversize), [0, 0]);
}

#[test]
fn no_datagram_does_harm() {
    let mut world = World::of(2);
    let id = world.invite(0, &["bob"], b"video?", 30_000);
    world.run(500);
    // Whatever was sent, cut at each place and with each byte changed, from a run that is known.
    let mut samples = vec![];
    world.sides[1].engine.accept(world.now, id, b"yes").unwrap();
    let mut buf = [0; 4096];
    let side = &mut world.sides[1];
    while let Some(sent) = side.link.poll_transmit(world.now, &mut side.engine, &mut buf) {
        samples.push(buf[..sent.len].to_vec());
    }
    assert!(!samples.is_empty());
    for sample in &samples {
        let body = sample.len() - TRAILER;
        for cut in 0..body {
            let cut = [&sample[..cut], &sample[body..]].concat();
            assert!(world.give(0, 1, &cut).is_err(), "a frame that was cut");
        }
        for at in 2..body {
            let mut bad = sample.clone();
            for byte in 0..=255 {
                bad[at] = byte;
                let _ = world.give(0, 1, &bad);
            }
        }
    }
    for len in 0..200 {
        let noise: Vec<u8> = (0..len).map(|_| world.roll() as u8).collect();
        assert!(world.give(0, 1, &noise).is_err());
    }
    assert_eq!(world.give(0, 1, &[2; 40]), Err(Ignored::Malformed(DecodeError::Version { found: 2 })));
    let nobody = world.sides[0].link.handle_datagram(0, &mut side_of_alice(), 7, &samples[0], &mut []);
    assert_eq!(nobody, Err(Ignored::NoPeer));
}

fn side_of_alice() -> Phone {
    side(0, 1, 2, 1200).engine
}

fn datagram(frame: &Frame<'_>, run: Device) -> Vec<u8> {
    let mut buf = [0; 256];
    let len = frame.encode(&mut buf).unwrap();
    [&buf[..len], &run.id.to_le_bytes(), &run.epoch.to_le_bytes()].concat()
}
