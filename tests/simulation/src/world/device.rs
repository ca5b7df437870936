//! A device: its engine, its disk, how it stops and starts, and what it shows.

use rand::RngExt;
use signaling_core::{Bytes, Config, Device, FixedEngine, Slot, Snapshot, Stamp, UserId, View, What};
use signaling_relay::ConnId;

use super::{Due, RECONNECT, World};
use crate::cast::{INVITEES, Who, run_of};
use crate::condition::{Condition, Crash, Plot};
use crate::note::{Data, Noted, Shown};

/// Devices that are followed of each user, and bytes of data.
pub(super) const DEVICES: usize = 3;
const BYTES: usize = 32;
/// What a snapshot takes.
const SNAPSHOT: usize = 4_096;
/// How long a disk takes to save, in ms.
const DISK: std::ops::Range<u64> = 0..300;

pub(super) type Phone<const I: usize> = FixedEngine<4, I, DEVICES, BYTES>;
type Files = Vec<Vec<u8>>;

pub(super) struct Node<const I: usize> {
    pub(super) engine: Phone<I>,
    pub(super) device: Device,
    pub(super) conn: Option<ConnId>,
    /// How often it is cut off: each has to be mended.
    pub(super) cuts: u32,
    /// It stopped.
    pub(super) off: bool,
    pub(super) rate: f64,
    /// The calls that its person accepted.
    pub(super) accepted: Vec<usize>,
    durable: bool,
    disk: Files,
    saving: Option<(Stamp, Files)>,
    /// What it held for true when it was looked at last, a call each.
    held: Vec<(usize, [Slot; INVITEES], Data)>,
}

fn engine<const I: usize>(condition: &Condition, who: Who, device: Device, seed: u64) -> Phone<I> {
    let user = UserId::new(condition.cast()[who].0).expect("the cast has proper names");
    let mut config = Config::new(user, device);
    config.seed ^= seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    config.durable = condition.crash == Crash::Durable;
    config.glare = condition.plot == Plot::Glare;
    Phone::new(config, Default::default())
}

impl<const I: usize> Node<I> {
    pub(super) fn new(condition: &Condition, who: Who, seed: u64, rate: f64) -> Self {
        let device = run_of(who, 0);
        Self {
            engine: engine(condition, who, device, seed),
            device,
            conn: None,
            cuts: 0,
            off: false,
            rate,
            accepted: Vec::new(),
            durable: condition.crash == Crash::Durable,
            disk: Vec::new(),
            saving: None,
            held: Vec::new(),
        }
    }
}

impl<const I: usize> World<I> {
    /// The device stops, and starts again after so many ms, if ever.
    pub(super) fn crash(&mut self, who: Who, down: Option<u64>) {
        if self.nodes[who].off {
            return;
        }
        self.tell(who, || "stops".into());
        self.hang_up(who);
        let written = self.rng.random_bool(0.5);
        let node = &mut self.nodes[who];
        node.off = true;
        if let Some((_, files)) = node.saving.take().filter(|_| written) {
            node.disk = files;
        }
        let remembers = node.durable;
        self.note(who, Noted::Stops { remembers });
        if let Some(down) = down {
            self.at(self.now + down, Due::Boot(who));
        }
    }

    /// The device starts, with what is on its disk.
    pub(super) fn boot(&mut self, who: Who) {
        self.tell(who, || "starts again".into());
        self.note(who, Noted::Starts);
        let (clock, seed) = (self.clock(who), self.count);
        let node = &mut self.nodes[who];
        let device = Device { epoch: node.device.epoch + 1, ..node.device };
        node.device = device;
        node.engine = engine(&self.condition, who, device, seed);
        node.off = false;
        node.held.clear();
        for file in &node.disk {
            let snapshot: Snapshot<'_, I, DEVICES> =
                postcard::from_bytes(file).expect("the disk gives back what it took");
            node.engine.restore(clock, &snapshot).expect("what was saved can be restored");
        }
        self.after(who);
        self.at(self.now + RECONNECT, Due::Connect(who));
    }

    /// Begins to save, unless the disk is at it.
    pub(super) fn save(&mut self, who: Who) {
        let node = &mut self.nodes[who];
        let Some(stamp) = node.engine.unsaved().filter(|_| node.saving.is_none()) else { return };
        let files = node.engine.snapshots().map(|snapshot| {
            let mut buf = [0; SNAPSHOT];
            postcard::to_slice(&snapshot, &mut buf).expect("a snapshot is smaller").to_vec()
        });
        node.saving = Some((stamp, files.collect()));
        let run = node.device.epoch;
        let at = self.now + self.rng.random_range(DISK);
        self.at(at, Due::Saved(who, run));
    }

    pub(super) fn saved(&mut self, who: Who, run: u32) {
        let node = &mut self.nodes[who];
        if node.off || node.device.epoch != run {
            return;
        }
        let Some((stamp, files)) = node.saving.take() else { return };
        node.disk = files;
        node.engine.handle_saved(stamp);
        self.after(who);
    }

    /// Notes what the device holds for true and tells.
    pub(super) fn observe(&mut self, who: Who) {
        self.look(who);
        let mut told = Vec::new();
        while let Some(event) = self.nodes[who].engine.poll_event() {
            let Some(call) = self.ids.iter().position(|id| *id == Some(event.invitation.id())) else {
                continue;
            };
            told.push((call, event.what, data_of(&event.invitation, event.what)));
        }
        for (call, what, data) in told {
            self.note(who, Noted::Call(call, Shown::Told { what, data }));
            self.tell(who, || format!("is told {what:?} of call {call}"));
        }
    }

    fn look(&mut self, who: Who) {
        let mut changed = Vec::new();
        for view in self.nodes[who].engine.views() {
            let Some(call) = self.ids.iter().position(|id| *id == Some(view.id())) else { continue };
            let mut slots = [Slot::Pending; INVITEES];
            slots.iter_mut().zip(view.invitees()).for_each(|(slot, invitee)| *slot = invitee.slot);
            let data = head(view.data());
            if !self.nodes[who].held.contains(&(call, slots, data)) {
                changed.push((call, slots, data));
            }
        }
        for (call, slots, data) in changed {
            let held = &mut self.nodes[who].held;
            held.retain(|(held, ..)| *held != call);
            held.push((call, slots, data));
            self.note(who, Noted::Call(call, Shown::Holds { slots, data }));
        }
    }
}

/// The first bytes, by which data is known.
fn head(bytes: &[u8]) -> Data {
    bytes.first_chunk().copied().unwrap_or_default()
}

/// What came with the outcome that is told.
fn data_of(view: &View<'_, Bytes<BYTES>>, what: What) -> Data {
    let (What::Accepted { slot } | What::Rejected { slot }) = what else { return Data::default() };
    view.invitee(slot).map(|invitee| head(invitee.data)).unwrap_or_default()
}
