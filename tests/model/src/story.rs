//! A story in plain words: the steps that lead somewhere, and what each of them did.

use std::fmt::Write;

use signaling_core::Device;
use signaling_core::machine::{Kind, PartyId, Rev, Slot, Tell};

use crate::act::Act;
use crate::heal::heal;
use crate::model::Model;
use crate::network::{Msg, Rep};
use crate::properties::Flaw;
use crate::world::{Told, Who, World};

/// Tells the story, a numbered paragraph a step.
pub fn tell(model: &Model, flaw: Flaw, steps: &[Act]) -> String {
    let mut world = model.start();
    let mut story = String::new();
    let names = Names(&world.clone());
    line(
        &mut story,
        &format!("   0. the inviter invites{}", sent(&names, &World::before(&model.config), &world)),
    );
    for (nth, act) in steps.iter().enumerate() {
        let Some((next, told)) = model.step(&world, act) else { break };
        let what = names.act(act);
        line(
            &mut story,
            &format!(
                "{:>4}. {what}{}{}",
                nth + 1,
                effects(&names, &world, &next, &told),
                sent(&names, &world, &next)
            ),
        );
        world = next;
    }
    match (world.flaw, flaw) {
        (Some(_), _) => line(&mut story, &format!("      so: {}", flaw.words())),
        (None, Flaw::Storm) => line(&mut story, &format!("      if all of that arrives: {}", flaw.words())),
        (None, _) => {
            let (healed, _) = heal(&model.config, &world);
            line(&mut story, &format!("      with the network whole again: {}", flaw.words()));
            line(&mut story, &format!("      then {}", names.summary(&healed)));
        }
    }
    story
}

fn line(story: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(story, "{text}");
}

fn effects(names: &Names<'_>, before: &World, after: &World, told: &[Told]) -> String {
    let mut text = String::new();
    for (at, (was, is)) in before.runs.iter().zip(&after.runs).enumerate() {
        let state = |world: &crate::world::Run| world.row.map(|row| row.state());
        if state(was) != state(is) {
            let now = state(is).map_or("has no row".into(), |state| format!("is {state:?}"));
            let _ = write!(text, "; {} {now}", names.device(at));
        }
    }
    for &(who, tell) in told {
        let _ = write!(text, "; {} is told {}", names.who(who), names.tell(tell));
    }
    text
}

fn sent(names: &Names<'_>, before: &World, after: &World) -> String {
    let mut text = String::new();
    for letter in after.net.letters().iter().filter(|letter| !before.net.letters().contains(letter)) {
        let _ = write!(text, "\n        under way: {}", names.msg(letter.msg()));
    }
    text
}

/// Calls everybody by a name.
struct Names<'a>(&'a World);

