//! How a command ends.

use std::fmt;
use std::io;
use std::process::ExitCode;

use signaling_core::Slot;
use signaling_core::machine::Reason;

/// What the process tells its parent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// It worked. Of `invite`: at least one accepted.
    Success = 0,
    /// Anything that has no code of its own.
    Other = 1,
    /// The arguments are wrong, or the folder of the state is in use.
    Usage = 2,
    /// Everybody rejected, or outcomes differ and nobody accepted.
    Rejected = 3,
    /// The time limit came first for everybody.
    TimedOut = 4,
    /// It was taken back.
    Cancelled = 5,
    /// Nobody can tell.
    Unresolved = 6,
    /// The relay was not reached, or refused everybody.
    Unreached = 7,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// How `invite` ends, by what became of each invitee: 0 if one accepted; otherwise the outcome that all
    /// share, else 3.
    pub(crate) fn of_slots(slots: impl IntoIterator<Item = Slot>) -> Self {
        let mut ends = slots.into_iter().map(Self::of_slot).collect::<Vec<_>>();
        if ends.contains(&Self::Success) {
            return Self::Success;
        }
        ends.dedup();
        match ends[..] {
            [shared] => shared,
            _ => Self::Rejected,
        }
    }

    fn of_slot(slot: Slot) -> Self {
        match slot {
            Slot::Accepted(_) => Self::Success,
            Slot::Rejected(Reason::Unreachable) => Self::Unreached,
            Slot::Rejected(_) => Self::Rejected,
            Slot::TimedOut => Self::TimedOut,
            Slot::Cancelled => Self::Cancelled,
            Slot::Pending => Self::Unresolved,
        }
    }
}

/// Why a command ends before its time.
#[derive(Debug)]
pub(crate) struct Failure {
    /// With which code.
    pub(crate) exit: Exit,
    /// What is wrong, and where. Empty if there is nobody left to tell.
    pub(crate) text: String,
    /// What to do about it.
    pub(crate) hint: String,
    /// V2TIM's code, where there is one.
    pub(crate) code: Option<u32>,
}

impl Failure {
    /// The failure of that code.
    pub(crate) fn new(exit: Exit, text: impl fmt::Display) -> Self {
        Self { exit, text: text.to_string(), hint: String::new(), code: None }
    }

    /// The caller asked for something that cannot be.
    pub(crate) fn usage(text: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, text)
    }

    /// Says what to do about it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// Adds V2TIM's code.
    pub(crate) fn code(self, code: Option<u32>) -> Self {
        Self { code, ..self }
    }
}

impl From<io::Error> for Failure {
    /// Whoever reads our output may leave at any time; that needs no words.
    fn from(error: io::Error) -> Self {
        let text = if error.kind() == io::ErrorKind::BrokenPipe { String::new() } else { error.to_string() };
        Self::new(Exit::Other, text)
    }
}

#[cfg(test)]
mod tests {
    use signaling_core::Device;

    use super::*;

    const YES: Slot = Slot::Accepted(Device { id: 1, epoch: 1 });
    const NO: Slot = Slot::Rejected(Reason::Declined);
    const REFUSED: Slot = Slot::Rejected(Reason::Unreachable);

    #[test]
    fn one_acceptance_is_enough() {
        assert_eq!(Exit::of_slots([NO, Slot::TimedOut, YES]), Exit::Success);
    }

    #[test]
    fn what_all_share_is_the_end() {
        assert_eq!(Exit::of_slots([NO, Slot::Rejected(Reason::Busy)]), Exit::Rejected);
        assert_eq!(Exit::of_slots([Slot::TimedOut; 3]), Exit::TimedOut);
        assert_eq!(Exit::of_slots([Slot::Cancelled]), Exit::Cancelled);
        assert_eq!(Exit::of_slots([Slot::Pending; 2]), Exit::Unresolved);
        assert_eq!(Exit::of_slots([REFUSED; 2]), Exit::Unreached);
    }

    #[test]
    fn a_mixture_without_acceptance_is_a_no() {
        assert_eq!(Exit::of_slots([Slot::TimedOut, Slot::Cancelled]), Exit::Rejected);
        assert_eq!(Exit::of_slots([REFUSED, Slot::TimedOut, REFUSED]), Exit::Rejected);
    }
}
