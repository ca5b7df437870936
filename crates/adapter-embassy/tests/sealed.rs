//! A board and a desktop without a relay, with a key in common: over an air that loses, doubles, shuffles and changes
//! datagrams, and records them.

mod world;

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use adapter_embassy::seal::{PresharedKey, SealedError, SealedPeer};
use adapter_embassy::{
    CancelError, Datagrams, Invite, InviteError, InviteId, LinkState, ModifyError, PeerError, Resources,
    UserId,
};
use adapter_std::{
    Client, Event, InviteOptions, LinkError, LinkEvent, Opening, Peer, PeerTrouble, Peers, Receiving,
    Sending, Socket, State, TokioClock, What,
};
use embassy_futures::select::select;
use embassy_time::Timer;
use rand_core::OsRng;
use tokio::time::sleep;
use world::{Board, Small, World, identity, ready};

/// Which end of the air: that of the board, or that of the desktop.
#[derive(Clone, Copy, Debug)]
enum At {
    Board,
    Desktop,
}

/// What becomes of a datagram.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrives,
    Lost,
    Twice,
    /// The next one overtakes it.
    Late,
    /// One bit is another one.
    Changed,
}

/// What lies between a board and a desktop.
struct Air {
    lanes: [Lane; 2],
    /// Of that many datagrams, the one of that number.
    fate: fn(u32) -> Fate,
    sent: u32,
    /// All that was sent, and to whom.
    record: Vec<(At, Vec<u8>)>,
}

#[derive(Default)]
struct Lane {
    datagrams: VecDeque<Vec<u8>>,
    late: Option<Vec<u8>>,
    waker: Option<Waker>,
}

impl Air {
    fn carry(&mut self, to: At, datagram: &[u8]) {
        assert!((1..=1200).contains(&datagram.len()), "{}", datagram.len());
        self.sent += 1;
        self.record.push((to, datagram.to_vec()));
        let (fate, lane) = ((self.fate)(self.sent), &mut self.lanes[to as usize]);
        let mut datagram = datagram.to_vec();
        match fate {
            Fate::Lost => return,
            Fate::Late if lane.late.is_none() => return lane.late = Some(datagram),
            Fate::Twice => lane.datagrams.push_back(datagram.clone()),
            Fate::Changed => {
                let at = self.sent as usize % datagram.len();
                datagram[at] ^= 4;
            }
            _ => {}
        }
        lane.datagrams.push_back(datagram);
        lane.datagrams.extend(lane.late.take());
        lane.waker.take().into_iter().for_each(Waker::wake);
    }
}

/// One end of it, for either adapter.
#[derive(Clone)]
struct End(Arc<Mutex<Air>>, At);

impl End {
    fn air(&self) -> MutexGuard<'_, Air> {
        self.0.lock().unwrap()
    }

    fn send(&self, datagram: &[u8]) {
        let to = if matches!(self.1, At::Board) { At::Desktop } else { At::Board };
        self.air().carry(to, datagram);
    }

    fn poll(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<usize> {
        let lane = &mut self.air().lanes[self.1 as usize];
        let Some(datagram) = lane.datagrams.pop_front() else {
            lane.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        // As of UDP: what does not fit is cut.
        let len = datagram.len().min(buf.len());
        buf[..len].copy_from_slice(&datagram[..len]);
        Poll::Ready(len)
    }

    async fn receive(&self, buf: &mut [u8]) -> usize {
        std::future::poll_fn(|cx| self.poll(cx, buf)).await
    }
}

impl Datagrams for End {
    async fn send(&mut self, peer: usize, datagram: &[u8]) {
        assert_eq!(peer, 0);
        End::send(self, datagram);
    }

    async fn receive(&mut self, buf: &mut [u8]) -> (usize, usize) {
        (End::receive(self, buf).await, 0)
    }
}

impl std::fmt::Debug for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.1.fmt(f)
    }
}

/// So long a datagram is under way at most, in ms.
const STEP: u64 = 10;
const BOARD: ([u8; 4], u16) = ([10, 0, 0, 1], 7501);

impl adapter_std::Datagrams for End {
    fn open(&self) -> Opening<'_> {
        // Who was there before hears nothing any more.
        self.air().lanes[self.1 as usize] = Lane::default();
        Box::pin(async { Ok(Box::new(self.clone()) as Box<dyn Socket>) })
    }
}

