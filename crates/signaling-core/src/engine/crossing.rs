//! One-to-one invitations of two users that cross (protocol section 6, "Glare"): finding the other one.
//!
//! Rows that may be crossed hang in short lists by the user at the other end, so nothing scans the table.

use super::effects::Outcome;
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

    /// That invitation was accepted here: own ones to its inviter give way.
    pub(super) fn give_way(&mut self, id: InviteId) {
        let mut slices = self.storage.slices();
        let at = self.inner.table.find(slices.rows, slices.buckets, id);
        let Some(row) = at.and_then(|at| slices.rows.get(at as usize)) else { return };
        let user = row.rest.inviter.clone();
        self.inner.give_way(&mut slices, user.as_str(), id);
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
        let of = |row: &Row<P, I, D>| match row.role {
            Role::Origin(_) => Rival::of(row.id, id),
            Role::Free | Role::Holder(_) => Rival::None,
        };
        let is = |rival| move |row: &Row<P, I, D>| of(row) == rival;
        if self.find_crossing(slices, user, is(Rival::Holds)).is_some() {
            return Rival::Holds;
        }
        self.find_crossing(slices, user, is(Rival::Yields)).map_or(Rival::None, |_| Rival::Yields)
    }

    /// An invitation of `user` rings here, and stands: own ones to him give way.
    #[inline(never)] // rare: its frame is not to lie under all others
    pub(super) fn give_way<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        user: &str,
        id: InviteId,
    ) {
        let yields = |row: &Row<P, I, D>| {
            matches!(row.role, Role::Origin(_)) && Rival::of(row.id, id) == Rival::Yields
        };
        while let Some(at) = self.find_crossing(slices, user, yields) {
            let Some(row) = slices.rows.get_mut(at as usize) else { return };
            let (Role::Origin(origin), _, mut fx) = row.parts(&mut self.number) else { return };
            origin.on_glare(&mut fx);
            let Outcome { armed, .. } = fx.done();
            self.settle(slices, at, armed);
        }
    }

    /// An invitation was made here, in the row `own`: what rings from the same user hears of it.
    #[inline(never)] // as give_way
    pub(super) fn cross<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        own: u32,
    ) {
        let Some(row) = slices.rows.get(own as usize).filter(|row| row.may_be_crossed()) else { return };
        let (user, id) = (row.rest.names().first().cloned().unwrap_or_default(), row.id);
        let mut next = self.table.first_crossing(slices, user.as_str());
        while let Some(at) = next {
            let Some(row) = slices.rows.get_mut(at as usize) else { return };
            // None of them leaves its list for that.
            next = row.links.next();
            if row.other_end() != user.as_str() {
                continue;
            }
            let rival = Rival::of(id, row.id);
            let (Role::Holder(holder), _, mut fx) = row.parts(&mut self.number) else { continue };
            holder.on_rival(rival, &mut fx);
            let Outcome { armed, .. } = fx.done();
            self.settle(slices, at, armed);
        }
    }

    /// An invitation of that user that is held, and by no own one any more.
    fn find_held<P: Payload, const I: usize, const D: usize>(
        &self,
        slices: &Slices<'_, Row<P, I, D>>,
        user: &str,
    ) -> Option<u32> {
        self.find_crossing(slices, user, |row| {
            let held = matches!(&row.role, Role::Holder(holder) if holder.state() == State::Held);
            held && self.rival(slices, user, row.id) != Rival::Holds
        })
    }

    /// The own invitation in the row `own` ended: what it held may be asked about, unless another holds it.
    #[inline(never)] // as give_way
    pub(super) fn release<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        own: u32,
    ) {
        let Some(Row { role: Role::Origin(origin), rest, .. }) = slices.rows.get(own as usize) else {
            return;
        };
        let accepted = matches!(origin.slot(0), Slot::Accepted(_));
        let user = rest.names().first().cloned().unwrap_or_default();
        while let Some(at) = self.find_held(slices, user.as_str()) {
            let Some(row) = slices.rows.get_mut(at as usize) else { return };
            let (Role::Holder(holder), _, mut fx) = row.parts(&mut self.number) else { return };
            let stays = holder.release(accepted, &mut fx);
            let Outcome { armed, .. } = fx.done();
            if stays {
                self.settle(slices, at, armed);
            } else {
                self.bury(slices, at);
            }
        }
    }
}
