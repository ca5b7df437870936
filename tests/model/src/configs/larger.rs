//! The small worlds that take long.

use signaling_core::machine::Answer::{Accept, Decline};

use super::{at_once, two_users, watcher};
use crate::config::{Config, Kind, Link, Refusal, Spec, invitee, observer};

/// Those that are searched when there is time, as far as that goes.
pub fn larger() -> Vec<Config> {
    let one = |name, about| Config::new(name, about, vec![invitee(0)]);
    let two = |name, about, second: Spec| Config::new(name, about, vec![invitee(0), second]);
    let absent = invitee(0).linked(Link::Absent);
    let away = invitee(0).linked(Link::Offline);
    let all = vec![
        Config { crashes: 2, cancel: true, ..one("crashes", "a device that forgets, twice") },
        Config {
            modify: 1,
            numbers: 3,
            ..two("full-modify", "one of two devices is full, modify", invitee(0).full())
        },
        Config::new("three", "three devices of one user", vec![invitee(0); 3]),
        Config {
            expect: &["confirmed", "overruled", "accepted"],
            ..at_once(
                "three-at-once",
                "the same without leases; the relay's word is sure",
                Kind::One,
                vec![invitee(0); 3],
            )
        },
        Config {
            crashes: 1,
            evict: true,
            forget: true,
            lazy: true,
            refused: [Some(Refusal::Later), None],
            ..one("one-all", "refusals, crash, eviction and forgetting together")
        },
        Config {
            crashes: 1,
            evict: true,
            modify: 1,
            ..one("crash-modify", "crash, eviction and modify together")
        },
        Config {
            cancel: true,
            resolve: true,
            numbers: 3,
            ..two("two-doubt", "two devices, in doubt", invitee(0))
        },
        Config { crashes: 1, ..two("newcomer-crash", "a device appears mid-ring, one forgets", absent) },
        Config {
            observer_cancel: true,
            modify: 1,
            own_modify: 1,
            numbers: 3,
            ..two("observer-modify", "a device and an observer, modify", observer())
        },
        Config {
            restarts: 2,
            crashes: 1,
            cancel: true,
            ..one("durable-crash", "a durable inviter starts again twice, a device forgets")
        },
        Config {
            restarts: 1,
            modify: 1,
            ..two("durable-two", "a durable inviter starts again, two devices", invitee(0))
        },
        Config {
            store: true,
            vanish: true,
            lazy: true,
            ..two("siblings-gone", "a relay that keeps, no inviter", away)
        },
        Config {
            relay_crashes: 1,
            ..two("two-relay", "two devices, the relay loses its memory", invitee(0))
        },
        Config {
            forget: true,
            cancel: true,
            ..two_users("group-lease", "two users with leases, the inviter forgets")
        },
        Config {
            vanish: true,
            resolve: true,
            ..two_users("group-vanish", "two users with leases, the inviter is gone for ever")
        },
        Config { data: true, cancel: true, ..two_users("group-all-data", "two users with leases and data") },
        Config {
            observer_cancel: true,
            invitees: 2,
            lease: false,
            ..Config::new(
                "group-observer",
                "two users and an observer",
                vec![invitee(0), invitee(1), observer()],
            )
        },
        Config {
            invitees: 2,
            lease: false,
            ..Config::new(
                "group-three",
                "two users with three devices",
                vec![invitee(0), invitee(0), invitee(1)],
            )
        },
        Config {
            invitees: 2,
            expect: &["confirmed", "overruled", "accepted", "timed out"],
            ..at_once(
                "group-devices",
                "the same; the relay's word is sure",
                Kind::One,
                vec![invitee(0), invitee(0), invitee(1)],
            )
        },
    ];
    all.into_iter().chain(more_at_once()).map(|config| Config { bound: 3_000_000, ..config }).collect()
}

fn more_at_once() -> Vec<Config> {
    let one = || vec![invitee(0)];
    vec![
        Config {
            crashes: 1,
            expect: &["held", "gave way", "rings after all"],
            ..at_once("glare-crash", "two who invite each other, a device forgets", Kind::Crossing, one())
        },
        Config {
            crashes: 3,
            ..at_once(
                "crowd",
                "a device forgets until the inviter's row has no place for it",
                Kind::One,
                one(),
            )
        },
        Config {
            store: true,
            relay_crashes: 1,
            lazy: true,
            cancel: true,
            ..Config::new(
                "store-relay",
                "a relay that keeps, and forgets",
                vec![invitee(0).linked(Link::Offline)],
            )
        },
        Config { crashes: 1, ..watcher("watch-crash", "an observer that forgets") },
        Config {
            relay_crashes: 1,
            lazy: true,
            cancel: true,
            ..watcher("watch-relay", "an observer, the relay forgets")
        },
        Config {
            restarts: 1,
            modify: 1,
            own_modify: 1,
            numbers: 3,
            ..at_once(
                "durable-modify",
                "a durable inviter starts again, either party modifies",
                Kind::One,
                one(),
            )
        },
        Config {
            restarts: 1,
            data: true,
            answers: vec![Accept, Decline],
            ..at_once(
                "durable-race",
                "two devices race, a durable inviter starts again",
                Kind::One,
                vec![invitee(0); 2],
            )
        },
        Config {
            invitees: 2,
            first_wins: true,
            ..at_once(
                "first-observer",
                "the first wins, an observer looks on",
                Kind::One,
                vec![invitee(0), invitee(1), observer()],
            )
        },
        Config {
            restarts: 1,
            expect: &["held", "gave way", "rings after all"],
            ..at_once("glare-durable", "the same, and remembers what it made", Kind::Crossing, one())
        },
        at_once(
            "glare-siblings",
            "two who invite each other, each with two devices",
            Kind::Crossing,
            vec![invitee(0), invitee(0)],
        ),
        Config {
            evict: true,
            numbers: 3,
            ..at_once(
                "table-three",
                "three invitations, one row, one tombstone, a window of two",
                Kind::Table(3),
                vec![invitee(0)],
            )
        },
    ]
}
