//! One-to-one invitations of two users that cross (protocol section 6, "Glare"): finding the other one.
//!
//! Rows that may be crossed hang in short lists by the user at the other end, so nothing scans the table.

use super::row::{Role, Row};
use super::storage::{Payload, Slices, Storage};
use super::{Engine, Inner};
use crate::machine::{Rival, Slot, State};
use crate::name::InviteId;

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// What the own pending invitations to its inviter are to one that may be crossed.
    pub(super) fn rival_of(&mut self, id: InviteId) -> Rival {
        let (inner, slices) = (&self.inner, self.storage.slices());
        let at = inner.table.find(slices.rows, slices.buckets, id).filter(|_| inner.config.glare);
        let row = at.and_then(|at| slices.rows.get(at as usize)).filter(|row| row.may_be_crossed());
        row.map_or(Rival::None, |row| inner.rival(&slices, row.other_end(), id))
    }

    /// That invitation was accepted here, or stands: own ones to its inviter give way.
    #[inline(never)] // rare: its frame is not to lie under all others
    pub(super) fn give_way(&mut self, id: InviteId) {
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        let Some(held) = inner.table.find(slices.rows, slices.buckets, id) else { return };
        while let Some(at) = inner.find_yielding(&slices, held, id) {
            inner.yield_to(&mut slices, at);
            inner.settle(&mut slices, at);
        }
    }
}

impl Inner {
    /// The first row that may be crossed with that user at its other end, and is `wanted`.
    fn find_crossing<P: Payload, const I: usize, const D: usize>(
        &self,
        slices: &Slices<'_, Row<P, I, D>>,
        user: &str,
        wanted: impl Fn(&Row<P, I, D>) -> bool,
    ) -> Option<u32> {
        let mut next = self.table.first_crossing(slices, user);
        loop {
            let at = next?;
            let row = slices.rows.get(at as usize)?;
            if row.other_end() == user && wanted(row) {
                return Some(at);
            }
            next = row.links.next();
        }
    }

    /// What the own pending invitations to `user` are to the one of his with that id.
    pub(super) fn rival<P: Payload, const I: usize, const D: usize>(
        &self,
        slices: &Slices<'_, Row<P, I, D>>,
        user: &str,
        id: InviteId,
    ) -> Rival {
        let is = |rival| move |row: &Row<P, I, D>| row.rival_of(id) == rival;
        if self.find_crossing(slices, user, is(Rival::Holds)).is_some() {
            return Rival::Holds;
        }
        self.find_crossing(slices, user, is(Rival::Yields)).map_or(Rival::None, |_| Rival::Yields)
    }

    /// A pending invitation to the inviter of the row `held`, whose id it is, that gives way to it.
    fn find_yielding<P: Payload, const I: usize, const D: usize>(
        &self,
        slices: &Slices<'_, Row<P, I, D>>,
        held: u32,
        id: InviteId,
    ) -> Option<u32> {
        let user = slices.rows.get(held as usize)?.rest.inviter.as_str();
        self.find_crossing(slices, user, |row| row.rival_of(id) == Rival::Yields)
    }

    #[inline(never)] // as give_way; so below
    fn yield_to<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let (role, rest, mut fx) = row.parts(&mut self.left);
        if let Role::Origin(origin) = role {
            let ended = origin.pending();
            origin.on_glare(&mut fx);
            rest.keep_answers(ended, "", &[]);
        }
    }

    /// The own invitation `own` is new: what comes from whom it is for falls silent, or is asked about anew.
    #[inline(never)]
    pub(super) fn cross<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        own: u32,
    ) {
        let Some(row) = slices.rows.get(own as usize).filter(|row| row.may_be_crossed()) else { return };
        let id = row.id;
        let mut next = self.table.first_crossing(slices, row.other_end());
        while let Some(at) = next {
            let Some(row) = slices.rows.get(at as usize) else { return };
            // None of them leaves its list for that.
            next = row.links.next();
            let same = slices.rows.get(own as usize).is_some_and(|own| own.other_end() == row.other_end());
            if same && matches!(row.role, Role::Holder(_)) {
                self.meet(slices, at, id);
                self.settle(slices, at);
            }
        }
    }

    #[inline(never)]
    fn meet<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
        own: InviteId,
    ) {
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let rival = Rival::of(own, row.id);
        let (role, _, mut fx) = row.parts(&mut self.left);
        if let Role::Holder(holder) = role {
            holder.on_rival(rival, &mut fx);
        }
    }

    /// A held invitation from whom the own invitation `own` is for, that no other own one holds.
    fn find_held<P: Payload, const I: usize, const D: usize>(
        &self,
        slices: &Slices<'_, Row<P, I, D>>,
        own: u32,
    ) -> Option<u32> {
        let user = slices.rows.get(own as usize)?.other_end();
        self.find_crossing(slices, user, |row| {
            let held = matches!(&row.role, Role::Holder(holder) if holder.state() == State::Held);
            held && self.rival(slices, user, row.id) != Rival::Holds
        })
    }

    /// The own invitation `own` ended: those that it held are asked about.
    #[inline(never)]
    pub(super) fn release<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        own: u32,
    ) {
        let Some(Row { role: Role::Origin(origin), .. }) = slices.rows.get(own as usize) else { return };
        let accepted = matches!(origin.slot(0), Slot::Accepted(_));
        while let Some(at) = self.find_held(slices, own) {
            if self.let_go(slices, at, accepted) {
                self.settle(slices, at);
            } else {
                self.bury(slices, at);
            }
        }
    }

    /// Whether the row stays.
    #[inline(never)]
    fn let_go<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
        accepted: bool,
    ) -> bool {
        let Some(row) = slices.rows.get_mut(at as usize) else { return false };
        let (role, _, mut fx) = row.parts(&mut self.left);
        let Role::Holder(holder) = role else { return false };
        holder.release(accepted, &mut fx)
    }
}

impl<P: Payload, const I: usize, const D: usize> Row<P, I, D> {
    /// What it is to that invitation from its other end.
    fn rival_of(&self, id: InviteId) -> Rival {
        match self.role {
            Role::Origin(_) => Rival::of(self.id, id),
            Role::Free | Role::Holder(_) => Rival::None,
        }
    }
}
