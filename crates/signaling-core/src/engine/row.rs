//! One invitation in the table: the machine's part, and what belongs to it. The row is the outbox: what is
//! to be sent or told is noted here and derived from here when it is asked for.

use super::effects::{Armed, Effects, Left};
use super::news::News;
use super::storage::{Payload, empty};
use super::table::{Links, NEVER};
use super::timers::{HOLDER, ORIGIN, Timers};
use crate::machine::{Full, Fx, Holder, Mask, Me, Origin, Parties, PartyId, Timer};
use crate::name::{Device, GroupId, InviteId, Label, UserId};

/// What this device is to the invitation. With a tag of its own: a free row is all zero.
#[derive(Clone, Debug)]
#[repr(u32)] // with padding behind the tag an empty role would be made on the stack, and copied
#[allow(clippy::large_enum_variant)] // rows live in place, whichever they are
pub(super) enum Role<const I: usize, const D: usize> {
    Free,
    Origin(Origin<I, D>),
    Holder(Holder<I>),
}

impl<const I: usize, const D: usize> Role<I, D> {
    /// Its timers, in the order in which they go off.
    pub(super) fn timers(&self) -> &'static [Timer] {
        match self {
            Self::Free => &[],
            Self::Origin(_) => &ORIGIN,
            Self::Holder(_) => &HOLDER,
        }
    }

    /// Whether the timer runs.
    pub(super) fn armed(&self, timer: Timer) -> bool {
        match (self, timer) {
            (Self::Origin(origin), Timer::Origin(timer)) => origin.armed(timer),
            (Self::Holder(holder), Timer::Holder(timer)) => holder.armed(timer),
            _ => false,
        }
    }

    /// The timer went off. Whether the row stays.
    pub(super) fn on_timer(&mut self, timer: Timer, fx: &mut impl Fx) -> bool {
        match (self, timer) {
            (Self::Origin(origin), Timer::Origin(timer)) => origin.on_timer(timer, fx),
            (Self::Holder(holder), Timer::Holder(timer)) => return holder.on_timer(timer, fx),
            _ => {}
        }
        true
    }

    /// Whether it may go once all is told.
    pub(super) fn over(&self) -> bool {
        match self {
            Self::Free => false,
            Self::Origin(origin) => origin.over(),
            Self::Holder(holder) => holder.terminal(),
        }
    }

    /// The slots without an outcome; none where it was not made.
    pub(super) fn pending(&self) -> Mask {
        match self {
            Self::Origin(origin) => origin.pending(),
            Self::Free | Self::Holder(_) => Mask::EMPTY,
        }
    }
}

/// What is to be told of one device. Each reason has a variant of its own, so that none is zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum PeerNews {
    #[default]
    None,
    Ringing,
    NoCapacity,
    TooLarge,
}

impl From<Full> for PeerNews {
    fn from(why: Full) -> Self {
        match why {
            Full::NoCapacity => Self::NoCapacity,
            Full::TooLarge => Self::TooLarge,
        }
    }
}

/// What is owed to one device, and what is to be told of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owed {
    pub(super) echo: u32,
    /// When it was last answered, in ms; only differences count. 0 for never.
    pub(super) last: u16,
    pub(super) due: bool,
    pub(super) news: PeerNews,
}

impl Owed {
    const NOTHING: Self = Self { echo: 0, last: 0, due: false, news: PeerNews::None };
}

/// What the inviter's device is to send.
#[derive(Clone, Debug)]
pub(super) struct Outbox<const I: usize, const D: usize> {
    pub(super) users: Parties,
    invitees: [[Owed; D]; I],
    observers: [Owed; D],
}

impl<const I: usize, const D: usize> Outbox<I, D> {
    const EMPTY: Self =
        Self { users: Parties::NONE, invitees: [[Owed::NOTHING; D]; I], observers: [Owed::NOTHING; D] };

    fn clear(&mut self) {
        self.users = Parties::NONE;
        self.invitees.iter_mut().flatten().chain(&mut self.observers).for_each(|owed| *owed = Owed::NOTHING);
    }

    pub(super) fn owed_mut(&mut self, party: PartyId, peer: u8) -> Option<&mut Owed> {
        let peers = match party {
            PartyId::Invitee(i) => self.invitees.get_mut(usize::from(i))?,
            PartyId::Observers => &mut self.observers,
        };
        peers.get_mut(usize::from(peer))
    }
}

