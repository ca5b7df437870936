//! The state of a small world: the shipped machine on every device, the network, the relay, and a witness.

use signaling_core::Device;
use signaling_core::machine::{Answer, Fanned, Holder, Mask, Me, Origin, Parties, PartyId, Seen, Slot, Tell};

use crate::config::{Config, Link, Refusal, Spec, Takes};
use crate::network::{Network, Rep};
use crate::properties::Flaw;

/// Invitees a row.
pub const INVITEES: usize = 2;
/// Devices an invitee.
pub const DEVICES: usize = 3;
/// The shipped machine on the inviter's device.
pub type Inviter = Origin<INVITEES, DEVICES>;
/// The shipped machine on any other device.
pub type Row = Holder<INVITEES>;

/// The inviter's own device.
pub const INVITER: Device = Device { id: 0, epoch: 1 };

/// What the application of a run was told first of the invitation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Opened {
    /// Nothing.
    No,
    /// That it rings, or it told us of the invitation itself.
    Shown,
    /// That it was missed.
    Missed,
}

/// One device in its present run.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Run {
    /// Whose it is.
    pub party: PartyId,
    /// How it stands to the relay.
    pub link: Link,
    /// The device and its epoch.
    pub device: Device,
    /// The numbers drawn in this run.
    pub numbers: u32,
    /// The row of the invitation.
    pub row: Option<Row>,
    /// Whether the id was here before.
    pub seen: Seen,
    /// Whether a row can be kept.
    pub room: bool,
    /// Witness: the version of the invitation when the relay first knew of this run.
    pub since: u32,
    /// Witness: how the application learned of it.
    pub opened: Opened,
    /// Witness: the outcomes told, and what else is told once.
    pub told: Mask,
    /// Witness: whether the last number was drawn when the inviter had decided.
    pub asked_late: bool,
    /// Witness: the leases begun after the inviter had decided.
    pub late_leases: u8,
}

impl Run {
    /// The device of that place in its first run.
    pub fn new(place: usize, spec: &Spec) -> Self {
        Self {
            party: spec.party,
            link: spec.link,
            device: Device { id: place as u64 + 1, epoch: 1 },
            numbers: 0,
            row: None,
            seen: Seen::New,
            room: spec.room,
            since: 0,
            opened: Opened::No,
            told: Mask::default(),
            asked_late: false,
            late_leases: 0,
        }
    }

    /// The same device started again without memory, when the invitation has version `since`.
    pub fn restarted(&self, since: u32) -> Self {
        let spec =
            Spec { party: self.party, link: self.link, room: self.room, person: true, takes: Takes::All };
        let device = Device { id: self.device.id, epoch: self.device.epoch.saturating_add(1) };
        Self { device, since, ..Self::new(0, &spec) }
    }

    /// What it is to the invitation.
    pub fn me(&self) -> Me {
        match self.party {
            PartyId::Invitee(slot) => Me::Invitee(slot),
            PartyId::Observers => Me::Observer,
        }
    }
}

/// The relay's memory.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Relay {
    /// The devices that it knows of, by place.
    pub listed: Mask,
    /// Whether there may be more.
    pub partial: bool,
    /// Whom it refuses.
    pub refused: [Option<Refusal>; INVITEES],
    /// The newest Send to each user: version, body, and the one device it is for.
    pub store: Vec<(PartyId, u32, Rep)>,
    /// Witness: the slots whose outcome was given to the store.
    pub carried: Mask,
}

/// What is left of what happens a limited number of times.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Left {
    /// Devices that lose their memory.
    pub crashes: u8,
    /// Modifications by holders.
    pub modify: u8,
    /// Modifications by the inviter.
    pub own_modify: u8,
    /// Restarts of a durable inviter.
    pub restarts: u8,
    /// Losses of the relay's memory.
    pub relay_crashes: u8,
}

