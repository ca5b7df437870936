//! V2TIM's signaling manager: invite, answer, listen.

use std::sync::Arc;
use std::time::Duration;

use signaling_core::{
    AddError, Added, AnswerError, CancelError, CancelOutcome, Invite, InviteError, InviteId, ModifyError,
    Standing,
};

use crate::error::CommandError;
use crate::event::InvitationInfo;
use crate::handle::Owner;
use crate::invitation::{Accepting, Invitation};
use crate::listener::{SignalingListener, call};
use crate::mailbox::{Mailbox, Taken};
use crate::shared::Core;

/// How an invitation is made, with V2TIM's names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InviteOptions {
    /// No relay keeps it, and nobody is pushed (`onlineUserOnly`): who is offline hears of it only if he comes online
    /// while it rings. It cannot be modified. Default: no.
    pub online_user_only: bool,
    /// What a push service shall show (`offlinePushInfo`): opaque here, at most 1 KB. Default: nothing.
    pub offline_push_info: Option<Vec<u8>>,
    /// The first who accepts ends it for all others: they are cancelled in the same step, so that nobody else can
    /// accept. Not known to V2TIM. Default: no.
    pub first_wins: bool,
    /// The time limit, counted from the call: from 1 ms (a part of one counts as one) to 24 h, or none for
    /// no limit, where V2TIM says 0. Default: 30 s, as in V2TIM for Flutter.
    pub timeout: Option<Duration>,
}

impl Default for InviteOptions {
    fn default() -> Self {
        Self {
            online_user_only: false,
            offline_push_info: None,
            first_wins: false,
            timeout: Some(Duration::from_secs(30)),
        }
    }
}

impl InviteOptions {
    /// The defaults with another time limit, in V2TIM's form: seconds, 0 for no limit.
    pub fn timeout_seconds(seconds: u32) -> Self {
        let timeout = (seconds > 0).then(|| Duration::from_secs(seconds.into()));
        Self { timeout, ..Self::default() }
    }
}

/// Names a listener, to remove it again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ListenerId(u64);

/// Makes, answers and follows invitations (V2TIM's `getSignalingManager`). A clone is the same one; like a
/// [`Client`](crate::Client) it keeps the client going.
///
/// No method waits for the network, and each may be called from inside a listener. While the link is down,
/// what they do goes out when it is up again.
#[derive(Clone, Debug)]
pub struct Signaling(pub(crate) Arc<Owner>);

impl Signaling {
    /// Adds a listener (`addSignalingListener`): there may be several, and each gets every event. Add it
    /// before [`Client::connect`](crate::Client::connect), or it misses what comes before.
    ///
    /// A listener that holds a handle of its own client keeps that client going until
    /// [`Client::close`](crate::Client::close), or until it is removed.
    pub fn add_signaling_listener(&self, listener: impl SignalingListener) -> ListenerId {
        let owner = &self.0;
        let mailbox = Arc::new(Mailbox::new(owner.queue, owner.backlog));
        let id = owner.shared.with(|core| core.subscribe(Arc::clone(&mailbox)));
        let shared = Arc::clone(&owner.shared);
        let room = move || shared.time.notify_one();
        owner.runtime.spawn(dispatch(mailbox, Arc::new(listener), room));
        ListenerId(id)
    }

    /// Removes a listener (`removeSignalingListener`); `false` if it was not there. What it was not told yet
    /// it is not told any more; a call that runs at this moment ends by itself.
    pub fn remove_signaling_listener(&self, listener: ListenerId) -> bool {
        let removed = self.0.shared.with(|core| core.unsubscribe(listener.0));
        // It may have been the one that everybody waited for.
        self.0.shared.time.notify_one();
        removed
    }

    /// Invites one user (`invite`). Returns at once; the time limit runs from now on, link or no link.
    ///
    /// # Errors
    /// [`InviteError`] says what is wrong with the arguments, or that there is no room; nothing is sent then.
    pub fn invite(
        &self,
        invitee: &str,
        data: impl AsRef<[u8]>,
        options: &InviteOptions,
    ) -> Result<Invitation, CommandError<InviteError>> {
        self.make(&[invitee], None, data.as_ref(), options)
    }

    /// Invites members of a group (`inviteInGroup`). V2TIM's takes no push info; this one does.
    ///
    /// # Errors
    /// As [`invite`](Self::invite).
    pub fn invite_in_group<N: AsRef<str>>(
        &self,
        group: &str,
        invitees: &[N],
        data: impl AsRef<[u8]>,
        options: &InviteOptions,
    ) -> Result<Invitation, CommandError<InviteError>> {
        let names: Vec<&str> = invitees.iter().map(AsRef::as_ref).collect();
        self.make(&names, Some(group), data.as_ref(), options)
    }

