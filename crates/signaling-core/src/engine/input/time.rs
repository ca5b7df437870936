//! Timers that go off.

use super::super::effects::Outcome;
use super::super::row::{Role, Row};
use super::super::storage::{Payload, Slices, Storage};
use super::super::table::NEVER;
use super::super::{Engine, Inner};
use crate::machine::{HolderTimer, OriginTimer};

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
        let due = |timer: &mut u64| *timer <= now && core::mem::replace(timer, NEVER) <= now;
        let timers = &mut row.rest.timers;
        let (limit, lease, resend) =
            (due(&mut timers.limit), due(&mut timers.lease), due(&mut timers.resend));
        let (resolve, request) = (due(&mut timers.resolve), due(&mut timers.request));
        due(&mut timers.wake);
        if due(&mut timers.keep) {
            if row.notes.news.is_empty() {
                return self.bury(slices, at);
            }
            row.rest.timers.keep = now.saturating_add(u64::from(self.config.keep));
        }
        // The first repeat of a renewal comes as soon as that of anything else.
        let renewal = matches!(&row.role, Role::Holder(holder) if !holder.pressing());
        let (role, rest, mut fx) = row.parts(&mut self.number);
        let stays = match role {
            Role::Free => true,
            Role::Origin(origin) => {
                let pending = origin.pending();
                let timers = [
                    (limit, OriginTimer::Limit),
                    (lease, OriginTimer::Refresh),
                    (resend, OriginTimer::Resend),
                ];
                for (_, timer) in timers.into_iter().filter(|(due, _)| *due) {
                    origin.on_timer(timer, &mut fx);
                }
                rest.keep_answers(pending.without(origin.pending()), "", &[]);
                true
            }
            Role::Holder(holder) => [
                (lease, HolderTimer::Lease),
                (limit, HolderTimer::Ring),
                (resend, HolderTimer::Resend),
                (request, HolderTimer::Request),
                (resolve, HolderTimer::Resolve),
            ]
            .into_iter()
            .filter(|(due, _)| *due)
            .all(|(_, timer)| holder.on_timer(timer, &mut fx)),
        };
        let Outcome { mut armed, .. } = fx.done();
        armed.fired = resend && !limit && !renewal;
        if stays {
            self.settle(slices, at, armed);
        } else {
            self.table.remove(slices, at);
        }
    }
}