impl Names<'_> {
    fn party(&self, party: PartyId) -> &'static str {
        match party {
            PartyId::Invitee(0) => "bob",
            PartyId::Invitee(_) => "carol",
            PartyId::Observers => "alice's others",
        }
    }

    fn device(&self, at: usize) -> String {
        let party = self.0.runs.get(at).map_or(PartyId::Observers, |run| run.party);
        let user = if party == PartyId::Observers { "alice" } else { self.party(party) };
        format!("{user}/{}", at + 1)
    }

    fn run(&self, device: Device) -> String {
        let at = self.0.place(device).map_or_else(|| "alice".into(), |at| self.device(at));
        if device.epoch > 1 { format!("{at} (run {})", device.epoch) } else { at }
    }

    fn who(&self, who: Who) -> String {
        match who {
            Who::Inviter => "the inviter".into(),
            Who::Device(at) => self.device(at),
        }
    }

    fn tell(&self, tell: Tell) -> String {
        match tell {
            Tell::Ringing(_, device) => format!("that {} rings", self.run(device)),
            Tell::Full(_, device, full) => format!("that {} is full ({full:?})", self.run(device)),
            Tell::Decided(slot) => format!("the outcome of {}", self.party(PartyId::Invitee(slot))),
            Tell::Established(slot) => {
                format!("that {} knows of his call", self.party(PartyId::Invitee(slot)))
            }
            other => format!("{other:?}"),
        }
    }

    fn act(&self, act: &Act) -> String {
        match act {
            Act::Deliver(letter, prompt) => {
                let late = if *prompt { "" } else { ", having waited" };
                format!("arrives{late}: {}", self.msg(letter.msg()))
            }
            Act::Origin(timer) => format!("the inviter's {timer:?} timer"),
            Act::Holder(at, timer) => format!("{}'s {timer:?} timer", self.device(*at)),
            Act::Answer(at, answer) => format!("{} answers {answer:?}", self.device(*at)),
            Act::Modify(at) => format!("{} asks for other data", self.device(*at)),
            Act::Cancel(at) => format!("{} asks to cancel", self.device(*at)),
            Act::Add(at) => format!("{} is told of the id by its application", self.device(*at)),
            Act::OwnCancel => "the inviter cancels".into(),
            Act::OwnModify => "the inviter changes the data".into(),
            Act::Crash(at) => format!("{} starts again without memory", self.device(*at)),
            Act::Hello(at) => format!("{} says Hello", self.device(*at)),
            Act::Forget => "the inviter has no record any more".into(),
            Act::Restart => "the inviter starts again with what it saved".into(),
            Act::Vanish => "the inviter is gone for ever".into(),
            Act::Evict(at) => format!("{} evicts its row", self.device(*at)),
            Act::Slide(at) => format!("the window of {} moves on", self.device(*at)),
            Act::Room(at) => format!("{} has room again", self.device(*at)),
            Act::Admit(slot) => format!("{} is admitted", self.party(PartyId::Invitee(*slot))),
            Act::RelayCrash => "the relay loses its memory".into(),
            Act::RelayWhole => "the relay knows all devices again".into(),
        }
    }

    fn msg(&self, msg: &Msg) -> String {
        match msg {
            Msg::Send { to, ver, report } => {
                let to: Vec<&str> = crate::world::each(*to).map(|party| self.party(party)).collect();
                format!("Send v{ver} to {}: {}", to.join(", "), self.report(report))
            }
            Msg::Report { to, users: true, report } => {
                format!("{} to {}", self.report(report), self.run(*to))
            }
            Msg::Report { to, report, .. } => format!("{} to {} alone", self.report(report), self.run(*to)),
            Msg::Unknown { to } => format!("Unknown to {}", self.run(Device { id: *to, epoch: 1 })),
            Msg::Stance { from, n, stance, .. } => format!("{stance:?} n{n} from {}", self.run(*from)),
            Msg::Ack { from, rev, mask } => {
                let slots: Vec<String> = mask.iter().map(|slot| slot.to_string()).collect();
                format!("Ack of slots [{}], rev {rev} from {}", slots.join(" "), self.run(*from))
            }
            Msg::Fanout { party, ver, fanned, devices } => {
                let devices: Vec<String> = devices.iter().map(|&device| self.run(device)).collect();
                format!("Fanout v{ver} of {}: {fanned:?} [{}]", self.party(*party), devices.join(", "))
            }
        }
    }

    fn report(&self, report: &Rep) -> String {
        let kind = if report.kind == Kind::Invite { "Invite" } else { "Decision" };
        let slots: Vec<String> = report.slots.map(|(slot, _)| self.slot(slot)).collect();
        let echo = if report.echo > 0 { format!(" echo {}", report.echo) } else { String::new() };
        let rev = match report.rev {
            Rev { number: 0, .. } => String::new(),
            Rev { number, .. } => format!(" rev {number}"),
        };
        let modify = report.modify.map(|(n, became)| format!(" modify n{n}→{became}")).unwrap_or_default();
        let answer = report.answer.map(|slot| format!(" with the data of {slot}")).unwrap_or_default();
        format!("{kind} ({}){rev}{echo}{modify}{answer}", slots.join(", "))
    }

    fn slot(&self, slot: Slot) -> String {
        match slot {
            Slot::Accepted(by) => format!("accepted by {}", self.run(by)),
            Slot::Rejected(reason) => format!("rejected: {reason:?}").to_lowercase(),
            Slot::TimedOut => "timed out".into(),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    fn summary(&self, world: &World) -> String {
        let mut parts = Vec::new();
        if let Some(origin) = world.origin {
            let slots: Vec<String> = origin.slots().iter().map(|&slot| self.slot(slot)).collect();
            parts.push(format!("the inviter has ({})", slots.join(", ")));
        }
        for (at, run) in world.runs.iter().enumerate() {
            let Some(row) = run.row else {
                parts.push(format!("{} has no row", self.device(at)));
                continue;
            };
            let slots: Vec<String> = row.slots().iter().map(|&slot| self.slot(slot)).collect();
            parts.push(format!("{} is {:?} with ({})", self.device(at), row.state(), slots.join(", ")));
        }
        parts.join("; ")
    }
}
