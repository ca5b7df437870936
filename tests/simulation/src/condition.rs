//! The rows of the table: what people, links, clocks and crashes do to the calls.

use crate::cast::{CALL, CROWD, Member, PAIR, PAIRS, TEAM};

/// Who calls whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Plot {
    /// Alice calls bob, who has two devices, and carol.
    Call,
    /// Alice calls the eight others of her group.
    Group,
    /// Alice and bob call each other four times at once, from any of their devices.
    Several,
    /// Alice and dave call bob and carol again and again: the tables of four are too small for that.
    Crowd,
    /// Alice and bob call each other at about the same time, with the option that one call gives way.
    Glare,
}

/// What crashes mid-ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Crash {
    /// Nothing.
    None,
    /// One device of an invitee restarts with nothing.
    Callee,
    /// A device restarts with nothing right after somebody accepted on it, and he accepts again.
    Answer,
    /// The inviter's device restarts with nothing.
    Inviter,
    /// The inviter's device is gone for ever.
    Death,
    /// A durable inviter's device restarts, up to three times, with what is on its slow disk.
    Durable,
}

/// What happens to the calls of one row. Loss and delay are of the whole path device → relay → device.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Condition {
    /// How the row is called.
    pub name: &'static str,
    /// One of so many seeds is run: rows with long calls take a share.
    pub share: u64,
    /// Who calls whom.
    pub plot: Plot,
    /// The share of frames that is lost.
    pub loss: f64,
    /// The share of frames that arrives twice.
    pub repeat: f64,
    /// The delay, one way, in ms: from, to. Frames overtake each other within it.
    pub delay: (u64, u64),
    /// How fast the clock of a device may run: 2 is twice as fast.
    pub clock: (f64, f64),
    /// One or two devices, be it the inviter's, are cut off for up to so many ms.
    pub cut: u64,
    /// The relay is killed mid-ring and comes back with nothing.
    pub relay_crash: bool,
    /// What else crashes.
    pub crash: Crash,
    /// Who calls often thinks better of it, soon after the call or after a device came late, which most do.
    pub hasty: bool,
    /// The inviter's other device is there, and may cancel or modify.
    pub observer: bool,
    /// The first who accepts ends the call for the others.
    pub first_wins: bool,
    /// For how many ms, and how many messages a mailbox, the relay's store keeps.
    pub store: (u32, usize),
}

const CALM: Condition = Condition {
    name: "calm",
    share: 1,
    plot: Plot::Call,
    loss: 0.0,
    repeat: 0.0,
    delay: (20, 80),
    clock: (1.0, 1.0),
    cut: 0,
    relay_crash: false,
    crash: Crash::None,
    hasty: false,
    observer: false,
    first_wins: false,
    store: (86_400_000, 64),
};

/// A link as it often is.
const USUAL: Condition = Condition { loss: 0.1, ..CALM };

/// One on which an old word comes long after a new one.
const REORDERED: Condition = Condition { repeat: 0.3, delay: (20, 2_000), share: 4, ..USUAL };

/// All rows, in the order of the table.
pub const CONDITIONS: [Condition; 29] = [
    CALM,
    Condition { name: "1 % loss", loss: 0.01, ..CALM },
    Condition { name: "10 % loss", ..USUAL },
    Condition { name: "30 % loss", loss: 0.3, ..CALM },
    Condition { name: "50 % loss", loss: 0.5, ..CALM },
    Condition { name: "70 % loss", loss: 0.7, share: 2, ..CALM },
    Condition { name: "repeats, reordering", share: 2, ..REORDERED },
    Condition { name: "clocks 0.5x to 2x", clock: (0.5, 2.0), ..USUAL },
    Condition { name: "cut off up to 60 s", cut: 60_000, ..USUAL },
    Condition { name: "cut off up to 200 s", cut: 200_000, share: 2, ..USUAL },
    Condition { name: "store forgets", cut: 200_000, store: (4_000, 1), share: 2, ..USUAL },
    Condition { name: "relay killed", relay_crash: true, share: 2, ..USUAL },
    Condition { name: "device restarts", crash: Crash::Callee, share: 4, ..USUAL },
    Condition { name: "inviter dies", crash: Crash::Death, ..USUAL },
    Condition { name: "inviter forgets", crash: Crash::Inviter, observer: true, ..USUAL },
    Condition { name: "durable inviter", crash: Crash::Durable, observer: true, share: 4, ..USUAL },
    Condition { name: "the first wins", first_wins: true, observer: true, ..REORDERED },
    Condition { name: "several at once", plot: Plot::Several, share: 4, ..USUAL },
    Condition { name: "group of 8", plot: Plot::Group, share: 8, ..USUAL },
    Condition { name: "full tables", plot: Plot::Crowd, share: 8, ..CALM },
    Condition { name: "full tables, 10 % loss", plot: Plot::Crowd, share: 8, ..USUAL },
    Condition { name: "glare", plot: Plot::Glare, ..USUAL },
    Condition { name: "cut off, reordered", cut: 20_000, ..REORDERED },
    Condition { name: "restarts at the answer", crash: Crash::Answer, ..REORDERED },
    Condition { name: "taken back, reordered", hasty: true, ..REORDERED },
    Condition { name: "glare, reordered", plot: Plot::Glare, hasty: true, ..REORDERED },
    Condition { name: "full tables, reordered", plot: Plot::Crowd, share: 20, ..REORDERED },
    Condition {
        name: "all of it",
        loss: 0.2,
        repeat: 0.2,
        delay: (20, 500),
        clock: (0.8, 1.25),
        cut: 30_000,
        relay_crash: true,
        crash: Crash::Callee,
        observer: true,
        share: 8,
        ..CALM
    },
    Condition {
        name: "all of it, durable, 8",
        plot: Plot::Group,
        loss: 0.2,
        repeat: 0.2,
        delay: (20, 500),
        clock: (0.8, 1.25),
        cut: 30_000,
        crash: Crash::Durable,
        share: 20,
        ..CALM
    },
];

impl Condition {
    /// The row of that name.
    pub fn named(name: &str) -> Option<Self> {
        CONDITIONS.into_iter().find(|condition| condition.name == name)
    }

    /// How many calls are made of so many seeds.
    pub fn calls(&self, seeds: u64) -> u64 {
        seeds.div_ceil(self.share)
    }

    /// Who takes part.
    pub fn cast(&self) -> &'static [Member] {
        match self.plot {
            Plot::Call if self.observer => CALL,
            Plot::Call => CALL.split_last().map_or(CALL, |(_, others)| others),
            Plot::Group => TEAM,
            Plot::Several => PAIRS,
            Plot::Crowd => CROWD,
            Plot::Glare => PAIR,
        }
    }

    /// Whether nothing is lost, repeated, cut off or crashes.
    pub fn whole(&self) -> bool {
        let steady = !self.relay_crash && self.crash == Crash::None && self.clock == (1.0, 1.0);
        self.loss == 0.0 && self.repeat == 0.0 && self.cut == 0 && steady
    }
}
