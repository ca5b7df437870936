//! From any world, once the network is whole again, everything comes to its end: a fair schedule that shows it.

use std::collections::VecDeque;

use signaling_core::machine::{HolderTimer, Mask, OriginTimer, Party, PartyId, Seen, Slot, State};

use crate::act::Act;
use crate::config::{Config, Link, Refusal, Takes};
use crate::network::Msg;
use crate::properties::{Flaw, judge, knows};
use crate::turn::Turn;
use crate::watch::{ASKED, CANCELLED, ESTABLISHED, SETTLED};
use crate::world::{DEVICES, Inviter, Opened, Row, Run, World};

/// Rounds of repeats until nothing new is left to say.
const ROUNDS: usize = 4;
/// Messages that may follow from one round.
const STORM: usize = 400;

/// A world in which every message arrives once, in order.
struct Whole<'a> {
    config: &'a Config,
    world: World,
}

/// Whether it ends, if all that is under way arrives once, and what follows from it, without a timer or a person.
pub(crate) fn calms(config: &Config, world: &World) -> bool {
    let mut whole = Whole { config, world: world.clone() };
    let under_way = world.net.letters().iter().map(|letter| letter.msg().clone()).collect();
    whole.settle(under_way) != Err(Flaw::Storm)
}

/// Drops what is under way, lets the schedule run, and looks at the end.
///
/// # Errors
/// The first thing that did not come to its end.
pub(crate) fn heal(config: &Config, world: &World) -> (World, Result<(), Flaw>) {
    let mut whole = Whole { config, world: world.clone() };
    let end = whole.run();
    (whole.world, end)
}

