//! The invitation on any device but the one that made it: it shows what the origin says (protocol section 6).

mod act;
mod first;
mod report;
mod swapped;

use super::{Answer, Fx, Mask, Reply, Rev, Rival, Slot, Stance, Tell, Timer};
use crate::broken;
use crate::name::Device;

/// A timer of a [`Holder`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HolderTimer {
    /// Nothing was heard from the inviter for a lease: stop ringing.
    Lease,
    /// The invitation must have run out by now (T_ring): stop ringing.
    Ring,
    /// Repeat what may be lost.
    Resend,
    /// Nothing was heard for so long that it stays in doubt (T_resolve).
    Resolve,
    /// The same for a Modify or Cancel.
    Request,
}

/// What this device is to the invitation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Me {
    /// A device of the invitee of that slot.
    Invitee(u8),
    /// Another device of the inviter: it watches, and may cancel or modify.
    Observer,
}

/// Where the invitation stands on this device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// It may be over: asked before it rings.
    Confirming,
    /// It waits, without a word, for the end of an own invitation to the inviter (glare).
    Held,
    /// It rings.
    Ringing,
    /// An observer follows it.
    Observing,
    /// It rang and heard no more: asked whether it still stands.
    Silent,
    /// The person answered; the origin has not said yes or no.
    Answered,
    /// Nothing was heard; only a late truth ends this.
    Unresolved,
    /// The own slot is decided.
    Done,
}

/// Whether the id was here before without a row being left of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Seen {
    /// Never seen.
    New,
    /// Too old to tell.
    Below,
    /// It rang or ended here.
    Marked,
}

/// What is known of a report besides its content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Arrival {
    /// It waited at most a second on its way, and some of the time limit is left.
    pub prompt: bool,
    /// It was sent to users, not to this device alone.
    pub to_users: bool,
    /// Whether an own invitation to the inviter is pending.
    pub rival: Rival,
}

