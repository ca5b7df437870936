//! One callback of V2TIM's listener, whoever made it.

use std::fmt;

/// Which callback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `onReceiveNewInvitation`
    New,
    /// `onInviteeAccepted`
    Accepted,
    /// `onInviteeRejected`
    Rejected,
    /// `onInvitationCancelled`
    Cancelled,
    /// `onInvitationTimeout`
    Timeout,
    /// `onInvitationModified`
    Modified,
}

impl Kind {
    /// The kind of that name, as web and native clients write it; none for another name.
    pub fn named(name: &str) -> Option<Self> {
        let letters: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let bare = letters.strip_prefix("ts").or_else(|| letters.strip_prefix("on")).unwrap_or(&letters);
        Some(match bare {
            "newinvitationreceived" | "receivenewinvitation" => Self::New,
            "inviteeaccepted" => Self::Accepted,
            "inviteerejected" => Self::Rejected,
            "invitationcancelled" => Self::Cancelled,
            "invitationtimeout" => Self::Timeout,
            "invitationmodified" => Self::Modified,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
            Self::Modified => "modified",
        }
    }
}

/// A callback with all its parameters. What a client did not tell is none, and is not compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Callback {
    /// Which.
    pub kind: Kind,
    /// `inviteID`, in the words of whoever told.
    pub id: String,
    /// `inviter`
    pub inviter: Option<String>,
    /// `groupID`, "" without a group.
    pub group: Option<String>,
    /// `inviteeList`
    pub invitees: Option<Vec<String>>,
    /// `invitee`
    pub invitee: Option<String>,
    /// `data`
    pub data: Option<String>,
    /// `isSelfTimeout`
    pub self_timeout: Option<bool>,
}

impl Callback {
    /// The users that it names: of a time limit those it ended, else who answered.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.invitees.iter().flatten().chain(&self.invitee).map(String::as_str)
    }

    /// Whether it tells of a new invitation in that group, as far as it says.
    pub fn is_new_in(&self, group: &str) -> bool {
        self.kind == Kind::New && self.group.as_deref().is_none_or(|told| told == group)
    }

    /// Whether both tell the same step of one invitation, if perhaps not with the same words.
    pub fn is_like(&self, other: &Self) -> bool {
        let same = self.kind == other.kind && self.id == other.id && self.invitee == other.invitee;
        same && (self.kind != Kind::Timeout || self.invitees == other.invitees)
    }
}

impl fmt::Display for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if let Some(inviter) = self.inviter.as_deref().filter(|_| self.kind == Kind::New) {
            write!(f, " from {inviter}")?;
        }
        let names: Vec<&str> = self.names().collect();
        if !names.is_empty() {
            write!(f, " [{}]", names.join(", "))?;
        }
        match &self.data {
            Some(data) => write!(f, " {}", shortened(data, 16)),
            None => Ok(()),
        }
    }
}

/// The first characters of a text, for people.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_are_known_by_the_names_of_all_clients() {
        for name in [
            "NEW_INVITATION_RECEIVED",
            "ts_new_invitation_received",
            "newInvitationReceived",
            "onReceiveNewInvitation",
        ] {
            assert_eq!(Kind::named(name), Some(Kind::New), "{name}");
        }
        assert_eq!(Kind::named("onInvitationTimeout"), Some(Kind::Timeout));
        assert_eq!(Kind::named("onInvitation"), None);
    }
}
