//! An engine of any measures: so the measures of a memory do not show in the types of those who use it.

#[cfg(feature = "direct")]
use signaling_core::direct::{self, Direct, Transmit};
use signaling_core::{
    AddError, Added, AnswerError, CancelError, CancelOutcome, Config, Counters, Engine, Ignored, Invite,
    InviteError, InviteId, ModifyError, Payload, Row, Slot, Storage, What,
};

#[cfg(feature = "direct")]
use crate::direct::MAX_PEERS;
use crate::signaling::Status;
use crate::view::{Keep, Look};

/// The methods of an [`Engine`], which says what they do; all that a [`Caller`](crate::Caller) needs.
pub(crate) trait AnyEngine {
    fn config(&self) -> &Config;
    fn counters(&self) -> Counters;
    fn set_epoch(&mut self, epoch: u32) -> bool;

    fn invite(&mut self, now: u64, invite: &Invite<'_>) -> Result<InviteId, InviteError>;
    fn cancel(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<CancelOutcome, CancelError>;

    fn handle_frame(&mut self, now: u64, bytes: &[u8], reply: &mut [u8]) -> Result<usize, Ignored>;
    fn handle_link_up(&mut self, now: u64);
    fn handle_timeout(&mut self, now: u64);

    fn poll_transmit(&mut self, now: u64, buf: &mut [u8]) -> Option<usize>;
    fn poll_timeout(&self) -> Option<u64>;
    /// What happened next; the invitation is copied to `told`.
    fn poll_event(&mut self, told: &mut dyn Keep) -> Option<What>;

    fn status(&mut self, id: InviteId) -> Option<Status>;
    fn outcome(&mut self, id: InviteId, slot: u8) -> Option<Slot>;

    /// The methods of a [`Direct`] on this engine.
    #[cfg(feature = "direct")]
    fn direct_datagram(
        &mut self,
        now: u64,
        direct: &mut Direct<MAX_PEERS>,
        peer: usize,
        datagram: &[u8],
        reply: &mut [u8],
    ) -> Result<usize, direct::Ignored>;
    #[cfg(feature = "direct")]
    fn direct_transmit(
        &mut self,
        now: u64,
        direct: &mut Direct<MAX_PEERS>,
        buf: &mut [u8],
    ) -> Option<Transmit>;
    #[cfg(feature = "direct")]
    fn direct_timeout(&mut self, now: u64, direct: &mut Direct<MAX_PEERS>);
    #[cfg(feature = "direct")]
    fn direct_deadline(&self, direct: &Direct<MAX_PEERS>) -> Option<u64>;
}

/// Its other commands: apart, so that a program which only calls is linked without them.
pub(crate) trait Commands {
    fn accept(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<(), AnswerError>;
    fn reject(&mut self, now: u64, id: InviteId, busy: bool, data: &[u8]) -> Result<(), AnswerError>;
    fn modify(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<(), ModifyError>;
    fn add(&mut self, now: u64, added: &Added<'_>) -> Result<(), AddError>;
}

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Commands for Engine<S, P, I, D> {
    fn accept(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<(), AnswerError> {
        Self::accept(self, now, id, data)
    }

    fn reject(&mut self, now: u64, id: InviteId, busy: bool, data: &[u8]) -> Result<(), AnswerError> {
        Self::reject(self, now, id, busy, data)
    }

    fn modify(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<(), ModifyError> {
        Self::modify(self, now, id, data)
    }

    fn add(&mut self, now: u64, added: &Added<'_>) -> Result<(), AddError> {
        self.add_invited_signaling(now, added)
    }
}

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> AnyEngine for Engine<S, P, I, D> {
    fn config(&self) -> &Config {
        Self::config(self)
    }

    fn counters(&self) -> Counters {
        Self::counters(self)
    }

    fn set_epoch(&mut self, epoch: u32) -> bool {
        Self::set_epoch(self, epoch)
    }

    fn invite(&mut self, now: u64, invite: &Invite<'_>) -> Result<InviteId, InviteError> {
        Self::invite(self, now, invite)
    }

    fn cancel(&mut self, now: u64, id: InviteId, data: &[u8]) -> Result<CancelOutcome, CancelError> {
        Self::cancel(self, now, id, data)
    }

    fn handle_frame(&mut self, now: u64, bytes: &[u8], reply: &mut [u8]) -> Result<usize, Ignored> {
        Self::handle_frame(self, now, bytes, reply)
    }

    fn handle_link_up(&mut self, now: u64) {
        Self::handle_link_up(self, now);
    }

    fn handle_timeout(&mut self, now: u64) {
        Self::handle_timeout(self, now);
    }

    fn poll_transmit(&mut self, now: u64, buf: &mut [u8]) -> Option<usize> {
        Self::poll_transmit(self, now, buf)
    }

    fn poll_timeout(&self) -> Option<u64> {
        Self::poll_timeout(self)
    }

    fn poll_event(&mut self, told: &mut dyn Keep) -> Option<What> {
        let event = Self::poll_event(self)?;
        told.keep(&event.invitation);
        Some(event.what)
    }

    fn status(&mut self, id: InviteId) -> Option<Status> {
        let view = self.view(id)?;
        let (standing, remaining, over) = (view.standing(), view.remaining(), view.over());
        Some(Status { standing, remaining, over, delivered: view.delivered() })
    }

    fn outcome(&mut self, id: InviteId, slot: u8) -> Option<Slot> {
        Some(Look::invitee(&self.view(id)?, slot)?.outcome)
    }

    #[cfg(feature = "direct")]
    fn direct_datagram(
        &mut self,
        now: u64,
        direct: &mut Direct<MAX_PEERS>,
        peer: usize,
        datagram: &[u8],
        reply: &mut [u8],
    ) -> Result<usize, direct::Ignored> {
        direct.handle_datagram(now, self, peer, datagram, reply)
    }

    #[cfg(feature = "direct")]
    fn direct_transmit(
        &mut self,
        now: u64,
        direct: &mut Direct<MAX_PEERS>,
        buf: &mut [u8],
    ) -> Option<Transmit> {
        direct.poll_transmit(now, self, buf)
    }

    #[cfg(feature = "direct")]
    fn direct_timeout(&mut self, now: u64, direct: &mut Direct<MAX_PEERS>) {
        direct.handle_timeout(now, self);
    }

    #[cfg(feature = "direct")]
    fn direct_deadline(&self, direct: &Direct<MAX_PEERS>) -> Option<u64> {
        direct.poll_timeout(self)
    }
}
