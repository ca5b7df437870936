//! V2TIM's methods, called at a peer; each gives V2TIM's code.

use std::time::Duration;

use adapter_std::{
    AddError, AnswerError, CODE_INVALID, CancelError, CommandError, InviteError, InviteId, InviteOptions,
    ModifyError,
};

use super::World;
use crate::recording::{Added, Invite, Verb};

/// The code of success.
pub const DONE: Option<u32> = Some(0);

impl World {
    /// `invite` or `inviteInGroup`.
    ///
    /// # Errors
    /// The error's code, if it has one.
    pub fn invite(&self, peer: &str, invite: &Invite) -> Result<InviteId, Option<u32>> {
        let Ok(timeout) = Duration::try_from_secs_f64(invite.timeout) else {
            // A time limit below zero cannot even be written down here.
            return Err(Some(CODE_INVALID));
        };
        let timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
        let options =
            InviteOptions { timeout, online_user_only: invite.online_only, ..InviteOptions::default() };
        let signaling = self.signaling(peer);
        let made = match &invite.group {
            Some(group) => signaling.invite_in_group(group, &invite.invitees, &invite.data, &options),
            None => signaling.invite_many(&invite.invitees, &invite.data, &options),
        };
        made.map(|invitation| invitation.id()).map_err(CommandError::<InviteError>::code)
    }

    /// One of the methods that take an id and data: its code, 0 for success.
    pub fn act(&self, peer: &str, verb: Verb, id: InviteId, data: &str) -> Option<u32> {
        let signaling = self.signaling(peer);
        match verb {
            Verb::Accept => {
                signaling.accept(id, data).refused().map_or(DONE, CommandError::<AnswerError>::code)
            }
            Verb::Reject => {
                signaling.reject(id, data).map_or_else(CommandError::<AnswerError>::code, |()| DONE)
            }
            Verb::Cancel => {
                signaling.cancel(id, data).map_or_else(CommandError::<CancelError>::code, |_| DONE)
            }
            Verb::Modify => signaling
                .modify_invitation(id, data)
                .map_or_else(CommandError::<ModifyError>::code, |()| DONE),
        }
    }

    /// `addInvitedSignaling`, as `id`: its code, 0 for success.
    pub fn learn(&self, peer: &str, added: &Added, id: InviteId) -> Option<u32> {
        let invitees: Vec<&str> = added.invitees.iter().map(String::as_str).collect();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` keeps within the range
        let left = (added.timeout * 1_000.0) as u32;
        let added = adapter_std::Added {
            id,
            inviter: &added.inviter,
            group: Some(added.group.as_str()).filter(|group| !group.is_empty()),
            invitees: &invitees,
            data: added.data.as_bytes(),
            timeout: Some(left).filter(|left| *left > 0),
        };
        let learned = self.signaling(peer).add_invited_signaling(&added);
        learned.map_or_else(CommandError::<AddError>::code, |()| DONE)
    }
}
