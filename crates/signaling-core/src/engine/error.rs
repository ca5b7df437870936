//! One small error for each command, and its V2TIM code.

use core::fmt;

use crate::name::NameError;

/// V2TIM's code for an invalid parameter.
pub const CODE_INVALID: u32 = 6017;
/// V2TIM's code for too much data.
pub const CODE_TOO_LONG: u32 = 8001;
/// V2TIM's code for an unknown invitation, or one that is over.
pub const CODE_UNKNOWN: u32 = 8010;
/// V2TIM's code for an invitation that one may not touch like that.
pub const CODE_NO_PERMISSION: u32 = 8011;
/// V2TIM's code for an invitation that is known already.
pub const CODE_EXISTS: u32 = 8012;

macro_rules! error {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident $(($($field:ident: $kind:ty),+))? => $code:expr, $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum $name { $($(#[$vdoc])* $variant $(($($kind),+))?,)+ }

        impl $name {
            /// V2TIM's code, where there is one.
            pub fn code(self) -> Option<u32> {
                match self { $(Self::$variant { .. } => $code,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$variant $(($($field),+))? => write!(f, $text),)+ }
            }
        }

        impl core::error::Error for $name {}
    };
}

error! {
    /// Why an invitation was not made. Nothing was sent and nothing is kept.
    InviteError {
        /// A name is empty, too long or holds control characters.
        Name(error: NameError) => Some(CODE_INVALID), "bad name: {error}";
        /// Nobody is invited.
        NoInvitee => Some(CODE_INVALID), "nobody is invited";
        /// The same user is invited twice.
        Repeated => Some(CODE_INVALID), "the same user is invited twice";
        /// One cannot invite oneself.
        Oneself => Some(CODE_INVALID), "one cannot invite oneself";
        /// More invitees than a row holds. The number is the most that it does.
        TooManyInvitees(limit: usize) => Some(CODE_INVALID), "more than {limit} invitees";
        /// A time limit of 0 ms or above 24 h.
        Timeout => Some(CODE_INVALID), "the time limit must be from 1 ms to 24 h, or none";
        /// Neither a lease nor a time limit: a lost invitation would ring for ever.
        Endless => Some(CODE_INVALID), "without a lease there must be a time limit";
        /// More data than this device keeps, or than travels. The number is the most, in bytes.
        DataTooLong(limit: usize) => Some(CODE_TOO_LONG), "more than {limit} bytes of data";
        /// More push info than this device keeps, or than travels. The number is the most, in bytes.
        PushTooLong(limit: usize) => Some(CODE_TOO_LONG), "more than {limit} bytes of push info";
        /// The table is full of live invitations.
        Capacity => None, "the table is full of live invitations: wait for one to end";
        /// No epoch is drawn yet: connect first.
        NoEpoch => None, "this device has no epoch yet: it draws one when it first connects";
    }
}

error! {
    /// Why an answer was not taken. Nothing changed.
    AnswerError {
        /// No such invitation here, or not any more.
        Unknown => Some(CODE_UNKNOWN), "no such invitation, or it was processed";
        /// The invitation is over, or in doubt.
        Over => Some(CODE_UNKNOWN), "the invitation is over";
        /// This device answered already.
        Answered => Some(CODE_UNKNOWN), "this device has answered already";
        /// An own invitation to the inviter is pending, and stays (glare): this one can be rejected, not accepted.
        Held => Some(CODE_UNKNOWN), "an own invitation to the inviter comes first: cancel that one";
        /// The invitation does not ask this user.
        NotInvited => Some(CODE_NO_PERMISSION), "this user is not among the invitees";
        /// More data than this device keeps, or than travels. The number is the most, in bytes.
        DataTooLong(limit: usize) => Some(CODE_TOO_LONG), "more than {limit} bytes of data";
    }
}

error! {
    /// Why an invitation was not cancelled. Nothing changed.
    CancelError {
        /// No such invitation here, or not any more.
        Unknown => Some(CODE_UNKNOWN), "no such invitation, or it was processed";
        /// Every invitee has his outcome already.
        Over => Some(CODE_UNKNOWN), "every invitee has his outcome already";
        /// Only the inviter can cancel.
        NotInviter => Some(CODE_NO_PERMISSION), "only the inviter can cancel";
        /// Another request of this device waits for its answer.
        Busy => Some(CODE_UNKNOWN), "another request for this invitation is under way";
        /// More data than this device keeps, or than travels. The number is the most, in bytes.
        DataTooLong(limit: usize) => Some(CODE_TOO_LONG), "more than {limit} bytes of data";
    }
}

error! {
    /// Why an invitation was not modified. Nothing changed.
    ModifyError {
        /// No such invitation here, or not any more.
        Unknown => Some(CODE_UNKNOWN), "no such invitation, or it was processed";
        /// The invitation is over, or answered here.
        Over => Some(CODE_UNKNOWN), "the invitation is over or was answered";
        /// An online-only invitation cannot be modified.
        OnlineOnly => Some(CODE_NO_PERMISSION), "an online-only invitation cannot be modified";
        /// Another request of this device waits for its answer.
        Busy => Some(CODE_UNKNOWN), "another request for this invitation is under way";
        /// More data than this device keeps, or than travels. The number is the most, in bytes.
        DataTooLong(limit: usize) => Some(CODE_TOO_LONG), "more than {limit} bytes of data";
    }
}

error! {
    /// Why an invitation learned elsewhere was not added. Nothing changed.
    AddError {
        /// It is known already.
        Known => Some(CODE_EXISTS), "the invitation is known already";
        /// A name is empty, too long or holds control characters.
        Name(error: NameError) => Some(CODE_INVALID), "bad name: {error}";
        /// Nobody is invited, or somebody twice.
        Invitees => Some(CODE_INVALID), "the list of invitees is empty or repeats itself";
        /// The invitation does not ask this user.
        NotInvited => Some(CODE_INVALID), "this user is not among the invitees";
        /// It was made on this very device.
        Own => Some(CODE_EXISTS), "the invitation was made on this device";
        /// More invitees than a row holds. The number is the most that it does.
        TooManyInvitees(limit: usize) => Some(CODE_INVALID), "more than {limit} invitees";
        /// More data than this device keeps. The number is the most, in bytes.
        DataTooLong(limit: usize) => Some(CODE_TOO_LONG), "more than {limit} bytes of data";
        /// The table is full of live invitations.
        Capacity => None, "the table is full of live invitations: wait for one to end";
    }
}

/// Why something that came over the link was ignored: nothing changed. Ignored messages are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Ignored {
    /// Its body is no message of this version.
    Malformed(crate::wire::DecodeError),
    /// An Invite, Decision or Unknown from somebody who is not the inviter on the device of the id.
    NotOrigin,
    /// A Stance or Ack from somebody who is neither invitee nor observer.
    NotListed,
    /// A Stance or Ack about an invitation that was not made on this device.
    NotOurs,
    /// It does not name this user.
    NotForUs,
    /// It contradicts what the invitation was made with.
    Contradicts,
    /// A frame that only a relay may get.
    WrongDirection,
    /// There is no row that it could be for.
    NoRow,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "malformed: {error}"),
            Self::NotOrigin => f.write_str("only the device that made an invitation may say that"),
            Self::NotListed => f.write_str("the sender has nothing to do with the invitation"),
            Self::NotOurs => f.write_str("the invitation was not made on this device"),
            Self::NotForUs => f.write_str("the invitation does not name this user"),
            Self::Contradicts => f.write_str("it contradicts what the invitation was made with"),
            Self::WrongDirection => f.write_str("only a relay may get such a frame"),
            Self::NoRow => f.write_str("there is no such invitation here"),
        }
    }
}

impl core::error::Error for Ignored {}
