//! Groups: who is in them, and what may be asked of them.

use signaling_core::wire::{GroupAnswer, GroupOp, GroupRequest, encode_group_reply};
use signaling_core::{GroupId, UserId};

use super::{ConnId, Switchboard, encode};

/// What stands before the members, and what each takes at most.
const HEAD: usize = 16;
const MEMBER: usize = UserId::LIMIT + 1;

impl Switchboard {
    pub(super) fn group(&mut self, conn: ConnId, user: &UserId, request: &GroupRequest<'_>) {
        let Ok(group) = GroupId::new(request.group) else { return };
        let answer = match request.op {
            GroupOp::Create | GroupOp::Join if !self.may_join(conn, &group, user) => GroupAnswer::Unknown,
            GroupOp::Create => self.create(&group, user),
            GroupOp::Join => self.join(&group, user),
            GroupOp::Leave => self.leave(&group, user),
            GroupOp::Members => self.ask(&group, user),
        };
        let asked = request.op == GroupOp::Members && answer == GroupAnswer::Done;
        let members = if asked { self.backend.members(&group) } else { Vec::new() };
        self.reply(conn, request.seq, answer, &members);
    }

    fn may_join(&self, conn: ConnId, group: &GroupId, user: &UserId) -> bool {
        let may = self.links.allows(conn, group) && self.auth.may_join(user, group);
        if !may {
            tracing::info!(conn = conn.0, %user, %group, "not let into the group");
        }
        may
    }

    fn create(&mut self, group: &GroupId, user: &UserId) -> GroupAnswer {
        match self.backend.group_size(group) {
            None => self.found(group, user),
            Some(_) if self.backend.is_member(group, user) => GroupAnswer::Done,
            Some(_) => GroupAnswer::Exists,
        }
    }

    fn found(&mut self, group: &GroupId, user: &UserId) -> GroupAnswer {
        if self.backend.group_count() >= self.config.groups {
            return GroupAnswer::Full;
        }
        self.enrol(group, user)
    }

    fn enrol(&mut self, group: &GroupId, user: &UserId) -> GroupAnswer {
        if self.backend.groups_of(user) >= self.config.groups_per_user {
            return GroupAnswer::Full;
        }
        self.backend.join(group, user);
        GroupAnswer::Done
    }

    /// A relay that forgot its groups takes the first who joins again for its founder.
    fn join(&mut self, group: &GroupId, user: &UserId) -> GroupAnswer {
        let Some(size) = self.backend.group_size(group) else {
            return if self.warming_up() { self.found(group, user) } else { GroupAnswer::Unknown };
        };
        if self.backend.is_member(group, user) {
            return GroupAnswer::Done;
        }
        if size >= self.config.members {
            return GroupAnswer::Full;
        }
        self.enrol(group, user)
    }

    fn leave(&mut self, group: &GroupId, user: &UserId) -> GroupAnswer {
        if !self.backend.is_member(group, user) {
            return if self.warming_up() { GroupAnswer::Later } else { GroupAnswer::Done };
        }
        self.backend.leave(group, user);
        GroupAnswer::Done
    }

    /// To who is not in it, a group looks as if there were none.
    fn ask(&self, group: &GroupId, user: &UserId) -> GroupAnswer {
        match self.backend.is_member(group, user) {
            true => GroupAnswer::Done,
            false if self.warming_up() => GroupAnswer::Later,
            false => GroupAnswer::Unknown,
        }
    }

    fn reply(&mut self, conn: ConnId, seq: u32, answer: GroupAnswer, members: &[UserId]) {
        let size = (HEAD + members.len() * MEMBER).min(self.links.largest(conn));
        let names = members.iter().map(UserId::as_str);
        match encode::within(size, |buf| encode_group_reply(buf, seq, answer, names)) {
            Some(frame) => self.put(conn, frame),
            None => self.reply(conn, seq, GroupAnswer::TooLarge, &[]),
        }
    }
}
