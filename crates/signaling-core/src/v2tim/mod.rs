//! The JSON of V2TIM's custom messages, so that old recordings and live clients are understood, and answered.
//!
//! V2TIM carries each step of an invitation as a custom message of Tencent Cloud IM, whose data is one JSON object.
//! [`get_signaling_info`] reads it, without copying; [`SignalingInfo::write`] writes it. [`SignalingInfo::invite`]
//! and its kin make it of an invitation that an [`Engine`](crate::Engine) holds.
//!
//! A message is an invitation's if it is a JSON object, has an `inviteID` of 1 to 127 bytes, an `actionType`,
//! and no `businessID` other than 1. Nothing else about it can be wrong:
//!
//! | key | field | if it is missing, `null` or of another type |
//! |---|---|---|
//! | `businessID` | 1 | 1 if missing or `null`; else no signaling |
//! | `inviteID` | string of 1 to 127 bytes, of any form | no signaling |
//! | `inviter` | string | "" |
//! | `actionType` | integer from 1 to 5 | no signaling if missing; else, and for any other number, [`ActionType::Unknown`] |
//! | `inviteeList` | list of strings | empty; what is no string in it is left out |
//! | `data` | string, opaque | "" if missing or `null`; else the value as the JSON text that it is |
//! | `timeout` | seconds, 0 for no limit | 0 |
//! | `groupID` | string, "" for a one-to-one invitation | "" |
//! | `onlineUserOnly` | bool | false |
//!
//! * **Keys** come in any order, and others are ignored. Of a key that comes twice the last counts, as it does
//!   for V2TIM's web clients; a key may be written with escapes.
//! * **Numbers** count by what they are, not by how they are written: `1`, `1.0` and `10e-1` are one. A time
//!   limit with a fraction is rounded up (V2TIM's clients look once a second), one below 0 is none (as for V2TIM's
//!   newer clients), and one that does not fit is `u32::MAX`.
//! * **Strings** may hold any escape. Half a surrogate pair, which web clients write and read, is U+FFFD here.
//! * **JSON** is otherwise strict, as it is in the web clients: no comments, no trailing commas, no byte order
//!   mark, nothing behind the object. Nesting ends at [`MAX_DEPTH`], 64. There is no recursion.
//!
//! Written are always all nine keys, in the order in which V2TIM's first web client writes them.

mod json;
mod list;
mod number;
mod read;
mod text;
mod view;
mod write;

pub use json::MAX_DEPTH;
pub use list::InviteeList;
pub use read::{MAX_INVITE_ID, NotSignaling, get_signaling_info};
pub use text::{NoRoom, Text};
pub use view::ViewError;

/// The `businessID` of every message of an invitation.
pub const BUSINESS_ID: u32 = 1;

/// What a message says of an invitation (`V2TIMSignalingActionType`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ActionType {
    /// Nothing that V2TIM has a number for; to be ignored (`SignalingActionType_Unknown`).
    #[default]
    Unknown,
    /// The inviter invites, or changed the data (`SignalingActionType_Invite`).
    Invite,
    /// The inviter takes it back (`SignalingActionType_Cancel_Invite`).
    CancelInvite,
    /// An invitee accepts (`SignalingActionType_Accept_Invite`).
    AcceptInvite,
    /// An invitee says no (`SignalingActionType_Reject_Invite`).
    RejectInvite,
    /// The time limit came first for some invitees (`SignalingActionType_Invite_Timeout`).
    InviteTimeout,
}

impl ActionType {
    /// V2TIM's number, 0 to 5.
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The one with that number; for any other it is `Unknown`.
    pub fn of(number: u32) -> Self {
        match number {
            1 => Self::Invite,
            2 => Self::CancelInvite,
            3 => Self::AcceptInvite,
            4 => Self::RejectInvite,
            5 => Self::InviteTimeout,
            _ => Self::Unknown,
        }
    }
}

/// One message of an invitation (`V2TIMSignalingInfo`), under V2TIM's names. It borrows what it was read from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignalingInfo<'a> {
    /// [`BUSINESS_ID`] (`businessID`).
    pub business_id: u32,
    /// The invitation (`inviteID`): opaque, 1 to [`MAX_INVITE_ID`] bytes. One of our own invitations has 32 hex
    /// digits, which an [`InviteId`](crate::InviteId) parses.
    pub invite_id: Text<'a>,
    /// The group it was made in (`groupID`); empty for a one-to-one invitation.
    pub group_id: Text<'a>,
    /// Who invites, in each message (`inviter`).
    pub inviter: Text<'a>,
    /// Of whom the message speaks (`inviteeList`): all invitees, those that were still pending in a cancel, who
    /// answers, or for whom time ran out.
    pub invitee_list: InviteeList<'a>,
    /// The application's data (`data`), often JSON itself.
    pub data: Text<'a>,
    /// The time limit of an invitation in seconds, 0 for none (`timeout`). In other messages it means nothing.
    pub timeout: u32,
    /// What it says (`actionType`).
    pub action_type: ActionType,
    /// Whether only who was online could hear of it (`onlineUserOnly`).
    pub online_user_only: bool,
}

impl Default for SignalingInfo<'_> {
    /// What a message without any key would be.
    fn default() -> Self {
        Self {
            business_id: BUSINESS_ID,
            invite_id: Text::default(),
            group_id: Text::default(),
            inviter: Text::default(),
            invitee_list: InviteeList::default(),
            data: Text::default(),
            timeout: 0,
            action_type: ActionType::Unknown,
            online_user_only: false,
        }
    }
}
