//! What can matter no more is dropped, so that worlds that differ in nothing else are one.
//!
//! A number that is not the row's last one never is again: what names it is as good as unasked. A device that
//! is done for good needs no more mail. What the inviter has taken in for good changes nothing again.

use signaling_core::Device;
use signaling_core::machine::{Slot, Stance, State, Via};

use crate::config::{Config, Link};
use crate::effects::Effects;
use crate::network::{Msg, Network, Rep};
use crate::world::{Run, World};

/// Rules that are swapped out may make matter what should not.
const SOUND: bool = !cfg!(broken = "any");

enum Fate {
    Keep,
    Drop,
    Become(Msg),
}

/// Drops what can matter no more.
pub(crate) fn prune(config: &Config, world: &mut World) {
    if !SOUND || !config.prune {
        return;
    }
    let mut kept = Network::default();
    let mut changed = false;
    for letter in world.net.letters() {
        match fate(config, world, letter.msg()) {
            Fate::Keep => kept.add(letter.clone()),
            Fate::Drop => changed = true,
            Fate::Become(msg) => {
                changed = true;
                kept.post(msg);
            }
        }
    }
    if changed {
        world.net = kept;
    }
}

fn fate(config: &Config, world: &World, msg: &Msg) -> Fate {
    match msg {
        Msg::Send { .. } => Fate::Keep,
        Msg::Fanout { .. } | Msg::Ack { .. } => of_news(config, world, msg),
        Msg::Unknown { to } => match receiver(world, Device { id: *to, epoch: 0 }) {
            Some(run) if settled(config, world, run) => Fate::Drop,
            _ => Fate::Keep,
        },
        Msg::Report { to, users, report } => of_report(config, world, *to, *users, report),
        Msg::Stance { from, n, stance, data } => of_stance(config, world, *from, *n, *stance, *data),
    }
}

fn receiver(world: &World, device: Device) -> Option<&Run> {
    world.runs.get(world.place(device)?)
}

/// Whether that device has all there is to know, keeps it, and asks nothing.
fn settled(config: &Config, world: &World, run: &Run) -> bool {
    let forgets = config.evict || world.left.crashes > 0;
    let (Some(row), false) = (run.row, forgets) else { return false };
    let latest = world.left.restarts == 0
        && world.origin.is_none_or(|origin| origin.over() && origin.rev() == row.rev());
    let whole = row.slots().iter().all(|slot| slot.decided()) && row.have() == row.shown();
    row.state() == State::Done && row.terminal() && row.request().is_none() && latest && whole
}

/// A Fanout or an Ack that the inviter has taken in: both only ever add to what it knows.
fn of_news(config: &Config, world: &World, msg: &Msg) -> Fate {
    let Some(before) = world.origin else { return Fate::Drop };
    let (mut origin, mut fx) = (before, Effects::default());
    match msg {
        // A newer run may take the place of one that only a Fanout named.
        Msg::Fanout { .. } if config.crashes > 0 => return Fate::Keep,
        // What it has taken in, it may forget again.
        _ if world.left.restarts > 0 => return Fate::Keep,
        Msg::Fanout { party, ver, fanned, devices } => {
            origin.on_fanout(*party, *ver, *fanned, devices.iter().copied(), &mut fx);
        }
        Msg::Ack { from, rev, mask } => {
            let Some(run) = receiver(world, *from) else { return Fate::Drop };
            let via = Via { party: run.party, device: *from };
            origin.on_ack(via, *rev, *mask, &mut fx);
        }
        _ => return Fate::Keep,
    }
    let idle = origin == before && fx.sends.is_empty() && fx.tells.is_empty();
    if idle { Fate::Drop } else { Fate::Keep }
}

fn of_report(config: &Config, world: &World, to: Device, users: bool, report: &Rep) -> Fate {
    let Some(run) = receiver(world, to) else { return Fate::Drop };
    if settled(config, world, run) {
        return Fate::Drop;
    }
    let decided = report.slots.clone().all(|(slot, _)| slot != Slot::Pending);
    let live = run.row.is_some_and(|row| row.stance().0 == report.echo) && to == run.device;
    let for_it = users || to == run.device;
    if report.echo == 0 {
        return if !users && said_to_all(config, world, run, report) { Fate::Drop } else { Fate::Keep };
    }
    if live && !decided {
        return Fate::Keep;
    }
    let modify = report.modify.filter(|_| for_it);
    let to = if modify.is_some() || users { to } else { Device { epoch: 0, ..to } };
    Fate::Become(Msg::Report { to, users, report: Rep { echo: 0, modify, ..*report } })
}

fn of_stance(config: &Config, world: &World, from: Device, n: u32, stance: Stance, data: bool) -> Fate {
    let Some(run) = receiver(world, from) else { return Fate::Drop };
    let told = |msg: &Msg| matches!(msg, Msg::Unknown { to } if *to == from.id);
    let answered = world.origin.is_none()
        && (!world.there || world.net.letters().iter().any(|letter| told(letter.msg())));
    let done = settled(config, world, run) && run.device == from;
    if answered || (done && world.over_for(run.party)) {
        return Fate::Drop;
    }
    let live = run.device == from && run.row.is_some_and(|row| row.stance().0 == n);
    if n == 0 && old_news(config, world, run, from, stance) {
        return Fate::Drop;
    }
    if live || n == 0 || stance == Stance::Modify {
        return Fate::Keep;
    }
    Fate::Become(Msg::Stance { from, n: 0, stance, data })
}

/// Whether the same is under way to all devices of the user: that does whatever this would do.
fn said_to_all(config: &Config, world: &World, run: &Run, report: &Rep) -> bool {
    let lasting = run.row.is_some_and(|row| row.known()) && !config.evict && world.left.crashes == 0;
    let to = Device { epoch: 0, ..run.device };
    let same = Msg::Report { to, users: true, report: *report };
    (config.late || lasting) && report.modify.is_none() && world.net.has(&same)
}

/// An old Query or Ringing that the inviter has taken in. Its answer would be what all are sent anyway.
fn old_news(config: &Config, world: &World, run: &Run, from: Device, stance: Stance) -> bool {
    let plain = !config.data && !config.lazy && config.modify == 0 && config.restarts == 0;
    let asks = matches!(stance, Stance::Query | Stance::Ringing);
    let Some(before) = world.origin.filter(|_| plain && asks && run.link == Link::Online) else {
        return false;
    };
    let (mut origin, mut fx) = (before, Effects::default());
    origin.on_stance(Via { party: run.party, device: from }, 0, stance, false, &mut fx);
    let (_, devices) = world.reach(run.party);
    origin == before && fx.tells.is_empty() && devices.contains(&run.device) && !world.relay.partial
}
