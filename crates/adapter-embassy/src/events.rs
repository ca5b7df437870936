//! What a device tells its application.

use core::cell::Ref;
use core::convert::Infallible;
use core::fmt;

use signaling_core::What;

use crate::listener::{SignalingListener, call};
use crate::session::LinkEvent;
use crate::shared::Core;
use crate::view::{Invitation, Look};

/// What happened. The next one comes when this one is dropped.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Something happened to an invitation.
    Invitation(InvitationEvent<'a>),
    /// Something happened to the link.
    Link(LinkEvent),
}

/// Something happened to an invitation.
pub struct InvitationEvent<'a> {
    /// What; a `slot` in it is a place in the list of invitees.
    pub what: What,
    look: Ref<'a, dyn Look>,
}

impl InvitationEvent<'_> {
    /// The invitation, as it was when the event was taken.
    pub fn invitation(&self) -> Invitation<'_> {
        Invitation::of(&*self.look)
    }
}

impl fmt::Debug for InvitationEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let invitation = self.invitation();
        f.debug_struct("InvitationEvent").field("what", &self.what).field("invitation", &invitation).finish()
    }
}

/// What happened, without the invitation.
#[derive(Clone, Copy)]
pub(crate) enum Happened {
    Invitation(What),
    Link(LinkEvent),
}

/// The events of a device. There is no queue that could overflow: what happened is noted at the invitation,
/// and read from there when it is asked for. A slow reader misses no outcome, only steps in between; but an
/// invitation whose news nobody takes keeps its place in the table.
pub struct Events<'d>(pub(crate) Core<'d>);

impl Events<'_> {
    /// The next event. Cancel safe: dropped, it has taken nothing.
    pub async fn next(&mut self) -> Event<'_> {
        loop {
            match self.0.poll_event() {
                Some(Happened::Link(link)) => return Event::Link(link),
                Some(Happened::Invitation(what)) => {
                    return Event::Invitation(InvitationEvent { what, look: self.0.look() });
                }
                None => self.0.shared.events.wait().await,
            }
        }
    }

    /// Calls a listener, for ever. No borrow is held that could stand in its way: it may call every method of
    /// [`Signaling`](crate::Signaling). Cancel safe between two calls, which are not async.
    pub async fn dispatch(&mut self, listener: &impl SignalingListener) -> Infallible {
        loop {
            let event = self.next().await;
            call(listener, &event);
        }
    }
}
