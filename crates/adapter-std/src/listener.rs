//! V2TIM's listener: callbacks instead of a stream.

use std::sync::Arc;

use signaling_core::machine::{Reason, Slot};
use signaling_core::{InviteId, What};

use crate::data::Data;
use crate::event::{Event, InvitationEvent, LinkEvent};

/// What an application overrides to hear of invitations (V2TIM's `V2TIMSignalingListener`). All methods do
/// nothing by default.
///
/// Each listener is called by one thread at a time, in the order of events, and no lock is held: it may call
/// every method of [`Signaling`](crate::Signaling) from inside. It may block: the calls run on tokio's
/// blocking threads, so timers, links, and the other listeners go on (but not for ever: the runtime waits for
/// such a thread when it shuts down). A listener that is slower than the
/// events misses no outcome, see [`Event::Lagged`]. A panic in it is survived: it is logged, and the listener is
/// called again for the next event (but not in a program that aborts on panic).
///
/// As in V2TIM, a device gets no callback for what it did itself (its result is the return value), except
/// for a time limit.
#[allow(unused_variables)]
pub trait SignalingListener: Send + Sync + 'static {
    /// An invitation came: ring (`onReceiveNewInvitation`). Also on the inviter's other devices, for one
    /// without a group; `inviter` is then the own user. `group_id` is none where V2TIM has "".
    fn on_receive_new_invitation(
        &self,
        invite_id: InviteId,
        inviter: &str,
        group_id: Option<&str>,
        invitee_list: &[&str],
        data: &Data,
    ) {
    }

    /// An invitee accepted (`onInviteeAccepted`). If `invitee` is the own user: on another of his devices.
    fn on_invitee_accepted(&self, invite_id: InviteId, invitee: &str, data: &Data) {}

    /// An invitee said no (`onInviteeRejected`), or the relay refused him for good while others were
    /// reached. If the relay refused all, no callback comes: `delivered()` says it.
    fn on_invitee_rejected(&self, invite_id: InviteId, invitee: &str, data: &Data) {}

    /// The inviter took it back (`onInvitationCancelled`), or the first won; once, however many invitees were pending.
    /// Who accepted before hears it, too: for him nothing ends. The outcome of each is in
    /// [`on_event`](Self::on_event).
    fn on_invitation_cancelled(&self, invite_id: InviteId, inviter: &str, data: &Data) {}

    /// The time limit came first for these invitees (`onInvitationTimeout`).
    fn on_invitation_timeout(&self, invite_id: InviteId, invitee_list: &[&str]) {}

    /// Somebody else changed the data (`onInvitationModified`).
    fn on_invitation_modified(&self, invite_id: InviteId, data: &Data) {}

    /// Something happened to the link to the relay.
    fn on_link(&self, event: &LinkEvent) {}

    /// Every event, those above too, before the callback of its own.
    fn on_event(&self, event: &Event) {}
}

impl<L: SignalingListener + ?Sized> SignalingListener for Arc<L> {
    fn on_receive_new_invitation(
        &self,
        invite_id: InviteId,
        inviter: &str,
        group_id: Option<&str>,
        invitee_list: &[&str],
        data: &Data,
    ) {
        (**self).on_receive_new_invitation(invite_id, inviter, group_id, invitee_list, data);
    }

    fn on_invitee_accepted(&self, invite_id: InviteId, invitee: &str, data: &Data) {
        (**self).on_invitee_accepted(invite_id, invitee, data);
    }

    fn on_invitee_rejected(&self, invite_id: InviteId, invitee: &str, data: &Data) {
        (**self).on_invitee_rejected(invite_id, invitee, data);
    }

    fn on_invitation_cancelled(&self, invite_id: InviteId, inviter: &str, data: &Data) {
        (**self).on_invitation_cancelled(invite_id, inviter, data);
    }

    fn on_invitation_timeout(&self, invite_id: InviteId, invitee_list: &[&str]) {
        (**self).on_invitation_timeout(invite_id, invitee_list);
    }

    fn on_invitation_modified(&self, invite_id: InviteId, data: &Data) {
        (**self).on_invitation_modified(invite_id, data);
    }

    fn on_link(&self, event: &LinkEvent) {
        (**self).on_link(event);
    }

    fn on_event(&self, event: &Event) {
        (**self).on_event(event);
    }
}

/// Calls the methods that an event is for.
pub(crate) fn call(listener: &dyn SignalingListener, event: &Event) {
    listener.on_event(event);
    match event {
        Event::Invitation(event) => call_invitation(listener, event),
        Event::Link(event) => listener.on_link(event),
        Event::Lagged { .. } | Event::NotSaved { .. } => {}
    }
}

fn call_invitation(listener: &dyn SignalingListener, InvitationEvent { what, invitation }: &InvitationEvent) {
    let id = invitation.id;
    let inviter = invitation.inviter.as_str();
    match *what {
        What::New => {
            let group = invitation.group.as_ref().map(AsRef::as_ref);
            let names: Vec<&str> = invitation.invitees.iter().map(|invitee| invitee.user.as_str()).collect();
            listener.on_receive_new_invitation(id, inviter, group, &names, &invitation.data);
        }
        What::Accepted { slot } => {
            let Some(invitee) = invitation.invitee(slot) else { return };
            listener.on_invitee_accepted(id, invitee.user.as_str(), &invitee.data);
        }
        What::Rejected { slot } => {
            let Some(invitee) = invitation.invitee(slot) else { return };
            let unreachable = invitee.outcome == Slot::Rejected(Reason::Unreachable);
            if !(unreachable && invitation.all_refused()) {
                listener.on_invitee_rejected(id, invitee.user.as_str(), &invitee.data);
            }
        }
        What::Cancelled => {
            let cancelled = invitation.invitees.iter().find(|invitee| invitee.outcome == Slot::Cancelled);
            let data = cancelled.map(|invitee| invitee.data.clone()).unwrap_or_default();
            listener.on_invitation_cancelled(id, inviter, &data);
        }
        What::TimedOut { slots } => {
            let ended = slots.iter().filter_map(|slot| invitation.invitee(slot));
            let names: Vec<&str> = ended.map(|invitee| invitee.user.as_str()).collect();
            listener.on_invitation_timeout(id, &names);
        }
        What::Modified => listener.on_invitation_modified(id, &invitation.data),
        _ => {}
    }
}
