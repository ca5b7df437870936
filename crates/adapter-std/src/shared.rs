//! What all handles and tasks of a client share: one lock, and two "something changed" signals.
//!
//! The lock is held for as long as the engine takes for one step, never over an await, a callback or a waker.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use signaling_core::direct::{Direct, Transmit, data_limit};
use signaling_core::{InviteId, Label, UserId};
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::event::{Event, InvitationEvent, InvitationInfo, LinkError, LinkEvent};
use crate::fate::Fates;
use crate::groups::Groups;
use crate::mailbox::Mailbox;
use crate::storage::ClientEngine;
use crate::wakes::Wakes;

/// While a row lives the clock is read at least so often: timers do not count while the machine sleeps.
const LOOK: u64 = 1_000;

/// Where the link to the relay stands.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LinkState {
    /// [`Client::connect`](crate::Client::connect) was not called yet.
    Idle,
    /// It is being made, for the first time or again; why the last attempt failed, if one did.
    Connecting(Option<LinkError>),
    /// The relay let this device in.
    Up,
    /// A newer connection of this device took its place; nothing is tried until `connect` is called again.
    Replaced,
    /// The client was closed.
    Closed,
}

#[derive(Debug)]
pub(crate) struct Shared {
    core: Mutex<Core>,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) user: UserId,
    pub(crate) label: Label,
    /// The largest datagram of a direct link; none if the link is one to a relay.
    pub(crate) datagram: Option<usize>,
    pub(crate) link: watch::Sender<LinkState>,
    /// Whether the relay ever let this device in: if not, nobody heard of it.
    pub(crate) was_let_in: AtomicBool,
    /// The keeper of time is to look.
    pub(crate) time: Notify,
    /// The writer of the link is to look.
    pub(crate) send: Notify,
    /// The keeper of the disk is to look.
    pub(crate) save: Notify,
    /// The application wants a link.
    pub(crate) go: Notify,
    /// The user wants the link now, not after a pause.
    pub(crate) retry: Notify,
    /// The client is to close.
    pub(crate) closing: watch::Sender<bool>,
}

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) engine: ClientEngine,
    pub(crate) groups: Groups,
    pub(crate) fates: Fates,
    /// Whom to wake when this is unlocked.
    pub(crate) wakes: Wakes,
    subscribers: Vec<(u64, Arc<Mailbox>)>,
    next: u64,
    /// What was restored is told when the application connects, with its listeners in place.
    pub(crate) held: bool,
    /// A subscriber has too much to read.
    stuck: bool,
    pub(crate) closed: bool,
}

impl Shared {
    pub(crate) fn new(
        engine: ClientEngine,
        clock: Box<dyn Clock>,
        label: Label,
        datagram: Option<usize>,
    ) -> Self {
        let user = engine.config().user.clone();
        let held = !engine.is_empty();
        let core = Core {
            engine,
            groups: Groups::default(),
            fates: Fates::default(),
            wakes: Wakes::default(),
            subscribers: Vec::new(),
            next: 0,
            held,
            stuck: false,
            closed: false,
        };
        Self {
            core: Mutex::new(core),
            clock,
            user,
            label,
            datagram,
            link: watch::Sender::new(LinkState::Idle),
            was_let_in: AtomicBool::new(false),
            time: Notify::new(),
            send: Notify::new(),
            save: Notify::new(),
            go: Notify::new(),
            retry: Notify::new(),
            closing: watch::Sender::new(false),
        }
    }

