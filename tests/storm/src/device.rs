//! One device: it makes calls, or answers them, and writes down what became of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use adapter_std::{
    Answered, Client, ClientBuilder, Event, Events, Invitation, InvitationEvent, InviteId, InviteOptions,
    Peer, Peers, PresharedKey, Signaling, State, What,
};
use anyhow::{Context, Result, ensure};
use rand::RngExt;
use storm::record::Record;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::DeviceArgs;

/// How often a device that finishes says how far it is.
const TELL: Duration = Duration::from_millis(250);
/// A person takes at least so many ms to answer, or to think better of a call.
const THINK: u64 = 300;

/// What seals the datagrams of peers.
const KEY: &[u8] = b"the weather is nobody's secret, but is sealed";

type Shared = Arc<Mutex<Record>>;

fn lock(record: &Shared) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs until the standard input ends. The line `finish` there ends making calls; from then on it prints again
/// and again of how many calls it does not know the end.
pub(crate) async fn run(args: DeviceArgs) -> Result<()> {
    args.fault.plant();
    let client = link(&args)?.state(State::ephemeral()?).keep(Duration::from_secs(args.keep));
    let client = client.rows(args.rows).queue(args.rows * 8, args.rows).build()?;
    let record = Arc::new(Mutex::new(Record::new(&args.user, client.device())));
    let longest = args.longest * 1_000;
    tokio::spawn(hear(client.events(), client.signaling(), record.clone(), longest));
    client.connect();
    let (finish, finishing) = watch::channel(false);
    for _ in 0..args.calls {
        let (signaling, callees) = (client.signaling(), args.callee.clone());
        let caller = Caller { signaling, callees, record: record.clone(), longest };
        tokio::spawn(caller.call(finishing.clone()));
    }
    tokio::spawn(tell(record.clone(), finishing));
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        ensure!(line == "finish", "what is {line:?}?");
        finish.send_replace(true);
    }
    let counters = client.counters();
    ensure!(counters.evicted == 0 && counters.full == 0, "--rows is too small: {counters:?}");
    let text = lock(&record).lines();
    std::fs::write(&args.out, text).with_context(|| format!("cannot write {}", args.out.display()))
}

fn link(args: &DeviceArgs) -> Result<ClientBuilder> {
    let client = Client::builder(&args.user);
    let Some(bind) = &args.udp else {
        return Ok(client.relay(args.relay.as_deref().context("neither --relay nor --udp")?));
    };
    let mut peers = Peers::udp(bind);
    for peer in &args.peer {
        let (user, address) = peer.split_once('=').context("a peer is USER=ADDRESS")?;
        peers = peers.peer(Peer::new(user, address).key(PresharedKey::new(KEY)?));
    }
    Ok(client.direct(peers))
}

/// Notes what happens, and lets a person answer.
async fn hear(mut events: Events, signaling: Signaling, record: Shared, longest: u64) {
    while let Some(event) = events.next().await {
        let Event::Invitation(event) = event else { continue };
        lock(&record).note(&event.invitation, event.what == What::New);
        if event.what == What::New {
            tokio::spawn(answer(event, signaling.clone(), record.clone(), longest));
        }
    }
}

async fn answer(event: InvitationEvent, signaling: Signaling, record: Shared, longest: u64) {
    sleep(thought(longest)).await;
    let id = event.invitation.id;
    let mood = rand::rng().random_range(0..10);
    // It may have ended meanwhile; what counts is heard as an event.
    match mood {
        0..5 => accept(id, &signaling, &record).await,
        5 => drop(signaling.reject(id, "no")),
        _ => {}
    }
}

async fn accept(id: InviteId, signaling: &Signaling, record: &Shared) {
    let accepting = signaling.accept(id, "yes");
    if accepting.refused().is_none() {
        lock(record).pressed(id);
    }
    if let Ok(Answered::Confirmed) = accepting.await {
        lock(record).confirmed(id);
    }
}

/// How long somebody thinks about a call of at most so many ms.
fn thought(longest: u64) -> Duration {
    Duration::from_millis(rand::rng().random_range(THINK..longest))
}

/// Says again and again how much is open, once it is to finish.
async fn tell(record: Shared, mut finishing: watch::Receiver<bool>) {
    if finishing.wait_for(|finishing| *finishing).await.is_err() {
        return;
    }
    loop {
        println!("{}", lock(&record).open());
        sleep(TELL).await;
    }
}

struct Caller {
    signaling: Signaling,
    callees: Vec<String>,
    record: Shared,
    /// No call takes more ms.
    longest: u64,
}

impl Caller {
    /// One call after the other.
    async fn call(self, finishing: watch::Receiver<bool>) {
        while !*finishing.borrow() {
            let callees = self.choose();
            let limit = Duration::from_millis(rand::rng().random_range(self.longest / 3..self.longest));
            let first_wins = rand::rng().random_bool(0.3);
            let options = InviteOptions { timeout: Some(limit), first_wins, ..InviteOptions::default() };
            match self.signaling.invite_many(&callees, "video?", &options) {
                Ok(invitation) => {
                    lock(&self.record).made(invitation.id(), &callees);
                    self.wait(&invitation).await;
                }
                Err(error) => {
                    eprintln!("cannot invite: {error}");
                    std::process::exit(1);
                }
            }
        }
    }

    /// Waits for the end, or thinks better of it.
    async fn wait(&self, invitation: &Invitation) {
        let patient = rand::rng().random_bool(0.8);
        let patience = if patient { Duration::MAX } else { thought(self.longest) };
        match timeout(patience, invitation.ended()).await {
            Ok(Ok(ended)) => lock(&self.record).ended(&ended),
            Ok(Err(_)) => {}
            // It may have just ended by itself.
            Err(_) => drop(invitation.cancel("")),
        }
    }

    /// One or two.
    fn choose(&self) -> Vec<&str> {
        let mut rng = rand::rng();
        let first = rng.random_range(0..self.callees.len());
        let second = (first + rng.random_range(1..self.callees.len())) % self.callees.len();
        let both = [self.callees[first].as_str(), self.callees[second].as_str()];
        both[..rng.random_range(1..=2)].to_vec()
    }
}