    /// Invites several users without a group, which V2TIM cannot.
    ///
    /// # Errors
    /// As [`invite`](Self::invite).
    pub fn invite_many<N: AsRef<str>>(
        &self,
        invitees: &[N],
        data: impl AsRef<[u8]>,
        options: &InviteOptions,
    ) -> Result<Invitation, CommandError<InviteError>> {
        let names: Vec<&str> = invitees.iter().map(AsRef::as_ref).collect();
        self.make(&names, None, data.as_ref(), options)
    }

    fn make(
        &self,
        invitees: &[&str],
        group: Option<&str>,
        data: &[u8],
        options: &InviteOptions,
    ) -> Result<Invitation, CommandError<InviteError>> {
        let shared = &self.0.shared;
        let push = options.offline_push_info.as_deref().unwrap_or_default();
        // On a direct link there is nobody who would show it.
        let push = if shared.datagram.is_some() { &[] } else { push };
        let timeout = options.timeout.map(millis);
        let (online_only, first_wins) = (options.online_user_only, options.first_wins);
        let invite = Invite { invitees, group, data, timeout, online_only, first_wins, push };
        let limit = shared.data_limit(invitees.len());
        let (id, fate) = self.command(|core, now| {
            if data.len() > limit {
                return Err(InviteError::DataTooLong(limit));
            }
            let id = core.engine.invite(now, &invite)?;
            Ok((id, core.fates.follow(id)))
        })?;
        Ok(Invitation::new(id, self.clone(), fate))
    }

    /// Accepts (`accept`). The acceptance is given by this call, not by awaiting its result; that tells
    /// what it came to.
    ///
    /// # Errors
    /// When awaited, or at once by [`Accepting::refused`]: [`AnswerError`] says why nothing was accepted.
    pub fn accept(&self, id: InviteId, data: impl AsRef<[u8]>) -> Accepting {
        Accepting::new(self.about(id, data.as_ref(), AnswerError::DataTooLong, |core, now, data| {
            core.engine.accept(now, id, data)?;
            Ok(core.fates.follow(id))
        }))
    }

    /// Says no (`reject`), for all devices of this user. Returns at once;
    /// [`What::Confirmed`](signaling_core::What::Confirmed) or `Overruled` comes later as an event.
    ///
    /// # Errors
    /// [`AnswerError`] says why nothing was rejected.
    pub fn reject(&self, id: InviteId, data: impl AsRef<[u8]>) -> Result<(), CommandError<AnswerError>> {
        self.about(id, data.as_ref(), AnswerError::DataTooLong, |core, now, data| {
            core.engine.reject(now, id, false, data)
        })
    }

    /// As [`reject`](Self::reject), because of another call.
    ///
    /// # Errors
    /// As [`reject`](Self::reject).
    pub fn reject_busy(&self, id: InviteId, data: impl AsRef<[u8]>) -> Result<(), CommandError<AnswerError>> {
        self.about(id, data.as_ref(), AnswerError::DataTooLong, |core, now, data| {
            core.engine.reject(now, id, true, data)
        })
    }

    /// Takes an invitation back (`cancel`), at once if it was made here. If it was made on another device
    /// of this user, that one is asked; [`What::Granted`](signaling_core::What::Granted), `Denied` or
    /// `Unanswered` comes later as an event.
    ///
    /// # Errors
    /// [`CancelError`] says why nothing was cancelled.
    pub fn cancel(
        &self,
        id: InviteId,
        data: impl AsRef<[u8]>,
    ) -> Result<CancelOutcome, CommandError<CancelError>> {
        self.about(id, data.as_ref(), CancelError::DataTooLong, |core, now, data| {
            core.engine.cancel(now, id, data)
        })
    }

    /// Changes the data of an invitation (`modifyInvitation`), at once if it was made here. Else the device
    /// that made it is asked, and `Granted`, `Denied` or `Unanswered` comes later as an event.
    ///
    /// # Errors
    /// [`ModifyError`] says why nothing was changed.
    pub fn modify_invitation(
        &self,
        id: InviteId,
        data: impl AsRef<[u8]>,
    ) -> Result<(), CommandError<ModifyError>> {
        self.about(id, data.as_ref(), ModifyError::DataTooLong, |core, now, data| {
            core.engine.modify(now, id, data)
        })
    }

