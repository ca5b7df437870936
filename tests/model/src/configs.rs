//! The small worlds that are searched.

use signaling_core::machine::Answer::{Accept, Busy, Decline};

use crate::config::{Config, Link, Refusal, invitee, observer};

/// The one of that name.
pub fn named(name: &str) -> Option<Config> {
    quick().into_iter().chain(larger()).find(|config| config.name == name)
}

/// Those that are searched when there is time.
pub fn larger() -> Vec<Config> {
    vec![
        Config { data: true, ..group("group-data", "two users, answers with data") },
        Config {
            vanish: true,
            resolve: true,
            ..group("group-gone", "two users, the inviter is gone for ever")
        },
        Config {
            modify: 2,
            resolve: true,
            numbers: 3,
            ..Config::new("modify-twice", "a device modifies twice", vec![invitee(0)])
        },
        Config {
            store: true,
            lazy: false,
            ..Config::new(
                "siblings",
                "two devices, one away, a relay that keeps",
                vec![invitee(0), invitee(0).linked(Link::Offline)],
            )
        },
    ]
}

fn group(name: &'static str, about: &'static str) -> Config {
    Config {
        invitees: 2,
        late: false,
        lease: false,
        ..Config::new(name, about, vec![invitee(0), invitee(1)])
    }
}

/// Those that are searched every time.
pub fn quick() -> Vec<Config> {
    vec![
        Config {
            cancel: true,
            resolve: true,
            numbers: 3,
            expect: &[
                "new",
                "stopped",
                "resumed",
                "unresolved",
                "late truth",
                "missed",
                "confirmed",
                "overruled",
                "accepted",
                "cancelled",
                "timed out",
                "established",
                "revived answer",
            ],
            ..Config::new("one", "one device", vec![invitee(0)])
        },
        Config {
            cancel: true,
            expect: &["confirmed", "overruled", "accepted"],
            ..Config::new("two", "two devices of one user", vec![invitee(0), invitee(0)])
        },
        Config {
            answers: vec![Accept, Decline, Busy],
            data: true,
            ..Config::new("answers", "all answers, with data", vec![invitee(0)])
        },
        Config {
            crashes: 2,
            cancel: true,
            ..Config::new("crash", "a device that forgets, twice", vec![invitee(0)])
        },
        Config {
            forget: true,
            evict: true,
            resolve: true,
            ..Config::new("forgotten", "the inviter forgets, rows are evicted", vec![invitee(0)])
        },
        Config {
            forget: true,
            evict: true,
            slide: true,
            resolve: true,
            ..Config::new("window", "the same, and the window moves on", vec![invitee(0)])
        },
        Config {
            vanish: true,
            resolve: true,
            ..Config::new("gone", "the inviter is gone for ever", vec![invitee(0)])
        },
        Config {
            cancel: true,
            ..Config::new(
                "newcomer",
                "a second device first appears mid-ring",
                vec![invitee(0), invitee(0).linked(Link::Absent)],
            )
        },
        Config {
            lazy: true,
            cancel: true,
            refused: [Some(Refusal::Later), None],
            ..Config::new("later", "refused for now", vec![invitee(0)])
        },
        Config {
            lazy: true,
            cancel: true,
            refused: [Some(Refusal::Never), None],
            expect: &["unreachable"],
            ..Config::new("never", "refused for good, until admitted", vec![invitee(0)])
        },
        Config {
            lazy: true,
            store: true,
            vanish: true,
            cancel: true,
            ..Config::new("store", "a relay that keeps", vec![invitee(0).linked(Link::Offline)])
        },
        Config {
            modify: 1,
            own_modify: 1,
            cancel: true,
            numbers: 3,
            ..Config::new("modify", "either party modifies", vec![invitee(0)])
        },
        Config {
            observer_cancel: true,
            ..Config::new("observer", "another device of the inviter", vec![invitee(0), observer()])
        },
        Config { invitees: 2, ..Config::new("group", "two users", vec![invitee(0), invitee(1)]) },
        Config {
            cancel: true,
            ..Config::new("full", "two devices, one with a full table", vec![invitee(0).full(), invitee(0)])
        },
        Config {
            push: true,
            add: true,
            forget: true,
            resolve: true,
            ..Config::new("added", "the id is learned elsewhere", vec![invitee(0)])
        },
        Config {
            stray: true,
            resolve: true,
            cancel: true,
            ..Config::new("stray", "timers that are not armed", vec![invitee(0)])
        },
        Config {
            relay_crashes: 1,
            lazy: true,
            ..Config::new("relay", "the relay loses its memory", vec![invitee(0)])
        },
    ]
}