/// What the machine wants told, and said to the inviter's device; and whether it owes something to one of others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notes {
    pub(super) news: News,
    pub(super) stance: bool,
    pub(super) request: bool,
    pub(super) ack: bool,
    pub(super) peers: bool,
    /// An observer is not told of a group's invitation, only of its outcomes.
    pub(super) mute: bool,
}

impl Notes {
    pub(super) const NONE: Self =
        Self { news: News::NONE, stance: false, request: false, ack: false, peers: false, mute: false };
}

/// One invitation of up to `I` invitees with `D` devices each, whose data is a `P`.
#[derive(Clone, Debug)]
#[repr(C)] // short instructions reach what comes first
pub struct Row<P, const I: usize, const D: usize> {
    pub(super) notes: Notes,
    pub(super) links: Links,
    pub(super) id: InviteId,
    pub(super) role: Role<I, D>,
    pub(super) out: Outbox<I, D>,
    pub(super) rest: Rest<P, I>,
}

/// What is neither the machine's nor its wishes.
#[derive(Clone, Debug)]
#[repr(C)] // short instructions reach what comes first
pub(super) struct Rest<P, const I: usize> {
    count: u8,
    /// How often the resend timer went off in a row.
    pub(super) step: u8,
    pub(super) online_only: bool,
    /// The data comes from the application, not from the inviter.
    pub(super) hearsay: bool,
    /// The number of the stance, and when it was taken.
    pub(super) n: u32,
    /// The newest version, and the change of the table that made it: what has to be saved.
    pub(super) ver: u32,
    pub(super) changed: u32,
    pub(super) n_at: u64,
    /// When the invitation runs out; [`NEVER`] for no limit.
    pub(super) end: u64,
    pub(super) timers: Timers,
    /// The device that rang or refused last: whose it is, and its place.
    pub(super) heard: Option<(u8, u8)>,
    pub(super) inviter: UserId,
    /// Empty for none.
    group: GroupId,
    names: [UserId; I],
    /// Of the device that answered; while a slot is pending, of the one that was heard of last.
    pub(super) labels: [Label; I],
    /// What came with an answer; while the own slot is pending, the answer that was given here.
    pub(super) answers: [P; I],
    pub(super) data: P,
    /// The push info of an invitation made here, or the data of the Modify or Cancel that is asked for.
    pub(super) own: P,
}

impl<P: Payload, const I: usize, const D: usize> Row<P, I, D> {
    /// A row that was never used, all zero.
    pub const EMPTY: Self = Self {
        id: InviteId { origin: Device { id: 0, epoch: 0 }, sequence: 0 },
        links: Links::NONE,
        role: Role::Free,
        notes: Notes::NONE,
        out: Outbox::EMPTY,
        rest: Rest::EMPTY,
    };

    /// Begins a new invitation, in a row that is [`EMPTY`](Self::EMPTY).
    pub(super) fn begin(&mut self, id: InviteId) {
        self.id = id;
        self.rest.end = NEVER;
        self.rest.timers = Timers::all(NEVER);
    }

    /// It was not made here.
    #[inline(never)] // an empty holder lies on its stack
    pub(super) fn hold(&mut self, me: Me, device: Device) {
        self.role = Role::Holder(Holder::EMPTY);
        if let Role::Holder(holder) = &mut self.role {
            holder.open(me, device, self.rest.count());
        }
    }

    /// Gives up what the invitation held; only its names stay, until others take their place.
    pub(super) fn clear(&mut self) {
        self.id = InviteId::default();
        self.role = Role::Free;
        self.notes = Notes::NONE;
        self.out.clear();
        self.rest.clear();
    }

    /// The row as a command or an input works on it.
    pub(super) fn parts<'r, 'e>(
        &'r mut self,
        left: &'e mut Left,
    ) -> (&'r mut Role<I, D>, &'r mut Rest<P, I>, Effects<'r, 'e, I, D>) {
        left.armed = Armed::default();
        (&mut self.role, &mut self.rest, Effects { notes: &mut self.notes, out: &mut self.out, left })
    }

