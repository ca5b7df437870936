//! The small worlds that are searched.

mod larger;

use signaling_core::machine::Answer::{Accept, Busy, Decline};

use crate::config::{Config, Kind, Link, Refusal, Spec, Takes, invitee, observer};
pub use larger::larger;

/// The one of that name.
pub fn named(name: &str) -> Option<Config> {
    quick().into_iter().chain(larger()).find(|config| config.name == name)
}

/// Those that are searched every time.
pub fn quick() -> Vec<Config> {
    [people(), devices(), watchers(), inviters(), relays(), groups(), races(), several()].concat()
}

/// One device, and all that people can do.
fn people() -> Vec<Config> {
    let one = |name, about| Config::new(name, about, vec![invitee(0)]);
    vec![
        Config {
            cancel: true,
            resolve: true,
            numbers: 4,
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
                "delivered",
                "heard ringing",
            ],
            ..one("one", "one device")
        },
        Config {
            answers: vec![Accept, Decline, Busy],
            data: true,
            resolve: true,
            numbers: 3,
            expect: &["confirmed", "rejected", "overruled", "late truth"],
            ..one("answers", "all answers, with data")
        },
        Config {
            push: true,
            add: true,
            forget: true,
            resolve: true,
            numbers: 4,
            expect: &["confirmed", "unresolved", "new", "missed"],
            ..one("added", "the id is learned elsewhere")
        },
        Config {
            limited: false,
            cancel: true,
            resolve: true,
            numbers: 4,
            expect: &["cancelled", "confirmed"],
            ..one("unlimited", "no time limit")
        },
        Config {
            stray: true,
            resolve: true,
            cancel: true,
            numbers: 3,
            ..one("stray", "timers that are not armed go off")
        },
        Config {
            modify: 1,
            own_modify: 1,
            cancel: true,
            numbers: 3,
            expect: &["modified", "modified by device", "granted", "denied"],
            ..one("modify", "either party modifies")
        },
        Config {
            modify: 2,
            resolve: true,
            numbers: 3,
            expect: &["granted", "denied", "unanswered"],
            ..one("modify-twice", "a device modifies twice")
        },
    ]
}

/// Several devices, and what happens to them.
fn devices() -> Vec<Config> {
    let two = |name, about, second: Spec| Config::new(name, about, vec![invitee(0), second]);
    vec![
        Config {
            expect: &["confirmed", "overruled", "accepted"],
            ..two("two", "two devices of one user", invitee(0))
        },
        Config {
            cancel: true,
            ..two("newcomer", "a second device first appears mid-ring", invitee(0).linked(Link::Absent))
        },
        Config {
            expect: &["full", "confirmed"],
            ..two("full", "two devices, one with a full table", invitee(0).full())
        },
        Config {
            expect: &["full", "timed out"],
            ..Config::new("all-full", "all tables are full", vec![invitee(0).full()])
        },
        Config {
            data: true,
            own_modify: 1,
            expect: &["full", "missed"],
            ..Config::new(
                "small",
                "a device that takes no data",
                vec![invitee(0).taking(Takes::Outcomes), invitee(0)],
            )
        },
        Config {
            data: true,
            own_modify: 1,
            expect: &["full", "confirmed"],
            ..Config::new(
                "grown",
                "data grows beyond what a device takes",
                vec![invitee(0).taking(Takes::FirstData)],
            )
        },
        Config {
            observer_cancel: true,
            resolve: true,
            expect: &["granted", "denied", "unanswered", "cancelled by observer", "cancelled"],
            ..two("observer", "another device of the inviter", observer())
        },
        Config {
            crashes: 1,
            cancel: true,
            ..Config::new("crash", "a device that starts again without memory", vec![invitee(0)])
        },
        Config {
            online_only: true,
            cancel: true,
            modify: 1,
            own_modify: 1,
            numbers: 3,
            expect: &["denied", "confirmed", "cancelled"],
            ..Config::new("online-only", "only for who is online: nobody modifies it", vec![invitee(0)])
        },
    ]
}

fn watcher(name: &'static str, about: &'static str) -> Config {
    Config { observer_cancel: true, resolve: true, numbers: 3, ..Config::new(name, about, vec![observer()]) }
}

/// Another device of the inviter alone: nobody who is invited has one.
fn watchers() -> Vec<Config> {
    vec![
        Config {
            forget: true,
            evict: true,
            slide: true,
            expect: &["granted", "denied", "unanswered", "unresolved"],
            ..watcher("watch-forget", "an observer, the inviter forgets, the window moves past the id")
        },
        Config {
            vanish: true,
            store: true,
            lazy: true,
            expect: &["unresolved", "late truth"],
            ..watcher("watch-gone", "an observer, the inviter is gone for ever, a relay that keeps")
        },
        Config {
            lazy: true,
            devices: vec![observer().linked(Link::Absent)],
            expect: &["new", "cancelled by observer"],
            ..watcher("watch-late", "an observer that first appears mid-ring")
        },
        Config {
            restarts: 1,
            modify: 1,
            expect: &["granted", "denied", "modified by device", "cancelled by observer"],
            ..watcher("watch-durable", "an observer modifies and cancels, a durable inviter starts again")
        },
    ]
}

