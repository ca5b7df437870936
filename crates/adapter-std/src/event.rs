//! What a client tells its application, in values of its own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use signaling_core::machine::Slot;
use signaling_core::wire::Refusal;
use signaling_core::{Device, GroupId, InviteId, Label, Standing, UserId, View, What};

use crate::data::Data;
use crate::transport::TlsTrouble;

/// What happened. Cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// Something happened to an invitation.
    Invitation(InvitationEvent),
    /// Something happened to the link.
    Link(LinkEvent),
    /// The invitations of a durable client cannot be saved, say because the disk is full: nothing is sent or told
    /// of those that changed until they can be. It is tried again by itself; told once until it works again.
    NotSaved {
        /// The folder, and what the operating system says.
        error: String,
    },
    /// This reader was slow: so many events were merged into the ones that follow. Nothing is missing but
    /// steps in between (which devices rang, data that was modified again, links that came and went).
    Lagged {
        /// How many.
        missed: u64,
    },
}

/// Something happened to an invitation.
#[derive(Clone, Debug)]
pub struct InvitationEvent {
    /// What; a `slot` in it is a place in [`InvitationInfo::invitees`].
    pub what: What,
    /// The invitation, as it was then or later.
    pub invitation: Arc<InvitationInfo>,
}

/// An invitation as this device knew it at some moment.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InvitationInfo {
    /// Its id (`inviteID`).
    pub id: InviteId,
    /// Who invites.
    pub inviter: UserId,
    /// In which group (`groupID`); none for one without.
    pub group: Option<GroupId>,
    /// All invitees, in the order of the invitation (`inviteeList`).
    pub invitees: Vec<InviteeInfo>,
    /// The newest data that came here.
    pub data: Data,
    /// Whether only who was online while it rang could hear of it (`onlineUserOnly`).
    pub online_user_only: bool,
    /// What was left of the time limit; none for no limit.
    pub remaining: Option<Duration>,
    /// What this device is to it, and where it stands.
    pub standing: Standing,
    /// Whether the relay took it for at least one invitee; known where it was made only.
    pub delivered: bool,
    /// The device that [`What::Ringing`] or [`What::Full`] speaks of, and what people call it.
    pub heard: (Device, Label),
}

/// One invitee of an invitation.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InviteeInfo {
    /// Who.
    pub user: UserId,
    /// What became of him.
    pub outcome: Slot,
    /// What people call the device that answered; empty if it has no label or did not answer.
    pub label: Label,
    /// What came with the answer, or with the cancel.
    pub data: Data,
}

impl InvitationInfo {
    pub(crate) fn of(view: &View<'_, Data>) -> Self {
        let invitees = view.invitees().map(|invitee| InviteeInfo {
            user: UserId::new(invitee.user).unwrap_or_default(),
            outcome: invitee.slot,
            label: Label::new(invitee.label).unwrap_or_default(),
            data: invitee.data.clone(),
        });
        let (device, label) = view.heard();
        Self {
            id: view.id(),
            inviter: UserId::new(view.inviter()).unwrap_or_default(),
            group: view.group().and_then(|group| GroupId::new(group).ok()),
            invitees: invitees.collect(),
            data: view.data().clone(),
            online_user_only: view.online_only(),
            remaining: view.remaining().map(|ms| Duration::from_millis(ms.into())),
            standing: view.standing(),
            delivered: view.delivered(),
            heard: (device, Label::new(label).unwrap_or_default()),
        }
    }

    /// The invitee of that place; none past the end.
    pub fn invitee(&self, slot: u8) -> Option<&InviteeInfo> {
        self.invitees.get(usize::from(slot))
    }

    /// Whether every invitee has his outcome.
    pub fn over(&self) -> bool {
        self.invitees.iter().all(|invitee| invitee.outcome.decided())
    }

    /// Whether the relay refused every invitee for good.
    pub fn all_refused(&self) -> bool {
        use signaling_core::machine::Reason::Unreachable;
        self.invitees.iter().all(|invitee| invitee.outcome == Slot::Rejected(Unreachable))
    }
}

/// Something happened to the link to the relay.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LinkEvent {
    /// The relay let this device in.
    Connected,
    /// The link is down, or could not be made: told once until the next `Connected`, and again when the relay
    /// refuses the link or no token is to be had, for each new reason. The client tries again by itself; what
    /// it was told meanwhile goes out then, and time limits go on.
    Lost(LinkError),
    /// A newer connection of this device took its place. The client does not connect again by itself: see
    /// [`Client::connect`](crate::Client::connect).
    Replaced,
    /// The relay does not take the token ([`Refusal::Token`] or [`Refusal::Expired`]). The client tries
    /// again by itself, with a new token if the provider gives one. Told each time.
    TokenRefused(Refusal),
    /// The relay, having been restarted, has no such group any more, or no room for this user in it.
    GroupLost(GroupId),
}

/// Why a link ended or was not made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// No connection could be made.
    #[error("no connection: {1}")]
    Connect(io::ErrorKind, String),
    /// The relay cannot be trusted, or one of the two speaks TLS and the other does not.
    #[error(transparent)]
    Tls(#[from] TlsTrouble),
    /// The token provider failed, or took longer than 30 s.
    #[error("no token: {0}")]
    NoToken(String),
    /// No connection or no Welcome in time.
    #[error("the relay does not answer; or what is there is none")]
    NoAnswer,
    /// The connection broke.
    #[error("the connection broke: {1}")]
    Broken(io::ErrorKind, String),
    /// The relay closed the connection without a word.
    #[error("the relay closed the connection")]
    Closed,
    /// Nothing was heard from the relay for as long as it said.
    #[error("the relay fell silent")]
    Silent,
    /// The relay refused the link.
    #[error("{}", refused(*.0))]
    Refused(Refusal),
    /// There is no link to the peers of a direct link; what is the matter with the first of them.
    #[error("{user} {trouble}")]
    Peer {
        /// Whose device.
        user: UserId,
        /// What is the matter with it.
        trouble: PeerTrouble,
    },
}

fn refused(refusal: Refusal) -> String {
    match refusal {
        Refusal::Busy => "the relay has no room: too many links, or too many devices of this user".into(),
        Refusal::Stopping => refusal.to_string(),
        refusal => format!("the relay refuses: {refusal}"),
    }
}

/// What is the matter with a peer of a direct link.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeerTrouble {
    /// Nothing was heard from it yet.
    #[error("does not answer")]
    NoAnswer,
    /// Nothing was heard from it for 9 s.
    #[error("fell silent")]
    Silent,
    /// It started anew, and the link is being made again.
    #[error("started anew")]
    Anew,
    /// Its address could not be found.
    #[error("has no address: {0}")]
    NoAddress(String),
    /// It seals with another key, or does not seal, or seals while no key was given here.
    #[error("does not have our key: give both sides the same one, or none")]
    Key,
    /// It is a device of another user.
    #[error("is somebody else: another user answers at that address")]
    Stranger,
    /// It has the id of this very device.
    #[error("is this very device: each needs a state of its own")]
    OwnDevice,
    /// It speaks that version.
    #[error("speaks version {0} of the protocol")]
    Version(u8),
    /// It refuses the link.
    #[error("refuses: {0}")]
    Refused(Refusal),
}
