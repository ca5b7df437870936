//! What a panel can show.

use core::fmt;

use adapter_embassy::{
    GroupAnswer, InviteError, InviteId, Invitee, LinkError, LinkEvent, Reason, Refusal, Slot,
};

use crate::console::say;

/// The front of a device: a LED, a display, or a console.
pub trait Panel {
    /// Shows what happened last.
    fn show(&mut self, sign: &Sign<'_>);
}

/// What happened last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign<'a> {
    /// The relay let this device in.
    Ready,
    /// There is no link.
    Offline(LinkError),
    /// The relay does not take the token.
    NoToken(Refusal),
    /// Another one of this device has the link.
    Replaced,
    /// The relay does not let it into its group.
    NoGroup(GroupAnswer),
    /// A call begins.
    Calling(InviteId),
    /// No more calls at once.
    Full,
    /// The call could not be made.
    Refused(InviteError),
    /// It rings at `who`, on the device of that label.
    RingsAt {
        /// The invitee.
        who: &'a str,
        /// What people call the device.
        label: &'a str,
    },
    /// It rings here: somebody calls, and says this.
    Rings {
        /// The inviter.
        who: &'a str,
        /// His data.
        data: &'a [u8],
    },
    /// `who` accepted, on the device of that label.
    Accepted {
        /// The invitee.
        who: &'a str,
        /// What people call the device.
        label: &'a str,
    },
    /// `who` said no.
    Rejected {
        /// The invitee.
        who: &'a str,
    },
    /// `who` cannot be reached: the relay refused him.
    Unreachable {
        /// The invitee.
        who: &'a str,
    },
    /// Nobody answered in time.
    NoAnswer,
    /// It was taken back.
    Cancelled,
    /// The answer given here counts.
    Confirmed,
    /// The answer given here came too late.
    TooLate,
    /// Nothing is heard from the inviter: stop ringing.
    Stopped,
    /// Nothing rings that could be answered.
    Nothing,
    /// The call is over.
    Ended,
}

impl<'a> Sign<'a> {
    /// Whether a LED is to be lit.
    pub fn lit(&self) -> bool {
        matches!(self, Self::Calling(_) | Self::RingsAt { .. } | Self::Rings { .. } | Self::Accepted { .. })
    }

    pub(crate) fn of_link(event: LinkEvent) -> Self {
        match event {
            LinkEvent::Lost(error) => Self::Offline(error),
            LinkEvent::Replaced => Self::Replaced,
            LinkEvent::TokenRefused(refusal) => Self::NoToken(refusal),
            LinkEvent::GroupRefused(answer) => Self::NoGroup(answer),
            _ => Self::Ready,
        }
    }

    /// Of an invitee who does not come.
    pub(crate) fn of_rejected(invitee: Invitee<'a>) -> Self {
        let who = invitee.user;
        match invitee.outcome {
            Slot::Rejected(Reason::Unreachable) => Self::Unreachable { who },
            _ => Self::Rejected { who },
        }
    }
}

impl fmt::Display for Sign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Offline(error) => because(f, "offline: ", error),
            Self::NoToken(refusal) => {
                because(f, "offline: ", refusal)?;
                f.write_str(". Make one with `signaling token`, and build with SIGNALING_TOKEN")
            }
            Self::Replaced => f.write_str("offline: another board has this device's id. Each needs its own"),
            Self::NoGroup(GroupAnswer::Full) => f.write_str("not in the group: it, or the relay, is full"),
            Self::NoGroup(_) => f.write_str("not in the group: the relay says no"),
            Self::Calling(id) => {
                because(f, "calling (", id)?;
                f.write_str(")")
            }
            Self::Full => f.write_str("full: wait until a call is over"),
            Self::Refused(error) => because(f, "not called: ", error),
            Self::RingsAt { who, label } => at(f, "rings at ", who, label),
            Self::Rings { who, data } => {
                let data = core::str::from_utf8(data).unwrap_or("(no text)");
                say(f, &[who, " rings: \"", data, "\""])
            }
            Self::Accepted { who, label } => at(f, "accepted by ", who, label),
            Self::Rejected { who } => say(f, &["rejected by ", who]),
            Self::Unreachable { who } => say(f, &[who, " cannot be reached"]),
            Self::NoAnswer => f.write_str("no answer"),
            Self::Cancelled => f.write_str("taken back"),
            Self::Confirmed => f.write_str("the answer counts"),
            Self::TooLate => f.write_str("too late"),
            Self::Stopped => f.write_str("stopped: nothing is heard from who rang"),
            Self::Nothing => f.write_str("nothing rings"),
            Self::Ended => f.write_str("over"),
        }
    }
}

/// What happens at somebody's device, by its label if it has one.
fn at(f: &mut fmt::Formatter<'_>, what: &str, who: &str, label: &str) -> fmt::Result {
    let slash = if label.is_empty() { "" } else { "/" };
    say(f, &[what, who, slash, label])
}

fn because(f: &mut fmt::Formatter<'_>, what: &str, why: &dyn fmt::Display) -> fmt::Result {
    f.write_str(what)?;
    why.fmt(f)
}
