//! A device and the person who has it: makes calls, answers them, and writes down what became of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use adapter_std::{
    Answered, Client, Device, Event, InvitationEvent, InviteOptions, LinkEvent, Signaling, State, TokioClock,
    What,
};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use storm::record::Record;
use tokio::time::{sleep, timeout};

use crate::net::ToRelay;

/// Who takes part: the user, and the label of the device.
pub(crate) const CAST: [(&str, &str); 4] =
    [("alice", "phone"), ("bob", "kitchen"), ("bob", "car"), ("carol", "phone")];
/// No call begins later, in ms.
pub(crate) const LAST_CALL: u64 = 20_000;
/// No call takes longer, in ms.
pub(crate) const LONGEST: u64 = 9_000;
/// Calls that each device makes.
const CALLS: usize = 3;
/// A person takes at least so many ms to answer, or to think better of a call.
const THINK: u64 = 300;
/// More invitations than there are: nothing is evicted.
const ROWS: usize = 64;

/// What all see of a run: each run of a device writes its own record.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) records: Vec<(Device, Record)>,
    pub(crate) story: Vec<String>,
    pub(crate) calls: u32,
    pub(crate) links: u32,
}

pub(crate) type Shared = Arc<Mutex<Book>>;

pub(crate) fn lock(book: &Shared) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One run of a device.
#[derive(Clone)]
struct Person {
    name: &'static str,
    device: Device,
    page: usize,
    book: Shared,
    signaling: Signaling,
    rng: Arc<Mutex<SmallRng>>,
}

/// The device at that place of the cast, started for the `epoch`th time.
pub(crate) async fn device(who: usize, epoch: u32, seed: u64, book: Shared) -> turmoil::Result {
    let (user, label) = CAST[who];
    let device = Device { id: who as u64 + 1, epoch };
    let builder = Client::builder(user).transport(ToRelay).clock(TokioClock::new()).label(label);
    let client = builder.state(State::provisioned(device)).rows(ROWS).build()?;
    let page = {
        let mut book = lock(&book);
        book.records.push((device, Record::new(user, device)));
        book.records.len() - 1
    };
    let rng = SmallRng::seed_from_u64(seed ^ (device.id << 40) ^ (u64::from(epoch) << 48));
    let rng = Arc::new(Mutex::new(rng));
    let person = Person { name: user, device, page, book, signaling: client.signaling(), rng };
    for at in calls(who, seed) {
        tokio::spawn(person.clone().call(at));
    }
    let mut events = client.events();
    client.connect();
    while let Some(event) = events.next().await {
        person.hear(event);
    }
    Ok(())
}

/// When that device makes its calls: the same times for each of its runs, which leaves out those that are over.
fn calls(who: usize, seed: u64) -> [u64; CALLS] {
    let mut rng = SmallRng::seed_from_u64(seed ^ (who as u64) << 32);
    [(); CALLS].map(|()| rng.random_range(100..LAST_CALL))
}

fn elapsed() -> Duration {
    turmoil::sim_elapsed().unwrap_or_default()
}

impl Person {
    fn record<T>(&self, write: impl FnOnce(&mut Record) -> T) -> T {
        write(&mut lock(&self.book).records[self.page].1)
    }

    fn tell(&self, what: &str) {
        let line = format!("{:>7} {}/{} {what}", elapsed().as_millis(), self.name, self.device);
        lock(&self.book).story.push(line);
    }

    fn random(&self, range: std::ops::Range<u64>) -> u64 {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).random_range(range)
    }

    /// Notes what happens, and lets the person answer.
    fn hear(&self, event: Event) {
        match event {
            Event::Invitation(event) => {
                self.tell(&format!("{} {:?}", event.invitation.id, event.what));
                self.record(|record| record.note(&event.invitation, event.what == What::New));
                if event.what == What::New {
                    tokio::spawn(self.clone().answer(event));
                }
            }
            Event::Link(event) => {
                lock(&self.book).links += u32::from(matches!(event, LinkEvent::Connected));
                self.tell(&format!("{event:?}"));
            }
            other => self.tell(&format!("{other:?}")),
        }
    }

    async fn answer(self, event: InvitationEvent) {
        sleep(Duration::from_millis(self.random(THINK..LONGEST))).await;
        let id = event.invitation.id;
        match self.random(0..10) {
            0..5 => {
                let accepting = self.signaling.accept(id, "yes");
                if accepting.refused().is_some() {
                    return;
                }
                self.tell(&format!("{id} accepts"));
                self.record(|record| record.pressed(id));
                if let Ok(Answered::Confirmed) = accepting.await {
                    self.record(|record| record.confirmed(id));
                }
            }
            // It may have ended meanwhile; what counts is heard as an event.
            5 => drop(self.signaling.reject(id, "no")),
            _ => {}
        }
    }

    /// Calls one or two of the others at that time, and waits for the end, or thinks better of it.
    async fn call(self, at: u64) {
        let Some(wait) = Duration::from_millis(at).checked_sub(elapsed()) else { return };
        sleep(wait).await;
        let mut others: Vec<&str> =
            ["alice", "bob", "carol"].into_iter().filter(|name| *name != self.name).collect();
        match self.random(0..3) {
            0 => drop(others.pop()),
            1 => drop(others.remove(0)),
            _ => {}
        }
        let limit = Duration::from_millis(self.random(LONGEST / 3..LONGEST));
        let options = InviteOptions { timeout: Some(limit), ..InviteOptions::default() };
        let invitation = match self.signaling.invite_many(&others, "video?", &options) {
            Ok(invitation) => invitation,
            Err(error) => return self.tell(&format!("cannot invite: {error}")),
        };
        self.tell(&format!("{} invites {others:?}", invitation.id()));
        lock(&self.book).calls += 1;
        self.record(|record| record.made(invitation.id(), &others));
        let patience = Duration::from_millis(self.random(THINK..LONGEST * 5));
        match timeout(patience, invitation.ended()).await {
            Ok(Ok(ended)) => self.record(|record| record.ended(&ended)),
            Ok(Err(_)) => {}
            // It may have just ended by itself.
            Err(_) => drop(invitation.cancel("")),
        }
    }
}