    /// Adds an invitation that the application learned elsewhere, say from a push (`addInvitedSignaling`).
    /// It may be answered at once; no callback for a new invitation follows.
    ///
    /// # Errors
    /// [`AddError`] says why it was not added.
    pub fn add_invited_signaling(&self, added: &Added<'_>) -> Result<(), CommandError<AddError>> {
        self.command(|core, now| core.engine.add_invited_signaling(now, added))
    }

    /// The handle of an invitation that was made on this device, say of one that was restored; none if there is
    /// no such invitation, or not any more, or if the client is closed.
    pub fn follow(&self, id: InviteId) -> Option<Invitation> {
        let fate = self.0.shared.step(|core, _| {
            let made_here = core.engine.view(id)?.standing() == Standing::Inviter;
            (made_here && !core.closed).then(|| {
                let fate = core.fates.follow(id);
                core.look(id);
                fate
            })
        })?;
        Some(Invitation::new(id, self.clone(), fate))
    }

    /// The live invitations: those of which some invitee has no outcome yet, also those that are in doubt or
    /// are being confirmed and do not ring yet ([`InvitationInfo::standing`] tells). In no order.
    pub fn active(&self) -> Vec<InvitationInfo> {
        self.0.shared.step(|core, _| {
            core.engine.views().filter(|view| !view.over()).map(|view| InvitationInfo::of(&view)).collect()
        })
    }

    /// One invitation, as long as it is remembered. Elsewhere than at its inviter that is some time after its end; an
    /// inviter forgets it when everybody knows the outcome.
    pub fn invitation(&self, id: InviteId) -> Option<InvitationInfo> {
        self.0.shared.step(|core, _| core.engine.view(id).map(|view| InvitationInfo::of(&view)))
    }

    /// A command that brings data about one invitation, if the link can take so much.
    fn about<T, E: std::error::Error + 'static>(
        &self,
        id: InviteId,
        data: &[u8],
        too_long: impl FnOnce(usize) -> E,
        act: impl FnOnce(&mut Core, u64, &[u8]) -> Result<T, E>,
    ) -> Result<T, CommandError<E>> {
        self.command(|core, now| {
            let invitees = core.engine.view(id).map_or(1, |view| view.names().count());
            let limit = self.0.shared.data_limit(invitees);
            if data.len() > limit { Err(too_long(limit)) } else { act(core, now, data) }
        })
    }

    fn command<T, E: std::error::Error + 'static>(
        &self,
        act: impl FnOnce(&mut Core, u64) -> Result<T, E>,
    ) -> Result<T, CommandError<E>> {
        self.0.shared.step(|core, now| {
            if core.closed || self.0.shared.is_closing() {
                return Err(CommandError::Closed);
            }
            act(core, now).map_err(CommandError::Refused)
        })
    }
}

/// In ms, a part of one counting as one; more than 49 days are as wrong as 49 days.
fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

/// Calls one listener, on a thread where it may block.
async fn dispatch(
    mailbox: Arc<Mailbox>,
    listener: Arc<dyn SignalingListener>,
    room: impl Fn() + Clone + Send + 'static,
) {
    while std::future::poll_fn(|cx| mailbox.poll_some(cx)).await {
        let (mailbox, listener, room) = (Arc::clone(&mailbox), Arc::clone(&listener), room.clone());
        let calls = tokio::task::spawn_blocking(move || {
            loop {
                let (taken, made_room) = mailbox.take();
                if made_room {
                    room();
                }
                let Taken::Event(event) = taken else { return };
                call(&*listener, &event);
            }
        });
        if let Err(error) = calls.await {
            tracing::error!(%error, "a signaling listener panicked; it is called again for the next event");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use signaling_core::{Device, What};

    use super::*;
    use crate::mailbox::tests::event;

    struct Nobody;

    impl SignalingListener for Nobody {}

    #[tokio::test]
    async fn a_full_mailbox_that_was_emptied_has_room_again() {
        let mailbox = Arc::new(Mailbox::new(1, 1));
        mailbox.push(event(1, What::New));
        mailbox.push(event(2, What::Ringing { slot: 0, device: Device::default() }));
        assert!(!mailbox.has_room());
        mailbox.close();
        let count = Arc::new(AtomicU32::new(0));
        let rooms = Arc::clone(&count);
        let room = move || {
            rooms.fetch_add(1, Ordering::Relaxed);
        };
        dispatch(mailbox, Arc::new(Nobody), room).await;
        assert_eq!(count.load(Ordering::Relaxed), 1, "the client goes on telling");
    }
}
