//! What a small world holds, and what may happen in it.

use signaling_core::machine::{Answer, PartyId, Terms};

/// How a device stands to the relay when the invitation is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Link {
    /// Known and connected.
    Online,
    /// Known, and without a link until its Hello.
    Offline,
    /// Never heard of until its first Hello.
    Absent,
}

/// What the relay says instead of bringing a Send to a user.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// Not now.
    Later,
    /// Not at all.
    Never,
}

/// What fits into the frames of a device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Takes {
    /// Everything.
    All,
    /// The data that the invitation was made with; no other, and no answer's.
    FirstData,
    /// Outcomes, and no data at all.
    Outcomes,
}

/// A device other than the inviter's own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Spec {
    /// Whose device it is.
    pub party: PartyId,
    /// How it begins.
    pub link: Link,
    /// Whether its table has room for a row.
    pub room: bool,
    /// Whether somebody is there who answers.
    pub person: bool,
    /// What fits into its frames.
    pub takes: Takes,
}

/// A device of the invitee of `slot`, online and with room.
pub fn invitee(slot: u8) -> Spec {
    Spec { party: PartyId::Invitee(slot), link: Link::Online, room: true, person: true, takes: Takes::All }
}

/// Another device of the inviter.
pub fn observer() -> Spec {
    Spec { party: PartyId::Observers, link: Link::Online, room: true, person: true, takes: Takes::All }
}

impl Spec {
    /// The same device, beginning otherwise.
    #[must_use]
    pub fn linked(self, link: Link) -> Self {
        Self { link, ..self }
    }

    /// The same device with nobody there.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { person: false, ..self }
    }

    /// The same device with smaller frames.
    #[must_use]
    pub fn taking(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }

    /// The same device with a full table.
    #[must_use]
    pub fn full(self) -> Self {
        Self { room: false, ..self }
    }
}

/// How many invitations there are in a small world, and what they have to do with each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// One.
    One,
    /// Two users who invite each other; the devices are those of each.
    Crossing,
    /// So many (two or three), one behind the other, on one device with room for one.
    Table(u8),
}

/// One small world: who is in it, and what may go wrong there.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is about, in one line.
    pub about: &'static str,
    /// How many invitations there are.
    pub kind: Kind,
    /// How many users are invited.
    pub invitees: u8,
    /// Whether there is a time limit.
    pub limited: bool,
    /// Whether only who is online may hear of it.
    pub online_only: bool,
    /// Whether the first acceptance ends it for all others.
    pub first_wins: bool,
    /// All devices but the inviter's own.
    pub devices: Vec<Spec>,
    /// The highest number that a device draws.
    pub numbers: u32,
    /// What people may answer.
    pub answers: Vec<Answer>,
    /// Whether an answer brings data.
    pub data: bool,
    /// Whether an id may be learned outside (a push) and be answered before it rings.
    pub push: bool,
    /// Whether the application may add an id that it learned elsewhere.
    pub add: bool,
    /// Whether the inviter may cancel.
    pub cancel: bool,
    /// Whether observers may cancel.
    pub observer_cancel: bool,
    /// How many modifications holders may ask for.
    pub modify: u8,
    /// How many modifications the inviter may make.
    pub own_modify: u8,
    /// Whether leases end.
    pub lease: bool,
    /// Whether T_resolve ends.
    pub resolve: bool,
    /// Whether timers that are not armed go off too.
    pub stray: bool,
    /// How many devices may lose their memory and start again.
    pub crashes: u8,
    /// Whether the inviter may forget the invitation at any moment.
    pub forget: bool,
    /// Whether the inviter may vanish for ever.
    pub vanish: bool,
    /// How often the inviter's device may start again with what it saved.
    pub restarts: u8,
    /// Whether terminal rows may be evicted.
    pub evict: bool,
    /// Whether the window may move past the id.
    pub slide: bool,
    /// Whether what waited, or came late, is told apart from what came at once.
    pub late: bool,
    /// Whether what the relay says of a Send comes at once, and is never lost.
    pub sure_fanout: bool,
    /// Whether a Send travels by itself before the relay sees it.
    pub lazy: bool,
    /// Whether the relay keeps the newest Send for who is away.
    pub store: bool,
    /// How often the relay may lose its memory.
    pub relay_crashes: u8,
    /// What the relay says of each user at first.
    pub refused: [Option<Refusal>; 2],
    /// Whether what can matter no more is dropped.
    pub prune: bool,
    /// States after which the search gives up.
    pub bound: usize,
    /// What must be seen to happen somewhere.
    pub expect: &'static [&'static str],
}

impl Config {
    /// A 1:1 invitation with a time limit that one may accept or cancel; nothing breaks but the network.
    pub fn new(name: &'static str, about: &'static str, devices: Vec<Spec>) -> Self {
        Self {
            name,
            about,
            kind: Kind::One,
            invitees: 1,
            limited: true,
            online_only: false,
            first_wins: false,
            devices,
            numbers: 2,
            answers: vec![Answer::Accept],
            data: false,
            push: false,
            add: false,
            cancel: false,
            observer_cancel: false,
            modify: 0,
            own_modify: 0,
            lease: true,
            resolve: false,
            stray: false,
            crashes: 0,
            forget: false,
            vanish: false,
            restarts: 0,
            evict: false,
            slide: false,
            late: true,
            sure_fanout: false,
            lazy: false,
            store: false,
            relay_crashes: 0,
            refused: [None; 2],
            prune: true,
            bound: usize::MAX,
            expect: &[],
        }
    }

    /// What the inviter asks for.
    pub fn terms(&self) -> Terms {
        Terms { limited: self.limited, online_only: self.online_only, first_wins: self.first_wins }
    }

    /// Whether the inviter has another device.
    pub fn observed(&self) -> bool {
        self.devices.iter().any(|spec| spec.party == PartyId::Observers)
    }
}
