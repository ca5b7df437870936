//! A device of a user, as its application holds it.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use signaling_core::wire::GroupOp;
use signaling_core::{Counters, Device, GroupId, UserId};
use tokio::sync::oneshot;

use crate::builder::ClientBuilder;
use crate::error::GroupError;
use crate::event::Event;
use crate::handle::Owner;
use crate::mailbox::{Mailbox, Taken};
use crate::shared::{LinkState, Shared};
use crate::signaling::Signaling;

/// A relay that does not answer a group call for so long will not.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// One device of one user: its invitations, and the link to its relay. A clone is the same client.
///
/// A [`Client`], a [`Signaling`] and an [`Invitation`](crate::Invitation) are handles. When the last is
/// dropped, the client closes in the background as [`close`](Self::close) does.
#[derive(Clone, Debug)]
pub struct Client(pub(crate) Arc<Owner>);

impl Client {
    /// Begins to describe a client of that user.
    pub fn builder(user: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(user.into())
    }

    /// Invite, answer, listen (`getSignalingManager`).
    pub fn signaling(&self) -> Signaling {
        Signaling(Arc::clone(&self.0))
    }

    /// Lets the client make its link, and make it again whenever it ends. Returns at once. To be called
    /// once, and again after [`LinkEvent::Replaced`](crate::LinkEvent::Replaced) to take the link back.
    ///
    /// It is also for who knows that the network is back, or another one. While the client pauses between two
    /// attempts, up to 6 s, it tries at once. A link that is up has 3 s to show that it is: otherwise it is given up
    /// ([`LinkError::Silent`](crate::LinkError::Silent)) and made again. A link to peers does not need that.
    pub fn connect(&self) {
        let shared = &self.0.shared;
        shared.step(|core, _| core.held = false);
        // Keeps no permit: one that is left over would take the link back from whoever replaces us.
        shared.retry.notify_waiters();
        let wanted = shared.link.send_if_modified(|state| {
            let rest = matches!(state, LinkState::Idle | LinkState::Replaced);
            if rest {
                *state = LinkState::Connecting(None);
            }
            rest
        });
        if wanted {
            shared.go.notify_one();
        }
    }

    /// Where the link stands.
    pub fn link(&self) -> LinkState {
        self.0.shared.link.borrow().clone()
    }

    /// Waits until the link is up: `Up`, or what ends the wait instead, `Replaced` or `Closed`. It waits
    /// for ever if nobody calls [`connect`](Self::connect), or if the relay cannot be reached; put a
    /// [`timeout`](tokio::time::timeout) around it. Cancel safe.
    pub async fn connected(&self) -> LinkState {
        let mut link = self.0.shared.link.subscribe();
        let settled =
            |state: &LinkState| matches!(state, LinkState::Up | LinkState::Replaced | LinkState::Closed);
        match link.wait_for(settled).await {
            Ok(state) => state.clone(),
            Err(_) => LinkState::Closed,
        }
    }

    /// What happens from now on, as a stream. There may be several; each gets every event. A slow reader
    /// misses no outcome, see [`Event::Lagged`]; drop a stream that nobody reads. It ends when the client
    /// is closed, and does not keep the client going.
    pub fn events(&self) -> Events {
        let mailbox = Arc::new(Mailbox::new(self.0.queue, self.0.backlog));
        let id = self.0.shared.with(|core| core.subscribe(Arc::clone(&mailbox)));
        Events { id, mailbox, shared: Arc::downgrade(&self.0.shared) }
    }

    /// The user.
    pub fn user(&self) -> &UserId {
        &self.0.shared.user
    }

    /// The device, in this run.
    pub fn device(&self) -> Device {
        self.0.shared.with(|core| core.engine.config().device)
    }

    /// What the engine counted so far.
    pub fn counters(&self) -> Counters {
        self.0.shared.with(|core| core.engine.counters())
    }

    /// Makes a group, with this user as its first member. Fine if he is in it already.
    ///
    /// Of all group calls: they need the link, and the relay's answer. Cancel safe in that dropping the
    /// future harms nothing, but the relay may have done it. What was created or joined in this process is
    /// joined again by itself whenever the link is made anew.
    ///
    /// # Errors
    /// [`GroupError`].
    pub async fn create_group(&self, group: &str) -> Result<(), GroupError> {
        self.ask(GroupOp::Create, group).await.map(drop)
    }

    /// Makes this user a member of a group. Fine if he is one already.
    ///
    /// # Errors
    /// [`GroupError`].
    pub async fn join_group(&self, group: &str) -> Result<(), GroupError> {
        self.ask(GroupOp::Join, group).await.map(drop)
    }

    /// Ends this user's membership. The last one takes the group along. Whatever comes of it, the client does not join
    /// the group again by itself.
    ///
    /// # Errors
    /// [`GroupError`].
    pub async fn leave_group(&self, group: &str) -> Result<(), GroupError> {
        self.ask(GroupOp::Leave, group).await.map(drop)
    }

    /// Who is in a group. For members only.
    ///
    /// # Errors
    /// [`GroupError`].
    pub async fn group_members(&self, group: &str) -> Result<Vec<UserId>, GroupError> {
        self.ask(GroupOp::Members, group).await
    }

    async fn ask(&self, op: GroupOp, group: &str) -> Result<Vec<UserId>, GroupError> {
        let group = GroupId::new(group)?;
        if self.0.shared.datagram.is_some() {
            return Err(GroupError::NoRelay);
        }
        let (reply, answer) = oneshot::channel();
        self.0.shared.step(|core, _| {
            if core.closed { Err(GroupError::Closed) } else { core.groups.ask(op, group, reply) }
        })?;
        let answer = tokio::time::timeout(ANSWER_WITHIN, answer).await.map_err(|_| GroupError::NoAnswer)?;
        answer.map_err(|_| GroupError::LinkLost)?
    }

    /// Closes the client, whatever other handles there are: what waits to be sent is sent, if that takes no
    /// longer than 2 s, then the link ends, the folder of its state is unlocked, streams end, listeners
    /// are dropped, and every call says that it is closed. It waits for nothing if the relay could not be
    /// reached from the start: nobody heard of what was said. What a durable client has not saved yet
    /// it saves, if that takes no longer than 2 s more; the folder stays locked until the disk has done.
    ///
    /// Invitations that are still pending are not cancelled: whoever rings falls silent when nothing more
    /// is heard from here. Cancel them first if that is meant. Cancel safe: it goes on in the background.
    pub async fn close(&self) {
        self.0.shared.begin_close();
        let mut link = self.0.shared.link.subscribe();
        // The sender lives as long as this handle.
        let _ = link.wait_for(|state| *state == LinkState::Closed).await;
    }
}

/// The events of a client from some moment on.
#[derive(Debug)]
pub struct Events {
    id: u64,
    mailbox: Arc<Mailbox>,
    shared: Weak<Shared>,
}

impl Events {
    /// The next event; none when the client was closed and everything was read. Cancel safe.
    pub async fn next(&mut self) -> Option<Event> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            let Poll::Ready((taken, room)) = self.mailbox.poll_take(cx) else { return Poll::Pending };
            if let Some(shared) = self.shared.upgrade().filter(|_| room) {
                shared.time.notify_one();
            }
            match taken {
                Taken::Event(event) => return Poll::Ready(Some(event)),
                Taken::Closed => return Poll::Ready(None),
                Taken::Empty => {}
            }
        }
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll(cx)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.with(|core| core.unsubscribe(self.id));
            // Perhaps it was this one that had too much to read.
            shared.time.notify_one();
        }
    }
}
