//! What an application is told, and how it looks at an invitation.

use super::row::{Role, Row};
use super::storage::Payload;
use crate::machine::{Full, Mask, Me, PartyId, Slot, State};
use crate::name::{Device, InviteId, Label, UserId};

/// What happened, and to which invitation. The V2TIM name stands with each kind.
#[derive(Debug)]
pub struct Event<'a, P> {
    /// The invitation, as it is now.
    pub invitation: View<'a, P>,
    /// What happened to it.
    pub what: What,
}

/// What happened to an invitation. A `slot` is the place of an invitee in the list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum What {
    /// At a durable inviter: it was made in an earlier run, and goes on. What was decided then, its view shows.
    Restored,
    /// Ring (`onReceiveNewInvitation`). On the inviter's other devices: one was made.
    New,
    /// It was over before it could ring in this run of this device; an earlier run may have answered it.
    Missed,
    /// The relay took it, for at least one invitee.
    Delivered,
    /// A device of an invitee rings; its label is [`View::heard`].
    Ringing {
        /// Whose.
        slot: u8,
        /// Which of his devices.
        device: Device,
    },
    /// A device of an invitee cannot ring; others of his may.
    Full {
        /// Whose.
        slot: u8,
        /// Which of his devices.
        device: Device,
        /// Why.
        why: Full,
    },
    /// The data changed (`onInvitationModified`).
    Modified,
    /// Stop ringing: the inviter fell silent. No outcome.
    RingingStopped,
    /// Ring on: the inviter is back.
    RingingResumed,
    /// At the inviter: this invitation was withdrawn, for one of the invitee rings here in its place
    /// ([`Config::glare`](crate::Config::glare)).
    Glare,
    /// An invitee accepted (`onInviteeAccepted`); on his own other devices: answered elsewhere.
    Accepted {
        /// Who.
        slot: u8,
    },
    /// An invitee rejected, or cannot be reached (`onInviteeRejected`).
    Rejected {
        /// Who.
        slot: u8,
    },
    /// The inviter took it back (`onInvitationCancelled`), or the first won, for all who had not answered. Who accepted
    /// before hears it, too: for him nothing ends.
    Cancelled,
    /// The time limit came first for all of these (`onInvitationTimeout`).
    TimedOut {
        /// Who.
        slots: Mask,
    },
    /// The device that won knows it.
    Established {
        /// Whose.
        slot: u8,
    },
    /// The answer given here is what counts.
    Confirmed,
    /// The answer given here came too late: the own slot says what counts.
    Overruled,
    /// The modification or cancel that was asked for is done.
    Granted,
    /// The modification or cancel that was asked for was refused.
    Denied,
    /// The modification or cancel that was asked for got no answer: in doubt.
    Unanswered,
    /// Nothing was heard from the inviter: in doubt, until a late truth comes.
    Unresolved,
    /// At the inviter: every invitee has his outcome.
    Ended,
}

/// An invitation as this device knows it. Borrowed from the engine.
#[derive(Debug)]
pub struct View<'a, P> {
    pub(super) id: InviteId,
    pub(super) inviter: &'a str,
    pub(super) group: Option<&'a str>,
    pub(super) names: &'a [UserId],
    pub(super) slots: &'a [Slot],
    pub(super) labels: &'a [Label],
    pub(super) answers: &'a [P],
    pub(super) data: &'a P,
    pub(super) online_only: bool,
    pub(super) remaining: Option<u32>,
    pub(super) standing: Standing,
    pub(super) delivered: bool,
    pub(super) heard: (Device, &'a str),
}

impl<P> Clone for View<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for View<'_, P> {}

/// What this device is to an invitation, and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Standing {
    /// It was made here.
    Inviter,
    /// This device is one of the invitee of that slot.
    Invitee(u8, State),
    /// It was made on another device of this user.
    Observer(State),
}

/// One invitee of an invitation.
#[derive(Debug)]
pub struct Invitee<'a, P> {
    /// Who.
    pub user: &'a str,
    /// What became of him.
    pub slot: Slot,
    /// What people call the device that answered; empty if it has no label or did not answer.
    pub label: &'a str,
    /// What came with the answer, or with the cancel.
    pub data: &'a P,
}