/// What really happened, whoever forgot it since.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Witness {
    /// The invitation was made.
    pub begun: bool,
    /// The first outcome of each slot seen anywhere.
    pub truth: [Slot; INVITEES],
    /// Who pressed what, each once.
    pub pressed: Vec<(Device, Answer)>,
    /// Somebody asked to cancel.
    pub cancelled: bool,
    /// The time limit came.
    pub ran_out: bool,
    /// The inviter's application was told of these outcomes.
    pub told: Mask,
    /// The slots whose winner was told so.
    pub confirmed: Mask,
    /// The modifications that were carried out, by the run that asked and its number.
    pub applied: Vec<(Device, u32)>,
}

/// The whole of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct World {
    /// The invitation where it was made; none once it is forgotten.
    pub origin: Option<Inviter>,
    /// The invitation as a durable inviter saved it last.
    pub saved: Option<Inviter>,
    /// Whether the inviter's device is there at all.
    pub there: bool,
    /// All other devices.
    pub runs: Vec<Run>,
    /// What is under way.
    pub net: Network,
    /// The relay.
    pub relay: Relay,
    /// What may still happen.
    pub left: Left,
    /// What really happened.
    pub witness: Witness,
    /// What went wrong in the last step.
    pub flaw: Option<Flaw>,
}

/// Who was told something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// The inviter's application.
    Inviter,
    /// That of the device at this place.
    Device(usize),
}

/// What was told to whom.
pub type Told = (Who, Tell);

impl World {
    /// Before the invitation is sent.
    pub fn before(config: &Config) -> Self {
        let runs: Vec<Run> = config.devices.iter().enumerate().map(|(at, spec)| Run::new(at, spec)).collect();
        let listed =
            (0u8..).zip(&runs).filter(|(_, run)| run.link != Link::Absent).map(|(at, _)| at).collect();
        Self {
            origin: None,
            saved: None,
            there: true,
            runs,
            net: Network::default(),
            relay: Relay {
                listed,
                partial: false,
                refused: config.refused,
                store: Vec::new(),
                carried: Mask::default(),
            },
            left: Left {
                crashes: config.crashes,
                modify: config.modify,
                own_modify: config.own_modify,
                restarts: config.restarts,
                relay_crashes: config.relay_crashes,
            },
            witness: Witness::default(),
            flaw: None,
        }
    }

    /// Whether nothing is open any more for that party at the inviter, or nobody knows.
    pub fn over_for(&self, party: PartyId) -> bool {
        match (&self.origin, party) {
            (None, _) => true,
            (Some(origin), PartyId::Invitee(slot)) => origin.slot(slot).decided(),
            (Some(origin), PartyId::Observers) => origin.over(),
        }
    }

    /// The place of the run of that device.
    pub fn place(&self, device: Device) -> Option<usize> {
        let at = usize::try_from(device.id).ok()?.checked_sub(1)?;
        (at < self.runs.len()).then_some(at)
    }

    /// Whether the relay refuses all Sends to the party, and how.
    pub fn refusal(&self, party: PartyId) -> Option<Refusal> {
        match party {
            PartyId::Invitee(slot) => self.relay.refused.get(usize::from(slot)).copied().flatten(),
            PartyId::Observers => None,
        }
    }

    /// The devices of a party that the relay knows of, and whether these are all.
    pub fn reach(&self, party: PartyId) -> (Fanned, Vec<Device>) {
        match self.refusal(party) {
            Some(Refusal::Later) => return (Fanned::Later, Vec::new()),
            Some(Refusal::Never) => return (Fanned::Never, Vec::new()),
            None => {}
        }
        let listed =
            (0u8..).zip(&self.runs).filter(|(at, run)| run.party == party && self.relay.listed.has(*at));
        let fanned = if self.relay.partial { Fanned::Partial } else { Fanned::Complete };
        (fanned, listed.map(|(_, run)| run.device).collect())
    }
}

/// The parties named, the observers last.
pub fn each(parties: Parties) -> impl Iterator<Item = PartyId> {
    let observers = parties.observers.then_some(PartyId::Observers);
    (0..INVITEES as u8).filter(move |&i| parties.invitees.has(i)).map(PartyId::Invitee).chain(observers)
}