impl Socket for End {
    fn send<'a>(&'a self, datagram: &'a [u8], _: SocketAddr) -> Sending<'a> {
        End::send(self, datagram);
        Box::pin(async { Ok(()) })
    }

    fn receive<'a>(&'a self, buf: &'a mut [u8]) -> Receiving<'a> {
        Box::pin(async { io::Result::Ok((End::receive(self, buf).await, SocketAddr::from(BOARD))) })
    }
}

/// A world with an air, and what its devices are.
struct Sky {
    world: World,
    air: Arc<Mutex<Air>>,
}

/// A desktop of bob's, and what it was told.
struct Desktop {
    client: Client,
    told: Arc<Mutex<Vec<Event>>>,
}

impl Sky {
    fn new(fate: fn(u32) -> Fate) -> Self {
        let lanes = [Lane::default(), Lane::default()];
        let air = Air { lanes, fate, sent: 0, record: Vec::new() };
        Self { world: World::without_relay(), air: Arc::new(Mutex::new(air)) }
    }

    fn end(&self, at: At) -> End {
        End(Arc::clone(&self.air), at)
    }

    /// The door's board, with that key or none; in its run of that number.
    fn door(&mut self, run: u32, key: Option<u8>) -> Board {
        let mut identity = identity("door", 1);
        identity.config.device.epoch = run;
        let mut end = self.end(At::Board);
        self.air.lock().unwrap().lanes[At::Board as usize] = Lane::default();
        let Some(key) = key else { return self.world.direct(identity, "bob", end) };
        let (mut runner, board) = self.world.at_rest(identity);
        let key = PresharedKey::new(&[key; 32]).unwrap();
        let task = self.world.spawn(async move {
            let mut peers = [SealedPeer::new(UserId::new("bob").unwrap(), key)];
            runner.run_sealed(&mut peers, &mut end, &mut OsRng).await.unwrap();
        });
        board.at(task)
    }

    fn bob(&self, key: Option<u8>) -> Desktop {
        let peer = Peer::new("door", SocketAddr::from(BOARD).to_string());
        let peer = match key {
            Some(key) => peer.key(adapter_std::PresharedKey::new(&[key; 32]).unwrap()),
            None => peer,
        };
        let peers = Peers::over(self.end(At::Desktop)).peer(peer);
        let builder = Client::builder("bob").direct(peers).state(State::ephemeral().unwrap());
        let client = builder.clock(TokioClock::new()).label("desk").build().unwrap();
        let (mut events, told) = (client.events(), Arc::<Mutex<Vec<Event>>>::default());
        let writes = Arc::clone(&told);
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                writes.lock().unwrap().push(event);
            }
        });
        client.connect();
        Desktop { client, told }
    }

    /// Lets time pass for both, in ms, a step after the other.
    async fn pass(&mut self, ms: u64) {
        for _ in 0..ms.div_ceil(STEP) {
            self.world.pass(STEP);
            sleep(Duration::from_millis(STEP)).await;
        }
    }

    /// Lets time pass until something is true, at most a minute.
    async fn until(&mut self, done: impl Fn() -> bool) {
        for _ in 0..60_000 / STEP {
            if done() {
                return;
            }
            self.pass(STEP).await;
        }
        panic!("it never came");
    }

    /// Both, linked.
    async fn pair(fate: fn(u32) -> Fate) -> (Self, Board, Desktop) {
        let mut sky = Self::new(fate);
        let (door, bob) = (sky.door(1, Some(7)), sky.bob(Some(7)));
        sky.until(|| door.signaling.link() == LinkState::Up && bob.is_up()).await;
        (sky, door, bob)
    }

    /// What was sent to that end, so far.
    fn sent_to(&self, at: At) -> Vec<Vec<u8>> {
        let air = self.air.lock().unwrap();
        let to = air.record.iter().filter(|(to, _)| *to as usize == at as usize);
        to.map(|(_, datagram)| datagram.clone()).collect()
    }

    fn change(&self, fate: fn(u32) -> Fate) {
        self.air.lock().unwrap().fate = fate;
    }

    /// This comes to the board, out of nowhere.
    fn play(&self, datagram: &[u8]) {
        let lane = &mut self.air.lock().unwrap().lanes[At::Board as usize];
        lane.datagrams.push_back(datagram.to_vec());
        lane.waker.take().into_iter().for_each(Waker::wake);
    }
}

