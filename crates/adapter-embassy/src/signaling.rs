//! V2TIM's signaling manager: invite, answer, look.

use core::cell::RefCell;
use core::ops::Deref;

use signaling_core::{
    AddError, Added, AnswerError, CancelError, CancelOutcome, Counters, Device, GroupId, Invite, InviteError,
    InviteId, ModifyError, Slot, Standing,
};

use crate::clock::now;
use crate::engine::Commands;
use crate::session::LinkState;
use crate::shared::Core;

/// What happened on the line since the start; only ever counts up, and then begins anew.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LineCounters {
    /// How often the runner woke because time came to something: never without reason.
    pub wakes: u32,
    /// What came and was garbled: noise, or a wrong speed.
    pub garbled: u32,
    /// Frames that came and were longer than the memory for them.
    pub too_long: u32,
    /// Whole frames that came and are none of this protocol.
    pub malformed: u32,
    /// How often the line's driver reported an error, or the end.
    pub broken: u32,
}

/// Where an invitation stands. From [`Caller::status`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// What this device is to it.
    pub standing: Standing,
    /// What is left of the time limit in ms; none for no limit.
    pub remaining: Option<u32>,
    /// Whether every invitee has his outcome.
    pub over: bool,
    /// Whether the relay took it for at least one invitee; known where it was made only.
    pub delivered: bool,
}

/// Makes, answers and follows invitations (V2TIM's `getSignalingManager`). A copy is the same one. It
/// belongs to the executor that its runner runs on.
///
/// No method waits for the network, and each may be called from inside a listener. While the link is down,
/// what they do goes out when it is up again; time limits go on.
///
/// It is also a [`Caller`], which makes invitations, takes them back and follows them.
#[derive(Clone, Copy)]
pub struct Signaling<'d> {
    pub(crate) caller: Caller<'d>,
    pub(crate) engine: &'d RefCell<dyn Commands>,
}

impl<'d> Deref for Signaling<'d> {
    type Target = Caller<'d>;

    fn deref(&self) -> &Caller<'d> {
        &self.caller
    }
}

impl<'d> Signaling<'d> {
    /// The same device, for who only calls.
    pub fn caller(&self) -> Caller<'d> {
        self.caller
    }

    /// Accepts (`accept`). [`What::Confirmed`](crate::What::Confirmed), `Overruled` or `Unresolved` comes
    /// later as an event.
    ///
    /// # Errors
    /// [`AnswerError`] says why nothing was accepted.
    pub fn accept(&self, id: InviteId, data: &[u8]) -> Result<(), AnswerError> {
        self.caller.0.fits(id, data).map_err(AnswerError::DataTooLong)?;
        self.step(|engine, now| engine.accept(now, id, data))
    }

    /// Says no (`reject`), for all devices of this user.
    ///
    /// # Errors
    /// [`AnswerError`] says why nothing was rejected.
    pub fn reject(&self, id: InviteId, data: &[u8]) -> Result<(), AnswerError> {
        self.caller.0.fits(id, data).map_err(AnswerError::DataTooLong)?;
        self.step(|engine, now| engine.reject(now, id, false, data))
    }

    /// As [`reject`](Self::reject), because of another call.
    ///
    /// # Errors
    /// As [`reject`](Self::reject).
    pub fn reject_busy(&self, id: InviteId, data: &[u8]) -> Result<(), AnswerError> {
        self.caller.0.fits(id, data).map_err(AnswerError::DataTooLong)?;
        self.step(|engine, now| engine.reject(now, id, true, data))
    }

    /// Changes the data of an invitation (`modifyInvitation`), at once if it was made here. Else the device
    /// that made it is asked, and `Granted`, `Denied` or `Unanswered` comes later as an event.
    ///
    /// # Errors
    /// [`ModifyError`] says why nothing was changed.
    pub fn modify_invitation(&self, id: InviteId, data: &[u8]) -> Result<(), ModifyError> {
        self.caller.0.fits(id, data).map_err(ModifyError::DataTooLong)?;
        self.step(|engine, now| engine.modify(now, id, data))
    }

    /// Adds an invitation that the application learned elsewhere (`addInvitedSignaling`). It may be answered
    /// at once; no event for a new invitation follows.
    ///
    /// # Errors
    /// [`AddError`] says why it was not added.
    pub fn add_invited_signaling(&self, added: &Added<'_>) -> Result<(), AddError> {
        self.step(|engine, now| engine.add(now, added))
    }

    fn step<T>(&self, act: impl FnOnce(&mut dyn Commands, u64) -> T) -> T {
        let result = act(&mut *self.engine.borrow_mut(), now());
        self.caller.0.changed();
        result
    }
}

