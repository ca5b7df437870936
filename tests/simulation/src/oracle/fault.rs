//! What must hold, by name.

use std::fmt;

/// What must hold of every run. Each is seen to catch a fault (`planted.rs`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Law {
    /// Nobody shows another outcome than the inviter's device decided, or one before it did.
    Contradiction,
    /// An outcome that was shown never changes.
    Changed,
    /// Nothing is told twice to one run of a device, and no modification is applied twice.
    Twice,
    /// An outcome has a cause: somebody pressed it, or the limit passed.
    NoCause,
    /// Time runs out at the time limit of the inviter's clock, and nothing is decided after it.
    Clock,
    /// A cancel that the inviter's device took ends all that was pending.
    CancelLost,
    /// Confirmed is who pressed what counts; who pressed something else is overruled.
    WrongVerdict,
    /// The inviter's device says of another, and a device of its request, only what is so.
    Unfounded,
    /// What is told with an outcome, and what a call is about, is what somebody wrote there.
    Garbled,
    /// A device falls silent within a lease after the end of what it rings for, or of the inviter.
    RingsOn,
    /// No device begins to ring for what ended longer ago than a frame may be on its way.
    RingsLate,
    /// A device that is there rings within four delays (where nothing is lost).
    NoRing,
    /// Nobody is in doubt (where nothing is lost).
    Doubt,
    /// Once the links are whole, the outcome is there within one repeat of the slowest clock.
    Late,
    /// Whoever knows of a call has its outcome at the end; or says that it is in doubt, if the inviter is gone.
    Indefinite,
    /// A durable inviter remembers what it told.
    Forgot,
    /// Of two calls that cross, one is accepted at most.
    TwoCalls,
    /// Of two calls that cross one stays, and none gives way to one that is over.
    NoneLeft,
    /// Where the first who accepts wins, no second one does.
    TwoFirst,
    /// No call is refused for lack of room that calls hold which are over.
    NoRoom,
    /// At the end no row is left on any device.
    NotQuiet,
}

impl Law {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Contradiction,
        Self::Changed,
        Self::Twice,
        Self::NoCause,
        Self::Clock,
        Self::CancelLost,
        Self::WrongVerdict,
        Self::Unfounded,
        Self::Garbled,
        Self::RingsOn,
        Self::RingsLate,
        Self::NoRing,
        Self::Doubt,
        Self::Late,
        Self::Indefinite,
        Self::Forgot,
        Self::TwoCalls,
        Self::NoneLeft,
        Self::TwoFirst,
        Self::NoRoom,
        Self::NotQuiet,
    ];
}

/// A law that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which.
    pub law: Law,
    /// When, in ms.
    pub at: u64,
    /// By whom, and how.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:.3} s: {}", self.law, self.at as f64 / 1000.0, self.text)
    }
}