    /// The user who invites, or is invited first, from here.
    pub(super) fn other_end(&self) -> &str {
        match &self.role {
            Role::Origin(_) => self.rest.name(0),
            Role::Free | Role::Holder(_) => self.rest.inviter.as_str(),
        }
    }

    /// Whether an invitation from or to its [`other_end`](Self::other_end) would cross it.
    pub(super) fn may_be_crossed(&self) -> bool {
        let asks = match &self.role {
            Role::Free => false,
            Role::Origin(origin) => !origin.over(),
            Role::Holder(holder) => holder.unanswered(),
        };
        asks && self.rest.count() == 1 && self.rest.group().is_none()
    }

    pub(super) fn owes(&self) -> bool {
        let (notes, out) = (&self.notes, &self.out);
        !out.users.is_empty() || notes.peers || notes.stance || notes.request || notes.ack
    }
}

impl<P: Payload, const I: usize> Rest<P, I> {
    const EMPTY: Self = Self {
        inviter: UserId::EMPTY,
        group: GroupId::EMPTY,
        names: [const { UserId::EMPTY }; I],
        count: 0,
        labels: [const { Label::EMPTY }; I],
        answers: [const { P::EMPTY }; I],
        data: P::EMPTY,
        own: P::EMPTY,
        online_only: false,
        hearsay: false,
        step: 0,
        n: 0,
        n_at: 0,
        end: 0,
        timers: Timers::all(0),
        heard: None,
        ver: 0,
        changed: 0,
    };

    fn clear(&mut self) {
        self.labels.iter_mut().for_each(Label::clear);
        self.answers.iter_mut().chain([&mut self.data, &mut self.own]).for_each(empty);
        (self.count, self.step, self.online_only, self.hearsay) = (0, 0, false, false);
        (self.n, self.n_at) = (0, 0);
        self.heard = None;
        (self.ver, self.changed) = (0, 0);
    }

    /// Copies the names in, as far as there is room; they were checked before.
    pub(super) fn name_all<'n>(
        &mut self,
        inviter: &str,
        group: Option<&str>,
        invitees: impl Iterator<Item = &'n str>,
    ) {
        self.inviter.assign(inviter).ok();
        self.group.assign(group.unwrap_or_default()).ok();
        self.count = 0;
        for (place, name) in self.names.iter_mut().zip(invitees) {
            place.assign(name).ok();
            self.count = self.count.saturating_add(1);
        }
    }

    pub(super) fn count(&self) -> u8 {
        self.count
    }

    #[cfg_attr(target_pointer_width = "32", inline(never))] // it is called from everywhere
    pub(super) fn group(&self) -> Option<&str> {
        Some(self.group.as_str()).filter(|group| !group.is_empty())
    }

    /// The relay says that it was made in that group.
    pub(super) fn learn_group(&mut self, group: Option<&str>) {
        if let Some(group) = group.filter(|_| self.group.as_str().is_empty()) {
            self.group.assign(group).ok();
        }
    }

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
    #[cfg_attr(target_pointer_width = "32", inline(never))] // chips subtract 64 bits in steps
    pub(super) fn remaining(&self, now: u64) -> Option<u32> {
        let left = self.end.saturating_sub(now);
        (self.end != NEVER).then(|| u32::try_from(left).unwrap_or(u32::MAX))
    }

    /// Keeps what came with the answer of a slot. Data that is too large for this device is dropped.
    pub(super) fn keep_answer(&mut self, slot: u8, label: &str, data: &[u8]) {
        self.keep_label(slot, label);
        if let Some(place) = self.answers.get_mut(usize::from(slot))
            && !place.set(data)
        {
            empty(place);
        }
    }

    /// The same for several slots.
    pub(super) fn keep_answers(&mut self, slots: Mask, label: &str, data: &[u8]) {
        slots.iter().for_each(|slot| self.keep_answer(slot, label, data));
    }

    pub(super) fn keep_label(&mut self, slot: u8, label: &str) {
        if let Some(place) = self.labels.get_mut(usize::from(slot)) {
            place.assign(label).ok();
        }
    }

    /// The answer that is given here, of the invitee of that slot.
    pub(super) fn draft(&self, slot: u8) -> &[u8] {
        self.answers.get(usize::from(slot)).map(P::bytes).unwrap_or_default()
    }
}
