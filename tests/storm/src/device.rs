//! One device: it makes calls, or answers them, and writes down what became of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use adapter_std::{
    Client, ClientBuilder, Event, Events, InvitationEvent, InviteOptions, Peer, Peers, PresharedKey,
    Signaling, State, What,
};
use anyhow::{Context, Result, ensure};
use rand::RngExt;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::DeviceArgs;
use crate::record::Record;

/// How often a device that finishes says how far it is.
const TELL: Duration = Duration::from_millis(250);
/// No call of a storm is longer; a link that is down for longer has ended it.
const LIMIT: std::ops::Range<u64> = 6_000..20_000;
/// A person takes so long to answer, or to think better of a call.
const THINK: std::ops::Range<u64> = 300..18_000;

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
    let client = link(&args)?.state(State::ephemeral()?);
    let client = client.rows(args.rows).queue(args.rows * 8, args.rows).build()?;
    let record = Shared::default();
    tokio::spawn(hear(client.events(), client.signaling(), record.clone()));
    client.connect();
    let (finish, finishing) = watch::channel(false);
    for _ in 0..args.calls {
        let caller =
            Caller { signaling: client.signaling(), callees: args.callee.clone(), record: record.clone() };
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
async fn hear(mut events: Events, signaling: Signaling, record: Shared) {
    while let Some(event) = events.next().await {
        let Event::Invitation(event) = event else { continue };
        lock(&record).note(&event);
        if event.what == What::New {
            tokio::spawn(answer(event, signaling.clone()));
        }
    }
}

async fn answer(event: InvitationEvent, signaling: Signaling) {
    sleep(Duration::from_millis(thought())).await;
    let id = event.invitation.id;
    // It may have ended meanwhile; what counts is heard as an event.
    match rand::rng().random_range(0..10) {
        0..5 => drop(signaling.accept(id, "yes")),
        5 => drop(signaling.reject(id, "no")),
        _ => {}
    }
}

/// For how many ms somebody thinks.
fn thought() -> u64 {
    rand::rng().random_range(THINK)
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
}

impl Caller {
    /// One call after the other.
    async fn call(self, finishing: watch::Receiver<bool>) {
        while !*finishing.borrow() {
            let callees = self.choose();
            let limit = Duration::from_millis(rand::rng().random_range(LIMIT));
            let options = InviteOptions { timeout: Some(limit), ..InviteOptions::default() };
            let invitation = match self.signaling.invite_many(&callees, "video?", &options) {
                Ok(invitation) => invitation,
                Err(error) => {
                    eprintln!("cannot invite: {error}");
                    return;
                }
            };
            lock(&self.record).made(invitation.id(), &callees);
            let patience = if rand::rng().random_bool(0.8) { LIMIT.end * 2 } else { thought() };
            if timeout(Duration::from_millis(patience), invitation.ended()).await.is_err() {
                // It may have just ended by itself.
                let _ = invitation.cancel("");
            }
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