impl Whole<'_> {
    fn run(&mut self) -> Result<(), Flaw> {
        self.mend()?;
        self.rounds()?;
        if let Some(origin) = self.world.origin {
            self.arrived(&origin)?;
            self.finish()?;
            self.rounds()?;
        }
        self.give_up()?;
        match self.world.origin {
            Some(origin) => self.ended(&origin),
            None => self.orphaned(),
        }
    }

    /// Lets one thing happen, and whatever messages follow from it.
    fn act(&mut self, act: &Act) -> Result<(), Flaw> {
        let mut turn = Turn::new(self.config, &mut self.world);
        turn.act(act);
        let out = turn.outbox.into();
        self.settle(out)
    }

    fn settle(&mut self, mut queue: VecDeque<Msg>) -> Result<(), Flaw> {
        let most = STORM + 8 * queue.len();
        for _ in 0..most {
            let Some(msg) = queue.pop_front() else {
                return judge(self.config, &mut self.world).map_or(Ok(()), Err);
            };
            let mut turn = Turn::new(self.config, &mut self.world);
            turn.deliver(&msg, true);
            queue.extend(turn.outbox);
        }
        Err(Flaw::Storm)
    }

    /// Nothing is under way; the relay knows everybody, and nobody is refused for now.
    fn mend(&mut self) -> Result<(), Flaw> {
        self.world.net.clear();
        for refused in &mut self.world.relay.refused {
            *refused = refused.filter(|&refusal| refusal == Refusal::Never);
        }
        for at in 0..self.world.runs.len() {
            self.act(&Act::Room(at))?;
            if self.world.runs.get(at).is_some_and(|run| run.link != Link::Absent) {
                self.act(&Act::Hello(at))?;
            }
        }
        self.act(&Act::RelayWhole)
    }

    fn rounds(&mut self) -> Result<(), Flaw> {
        for _ in 0..ROUNDS {
            self.origin_timer(OriginTimer::Resend)?;
            self.origin_timer(OriginTimer::Refresh)?;
            self.timers(HolderTimer::Resend)?;
        }
        Ok(())
    }

    fn origin_timer(&mut self, timer: OriginTimer) -> Result<(), Flaw> {
        if self.world.origin.is_some_and(|origin| origin.armed(timer)) {
            self.act(&Act::Origin(timer))?;
        }
        Ok(())
    }

    fn timers(&mut self, timer: HolderTimer) -> Result<(), Flaw> {
        for at in 0..self.world.runs.len() {
            if self.world.runs.get(at).and_then(|run| run.row).is_some_and(|row| row.armed(timer)) {
                self.act(&Act::Holder(at, timer))?;
            }
        }
        Ok(())
    }

    /// The time limit comes, or the inviter takes it back.
    fn finish(&mut self) -> Result<(), Flaw> {
        self.origin_timer(OriginTimer::Limit)?;
        if self.world.origin.is_some_and(|origin| !origin.over()) {
            self.act(&Act::OwnCancel)?;
        }
        Ok(())
    }

    /// All other timers come, one behind the other, wherever they are armed.
    fn give_up(&mut self) -> Result<(), Flaw> {
        use HolderTimer::{Lease, Request, Resend, Resolve, Ring};
        [Lease, Ring, Resend, Request, Resolve, Resend].into_iter().try_for_each(|timer| self.timers(timer))
    }

    fn reachable(&self) -> impl Iterator<Item = &Run> {
        let refused = |run: &Run| self.world.refusal(run.party).is_some();
        self.world.runs.iter().filter(move |run| run.link != Link::Absent && !refused(run))
    }

    fn takes(&self, run: &Run) -> Takes {
        let spec = self.world.place(run.device).and_then(|at| self.config.devices.get(at));
        spec.map_or(Takes::All, |spec| spec.takes)
    }

    /// Whether that run is owed all data: not if it began behind the last change, or cannot take it.
    fn owed_data(&self, run: &Run, origin: &Inviter) -> bool {
        run.since < origin.ver() && self.takes(run) == Takes::All
    }

    /// While it is pending, everybody who can rings and shows what is decided.
    fn arrived(&self, origin: &Inviter) -> Result<(), Flaw> {
        for run in self.reachable() {
            let grown = self.takes(run) == Takes::FirstData && origin.rev().number > 0;
            if grown || self.takes(run) == Takes::Outcomes {
                continue;
            }
            let over = self.world.over_for(run.party);
            if over && run.party == PartyId::Observers && run.since >= origin.ver() {
                continue; // It began behind the end, follows an old word, and asks when its T_ring comes.
            }
            let Some(row) = run.row else {
                let rang = run.seen == Seen::Marked && run.opened != Opened::No;
                ensure(rang || over, Flaw::NeverRings)?;
                continue;
            };
            let pressed = self.world.witness.pressed.iter().any(|&(device, _)| device == run.device);
            ensure(!pressed || over, Flaw::PressLost)?;
            let wanted = match (over, run.party) {
                (false, PartyId::Invitee(_)) => State::Ringing,
                (false, PartyId::Observers) => State::Observing,
                (true, _) => State::Done,
            };
            let decided = (0..self.config.invitees).filter(|&i| origin.slot(i).decided());
            let told: Mask = decided.collect();
            ensure(row.state() == wanted, Flaw::NeverRings)?;
            ensure(told.without(row.shown()).is_empty(), Flaw::Untold)?;
            ensure(row.request().is_none(), Flaw::Unanswered)?;
            ensure(row.rev() == origin.rev() || !self.owed_data(run, origin), Flaw::LacksData)?;
        }
        Ok(())
    }

    /// Everybody agrees, has all data, and the inviter has nothing to add.
    fn ended(&mut self, origin: &Inviter) -> Result<(), Flaw> {
        ensure(origin.over(), Flaw::Undecided)?;
        self.inviter_knows(origin)?;
        for run in self.reachable() {
            ensure(knows(run) || came_late(run, origin), Flaw::Undecided)?;
            let Some(row) = run.row else { continue };
            ensure(row.state() == State::Done && row.slots() == origin.slots(), Flaw::Undecided)?;
            ensure(row.shown().len() == u32::from(self.config.invitees), Flaw::Untold)?;
            let whole = row.have() == row.shown() && row.rev() == origin.rev();
            ensure(whole || !self.owed_data(run, origin), Flaw::LacksData)?;
            ensure(row.terminal(), Flaw::Leak)?;
            ensure(told_all(run, &row), Flaw::Untold)?;
        }
        self.silent()
    }

    /// The inviter was told of each outcome that is not its own doing, and that a winner knows who is there.
    fn inviter_knows(&self, origin: &Inviter) -> Result<(), Flaw> {
        let told = self.world.witness.told;
        for (slot, outcome) in (0u8..).zip(origin.slots()) {
            ensure(told.has(slot) || *outcome == Slot::Cancelled, Flaw::Untold)?;
            let wins = |run: &Run| *outcome == Slot::Accepted(run.device) && run.row.is_some();
            let again = self.world.left.restarts < self.config.restarts;
            let established = told.has(ESTABLISHED + slot) || again;
            ensure(established || !self.reachable().any(wins), Flaw::Untold)?;
        }
        Ok(())
    }

    /// The inviter repeats nothing any more, unless to runs that are no more, to a winner without a row, or for those
    /// that found no place in its own.
    fn silent(&mut self) -> Result<(), Flaw> {
        let placed = |origin: &Inviter| self.world.runs.iter().all(|run| has_place(run, origin));
        if !self.world.origin.is_some_and(|origin| origin.armed(OriginTimer::Resend) && placed(&origin)) {
            return Ok(());
        }
        let mut turn = Turn::new(self.config, &mut self.world);
        turn.act(&Act::Origin(OriginTimer::Resend));
        let out = turn.outbox;
        let (runs, truth) = (&self.world.runs, &self.world.witness.truth);
        let lost = |run: &Run| run.row.is_none() && truth.contains(&Slot::Accepted(run.device));
        let dead = |msg: &Msg| {
            matches!(msg, Msg::Report { to, users: false, .. }
                if !runs.iter().any(|run| run.device == *to && !lost(run)))
        };
        ensure(out.iter().all(dead), Flaw::NotQuiet)
    }

    /// Without the inviter nobody guesses, nobody waits, and what the relay kept is known.
    fn orphaned(&self) -> Result<(), Flaw> {
        for run in self.world.runs.iter().filter(|run| run.link != Link::Absent) {
            let carried = matches!(run.party, PartyId::Invitee(slot) if self.world.relay.carried.has(slot));
            ensure(!carried || decided(run), Flaw::StoreLost)?;
            let Some(row) = run.row else { continue };
            ensure(row.terminal(), Flaw::Leak)?;
            ensure(row.request().is_none(), Flaw::Unanswered)?;
        }
        Ok(())
    }
}

