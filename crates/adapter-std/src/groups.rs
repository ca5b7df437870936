//! Group calls under way, and the groups to join again at each Welcome.

use std::collections::{BTreeSet, HashMap, VecDeque};

use signaling_core::wire::{Frame, GroupAnswer, GroupOp, GroupReply, GroupRequest};
use signaling_core::{GroupId, UserId};
use tokio::sync::oneshot;

use crate::error::GroupError;
use crate::wakes::Wakes;

/// The most groups that a client joins again by itself, and the most calls at once.
pub(crate) const MAX_GROUPS: usize = 1024;

pub(crate) type Reply = oneshot::Sender<Result<Vec<UserId>, GroupError>>;

#[derive(Debug, Default)]
pub(crate) struct Groups {
    up: bool,
    joined: BTreeSet<GroupId>,
    next: u32,
    asked: HashMap<u32, Asked>,
    unsent: VecDeque<u32>,
}

#[derive(Debug)]
struct Asked {
    op: GroupOp,
    group: GroupId,
    /// None for what the client asks by itself.
    reply: Option<Reply>,
}

impl Groups {
    /// Asks the relay, as soon as the link can take it.
    pub(crate) fn ask(&mut self, op: GroupOp, group: GroupId, reply: Reply) -> Result<(), GroupError> {
        if !self.up {
            return Err(GroupError::NotConnected);
        }
        self.asked.retain(|_, asked| asked.reply.as_ref().is_none_or(|reply| !reply.is_closed()));
        let joins = matches!(op, GroupOp::Create | GroupOp::Join) && !self.joined.contains(&group);
        if self.asked.len() >= MAX_GROUPS || (joins && self.joined.len() >= MAX_GROUPS) {
            return Err(GroupError::TooMany { limit: MAX_GROUPS });
        }
        if op == GroupOp::Leave {
            // Whatever becomes of it, nobody is to join again.
            self.joined.remove(&group);
        }
        self.put(Asked { op, group, reply: Some(reply) });
        Ok(())
    }

    fn put(&mut self, asked: Asked) {
        self.next = self.next.wrapping_add(1);
        self.asked.insert(self.next, asked);
        self.unsent.push_back(self.next);
    }

    /// The link is up: the relay may have forgotten who is in which group.
    pub(crate) fn link_up(&mut self) {
        self.up = true;
        for group in self.joined.clone() {
            self.put(Asked { op: GroupOp::Join, group, reply: None });
        }
    }

    /// The link is down: no answer comes any more.
    pub(crate) fn link_down(&mut self, wakes: &mut Wakes) {
        self.up = false;
        self.unsent.clear();
        for reply in self.asked.drain().filter_map(|(_, asked)| asked.reply) {
            wakes.group(reply, Err(GroupError::LinkLost));
        }
    }

    /// Writes the next request to send.
    pub(crate) fn poll_transmit(&mut self, buf: &mut [u8]) -> Option<usize> {
        loop {
            let seq = self.unsent.pop_front()?;
            let Some(Asked { op, group, .. }) = self.asked.get(&seq) else { continue };
            let request = GroupRequest { seq, op: *op, group: group.as_str() };
            if let Ok(written) = Frame::Group(request).encode(buf) {
                return Some(written);
            }
        }
    }

    /// The relay answered. A group that could not be joined again is lost.
    pub(crate) fn handle(&mut self, reply: &GroupReply<'_>, wakes: &mut Wakes) -> Option<GroupId> {
        let Asked { op, group, reply: waiting } = self.asked.remove(&reply.seq)?;
        let done = reply.answer == GroupAnswer::Done;
        let Some(waiting) = waiting else {
            let lost = !done && reply.answer != GroupAnswer::Later && self.joined.remove(&group);
            return lost.then_some(group);
        };
        if done && matches!(op, GroupOp::Create | GroupOp::Join) {
            self.joined.insert(group.clone());
        }
        let members = reply.members.iter().filter_map(|user| UserId::new(user).ok());
        let result = if done {
            Ok(members.collect())
        } else {
            Err(GroupError::Refused { group, answer: reply.answer })
        };
        wakes.group(waiting, result);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_when_the_link_has_just_gone_is_told_so() {
        let (mut groups, mut wakes) = (Groups::default(), Wakes::default());
        let ask = |groups: &mut Groups| {
            let (reply, _answer) = oneshot::channel();
            groups.ask(GroupOp::Leave, GroupId::new("team").unwrap(), reply)
        };
        groups.link_up();
        assert_eq!(ask(&mut groups), Ok(()));
        groups.link_down(&mut wakes);
        assert_eq!(ask(&mut groups), Err(GroupError::NotConnected));
        groups.link_up();
        assert_eq!(groups.poll_transmit(&mut [0; 64]), None, "nothing leaves that was given up long ago");
    }
}
