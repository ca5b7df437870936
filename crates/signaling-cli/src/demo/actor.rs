//! One device: what it does, and what it notes of what it hears.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapter_std::{Accepting, Answered, Client, Event, Events, Invitation, InviteId, InviteOptions, UserId};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::exit::{Exit, Failure};
use crate::output::{Notice, Tone, quote};
use crate::tell::tell;

use super::record::{Notes, Record};
use super::story::Part;
use super::timeline::Timeline;

/// Nothing in a story takes this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// A story does not go on: what was waited for in vain, or what could not be done.
#[derive(Debug)]
pub(super) struct Stuck(pub(super) String);

impl Stuck {
    fn at(who: &Actor, what: impl std::fmt::Display) -> Self {
        Self(format!("{}: {what}", who.name))
    }
}

type Book = BTreeMap<InviteId, Notes>;

/// A device of the demo, online or not. What it noted it keeps.
pub(super) struct Actor {
    pub(super) name: String,
    user: UserId,
    label: &'static str,
    state: PathBuf,
    relay: String,
    timeline: Arc<Timeline>,
    client: Option<Client>,
    book: watch::Sender<Book>,
}

impl Actor {
    pub(super) fn new(part: Part, relay: String, state: PathBuf, timeline: Arc<Timeline>) -> Self {
        let (user, label) = part.user_and_label();
        let user = UserId::new(user).unwrap_or_default();
        Self {
            name: part.name(),
            user,
            label,
            state,
            relay,
            timeline,
            client: None,
            book: watch::Sender::default(),
        }
    }

    fn tell(&self, notice: Notice) {
        self.timeline.tell(&self.name, notice);
    }

    /// Comes online, and waits until the relay has let it in.
    pub(super) async fn log_in(&mut self) -> Result<(), Failure> {
        let builder = Client::builder(self.user.as_str()).relay(&self.relay).label(self.label);
        let client = builder.state_dir(&self.state).build();
        let client = client.map_err(|error| Failure::new(Exit::Other, format!("{}: {error}", self.name)))?;
        tokio::spawn(hear(client.events(), self.ear()));
        client.connect();
        let connected = timeout(PATIENCE, client.connected()).await;
        self.client = Some(client);
        connected.map(drop).map_err(|_| Failure::new(Exit::Other, format!("{} cannot connect", self.name)))
    }

    fn ear(&self) -> Ear {
        Ear {
            name: self.name.clone(),
            user: self.user.clone(),
            timeline: Arc::clone(&self.timeline),
            book: self.book.clone(),
        }
    }

    /// Goes offline.
    pub(super) async fn log_out(&mut self) {
        let Some(client) = self.client.take() else { return };
        client.close().await;
        self.tell(Notice::new("offline", Tone::Link, "goes offline"));
    }

    /// Closes without a word.
    pub(super) async fn close(&mut self) {
        if let Some(client) = self.client.take() {
            client.close().await;
        }
    }

    pub(super) fn is_online(&self) -> bool {
        self.client.is_some()
    }

    pub(super) fn client(&self) -> Result<&Client, Stuck> {
        self.client.as_ref().ok_or_else(|| Stuck::at(self, "is offline"))
    }

    /// Invites, in a group or not.
    pub(super) fn invite(
        &self,
        group: Option<&str>,
        whom: &[&str],
        data: &str,
        limit: Duration,
    ) -> Result<Invitation, Stuck> {
        let options = InviteOptions { timeout: Some(limit), ..InviteOptions::default() };
        let signaling = self.client()?.signaling();
        let within = group.map_or(String::new(), |group| format!(" in {group}"));
        let left = crate::tell::limit_left(Some(limit));
        let text = format!("invites {}{within}: {} ({left})", whom.join(", "), quote(data.as_bytes()));
        self.tell(
            Notice::new("inviting", Tone::Ring, text).with("invitee_list", whom.to_vec()).with("data", data),
        );
        let invitation = match group {
            Some(group) => signaling.invite_in_group(group, whom, data, &options),
            None => signaling.invite_many(whom, data, &options),
        };
        invitation.map_err(|error| Stuck::at(self, error))
    }

