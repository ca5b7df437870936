//! What the application wants: invite, accept, reject, cancel, modify, `add_invited_signaling`.

use super::effects::Effects;
use super::row::{Rest, Role, Row};
use super::storage::{Payload, Slices, Storage};
use super::table::NEVER;
use super::timers::later;
use super::{AddError, AnswerError, CancelError, Engine, Inner, InviteError, ModifyError};
use crate::fmt::{debug, warning};
use crate::machine::{Answer, Me, Origin, Rival, State, Terms};
use crate::name::{GroupId, InviteId, NameError, UserId};

/// The most bytes of data of one invitation or answer that travel (V2TIM: 12 KB).
pub const MAX_DATA: usize = 12 * 1024;
/// The most bytes of push info.
pub const MAX_PUSH: usize = 1024;
/// The longest time limit: 24 h in ms.
pub const MAX_LIMIT: u32 = 86_400_000;

/// A new invitation (V2TIM `invite`, `inviteInGroup`).
#[derive(Clone, Copy, Debug, Default)]
pub struct Invite<'a> {
    /// Whom: 1 or more users without repeats, not oneself.
    pub invitees: &'a [&'a str],
    /// In which group; none for an invitation of one's own.
    pub group: Option<&'a str>,
    /// The application's data, opaque here.
    pub data: &'a [u8],
    /// The time limit in ms, 1 to [`MAX_LIMIT`]; none for no limit.
    pub timeout: Option<u32>,
    /// Whether only who is online while it rings may hear of it: no relay keeps it, nor sends push info
    /// (`onlineUserOnly`).
    pub online_only: bool,
    /// Whether the first acceptance ends it for all others: they are cancelled in the same step, so that nobody else
    /// can accept. Not known to V2TIM.
    pub first_wins: bool,
    /// What a push service shall show (`offlinePushInfo`), opaque here; at most [`MAX_PUSH`] bytes, or empty.
    pub push: &'a [u8],
}

/// An invitation that the application learned elsewhere (V2TIM `addInvitedSignaling`).
#[derive(Clone, Copy, Debug)]
pub struct Added<'a> {
    /// Its id.
    pub id: InviteId,
    /// Who invites.
    pub inviter: &'a str,
    /// In which group.
    pub group: Option<&'a str>,
    /// All invitees, in the order of the invitation.
    pub invitees: &'a [&'a str],
    /// The data as far as it is known.
    pub data: &'a [u8],
    /// What is left of the time limit in ms, more than [`MAX_LIMIT`] counts as that; none for no limit.
    pub timeout: Option<u32>,
}

