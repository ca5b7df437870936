//! An inviter that outlives its own restart (protocol section 8): what is saved, and when.

use core::fmt;

use heapless::Vec;
use serde::{Deserialize, Serialize};

use super::news::Item;
use super::row::{Rest, Role, Row};
use super::storage::{Payload, Storage};
use super::table::NEVER;
use super::timers::later;
use super::{Engine, Inner, MAX_LIMIT};
use crate::machine::{Origin, PartyId, Peer, SavedOrigin, Slot};
use crate::name::{GroupId, InviteId, Label, NameError, UserId};
use crate::wire::{bytes, repeats};

/// The form of a [`Snapshot`] that this version writes and reads.
const VERSION: u8 = 2;

/// One invitation of a durable engine, as it is saved. Any serde format will do that gives `&str` and `&[u8]`
/// back as they were, as [`postcard`](https://docs.rs/postcard) does; `serde_json` will not do, as it writes bytes as
/// a list of numbers, which cannot be borrowed. It begins with its own version.
///
/// An engine of a smaller `I` or `D` takes it as long as its invitees, and their devices, fit. If they do not, the format
/// fails to read the `Snapshot`: it never comes to a [`RestoreError`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot<'a, const I: usize, const D: usize> {
    version: u8,
    id: InviteId,
    inviter: &'a str,
    group: Option<&'a str>,
    remaining: Option<u32>,
    #[serde(serialize_with = "bytes", borrow)]
    data: &'a [u8],
    #[serde(serialize_with = "bytes", borrow)]
    push: &'a [u8],
    origin: SavedOrigin,
    #[serde(borrow)]
    invitees: Vec<SavedInvitee<'a, D>, I>,
    observers: Vec<Peer, D>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedInvitee<'a, const D: usize> {
    user: &'a str,
    slot: Slot,
    label: &'a str,
    #[serde(serialize_with = "bytes", borrow)]
    data: &'a [u8],
    peers: Vec<Peer, D>,
}

impl<const I: usize, const D: usize> Snapshot<'_, I, D> {
    /// The invitation.
    pub fn id(&self) -> InviteId {
        self.id
    }
}

/// How far an engine has changed: what [`Engine::unsaved`] gives and [`Engine::handle_saved`] takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stamp(u32);

/// Why a saved invitation was not restored. The table is as before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RestoreError {
    /// It was saved in another form than this version reads.
    Version {
        /// The form that was found.
        found: u8,
    },
    /// It was made on another device.
    OtherDevice,
    /// It was made by another user.
    OtherUser,
    /// There is a row of it already.
    Known,
    /// A name in it is none.
    Name(NameError),
    /// It has no invitee or one of them twice, or says what no invitation can say.
    Malformed,
    /// It has more data than this engine keeps.
    TooLarge,
    /// The table is full.
    Capacity,
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { found } => write!(f, "saved in form {found}, but this is form {VERSION}"),
            Self::OtherDevice => f.write_str("the invitation was made on another device"),
            Self::OtherUser => f.write_str("the invitation was made by another user"),
            Self::Known => f.write_str("the invitation is there already"),
            Self::Name(error) => write!(f, "bad name: {error}"),
            Self::Malformed => f.write_str("no invitation can be like that"),
            Self::TooLarge => f.write_str("the invitation has more data than can be kept here"),
            Self::Capacity => f.write_str("the table is full"),
        }
    }
}

impl core::error::Error for RestoreError {}

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// Whether something of a durable engine has to be saved now, and up to which change.
    ///
    /// Until [`handle_saved`](Self::handle_saved) says that it is on stable storage, nothing is sent or told of
    /// the invitations in question.
    pub fn unsaved(&self) -> Option<Stamp> {
        self.inner.needs_saving().then_some(Stamp(self.inner.changes))
    }

    /// Every invitation that was made here, as it is to be saved: together they take the place of whatever was
    /// saved before.
    pub fn snapshots(&self) -> impl Iterator<Item = Snapshot<'_, I, D>> {
        let now = self.inner.now;
        self.storage.rows().iter().filter_map(move |row| row.snapshot(now))
    }

    /// The snapshots that were taken when [`unsaved`](Self::unsaved) gave that stamp are on stable storage.
    pub fn handle_saved(&mut self, stamp: Stamp) {
        let inner = &mut self.inner;
        inner.saved = stamp.0;
        let mut slices = self.storage.slices();
        let mut waiting = inner.table.take_unsaved();
        while let Some(at) = waiting.next(&mut slices) {
            inner.place(&mut slices, at);
        }
    }

    /// Takes an invitation back that was saved in an earlier run. It goes on with the time that was left, as
    /// this run of the device; the event `Restored` shows it to the application. To be called before the link
    /// comes up.
    ///
    /// # Errors
    /// [`RestoreError`]; the table is then as before.
    pub fn restore(&mut self, now: u64, snapshot: &Snapshot<'_, I, D>) -> Result<(), RestoreError> {
        let inner = &mut self.inner;
        inner.advance(now);
        inner.check_snapshot::<P, I, D>(snapshot)?;
        let mut slices = self.storage.slices();
        if inner.table.find(slices.rows, slices.buckets, snapshot.id).is_some() {
            return Err(RestoreError::Known);
        }
        let at = inner.table.insert(&mut slices, snapshot.id).ok_or(RestoreError::Capacity)?;
        let Some(row) = slices.rows.get_mut(at as usize) else { return Err(RestoreError::Capacity) };
        fill(&mut row.rest, snapshot, inner.now);
        let (role, rest, mut fx) = row.parts(&mut inner.left);
        let mut origin = origin(snapshot);
        rest.ver = origin.ver();
        rest.changed = inner.saved;
        origin.resume(&mut fx);
        *role = Role::Origin(origin);
        row.notes.news.add(Item::Restored);
        inner.settle(&mut slices, at);
        Ok(())
    }
}

