//! What people do.

use signaling_core::{CancelOutcome, Invite, InviteError, Standing, View};

use super::World;
use crate::cast::{GROUP, Who};
use crate::condition::Plot;
use crate::note::{Data, Noted, Shown};
use crate::script::{Call, Press};

/// What a call is about at first.
const FIRST: Data = *b"v?";

impl<const I: usize> World<I> {
    pub(super) fn invite(&mut self, call: usize) {
        let Call { from, invitees, limit } = self.script.calls[call];
        if self.nodes[from].off || self.talks(from, call) {
            return;
        }
        let group = (self.condition.plot == Plot::Group).then_some(GROUP);
        let first_wins = self.condition.first_wins;
        let invite =
            Invite { invitees, group, data: &FIRST, timeout: limit, first_wins, ..Invite::default() };
        let clock = self.clock(from);
        let made = self.nodes[from].engine.invite(clock, &invite);
        self.tell(from, || format!("makes call {call} to {invitees:?}, limit {limit:?} ms: {made:?}"));
        assert!(made.is_err() || !self.ids.contains(&made.ok()), "an id is used again: {made:?}");
        self.ids[call] = made.ok();
        let shown = match made {
            Ok(_) => Shown::Invited,
            Err(InviteError::Capacity) => Shown::Refused { over: self.over(from) },
            Err(error) => panic!("a proper call is refused: {error}"),
        };
        self.note(from, Noted::Call(call, shown));
        self.after(from);
    }

    /// How many of the device's own calls are over, and take room all the same.
    fn over(&self, who: Who) -> usize {
        let own = self.nodes[who].engine.views().filter(|view| view.standing() == Standing::Inviter);
        own.filter(View::over).count()
    }

    /// Who has accepted a call of the other does not call him meanwhile.
    fn talks(&self, who: Who, call: usize) -> bool {
        self.condition.plot == Plot::Glare && self.nodes[who].accepted.iter().any(|other| *other != call)
    }

    pub(super) fn act(&mut self, who: Who, call: usize, press: Press) {
        let Some(id) = self.ids[call].filter(|_| !self.nodes[who].off) else { return };
        self.count += 1;
        let data: Data = [b'a' + who as u8, b'0' + (self.count % 64) as u8];
        let clock = self.clock(who);
        let node = &mut self.nodes[who];
        let engine = &mut node.engine;
        let done = match press {
            Press::Accept => engine.accept(clock, id, &data).is_ok(),
            Press::Reject | Press::Busy => engine.reject(clock, id, press == Press::Busy, &data).is_ok(),
            Press::Cancel => {
                matches!(engine.cancel(clock, id, &data), Ok(CancelOutcome::Cancelled | CancelOutcome::Asked))
            }
            Press::Modify => engine.modify(clock, id, &data).is_ok(),
        };
        let run = node.device;
        if done && press == Press::Accept {
            node.accepted.push(call);
        }
        self.tell(who, || {
            format!("presses {press:?} in call {call}{}", if done { "" } else { ", which is not possible" })
        });
        if done {
            self.note(who, Noted::Call(call, Shown::Pressed { press, run, data }));
        }
        self.after(who);
    }
}
