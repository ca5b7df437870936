//! What the handles and the runner of a device share. Nobody holds a borrow over an await or a callback.

use core::cell::{Cell, RefCell};
use core::task::{Context, Poll};

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_sync::waitqueue::MultiWakerRegistration;
use signaling_core::Label;
use signaling_core::wire::{Frame, Hello};

use crate::clock::now;
use crate::engine::AnyEngine;
use crate::events::Happened;
use crate::log::log;
use crate::session::{Heard, LinkError, LinkState, Session};
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
    pub(crate) line: Cell<LineCounters>,
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
            line: Cell::default(),
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

    fn changed(&self) {
        self.shared.send.signal(());
        self.shared.events.signal(());
        self.rearm();
    }

    /// Wakes the keeper of time if he sleeps too long.
    fn rearm(&self) {
        if self.deadline().is_some_and(|deadline| deadline < self.shared.armed.get()) {
            self.shared.time.signal(());
        }
    }

    fn deadline(&self) -> Option<u64> {
        let link = self.shared.session.borrow().deadline();
        let engine = self.engine.borrow().poll_timeout();
        link.into_iter().chain(engine).min()
    }

    /// Lets everything happen that is due; until when to sleep then.
    pub(crate) fn keep_time(&self) -> Option<u64> {
        let now = now();
        self.shared.count(|line| line.wakes = line.wakes.wrapping_add(1));
        self.engine.borrow_mut().handle_timeout(now);
        if self.shared.session.borrow_mut().timeout(now) {
            self.link_changed();
        }
        self.shared.send.signal(());
        self.shared.events.signal(());
        let link = self.shared.session.borrow().deadline();
        let engine = self.engine.borrow().poll_timeout();
        // What is due already is the writer's turn, who says so when he has written it.
        let next = link.into_iter().chain(engine).filter(|deadline| *deadline > now).min();
        self.shared.armed.set(next.unwrap_or(u64::MAX));
        next
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
        let up = session.state() == LinkState::Up;
        drop(session);
        let written = if up { link.or_else(|| engine.poll_transmit(now, buf)) } else { link };
        drop(engine);
        self.rearm();
        written
    }

    /// A frame came; how many bytes of `reply` are to be sent at once.
    pub(crate) fn hear(&self, bytes: &[u8], reply: &mut [u8]) -> usize {
        let frame = match Frame::decode(bytes) {
            Ok(frame) => frame,
            Err(error) => {
                log!(warn, "dropped a frame: {}", error);
                self.shared.count(|line| line.malformed = line.malformed.wrapping_add(1));
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

    /// The line does not work now.
    pub(crate) fn broken(&self) {
        self.shared.count(|line| line.broken = line.broken.wrapping_add(1));
        self.shared.session.borrow_mut().lost(now(), LinkError::Broken);
        self.link_changed();
        self.changed();
    }

    /// Wants a link again.
    pub(crate) fn connect(&self) {
        if self.shared.session.borrow_mut().connect(now()) {
            self.link_changed();
            self.changed();
        }
    }

    fn link_changed(&self) {
        log!(info, "link: {}", Shown(self.shared.session.borrow().state()));
        self.shared.waiting.borrow_mut().wake();
    }

    pub(crate) fn poll_link(
        &self,
        cx: &mut Context<'_>,
        wanted: impl Fn(LinkState) -> bool,
    ) -> Poll<LinkState> {
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

/// A state of the link, for the log.
struct Shown(LinkState);

impl core::fmt::Display for Shown {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self.0 {
            LinkState::Connecting => "connecting",
            LinkState::Up => "up",
            LinkState::Replaced => "replaced by another one of this device",
        })
    }
}
