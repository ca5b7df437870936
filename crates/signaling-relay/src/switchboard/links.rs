//! The open links, and when each of them has been silent for too long.

use std::collections::{BTreeSet, HashMap};

use signaling_core::GroupId;

use super::ConnId;
use super::allowance::{Allowance, Left};
use super::networks::{Network, Networks};
use crate::backend::Sender;
use crate::config::Config;

/// So many frames that come too early are answered.
const STRAYS: u8 = 64;

/// Who said a good Hello with an epoch.
#[derive(Clone, Debug)]
pub(super) struct Newcomer {
    pub(super) sender: Sender,
    /// The largest frame that it takes, in bytes.
    pub(super) largest: u32,
    /// The only groups that it may make or join, if its token says so.
    pub(super) groups: Option<Vec<GroupId>>,
}

#[derive(Debug)]
struct Link {
    from: Option<Network>,
    opened: u64,
    heard: u64,
    /// Where it stands among the deadlines.
    armed: u64,
    /// Since it was let in.
    sender: Option<Sender>,
    /// How many were let in before it.
    number: u32,
    /// Waits until it answers a Ping.
    newcomer: Option<Newcomer>,
    /// The largest frame that the device takes, in bytes.
    largest: usize,
    groups: Option<Vec<GroupId>>,
    allowance: Allowance,
    /// How many frames came before it was let in.
    strays: u8,
}

impl Link {
    fn deadline(&self, config: &Config) -> u64 {
        match self.sender {
            None => self.opened.saturating_add(u64::from(config.hello)),
            Some(_) => self.heard.saturating_add(u64::from(config.silence)),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Links {
    links: HashMap<ConnId, Link>,
    /// One for each link, at its deadline or before: a sign of life does not move it.
    deadlines: BTreeSet<(u64, ConnId)>,
    /// How many were let in.
    admitted: u32,
    left: Left,
    networks: Networks,
}

impl Links {
    pub(super) fn networks(&self) -> &Networks {
        &self.networks
    }

    pub(super) fn len(&self) -> usize {
        self.links.len()
    }

    /// All of them, in an order that does not depend on chance.
    pub(super) fn all(&self) -> Vec<ConnId> {
        let mut all: Vec<ConnId> = self.links.keys().copied().collect();
        all.sort_unstable();
        all
    }

    pub(super) fn open(&mut self, conn: ConnId, from: Option<Network>, now: u64, config: &Config) {
        let link = Link {
            from,
            opened: now,
            heard: now,
            armed: now,
            sender: None,
            number: 0,
            newcomer: None,
            largest: 0,
            groups: None,
            allowance: Allowance::full(now, config),
            strays: 0,
        };
        self.links.insert(conn, link);
        from.into_iter().for_each(|from| self.networks.come(from));
        self.arm(conn, config);
    }

    /// Forgets the link; whose it was.
    pub(super) fn close(&mut self, conn: ConnId, now: u64, config: &Config) -> Option<Sender> {
        let link = self.links.remove(&conn)?;
        self.deadlines.remove(&(link.armed, conn));
        if let Some(from) = link.from {
            self.networks.leave(from, link.sender.is_none());
        }
        let sender = link.sender?;
        self.left.keep(&sender.user, link.allowance, now, config);
        Some(sender)
    }

    fn arm(&mut self, conn: ConnId, config: &Config) {
        let Some(link) = self.links.get_mut(&conn) else { return };
        self.deadlines.remove(&(link.armed, conn));
        link.armed = link.deadline(config);
        self.deadlines.insert((link.armed, conn));
    }

    /// Notes a sign of life; false if there is no such link.
    pub(super) fn heard(&mut self, conn: ConnId, now: u64) -> bool {
        let Some(link) = self.links.get_mut(&conn) else { return false };
        link.heard = now;
        true
    }

    /// Counts a frame that came before the link was let in; false if these are too many.
    pub(super) fn stray(&mut self, conn: ConnId) -> bool {
        let Some(link) = self.links.get_mut(&conn) else { return false };
        link.strays = link.strays.saturating_add(1);
        link.strays <= STRAYS
    }

    /// Takes so many bytes off what the link may send now; false if that is less.
    pub(super) fn spend(&mut self, conn: ConnId, bytes: usize, now: u64, config: &Config) -> bool {
        self.links.get_mut(&conn).is_some_and(|link| link.allowance.spend(bytes as u64, now, config))
    }

    pub(super) fn sender(&self, conn: ConnId) -> Option<&Sender> {
        self.links.get(&conn)?.sender.as_ref()
    }

    pub(super) fn largest(&self, conn: ConnId) -> usize {
        self.links.get(&conn).map_or(0, |link| link.largest)
    }

    /// Whether the token of the link allows to make or join that group.
    pub(super) fn allows(&self, conn: ConnId, group: &GroupId) -> bool {
        let groups = self.links.get(&conn).and_then(|link| link.groups.as_ref());
        groups.is_none_or(|groups| groups.contains(group))
    }

    /// Tells it from all links that were let in before, and from those of a while after.
    pub(super) fn number(&self, conn: ConnId) -> u32 {
        self.links.get(&conn).map_or(0, |link| link.number)
    }

    /// It is let in when it answers.
    pub(super) fn wait(&mut self, conn: ConnId, newcomer: Newcomer) {
        if let Some(link) = self.links.get_mut(&conn) {
            link.newcomer = Some(newcomer);
        }
    }

    /// Who waits there to be let in.
    pub(super) fn waiting(&mut self, conn: ConnId) -> Option<Newcomer> {
        self.links.get_mut(&conn)?.newcomer.take()
    }

    /// From now on the link is the newcomer's; whose it was.
    pub(super) fn admit(
        &mut self,
        conn: ConnId,
        newcomer: Newcomer,
        now: u64,
        config: &Config,
    ) -> Option<Sender> {
        let link = self.links.get_mut(&conn)?;
        if let Some(before) = &link.sender {
            self.left.keep(&before.user, link.allowance.clone(), now, config);
        }
        link.allowance = self.left.of(&newcomer.sender.user, now, config);
        self.admitted = self.admitted.wrapping_add(1);
        (link.number, link.newcomer) = (self.admitted, None);
        link.largest = usize::try_from(newcomer.largest).unwrap_or(usize::MAX);
        link.groups = newcomer.groups;
        let before = link.sender.replace(newcomer.sender);
        if let Some(from) = link.from.filter(|_| before.is_none()) {
            self.networks.meet(from);
        }
        self.arm(conn, config);
        before
    }

    /// Forgets what users had left who have all of it again.
    pub(super) fn forget_left(&mut self, now: u64, config: &Config) {
        self.left.forget(now, config);
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// A link whose deadline has come. It is to be closed.
    pub(super) fn next_overdue(&mut self, now: u64, config: &Config) -> Option<ConnId> {
        while let Some((_, conn)) = self.deadlines.first().copied().filter(|(at, _)| *at <= now) {
            self.arm(conn, config);
            if self.links.get(&conn).is_none_or(|link| link.armed <= now) {
                return Some(conn);
            }
        }
        None
    }
}
