//! One invitation in the table: the machine's part, and what belongs to it. The row is the outbox: what is
//! to be sent or told is noted here and derived from here when it is asked for.

use super::storage::Payload;
use super::table::{Links, NEVER};
use crate::machine::{Full, Holder, Mask, Origin, Parties, PartyId};
use crate::name::{Device, GroupId, InviteId, Label, UserId};

/// What this device is to the invitation.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // rows live in place, whichever they are
pub(super) enum Role<const I: usize, const D: usize> {
    Free,
    Origin(Origin<I, D>),
    Holder(Holder<I>),
}

/// What is owed to one device, and what is to be told of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Owed {
    pub(super) due: bool,
    pub(super) echo: u32,
    /// When it was last answered, in ms; only differences count.
    pub(super) last: u32,
    pub(super) tell_ringing: bool,
    pub(super) tell_full: Option<Full>,
}

/// What waits to be sent.
#[derive(Clone, Debug)]
pub(super) struct Outbox<const I: usize, const D: usize> {
    pub(super) users: Parties,
    invitees: [[Owed; D]; I],
    observers: [Owed; D],
    pub(super) peers: bool,
    pub(super) stance: bool,
    pub(super) request: bool,
    pub(super) ack: bool,
}

impl<const I: usize, const D: usize> Default for Outbox<I, D> {
    fn default() -> Self {
        Self {
            users: Parties::default(),
            invitees: [[Owed::default(); D]; I],
            observers: [Owed::default(); D],
            peers: false,
            stance: false,
            request: false,
            ack: false,
        }
    }
}

impl<const I: usize, const D: usize> Outbox<I, D> {
    pub(super) fn owed_mut(&mut self, party: PartyId, peer: u8) -> Option<&mut Owed> {
        let peers = match party {
            PartyId::Invitee(i) => self.invitees.get_mut(usize::from(i))?,
            PartyId::Observers => &mut self.observers,
        };
        peers.get_mut(usize::from(peer))
    }
}

/// How a request or an answer ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Granted,
    Denied,
    Unanswered,
}

/// What waits to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct News {
    pub(super) new: bool,
    pub(super) missed: bool,
    pub(super) delivered: bool,
    pub(super) peers: bool,
    pub(super) modified: bool,
    pub(super) stopped: bool,
    pub(super) resumed: bool,
    pub(super) decided: Mask,
    pub(super) cancelled: bool,
    pub(super) timed_out: Mask,
    pub(super) established: Mask,
    pub(super) confirmed: bool,
    pub(super) overruled: bool,
    pub(super) request: Option<Verdict>,
    pub(super) unresolved: bool,
    pub(super) ended: bool,
}

impl News {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// When the row wants to be called; [`NEVER`] where a timer does not run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timers {
    /// The application's limit at the origin, the end of T_ring at a holder.
    pub(super) limit: u64,
    pub(super) resend: u64,
    /// Refresh at the origin, the lease at a holder.
    pub(super) lease: u64,
    pub(super) resolve: u64,
    pub(super) request: u64,
    /// The row goes.
    pub(super) keep: u64,
    /// An answer that had to wait may leave.
    pub(super) wake: u64,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            limit: NEVER,
            resend: NEVER,
            lease: NEVER,
            resolve: NEVER,
            request: NEVER,
            keep: NEVER,
            wake: NEVER,
        }
    }
}

impl Timers {
    pub(super) fn next(&self) -> u64 {
        let all = [self.limit, self.resend, self.lease, self.resolve, self.request, self.keep, self.wake];
        all.into_iter().min().unwrap_or(NEVER)
    }
}

/// One invitation of up to `I` invitees with `D` devices each, whose data is a `P`.
#[derive(Clone, Debug)]
pub struct Row<P, const I: usize, const D: usize> {
    pub(super) id: InviteId,
    pub(super) links: Links,
    pub(super) role: Role<I, D>,
    pub(super) rest: Rest<P, I, D>,
}

