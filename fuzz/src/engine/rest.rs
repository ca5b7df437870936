//! When nobody does anything more and all links are whole, everybody learns the end and falls quiet.

use std::collections::HashMap;

use signaling_core::{InviteId, Slot, Standing};

use super::plan::Mood;
use super::world::World;

/// Longer than the longest that a row waits: a day and T_keep, in ms.
const END: u64 = 90_000_000;
/// No story takes so many turns to end.
const TURNS: usize = 20_000;
/// How long a frame is on its way, in ms.
const DELAY: u64 = 10;

/// A row that has to learn what became of its invitation: who holds it, and how often that device gave up a row.
type Open = HashMap<(usize, InviteId), u32>;

impl World {
    /// Heals all links and cancels what is still open. Whoever holds a row of something cancelled now learns it,
    /// and in the end all tables are empty.
    pub(super) fn rest(&mut self) {
        if self.judge.liar {
            return;
        }
        self.mood = Mood::Fine;
        self.air.clear();
        for who in 0..self.nodes.len() {
            self.nodes[who].disk_full = false;
            self.after(who);
        }
        let cancelled = self.cancel_all();
        let mut open: Open = self.holders(&cancelled).collect();
        let end = self.now + END;
        for turn in 0.. {
            assert!(turn < TURNS, "it never falls quiet");
            self.learned(&mut open);
            if !self.advance(end) {
                break;
            }
        }
        for ((who, id), evicted) in open {
            let gave_up = self.nodes[who].engine.counters().evicted != evicted;
            assert!(gave_up, "device {who} never learned what became of {id}");
        }
        let rows = self.nodes.iter().map(|node| node.engine.len());
        assert_eq!(rows.sum::<usize>(), 0, "somebody still holds an invitation");
    }

    fn cancel_all(&mut self) -> Vec<InviteId> {
        let mut cancelled = Vec::new();
        for who in 0..self.nodes.len() {
            let now = self.clock(who);
            let engine = &mut self.nodes[who].engine;
            let own = engine.views().filter(|view| view.standing() == Standing::Inviter && !view.over());
            let own: Vec<InviteId> = own.map(|view| view.id()).collect();
            for id in &own {
                engine.cancel(now, *id, b"").expect("something of it is open");
            }
            cancelled.extend(own);
            self.after(who);
        }
        cancelled
    }

    fn holders(&self, ids: &[InviteId]) -> impl Iterator<Item = ((usize, InviteId), u32)> {
        let held = |id: InviteId| {
            let holds = move |who: &usize| self.nodes[*who].engine.view(id).is_some();
            (0..self.nodes.len()).filter(holds).map(move |who| ((who, id), self.evicted(who)))
        };
        ids.iter().copied().flat_map(held).collect::<Vec<_>>().into_iter()
    }

    fn evicted(&self, who: usize) -> u32 {
        self.nodes[who].engine.counters().evicted
    }

    /// Whoever knows the end of his own slot, or of all if he has none, knows what he has to.
    fn learned(&self, open: &mut Open) {
        open.retain(|(who, id), _| {
            let Some(view) = self.nodes[*who].engine.view(*id) else { return true };
            let own = match view.standing() {
                Standing::Invitee(slot, _) => {
                    view.invitee(slot).map_or(Slot::Pending, |invitee| invitee.slot)
                }
                _ if view.over() => return false,
                _ => Slot::Pending,
            };
            !own.decided()
        });
    }

    /// Lets time pass until something happens; false if nothing does.
    fn advance(&mut self, end: u64) -> bool {
        if !self.air.is_empty() {
            self.now += DELAY;
            self.deliver_all();
            (0..self.nodes.len()).for_each(|who| self.wake(who));
            return true;
        }
        let due = |who: usize| Some(self.nodes[who].engine.poll_timeout()? - (self.clock(who) - self.now));
        let Some(next) = (0..self.nodes.len()).filter_map(due).min().filter(|next| *next <= end) else {
            return false;
        };
        self.now = next;
        (0..self.nodes.len()).for_each(|who| self.wake(who));
        true
    }
}
