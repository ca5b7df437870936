//! Two users who invite each other: the first device of each invitee is the one that made the other invitation.

use signaling_core::machine::{Answer, PartyId, Rival, Seen, Slot, State};
use signaling_core::{Device, InviteId};

use super::{Coupled, Steps};
use crate::act::Act;
use crate::config::Config;
use crate::heal::came_late;
use crate::properties::{Flaw, knows};
use crate::turn::Turn;
use crate::world::{Inviter, Opened, Row, Run, World};

/// Alice's invitation of bob, and bob's of alice.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Crossing {
    worlds: [World; 2],
    /// Witness: whose invitations gave way.
    gave_way: [bool; 2],
    /// Witness: whose were made when the other was over.
    late: [bool; 2],
    flaw: Option<Flaw>,
}

/// Hers has the smaller id.
fn id(at: usize) -> InviteId {
    InviteId { origin: Device { id: at as u64 + 1, epoch: 1 }, sequence: 1 }
}

fn pending(world: &World) -> bool {
    world.origin.is_some_and(|origin| !origin.over())
}

fn row(world: &World) -> Option<State> {
    world.runs.first()?.row.map(|row| row.state())
}

/// Without its inviter's device an invitation is not waited for.
fn orphaned(world: &World) -> Result<(), Flaw> {
    let waits = world.runs.iter().filter_map(|run| run.row).any(|row| !row.terminal());
    if waits { Err(Flaw::Leak) } else { Ok(()) }
}

fn accepted(world: &World) -> Option<Device> {
    match world.witness.truth[0] {
        Slot::Accepted(by) => Some(by),
        _ => None,
    }
}

impl Turn<'_> {
    /// The inviter gives way to an invitation of the invitee.
    fn give_way(&mut self) {
        self.world.witness.cancelled = true;
        self.at_inviter(None, Inviter::on_glare);
    }

    /// The first device invites the inviter in turn.
    fn cross(&mut self, rival: Rival) {
        self.at_holder(0, |row, fx| row.on_rival(rival, fx));
    }

    /// The own invitation of the first device to the inviter ended.
    fn release(&mut self, accepted: bool) {
        self.at_holder_while(0, true, |row, fx| row.release(accepted, fx));
    }
}

impl Crossing {
    fn rival(&self, own: usize, theirs: usize) -> Rival {
        if pending(&self.worlds[own]) { Rival::of(id(own), id(theirs)) } else { Rival::None }
    }

    fn give_way(&mut self, steps: &mut Steps<'_>, at: usize, dead: bool) {
        self.gave_way[at] = true;
        if dead {
            self.flaw.get_or_insert(Flaw::GaveWayToDead);
        }
        steps.take(self, at, |turn: &mut Turn<'_>| {
            turn.give_way();
        });
    }

    /// Whether the person at the first device accepted just now.
    fn accepts(&self, at: usize, before: &World) -> bool {
        let answer = |run: Option<&Run>| run.and_then(|run| run.row).and_then(|row| row.answer());
        answer(before.runs.first()).is_none() && answer(self.first(at)) == Some(Answer::Accept)
    }

    /// Whether the inviter's word came just now that what rings on the first device stands.
    fn stands(&self, at: usize, before: &World) -> bool {
        let was = before.runs.first().and_then(|run| run.row);
        let rings = |row: Option<Row>| row.and_then(|row| row.rings());
        rings(self.first(at).and_then(|run| run.row)) > rings(was)
    }

    /// The first device of each: what rings there, and what waits.
    fn first(&self, at: usize) -> Option<&Run> {
        self.worlds[at].runs.first()
    }
}

impl Crossing {
    /// The first device of an invitee made the other invitation: it starts again, and forgets that too. A durable
    /// inviter remembers his own, and forgets what rang.
    fn starts_again(&mut self, steps: &mut Steps<'_>, at: usize, before: &World) {
        let (other, now) = (1 - at, self.worlds[at].left);
        // So many in all.
        let left = &mut self.worlds[other].left;
        (left.crashes, left.restarts) = (now.crashes, now.restarts);
        if now.crashes < before.left.crashes && super::begun(&self.worlds[other]) {
            steps.take(self, other, |turn| turn.act(&Act::Forget));
        }
        if now.restarts < before.left.restarts {
            steps.take(self, other, |turn| turn.start_again(0));
        }
    }
}

impl Coupled for Crossing {
    fn before(config: &Config) -> Self {
        let worlds = [(); 2].map(|()| World::before(config));
        Self { worlds, gave_way: [false; 2], late: [false; 2], flaw: None }
    }

    fn worlds(&self) -> &[World] {
        &self.worlds
    }

    fn worlds_mut(&mut self) -> &mut [World] {
        &mut self.worlds
    }