/// What becomes of a report about an invitation without a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum First {
    /// A row is to be kept: [`Holder::new`], then [`Holder::begin`].
    Row,
    /// Nothing to keep; if `ended`, the id is to be marked as seen.
    Nothing {
        /// Mark it.
        ended: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Request {
    None,
    Modify(u32),
    Cancel(u32),
}

/// An invitation on a device that did not make it, with up to `I` invitees.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(C)] // short instructions reach what comes first
pub struct Holder<const I: usize> {
    state: State,
    me: Me,
    answer: Option<Answer>,
    heard: bool,
    repeated: bool,
    known: bool,
    /// Too old to tell whether it rang here before: it ends without an event unless it rings.
    old: bool,
    /// The application was told that it is in doubt.
    doubted: bool,
    given_up: bool,
    len: u8,
    n: u32,
    have: Mask,
    shown: Mask,
    request: Request,
    device: Device,
    rev: Rev,
    slots: [Slot; I],
}

impl<const I: usize> Holder<I> {
    /// Before anything was heard, by nobody, all zero: to [`open`](Self::open) in place.
    pub const EMPTY: Self = Self {
        state: State::Confirming,
        me: Me::Invitee(0),
        device: Device { id: 0, epoch: 0 },
        answer: None,
        n: 0,
        heard: false,
        repeated: false,
        known: false,
        old: false,
        doubted: false,
        given_up: false,
        rev: Rev { number: 0, author: Device { id: 0, epoch: 0 } },
        slots: [Slot::Pending; I],
        len: 0,
        have: Mask::EMPTY,
        shown: Mask::EMPTY,
        request: Request::None,
    };

    /// Before anything was heard of an invitation of so many `invitees`: to [`begin`](Self::begin) or to
    /// [`add`](Self::add).
    pub fn new(me: Me, device: Device, invitees: u8) -> Self {
        let mut holder = Self::EMPTY;
        holder.open(me, device, invitees);
        holder
    }

    /// As [`new`](Self::new), where [`EMPTY`](Self::EMPTY) lies.
    pub fn open(&mut self, me: Me, device: Device, invitees: u8) {
        (self.me, self.device, self.len) = (me, device, invitees);
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// What this device is to it.
    pub fn me(&self) -> Me {
        self.me
    }

    /// The slots as far as this device knows them.
    pub fn slots(&self) -> &[Slot] {
        self.slots.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The slot of one invitee; pending for an index past the end.
    pub fn slot(&self, index: u8) -> Slot {
        self.slots().get(usize::from(index)).copied().unwrap_or_default()
    }

    /// The slots whose outcome and data it has.
    pub fn have(&self) -> Mask {
        self.have
    }

    /// The slots whose outcome the application was told.
    pub fn shown(&self) -> Mask {
        self.shown
    }

    /// The revision whose data it has.
    pub fn rev(&self) -> Rev {
        self.rev
    }

    /// What the person answered here.
    pub fn answer(&self) -> Option<Answer> {
        self.answer
    }

    /// Whether the application was told of the invitation, or told us.
    pub fn known(&self) -> bool {
        self.known
    }

    /// What the origin is to be told now, and its number.
    pub fn stance(&self) -> (u32, Stance) {
        let stance = match (self.state, self.answer) {
            (State::Unresolved, _) if broken!("L3") => Stance::Query,
            (State::Answered | State::Unresolved, Some(answer)) => Stance::Answer(answer),
            (State::Ringing, _) => Stance::Ringing,
            _ => Stance::Query,
        };
        (self.n, stance)
    }

    /// The Modify or Cancel that waits for its answer, and its number.
    pub fn request(&self) -> Option<(u32, Stance)> {
        match self.request {
            Request::None => None,
            Request::Modify(n) => Some((n, Stance::Modify)),
            Request::Cancel(n) => Some((n, Stance::Cancel)),
        }
    }

    /// The revision, and the slots with their data, that it has.
    pub fn ack(&self) -> (u16, Mask) {
        (self.rev.number, if broken!("D1") { self.decided() } else { self.have })
    }

    /// Whether all slots are decided, as far as this device knows.
    pub(crate) fn over(&self) -> bool {
        self.pending().is_empty()
    }

    /// Whether it may go when room is needed: it is over here, and everything was told.
    pub fn terminal(&self) -> bool {
        match self.state {
            State::Done => {
                // Of what was missed nothing more is told.
                let told = !self.known || (self.pending().is_empty() && self.unshown().is_empty());
                (self.given_up || told) && self.request == Request::None
            }
            State::Unresolved => true,
            _ => false,
        }
    }

    /// Whether an answer is awaited now, rather than the next renewal of the lease.
    pub fn pressing(&self) -> bool {
        self.request != Request::None || !(self.state == State::Ringing && self.heard)
    }

    fn pending(&self) -> Mask {
        Mask::pending(self.slots())
    }

    fn decided(&self) -> Mask {
        Mask::first(self.len).without(self.pending())
    }

    fn unshown(&self) -> Mask {
        self.decided().without(self.shown)
    }

    /// Whether it still asks its person something, so that an own invitation to the inviter would cross it.
    pub fn unanswered(&self) -> bool {
        let open = matches!(self.state, State::Confirming | State::Held | State::Ringing | State::Silent);
        open && self.me != Me::Observer
    }

    /// If it rings, whether its present number was answered. When this has grown (None, false, true), the inviter
    /// said just now that it stands, and an own invitation to him gives way.
    pub fn rings(&self) -> Option<bool> {
        (self.state == State::Ringing).then_some(self.heard)
    }

    fn mine_pending(&self) -> bool {
        match self.me {
            Me::Invitee(slot) => !self.slot(slot).decided(),
            Me::Observer => !self.pending().is_empty(),
        }
    }

    /// Whether the timer runs.
    pub fn armed(&self, timer: HolderTimer) -> bool {
        use State::{Answered, Confirming, Done, Held, Observing, Ringing, Silent, Unresolved};
        match timer {
            HolderTimer::Lease => self.state == Ringing,
            HolderTimer::Ring => match self.state {
                Held => self.mine_pending(),
                state => matches!(state, Ringing | Observing),
            },
            HolderTimer::Resend => {
                matches!(self.state, Confirming | Ringing | Silent | Answered | Unresolved)
                    || self.request != Request::None
            }
            HolderTimer::Resolve => match self.state {
                Confirming | Silent | Answered => true,
                Done => !self.terminal() && !broken!("L6"),
                Held | Ringing | Observing | Unresolved => false,
            },
            HolderTimer::Request => self.request != Request::None,
        }
    }

    fn arm(&self, timers: &[HolderTimer], fx: &mut impl Fx) {
        for &timer in timers {
            fx.arm(Timer::Holder(timer));
        }
    }

    /// A new question, answer, or start of the lease takes a new number.
    fn renumber(&mut self, fx: &mut impl Fx) {
        self.n = if broken!("e0") { self.n.saturating_add(1) } else { fx.number() };
        self.heard = false;
        self.repeated = false;
    }

    fn ring(&mut self, fx: &mut impl Fx) {
        let again = self.known;
        self.known |= self.state == State::Confirming;
        self.renumber(fx);
        if self.me == Me::Observer {
            self.state = State::Observing;
            self.arm(&[HolderTimer::Ring], fx);
            if !again {
                fx.tell(Tell::New);
            }
            return;
        }
        self.doubted = false;
        let from = core::mem::replace(&mut self.state, State::Ringing);
        self.arm(&[HolderTimer::Ring, HolderTimer::Lease, HolderTimer::Resend], fx);
        fx.reply(Reply::Stance);
        if !again {
            fx.tell(Tell::New);
        } else if from != State::Confirming {
            fx.tell(Tell::Resumed);
        }
    }

    /// Asks the origin whether the invitation still stands.
    fn ask(&mut self, state: State, fx: &mut impl Fx) {
        self.state = state;
        self.renumber(fx);
        self.arm(&[HolderTimer::Resend, HolderTimer::Resolve], fx);
        fx.reply(Reply::Stance);
    }

    /// Stops the ringing; a timer never makes an outcome.
    fn fall_silent(&mut self, fx: &mut impl Fx) {
        if self.state == State::Ringing {
            fx.tell(Tell::Stopped);
        }
        self.ask(self.unsure(), fx);
    }

    /// The state of a device that asks: it goes on where the application knows of the invitation.
    fn unsure(&self) -> State {
        if self.known { State::Silent } else { State::Confirming }
    }

    /// An own invitation to the inviter is pending, and stays.
    fn hold(&mut self, fx: &mut impl Fx) {
        if core::mem::replace(&mut self.state, State::Held) == State::Ringing {
            fx.tell(Tell::Stopped);
        }
        self.arm(&[HolderTimer::Ring], fx);
    }

    fn doubt(&mut self, fx: &mut impl Fx) {
        let was = core::mem::replace(&mut self.state, State::Unresolved);
        if was == State::Ringing {
            fx.tell(Tell::Stopped);
        }
        if self.answer.is_none() && matches!(was, State::Held | State::Ringing | State::Observing) {
            self.renumber(fx);
        }
        self.arm(&[HolderTimer::Resend], fx);
        self.show(true, fx);
        if self.known && !core::mem::replace(&mut self.doubted, true) {
            fx.tell(Tell::Unresolved);
        }
    }

    /// What is still open stays so, without an event.
    fn give_up(&mut self, fx: &mut impl Fx) {
        self.show(true, fx);
        self.given_up = true;
    }
}