/// All of a row that is not the machine's.
#[derive(Clone, Debug)]
pub(super) struct Rest<P, const I: usize, const D: usize> {
    pub(super) inviter: UserId,
    pub(super) group: Option<GroupId>,
    pub(super) names: [UserId; I],
    pub(super) count: u8,
    pub(super) labels: [Label; I],
    pub(super) answers: [P; I],
    pub(super) data: P,
    /// The data of the answer given here.
    pub(super) draft: P,
    /// The data of the Modify or Cancel that is asked for.
    pub(super) wish: P,
    pub(super) push: P,
    pub(super) online_only: bool,
    /// The data comes from the application, not from the inviter.
    pub(super) hearsay: bool,
    /// An observer is not told of a group's invitation, only of its outcomes.
    pub(super) mute: bool,
    pub(super) timers: Timers,
    /// When the invitation runs out; [`NEVER`] for no limit.
    pub(super) end: u64,
    /// How often the resend timer went off in a row.
    pub(super) step: u8,
    /// The number of the stance, and when it was taken.
    pub(super) n: u32,
    pub(super) n_at: u64,
    pub(super) out: Outbox<I, D>,
    pub(super) news: News,
    /// The device that rang or refused last, and what people call it.
    pub(super) heard: (Device, Label),
}

impl<P: Payload, const I: usize, const D: usize> Default for Row<P, I, D> {
    fn default() -> Self {
        Self { id: InviteId::default(), links: Links::default(), role: Role::Free, rest: Rest::default() }
    }
}

impl<P: Payload, const I: usize, const D: usize> Default for Rest<P, I, D> {
    fn default() -> Self {
        Self {
            inviter: UserId::default(),
            group: None,
            names: core::array::from_fn(|_| UserId::default()),
            count: 0,
            labels: core::array::from_fn(|_| Label::default()),
            answers: core::array::from_fn(|_| P::default()),
            data: P::default(),
            draft: P::default(),
            wish: P::default(),
            push: P::default(),
            online_only: false,
            hearsay: false,
            mute: false,
            timers: Timers::default(),
            end: NEVER,
            step: 0,
            n: 0,
            n_at: 0,
            out: Outbox::default(),
            news: News::default(),
            heard: (Device::default(), Label::default()),
        }
    }
}

impl<P: Payload, const I: usize, const D: usize> Row<P, I, D> {
    /// Forgets everything but its place in the table.
    pub(super) fn clear(&mut self) {
        self.id = InviteId::default();
        self.role = Role::Free;
        self.rest = Rest::default();
    }
}

impl<P: Payload, const I: usize, const D: usize> Rest<P, I, D> {
    pub(super) fn names(&self) -> &[UserId] {
        self.names.get(..usize::from(self.count)).unwrap_or_default()
    }

    pub(super) fn name(&self, slot: u8) -> &str {
        self.names().get(usize::from(slot)).map(UserId::as_str).unwrap_or_default()
    }

    /// The party that a user is of; none if the invitation is not his affair.
    pub(super) fn party(&self, user: &str) -> Option<PartyId> {
        if self.inviter.as_str() == user {
            return Some(PartyId::Observers);
        }
        let at = self.names().iter().position(|name| name.as_str() == user)?;
        u8::try_from(at).ok().map(PartyId::Invitee)
    }

    /// What is left of the time limit; none for no limit.
    pub(super) fn remaining(&self, now: u64) -> Option<u32> {
        let left = self.end.saturating_sub(now);
        (self.end != NEVER).then(|| u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// Keeps what came with the answer of a slot. Data that is too large for this device is dropped.
    pub(super) fn keep_answer(&mut self, slot: u8, label: &str, data: &[u8]) {
        if let Some(place) = self.labels.get_mut(usize::from(slot)) {
            *place = Label::new(label).unwrap_or_default();
        }
        if let Some(place) = self.answers.get_mut(usize::from(slot)) {
            *place = P::keep(data).unwrap_or_default();
        }
    }

    pub(super) fn owes(&self) -> bool {
        let out = &self.out;
        !out.users.is_empty() || out.peers || out.stance || out.request || out.ack
    }
}
