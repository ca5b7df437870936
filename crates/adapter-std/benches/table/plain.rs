//! What one would write first: the same machine in a `HashMap`, its deadlines in a queue beside it. No outbox, no
//! events, no eviction: it does less than the engine does.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use signaling_core::machine::{
    Answer, Fanned, Fx, Origin, OriginTimer, PartyId, Reply, Stance, Tell, Terms, Timer, To, Via,
};
use signaling_core::{Bytes, Device, InviteId, UserId};
use tokio::runtime::Runtime;
use tokio::time::Instant;
use tokio_util::time::DelayQueue;
use tokio_util::time::delay_queue::Key;

use crate::Store;

const ORIGIN: Device = Device { id: 1, epoch: 1 };
const BOB: Via = Via { party: PartyId::Invitee(0), device: Device { id: 2, epoch: 1 } };

/// Nobody acts on what the machine wants.
struct Deaf;

impl Fx for Deaf {
    fn send(&mut self, _: To) {}
    fn reply(&mut self, _: Reply) {}
    fn tell(&mut self, _: Tell) {}
    fn arm(&mut self, _: Timer) {}
    fn number(&mut self) -> u32 {
        0
    }
}

/// One invitation, with what has to be known to send it.
struct Call<K> {
    origin: Origin<1, 1>,
    key: K,
    _inviter: UserId,
    _invitee: UserId,
    _data: Bytes<16>,
}

struct Calls<K> {
    by_id: HashMap<InviteId, Call<K>>,
    sequence: u32,
}

impl<K> Calls<K> {
    fn with_room(rows: usize) -> Self {
        Self { by_id: HashMap::with_capacity(rows), sequence: 0 }
    }

    fn invite(&mut self, key: impl FnOnce(InviteId) -> K) -> InviteId {
        self.sequence += 1;
        let id = InviteId { origin: ORIGIN, sequence: self.sequence };
        let name = |name| UserId::new(name).expect("a name");
        let call = Call {
            origin: Origin::start(1, Terms { limited: true, ..Terms::default() }, &mut Deaf),
            key: key(id),
            _inviter: name("alice"),
            _invitee: name("bob"),
            _data: Bytes::from_slice(b"video?").expect("it is short"),
        };
        self.by_id.insert(id, call);
        id
    }

    fn settle(&mut self, id: InviteId) {
        let call = self.by_id.get_mut(&id).expect("it is live");
        for party in [BOB.party, PartyId::Observers] {
            call.origin.on_fanout(party, 1, Fanned::Complete, std::iter::empty(), &mut Deaf);
        }
    }

    fn cancel(&mut self, id: InviteId) -> Call<K> {
        let mut call = self.by_id.remove(&id).expect("it is live");
        call.origin.cancel(false, &mut Deaf);
        call
    }

    fn accept(&mut self, id: InviteId) -> Call<K> {
        let mut call = self.by_id.remove(&id).expect("it is live");
        call.origin.on_stance(BOB, 1, Stance::Answer(Answer::Accept), true, &mut Deaf);
        call
    }

    fn expire(&mut self, id: InviteId) -> bool {
        let Some(mut call) = self.by_id.remove(&id) else { return false };
        call.origin.on_timer(OriginTimer::Limit, &mut Deaf);
        true
    }
}

/// With a heap of deadlines, of which those of ended invitations are skipped when they come up, and thrown out
/// when they are more than half: else they would grow without bound.
pub(crate) struct Heaped {
    calls: Calls<()>,
    due: BinaryHeap<Reverse<(u64, InviteId)>>,
    now: u64,
}

impl Store for Heaped {
    const NAME: &str = "HashMap + BinaryHeap";

    fn with_room(rows: usize) -> Self {
        Self { calls: Calls::with_room(rows), due: BinaryHeap::with_capacity(rows), now: 0 }
    }

    fn invite(&mut self, limit: u32) -> InviteId {
        let id = self.calls.invite(|_| ());
        self.due.push(Reverse((self.now + u64::from(limit), id)));
        if self.due.len() > 2 * self.calls.by_id.len().max(1_000) {
            self.due.retain(|due| self.calls.by_id.contains_key(&due.0.1));
        }
        id
    }

    fn settle(&mut self, id: InviteId) {
        self.calls.settle(id);
    }

    fn cancel(&mut self, id: InviteId) {
        self.calls.cancel(id);
    }

    fn accept(&mut self, id: InviteId) {
        self.calls.accept(id);
    }

    fn forget(&mut self, _: InviteId) {}

    fn next(&mut self) -> Option<u64> {
        while let Some(Reverse((deadline, id))) = self.due.peek() {
            if self.calls.by_id.contains_key(id) {
                return Some(*deadline);
            }
            self.due.pop();
        }
        None
    }

    fn expire(&mut self, now: u64, expired: &mut Vec<InviteId>) {
        self.now = now;
        while let Some(Reverse((_, id))) = self.due.peek().filter(|due| due.0.0 <= now) {
            if self.calls.expire(*id) {
                expired.push(*id);
            }
            self.due.pop();
        }
    }
}

/// With tokio-util's queue, from which deadlines can be taken out. Its clock stands still until told otherwise.
pub(crate) struct Delayed {
    calls: Calls<Key>,
    due: DelayQueue<InviteId>,
    start: Instant,
    now: u64,
    runtime: Runtime,
}

impl Delayed {
    fn end(&mut self, call: &Call<Key>) {
        let Self { due, runtime, .. } = self;
        let _runtime = runtime.enter();
        due.remove(&call.key);
    }
}

impl Store for Delayed {
    const NAME: &str = "HashMap + DelayQueue";

    fn with_room(rows: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime can be had");
        let (start, due) = runtime.block_on(async { (Instant::now(), DelayQueue::with_capacity(rows)) });
        Self { calls: Calls::with_room(rows), due, start, now: 0, runtime }
    }

    fn invite(&mut self, limit: u32) -> InviteId {
        let Self { calls, due, start, now, runtime } = self;
        let _runtime = runtime.enter();
        let when = *start + Duration::from_millis(*now + u64::from(limit));
        calls.invite(|id| due.insert_at(id, when))
    }

    fn settle(&mut self, id: InviteId) {
        self.calls.settle(id);
    }

    fn cancel(&mut self, id: InviteId) {
        let call = self.calls.cancel(id);
        self.end(&call);
    }

    fn accept(&mut self, id: InviteId) {
        let call = self.calls.accept(id);
        self.end(&call);
    }

    fn forget(&mut self, _: InviteId) {}

    fn next(&mut self) -> Option<u64> {
        let key = self.due.peek()?;
        let deadline = self.due.deadline(&key).duration_since(self.start).as_millis();
        u64::try_from(deadline).ok()
    }

    fn expire(&mut self, now: u64, expired: &mut Vec<InviteId>) {
        let Self { calls, due, runtime, .. } = self;
        runtime.block_on(async {
            tokio::time::advance(Duration::from_millis(now - self.now)).await;
            poll_fn(|cx| {
                while let Poll::Ready(Some(entry)) = due.poll_expired(cx) {
                    calls.expire(*entry.get_ref());
                    expired.push(*entry.get_ref());
                }
                Poll::Ready(())
            })
            .await;
        });
        self.now = now;
    }
}