/// A run that began behind the last change, and was never told of the invitation, misses nothing.
pub(crate) fn came_late(run: &Run, origin: &Inviter) -> bool {
    run.since >= origin.ver() && run.row.is_none() && run.opened == Opened::No
}

/// Whether the inviter follows that run, or could.
fn has_place(run: &Run, origin: &Inviter) -> bool {
    let peers = origin.party(run.party).map(Party::peers).unwrap_or_default();
    peers.len() < DEVICES || peers.iter().any(|peer| peer.device == run.device)
}

/// Whether the application there, if it knows of the invitation, was told how each slot ended, and its answer.
fn told_all(run: &Run, row: &Row) -> bool {
    let own_win = |slot| run.party == PartyId::Invitee(slot) && run.told.has(SETTLED);
    let outcome = |slot| match row.slot(slot) {
        Slot::Cancelled => run.told.has(CANCELLED) || run.told.has(ASKED),
        _ => run.told.has(slot) || own_win(slot),
    };
    let settled = row.answer().is_none() || run.told.has(SETTLED);
    !row.known() || (settled && (0u8..).zip(row.slots()).all(|(slot, _)| outcome(slot)))
}

fn decided(run: &Run) -> bool {
    run.seen != Seen::New || run.row.is_some_and(|row| row.state() == State::Done)
}

fn ensure(holds: bool, flaw: Flaw) -> Result<(), Flaw> {
    if holds { Ok(()) } else { Err(flaw) }
}