/// How a cancel went.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CancelOutcome {
    /// It was made here: all that were pending are cancelled.
    Cancelled,
    /// It was made on another device of this user, which is asked: `Granted` or `Denied` will follow.
    Asked,
}

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// Makes an invitation; its time limit runs from now on.
    ///
    /// # Errors
    /// [`InviteError`]; nothing is then kept or sent.
    pub fn invite(&mut self, now: u64, invite: &Invite<'_>) -> Result<InviteId, InviteError> {
        self.handle_timeout(now);
        self.inner.check_invite::<P>(invite, I)?;
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        let sequence = inner.sequence.checked_add(1).ok_or(InviteError::Capacity)?;
        let id = InviteId { origin: inner.config.device, sequence };
        let at = inner.make_room(&mut slices, id).ok_or(InviteError::Capacity)?;
        inner.sequence = sequence;
        let Some(row) = slices.rows.get_mut(at as usize) else { return Err(InviteError::Capacity) };
        let rest = &mut row.rest;
        rest.name_all(inner.config.user.as_str(), invite.group, invite.invitees.iter().copied());
        rest.data.set(invite.data);
        rest.own.set(invite.push);
        rest.online_only = invite.online_only;
        rest.end = invite.timeout.map_or(NEVER, |limit| later(inner.now, limit));
        row.role = Role::Origin(Origin::EMPTY);
        let (role, rest, mut fx) = row.parts(&mut inner.left);
        if let Role::Origin(origin) = role {
            let terms = Terms {
                limited: invite.timeout.is_some(),
                online_only: invite.online_only,
                first_wins: invite.first_wins,
            };
            origin.begin(rest.count(), terms, &mut fx);
        }
        inner.settle(&mut slices, at);
        if inner.config.glare {
            inner.cross(&mut slices, at);
        }
        Ok(id)
    }

    /// The person here accepts. `Confirmed` or `Overruled` will follow, or `Unresolved`.
    ///
    /// # Errors
    /// [`AnswerError`]; nothing changed.
    pub fn accept(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<(), AnswerError> {
        self.answer(now, id, Answer::Accept, data)
    }

    /// The person here says no; `busy` when because of another call.
    ///
    /// # Errors
    /// [`AnswerError`]; nothing changed.
    pub fn reject(&mut self, now: u64, id: InviteId, busy: bool, data: &[u8]) -> Result<(), AnswerError> {
        self.answer(now, id, if busy { Answer::Busy } else { Answer::Decline }, data)
    }

    fn answer(&mut self, now: u64, id: InviteId, answer: Answer, data: &[u8]) -> Result<(), AnswerError> {
        check_data::<P>(data).map_err(AnswerError::DataTooLong)?;
        self.handle_timeout(now); // What holds it may have ended by now.
        let accepts = answer == Answer::Accept;
        let rival = if accepts { self.rival_of(id) } else { Rival::None };
        self.command(now, id, AnswerError::Unknown, |role, rest, fx| {
            let Role::Holder(holder) = role else { return Err(AnswerError::NotInvited) };
            match (holder.me(), holder.state()) {
                (Me::Observer, _) => Err(AnswerError::NotInvited),
                (_, State::Answered) => Err(AnswerError::Answered),
                _ if rival == Rival::Holds => Err(AnswerError::Held),
                (Me::Invitee(slot), _) if holder.on_answer(answer, rival, fx) => {
                    rest.keep_answer(slot, "", data);
                    Ok(())
                }
                _ => Err(AnswerError::Over),
            }
        })?;
        if rival == Rival::Yields {
            self.give_way(id);
        }
        Ok(())
    }

    /// Takes the invitation back (V2TIM `cancel`): at once where it was made, else by asking there.
    ///
    /// # Errors
    /// [`CancelError`]; nothing changed.
    pub fn cancel(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<CancelOutcome, CancelError> {
        check_data::<P>(data).map_err(CancelError::DataTooLong)?;
        self.command(now, id, CancelError::Unknown, |role, rest, fx| match role {
            Role::Free => Err(CancelError::Unknown),
            Role::Origin(origin) => {
                let ended = origin.cancel(!data.is_empty(), fx);
                rest.keep_answers(ended, "", data);
                if ended.is_empty() { Err(CancelError::Over) } else { Ok(CancelOutcome::Cancelled) }
            }
            Role::Holder(holder) if holder.me() != Me::Observer => Err(CancelError::NotInviter),
            Role::Holder(holder) if holder.request().is_some() => Err(CancelError::Busy),
            Role::Holder(holder) => {
                let asked = holder.on_cancel(fx) && rest.own.set(data);
                asked.then_some(CancelOutcome::Asked).ok_or(CancelError::Over)
            }
        })
    }

    /// Changes the data (V2TIM `modifyInvitation`): at once where it was made, else by asking there, and then
    /// `Granted` or `Denied` will follow.
    ///
    /// # Errors
    /// [`ModifyError`]; nothing changed.
    pub fn modify(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<(), ModifyError> {
        check_data::<P>(data).map_err(ModifyError::DataTooLong)?;
        let device = self.inner.config.device;
        self.command(now, id, ModifyError::Unknown, |role, rest, fx| {
            if rest.online_only {
                return Err(ModifyError::OnlineOnly);
            }
            let taken = match role {
                Role::Free => return Err(ModifyError::Unknown),
                Role::Origin(origin) => origin.modify(device, fx) && rest.data.set(data),
                Role::Holder(holder) if holder.request().is_some() => return Err(ModifyError::Busy),
                Role::Holder(holder) => holder.on_modify(fx) && rest.own.set(data),
            };
            taken.then_some(()).ok_or(ModifyError::Over)
        })
    }

    /// Adds an invitation that the application learned elsewhere, say from a push: it may be answered, and it
    /// rings once the inviter confirms it. No `New` event follows.
    ///
    /// # Errors
    /// [`AddError`]; nothing changed.
    pub fn add_invited_signaling(&mut self, now: u64, added: &Added<'_>) -> Result<(), AddError> {
        self.handle_timeout(now);
        let me = self.inner.check_added::<P>(added, I)?;
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        if inner.table.find(slices.rows, slices.buckets, added.id).is_some() {
            return Err(AddError::Known);
        }
        let at = inner.make_room(&mut slices, added.id).ok_or(AddError::Capacity)?;
        let Some(row) = slices.rows.get_mut(at as usize) else { return Err(AddError::Capacity) };
        let rest = &mut row.rest;
        rest.name_all(added.inviter, added.group, added.invitees.iter().copied());
        rest.data.set(added.data);
        rest.hearsay = true;
        rest.end = added.timeout.map_or(NEVER, |left| later(inner.now, left.min(MAX_LIMIT)));
        row.hold(me, inner.config.device);
        let (role, _, mut fx) = row.parts(&mut inner.left);
        if let Role::Holder(holder) = role {
            holder.add(&mut fx);
        }
        inner.settle(&mut slices, at);
        Ok(())
    }

    /// Runs a command on the machine of one row.
    fn command<T, E>(
        &mut self,
        now: u64,
        id: InviteId,
        unknown: E,
        act: impl FnOnce(&mut Role<I, D>, &mut Rest<P, I>, &mut Effects<'_, '_, I, D>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.handle_timeout(now);
        let mut slices = self.storage.slices();
        let at = self.inner.table.find(slices.rows, slices.buckets, id);
        let Some((at, row)) = at.and_then(|at| Some((at, slices.rows.get_mut(at as usize)?))) else {
            return Err(unknown);
        };
        let (role, rest, mut fx) = row.parts(&mut self.inner.left);
        let result = act(role, rest, &mut fx);
        self.inner.settle(&mut slices, at);
        result
    }
}

/// Whether the data of a command can be kept and sent; if not, how much can.
fn check_data<P: Payload>(data: &[u8]) -> Result<(), usize> {
    let limit = MAX_DATA.min(P::LIMIT);
    if data.len() > limit { Err(limit) } else { Ok(()) }
}

impl Inner {
    /// Time never goes back.
    #[cfg_attr(target_pointer_width = "32", inline(never))] // it is called from everywhere
    pub(super) fn advance(&mut self, now: u64) {
        self.now = self.now.max(now);
    }

    /// A row for `id`; if there is none, the oldest terminal one goes.
    pub(super) fn make_room<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        id: InviteId,
    ) -> Option<u32> {
        if let Some(at) = self.table.insert(slices, id) {
            return Some(at);
        }
        let Some(oldest) = self.table.oldest_terminal() else {
            self.counters.full = self.counters.full.saturating_add(1);
            warning!("{}: the table is full of live invitations", id);
            return None;
        };
        self.counters.evicted = self.counters.evicted.saturating_add(1);
        debug!("{}: the oldest terminal row makes room", id);
        self.bury(slices, oldest);
        self.table.insert(slices, id)
    }

    fn check_invite<P: Payload>(&self, invite: &Invite<'_>, most: usize) -> Result<(), InviteError> {
        check_names(invite.invitees, most)?;
        if invite.invitees.contains(&self.config.user.as_str()) {
            return Err(InviteError::Oneself);
        }
        check_spelling(None, invite.invitees, invite.group).map_err(InviteError::Name)?;
        match invite.timeout {
            Some(limit) if limit == 0 || limit > MAX_LIMIT => return Err(InviteError::Timeout),
            None if self.config.lease == 0 => return Err(InviteError::Endless),
            _ => {}
        }
        check_data::<P>(invite.data).map_err(InviteError::DataTooLong)?;
        let limit = MAX_PUSH.min(P::LIMIT);
        if invite.push.len() > limit {
            return Err(InviteError::PushTooLong(limit));
        }
        if self.config.device.epoch == 0 {
            return Err(InviteError::NoEpoch);
        }
        Ok(())
    }

    fn check_added<P: Payload>(&self, added: &Added<'_>, most: usize) -> Result<Me, AddError> {
        UserId::check(added.inviter).map_err(AddError::Name)?;
        check_names(added.invitees, most).map_err(|error| match error {
            InviteError::TooManyInvitees(limit) => AddError::TooManyInvitees(limit),
            _ => AddError::Invitees,
        })?;
        check_spelling(Some(added.inviter), added.invitees, added.group).map_err(AddError::Name)?;
        check_data::<P>(added.data).map_err(AddError::DataTooLong)?;
        if added.id.origin.id == self.config.device.id {
            return Err(AddError::Own);
        }
        let user = self.config.user.as_str();
        let slot = added.invitees.iter().position(|name| *name == user).filter(|_| added.inviter != user);
        slot.and_then(|slot| u8::try_from(slot).ok()).map(Me::Invitee).ok_or(AddError::NotInvited)
    }
}

fn check_spelling(inviter: Option<&str>, invitees: &[&str], group: Option<&str>) -> Result<(), NameError> {
    inviter.iter().chain(invitees).try_for_each(|name| UserId::check(name))?;
    group.map_or(Ok(()), GroupId::check)
}

fn check_names(invitees: &[&str], limit: usize) -> Result<(), InviteError> {
    if invitees.is_empty() {
        return Err(InviteError::NoInvitee);
    }
    if invitees.len() > limit.min(crate::wire::MAX_INVITEES) {
        return Err(InviteError::TooManyInvitees(limit.min(crate::wire::MAX_INVITEES)));
    }
    if crate::wire::repeats(invitees.iter().copied()) { Err(InviteError::Repeated) } else { Ok(()) }
}
