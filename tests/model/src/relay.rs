//! The relay: it fans out to devices, keeps the newest Send, and decides nothing.

use signaling_core::broken;
use signaling_core::machine::{Fanned, Kind, Parties, PartyId};

use crate::config::Link;
use crate::network::{Msg, Rep};
use crate::turn::Turn;
use crate::world::each;

impl Turn<'_> {
    /// A Send reached the relay.
    pub(crate) fn fan_out(&mut self, to: Parties, ver: u32, report: Rep) {
        for party in each(to) {
            let (fanned, devices) = self.world.reach(party);
            if matches!(fanned, Fanned::Complete | Fanned::Partial) {
                self.keep(party, ver, report);
                for &device in &devices {
                    self.bring(device, report);
                }
            }
            self.fanout(Msg::Fanout { party, ver, fanned, devices });
        }
    }

    fn bring(&mut self, device: signaling_core::Device, report: Rep) {
        let online = self.world.place(device).and_then(|at| self.world.runs.get(at));
        if online.is_some_and(|run| run.link == Link::Online) {
            let to = signaling_core::Device { epoch: 0, ..device };
            self.outbox.push(Msg::Report { to, users: true, report });
        }
    }

    /// Where the inviter has no other device, its Fanout of them matters to nobody and comes at once.
    fn fanout(&mut self, msg: Msg) {
        let Msg::Fanout { party, ver, fanned, devices } = &msg else { return };
        let nobody = *party == PartyId::Observers && !self.config.observed();
        if !nobody && !self.config.sure_fanout {
            return self.outbox.push(msg);
        }
        self.at_inviter(None, |origin, fx| {
            origin.on_fanout(*party, *ver, *fanned, devices.iter().copied(), fx);
        });
    }

    /// The store keeps what has the highest version.
    pub(crate) fn keep(&mut self, party: PartyId, ver: u32, report: Rep) {
        if !self.config.store {
            return;
        }
        let relay = &mut self.world.relay;
        if let (PartyId::Invitee(slot), Kind::Decision) = (party, report.kind) {
            relay.carried.add(slot);
        }
        match relay.store.iter_mut().find(|(whose, ..)| *whose == party) {
            Some(kept) if ver >= kept.1 || broken!("S5") => *kept = (party, ver, report),
            Some(_) => {}
            None => relay.store.push((party, ver, report)),
        }
    }

    /// A device says Hello: the relay knows it from now on, and hands over what it kept.
    pub(crate) fn hello(&mut self, at: usize) {
        let since = self.ver();
        let Some(run) = self.world.runs.get_mut(at) else { return };
        if run.link == Link::Absent {
            run.since = since;
        }
        run.link = Link::Online;
        let (party, device) = (run.party, run.device);
        if let Ok(index) = u8::try_from(at) {
            self.world.relay.listed.add(index);
        }
        let kept = self.world.relay.store.iter().position(|(whose, ..)| *whose == party);
        let Some(kept) = kept.filter(|_| self.world.refusal(party).is_none()) else { return };
        let (_, _, report) =
            if broken!("L5") { self.world.relay.store.remove(kept) } else { self.world.relay.store[kept] };
        self.outbox.push(Msg::Report { to: device, users: report.echo == 0, report });
    }

    /// The relay refuses that user no longer: his devices count from now on.
    pub(crate) fn admit(&mut self, slot: u8) {
        let since = self.ver();
        if let Some(refused) = self.world.relay.refused.get_mut(usize::from(slot)) {
            *refused = None;
        }
        for run in self.world.runs.iter_mut().filter(|run| run.party == PartyId::Invitee(slot)) {
            run.since = since;
        }
    }

    /// The relay starts again and knows nobody; it says so until everybody is back.
    pub(crate) fn relay_crash(&mut self) {
        let relay = &mut self.world.relay;
        relay.listed = signaling_core::machine::Mask::default();
        relay.partial = true;
        relay.store.clear();
        relay.carried = signaling_core::machine::Mask::default();
    }

    /// Whether all devices that the relay knew are back.
    pub(crate) fn all_back(&self) -> bool {
        let mut back = (0u8..).zip(&self.world.runs);
        back.all(|(at, run)| run.link == Link::Absent || self.world.relay.listed.has(at))
    }
}
