//! The handle of an invitation that was made here, and of an answer that was given here.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use signaling_core::{AnswerError, CancelError, CancelOutcome, InviteId, ModifyError};
use tokio::sync::watch;

use crate::error::{Answered, Closed, CommandError, DeliveryError};
use crate::event::InvitationInfo;
use crate::fate::Fate;
use crate::signaling::Signaling;

/// An invitation that was made here. Dropping it changes nothing: the invitation goes on, and listeners
/// and events tell of it.
#[derive(Clone, Debug)]
pub struct Invitation {
    id: InviteId,
    signaling: Signaling,
    fate: watch::Receiver<Fate>,
}

impl Invitation {
    pub(crate) fn new(id: InviteId, signaling: Signaling, fate: watch::Receiver<Fate>) -> Self {
        Self { id, signaling, fate }
    }

    /// Its id (`inviteID`).
    pub fn id(&self) -> InviteId {
        self.id
    }

    /// As [`Signaling::cancel`]; `Ok` means that all who were pending are cancelled.
    ///
    /// # Errors
    /// As there.
    pub fn cancel(&self, data: impl AsRef<[u8]>) -> Result<CancelOutcome, CommandError<CancelError>> {
        self.signaling.cancel(self.id, data)
    }

    /// As [`Signaling::modify_invitation`]; `Ok` means that it is done.
    ///
    /// # Errors
    /// As there.
    pub fn modify(&self, data: impl AsRef<[u8]>) -> Result<(), CommandError<ModifyError>> {
        self.signaling.modify_invitation(self.id, data)
    }

    /// Waits until the relay has taken it for at least one invitee. While the link is down it waits for the
    /// link. Cancel safe; may be asked again and from several tasks.
    ///
    /// # Errors
    /// [`DeliveryError`]: the relay refused all (there is then no time-out event), it ended before, or the
    /// client was closed.
    pub async fn delivered(&self) -> Result<(), DeliveryError> {
        let mut fate = self.fate.clone();
        let fate = fate.wait_for(|fate| fate.delivered || fate.ended.is_some()).await;
        let fate = fate.map_err(|_| DeliveryError::Closed)?;
        match &fate.ended {
            _ if fate.delivered => Ok(()),
            Some(info) if info.all_refused() => Err(DeliveryError::AllRefused),
            _ => Err(DeliveryError::Ended),
        }
    }

    /// Waits until every invitee has his outcome: `outcome` and `data` of each of
    /// [`InvitationInfo::invitees`]. These never change. Cancel safe; may be asked again and from several
    /// tasks.
    ///
    /// # Errors
    /// [`Closed`] if the client was closed first.
    pub async fn ended(&self) -> Result<Arc<InvitationInfo>, Closed> {
        let mut fate = self.fate.clone();
        let fate = fate.wait_for(|fate| fate.ended.is_some()).await.map_err(|_| Closed)?;
        fate.ended.clone().ok_or(Closed)
    }
}

/// What an acceptance came to: ready with [`Answered`] when the inviter's device has said so, or when
/// nothing was heard from it for too long.
///
/// The acceptance itself was given when the call returned, and is not taken back when this is dropped:
/// `drop` it where the outcome is not of interest. Cancel safe.
#[must_use = "the acceptance is given, but only this tells whether it counts"]
pub struct Accepting {
    state: Result<Waiting, CommandError<AnswerError>>,
}

type Waiting = Pin<Box<dyn Future<Output = Result<Answered, CommandError<AnswerError>>> + Send>>;

impl Accepting {
    pub(crate) fn new(fate: Result<watch::Receiver<Fate>, CommandError<AnswerError>>) -> Self {
        Self { state: fate.map(|fate| Box::pin(wait(fate)) as Waiting) }
    }

    /// Why nothing was accepted, at once; none if it was. Awaiting it gives the same error.
    pub fn refused(&self) -> Option<CommandError<AnswerError>> {
        self.state.as_ref().err().copied()
    }
}

async fn wait(mut fate: watch::Receiver<Fate>) -> Result<Answered, CommandError<AnswerError>> {
    let fate = fate.wait_for(|fate| fate.answered.is_some()).await.map_err(|_| CommandError::Closed)?;
    fate.answered.clone().ok_or(CommandError::Closed)
}

impl Future for Accepting {
    /// The errors are those of [`Signaling::accept`]; `Closed` also if the client was closed meanwhile.
    type Output = Result<Answered, CommandError<AnswerError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            Ok(waiting) => waiting.as_mut().poll(cx),
            Err(error) => Poll::Ready(Err(*error)),
        }
    }
}

impl fmt::Debug for Accepting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepting").field("refused", &self.refused()).finish()
    }
}
