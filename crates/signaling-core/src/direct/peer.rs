//! What is known of one peer, and when it is to hear from this side.

use super::Config;
use super::random::Random;
use crate::name::{Device, InviteId, Label, UserId};
use crate::wire::Refusal;

/// A Hello that is asked for does not follow the last one sooner, in ms.
const HELLO_PACE: u64 = 100;

#[derive(Debug)]
pub(super) struct Peer {
    pub(super) user: UserId,
    /// The only device that it may be.
    pub(super) pinned: Option<u64>,
    /// What its last Hello said.
    pub(super) run: Option<Device>,
    pub(super) label: Label,
    pub(super) largest: u32,
    /// The run that said Welcome last.
    pub(super) welcomed: Option<Device>,
    /// Why it refused the link.
    pub(super) refused: Option<Refusal>,
    /// When it was last heard.
    heard: u64,
    /// When the next Hello or Ping is due, and when the last Hello went.
    due: u64,
    last_hello: Option<u64>,
    /// The interval after the next Hello.
    wait: u32,
    /// The Send to users whose Fanout it is owed. One is enough: `poll_transmit` is asked after each datagram.
    pub(super) fanout: Option<(InviteId, u32)>,
    /// The Send that was too large for it, of which it is to hear so much.
    pub(super) stub: Option<(InviteId, u32)>,
    /// What it is to be told of the link.
    pub(super) welcome: bool,
    pub(super) pong: Option<u32>,
    pub(super) refuse: Option<Refusal>,
}

impl Peer {
    pub(super) fn new(user: UserId, pinned: Option<u64>, wait: u32) -> Self {
        Self {
            user,
            pinned,
            run: None,
            label: Label::default(),
            largest: 0,
            welcomed: None,
            refused: None,
            heard: 0,
            due: 0,
            last_hello: None,
            wait,
            fanout: None,
            stub: None,
            welcome: false,
            pong: None,
            refuse: None,
        }
    }

    /// Each side knows the present run of the other.
    pub(super) fn up(&self) -> bool {
        self.run.is_some() && self.run == self.welcomed
    }

    /// A datagram of its present run came.
    pub(super) fn hear(&mut self, now: u64) {
        self.heard = self.heard.max(now);
    }

    /// The peer does not know this side: Hello is due, now or soon.
    pub(super) fn greet(&mut self, now: u64, wait: u32) {
        self.welcomed = None;
        self.wait = wait;
        self.due = self.last_hello.map_or(now, |last| now.max(last.saturating_add(HELLO_PACE)));
    }

    /// Whether a Hello or a Ping is due, which then counts as sent.
    pub(super) fn take_due(&mut self, now: u64, random: &mut Random, config: &Config) -> bool {
        if now < self.due {
            return false;
        }
        if self.up() {
            self.due = now.saturating_add(u64::from(config.silence / 3));
        } else {
            self.last_hello = Some(now);
            self.due = now.saturating_add(spread(self.wait, random.draw()));
            self.wait = self.wait.saturating_mul(2).min(config.hello_most);
        }
        true
    }

    pub(super) fn deadline(&self, silence: u32) -> u64 {
        if self.up() { self.due.min(self.heard.saturating_add(u64::from(silence))) } else { self.due }
    }

    /// Whether it said nothing for too long; then it is to say Welcome again.
    pub(super) fn fell_silent(&mut self, now: u64, config: &Config) -> bool {
        let silent = self.up() && now.saturating_sub(self.heard) >= u64::from(config.silence);
        if silent {
            (self.fanout, self.stub) = (None, None);
            self.greet(now, config.hello_first);
        }
        silent
    }
}

/// 80 to 120 % of it, at least 1 ms.
fn spread(wait: u32, jitter: u64) -> u64 {
    let share = 80u64.saturating_add(jitter % 41);
    (u64::from(wait).saturating_mul(share) / 100).max(1)
}
