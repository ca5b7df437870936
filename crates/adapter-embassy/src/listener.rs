//! V2TIM's listener: callbacks instead of [`Events::next`](crate::Events::next).

use signaling_core::What;
use signaling_core::machine::{Reason, Slot};

use crate::events::{Event, InvitationEvent};
use crate::session::LinkEvent;
use crate::view::{Invitation, Invitee};

/// What an application overrides to hear of invitations (V2TIM's `V2TIMSignalingListener`). All methods do
/// nothing by default. Two listeners are one, as a pair.
///
/// As in V2TIM, a device gets no callback for what it did itself (its result is the return value), except
/// for a time limit. They are called by [`Events::dispatch`](crate::Events::dispatch), and should not take
/// long: no other event comes meanwhile, and no other task of the executor runs.
#[allow(unused_variables)]
pub trait SignalingListener {
    /// An invitation came: ring (`onReceiveNewInvitation`). Also on the inviter's other devices, for one
    /// without a group; its inviter is then the own user.
    fn on_receive_new_invitation(&self, invitation: &Invitation<'_>) {}

    /// An invitee accepted (`onInviteeAccepted`). If it is the own user: on another of his devices.
    fn on_invitee_accepted(&self, invitation: &Invitation<'_>, invitee: &Invitee<'_>) {}

    /// An invitee said no (`onInviteeRejected`), or the relay refused him for good while others were reached.
    fn on_invitee_rejected(&self, invitation: &Invitation<'_>, invitee: &Invitee<'_>) {}

    /// The inviter took it back (`onInvitationCancelled`), or the first won; once, however many invitees were pending.
    /// `data` came with it. Who accepted before hears it, too: for him nothing ends.
    fn on_invitation_cancelled(&self, invitation: &Invitation<'_>, data: &[u8]) {}

    /// The time limit came first for an invitee (`onInvitationTimeout`). V2TIM gives a list; here it is one
    /// call for each, without a break.
    fn on_invitation_timeout(&self, invitation: &Invitation<'_>, invitee: &Invitee<'_>) {}

    /// Somebody else changed the data (`onInvitationModified`).
    fn on_invitation_modified(&self, invitation: &Invitation<'_>) {}

    /// Something happened to the link to the relay.
    fn on_link(&self, event: LinkEvent) {}

    /// Whatever happened to an invitation, also what has a callback above, which comes after it.
    fn on_event(&self, what: What, invitation: &Invitation<'_>) {}
}

impl<L: SignalingListener + ?Sized> SignalingListener for &L {
    fn on_receive_new_invitation(&self, invitation: &Invitation<'_>) {
        (**self).on_receive_new_invitation(invitation);
    }

    fn on_invitee_accepted(&self, invitation: &Invitation<'_>, invitee: &Invitee<'_>) {
        (**self).on_invitee_accepted(invitation, invitee);
    }

    fn on_invitee_rejected(&self, invitation: &Invitation<'_>, invitee: &Invitee<'_>) {
        (**self).on_invitee_rejected(invitation, invitee);
    }

    fn on_invitation_cancelled(&self, invitation: &Invitation<'_>, data: &[u8]) {
        (**self).on_invitation_cancelled(invitation, data);
    }

    fn on_invitation_timeout(&self, invitation: &Invitation<'_>, invitee: &Invitee<'_>) {
        (**self).on_invitation_timeout(invitation, invitee);
    }

    fn on_invitation_modified(&self, invitation: &Invitation<'_>) {
        (**self).on_invitation_modified(invitation);
    }

    fn on_link(&self, event: LinkEvent) {
        (**self).on_link(event);
    }

    fn on_event(&self, what: What, invitation: &Invitation<'_>) {
        (**self).on_event(what, invitation);
    }
}

impl<A: SignalingListener, B: SignalingListener> SignalingListener for (A, B) {
    fn on_receive_new_invitation(&self, invitation: &Invitation<'_>) {
        self.0.on_receive_new_invitation(invitation);
        self.1.on_receive_new_invitation(invitation);
    }

    fn on_invitee_accepted(&self, invitation: &Invitation<'_>, invitee: &Invitee<'_>) {
        self.0.on_invitee_accepted(invitation, invitee);
        self.1.on_invitee_accepted(invitation, invitee);
    }

    fn on_invitee_rejected(&self, invitation: &Invitation<'_>, invitee: &Invitee<'_>) {
        self.0.on_invitee_rejected(invitation, invitee);
        self.1.on_invitee_rejected(invitation, invitee);
    }

    fn on_invitation_cancelled(&self, invitation: &Invitation<'_>, data: &[u8]) {
        self.0.on_invitation_cancelled(invitation, data);
        self.1.on_invitation_cancelled(invitation, data);
    }

    fn on_invitation_timeout(&self, invitation: &Invitation<'_>, invitee: &Invitee<'_>) {
        self.0.on_invitation_timeout(invitation, invitee);
        self.1.on_invitation_timeout(invitation, invitee);
    }

    fn on_invitation_modified(&self, invitation: &Invitation<'_>) {
        self.0.on_invitation_modified(invitation);
        self.1.on_invitation_modified(invitation);
    }

    fn on_link(&self, event: LinkEvent) {
        self.0.on_link(event);
        self.1.on_link(event);
    }

    fn on_event(&self, what: What, invitation: &Invitation<'_>) {
        self.0.on_event(what, invitation);
        self.1.on_event(what, invitation);
    }
}

/// Calls the methods that an event is for.
pub(crate) fn call(listener: &impl SignalingListener, event: &Event<'_>) {
    match event {
        Event::Invitation(event) => call_invitation(listener, event),
        Event::Link(event) => listener.on_link(*event),
    }
}

fn call_invitation(listener: &impl SignalingListener, event: &InvitationEvent<'_>) {
    let invitation = event.invitation();
    listener.on_event(event.what, &invitation);
    let invitee = |slot: u8| invitation.invitee(slot);
    match event.what {
        What::New => listener.on_receive_new_invitation(&invitation),
        What::Accepted { slot } => {
            invitee(slot).iter().for_each(|invitee| listener.on_invitee_accepted(&invitation, invitee));
        }
        What::Rejected { slot } if told(&invitation, slot) => {
            invitee(slot).iter().for_each(|invitee| listener.on_invitee_rejected(&invitation, invitee));
        }
        What::Cancelled => listener.on_invitation_cancelled(&invitation, cancelled(&invitation)),
        What::TimedOut { slots } => {
            let invitees = slots.iter().filter_map(invitee);
            invitees.for_each(|invitee| listener.on_invitation_timeout(&invitation, &invitee));
        }
        What::Modified => listener.on_invitation_modified(&invitation),
        _ => {}
    }
}

/// If the relay refused all for good nobody rejected: no callback comes, as in V2TIM, whose `invite` fails.
fn told(invitation: &Invitation<'_>, slot: u8) -> bool {
    let unreachable = |invitee: Invitee<'_>| invitee.outcome == Slot::Rejected(Reason::Unreachable);
    !invitation.invitee(slot).is_some_and(unreachable) || !invitation.invitees().all(unreachable)
}

/// What came with the cancel.
fn cancelled<'a>(invitation: &Invitation<'a>) -> &'a [u8] {
    let cancelled = invitation.invitees().find(|invitee| invitee.outcome == Slot::Cancelled);
    cancelled.map(|invitee| invitee.data).unwrap_or_default()
}