impl Desktop {
    fn is_up(&self) -> bool {
        matches!(self.client.link(), adapter_std::LinkState::Up)
    }

    /// The invitation that rings, if one does.
    fn rings(&self) -> Option<InviteId> {
        let told = self.told.lock().unwrap();
        told.iter().rev().find_map(|event| match event {
            Event::Invitation(event) if event.what == What::New => Some(event.invitation.id),
            _ => None,
        })
    }

    /// The first of what it was told that is wanted.
    fn heard(&self, wanted: impl Fn(&What) -> bool) -> Option<What> {
        let told = self.told.lock().unwrap();
        told.iter().find_map(|event| match event {
            Event::Invitation(event) if wanted(&event.what) => Some(event.what),
            _ => None,
        })
    }

    /// What the last call brought.
    fn data(&self) -> Vec<u8> {
        let told = self.told.lock().unwrap();
        let data = told.iter().rev().find_map(|event| match event {
            Event::Invitation(event) => Some(event.invitation.data.as_bytes().to_vec()),
            _ => None,
        });
        data.unwrap_or_default()
    }

    fn was_told(&self, what: &What) -> bool {
        self.heard(|heard| heard == what).is_some()
    }

    fn troubles(&self) -> Vec<PeerTrouble> {
        let told = self.told.lock().unwrap();
        let troubles = told.iter().filter_map(|event| match event {
            Event::Link(LinkEvent::Lost(LinkError::Peer { trouble, .. })) => Some(trouble.clone()),
            _ => None,
        });
        troubles.collect()
    }
}

/// The board rings bob, who accepts; then bob rings the board, which rejects.
async fn call_both_ways(sky: &mut Sky, door: &Board, bob: &Desktop) {
    let call = door.invites(&["bob"], 50_000);
    sky.until(|| bob.rings() == Some(call)).await;
    let accepted = bob.client.signaling().accept(call, "yes");
    assert!(accepted.refused().is_none());
    sky.until(|| door.was_told("bob accepted on desk") && bob.was_told(&What::Confirmed)).await;
    let call = bob.client.signaling().invite("door", "video?", &InviteOptions::default()).unwrap();
    sky.until(|| door.was_told("new from bob")).await;
    door.signaling.reject(call.id(), b"").unwrap();
    sky.until(|| bob.was_told(&What::Rejected { slot: 0 }) && door.was_told("confirmed")).await;
}

