//! What a call on a client may say instead of doing it.

use std::error::Error;

use signaling_core::machine::Reason;
use signaling_core::wire::GroupAnswer;
use signaling_core::{
    AddError, AnswerError, CancelError, Device, GroupId, InviteError, Label, ModifyError, NameError,
};

/// Why a command did nothing: the client is closed, or its rules say no. `E` is the command's own error.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommandError<E: Error + 'static> {
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
    /// What is wrong with the command. Nothing changed.
    #[error(transparent)]
    Refused(#[from] E),
}

macro_rules! code {
    ($($error:ty),+) => { $(
        impl CommandError<$error> {
            /// V2TIM's code, where there is one.
            pub fn code(self) -> Option<u32> {
                match self {
                    Self::Closed => None,
                    Self::Refused(error) => error.code(),
                }
            }
        }
    )+ };
}

code!(InviteError, AnswerError, CancelError, ModifyError, AddError);

/// Why an invitation was not delivered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The relay refused every invitee for good.
    #[error("the relay refused every invitee")]
    AllRefused,
    /// It was cancelled or ran out before the relay took it.
    #[error("the invitation ended before it could be delivered")]
    Ended,
    /// The client was closed first.
    #[error("the client was closed before the invitation was delivered")]
    Closed,
}

/// The client was closed before the outcome was known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the client was closed before the outcome was known")]
pub struct Closed;

/// What became of an answer that was given here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answered {
    /// It counts.
    Confirmed,
    /// It does not count, or nobody can tell.
    Ended(EndReason),
}

/// Why an answer does not count.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EndReason {
    /// The inviter had taken the invitation back.
    Cancelled,
    /// The time limit had come.
    TimedOut,
    /// Another device of this user, or an earlier run of this one, had accepted.
    AcceptedElsewhere {
        /// Which.
        device: Device,
        /// What people call it.
        label: Label,
    },
    /// Another device of this user had rejected.
    RejectedElsewhere {
        /// With which reason.
        reason: Reason,
        /// What people call it.
        label: Label,
    },
    /// Nothing was heard from the inviter. If it comes later, it comes as an event.
    Unresolved,
}

/// Why a group call failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// The name is no group id (V2TIM code 6017).
    #[error("bad name of a group: {0}")]
    Name(NameError),
    /// This client has a direct link: groups are a relay's.
    #[error("a direct link has no groups: only a relay keeps them")]
    NoRelay,
    /// There is no link to the relay now.
    #[error("there is no link to the relay")]
    NotConnected,
    /// The link ended before the answer came: it may or may not have been done.
    #[error("the link ended before the answer came")]
    LinkLost,
    /// No answer came in time: it may or may not have been done.
    #[error("the relay did not answer in time")]
    NoAnswer,
    /// Too many group calls wait for their answers, or this client is in too many groups.
    #[error("too many groups, or group calls, at once: the limit is {limit}")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// The relay said no.
    #[error("group {group}: {}", explain(*.answer))]
    Refused {
        /// The group.
        group: GroupId,
        /// What it said.
        answer: GroupAnswer,
    },
    /// The client is closed.
    #[error("the client is closed")]
    Closed,
}

impl From<NameError> for GroupError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

impl GroupError {
    /// V2TIM's code, where there is one.
    pub fn code(&self) -> Option<u32> {
        matches!(self, Self::Name(_)).then_some(signaling_core::CODE_INVALID)
    }
}

fn explain(answer: GroupAnswer) -> &'static str {
    match answer {
        GroupAnswer::Unknown => "no such group, or none that you may be in",
        GroupAnswer::Exists => "there is one of that name already, and you are not in it",
        GroupAnswer::Later => {
            "the relay does not know it, or not yet: it may have been started within the last 60 s"
        }
        // Full, and whatever else is too large.
        _ => "the group, the relay or the answer is full, or this user is in too many groups",
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::{KeyError, RelayAddress, RootsError, RouteError, StateError};

    #[test]
    fn a_cause_that_the_text_has_is_not_said_again_by_a_chain() {
        let (path, lost) = (|| "file".into(), || io::Error::from(io::ErrorKind::NotFound));
        let errors: [&dyn Error; 5] = [
            &GroupError::from(GroupId::new("").unwrap_err()),
            &RouteError::from("relay".parse::<RelayAddress>().unwrap_err()),
            &RootsError::File { path: path(), error: lost() },
            &StateError::Io { path: path(), error: lost() },
            &KeyError::Io { path: path(), error: lost() },
        ];
        for error in errors {
            assert!(error.source().is_none(), "{error}");
        }
    }
}
