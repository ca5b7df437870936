//! What must hold in every world.

use signaling_core::Device;
use signaling_core::machine::{Answer, PartyId, Reason, Seen, Slot};

use crate::config::{Config, Link, Refusal};
use crate::world::{Run, World};

/// What can be wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    /// Two definite outcomes of one slot.
    Contradiction,
    /// An outcome that nobody caused.
    NoCause,
    /// A device was told that it won, and did not, or not alone.
    TwoWinners,
    /// Two users accepted what only one was to have.
    TwoAccepted,
    /// The inviter was told that the winner knows, and it does not.
    FalseEstablished,
    /// A second NewInvitation or Missed.
    Reopened,
    /// An outcome was told twice.
    ToldTwice,
    /// An outcome was told without the data that came with it.
    WithoutData,
    /// An event for an id that was never shown.
    Unshown,
    /// An event after the end.
    AfterEnd,
    /// Rings for what was over when it asked.
    DeadRing,
    /// Rings on for more than a lease.
    RingsOn,
    /// A timer that is to run was not started.
    NotStarted,
    /// A device stops ringing without a word, or says so and did not ring.
    RingUntold,
    /// A request ended without a word, or is said to have ended and did not.
    RequestUntold,
    /// Too many messages for one.
    TooMany,
    /// One Modify was carried out twice.
    ModifiedTwice,
    /// The author of a modification got a callback for it.
    OwnModified,
    /// A request was said to be granted and was not, or the other way round.
    FalseGrant,
    /// The inviter believes that everybody knows.
    QuietTooEarly,
    /// An answer begets an answer, for ever.
    Storm,
    /// Two who invited each other have two calls.
    TwoCalls,
    /// Two who invited each other have no call: both gave way.
    NoneLeft,
    /// An invitation gave way to one that was over when it was asked about.
    GaveWayToDead,
    /// More rows than there is room for.
    TooManyRows,
    /// After healing: two invitations that crossed both go on.
    BothGoOn,
    /// After healing: a device of an invitee does not ring.
    NeverRings,
    /// After healing: an answer was given, and the inviter still waits for it.
    PressLost,
    /// After healing: somebody was not told of an outcome.
    Untold,
    /// After healing: something is without an end.
    Undecided,
    /// After healing: the inviter still repeats itself.
    NotQuiet,
    /// After healing: a row that nobody needs cannot go.
    Leak,
    /// After healing: a request has no answer.
    Unanswered,
    /// After healing: somebody lacks data.
    LacksData,
    /// What the relay kept reaches not everybody.
    StoreLost,
}

impl Flaw {
    /// What is wrong, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Contradiction => "two outcomes of one slot contradict",
            Self::NoCause => "an outcome that nobody caused",
            Self::TwoWinners => "a device is told that it won, and did not, or not alone",
            Self::TwoAccepted => "two users accept what only the first was to have",
            Self::FalseEstablished => "the inviter is told that the winner knows, and it does not",
            Self::Reopened => "a device opens the invitation a second time",
            Self::ToldTwice => "an outcome is told twice",
            Self::WithoutData => "an outcome is told without the data that came with it",
            Self::Unshown => "an event for what was never shown",
            Self::AfterEnd => "an event after the end",
            Self::DeadRing => "a device is rung for what was over when it asked",
            Self::RingsOn => "a device rings on for more than a lease after the end",
            Self::NotStarted => "a timer that is to run was not started",
            Self::RingUntold => "a device stops ringing without a word, or did not ring",
            Self::RequestUntold => "requests and what is told of their ends do not match",
            Self::TooMany => "too many messages leave for one",
            Self::ModifiedTwice => "one Modify is carried out twice",
            Self::OwnModified => "the author of a modification gets a callback for it",
            Self::FalseGrant => "a request is not answered as it was dealt with",
            Self::QuietTooEarly => "the inviter is quiet, and somebody does not know",
            Self::Storm => "answers beget answers without end",
            Self::TwoCalls => "two who invited each other have two calls",
            Self::NoneLeft => "two who invited each other both gave way",
            Self::GaveWayToDead => "an invitation gave way to one that was over when it was asked about",
            Self::TooManyRows => "there are more rows than there is room for",
            Self::BothGoOn => "two invitations that crossed both go on",
            Self::NeverRings => "a device of a pending invitee does not ring",
            Self::PressLost => "an answer was given, and the inviter still waits for it",
            Self::Untold => "an outcome was not told",
            Self::Undecided => "somebody has no outcome",
            Self::NotQuiet => "the inviter still repeats itself",
            Self::Leak => "a row that nobody needs cannot go",
            Self::Unanswered => "a request has no answer",
            Self::LacksData => "somebody lacks data",
            Self::StoreLost => "an outcome that the relay kept does not reach everybody",
        }
    }
}