    /// Says yes.
    pub(super) fn say_yes(&self, id: InviteId, data: &str) -> Result<Accepting, Stuck> {
        let signaling = self.client()?.signaling();
        self.tell(Notice::new("accepting", Tone::Step, format!("says yes: {}", quote(data.as_bytes()))));
        Ok(signaling.accept(id, data))
    }

    /// Waits until it is known that the yes counts.
    pub(super) async fn confirmed(&self, yes: Accepting) -> Result<(), Stuck> {
        let answered = timeout(PATIENCE, yes).await;
        match answered.map_err(|_| Stuck::at(self, "its yes was never confirmed"))? {
            Ok(Answered::Confirmed) => Ok(()),
            Ok(Answered::Ended(reason)) => {
                Err(Stuck::at(self, format!("its yes came to nothing: {reason:?}")))
            }
            Err(error) => Err(Stuck::at(self, error)),
        }
    }

    /// Says no.
    pub(super) fn reject(&self, id: InviteId, data: &str) -> Result<(), Stuck> {
        let signaling = self.client()?.signaling();
        self.tell(Notice::new("rejecting", Tone::Step, format!("says no: {}", quote(data.as_bytes()))));
        signaling.reject(id, data).map_err(|error| Stuck::at(self, error))
    }

    /// Takes it back.
    pub(super) fn cancel(&self, invitation: &Invitation) -> Result<(), Stuck> {
        self.tell(Notice::new("cancelling", Tone::Cancel, "takes it back"));
        invitation.cancel("").map(drop).map_err(|error| Stuck::at(self, error))
    }

    /// Changes the data.
    pub(super) fn modify(&self, id: InviteId, data: &str) -> Result<(), Stuck> {
        let signaling = self.client()?.signaling();
        self.tell(Notice::new(
            "modifying",
            Tone::Change,
            format!("changes it to {}", quote(data.as_bytes())),
        ));
        signaling.modify_invitation(id, data).map_err(|error| Stuck::at(self, error))
    }

    /// Waits until its notes on that invitation are so.
    pub(super) async fn until(
        &self,
        id: InviteId,
        what: &str,
        so: impl Fn(&Notes) -> bool,
    ) -> Result<(), Stuck> {
        let mut book = self.book.subscribe();
        let waiting = book.wait_for(|book| book.get(&id).is_some_and(&so));
        timeout(PATIENCE, waiting).await.map(drop).map_err(|_| Stuck::at(self, format!("never {what}")))
    }

    /// Waits until it rings.
    pub(super) async fn rings(&self, id: InviteId) -> Result<(), Stuck> {
        self.until(id, "rang", |notes| notes.rang_at.is_some()).await
    }

    /// What it knows by now.
    pub(super) fn record(&self, id: InviteId) -> Record {
        self.book.borrow().get(&id).cloned().unwrap_or_default().record(&self.name)
    }

    /// When it began to ring.
    pub(super) fn rang_at(&self, id: InviteId) -> Option<Instant> {
        self.book.borrow().get(&id)?.rang_at
    }
}

/// Hears for one device.
struct Ear {
    name: String,
    user: UserId,
    timeline: Arc<Timeline>,
    book: watch::Sender<Book>,
}

async fn hear(mut events: Events, ear: Ear) {
    while let Some(event) = events.next().await {
        if let Some(notice) = tell(&event, &ear.user).filter(|_| !ear.timeline.is_past(&event)) {
            ear.timeline.tell(&ear.name, notice);
        }
        if let Event::Invitation(event) = event {
            ear.book.send_modify(|book| book.entry(event.invitation.id).or_default().note(&event));
        }
    }
}
