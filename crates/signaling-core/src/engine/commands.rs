//! What the application wants: invite, accept, reject, cancel, modify, `add_invited_signaling`.

use super::effects::{Effects, Outcome};
use super::row::{Rest, Role, Row};
use super::storage::{Payload, Slices, Storage};
use super::table::NEVER;
use super::{AddError, AnswerError, CancelError, Engine, Inner, InviteError, ModifyError};
use crate::machine::{Answer, Holder, Me, Origin, PartyId, State};
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
    /// Whether only who is online now may hear of it (`onlineUserOnly`).
    pub online_only: bool,
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
    /// What is left of the time limit in ms; none for no limit.
    pub timeout: Option<u32>,
}

/// How a cancel went.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
        self.inner.advance(now);
        let mut rest = self.inner.check_invite::<P, I, D>(invite)?;
        let mut slices = self.storage.slices();
        let sequence = self.inner.sequence.checked_add(1).ok_or(InviteError::Capacity)?;
        let id = InviteId { origin: self.inner.config.device, sequence };
        let at = self.inner.make_room(&mut slices, id).ok_or(InviteError::Capacity)?;
        self.inner.sequence = sequence;
        let mut fx = Effects::new(&mut rest, &mut self.inner.number, None);
        let origin = Origin::start(fx.count(), invite.timeout.is_some(), invite.online_only, &mut fx);
        let armed = fx.done().armed;
        if let Some(row) = slices.rows.get_mut(at as usize) {
            row.role = Role::Origin(origin);
            row.rest = rest;
        }
        self.inner.settle(&mut slices, at, armed);
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
        let draft = keep::<P>(data).map_err(AnswerError::DataTooLong)?;
        self.command(now, id, AnswerError::Unknown, |role, fx| {
            let Role::Holder(holder) = role else { return Err(AnswerError::NotInvited) };
            match (holder.me(), holder.state()) {
                (Me::Observer, _) => Err(AnswerError::NotInvited),
                (_, State::Answered) => Err(AnswerError::Answered),
                _ if holder.on_answer(answer, fx) => {
                    fx.draft(draft);
                    Ok(())
                }
                _ => Err(AnswerError::Over),
            }
        })
    }

    /// Takes the invitation back (V2TIM `cancel`): at once where it was made, else by asking there.
    ///
    /// # Errors
    /// [`CancelError`]; nothing changed.
    pub fn cancel(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<CancelOutcome, CancelError> {
        let wish = keep::<P>(data).map_err(CancelError::DataTooLong)?;
        self.command(now, id, CancelError::Unknown, |role, fx| match role {
            Role::Free => Err(CancelError::Unknown),
            Role::Origin(origin) => {
                let ended = origin.cancel(!data.is_empty(), fx);
                fx.keep_answers(ended, "", data);
                if ended.is_empty() { Err(CancelError::Over) } else { Ok(CancelOutcome::Cancelled) }
            }
            Role::Holder(holder) if holder.me() != Me::Observer => Err(CancelError::NotInviter),
            Role::Holder(holder) if holder.request().is_some() => Err(CancelError::Busy),
            Role::Holder(holder) => {
                let asked = holder.on_cancel(fx).then(|| fx.wish(wish));
                asked.map(|()| CancelOutcome::Asked).ok_or(CancelError::Over)
            }
        })
    }

    /// Changes the data (V2TIM `modifyInvitation`): at once where it was made, else by asking there, and then
    /// `Granted` or `Denied` will follow.
    ///
    /// # Errors
    /// [`ModifyError`]; nothing changed.
    pub fn modify(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<(), ModifyError> {
        let wish = keep::<P>(data).map_err(ModifyError::DataTooLong)?;
        let device = self.inner.config.device;
        self.command(now, id, ModifyError::Unknown, |role, fx| {
            if fx.online_only() {
                return Err(ModifyError::OnlineOnly);
            }
            match role {
                Role::Free => Err(ModifyError::Unknown),
                Role::Origin(origin) => {
                    origin.modify(device, fx).then(|| fx.data(wish)).ok_or(ModifyError::Over)
                }
                Role::Holder(holder) if holder.request().is_some() => Err(ModifyError::Busy),
                Role::Holder(holder) => holder.on_modify(fx).then(|| fx.wish(wish)).ok_or(ModifyError::Over),
            }
        })
    }

    /// Adds an invitation that the application learned elsewhere, say from a push: it may be answered, and it
    /// rings once the inviter confirms it. No `New` event follows.
    ///
    /// # Errors
    /// [`AddError`]; nothing changed.
    pub fn add_invited_signaling(&mut self, now: u64, added: &Added<'_>) -> Result<(), AddError> {
        self.inner.advance(now);
        let (mut rest, me) = self.inner.check_added::<P, I, D>(added)?;
        let mut slices = self.storage.slices();
        if self.inner.table.find(&slices, added.id).is_some() {
            return Err(AddError::Known);
        }
        let at = self.inner.make_room(&mut slices, added.id).ok_or(AddError::Capacity)?;
        let mut fx = Effects::new(&mut rest, &mut self.inner.number, None);
        let count = fx.count();
        let holder = Holder::add(me, self.inner.config.device, count, &mut fx);
        let armed = fx.done().armed;
        if let Some(row) = slices.rows.get_mut(at as usize) {
            row.role = Role::Holder(holder);
            row.rest = rest;
        }
        self.inner.settle(&mut slices, at, armed);
        Ok(())
    }

    /// Runs a command on the machine of one row.
    fn command<T, E>(
        &mut self,
        now: u64,
        id: InviteId,
        unknown: E,
        act: impl FnOnce(&mut Role<I, D>, &mut Effects<'_, P, I, D>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.inner.advance(now);
        let mut slices = self.storage.slices();
        let at = self.inner.table.find(&slices, id);
        let Some((at, row)) = at.and_then(|at| Some((at, slices.rows.get_mut(at as usize)?))) else {
            return Err(unknown);
        };
        let mut fx = Effects::new(&mut row.rest, &mut self.inner.number, None);
        let result = act(&mut row.role, &mut fx);
        let Outcome { armed, .. } = fx.done();
        self.inner.settle(&mut slices, at, armed);
        result
    }
}

/// Keeps the data of a command, or says how much may be kept.
fn keep<P: Payload>(data: &[u8]) -> Result<P, usize> {
    if data.len() > MAX_DATA {
        return Err(MAX_DATA);
    }
    P::keep(data).ok_or(P::LIMIT)
}

impl Inner {
    /// Time never goes back.
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
            return None;
        };
        self.counters.evicted = self.counters.evicted.saturating_add(1);
        self.bury(slices, oldest);
        self.table.insert(slices, id)
    }

    fn check_invite<P: Payload, const I: usize, const D: usize>(
        &self,
        invite: &Invite<'_>,
    ) -> Result<Rest<P, I, D>, InviteError> {
        let mut rest = Rest { inviter: self.config.user.clone(), ..Rest::default() };
        check_names(invite.invitees, I)?;
        if invite.invitees.contains(&self.config.user.as_str()) {
            return Err(InviteError::Oneself);
        }
        rest.name_all(invite.invitees, invite.group).map_err(InviteError::Name)?;
        match invite.timeout {
            Some(limit) if limit == 0 || limit > MAX_LIMIT => return Err(InviteError::Timeout),
            None if self.config.lease == 0 => return Err(InviteError::Endless),
            Some(limit) => rest.end = self.now.saturating_add(u64::from(limit)),
            None => {}
        }
        rest.data = keep(invite.data).map_err(InviteError::DataTooLong)?;
        if invite.push.len() > MAX_PUSH {
            return Err(InviteError::PushTooLong(MAX_PUSH));
        }
        rest.push = keep(invite.push).map_err(InviteError::PushTooLong)?;
        rest.online_only = invite.online_only;
        if self.config.device.epoch == 0 {
            return Err(InviteError::NoEpoch);
        }
        Ok(rest)
    }

    fn check_added<P: Payload, const I: usize, const D: usize>(
        &self,
        added: &Added<'_>,
    ) -> Result<(Rest<P, I, D>, Me), AddError> {
        let mut rest =
            Rest { inviter: UserId::new(added.inviter).map_err(AddError::Name)?, ..Rest::default() };
        check_names(added.invitees, I).map_err(|error| match error {
            InviteError::TooManyInvitees(limit) => AddError::TooManyInvitees(limit),
            _ => AddError::Invitees,
        })?;
        rest.name_all(added.invitees, added.group).map_err(AddError::Name)?;
        rest.data = keep(added.data).map_err(AddError::DataTooLong)?;
        rest.hearsay = true;
        rest.end = added.timeout.map_or(NEVER, |left| self.now.saturating_add(u64::from(left)));
        if added.id.origin.id == self.config.device.id {
            return Err(AddError::Own);
        }
        match rest.party(self.config.user.as_str()) {
            Some(PartyId::Invitee(slot)) => Ok((rest, Me::Invitee(slot))),
            _ => Err(AddError::NotInvited),
        }
    }
}

fn check_names(invitees: &[&str], limit: usize) -> Result<(), InviteError> {
    if invitees.is_empty() {
        return Err(InviteError::NoInvitee);
    }
    if invitees.len() > limit.min(crate::wire::MAX_INVITEES) {
        return Err(InviteError::TooManyInvitees(limit.min(crate::wire::MAX_INVITEES)));
    }
    let twice = invitees.iter().enumerate().any(|(i, name)| invitees.iter().take(i).any(|n| n == name));
    if twice { Err(InviteError::Repeated) } else { Ok(()) }
}

impl<P: Payload, const I: usize, const D: usize> Rest<P, I, D> {
    /// Copies the names in.
    pub(super) fn name_all(&mut self, invitees: &[&str], group: Option<&str>) -> Result<(), NameError> {
        for (place, name) in self.names.iter_mut().zip(invitees) {
            *place = UserId::new(name)?;
        }
        self.count = u8::try_from(invitees.len()).unwrap_or(u8::MAX);
        self.group = group.map(GroupId::new).transpose()?;
        Ok(())
    }
}