/// Makes invitations, takes them back and follows them, but answers none. A copy is the same one, and belongs to the
/// executor that its runner runs on.
///
/// A device that only calls is smaller with it: see [`Resources::start_caller`](crate::Resources::start_caller).
#[derive(Clone, Copy)]
pub struct Caller<'d>(pub(crate) Core<'d>);

impl Caller<'_> {
    /// Makes an invitation (`invite`, `inviteInGroup`). Its time limit runs from now on.
    ///
    /// # Errors
    /// [`InviteError`] says what is wrong with the arguments, or that there is no room; nothing is sent then.
    pub fn invite(&self, invite: &Invite<'_>) -> Result<InviteId, InviteError> {
        self.0.fits_new(invite.invitees.len(), invite.data).map_err(InviteError::DataTooLong)?;
        self.0.step(|engine, now| engine.invite(now, invite))
    }

    /// Takes an invitation back (`cancel`), at once if it was made here. If it was made on another device of
    /// this user, that one is asked; [`What::Granted`](crate::What::Granted), `Denied` or `Unanswered`
    /// comes later as an event.
    ///
    /// # Errors
    /// [`CancelError`] says why nothing was cancelled.
    pub fn cancel(&self, id: InviteId, data: &[u8]) -> Result<CancelOutcome, CancelError> {
        self.0.fits(id, data).map_err(CancelError::DataTooLong)?;
        self.0.step(|engine, now| engine.cancel(now, id, data))
    }

    /// Where an invitation stands, as long as it is remembered: until everybody who should know its end does,
    /// or no longer than that takes (protocol sections 5 to 8).
    pub fn status(&self, id: InviteId) -> Option<Status> {
        self.0.step(|engine, now| {
            engine.handle_timeout(now);
            engine.status(id)
        })
    }

    /// What became of one invitee, as long as the invitation is remembered.
    pub fn outcome(&self, id: InviteId, slot: u8) -> Option<Slot> {
        self.0.engine.borrow_mut().outcome(id, slot)
    }

    /// Where the link stands.
    pub fn link(&self) -> LinkState {
        self.0.shared.session.borrow().state()
    }

    /// Waits until the link is up: [`LinkState::Up`], or [`LinkState::Replaced`], which ends the wait too. It
    /// waits for ever if no relay answers. Cancel safe.
    pub async fn connected(&self) -> LinkState {
        self.0.link(|state| state != LinkState::Connecting).await
    }

    /// Takes the link back after [`LinkEvent::Replaced`](crate::LinkEvent::Replaced); otherwise it does
    /// nothing.
    pub fn connect(&self) {
        self.0.connect();
    }

    /// This device, in this run; epoch 0 until one is drawn.
    pub fn device(&self) -> Device {
        self.0.engine.borrow().config().device
    }

    /// The group that this device belongs to, from [`Identity::group`](crate::Identity::group).
    pub fn group(&self) -> Option<GroupId> {
        self.0.shared.session.borrow().group().cloned()
    }

    /// What the engine counted so far.
    pub fn counters(&self) -> Counters {
        self.0.engine.borrow().counters()
    }

    /// What was counted on the line so far.
    pub fn line(&self) -> LineCounters {
        self.0.shared.line.get()
    }
}