fn fill<P: Payload, const I: usize, const D: usize>(
    rest: &mut Rest<P, I>,
    snapshot: &Snapshot<'_, I, D>,
    now: u64,
) {
    let names = snapshot.invitees.iter().map(|invitee| invitee.user);
    rest.name_all(snapshot.inviter, snapshot.group, names);
    rest.data.set(snapshot.data);
    rest.own.set(snapshot.push);
    rest.online_only = snapshot.origin.online_only();
    rest.end = snapshot.remaining.map_or(NEVER, |left| later(now, left));
    for (slot, invitee) in (0u8..).zip(&snapshot.invitees) {
        rest.keep_answer(slot, invitee.label, invitee.data);
    }
}

fn origin<const I: usize, const D: usize>(snapshot: &Snapshot<'_, I, D>) -> Origin<I, D> {
    let invitees = &snapshot.invitees;
    let mut origin = Origin::restore(&snapshot.origin, invitees.iter().map(|invitee| invitee.slot));
    for (slot, invitee) in (0u8..).zip(invitees) {
        origin.restore_peers(PartyId::Invitee(slot), invitee.peers.iter().copied());
    }
    origin.restore_peers(PartyId::Observers, snapshot.observers.iter().copied());
    origin
}

impl<P: Payload, const I: usize, const D: usize> Row<P, I, D> {
    fn snapshot(&self, now: u64) -> Option<Snapshot<'_, I, D>> {
        let Role::Origin(origin) = &self.role else { return None };
        let rest = &self.rest;
        let peers = |party| Vec::from_slice(origin.party(party)?.peers()).ok();
        let mut invitees = Vec::new();
        for (slot, name) in (0u8..).zip(rest.names()) {
            let invitee = SavedInvitee {
                user: name.as_str(),
                slot: origin.slot(slot),
                label: rest.labels.get(usize::from(slot)).map(Label::as_str)?,
                data: rest.draft(slot),
                peers: peers(PartyId::Invitee(slot))?,
            };
            invitees.push(invitee).ok()?;
        }
        Some(Snapshot {
            version: VERSION,
            id: self.id,
            inviter: rest.inviter.as_str(),
            group: rest.group(),
            remaining: rest.remaining(now),
            data: rest.data.bytes(),
            push: rest.own.bytes(),
            origin: origin.saved(),
            invitees,
            observers: peers(PartyId::Observers)?,
        })
    }
}

impl Inner {
    fn needs_saving(&self) -> bool {
        self.config.durable && self.changes != self.saved
    }

    /// Whether the row changed after what was saved last.
    pub(super) fn unsaved<P, const I: usize>(&self, rest: &Rest<P, I>) -> bool {
        let behind = rest.changed.wrapping_sub(self.saved);
        self.config.durable && behind != 0 && behind < u32::MAX / 2
    }

    fn check_snapshot<P: Payload, const I: usize, const D: usize>(
        &self,
        snapshot: &Snapshot<'_, I, D>,
    ) -> Result<(), RestoreError> {
        if snapshot.version != VERSION {
            return Err(RestoreError::Version { found: snapshot.version });
        }
        if snapshot.id.origin.id != self.config.device.id {
            return Err(RestoreError::OtherDevice);
        }
        if snapshot.inviter != self.config.user.as_str() {
            return Err(RestoreError::OtherUser);
        }
        check_spelling(snapshot).map_err(RestoreError::Name)?;
        let names = snapshot.invitees.iter().map(|invitee| invitee.user);
        let too_long = snapshot.remaining.is_some_and(|left| left > MAX_LIMIT);
        if snapshot.invitees.is_empty()
            || repeats(names)
            || too_long
            || !snapshot.origin.sound(snapshot.remaining)
        {
            return Err(RestoreError::Malformed);
        }
        let answers = snapshot.invitees.iter().map(|invitee| invitee.data);
        let fits = answers.chain([snapshot.data, snapshot.push]).all(|data| data.len() <= P::LIMIT);
        fits.then_some(()).ok_or(RestoreError::TooLarge)
    }
}

fn check_spelling<const I: usize, const D: usize>(snapshot: &Snapshot<'_, I, D>) -> Result<(), NameError> {
    for invitee in &snapshot.invitees {
        UserId::check(invitee.user)?;
        Label::check(invitee.label)?;
    }
    snapshot.group.map_or(Ok(()), GroupId::check)
}
