//! What waits for one reader: a queue, and behind it one entry for each invitation of which it missed
//! something.
//!
//! Events queue up to the capacity. What comes then is *merged*: for each invitation one entry keeps its
//! newest state and what happened to it, each outcome once; the steps in between are only counted. The link has
//! one such entry, and the disk. A reader
//! that catches up gets `Lagged`, then these entries as ordinary events. So no outcome is lost. An entry is
//! bounded by the invitees of its invitation; when there are `backlog` entries, the client takes no more
//! news from its engine, which then keeps them in its table and refuses what has no room in there.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use signaling_core::{InviteId, What};

use crate::event::{Event, InvitationEvent, InvitationInfo, LinkEvent};

#[derive(Debug)]
pub(crate) struct Mailbox {
    capacity: usize,
    backlog: usize,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    ready: VecDeque<Event>,
    missed: u64,
    link: Option<LinkEvent>,
    not_saved: Option<String>,
    late: HashMap<InviteId, Late>,
    order: VecDeque<InviteId>,
    waker: Option<Waker>,
    closed: bool,
}

/// What was merged of one invitation.
#[derive(Debug)]
struct Late {
    info: Arc<InvitationInfo>,
    news: Vec<What>,
}

/// What a mailbox has to give.
#[derive(Debug)]
pub(crate) enum Taken {
    Event(Event),
    /// Nothing now.
    Empty,
    /// Nothing now or later.
    Closed,
}

