//! What may happen next.

use signaling_core::machine::{Answer, Holder, HolderTimer, Kind, Me, OriginTimer, PartyId, Seen, State};

use crate::config::{Config, Link};
use crate::network::{Letter, Msg};
use crate::watch::SETTLED;
use crate::world::{Run, World};

/// One step.
#[derive(Clone, PartialEq, Debug)]
pub enum Act {
    /// The inviter invites; only where it has not yet.
    Invite,
    /// A message arrives; whether it came at once.
    Deliver(Letter, bool),
    /// A timer of the inviter's row.
    Origin(OriginTimer),
    /// A timer of the row on the device at this place.
    Holder(usize, HolderTimer),
    /// A person answers there.
    Answer(usize, Answer),
    /// The application there wants other data.
    Modify(usize),
    /// An observer cancels.
    Cancel(usize),
    /// The application there learned of the id elsewhere.
    Add(usize),
    /// The inviter cancels.
    OwnCancel,
    /// The inviter changes the data.
    OwnModify,
    /// A device starts again without memory.
    Crash(usize),
    /// A device says Hello.
    Hello(usize),
    /// The inviter has no record any more, and says so when asked.
    Forget,
    /// The inviter is gone for ever.
    Vanish,
    /// The inviter's device starts again with what it saved.
    Restart,
    /// A terminal row leaves its table.
    Evict(usize),
    /// The window moved past the id.
    Slide(usize),
    /// There is room in the table again.
    Room(usize),
    /// The relay refuses that user no longer.
    Admit(u8),
    /// The relay loses its memory.
    RelayCrash,
    /// The relay is sure again that it knows all devices.
    RelayWhole,
}

/// All that may happen next in that world.
pub fn acts(config: &Config, world: &World, acts: &mut Vec<Act>) {
    if world.flaw.is_some() {
        return;
    }
    deliveries(config, world, acts);
    inviter(config, world, acts);
    for (at, run) in world.runs.iter().enumerate() {
        if run.link == Link::Online {
            timers(config, at, run, acts);
            people(config, world, at, run, acts);
        }
        faults(config, world, at, run, acts);
    }
    relay(config, world, acts);
}

fn deliveries(config: &Config, world: &World, acts: &mut Vec<Act>) {
    for letter in world.net.letters() {
        acts.push(Act::Deliver(letter.clone(), true));
        if config.late && matches!(letter.msg(), Msg::Report { report, .. } if report.kind == Kind::Invite) {
            acts.push(Act::Deliver(letter.clone(), false));
        }
    }
}

fn inviter(config: &Config, world: &World, acts: &mut Vec<Act>) {
    let Some(origin) = &world.origin else { return };
    for timer in [OriginTimer::Limit, OriginTimer::Resend, OriginTimer::Refresh] {
        if origin.armed(timer) || config.stray {
            acts.push(Act::Origin(timer));
        }
    }
    if config.cancel && !origin.over() {
        acts.push(Act::OwnCancel);
    }
    if world.left.own_modify > 0 && !origin.over() {
        acts.push(Act::OwnModify);
    }
    if config.forget {
        acts.push(Act::Forget);
    }
    if config.vanish {
        acts.push(Act::Vanish);
    }
    if world.left.restarts > 0 {
        acts.push(Act::Restart);
    }
}

fn timers(config: &Config, at: usize, run: &Run, acts: &mut Vec<Act>) {
    use HolderTimer::{Lease, Request, Resend, Resolve, Ring};
    let Some(row) = &run.row else { return };
    let wanted = |timer: &HolderTimer| match timer {
        Lease | Ring => config.lease,
        Resolve | Request => config.resolve,
        Resend => true,
    };
    let due = [Lease, Ring, Resend, Resolve, Request].into_iter().filter(wanted);
    acts.extend(due.filter(|&timer| row.armed(timer) || config.stray).map(|timer| Act::Holder(at, timer)));
}

fn answerable(config: &Config, row: &Holder<{ crate::world::INVITEES }>) -> bool {
    match row.state() {
        State::Confirming => config.push || row.known(),
        State::Ringing | State::Silent => true,
        _ => false,
    }
}

fn people(config: &Config, world: &World, at: usize, run: &Run, acts: &mut Vec<Act>) {
    let Some(row) = &run.row else {
        if config.add && run.seen != Seen::Marked {
            acts.push(Act::Add(at));
        }
        return;
    };
    let free = row.request().is_none();
    let person = config.devices.get(at).is_some_and(|spec| spec.person);
    if person && row.me() != Me::Observer && answerable(config, row) {
        acts.extend(config.answers.iter().map(|&answer| Act::Answer(at, answer)));
    }
    if row.me() == Me::Observer && config.observer_cancel && free && row.known() {
        acts.push(Act::Cancel(at));
    }
    if world.left.modify > 0 && free && row.known() {
        acts.push(Act::Modify(at));
    }
}

fn faults(config: &Config, world: &World, at: usize, run: &Run, acts: &mut Vec<Act>) {
    if run.link != Link::Absent && world.left.crashes > 0 {
        acts.push(Act::Crash(at));
    }
    let listed = u8::try_from(at).is_ok_and(|at| world.relay.listed.has(at));
    if run.link != Link::Online || !listed || config.store {
        acts.push(Act::Hello(at));
    }
    if config.evict && run.row.is_some_and(|row| row.terminal()) {
        acts.push(Act::Evict(at));
    }
    if config.slide && run.seen == Seen::Marked && !in_doubt(world, run) {
        acts.push(Act::Slide(at));
    }
    if !run.room {
        acts.push(Act::Room(at));
    }
}

/// An answer still in doubt 64 invitations later is beyond what is promised.
fn in_doubt(world: &World, run: &Run) -> bool {
    let answered = world.witness.pressed.iter().any(|&(device, _)| device == run.device);
    answered && !run.told.has(SETTLED)
}

fn relay(config: &Config, world: &World, acts: &mut Vec<Act>) {
    for slot in 0..config.invitees {
        if world.refusal(PartyId::Invitee(slot)).is_some() {
            acts.push(Act::Admit(slot));
        }
    }
    if world.left.relay_crashes > 0 {
        acts.push(Act::RelayCrash);
    }
    if world.relay.partial {
        acts.push(Act::RelayWhole);
    }
}
