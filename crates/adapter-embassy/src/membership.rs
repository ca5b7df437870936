//! The group that a device is in: asked of the relay after each Welcome, which may have forgotten it.

use signaling_core::GroupId;
use signaling_core::wire::{GroupAnswer, GroupOp, GroupReply, GroupRequest};

/// A request that is not answered so soon is made again, in ms: a line may lose it.
const AGAIN: u64 = 1_000;

/// The group, and what is being asked about it.
#[derive(Debug)]
pub(crate) struct Membership {
    group: Option<GroupId>,
    asked: Option<Asked>,
    /// The number of the last request.
    seq: u32,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    op: GroupOp,
    due: u64,
}

impl Membership {
    pub(crate) fn new(group: Option<GroupId>) -> Self {
        Self { group, asked: None, seq: 0 }
    }

    pub(crate) fn group(&self) -> Option<&GroupId> {
        self.group.as_ref()
    }

    /// The relay let this device in: it joins.
    pub(crate) fn link_up(&mut self, now: u64) {
        if self.group.is_some() {
            self.ask(now, GroupOp::Join);
        }
    }

    pub(crate) fn link_down(&mut self) {
        self.asked = None;
    }

    fn ask(&mut self, now: u64, op: GroupOp) {
        self.seq = self.seq.wrapping_add(1);
        self.asked = Some(Asked { op, due: now });
    }

    /// Whether the relay said how it went: before that nothing may be sent to the group.
    pub(crate) fn settled(&self) -> bool {
        self.asked.is_none()
    }

    /// The relay answered; how it refuses, if it does. A group that there is none of is made.
    pub(crate) fn hear(&mut self, now: u64, reply: &GroupReply<'_>) -> Option<GroupAnswer> {
        let asked = self.asked.filter(|_| reply.seq == self.seq)?;
        match (asked.op, reply.answer) {
            (GroupOp::Join, GroupAnswer::Unknown) => self.ask(now, GroupOp::Create),
            (GroupOp::Create, GroupAnswer::Exists) => self.ask(now, GroupOp::Join),
            // It is asked again when it is due.
            (_, GroupAnswer::Later) => {}
            (_, answer) => {
                self.asked = None;
                return Some(answer).filter(|answer| *answer != GroupAnswer::Done);
            }
        }
        None
    }

    /// When it asks again.
    pub(crate) fn due(&self) -> Option<u64> {
        self.asked.map(|asked| asked.due)
    }

    /// Writes what there is to ask.
    pub(crate) fn poll_transmit(&mut self, now: u64, buf: &mut [u8]) -> Option<usize> {
        let asked = self.asked.as_mut().filter(|asked| asked.due <= now)?;
        asked.due = now.saturating_add(AGAIN);
        let (seq, op, group) = (self.seq, asked.op, self.group.as_ref()?.as_str());
        GroupRequest { seq, op, group }.encode(buf).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signaling_core::wire::Frame;

    fn member() -> Membership {
        let mut membership = Membership::new(GroupId::new("home").ok());
        membership.link_up(0);
        membership
    }

    /// What it asks at that time.
    fn asks(membership: &mut Membership, now: u64) -> Option<(u32, GroupOp)> {
        let mut buf = [0; 64];
        let len = membership.poll_transmit(now, &mut buf)?;
        let Ok(Frame::Group(request)) = Frame::decode(&buf[..len]) else { panic!("it asks for no group") };
        assert_eq!(request.group, "home");
        Some((request.seq, request.op))
    }

    fn says(membership: &mut Membership, seq: u32, answer: GroupAnswer) -> Option<GroupAnswer> {
        membership.hear(10, &GroupReply { seq, answer, members: Default::default() })
    }

    #[test]
    fn it_joins_and_asks_again_if_that_is_lost() {
        let mut membership = member();
        assert_eq!(asks(&mut membership, 0), Some((1, GroupOp::Join)));
        assert_eq!((asks(&mut membership, 999), membership.due()), (None, Some(1_000)));
        assert_eq!(asks(&mut membership, 1_000), Some((1, GroupOp::Join)));
        assert!(!membership.settled());
        assert_eq!(says(&mut membership, 1, GroupAnswer::Done), None);
        assert!(membership.settled() && asks(&mut membership, 9_000).is_none());
    }

    #[test]
    fn a_group_that_there_is_none_of_is_made_unless_somebody_was_faster() {
        let mut membership = member();
        says(&mut membership, 1, GroupAnswer::Unknown);
        assert_eq!(asks(&mut membership, 10), Some((2, GroupOp::Create)));
        says(&mut membership, 1, GroupAnswer::Done);
        assert!(!membership.settled(), "an answer to the request before");
        says(&mut membership, 2, GroupAnswer::Exists);
        assert_eq!(asks(&mut membership, 10), Some((3, GroupOp::Join)));
    }

    #[test]
    fn a_relay_that_does_not_know_yet_is_asked_later_and_a_refusal_is_told() {
        let mut membership = member();
        asks(&mut membership, 0);
        assert_eq!(says(&mut membership, 1, GroupAnswer::Later), None);
        assert_eq!(asks(&mut membership, 1_000), Some((1, GroupOp::Join)));
        assert_eq!(says(&mut membership, 1, GroupAnswer::Full), Some(GroupAnswer::Full));
        assert!(membership.settled());
    }

    #[test]
    fn without_a_group_there_is_nothing_to_ask() {
        let mut membership = Membership::new(None);
        membership.link_up(0);
        assert!(membership.settled() && asks(&mut membership, 0).is_none());
    }
}