    /// Who has answered the other does not invite him in turn.
    fn allows(&self, at: usize, act: &Act) -> bool {
        let answered = self.first(1 - at).and_then(|run| run.row).is_some_and(|row| row.answer().is_some());
        *act != Act::Invite || !answered
    }

    fn before_step(&mut self, at: usize) -> Rival {
        self.rival(1 - at, at)
    }

    fn after_step(&mut self, steps: &mut Steps<'_>, at: usize, before: &World) {
        let other = 1 - at;
        self.starts_again(steps, at, before);
        if self.stands(at, before) && self.rival(other, at) == Rival::Yields {
            let asked = before.runs.first().filter(|run| run.row.is_some());
            let dead = asked.map_or(before.over_for(PartyId::Invitee(0)), |run| run.asked_late);
            self.give_way(steps, other, dead || self.late[other]);
        }
        if self.accepts(at, before) && self.rival(other, at) == Rival::Yields {
            self.give_way(steps, other, false);
        }
        let made = !super::begun(before) && super::begun(&self.worlds[at]);
        if made {
            let theirs = &self.worlds[other];
            self.late[at] = super::begun(theirs) && theirs.over_for(PartyId::Invitee(0));
            steps.take(self, other, |turn| turn.cross(Rival::of(id(at), id(other))));
        }
        let ended = pending(before) && !pending(&self.worlds[at]);
        if ended && row(&self.worlds[other]) == Some(State::Held) {
            let accepted = accepted(&self.worlds[at]).is_some();
            steps.take(self, other, |turn| turn.release(accepted));
        }
    }

    fn flaw(&self) -> Option<Flaw> {
        // Who starts again, and forgets, talks no more.
        let talk = |world: &World| {
            let first = world.runs.first().map(|run| run.device);
            world.origin.is_some() && accepted(world).is_some_and(|by| Some(by) == first)
        };
        if self.worlds.iter().all(talk) {
            return Some(Flaw::TwoCalls);
        }
        let none_left = self.gave_way == [true; 2];
        self.flaw.or(none_left.then_some(Flaw::NoneLeft))
    }

    fn arrived(&self) -> Result<(), Flaw> {
        if self.worlds.iter().all(pending) {
            return Err(Flaw::BothGoOn);
        }
        for (at, world) in self.worlds.iter().enumerate().filter(|(_, world)| pending(world)) {
            let talks = accepted(&self.worlds[1 - at]).is_some();
            for (place, run) in world.runs.iter().enumerate() {
                let rings = run.row.is_some_and(|row| row.state() == State::Ringing);
                let forgotten = talks && place == 0 && run.seen == Seen::Marked;
                if !rings && !forgotten {
                    return Err(Flaw::NeverRings);
                }
            }
        }
        Ok(())
    }

    fn ended(&self) -> Result<(), Flaw> {
        for world in self.worlds.iter().filter(|world| super::begun(world)) {
            let Some(origin) = world.origin else {
                orphaned(world)?;
                continue;
            };
            for run in &world.runs {
                if came_late(run, &origin) {
                    continue;
                }
                if !knows(run) {
                    return Err(Flaw::Undecided);
                }
                let Some(row) = run.row else { continue };
                if row.state() != State::Done {
                    return Err(Flaw::Leak);
                }
                if run.opened == Opened::No {
                    return Err(Flaw::Untold);
                }
            }
        }
        Ok(())
    }

    fn names(at: usize) -> (&'static str, &'static str, &'static str) {
        if at == 0 { ("alice/1", "bob", "hers") } else { ("bob/1", "alice", "his") }
    }

    fn lane(&self, at: usize, lane: usize) -> usize {
        let runs = self.worlds[at].runs.len();
        match lane {
            0 => at,
            1 => 1 - at,
            _ if lane > runs => 2 * runs,
            _ => 2 * (lane - 1) + (1 - at),
        }
    }

    fn lanes(config: &Config) -> Vec<String> {
        let each = (1..=config.devices.len()).flat_map(|nth| [format!("alice/{nth}"), format!("bob/{nth}")]);
        each.chain(["the relay".into()]).collect()
    }

    fn sights(&self) -> Vec<&'static str> {
        let held = (0..2).any(|at| row(&self.worlds[at]) == Some(State::Held));
        let gave_way = self.gave_way.contains(&true);
        let called = self.worlds.iter().filter(|world| accepted(world).is_some()).count();
        let rings = |at: usize| row(&self.worlds[at]) == Some(State::Ringing);
        let after_glare = gave_way && called == 1;
        let freed = !pending(&self.worlds[0]) && accepted(&self.worlds[0]).is_none() && rings(1);
        let all = [
            (held, "held"),
            (gave_way, "gave way"),
            (after_glare, "one call"),
            (called == 2, "two calls by siblings"),
            (freed, "rings after all"),
        ];
        all.into_iter().filter(|(seen, _)| *seen).map(|(_, name)| name).collect()
    }
}
