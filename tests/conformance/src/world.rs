//! A relay and the devices on it, all in this process and on one virtual clock.

mod methods;
mod notes;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use adapter_std::{
    Acceptor, Client, ClientBuilder, Device as DeviceId, InviteId, Signaling, State, TokioClock, in_process,
};
use signaling_relay::{Config, Insecure, Relay, RelayHandle};
use tokio::io::{DuplexStream, copy_bidirectional, duplex};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::callback::Callback;
use crate::compare::TOLERANCE;
use crate::recording::user;
pub use methods::DONE;
use notes::Notes;

/// Long enough for everything that was said to be heard, and answered, and that heard.
const SETTLE: Duration = Duration::from_millis(150);

/// A callback, and when it came: ms from the beginning of the world.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// When.
    pub at: u64,
    /// At which line of a recording; 0 for what comes here.
    pub line: usize,
    /// What.
    pub callback: Callback,
}

/// A relay, devices, and a clock that starts at 0.
pub struct World {
    relay: RelayHandle,
    clock: TokioClock,
    start: Instant,
    devices: BTreeMap<String, Device>,
    /// The runs of devices so far: no two have the same epoch.
    runs: u32,
}

/// A device of a user: a real client, and a listener that writes down what it is called with.
pub struct Device {
    client: Client,
    link: watch::Sender<bool>,
    notes: Notes,
}

impl World {
    /// An empty world: a relay that lets in everybody and has forgotten nothing.
    ///
    /// # Panics
    /// If the loopback interface has no port left: the relay takes one, though all links lead through memory.
    pub async fn new() -> Self {
        let clock = TokioClock::new();
        let config = Config { warm_up: 0, ..Config::default() };
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let relay = Relay::builder(Insecure).config(config).clock(clock).bind(nowhere).await;
        let relay = relay.expect("the loopback interface has a port left");
        let handle = relay.handle();
        tokio::spawn(relay.run(std::future::pending()));
        Self { relay: handle, clock, start: Instant::now(), devices: BTreeMap::new(), runs: 0 }
    }

    /// Gives `peer` (`bob`, or `bob-d2`) a device with a link, or one that has none yet.
    pub async fn add(&mut self, peer: &str, online: bool) {
        let (client, link) = self.client(peer);
        let notes = Notes::new(self.clock);
        client.signaling().add_signaling_listener(notes.clone());
        self.devices.insert(peer.into(), Device { client, link, notes });
        if online {
            self.online(peer).await;
        }
    }

    fn client(&mut self, peer: &str) -> (Client, watch::Sender<bool>) {
        self.runs += 1;
        let (transport, acceptor) = in_process();
        let link = watch::Sender::new(true);
        tokio::spawn(pump(acceptor, link.subscribe(), self.relay.clone()));
        let state = State::provisioned(DeviceId { id: number(peer), epoch: self.runs });
        let builder: ClientBuilder = Client::builder(user(peer)).transport(transport);
        let client = builder.clock(self.clock).state(state).label(label(peer)).build();
        (client.expect("peers have names that users may have"), link)
    }

    /// Makes the users of `peers` members of a group. Before they are added: an earlier run of each joins.
    pub async fn group(&mut self, group: &str, peers: &[&str]) {
        for peer in peers {
            let (member, _link) = self.client(peer);
            member.connect();
            member.connected().await;
            if member.create_group(group).await.is_err() {
                member.join_group(group).await.expect("the group is there");
            }
            member.close().await;
        }
    }

    /// The device of that peer.
    ///
    /// # Panics
    /// If there is none.
    pub fn device(&self, peer: &str) -> &Device {
        self.devices.get(peer).expect("the peer was added before")
    }

    /// What that peer's listener can call.
    pub fn signaling(&self, peer: &str) -> Signaling {
        self.device(peer).client.signaling()
    }

    /// Gives a device its link, and waits until that is up.
    pub async fn online(&mut self, peer: &str) {
        let device = self.device(peer);
        device.link.send_replace(true);
        device.client.connect();
        device.client.connected().await;
        self.settle().await;
    }

    /// Takes its link away.
    pub async fn offline(&mut self, peer: &str) {
        self.device(peer).link.send_replace(false);
        self.settle().await;
    }

    /// Ends a device without a word: it is not heard of again.
    pub async fn crash(&mut self, peer: &str) {
        self.offline(peer).await;
        self.devices.remove(peer);
    }

    /// Waits until all that is under way has arrived.
    pub async fn settle(&self) {
        sleep(SETTLE).await;
    }

    /// Waits until the time limit of an invitation is over at that peer, if that is nearly so.
    pub async fn run_out(&self, peer: &str, id: InviteId) {
        let left = self.signaling(peer).invitation(id).and_then(|known| known.remaining);
        if let Some(left) = left.filter(|left| left.as_millis() <= TOLERANCE.into()) {
            sleep(left).await;
            self.settle().await;
        }
    }

    /// Waits until so many ms from the beginning are over.
    pub async fn until(&self, at: u64) {
        sleep_until(self.start + Duration::from_millis(at)).await;
    }

    /// Ms from the beginning.
    pub fn now(&self) -> u64 {
        self.start.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
    }
}

impl Device {
    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What its listener was told since this was last asked.
    pub fn told(&self) -> Vec<Told> {
        self.notes.take()
    }
}

/// A number for a device that is the same in every run, so that runs are the same.
fn number(peer: &str) -> u64 {
    peer.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A label is shorter than a name may be.
fn label(peer: &str) -> &str {
    let end = (0..=24.min(peer.len())).rev().find(|at| peer.is_char_boundary(*at));
    &peer[..end.unwrap_or_default()]
}

/// Passes the links of a device on to the relay, while it has one.
async fn pump(mut acceptor: Acceptor, link: watch::Receiver<bool>, relay: RelayHandle) {
    while let Some(near) = acceptor.accept().await {
        if *link.borrow() {
            let (far, theirs) = duplex(64 * 1024);
            relay.serve(theirs);
            tokio::spawn(carry(near, far, link.clone()));
        }
    }
}

/// One link, until either side ends it or it is cut.
async fn carry(mut near: DuplexStream, mut far: DuplexStream, mut link: watch::Receiver<bool>) {
    tokio::select! {
        // However it ends, both sides see its end.
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = link.wait_for(|up| !up) => {}
    }
}
