//! What the machine wants done in one step.

use signaling_core::machine::{Fx, Reply, Tell, Timer, To};

/// Collects it; the messages are written from the row that the step leaves.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// To users and devices.
    pub sends: Vec<To>,
    /// To the origin.
    pub replies: Vec<Reply>,
    /// To the application.
    pub tells: Vec<Tell>,
    /// The timers started anew.
    pub armed: Vec<Timer>,
    /// The last number drawn.
    pub numbers: u32,
}

impl Effects {
    /// For a device that has drawn that many numbers.
    pub(crate) fn after(numbers: u32) -> Self {
        Self { numbers, ..Self::default() }
    }
}

impl Fx for Effects {
    fn send(&mut self, to: To) {
        self.sends.push(to);
    }

    fn reply(&mut self, reply: Reply) {
        self.replies.push(reply);
    }

    fn tell(&mut self, tell: Tell) {
        self.tells.push(tell);
    }

    fn arm(&mut self, timer: Timer) {
        self.armed.push(timer);
    }

    fn number(&mut self) -> u32 {
        self.numbers = self.numbers.saturating_add(1);
        self.numbers
    }
}