#[tokio::test(start_paused = true)]
async fn they_ring_each_other_and_nobody_reads_along() {
    let (mut sky, door, bob) = Sky::pair(|_| Fate::Arrives).await;
    call_both_ways(&mut sky, &door, &bob).await;
    for datagram in [sky.sent_to(At::Board), sky.sent_to(At::Desktop)].concat() {
        assert!((0xe1..=0xe3).contains(&datagram[0]), "{datagram:?}");
        for text in ["door", "bob", "ding", "video?"] {
            assert!(!datagram.windows(text.len()).any(|part| part == text.as_bytes()), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn they_agree_though_the_air_loses_doubles_shuffles_and_changes() {
    let (mut sky, door, bob) = Sky::pair(|sent| match sent % 7 {
        1 => Fate::Lost,
        2 => Fate::Twice,
        4 => Fate::Late,
        6 => Fate::Changed,
        _ => Fate::Arrives,
    })
    .await;
    for _ in 0..5 {
        call_both_ways(&mut sky, &door, &bob).await;
        door.news();
        bob.told.lock().unwrap().clear();
        sky.pass(3_000).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_starts_anew_is_linked_at_once() {
    let (mut sky, door, bob) = Sky::pair(|_| Fate::Arrives).await;
    // The board loses its power, and comes back.
    sky.world.kill(&door);
    let door = sky.door(2, Some(7));
    sky.pass(1_000).await;
    assert_eq!(door.news(), ["connected"], "no trouble is told");
    call_both_ways(&mut sky, &door, &bob).await;
    door.news();
    // Then the desktop does.
    bob.client.close().await;
    let bob = sky.bob(Some(7));
    sky.until(|| bob.is_up()).await;
    call_both_ways(&mut sky, &door, &bob).await;
    assert!(!door.news().iter().any(|line| line.contains("seal")));
}

#[tokio::test(start_paused = true)]
async fn both_ask_at_once() {
    let mut sky = Sky::new(|_| Fate::Arrives);
    let (door, bob) = (sky.door(1, Some(7)), sky.bob(Some(7)));
    sky.pass(STEP).await;
    let questions = |at| sky.sent_to(at).iter().filter(|datagram| datagram[0] == 0xe1).count();
    assert_eq!((questions(At::Board), questions(At::Desktop)), (1, 1));
    sky.until(|| door.signaling.link() == LinkState::Up && bob.is_up()).await;
    call_both_ways(&mut sky, &door, &bob).await;
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_is_dropped_and_run_again_goes_on_with_its_session_and_repeats_no_number() {
    let mut sky = Sky::new(|_| Fate::Arrives);
    let (mut runner, door) = sky.world.at_rest(identity("door", 1));
    let mut end = sky.end(At::Board);
    sky.world.spawn(async move {
        let key = PresharedKey::new(&[7; 32]).unwrap();
        let mut peers = [SealedPeer::new(UserId::new("bob").unwrap(), key)];
        loop {
            select(runner.run_sealed(&mut peers, &mut end, &mut OsRng), Timer::after_millis(777)).await;
        }
    });
    let bob = sky.bob(Some(7));
    sky.until(|| bob.is_up()).await;
    let begun = sky.sent_to(At::Desktop).len();
    for _ in 0..5 {
        call_both_ways(&mut sky, &door, &bob).await;
        sky.pass(400).await;
        door.news();
        bob.told.lock().unwrap().clear();
    }
    let sent = sky.sent_to(At::Desktop).split_off(begun);
    assert!(sent.iter().all(|datagram| datagram[0] == 0xe3), "no other session");
    let numbers: BTreeSet<_> = sent.iter().map(|datagram| datagram[1..9].to_vec()).collect();
    assert!(sent.len() > 20 && numbers.len() == sent.len(), "{} of {}", numbers.len(), sent.len());
}

#[tokio::test(start_paused = true)]
async fn a_silence_is_told_and_heals() {
    let (mut sky, door, bob) = Sky::pair(|_| Fate::Arrives).await;
    door.news();
    sky.change(|_| Fate::Lost);
    sky.until(|| door.was_told("lost(silent)")).await;
    sky.pass(20_000).await;
    sky.change(|_| Fate::Arrives);
    sky.until(|| door.signaling.link() == LinkState::Up && bob.is_up()).await;
    call_both_ways(&mut sky, &door, &bob).await;
}

#[tokio::test(start_paused = true)]
async fn another_key_or_none_is_told_once_and_rings_nobody() {
    for (keys, told) in [
        ((Some(7), Some(8)), "lost(seal { peer: 0, trouble: key })"),
        ((Some(7), None), "lost(seal { peer: 0, trouble: plain })"),
    ] {
        let mut sky = Sky::new(|_| Fate::Arrives);
        let (door, bob) = (sky.door(1, keys.0), sky.bob(keys.1));
        door.invites(&["bob"], 30_000);
        sky.pass(60_000).await;
        assert_eq!(door.news(), [told, "timed out bob", "ended"]);
        assert_eq!((bob.troubles(), bob.rings()), (vec![PeerTrouble::Key], None));
        let sent = sky.air.lock().unwrap().sent;
        assert!(sent < 200, "they do not shout: {sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_anybody_can_feign_is_told_once_a_minute_at_most() {
    let mut sky = Sky::new(|_| Fate::Arrives);
    let door = sky.door(1, Some(7));
    // Now it seems to have another key, now to have none.
    for _ in 0..30 {
        sky.play(&[&[0xe1][..], &[9; 48]].concat());
        sky.pass(500).await;
        sky.play(&[1, 0, 0]);
        sky.pass(500).await;
    }
    assert_eq!(door.news(), ["lost(seal { peer: 0, trouble: key })"]);
    sky.pass(31_000).await;
    sky.play(&[1, 0, 0]);
    sky.pass(10).await;
    assert_eq!(door.news(), ["lost(seal { peer: 0, trouble: plain })"]);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_given_the_key_is_linked() {
    let mut sky = Sky::new(|_| Fate::Arrives);
    let (door, bob) = (sky.door(1, Some(7)), sky.bob(Some(8)));
    sky.until(|| door.was_told("lost(seal { peer: 0, trouble: key })")).await;
    bob.client.close().await;
    let bob = sky.bob(Some(7));
    sky.until(|| bob.is_up()).await;
    call_both_ways(&mut sky, &door, &bob).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_rings_nobody() {
    let (mut sky, door, bob) = Sky::pair(|_| Fate::Arrives).await;
    call_both_ways(&mut sky, &door, &bob).await;
    let record = sky.sent_to(At::Board);
    door.news();
    // While the session stands.
    for datagram in &record {
        sky.play(datagram);
        sky.pass(20).await;
    }
    assert_eq!(door.news(), Vec::<String>::new());
    // And to the next run of the board, while bob is away.
    bob.client.close().await;
    sky.world.kill(&door);
    let door = sky.door(2, Some(7));
    for datagram in &record {
        sky.play(datagram);
        sky.pass(20).await;
    }
    assert!(door.signaling.link() == LinkState::Connecting && door.news().is_empty());
}

#[tokio::test(start_paused = true)]
async fn junk_and_what_is_not_sealed_do_nothing() {
    let (mut sky, door, bob) = Sky::pair(|_| Fate::Arrives).await;
    door.news();
    let mut dice = 1u64;
    for round in 0..5_000u32 {
        let mut junk = [0; 512];
        for byte in &mut junk {
            dice = dice.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            *byte = (dice >> 56) as u8;
        }
        // As long as anything may be, and mostly with the first byte of a frame, or of something sealed.
        junk[0] = [0xe1, 0xe2, 0xe3, 1, junk[0]][round as usize % 5];
        sky.play(&junk[..(dice >> 20) as usize % 513]);
        sky.world.settle();
    }
    sky.pass(10_000).await;
    assert_eq!((door.news(), door.signaling.link()), (vec![], LinkState::Up));
    call_both_ways(&mut sky, &door, &bob).await;
}

#[tokio::test(start_paused = true)]
async fn data_that_does_not_fit_is_refused_with_the_limit() {
    const LIMIT: usize = 419;
    let mut sky = Sky::new(|_| Fate::Arrives);
    let memory = Box::leak(Box::new(Resources::<2, 1, 2, 1024, 1234>::new()));
    let (door, mut runner, _) = memory.start(identity("door", 1)).unwrap();
    let (most, more) = ([b'x'; LIMIT], [b'x'; LIMIT + 1]);
    let rings = |data| door.invite(&Invite { invitees: &["bob"], data, ..Invite::default() });
    let mut end = sky.end(At::Board);
    sky.world.spawn(async move {
        let key = PresharedKey::new(&[7; 32]).unwrap();
        let mut peers = [SealedPeer::new(UserId::new("bob").unwrap(), key)];
        runner.run_sealed(&mut peers, &mut end, &mut OsRng).await.unwrap();
    });
    let bob = sky.bob(Some(7));
    sky.until(|| bob.is_up()).await;
    assert_eq!(rings(&more), Err(InviteError::DataTooLong(LIMIT)));
    let call = rings(&most).unwrap();
    sky.until(|| bob.rings() == Some(call)).await;
    assert_eq!(door.modify_invitation(call, &more), Err(ModifyError::DataTooLong(LIMIT)));
    assert_eq!(door.cancel(call, &more), Err(CancelError::DataTooLong(LIMIT)));
    door.modify_invitation(call, &most).unwrap();
    assert!(bob.client.signaling().accept(call, most).refused().is_none());
    sky.until(|| bob.was_told(&What::Confirmed)).await;
    assert_eq!(bob.data(), most);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_a_sealed_frame_of_the_board_is_answered_so() {
    let mut sky = Sky::new(|_| Fate::Arrives);
    let memory = Box::leak(Box::new(Resources::<4, 1, 2, 419, 512>::new()));
    let (_, mut runner, mut events) = memory.start(identity("door", 1)).unwrap();
    let mut end = sky.end(At::Board);
    sky.world.spawn(async move {
        let key = PresharedKey::new(&[7; 32]).unwrap();
        let mut peers = [SealedPeer::new(UserId::new("bob").unwrap(), key)];
        runner.run_sealed(&mut peers, &mut end, &mut OsRng).await.unwrap();
    });
    sky.world.spawn(async move {
        loop {
            events.next().await;
        }
    });
    let bob = sky.bob(Some(7));
    sky.until(|| bob.is_up()).await;
    let heard = |what: &What| matches!(what, What::Ringing { .. } | What::Full { .. });
    let mut rang = Vec::new();
    for len in (340..=419).step_by(6) {
        let call = bob.client.signaling().invite("door", vec![b'x'; len], &InviteOptions::default()).unwrap();
        sky.until(|| bob.heard(heard).is_some()).await;
        rang.push(matches!(bob.heard(heard), Some(What::Ringing { .. })));
        bob.client.signaling().cancel(call.id(), "").unwrap();
        sky.pass(200).await;
        bob.told.lock().unwrap().clear();
    }
    assert!(rang.is_sorted_by(|before, after| before >= after), "what is larger does not ring: {rang:?}");
    assert!(rang[0] && !rang[rang.len() - 1], "{rang:?}");
}

/// Boards without a desktop: what is under way to each of them, and from whom.
#[derive(Default)]
struct Net([VecDeque<(usize, Vec<u8>)>; 3]);

/// One of them, and who its peers are.
struct Port(Rc<RefCell<Net>>, usize, &'static [usize]);

impl Datagrams for Port {
    async fn send(&mut self, peer: usize, datagram: &[u8]) {
        self.0.borrow_mut().0[self.2[peer]].push_back((self.1, datagram.to_vec()));
    }

    async fn receive(&mut self, buf: &mut [u8]) -> (usize, usize) {
        loop {
            if let Some((from, datagram)) = self.0.borrow_mut().0[self.1].pop_front() {
                buf[..datagram.len()].copy_from_slice(&datagram);
                let peer = self.2.iter().position(|other| *other == from).unwrap();
                return (datagram.len(), peer);
            }
            Timer::after_millis(1).await;
        }
    }
}

#[test]
fn three_boards_in_one_call_with_a_key_for_each_two() {
    const USERS: [&str; 3] = ["door", "bob", "carol"];
    const PEERS: [&[usize]; 3] = [&[1, 2], &[0, 2], &[1, 0]];
    let (mut world, net) = (World::without_relay(), Rc::<RefCell<Net>>::default());
    let boards = [0, 1, 2].map(|own| {
        let (mut runner, board) = world.at_rest(identity(USERS[own], own as u64 + 1));
        let mut port = Port(Rc::clone(&net), own, PEERS[own]);
        world.spawn(async move {
            let peer = |other: &usize| {
                let key = PresharedKey::new(&[(own + other) as u8; 32]).unwrap();
                SealedPeer::new(UserId::new(USERS[*other]).unwrap(), key)
            };
            let mut peers: Vec<_> = PEERS[own].iter().map(peer).collect();
            runner.run_sealed(&mut peers, &mut port, &mut OsRng).await.unwrap();
        });
        board
    });
    world.pass(1_000);
    let [door, bob, carol] = boards;
    let call = door.invites(&["bob", "carol"], 30_000);
    world.until(|| bob.was_told("new from door") && carol.was_told("new from door"));
    bob.signaling.reject(call, b"no").unwrap();
    carol.signaling.accept(call, b"yes").unwrap();
    world.until(|| door.was_told("bob rejected") && door.was_told("carol accepted on carol's"));
    world.until(|| bob.was_told("confirmed") && carol.was_told("confirmed"));
}

#[test]
fn the_same_peer_twice_and_frames_that_are_too_small_are_refused() {
    let sky = Sky::new(|_| Fate::Arrives);
    let peer = || SealedPeer::new(UserId::new("bob").unwrap(), PresharedKey::new(&[7; 32]).unwrap());
    let (mut end, mut peers) = (sky.end(At::Board), [peer(), peer()]);
    let (_, mut runner, _) = Box::leak(Box::new(Small::new())).start(identity("door", 1)).unwrap();
    let refused = ready(runner.run_sealed(&mut peers, &mut end, &mut OsRng));
    assert_eq!(refused, Some(Err(SealedError::Peers(PeerError::Repeated))));
    let smallest = Box::leak(Box::new(Resources::<1, 1, 1, 8, 280>::new()));
    let (_, mut runner, _) = smallest.start(identity("door", 1)).unwrap();
    let refused = ready(runner.run_sealed(&mut peers[..1], &mut end, &mut OsRng));
    assert_eq!(refused, Some(Err(SealedError::Frame)));
}
