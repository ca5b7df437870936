//! An invitation of an engine as V2TIM's messages.

use core::{fmt, str};

use super::{ActionType, InviteeList, SignalingInfo, Text};
use crate::engine::{Payload, View};
use crate::machine::{Mask, Slot};

/// Why something of an invitation cannot be said in V2TIM's JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ViewError {
    /// The data is not UTF-8, and V2TIM's `data` is text.
    NotText {
        /// The place of the first wrong byte of the data.
        at: usize,
    },
    /// No invitee has that place in the list.
    NoSuchSlot {
        /// The place.
        slot: u8,
    },
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText { at } => write!(f, "the data is not UTF-8 at byte {at}; V2TIM's data is text"),
            Self::NoSuchSlot { slot } => write!(f, "the invitation has no invitee number {slot}"),
        }
    }
}

impl core::error::Error for ViewError {}

/// What an endpoint says of an invitation, as V2TIM's clients say it. `inviter`, `groupID` and `onlineUserOnly`
/// are the invitation's in each of them, and `timeout` is 0 but in the first.
impl<'a> SignalingInfo<'a> {
    /// The invitation: all invitees, its data, and what is left of its time limit, in seconds rounded up (0 for
    /// no limit). It is the whole time limit if it is asked for when the invitation was made.
    ///
    /// # Errors
    /// [`ViewError::NotText`] if the data is not UTF-8.
    pub fn invite<P: Payload + Sync>(view: &'a View<'a, P>) -> Result<Self, ViewError> {
        let all = all(view, |_| true);
        // What has just run out must not become "no limit".
        let timeout = view.remaining().map_or(0, |left| left.div_ceil(1_000).max(1));
        Ok(Self { timeout, ..said(view, ActionType::Invite, all, view.data())? })
    }

    /// The inviter takes it back: whoever was still pending, and the data of the cancel.
    ///
    /// # Errors
    /// [`ViewError::NotText`] if the data is not UTF-8.
    pub fn cancel<P: Payload + Sync>(view: &'a View<'a, P>) -> Result<Self, ViewError> {
        let pending = all(view, |slot| matches!(slot, Slot::Pending | Slot::Cancelled));
        let first = pending.iter().next().and_then(|slot| view.invitee(slot));
        let data = first.map_or(view.data(), |invitee| invitee.data);
        said(view, ActionType::CancelInvite, pending, data)
    }

    /// The invitee of that slot accepts; with the data of his answer once the inviter has decided. Where he
    /// answers just now, set `data` to what he says.
    ///
    /// # Errors
    /// [`ViewError::NotText`] if the data is not UTF-8, [`ViewError::NoSuchSlot`] past the end of the list.
    pub fn accept<P: Payload + Sync>(view: &'a View<'a, P>, slot: u8) -> Result<Self, ViewError> {
        answer(view, ActionType::AcceptInvite, slot)
    }

    /// The invitee of that slot says no; else as [`accept`](Self::accept).
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn reject<P: Payload + Sync>(view: &'a View<'a, P>, slot: u8) -> Result<Self, ViewError> {
        answer(view, ActionType::RejectInvite, slot)
    }

    /// The time limit came first for these (those of [`What::TimedOut`](crate::What::TimedOut)), with the data
    /// of the invitation. Places past the end of the list name nobody.
    ///
    /// # Errors
    /// [`ViewError::NotText`] if the data is not UTF-8.
    pub fn timeout<P: Payload + Sync>(view: &'a View<'a, P>, slots: Mask) -> Result<Self, ViewError> {
        said(view, ActionType::InviteTimeout, slots, view.data())
    }
}

fn answer<'a, P: Payload + Sync>(
    view: &'a View<'a, P>,
    action: ActionType,
    slot: u8,
) -> Result<SignalingInfo<'a>, ViewError> {
    let invitee = view.invitee(slot).ok_or(ViewError::NoSuchSlot { slot })?;
    said(view, action, Mask::one(slot), invitee.data)
}

fn said<'a, P: Payload + Sync>(
    view: &'a View<'a, P>,
    action_type: ActionType,
    slots: Mask,
    data: &'a P,
) -> Result<SignalingInfo<'a>, ViewError> {
    let data =
        str::from_utf8(data.bytes()).map_err(|error| ViewError::NotText { at: error.valid_up_to() })?;
    Ok(SignalingInfo {
        invite_id: Text::from(view.id()),
        group_id: Text::from(view.group().unwrap_or_default()),
        inviter: Text::from(view.inviter()),
        invitee_list: InviteeList::view(view, slots),
        data: Text::from(data),
        action_type,
        online_user_only: view.online_only(),
        ..SignalingInfo::default()
    })
}

/// The slots that fit.
fn all<P>(view: &View<'_, P>, fits: impl Fn(Slot) -> bool) -> Mask {
    (0..).zip(view.invitees()).filter(|(_, invitee)| fits(invitee.slot)).map(|(slot, _)| slot).collect()
}
