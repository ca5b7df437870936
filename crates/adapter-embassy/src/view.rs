//! An invitation as the application sees it, whatever the memory that holds it is measured for.

use core::fmt;

use heapless::Vec;
use signaling_core::{Device, GroupId, InviteId, Label, Payload, Slot, Standing, UserId, View};

/// Whatever an [`Invitation`] can be read from.
pub(crate) trait Look {
    fn facts(&self) -> Facts<'_>;
    fn invitee(&self, slot: u8) -> Option<Invitee<'_>>;
}

/// All of an invitation but its invitees.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) id: InviteId,
    pub(crate) inviter: &'a str,
    pub(crate) group: Option<&'a str>,
    pub(crate) data: &'a [u8],
    pub(crate) online_only: bool,
    pub(crate) remaining: Option<u32>,
    pub(crate) standing: Standing,
    pub(crate) delivered: bool,
    pub(crate) heard: (Device, &'a str),
}

/// An invitation as this device knew it when the event was taken.
#[derive(Clone, Copy)]
pub struct Invitation<'a> {
    facts: Facts<'a>,
    look: &'a dyn Look,
}

/// One invitee of an invitation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invitee<'a> {
    /// Who.
    pub user: &'a str,
    /// What became of him.
    pub outcome: Slot,
    /// What people call the device that answered; empty if it has no label or did not answer.
    pub label: &'a str,
    /// What came with the answer, or with the cancel.
    pub data: &'a [u8],
}

impl<'a> Invitation<'a> {
    pub(crate) fn of(look: &'a dyn Look) -> Self {
        Self { facts: look.facts(), look }
    }

    /// Its id (`inviteID`).
    pub fn id(&self) -> InviteId {
        self.facts.id
    }

    /// Who invites.
    pub fn inviter(&self) -> &'a str {
        self.facts.inviter
    }

    /// In which group (`groupID`); none for one without.
    pub fn group(&self) -> Option<&'a str> {
        self.facts.group
    }

    /// The newest data that came here.
    pub fn data(&self) -> &'a [u8] {
        self.facts.data
    }

    /// Whether only who is online may hear of it (`onlineUserOnly`).
    pub fn online_only(&self) -> bool {
        self.facts.online_only
    }

    /// What was left of the time limit in ms; none for no limit.
    pub fn remaining(&self) -> Option<u32> {
        self.facts.remaining
    }

    /// What this device is to it, and where it stands.
    pub fn standing(&self) -> Standing {
        self.facts.standing
    }

    /// Whether the relay took it for at least one invitee; known where it was made only.
    pub fn delivered(&self) -> bool {
        self.facts.delivered
    }

    /// The device that rang or was full last, and what people call it: mostly the one that
    /// [`What::Ringing`](crate::What::Ringing) or [`What::Full`](crate::What::Full) names, but when several
    /// do so at once only the last of them has its label here.
    pub fn heard(&self) -> (Device, &'a str) {
        self.facts.heard
    }

    /// The invitee of that place; none past the end of the list.
    pub fn invitee(&self, slot: u8) -> Option<Invitee<'a>> {
        self.look.invitee(slot)
    }

    /// All invitees, in the order of the invitation (`inviteeList`).
    pub fn invitees(&self) -> impl Iterator<Item = Invitee<'a>> + use<'a> {
        let look = self.look;
        (0u8..).map_while(move |slot| look.invitee(slot))
    }

    /// Whether every invitee has his outcome.
    pub fn over(&self) -> bool {
        self.invitees().all(|invitee| invitee.outcome.decided())
    }
}

impl fmt::Debug for Invitation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation")
            .field("id", &self.id())
            .field("inviter", &self.inviter())
            .field("standing", &self.standing())
            .finish_non_exhaustive()
    }
}

impl<P: Payload> Look for View<'_, P> {
    fn facts(&self) -> Facts<'_> {
        Facts {
            id: self.id(),
            inviter: self.inviter(),
            group: self.group(),
            data: self.data().bytes(),
            online_only: self.online_only(),
            remaining: self.remaining(),
            standing: self.standing(),
            delivered: self.delivered(),
            heard: self.heard(),
        }
    }

    fn invitee(&self, slot: u8) -> Option<Invitee<'_>> {
        let invitee = View::invitee(self, slot)?;
        let (user, outcome, label) = (invitee.user, invitee.slot, invitee.label);
        Some(Invitee { user, outcome, label, data: invitee.data.bytes() })
    }
}

/// Where an event is kept while the application looks at it: the engine goes on meanwhile.
pub(crate) trait Keep: Look {
    fn keep(&mut self, invitation: &dyn Look);
}

/// A copy of one invitation of up to `I` invitees and `BYTES` bytes of data.
#[derive(Default)]
pub(crate) struct Told<const I: usize, const BYTES: usize> {
    id: InviteId,
    inviter: UserId,
    /// Empty for none.
    group: GroupId,
    data: Vec<u8, BYTES>,
    online_only: bool,
    remaining: Option<u32>,
    standing: Option<Standing>,
    delivered: bool,
    heard: (Device, Label),
    invitees: Vec<ToldInvitee<BYTES>, I>,
}

#[derive(Default)]
struct ToldInvitee<const BYTES: usize> {
    user: UserId,
    outcome: Slot,
    label: Label,
    data: Vec<u8, BYTES>,
}

impl<const I: usize, const BYTES: usize> Look for Told<I, BYTES> {
    fn facts(&self) -> Facts<'_> {
        Facts {
            id: self.id,
            inviter: self.inviter.as_str(),
            group: Some(self.group.as_str()).filter(|group| !group.is_empty()),
            data: &self.data,
            online_only: self.online_only,
            remaining: self.remaining,
            standing: self.standing.unwrap_or(Standing::Inviter),
            delivered: self.delivered,
            heard: (self.heard.0, self.heard.1.as_str()),
        }
    }

    fn invitee(&self, slot: u8) -> Option<Invitee<'_>> {
        let invitee = self.invitees.get(usize::from(slot))?;
        let (user, label) = (invitee.user.as_str(), invitee.label.as_str());
        Some(Invitee { user, outcome: invitee.outcome, label, data: &invitee.data })
    }
}

impl<const I: usize, const BYTES: usize> Keep for Told<I, BYTES> {
    /// The engine's rows have the same measures: all of it fits.
    fn keep(&mut self, invitation: &dyn Look) {
        let facts = invitation.facts();
        self.id = facts.id;
        self.inviter.assign(facts.inviter).ok();
        self.group.assign(facts.group.unwrap_or_default()).ok();
        self.data.set(facts.data);
        self.online_only = facts.online_only;
        self.remaining = facts.remaining;
        self.standing = Some(facts.standing);
        self.delivered = facts.delivered;
        self.heard.0 = facts.heard.0;
        self.heard.1.assign(facts.heard.1).ok();
        let mut count = 0;
        for invitee in (0u8..).map_while(|slot| invitation.invitee(slot)).take(I) {
            // Filled where it lies: to build it elsewhere and copy it takes a chip stack and code.
            if self.invitees.len() == count {
                self.invitees.push(ToldInvitee::default()).ok();
            }
            if let Some(place) = self.invitees.get_mut(count) {
                place.keep(invitee);
                count += 1;
            }
        }
        self.invitees.truncate(count);
    }
}

impl<const BYTES: usize> ToldInvitee<BYTES> {
    fn keep(&mut self, invitee: Invitee<'_>) {
        self.user.assign(invitee.user).ok();
        self.outcome = invitee.outcome;
        self.label.assign(invitee.label).ok();
        self.data.set(invitee.data);
    }
}