impl<'a, P> View<'a, P> {
    /// Its id (`inviteID`).
    pub fn id(&self) -> InviteId {
        self.id
    }

    /// Who invites.
    pub fn inviter(&self) -> &'a str {
        self.inviter
    }

    /// In which group (`groupID`); none for a one-to-one invitation.
    pub fn group(&self) -> Option<&'a str> {
        self.group
    }

    /// The names of all invitees (`inviteeList`).
    pub fn names(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a, P> {
        self.names.iter().map(UserId::as_str)
    }

    /// The newest data that came here.
    pub fn data(&self) -> &'a P {
        self.data
    }

    /// Whether only who is online while it rings may hear of it (`onlineUserOnly`).
    pub fn online_only(&self) -> bool {
        self.online_only
    }

    /// What is left of the time limit in ms, when the view was taken; none for no limit.
    pub fn remaining(&self) -> Option<u32> {
        self.remaining
    }

    /// What this device is to it.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Whether the relay took it for at least one invitee; known where it was made only.
    pub fn delivered(&self) -> bool {
        self.delivered
    }

    /// One invitee; none past the end of the list.
    pub fn invitee(&self, slot: u8) -> Option<Invitee<'a, P>> {
        let at = usize::from(slot);
        Some(Invitee {
            user: self.names.get(at)?.as_str(),
            slot: *self.slots.get(at)?,
            label: self.labels.get(at)?.as_str(),
            data: self.answers.get(at)?,
        })
    }

    /// All invitees, in the order of the list.
    pub fn invitees(&self) -> impl Iterator<Item = Invitee<'a, P>> + use<'a, P> {
        let view = *self;
        (0u8..).map_while(move |slot| view.invitee(slot))
    }

    /// Whether every invitee has his outcome.
    pub fn over(&self) -> bool {
        self.slots.iter().all(|slot| slot.decided())
    }

    /// The device that [`What::Ringing`] or [`What::Full`] speaks of, and its label.
    pub fn heard(&self) -> (Device, &'a str) {
        self.heard
    }
}

impl<P: Payload, const I: usize, const D: usize> Row<P, I, D> {
    /// The row as its application sees it; none if it is free.
    pub(super) fn view(&self, now: u64) -> Option<View<'_, P>> {
        let rest = &self.rest;
        let delivered = matches!(&self.role, Role::Origin(origin) if origin.delivered());
        let (slots, standing) = match &self.role {
            Role::Free => return None,
            Role::Origin(origin) => (origin.slots(), Standing::Inviter),
            Role::Holder(holder) => (holder.slots(), standing(holder.me(), holder.state())),
        };
        let heard = rest.heard.and_then(|(slot, at)| Some((slot, self.peer(slot, at)?)));
        let (slot, device) = heard.unwrap_or_default();
        let open = slots.get(usize::from(slot)).is_some_and(|slot| !slot.decided());
        let label =
            rest.labels.get(usize::from(slot)).filter(|_| open).map(Label::as_str).unwrap_or_default();
        Some(View {
            id: self.id,
            inviter: rest.inviter.as_str(),
            group: rest.group(),
            names: rest.names(),
            slots,
            labels: &rest.labels,
            answers: &rest.answers,
            data: &rest.data,
            online_only: rest.online_only,
            remaining: rest.remaining(now),
            standing,
            delivered,
            heard: (device, label),
        })
    }
}

impl<P, const I: usize, const D: usize> Row<P, I, D> {
    /// A device of an invitee, where the invitation was made.
    fn peer(&self, slot: u8, at: u8) -> Option<Device> {
        let Role::Origin(origin) = &self.role else { return None };
        origin.peer(PartyId::Invitee(slot), at).map(|peer| peer.device)
    }
}

fn standing(me: Me, state: State) -> Standing {
    match me {
        Me::Invitee(slot) => Standing::Invitee(slot, state),
        Me::Observer => Standing::Observer(state),
    }
}
