//! Live invitations by the thousand and by the million: the engine's table, beside the same machine kept in a
//! `HashMap` with a `BinaryHeap` (whose stale deadlines are skipped when they come up), and in a `HashMap` with
//! tokio-util's `DelayQueue`.
//!
//! `cargo xtask bench` runs this and prints the table of docs/performance.md.

mod engine;
mod plain;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use signaling_core::InviteId;

use engine::Table;
use plain::{Delayed, Heaped};

/// So many operations are timed at a time; in between what they ended is made anew.
const BATCH: usize = 500;
/// The longest time limit, in ms.
const LONGEST: u32 = 10_000_000;

/// What keeps the invitations that one device made.
trait Store {
    const NAME: &str;
    /// Room for so many.
    fn with_room(rows: usize) -> Self;
    /// Invites bob.
    fn invite(&mut self, limit: u32) -> InviteId;
    /// The relay says that bob has no device: nothing is to be repeated.
    fn settle(&mut self, id: InviteId);
    /// Takes it back. It may stay until its room is needed.
    fn cancel(&mut self, id: InviteId);
    /// A device of bob accepts.
    fn accept(&mut self, id: InviteId);
    /// Gives up what is over.
    fn forget(&mut self, id: InviteId);
    /// When the next one runs out.
    fn next(&mut self) -> Option<u64>;
    /// Lets all run out that are due by then.
    fn expire(&mut self, now: u64, expired: &mut Vec<InviteId>);
}

struct World<S> {
    store: S,
    live: Vec<InviteId>,
    rng: SmallRng,
}

impl<S: Store> World<S> {
    fn new(rows: usize, room: usize) -> Self {
        let rng = SmallRng::seed_from_u64(7);
        let mut world = Self { store: S::with_room(room), live: Vec::with_capacity(room), rng };
        for _ in 0..rows {
            let id = world.invite();
            world.live.push(id);
        }
        world
    }

    fn invite(&mut self) -> InviteId {
        let limit = self.rng.random_range(1_000..LONGEST);
        let id = self.store.invite(limit);
        self.store.settle(id);
        id
    }

    /// Some live ones at random; whoever takes them makes as many others.
    fn draw(&mut self, count: usize) -> Vec<InviteId> {
        let mut one = || self.live.swap_remove(self.rng.random_range(0..self.live.len()));
        (0..count).map(|_| one()).collect()
    }

    /// Times `act` on so many live invitations, in batches, each over by then.
    fn time_end(&mut self, iters: u64, act: impl Fn(&mut S, InviteId)) -> Duration {
        self.batches(iters, |world, count| {
            let drawn = world.draw(count);
            let start = Instant::now();
            drawn.iter().for_each(|id| act(&mut world.store, *id));
            let time = start.elapsed();
            for id in drawn {
                world.store.forget(id);
                let id = world.invite();
                world.live.push(id);
            }
            time
        })
    }

    fn time_invite(&mut self, iters: u64) -> Duration {
        self.batches(iters, |world, count| {
            let limits: Vec<u32> = (0..count).map(|_| world.rng.random_range(1_000..LONGEST)).collect();
            let start = Instant::now();
            let ids: Vec<InviteId> = limits.into_iter().map(|limit| world.store.invite(limit)).collect();
            let time = start.elapsed();
            for id in &ids {
                world.store.settle(*id);
            }
            world.live.extend(ids);
            for id in world.draw(count) {
                world.store.cancel(id);
                world.store.forget(id);
            }
            time
        })
    }

    /// One ends and another begins, in a table that is full.
    fn time_cancel_invite(&mut self, iters: u64) -> Duration {
        self.batches(iters, |world, count| {
            let drawn = world.draw(count);
            let limits: Vec<u32> = (0..count).map(|_| world.rng.random_range(1_000..LONGEST)).collect();
            let mut made = Vec::with_capacity(count);
            let start = Instant::now();
            for (id, limit) in drawn.into_iter().zip(limits) {
                world.store.cancel(id);
                made.push(world.store.invite(limit));
            }
            let time = start.elapsed();
            made.iter().for_each(|id| world.store.settle(*id));
            world.live.extend(made);
            time
        })
    }

    /// One at a time, and each is forgotten before the next: what is repeated to who never acknowledges is not
    /// this benchmark's concern. Reading the clock is in it, for all alike.
    fn time_expire(&mut self, iters: u64) -> Duration {
        let (mut time, mut expired, mut count) = (Duration::ZERO, Vec::with_capacity(8), 0);
        while count < iters {
            let start = Instant::now();
            let next = self.store.next().expect("some are live");
            self.store.expire(next, &mut expired);
            time += start.elapsed();
            count += expired.len() as u64;
            for id in expired.drain(..) {
                self.store.forget(id);
                self.invite();
            }
        }
        time.mul_f64(iters as f64 / count as f64)
    }

    fn time_next(&mut self, iters: u64) -> Duration {
        let start = Instant::now();
        for _ in 0..iters {
            black_box(self.store.next());
        }
        start.elapsed()
    }

    fn batches(&mut self, iters: u64, mut batch: impl FnMut(&mut Self, usize) -> Duration) -> Duration {
        let mut left = usize::try_from(iters).expect("criterion is modest");
        let mut time = Duration::ZERO;
        while left > 0 {
            let count = left.min(BATCH);
            time += batch(self, count);
            left -= count;
        }
        time
    }
}

const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// One operation on one store at one size.
fn one<S: Store>(group: &mut Group<'_>, rows: usize, room: usize, time: fn(&mut World<S>, u64) -> Duration) {
    let mut world = World::<S>::new(rows, room);
    group.bench_function(BenchmarkId::new(S::NAME, rows), |bencher| {
        bencher.iter_custom(|iters| time(&mut world, iters));
    });
}

macro_rules! compare {
    ($criterion:ident, $name:literal, $spare:expr, $time:ident $(, $act:expr)?) => {
        let mut group = $criterion.benchmark_group($name);
        for rows in SIZES {
            let room = rows + $spare;
            one::<Table>(&mut group, rows, room, |world, iters| world.$time(iters $(, $act)?));
            one::<Heaped>(&mut group, rows, room, |world, iters| world.$time(iters $(, $act)?));
            one::<Delayed>(&mut group, rows, room, |world, iters| world.$time(iters $(, $act)?));
        }
        group.finish();
    };
}

fn tables(criterion: &mut Criterion) {
    compare!(criterion, "invite", BATCH, time_invite);
    compare!(criterion, "accept", BATCH, time_end, Store::accept);
    compare!(criterion, "cancel", BATCH, time_end, Store::cancel);
    compare!(criterion, "cancel and invite", 0, time_cancel_invite);
    compare!(criterion, "expire", BATCH, time_expire);
    compare!(criterion, "next deadline", BATCH, time_next);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(15)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots();
    targets = tables
}
criterion_main!(benches);
