//! The relay, the links to it, and what these do to frames.

use rand::RngExt;
use signaling_core::wire::{Frame, Hello};
use signaling_core::{GroupId, UserId};
use signaling_relay::{Backend, Config, ConnId, Insecure, Memory, Output, Switchboard};

use super::{Due, RECONNECT, World};
use crate::cast::{GROUP, Who};
use crate::condition::{Condition, Plot};
use crate::note::Noted;

/// The largest frame that a device writes.
const FRAME: usize = 2_048;

/// A relay that has forgotten everything but its groups.
pub(super) fn relay(condition: &Condition, now: u64, seed: u64, warm_up: u32) -> Switchboard {
    let (keep, kept) = condition.store;
    let config = Config { silence: u32::MAX, warm_up, keep, kept, ..Config::default() };
    let mut memory = Memory::new(&config);
    if condition.plot == Plot::Group {
        let group = GroupId::new(GROUP).expect("the group has a proper name");
        for (user, _) in condition.cast() {
            memory.join(&group, &UserId::new(user).expect("the cast has proper names"));
        }
    }
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    Switchboard::new(now, bytes, config, Box::new(Insecure), Box::new(memory))
}

impl<const I: usize> World<I> {
    pub(super) fn restart_relay(&mut self) {
        self.tell(0, || "(the relay restarts and has forgotten everything)".into());
        self.relay = relay(&self.condition, self.now, self.count, 60_000);
        for who in 0..self.nodes.len() {
            if self.nodes[who].conn.take().is_some() {
                self.note(who, Noted::Down);
                let wait = self.rng.random_range(50..RECONNECT * 4);
                self.at(self.now + wait, Due::Connect(who));
            }
        }
    }

    pub(super) fn hang_up(&mut self, who: Who) {
        if let Some(conn) = self.nodes[who].conn.take() {
            self.relay.disconnect(self.now, conn);
            self.note(who, Noted::Down);
        }
    }

    pub(super) fn connect(&mut self, who: Who) {
        let node = &self.nodes[who];
        if node.off || node.cuts > 0 || node.conn.is_some() {
            return;
        }
        self.count += 1;
        let conn = ConnId(self.count);
        self.nodes[who].conn = Some(conn);
        let (user, label) = self.condition.cast()[who];
        let hello = Hello { user, device: self.nodes[who].device, label, largest: 4096, token: "" };
        let mut buf = [0; 256];
        let len = Frame::Hello(hello).encode(&mut buf).expect("a Hello is smaller");
        self.tell(who, || "is connected".into());
        self.note(who, Noted::Up);
        self.relay.connect(self.now, conn);
        self.relay.frame(self.now, conn, &buf[..len]);
        let clock = self.clock(who);
        self.nodes[who].engine.handle_link_up(clock);
        self.after(who);
    }

    pub(super) fn arrive(&mut self, who: Who, conn: ConnId, bytes: &[u8]) {
        if self.nodes[who].conn != Some(conn) {
            return;
        }
        self.tell_frame(who, bytes);
        let clock = self.clock(who);
        let mut reply = [0; FRAME];
        let written = self.nodes[who].engine.handle_frame(clock, bytes, &mut reply).unwrap_or(0);
        if written > 0 {
            self.send(who, &reply[..written]);
        }
        self.after(who);
    }

    pub(super) fn transmit(&mut self, who: Who) {
        let clock = self.clock(who);
        let mut buf = [0; FRAME];
        while self.nodes[who].conn.is_some() {
            let Some(len) = self.nodes[who].engine.poll_transmit(clock, &mut buf) else { break };
            self.send(who, &buf[..len]);
        }
        self.carry();
    }

    fn send(&mut self, who: Who, bytes: &[u8]) {
        if let Some(conn) = self.nodes[who].conn {
            self.relay.frame(self.now, conn, bytes);
        }
    }

    /// Takes what the relay has to send on its way.
    fn carry(&mut self) {
        while let Some(output) = self.relay.poll_output() {
            let Output::Frame { conn, bytes } = output else { continue };
            let Some(who) = self.nodes.iter().position(|node| node.conn == Some(conn)) else { continue };
            let copies = if self.rng.random_bool(self.condition.repeat) { 2 } else { 1 };
            for _ in 0..copies {
                if self.rng.random_bool(self.loss) {
                    continue;
                }
                let (least, most) = self.condition.delay;
                let delay = self.rng.random_range(least..=most);
                self.at(self.now + delay, Due::Frame(who, conn, bytes.clone()));
            }
        }
    }
}
