//! The switchboard and the queues of its links, behind one lock.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use adapter_std::Clock;
use bytes::Bytes;

use super::outbox::{Outbox, Queue, outbox};
use crate::stats::{Holdings, Stats};
use crate::switchboard::{ConnId, Output, Switchboard};

/// No lock is held across an await: what is done under it takes microseconds.
#[derive(Debug)]
pub(super) struct Hub {
    state: Mutex<State>,
    clock: Box<dyn Clock>,
}

#[derive(Debug)]
struct State {
    switchboard: Switchboard,
    outboxes: HashMap<ConnId, Outbox>,
    last: u64,
}

impl Hub {
    /// The clock is the one by which the switchboard was started.
    pub(super) fn new(switchboard: Switchboard, clock: Box<dyn Clock>) -> Self {
        Self { state: Mutex::new(State { switchboard, outboxes: HashMap::new(), last: 0 }), clock }
    }

    /// A new link, and the frames that go out on it.
    pub(super) fn open(&self) -> (ConnId, Queue) {
        let (now, mut state) = self.enter();
        state.last += 1;
        let conn = ConnId(state.last);
        let (outbox, queue) = outbox(state.switchboard.config());
        state.outboxes.insert(conn, outbox);
        state.switchboard.connect(now, conn);
        state.distribute(now);
        (conn, queue)
    }

    pub(super) fn frame(&self, conn: ConnId, bytes: &[u8]) {
        self.input(|switchboard, now| switchboard.frame(now, conn, bytes));
    }

    pub(super) fn oversize(&self, conn: ConnId) {
        self.input(|switchboard, now| switchboard.oversize(now, conn));
    }

    pub(super) fn overrun(&self, conn: ConnId) {
        self.input(|switchboard, now| switchboard.overrun(now, conn));
    }

    pub(super) fn close(&self, conn: ConnId) {
        let (now, mut state) = self.enter();
        state.switchboard.disconnect(now, conn);
        state.outboxes.remove(&conn);
        state.distribute(now);
    }

    pub(super) fn tick(&self) {
        self.input(Switchboard::tick);
    }

    pub(super) fn stop(&self) {
        self.input(Switchboard::stop);
    }

    pub(super) fn stats(&self) -> Stats {
        self.enter().1.switchboard.stats().clone()
    }

    pub(super) fn holdings(&self) -> Holdings {
        self.enter().1.switchboard.holdings()
    }

    /// A link has so long for all that comes before its Hello.
    #[cfg(feature = "tls")]
    pub(super) fn patience(&self) -> std::time::Duration {
        std::time::Duration::from_millis(self.enter().1.switchboard.config().hello.into())
    }

    pub(super) fn connections(&self) -> usize {
        self.enter().1.switchboard.config().connections
    }

    pub(super) fn largest(&self) -> usize {
        self.enter().1.switchboard.config().read()
    }

    fn input(&self, input: impl FnOnce(&mut Switchboard, u64)) {
        let (now, mut state) = self.enter();
        input(&mut state.switchboard, now);
        state.distribute(now);
    }

    fn enter(&self) -> (u64, MutexGuard<'_, State>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        state.switchboard.set_wall_clock(wall());
        (now, state)
    }
}

impl State {
    /// Carries out what the switchboard wants done.
    fn distribute(&mut self, now: u64) {
        while let Some(output) = self.switchboard.poll_output() {
            match output {
                Output::Frame { conn, bytes } => self.push(now, conn, bytes),
                Output::Close { conn, .. } => {
                    self.outboxes.remove(&conn);
                }
            }
        }
    }

    fn push(&mut self, now: u64, conn: ConnId, bytes: Bytes) {
        let Some(outbox) = self.outboxes.get(&conn) else { return };
        if outbox.push(bytes).is_err() {
            self.outboxes.remove(&conn);
            self.switchboard.overrun(now, conn);
        }
    }
}

/// Seconds after 1970.
fn wall() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