impl Mailbox {
    pub(crate) fn new(capacity: usize, backlog: usize) -> Self {
        Self { capacity: capacity.max(1), backlog: backlog.max(1), queue: Mutex::default() }
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an event; whom to wake then.
    pub(crate) fn push(&self, event: Event) -> Option<Waker> {
        let mut queue = self.queue();
        if queue.closed {
            return None;
        }
        if !queue.lags() && queue.ready.len() < self.capacity {
            queue.ready.push_back(event);
        } else {
            queue.merge(event);
        }
        queue.waker.take()
    }

    /// Whether news of one more invitation can be merged.
    pub(crate) fn has_room(&self) -> bool {
        self.queue().late.len() < self.backlog
    }

    /// The next event, and whether that made room in a full mailbox.
    pub(crate) fn take(&self) -> (Taken, bool) {
        let mut queue = self.queue();
        let full = queue.late.len() >= self.backlog;
        let taken = queue.take();
        (taken, full && queue.late.len() < self.backlog)
    }

    /// As [`take`](Self::take); when it is empty, whoever polled last is woken by the next event.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<(Taken, bool)> {
        let (taken, room) = self.take();
        if !matches!(taken, Taken::Empty) {
            return Poll::Ready((taken, room));
        }
        match self.poll_some(cx) {
            Poll::Ready(_) => Poll::Ready(self.take()),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Ready when there is something to take (`true`), or never will be (`false`).
    pub(crate) fn poll_some(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut queue = self.queue();
        let some = !queue.ready.is_empty() || queue.lags();
        if some || queue.closed {
            return Poll::Ready(some);
        }
        let before = queue.waker.replace(cx.waker().clone());
        drop(queue);
        // It may be the last thing that keeps somebody's task.
        drop(before);
        Poll::Pending
    }

    /// No more events come; what waits can still be taken. Whom to wake then.
    pub(crate) fn close(&self) -> Option<Waker> {
        let mut queue = self.queue();
        queue.closed = true;
        queue.waker.take()
    }

    /// No more events come, and what waits is gone. Whom to wake then.
    pub(crate) fn cut(&self) -> Option<Waker> {
        let mut queue = self.queue();
        let waker = queue.waker.take();
        *queue = Queue { closed: true, ..Queue::default() };
        waker
    }
}

impl Queue {
    /// Whether something waits that was merged.
    fn lags(&self) -> bool {
        self.link.is_some() || self.not_saved.is_some() || !self.late.is_empty()
    }

    fn take(&mut self) -> Taken {
        if let Some(event) = self.ready.pop_front() {
            return Taken::Event(event);
        }
        if self.missed > 0 {
            return Taken::Event(Event::Lagged { missed: std::mem::take(&mut self.missed) });
        }
        if let Some(link) = self.link.take() {
            return Taken::Event(Event::Link(link));
        }
        if let Some(error) = self.not_saved.take() {
            return Taken::Event(Event::NotSaved { error });
        }
        while self.ready.is_empty() {
            let Some(id) = self.order.pop_front() else { break };
            let Some(Late { info, news }) = self.late.remove(&id) else { continue };
            let event = |what| Event::Invitation(InvitationEvent { what, invitation: Arc::clone(&info) });
            self.ready.extend(news.into_iter().map(event));
        }
        match self.ready.pop_front() {
            Some(event) => Taken::Event(event),
            None if self.closed => Taken::Closed,
            None => Taken::Empty,
        }
    }

    fn merge(&mut self, event: Event) {
        match event {
            Event::Invitation(event) => self.merge_invitation(event),
            Event::Link(link) => self.missed += u64::from(self.link.replace(link).is_some()),
            Event::Lagged { missed } => self.missed += missed,
            Event::NotSaved { error } => self.missed += u64::from(self.not_saved.replace(error).is_some()),
        }
    }

    fn merge_invitation(&mut self, InvitationEvent { what, invitation }: InvitationEvent) {
        let id = invitation.id;
        let late = self.late.entry(id).or_insert_with(|| {
            self.order.push_back(id);
            Late { info: Arc::clone(&invitation), news: Vec::new() }
        });
        late.info = invitation;
        self.missed += late.note(what);
    }
}

impl Late {
    /// Adds what is news; how many events that makes superfluous.
    fn note(&mut self, what: What) -> u64 {
        let opposite = match what {
            What::Ringing { .. } | What::Full { .. } => return 1,
            What::RingingStopped => Some(What::RingingResumed),
            What::RingingResumed => Some(What::RingingStopped),
            _ => None,
        };
        if let Some(at) = self.news.iter().position(|news| Some(*news) == opposite) {
            self.news.remove(at);
            return 2;
        }
        if self.news.contains(&what) {
            return 1;
        }
        self.news.push(what);
        0
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use signaling_core::{Device, Standing};

    use super::*;

    pub(crate) fn event(sequence: u32, what: What) -> Event {
        let invitation = Arc::new(InvitationInfo {
            id: InviteId { origin: Device::default(), sequence },
            inviter: "alice".parse().unwrap(),
            group: None,
            invitees: Vec::new(),
            data: crate::data::Data::default(),
            online_user_only: false,
            remaining: None,
            standing: Standing::Inviter,
            delivered: false,
            heard: Default::default(),
        });
        Event::Invitation(InvitationEvent { what, invitation })
    }

    /// Reads all there is, as text.
    fn read(mailbox: &Mailbox) -> Vec<String> {
        let take = || match mailbox.take().0 {
            Taken::Event(Event::Invitation(event)) => {
                Some(format!("{} {:?}", event.invitation.id.sequence, event.what))
            }
            Taken::Event(Event::Link(link)) => Some(format!("{link:?}")),
            Taken::Event(Event::Lagged { missed }) => Some(format!("missed {missed}")),
            Taken::Event(Event::NotSaved { error }) => Some(error),
            Taken::Empty | Taken::Closed => None,
        };
        std::iter::from_fn(take).collect()
    }

    #[test]
    fn events_stay_in_order_while_there_is_room() {
        let mailbox = Mailbox::new(3, 1);
        mailbox.push(event(1, What::New));
        mailbox.push(Event::Link(LinkEvent::Connected));
        mailbox.push(event(1, What::Cancelled));
        assert_eq!(read(&mailbox), ["1 New", "Connected", "1 Cancelled"]);
    }

    #[test]
    fn what_does_not_fit_is_merged_by_invitation() {
        let mailbox = Mailbox::new(1, 9);
        let ringing = What::Ringing { slot: 0, device: Device::default() };
        for (sequence, what) in [
            (1, What::New),
            (2, ringing),
            (1, What::Modified),
            (2, What::Accepted { slot: 0 }),
            (1, What::RingingStopped),
            (1, What::Modified),
            (1, What::RingingResumed),
            (1, What::Cancelled),
            (2, What::Ended),
        ] {
            mailbox.push(event(sequence, what));
        }
        mailbox.push(Event::Link(LinkEvent::Replaced));
        mailbox.push(Event::Link(LinkEvent::Connected));
        let told = read(&mailbox);
        assert_eq!(told[..3], ["1 New", "missed 5", "Connected"]);
        assert_eq!(told[3..], ["2 Accepted { slot: 0 }", "2 Ended", "1 Modified", "1 Cancelled"]);
        mailbox.push(event(3, What::New));
        assert_eq!(read(&mailbox), ["3 New"], "who caught up is told as before");
    }

    #[test]
    fn a_slow_reader_hears_that_nothing_can_be_saved() {
        let mailbox = Mailbox::new(1, 9);
        mailbox.push(event(1, What::New));
        mailbox.push(Event::NotSaved { error: "the disk is full".into() });
        let cx = &mut Context::from_waker(Waker::noop());
        assert_eq!(read(&mailbox), ["1 New", "the disk is full"]);
        assert!(mailbox.poll_some(cx).is_pending());
        mailbox.push(event(1, What::New));
        mailbox.push(Event::NotSaved { error: "the disk is full".into() });
        mailbox.push(Event::NotSaved { error: "the disk is gone".into() });
        assert_eq!(read(&mailbox), ["1 New", "missed 1", "the disk is gone"]);
    }

    #[test]
    fn a_backlog_is_full_until_it_is_read() {
        let mailbox = Mailbox::new(1, 2);
        for sequence in 1..=3 {
            assert!(mailbox.has_room());
            mailbox.push(event(sequence, What::Ended));
        }
        assert!(!mailbox.has_room());
        assert!(matches!(mailbox.take(), (Taken::Event(_), false)));
        assert!(matches!(mailbox.take(), (Taken::Event(_), true)));
        assert!(mailbox.has_room());
    }

    #[test]
    fn what_waits_survives_a_close_but_not_a_cut() {
        let mailbox = Mailbox::new(1, 2);
        mailbox.push(event(1, What::New));
        mailbox.push(event(1, What::Ended));
        mailbox.close();
        mailbox.push(event(2, What::New));
        assert_eq!(read(&mailbox), ["1 New", "1 Ended"]);
        assert!(matches!(mailbox.take().0, Taken::Closed));
        let mailbox = Mailbox::new(1, 2);
        mailbox.push(event(1, What::New));
        mailbox.cut();
        assert!(matches!(mailbox.take().0, Taken::Closed));
    }
}
