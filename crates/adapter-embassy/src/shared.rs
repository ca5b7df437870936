//! What the handles and the runner of a device share. Nobody holds a borrow over an await or a callback.

use core::cell::{Cell, RefCell};
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_sync::waitqueue::MultiWakerRegistration;
#[cfg(not(feature = "direct"))]
use signaling_core::InviteId;
use signaling_core::Label;
#[cfg(feature = "direct")]
use signaling_core::direct::{Direct, Ignored, Transmit};
use signaling_core::wire::{Frame, Hello};

use crate::clock::now;
#[cfg(feature = "direct")]
use crate::direct::MAX_PEERS;
use crate::engine::AnyEngine;
use crate::events::Happened;
use crate::link_error::LinkError;
use crate::log::{READ, Seldom, log};
use crate::session::{Heard, LinkState, Session};
use crate::signaling::LineCounters;
use crate::view::{Keep, Look};

/// Tasks that wait for the link at a time; more wake each other.
const WAITERS: usize = 4;

/// The parts of a device that have no measures.
pub(crate) struct Shared {
    pub(crate) session: RefCell<Session>,
    pub(crate) label: Label,
    pub(crate) token: &'static str,
    /// The largest frame that is taken.
    pub(crate) largest: u32,
    /// The largest datagram of the link; without limit if it is none of datagrams.
    #[cfg(feature = "direct")]
    pub(crate) datagram: Cell<usize>,
    pub(crate) line: Cell<LineCounters>,
    /// When the log hears again of what was dropped.
    dropped: Seldom,
    /// The writer of the line is to look.
    pub(crate) send: Signal<NoopRawMutex, ()>,
    /// The keeper of time is to look.
    pub(crate) time: Signal<NoopRawMutex, ()>,
    /// The reader of events is to look.
    pub(crate) events: Signal<NoopRawMutex, ()>,
    waiting: RefCell<MultiWakerRegistration<WAITERS>>,
    /// Until when the keeper of time sleeps.
    armed: Cell<u64>,
}

impl Shared {
    pub(crate) fn new(session: Session, label: Label, token: &'static str, largest: u32) -> Self {
        Self {
            session: RefCell::new(session),
            label,
            token,
            largest,
            #[cfg(feature = "direct")]
            datagram: Cell::new(usize::MAX),
            line: Cell::default(),
            dropped: Seldom::default(),
            send: Signal::new(),
            time: Signal::new(),
            events: Signal::new(),
            waiting: RefCell::new(MultiWakerRegistration::new()),
            armed: Cell::new(0),
        }
    }

    pub(crate) fn count(&self, add: impl FnOnce(&mut LineCounters)) {
        let mut counters = self.line.get();
        add(&mut counters);
        self.line.set(counters);
    }

    /// Something that came was of no use.
    pub(crate) fn dropped(&self, why: impl fmt::Display, count: impl FnOnce(&mut LineCounters)) {
        self.count(count);
        if READ && self.dropped.is_due(now()) {
            let line = self.line.get();
            let all = [line.garbled, line.too_long, line.malformed, line.broken];
            log!(warn, "dropped what came, {} by now: {}", all.into_iter().fold(0, u32::wrapping_add), why);
        }
    }
}

/// A device, by reference. All borrows below end before the method does.
#[derive(Clone, Copy)]
pub(crate) struct Core<'d> {
    pub(crate) engine: &'d RefCell<dyn AnyEngine>,
    pub(crate) told: &'d RefCell<dyn Keep>,
    pub(crate) shared: &'d Shared,
}

impl<'d> Core<'d> {
    /// One step of the engine; then all look again.
    pub(crate) fn step<T>(&self, act: impl FnOnce(&mut dyn AnyEngine, u64) -> T) -> T {
        let result = act(&mut *self.engine.borrow_mut(), now());
        self.changed();
        result
    }

    pub(crate) fn changed(&self) {
        self.shared.send.signal(());
        self.shared.events.signal(());
        self.rearm();
    }

    /// Wakes the keeper of time if he sleeps too long.
    fn rearm(&self) {
        if self.deadline(now()).is_some_and(|deadline| deadline < self.shared.armed.get()) {
            self.shared.time.signal(());
        }
    }

    fn deadline(&self, now: u64) -> Option<u64> {
        let link = self.shared.session.borrow().deadline(now).unwrap_or(u64::MAX);
        let engine = self.engine.borrow().poll_timeout().unwrap_or(u64::MAX);
        Some(link.min(engine)).filter(|next| *next != u64::MAX)
    }

