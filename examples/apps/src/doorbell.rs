//! A button that rings somebody for 30 s, or all of a group until one comes, and a panel that shows what becomes of
//! it.

use core::convert::Infallible;

use adapter_embassy::{Caller, Event, Events, GroupId, InvitationEvent, Invite, InviteError, Standing, What};
use embassy_futures::select::{Either, select};

use crate::sign::{Panel, Sign};

/// So long it rings, in ms.
const LIMIT: u32 = 30_000;

/// What is pressed.
pub trait Button {
    /// Waits until it is pressed. It has to be cancel safe: a press that comes when nobody waits may be lost.
    fn pressed(&mut self) -> impl Future<Output = ()>;
}

/// Rings `whom` whenever the button is pressed, for ever. A device that belongs to a group
/// ([`Identity::group`](adapter_embassy::Identity::group)) rings them in that group: each of them hears what the
/// others do. When one accepts, the others need not come any more, and cannot.
pub async fn doorbell(
    caller: Caller<'_>,
    mut events: Events<'_>,
    whom: &[&str],
    mut button: impl Button,
    mut panel: impl Panel,
) -> Infallible {
    loop {
        match select(button.pressed(), events.next()).await {
            Either::First(()) => panel.show(&press(caller, whom)),
            Either::Second(event) => tell(&event, &mut panel),
        }
    }
}

fn press(caller: Caller<'_>, whom: &[&str]) -> Sign<'static> {
    // If another board has taken the link, who presses wants it back.
    caller.connect();
    let group = caller.group();
    let group = group.as_ref().map(GroupId::as_str);
    let (data, timeout) = (b"door", Some(LIMIT));
    let invite = Invite { invitees: whom, group, data, timeout, first_wins: true, ..Invite::default() };
    match caller.invite(&invite) {
        Ok(id) => Sign::Calling(id),
        Err(InviteError::Capacity) => Sign::Full,
        Err(error) => Sign::Refused(error),
    }
}

fn tell(event: &Event<'_>, panel: &mut impl Panel) {
    match event {
        Event::Link(link) => panel.show(&Sign::of_link(*link)),
        Event::Invitation(event) => {
            let Some(sign) = of_own(event) else { return };
            panel.show(&sign);
        }
        _ => {}
    }
}

/// What happened to a call that was made here.
fn of_own<'a>(event: &'a InvitationEvent<'_>) -> Option<Sign<'a>> {
    let invitation = event.invitation();
    if invitation.standing() != Standing::Inviter {
        return None;
    }
    let who = |slot: u8| invitation.invitee(slot).map(|invitee| (invitee.user, invitee.label));
    match event.what {
        What::Ringing { slot, device } => {
            let (heard, label) = invitation.heard();
            let label = if heard == device { label } else { "" };
            Some(Sign::RingsAt { who: who(slot)?.0, label })
        }
        What::Accepted { slot } => who(slot).map(|(who, label)| Sign::Accepted { who, label }),
        What::Rejected { slot } => invitation.invitee(slot).map(Sign::of_rejected),
        What::TimedOut { .. } => Some(Sign::NoAnswer),
        What::Cancelled => Some(Sign::Cancelled),
        What::Ended => Some(Sign::Ended),
        _ => None,
    }
}
