//! A bell that rings, and two buttons: yes and no.

use core::convert::Infallible;

use adapter_embassy::{Event, Events, HolderState, InvitationEvent, InviteId, Signaling, Standing, What};
use embassy_futures::select::{Either, select};
use heapless::Vec;

use crate::sign::{Panel, Sign};

/// Calls that may ring at a time; as many as the resources have rows.
const ROWS: usize = 4;

/// What was pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Yes.
    Accept,
    /// No.
    Reject,
}

/// What is pressed to answer.
pub trait Answers {
    /// Waits until one is pressed. It has to be cancel safe: a press that comes when nobody waits may be
    /// lost.
    fn pressed(&mut self) -> impl Future<Output = Answer>;
}

/// Rings for whoever calls, and answers the call that rings longest, for ever.
pub async fn answerer(
    signaling: Signaling<'_>,
    mut events: Events<'_>,
    mut answers: impl Answers,
    mut panel: impl Panel,
) -> Infallible {
    let mut bell = Bell { signaling, ringing: Vec::new() };
    loop {
        match select(answers.pressed(), events.next()).await {
            Either::First(answer) if bell.answer(answer) => {}
            Either::First(_) => panel.show(&Sign::Nothing),
            Either::Second(Event::Link(link)) => panel.show(&Sign::of_link(link)),
            Either::Second(Event::Invitation(event)) => bell.hear(&event, &mut panel),
            Either::Second(_) => {}
        }
    }
}

/// What rings, and was not answered here yet.
struct Bell<'d> {
    signaling: Signaling<'d>,
    ringing: Vec<InviteId, ROWS>,
}

impl Bell<'_> {
    fn hear(&mut self, event: &InvitationEvent<'_>, panel: &mut impl Panel) {
        let Some(sign) = of_others(event) else { return };
        if matches!(sign, Sign::Rings { .. }) {
            self.forget();
            // With more rows than places here the last ones cannot be answered; they end by themselves.
            let _ = self.ringing.push(event.invitation().id());
        }
        panel.show(&sign);
    }

    /// Answers the call that rings longest; `false` if none does.
    fn answer(&mut self, answer: Answer) -> bool {
        // If another board has taken the link, who presses wants it back.
        self.signaling.connect();
        self.forget();
        if self.ringing.is_empty() {
            return false;
        }
        let id = self.ringing.remove(0);
        match answer {
            Answer::Accept => self.signaling.accept(id, b"").is_ok(),
            Answer::Reject => self.signaling.reject(id, b"").is_ok(),
        }
    }

    /// Forgets what does not ring any more.
    fn forget(&mut self) {
        let signaling = self.signaling;
        self.ringing.retain(|id| {
            let standing = signaling.status(*id).map(|status| status.standing);
            matches!(standing, Some(Standing::Invitee(_, HolderState::Ringing | HolderState::Silent)))
        });
    }
}

/// What happened to a call that rings here.
fn of_others<'a>(event: &'a InvitationEvent<'_>) -> Option<Sign<'a>> {
    let invitation = event.invitation();
    let Standing::Invitee(..) = invitation.standing() else { return None };
    let who = |slot: u8| invitation.invitee(slot).map(|invitee| (invitee.user, invitee.label));
    match event.what {
        What::New => Some(Sign::Rings { who: invitation.inviter(), data: invitation.data() }),
        What::Accepted { slot } => who(slot).map(|(who, label)| Sign::Accepted { who, label }),
        What::Rejected { slot } => invitation.invitee(slot).map(Sign::of_rejected),
        What::TimedOut { .. } => Some(Sign::NoAnswer),
        What::Cancelled => Some(Sign::Cancelled),
        What::Confirmed => Some(Sign::Confirmed),
        What::Overruled => Some(Sign::TooLate),
        What::RingingStopped => Some(Sign::Stopped),
        _ => None,
    }
}
