//! The switchboard and the queues of its links, behind one lock.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use adapter_std::Clock;
use bytes::Bytes;

use super::outbox::{Outbox, Queue, outbox};
use crate::stats::{Holdings, Stats};
use crate::switchboard::{ConnId, Network, Output, Switchboard};

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
    /// How many links were opened from there and have not ended, also those that the switchboard has closed.
    doors: HashMap<Network, usize>,
    last: u64,
}

/// A link, for as long as something is left of it.
#[derive(Debug)]
pub(super) struct Door {
    hub: Arc<Hub>,
    pub(super) conn: ConnId,
    from: Option<Network>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.hub.end(self.conn, self.from);
    }
}

impl Hub {
    /// The clock is the one by which the switchboard was started.
    pub(super) fn new(switchboard: Switchboard, clock: Box<dyn Clock>) -> Self {
        let (outboxes, doors) = (HashMap::new(), HashMap::new());
        Self { state: Mutex::new(State { switchboard, outboxes, doors, last: 0 }), clock }
    }

    /// A new link, and the frames that go out on it. None if as many from that address are being turned away as may be
    /// strangers.
    pub(super) fn open(self: &Arc<Self>, address: Option<IpAddr>) -> Option<(Door, Queue)> {
        let (now, mut state) = self.enter();
        let from = address.map(Network::from);
        if from.is_some_and(|from| !state.open_door(from)) {
            return None;
        }
        state.last += 1;
        let conn = ConnId(state.last);
        let (outbox, queue) = outbox(state.switchboard.config());
        state.outboxes.insert(conn, outbox);
        match address {
            Some(address) => state.switchboard.connect_from(now, conn, address),
            None => state.switchboard.connect(now, conn),
        }
        state.distribute(now);
        Some((Door { hub: Arc::clone(self), conn, from }, queue))
    }

    /// Nothing is left of the link.
    fn end(&self, conn: ConnId, from: Option<Network>) {
        self.close(conn);
        let Some(from) = from else { return };
        let mut state = self.enter().1;
        if let Some(count) = state.doors.get_mut(&from) {
            *count -= 1;
            if *count == 0 {
                state.doors.remove(&from);
            }
        }
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
    /// Counts one more link from there; false, and not counted, if too many are being turned away.
    fn open_door(&mut self, from: Network) -> bool {
        let open = self.doors.get(&from).copied().unwrap_or(0);
        let leaving = open.saturating_sub(self.switchboard.links_from(from));
        let room = leaving < self.switchboard.config().strangers();
        if room {
            self.doors.insert(from, open + 1);
        } else {
            self.switchboard.count_crowded(from, "strangers_per_address");
        }
        room
    }

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