/// What can happen to the inviter, and to what was seen.
fn inviters() -> Vec<Config> {
    let one = |name, about| Config::new(name, about, vec![invitee(0)]);
    vec![
        Config {
            forget: true,
            evict: true,
            resolve: true,
            numbers: 4,
            expect: &["unresolved", "confirmed"],
            ..one("forgotten", "the inviter forgets, rows are evicted")
        },
        Config {
            forget: true,
            evict: true,
            slide: true,
            resolve: true,
            numbers: 3,
            ..one("window", "the same, and the window moves past the id")
        },
        Config {
            vanish: true,
            resolve: true,
            numbers: 4,
            expect: &["unresolved"],
            ..one("gone", "the inviter is gone for ever")
        },
        Config {
            restarts: 1,
            cancel: true,
            modify: 1,
            numbers: 3,
            expect: &["confirmed", "cancelled", "established"],
            ..one("durable", "a durable inviter starts again")
        },
    ]
}

/// What a relay does.
fn relays() -> Vec<Config> {
    let one = |name, about| Config { lazy: true, cancel: true, ..Config::new(name, about, vec![invitee(0)]) };
    let away = invitee(0).linked(Link::Offline);
    vec![
        Config { refused: [Some(Refusal::Later), None], ..one("later", "a user is refused for now") },
        Config {
            refused: [Some(Refusal::Never), None],
            expect: &["unreachable", "confirmed"],
            ..one("never", "a user is refused for good, until admitted")
        },
        Config { relay_crashes: 1, ..one("relay", "the relay loses its memory") },
        Config { store: true, vanish: true, devices: vec![away], ..one("store", "a relay that keeps") },
        Config {
            store: true,
            lease: false,
            ..Config::new("siblings", "two devices, one away, a relay that keeps", vec![invitee(0), away])
        },
    ]
}

fn two_users(name: &'static str, about: &'static str) -> Config {
    Config { invitees: 2, ..Config::new(name, about, vec![invitee(0), invitee(1)]) }
}

/// Two users, without leases.
fn groups() -> Vec<Config> {
    let calm = |name, about| Config { lease: false, late: false, ..two_users(name, about) };
    let one_person = vec![invitee(0), invitee(1).alone()];
    vec![
        Config { expect: &["confirmed", "accepted", "timed out"], ..calm("group", "two users") },
        Config {
            data: true,
            devices: one_person.clone(),
            ..calm("group-data", "two users, an answer with data")
        },
        Config {
            data: true,
            limited: false,
            cancel: true,
            sure_fanout: true,
            devices: vec![invitee(0), invitee(0).alone()],
            ..calm("group-own", "two users, one answers with data, then a cancel with data")
        },
        Config {
            data: true,
            limited: false,
            sure_fanout: true,
            devices: vec![invitee(0), invitee(1).taking(Takes::FirstData).alone()],
            ..calm("group-small", "two users, one takes the first data and no other")
        },
        Config {
            vanish: true,
            resolve: true,
            devices: one_person,
            ..calm("group-gone", "two users, the inviter is gone for ever")
        },
        Config {
            first_wins: true,
            sure_fanout: true,
            expect: &["confirmed", "overruled", "cancelled"],
            ..calm("first-wins", "two users, the first who accepts ends it for the other")
        },
    ]
}

/// Small worlds without leases, in which the relay's word is sure.
fn at_once(name: &'static str, about: &'static str, kind: Kind, devices: Vec<Spec>) -> Config {
    let config = Config::new(name, about, devices);
    Config { kind, lease: false, late: false, sure_fanout: true, ..config }
}

/// Answers that race with each other, and with what breaks.
fn races() -> Vec<Config> {
    let at_once = |name, about, devices| at_once(name, about, Kind::One, devices);
    let one = || vec![invitee(0)];
    let two = || vec![invitee(0), invitee(1)];
    vec![
        Config {
            answers: vec![Accept, Decline],
            data: true,
            expect: &["confirmed", "overruled", "accepted", "rejected"],
            ..at_once("race", "two devices of one user accept and decline, with data", vec![invitee(0); 2])
        },
        Config {
            invitees: 2,
            first_wins: true,
            data: true,
            cancel: true,
            expect: &["confirmed", "overruled", "cancelled"],
            ..at_once("first-data", "two users, the first who accepts wins, and a cancel, with data", two())
        },
        Config {
            invitees: 2,
            first_wins: true,
            restarts: 1,
            expect: &["confirmed", "cancelled"],
            ..at_once("first-durable", "the first wins, a durable inviter starts again", two())
        },
        Config {
            crashes: 1,
            restarts: 1,
            data: true,
            expect: &["confirmed", "accepted"],
            ..at_once("both-crash", "a device forgets, a durable inviter starts again, with data", one())
        },
        Config {
            crashes: 1,
            modify: 1,
            expect: &["granted", "denied"],
            ..at_once("crash-asks", "a device asks for other data, and forgets", one())
        },
    ]
}

/// Several invitations at once.
fn several() -> Vec<Config> {
    let one = || vec![invitee(0)];
    vec![
        Config {
            sure_fanout: false,
            expect: &["held", "gave way", "rings after all"],
            ..at_once("glare", "two who invite each other", Kind::Crossing, one())
        },
        Config {
            cancel: true,
            late: true,
            numbers: 3,
            answers: vec![Accept, Decline],
            expect: &["held", "gave way", "one call", "rings after all"],
            ..at_once(
                "glare-all",
                "the same, and they cancel and decline, and come late",
                Kind::Crossing,
                one(),
            )
        },
        Config {
            evict: true,
            expect: &["evicted", "below the window", "a row below the window", "full"],
            ..at_once(
                "table",
                "two invitations, one row, one tombstone, a window of one",
                Kind::Table(2),
                one(),
            )
        },
    ]
}