    /// Does something with the core, then wakes whom it concerns.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Core) -> T) -> T {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        let result = act(&mut core);
        let wakes = std::mem::take(&mut core.wakes);
        drop(core);
        wakes.wake();
        result
    }

    /// One step of the engine: a command or an input, then whatever it has to tell; then all look again.
    pub(crate) fn step<T>(&self, act: impl FnOnce(&mut Core, u64) -> T) -> T {
        let now = self.clock.now();
        let (result, unsaved) = self.with(|core| {
            // A command or an input does it by itself; what only looks shows the time as it is now.
            core.engine.handle_timeout(now);
            let result = act(core, now);
            core.tell();
            (result, core.engine.unsaved().is_some())
        });
        if unsaved {
            self.save.notify_one();
        }
        self.time.notify_one();
        self.send.notify_one();
        result
    }

    /// Lets timers go off that are due; for how long to sleep then.
    pub(crate) fn keep_time(&self) -> Option<Duration> {
        let now = self.clock.now();
        let (next, unsaved) = self.with(|core| {
            core.engine.handle_timeout(now);
            core.tell();
            (core.engine.poll_timeout(), core.engine.unsaved().is_some())
        });
        if unsaved {
            self.save.notify_one();
        }
        self.send.notify_one();
        next.map(|next| Duration::from_millis(next.saturating_sub(now).clamp(1, LOOK)))
    }

    /// The next frame for the link.
    pub(crate) fn poll_transmit(&self, buf: &mut [u8]) -> Option<usize> {
        let now = self.clock.now();
        self.with(|core| core.groups.poll_transmit(buf).or_else(|| core.engine.poll_transmit(now, buf)))
    }

    /// The next datagram for the peers.
    pub(crate) fn poll_direct<const N: usize>(
        &self,
        direct: &mut Direct<N>,
        buf: &mut [u8],
    ) -> Option<Transmit> {
        let now = self.clock.now();
        let (sent, unsaved) = self.with(|core| {
            let sent = direct.poll_transmit(now, &mut core.engine, buf);
            // Whom it does not reach has his outcome at once.
            core.tell();
            (sent, core.engine.unsaved().is_some())
        });
        if unsaved {
            self.save.notify_one();
        }
        sent
    }

    /// How much data about that many invitees the link takes.
    pub(crate) fn data_limit(&self, invitees: usize) -> usize {
        self.datagram.map_or(usize::MAX, |datagram| data_limit(datagram, invitees))
    }

    pub(crate) fn tell_link(&self, event: LinkEvent) {
        self.tell(&Event::Link(event));
    }

    /// Whether the client closes, and everything that it has to send may be sent.
    pub(crate) fn is_last(&self) -> bool {
        self.is_closing() && self.with(|core| core.engine.unsaved().is_none())
    }

    pub(crate) fn tell(&self, event: &Event) {
        self.with(|core| core.publish(event));
    }

    pub(crate) fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    pub(crate) fn begin_close(&self) {
        self.closing.send_replace(true);
        self.send.notify_one();
        self.time.notify_one();
    }

    /// The end: nothing is told or known any more.
    pub(crate) fn close(&self) {
        self.with(|core| {
            core.closed = true;
            core.groups.link_down(&mut core.wakes);
            core.fates.clear(&mut core.wakes);
            for (_, mailbox) in core.subscribers.drain(..) {
                core.wakes.reader(mailbox.close());
            }
        });
        self.link.send_replace(LinkState::Closed);
    }
}

impl Core {
    /// Tells what the engine has to tell, unless nobody listens yet or a subscriber has too much to read already.
    fn tell(&mut self) {
        if self.held {
            return self.look_at_all();
        }
        let device = self.engine.config().device;
        while self.subscribers.iter().all(|(_, mailbox)| mailbox.has_room()) {
            let Some(event) = self.engine.poll_event() else {
                self.stuck = false;
                return;
            };
            let invitation = Arc::new(InvitationInfo::of(&event.invitation));
            self.fates.update(&invitation, device, &mut self.wakes);
            let event = Event::Invitation(InvitationEvent { what: event.what, invitation });
            publish(&self.subscribers, &event, &mut self.wakes);
        }
        if !std::mem::replace(&mut self.stuck, true) {
            let user = &self.engine.config().user;
            tracing::warn!(%user, "a listener or stream reads too slowly: no events until it has caught up");
        }
        self.look_at_all();
    }

    /// The news stay in the table; who waits for an invitation does not wait for the readers.
    fn look_at_all(&mut self) {
        for id in self.fates.ids() {
            self.look(id);
        }
    }

    /// Brings one fate up to date.
    pub(crate) fn look(&mut self, id: InviteId) {
        let device = self.engine.config().device;
        let Some(view) = self.engine.view(id) else { return };
        self.fates.update(&Arc::new(InvitationInfo::of(&view)), device, &mut self.wakes);
    }

    fn publish(&mut self, event: &Event) {
        publish(&self.subscribers, event, &mut self.wakes);
    }

    pub(crate) fn subscribe(&mut self, mailbox: Arc<Mailbox>) -> u64 {
        self.next += 1;
        if self.closed {
            self.wakes.reader(mailbox.close());
        } else {
            self.subscribers.push((self.next, mailbox));
        }
        self.next
    }

    pub(crate) fn unsubscribe(&mut self, id: u64) -> bool {
        let Some(at) = self.subscribers.iter().position(|(other, _)| *other == id) else { return false };
        self.wakes.reader(self.subscribers.remove(at).1.cut());
        true
    }
}

fn publish(subscribers: &[(u64, Arc<Mailbox>)], event: &Event, wakes: &mut Wakes) {
    for (_, mailbox) in subscribers {
        wakes.reader(mailbox.push(event.clone()));
    }
}
