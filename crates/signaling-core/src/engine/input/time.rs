//! Timers that go off.

use super::super::row::{Role, Row};
use super::super::storage::{Payload, Slices, Storage};
use super::super::timers::Alarm;
use super::super::{Engine, Inner};

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// Lets all timers go off that are due by `now`.
    pub fn handle_timeout(&mut self, now: u64) {
        self.inner.advance(now);
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        while let Some((at, deadline)) = inner.table.first(slices.heap) {
            if deadline > inner.now {
                return;
            }
            inner.fire(&mut slices, at);
        }
    }
}

impl Inner {
    /// Lets the timers of one row go off that are due.
    fn fire<P: Payload, const I: usize, const D: usize>(
        &mut self,
        slices: &mut Slices<'_, Row<P, I, D>>,
        at: u32,
    ) {
        let now = self.now;
        let Some(row) = slices.rows.get_mut(at as usize) else { return };
        let due = row.rest.timers.take_due(now);
        if due.has(Alarm::Keep) {
            if row.notes.news.is_empty() {
                return self.bury(slices, at);
            }
            row.rest.timers.set(Alarm::Keep, self.keep_from(now));
        }
        // The first repeat of a renewal comes as soon as that of anything else.
        let renewal = matches!(&row.role, Role::Holder(holder) if !holder.pressing());
        let (role, rest, mut fx) = row.parts(&mut self.left);
        let pending = role.pending();
        let mut timers = role.timers().iter().filter(|timer| due.has((**timer).into()));
        let stays = timers.all(|timer| role.on_timer(*timer, &mut fx));
        if let Role::Origin(origin) = role {
            rest.keep_answers(pending.without(origin.pending()), "", &[]);
        }
        self.left.armed.fired = due.has(Alarm::Resend) && !due.has(Alarm::Limit) && !renewal;
        if stays {
            self.settle(slices, at);
        } else {
            self.table.remove(slices, at);
        }
    }
}