    /// Lets everything happen that is due; until when to sleep then.
    pub(crate) fn keep_time(&self) -> Option<u64> {
        let now = now();
        self.woke();
        self.engine.borrow_mut().handle_timeout(now);
        if self.shared.session.borrow_mut().timeout(now) {
            self.link_changed();
        }
        self.shared.send.signal(());
        self.shared.events.signal(());
        // What is due already is the writer's turn, who says so when he has written it.
        let next = self.deadline(now).filter(|deadline| *deadline > now);
        self.shared.armed.set(next.unwrap_or(u64::MAX));
        next
    }

    /// Without datagrams there is room for all that the engine takes.
    #[cfg(not(feature = "direct"))]
    pub(crate) fn fits(&self, _: InviteId, _: &[u8]) -> Result<(), usize> {
        Ok(())
    }

    #[cfg(not(feature = "direct"))]
    pub(crate) fn fits_new(&self, _: usize, _: &[u8]) -> Result<(), usize> {
        Ok(())
    }

    pub(crate) fn woke(&self) {
        self.shared.count(|line| line.wakes = line.wakes.wrapping_add(1));
    }

    /// The next frame for the line, if there is one.
    pub(crate) fn poll_transmit(&self, buf: &mut [u8]) -> Option<usize> {
        let now = now();
        let mut engine = self.engine.borrow_mut();
        let config = engine.config();
        let hello = Hello {
            user: config.user.as_str(),
            device: config.device,
            label: self.shared.label.as_str(),
            largest: self.shared.largest,
            token: self.shared.token,
        };
        let mut session = self.shared.session.borrow_mut();
        let link = session.poll_transmit(now, hello, buf);
        let open = session.open();
        drop(session);
        let written = if open { link.or_else(|| engine.poll_transmit(now, buf)) } else { link };
        drop(engine);
        self.rearm();
        written
    }

    /// A frame came; how many bytes of `reply` are to be sent at once.
    pub(crate) fn hear(&self, bytes: &[u8], reply: &mut [u8]) -> usize {
        let frame = match Frame::decode_downlink(bytes) {
            Ok(frame) => frame,
            Err(error) => {
                self.shared.dropped(error, |line| line.malformed = line.malformed.wrapping_add(1));
                return 0;
            }
        };
        let now = now();
        let mut engine = self.engine.borrow_mut();
        let epoch = engine.config().device.epoch;
        let before = self.shared.session.borrow().state();
        let heard = self.shared.session.borrow_mut().hear(now, &frame, epoch);
        let written = match heard {
            Heard::Nothing => 0,
            Heard::Up => {
                engine.handle_link_up(now);
                0
            }
            Heard::Epoch(epoch) => {
                engine.set_epoch(epoch);
                0
            }
            Heard::Engine => engine.handle_frame(now, bytes, reply).unwrap_or_else(|why| {
                log!(debug, "ignored a frame: {}", why);
                0
            }),
        };
        drop(engine);
        if before != self.shared.session.borrow().state() {
            self.link_changed();
        }
        self.changed();
        written
    }

    /// The line does not work now, or the stream ended.
    pub(crate) fn broken(&self) {
        self.shared.count(|line| line.broken = line.broken.wrapping_add(1));
        self.lost(LinkError::Broken);
    }

    /// There is no link, for that reason.
    pub(crate) fn lost(&self, error: LinkError) {
        self.link_step(|session| session.lost(now(), error));
    }

    /// No stream to the relay could be made.
    pub(crate) fn unreachable(&self, error: LinkError) {
        self.link_step(|session| session.unreachable(now(), error));
    }

    /// A stream to the relay stands.
    pub(crate) fn connected(&self) {
        self.link_step(|session| session.connected(now()));
    }

    fn link_step(&self, act: impl FnOnce(&mut Session)) {
        act(&mut self.shared.session.borrow_mut());
        self.link_changed();
        self.changed();
    }

    pub(crate) fn is_up(&self) -> bool {
        self.shared.session.borrow().state() == LinkState::Up
    }

    /// When the next attempt at a stream is due; none while none is wanted.
    pub(crate) fn attempt_due(&self) -> Option<u64> {
        self.shared.session.borrow().hello_due()
    }