/// Looks at a world after a step: the first thing wrong with it.
pub fn judge(config: &Config, world: &mut World) -> Option<Flaw> {
    if world.flaw.is_some() {
        return world.flaw;
    }
    world.flaw = outcomes(config, world).or_else(|| quiet(world));
    world.flaw
}

/// All that anybody knows of a slot is the same, and has a cause.
fn outcomes(config: &Config, world: &mut World) -> Option<Flaw> {
    for slot in 0..config.invitees {
        let at_inviter = world.origin.map(|origin| origin.slot(slot));
        let at_devices = world.runs.iter().filter_map(|run| run.row).map(|row| row.slot(slot));
        let known: Vec<Slot> =
            at_inviter.into_iter().chain(at_devices).filter(|slot| slot.decided()).collect();
        let truth = world.witness.truth.get_mut(usize::from(slot))?;
        for outcome in known {
            if !truth.decided() {
                *truth = outcome;
            }
            if *truth != outcome {
                return Some(Flaw::Contradiction);
            }
        }
    }
    let mut slots = (0u8..).zip(world.witness.truth);
    if slots.any(|(slot, truth)| !caused(config, world, slot, truth)) {
        return Some(Flaw::NoCause);
    }
    (config.first_wins && accepted(world).count() > 1).then_some(Flaw::TwoAccepted)
}

/// The slots of which anybody ever heard that they were accepted.
fn accepted(world: &World) -> impl Iterator<Item = &Slot> {
    world.witness.truth.iter().filter(|slot| matches!(slot, Slot::Accepted(_)))
}

fn caused(config: &Config, world: &World, slot: u8, outcome: Slot) -> bool {
    let somebody = |wanted: Answer| {
        world.witness.pressed.iter().any(|&(device, answer)| answer == wanted && belongs(world, device, slot))
    };
    match outcome {
        Slot::Pending => true,
        Slot::Accepted(by) => world.witness.pressed.contains(&(by, Answer::Accept)),
        Slot::Rejected(Reason::Declined) => somebody(Answer::Decline),
        Slot::Rejected(Reason::Busy) => somebody(Answer::Busy),
        Slot::Rejected(Reason::Unreachable) => {
            config.refused.get(usize::from(slot)).copied().flatten() == Some(Refusal::Never)
        }
        Slot::Cancelled => world.witness.cancelled || (config.first_wins && accepted(world).next().is_some()),
        Slot::TimedOut => world.witness.ran_out,
    }
}

fn belongs(world: &World, device: Device, slot: u8) -> bool {
    let run = world.place(device).and_then(|at| world.runs.get(at));
    run.is_some_and(|run| run.party == PartyId::Invitee(slot))
}

/// Once the inviter is quiet its row may go: whoever was there at the last change knows.
fn quiet(world: &World) -> Option<Flaw> {
    let origin = world.origin.filter(signaling_core::machine::Origin::quiet)?;
    let reached = |run: &&Run| {
        let there = run.link != Link::Absent && run.since < origin.ver();
        there && run.seen != Seen::Below && world.refusal(run.party) != Some(Refusal::Never)
    };
    let ignorant = world.runs.iter().filter(reached).any(|run| !knows(run));
    ignorant.then_some(Flaw::QuietTooEarly)
}

/// Whether nothing is open for that device any more.
pub fn knows(run: &Run) -> bool {
    match run.row {
        Some(row) => row.slots().iter().all(|slot| slot.decided()),
        None => run.seen != Seen::New,
    }
}
