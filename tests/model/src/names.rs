//! Steps, messages and outcomes in plain words.

use signaling_core::Device;
use signaling_core::machine::{Kind, PartyId, Rev, Slot, Tell};

use crate::act::Act;
use crate::network::{Msg, Rep};
use crate::space::Scene;
use crate::world::{INVITEES, Run, Told, Who, World};

/// Calls everybody in a world by a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    /// The world.
    pub(crate) world: &'a World,
    /// The inviter's device.
    pub(crate) inviter: &'static str,
    /// The users invited.
    pub(crate) invitees: [&'static str; INVITEES],
}

impl<'a> Names<'a> {
    /// As a world with one invitation has them.
    pub(crate) fn new(world: &'a World) -> Self {
        Self { world, inviter: "the inviter", invitees: ["bob", "carol"] }
    }

    /// What is seen of a step between two worlds, in columns: the inviter, the devices, the relay.
    pub(crate) fn scene(&self, act: Option<&Act>, after: &World, told: &[Told]) -> Scene {
        let what = act.map_or_else(|| format!("{} invites", self.inviter), |act| self.act(act));
        let lane = act.map_or(0, |act| self.lane(act));
        let arrives = match act {
            Some(Act::Deliver(letter, _)) => Some(letter.key()),
            _ => None,
        };
        let mut notes = Vec::new();
        for (at, (was, is)) in self.world.runs.iter().zip(&after.runs).enumerate() {
            let state = |run: &Run| run.row.map(|row| row.state());
            if state(was) != state(is) {
                let now = state(is).map_or("has no row".into(), |state| format!("is {state:?}"));
                notes.push((at + 1, format!("{} {now}", self.device(at))));
            }
        }
        for &(who, tell) in told {
            let lane = if let Who::Device(at) = who { at + 1 } else { 0 };
            notes.push((lane, format!("{} is told {}", self.who(who), self.tell(tell))));
        }
        let new = after.net.letters().iter().filter(|letter| !self.world.net.letters().contains(letter));
        let sent =
            new.map(|letter| (letter.key(), self.sender(letter.msg()), self.msg(letter.msg()))).collect();
        Scene { what, lane, arrives, notes, sent }
    }

    fn relay(&self) -> usize {
        self.world.runs.len() + 1
    }

    fn column(&self, device: Device) -> usize {
        self.world.place(device).map_or(0, |at| at + 1)
    }

    fn sender(&self, msg: &Msg) -> usize {
        match msg {
            Msg::Send { .. } | Msg::Report { .. } | Msg::Unknown { .. } => 0,
            Msg::Stance { from, .. } | Msg::Ack { from, .. } => self.column(*from),
            Msg::Fanout { .. } => self.relay(),
        }
    }

    /// The column in which something happens.
    fn lane(&self, act: &Act) -> usize {
        match act {
            Act::Deliver(letter, _) => match letter.msg() {
                Msg::Send { .. } => self.relay(),
                Msg::Report { to, .. } => self.column(*to),
                Msg::Unknown { to } => self.column(Device { id: *to, epoch: 1 }),
                Msg::Stance { .. } | Msg::Ack { .. } | Msg::Fanout { .. } => 0,
            },
            Act::Holder(at, _)
            | Act::Answer(at, _)
            | Act::Modify(at)
            | Act::Cancel(at)
            | Act::Add(at)
            | Act::Crash(at)
            | Act::Hello(at)
            | Act::Evict(at)
            | Act::Slide(at)
            | Act::Room(at) => at + 1,
            Act::Admit(_) | Act::RelayCrash | Act::RelayWhole => self.relay(),
            _ => 0,
        }
    }

    pub(crate) fn party(&self, party: PartyId) -> &'static str {
        match party {
            PartyId::Invitee(slot) => self.invitees.get(usize::from(slot)).copied().unwrap_or_default(),
            PartyId::Observers => "alice's others",
        }
    }

    pub(crate) fn device(&self, at: usize) -> String {
        let party = self.world.runs.get(at).map_or(PartyId::Observers, |run| run.party);
        let user = if party == PartyId::Observers { "alice" } else { self.party(party) };
        format!("{user}/{}", at + 1)
    }

    fn run(&self, device: Device) -> String {
        let at = self.world.place(device).map_or_else(|| self.inviter.into(), |at| self.device(at));
        if device.epoch > 1 { format!("{at} (run {})", device.epoch) } else { at }
    }

    fn who(&self, who: Who) -> String {
        match who {
            Who::Inviter => self.inviter.into(),
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
            Tell::TimedOut(_) => "that time is up".into(),
            other => format!("{other:?}"),
        }
    }

    pub(crate) fn act(&self, act: &Act) -> String {
        match act {
            Act::Deliver(letter, prompt) => {
                let late = if *prompt { "" } else { ", having waited" };
                format!("arrives{late}: {}", self.msg(letter.msg()))
            }
            Act::Invite => format!("{} invites", self.inviter),
            Act::Origin(timer) => format!("{}'s {timer:?} timer", self.inviter),
            Act::Holder(at, timer) => format!("{}'s {timer:?} timer", self.device(*at)),
            Act::Answer(at, answer) => format!("{} answers {answer:?}", self.device(*at)),
            Act::Modify(at) => format!("{} asks for other data", self.device(*at)),
            Act::Cancel(at) => format!("{} asks to cancel", self.device(*at)),
            Act::Add(at) => format!("{} is told of the id by its application", self.device(*at)),
            Act::OwnCancel => format!("{} cancels", self.inviter),
            Act::OwnModify => format!("{} changes the data", self.inviter),
            Act::Crash(at) => format!("{} starts again without memory", self.device(*at)),
            Act::Hello(at) => format!("{} says Hello", self.device(*at)),
            Act::Forget => format!("{} has no record any more", self.inviter),
            Act::Restart => format!("{} starts again with what it saved", self.inviter),
            Act::Vanish => format!("{} is gone for ever", self.inviter),
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

    /// How things stand in that world.
    pub(crate) fn summary(&self, world: &World) -> String {
        let mut parts = Vec::new();
        if let Some(origin) = world.origin {
            let slots: Vec<String> = origin.slots().iter().map(|&slot| self.slot(slot)).collect();
            parts.push(format!("{} has ({})", self.inviter, slots.join(", ")));
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
