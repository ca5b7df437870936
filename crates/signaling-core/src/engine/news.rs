//! What waits to be told of an invitation, and the order in which it is.

use super::event::What;
use super::row::{Outbox, PeerNews, Role, Row};
use super::storage::Payload;
use crate::machine::{Full, Mask, Party, PartyId, Slot};

/// Something to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Item {
    Restored,
    New,
    Missed,
    Delivered,
    Peers,
    Modified,
    Stopped,
    Resumed,
    Decided,
    Glare,
    Cancelled,
    TimedOut,
    Established,
    Confirmed,
    Overruled,
    Granted,
    Denied,
    Unanswered,
    Unresolved,
    Ended,
}

impl Item {
    /// In the order of telling.
    const ALL: [Self; 20] = [
        Self::Restored,
        Self::New,
        Self::Missed,
        Self::Delivered,
        Self::Peers,
        Self::Modified,
        Self::Stopped,
        Self::Resumed,
        // Who won hears that first, and then what it means for the others.
        Self::Confirmed,
        Self::Decided,
        Self::Glare,
        Self::Cancelled,
        Self::TimedOut,
        Self::Established,
        Self::Overruled,
        Self::Granted,
        Self::Denied,
        Self::Unanswered,
        Self::Unresolved,
        Self::Ended,
    ];

    fn bit(self) -> u32 {
        1u32.wrapping_shl(self as u32)
    }
}

/// What waits to be told, and of which slots.
#[derive(Clone, Copy, Debug)]
pub(super) struct News {
    items: u32,
    decided: Mask,
    timed_out: Mask,
    established: Mask,
}

impl News {
    pub(super) const NONE: Self =
        Self { items: 0, decided: Mask::EMPTY, timed_out: Mask::EMPTY, established: Mask::EMPTY };

    pub(super) fn is_empty(&self) -> bool {
        self.items == 0
    }

    pub(super) fn add(&mut self, item: Item) {
        self.items |= item.bit();
    }

    /// Whether it was there.
    pub(super) fn take(&mut self, item: Item) -> bool {
        let was = self.items;
        self.items &= !item.bit();
        self.items != was
    }

    /// It goes on as long as slots are left.
    fn more(&mut self, item: Item, slots: Mask) {
        if !slots.is_empty() {
            self.add(item);
        }
    }

    pub(super) fn decide(&mut self, slot: u8) {
        self.decided.add(slot);
        self.add(Item::Decided);
    }

    pub(super) fn establish(&mut self, slot: u8) {
        self.established.add(slot);
        self.add(Item::Established);
    }

    pub(super) fn time_out(&mut self, slots: Mask) {
        self.timed_out = self.timed_out.or(slots);
        self.add(Item::TimedOut);
    }

    /// A request ended so: what was not told of one before is not told any more.
    pub(super) fn end_request(&mut self, how: Item) {
        for other in [Item::Granted, Item::Denied, Item::Unanswered] {
            self.take(other);
        }
        self.add(how);
    }
}

/// Takes the lowest slot out.
fn first(mask: &mut Mask) -> Option<u8> {
    let slot = mask.iter().next()?;
    *mask = mask.without(Mask::one(slot));
    Some(slot)
}

impl<P: Payload, const I: usize, const D: usize> Row<P, I, D> {
    /// Takes the next thing to tell off the row.
    pub(super) fn take_news(&mut self) -> Option<What> {
        Item::ALL.iter().find_map(|&item| {
            let waits = self.notes.news.take(item);
            waits.then(|| self.take_item(item)).flatten()
        })
    }

    fn take_item(&mut self, item: Item) -> Option<What> {
        let news = &mut self.notes.news;
        Some(match item {
            Item::Restored => What::Restored,
            Item::New => What::New,
            Item::Missed => What::Missed,
            Item::Delivered => What::Delivered,
            Item::Peers => {
                let what = peer_news(&self.role, &mut self.out)?;
                news.add(item);
                what
            }
            Item::Modified => What::Modified,
            Item::Stopped => What::RingingStopped,
            Item::Resumed => What::RingingResumed,
            Item::Decided => {
                let slot = first(&mut news.decided)?;
                news.more(item, news.decided);
                outcome(&self.role, slot)
            }
            Item::Glare => What::Glare,
            Item::Cancelled => What::Cancelled,
            Item::TimedOut => What::TimedOut { slots: core::mem::take(&mut news.timed_out) },
            Item::Established => {
                let slot = first(&mut news.established)?;
                news.more(item, news.established);
                What::Established { slot }
            }
            Item::Confirmed => What::Confirmed,
            Item::Overruled => What::Overruled,
            Item::Granted => What::Granted,
            Item::Denied => What::Denied,
            Item::Unanswered => What::Unanswered,
            Item::Unresolved => What::Unresolved,
            Item::Ended => What::Ended,
        })
    }
}

fn outcome<const I: usize, const D: usize>(role: &Role<I, D>, slot: u8) -> What {
    let found = match role {
        Role::Free => Slot::Pending,
        Role::Origin(origin) => origin.slot(slot),
        Role::Holder(holder) => holder.slot(slot),
    };
    if matches!(found, Slot::Accepted(_)) { What::Accepted { slot } } else { What::Rejected { slot } }
}

fn peer_news<const I: usize, const D: usize>(role: &Role<I, D>, out: &mut Outbox<I, D>) -> Option<What> {
    let Role::Origin(origin) = role else { return None };
    for party in origin.parties() {
        let PartyId::Invitee(slot) = party else { continue };
        let peers = origin.party(party).map(Party::peers).unwrap_or_default();
        for (at, peer) in (0u8..).zip(peers) {
            let Some(owed) = out.owed_mut(party, at) else { continue };
            let device = peer.device;
            let why = match core::mem::take(&mut owed.news) {
                PeerNews::None => continue,
                PeerNews::Ringing => return Some(What::Ringing { slot, device }),
                PeerNews::NoCapacity => Full::NoCapacity,
                PeerNews::TooLarge => Full::TooLarge,
            };
            return Some(What::Full { slot, device, why });
        }
    }
    None
}