    /// Wants a link again.
    pub(crate) fn connect(&self) {
        if self.shared.session.borrow_mut().connect(now()) {
            self.link_changed();
            self.changed();
        }
    }

    /// Lets everything happen that is due on a link without a relay.
    #[cfg(feature = "direct")]
    pub(crate) fn direct_time(&self, direct: &mut Direct<MAX_PEERS>) {
        self.engine.borrow_mut().direct_timeout(now(), direct);
        let changed = self.shared.session.borrow_mut().direct(direct.is_up());
        if changed {
            self.link_changed();
        }
        self.shared.events.signal(());
    }

    /// Until when a link without a relay may sleep.
    #[cfg(feature = "direct")]
    pub(crate) fn direct_deadline(&self, direct: &Direct<MAX_PEERS>) -> u64 {
        let deadline = self.engine.borrow().direct_deadline(direct);
        deadline.unwrap_or(u64::MAX).max(now().saturating_add(1))
    }

    /// The next datagram for peers, if there is one.
    #[cfg(feature = "direct")]
    pub(crate) fn poll_direct(&self, direct: &mut Direct<MAX_PEERS>, buf: &mut [u8]) -> Option<Transmit> {
        self.engine.borrow_mut().direct_transmit(now(), direct, buf)
    }

    /// A datagram came; how many bytes of `reply` are to be sent back at once.
    #[cfg(feature = "direct")]
    pub(crate) fn hear_direct(
        &self,
        direct: &mut Direct<MAX_PEERS>,
        peer: usize,
        datagram: &[u8],
        reply: &mut [u8],
    ) -> usize {
        let heard = self.engine.borrow_mut().direct_datagram(now(), direct, peer, datagram, reply);
        heard.unwrap_or_else(|why| {
            self.ignored(peer, why);
            0
        })
    }

    #[cfg(feature = "direct")]
    fn ignored(&self, peer: usize, why: Ignored) {
        match why {
            Ignored::Malformed(_) => {
                self.shared.dropped(why, |line| line.malformed = line.malformed.wrapping_add(1));
            }
            Ignored::OwnDevice => self.direct_trouble(Some(LinkError::SameDevice { peer })),
            Ignored::Stranger => self.direct_trouble(Some(LinkError::Stranger { peer })),
            _ => log!(debug, "ignored a datagram: {}", why),
        }
    }

    /// A link to a relay takes the place of one without, if there was one.
    pub(crate) fn leave_peers(&self) {
        #[cfg(feature = "direct")]
        if self.shared.datagram.replace(usize::MAX) != usize::MAX {
            self.link_step(|session| session.leave_peers(now()));
        }
    }

    /// Somebody has to look into a link without a relay.
    #[cfg(feature = "direct")]
    pub(crate) fn direct_trouble(&self, trouble: Option<LinkError>) {
        if let Some(error) = trouble {
            self.shared.session.borrow_mut().direct_trouble(now(), error);
            self.shared.events.signal(());
        }
    }

    fn link_changed(&self) {
        self.shared.waiting.borrow_mut().wake();
    }

    /// Waits until the link is as wanted.
    pub(crate) async fn link(&self, wanted: impl Fn(LinkState) -> bool) -> LinkState {
        poll_fn(|cx| self.poll_link(cx, &wanted)).await
    }

    fn poll_link(&self, cx: &mut Context<'_>, wanted: impl Fn(LinkState) -> bool) -> Poll<LinkState> {
        let state = self.shared.session.borrow().state();
        if wanted(state) {
            return Poll::Ready(state);
        }
        self.shared.waiting.borrow_mut().register(cx.waker());
        Poll::Pending
    }

    /// The next event; an invitation stands in `told` then.
    pub(crate) fn poll_event(&self) -> Option<Happened> {
        if let Some(link) = self.shared.session.borrow_mut().take_news() {
            return Some(Happened::Link(link));
        }
        // Somebody still looks at the last one, who leaked it: nothing more can be told.
        let mut told = self.told.try_borrow_mut().ok()?;
        let what = self.engine.borrow_mut().poll_event(&mut *told);
        drop(told);
        // The row of the event before may go now.
        self.rearm();
        what.map(Happened::Invitation)
    }

    pub(crate) fn look(&self) -> core::cell::Ref<'d, dyn Look> {
        core::cell::Ref::map(self.told.borrow(), |told| told as &dyn Look)
    }
}
