//! Each law is seen to work: a fault is planted into the history of a run that was in order.

use signaling_core::{Slot, What};

use super::Law;
use crate::condition::Condition;
use crate::note::{Data, Note, Noted, Shown};
use crate::world::{Record, judge, run};

/// Plants a fault; none where the history has no place for it.
type Plant = fn(&mut Vec<Note>) -> Option<()>;

/// A law, the row in whose histories there is a place for the fault, and the fault.
const PLANTS: [(Law, &str, Plant); 30] = [
    (Law::Contradiction, "calm", |h| change(h, |n| n.who != 0, Slot::decided, Slot::Cancelled)),
    (Law::Contradiction, "calm", |h| move_by(h, told(|what| matches!(what, What::Accepted { .. })), -300)),
    (Law::Changed, "calm", |h| flip(h, |n| n.who == 0)),
    (Law::Changed, "calm", |h| flip(h, |n| n.who == 1)),
    (Law::Twice, "calm", |h| repeat(h, told(|what| what == What::New))),
    (Law::Twice, "calm", |h| repeat(h, told(|what| what == What::Confirmed))),
    (Law::Twice, "calm", |h| repeat(h, told(|what| what == What::Ended))),
    (Law::Twice, "calm", |h| repeat(h, told(|what| matches!(what, What::Established { .. })))),
    (Law::NoCause, "calm", |h| change(h, |n| n.who == 0, |slot| slot == Slot::TimedOut, ACCEPTED)),
    (Law::NoCause, "glare", |h| remove(h, told(|what| what == What::Glare))),
    (Law::Clock, "calm", |h| move_by(h, holds(|slot| slot == Slot::TimedOut), -1_000)),
    (Law::Clock, "calm", |h| move_by(h, holds(|slot| slot == Slot::TimedOut), 1_000)),
    (Law::CancelLost, "calm", |h| {
        let cancelled = |n: &Note| n.who == 0 && has(n, |slot| slot == Slot::Cancelled);
        change(h, cancelled, |slot| slot == Slot::Cancelled, ACCEPTED)
    }),
    (Law::WrongVerdict, "calm", |h| retell(h, What::Confirmed, What::Overruled)),
    (Law::WrongVerdict, "calm", |h| retell(h, What::Overruled, What::Confirmed)),
    (Law::Unfounded, "calm", |h| remove(h, told(|what| what == What::Confirmed))),
    (Law::Unfounded, "all of it", |h| retell(h, What::Granted, What::Denied)),
    (Law::Garbled, "calm", |h| write(h, told(|what| what == What::Accepted { slot: 1 }), *b"??")),
    (Law::Garbled, "calm", |h| {
        write(h, |n| n.who == 1 && told(|what| what == What::Accepted { slot: 1 })(n), Data::default())
    }),
    (Law::RingsOn, "inviter dies", |h| remove(h, told(|what| what == What::RingingStopped))),
    (Law::RingsLate, "calm", |h| move_by(h, told(|what| what == What::New), 20_000)),
    (Law::NoRing, "calm", |h| move_by(h, told(|what| what == What::New), 321)),
    (Law::Doubt, "calm", |h| retell(h, What::Confirmed, What::Unresolved)),
    (Law::Late, "calm", |h| move_by(h, told(|what| what == What::Confirmed), 13_000)),
    (Law::Indefinite, "50 % loss", |h| remove(h, told(|what| matches!(what, What::TimedOut { .. })))),
    (Law::Indefinite, "10 % loss", |h| remove(h, told(|what| what == What::Ended))),
    (Law::Indefinite, "10 % loss", |h| remove(h, told(|what| matches!(what, What::Established { .. })))),
    (Law::TwoFirst, "the first wins", |h| {
        let at = find(h, |n| n.who == 0 && has(n, |slot| matches!(slot, Slot::Accepted(_))))?;
        let whose = |n: &Note| n.who == 0 && n.at >= h[at].at;
        find(h, |n| whose(n) && has(n, |slot| slot == Slot::Cancelled))?;
        change(h, |n| n.who == 0, |slot| slot == Slot::Cancelled, ACCEPTED)
    }),
    (Law::Forgot, "durable inviter", |h| remove(h, told(|what| what == What::Restored))),
    (Law::NotQuiet, "calm", |h| {
        h.last_mut()?.what = Noted::Over { rows: 1 };
        Some(())
    }),
];

/// The same, of two calls that cross and of a table that is full: these add to the history.
const ADDED: [(Law, &str, Plant); 3] = [
    (Law::TwoCalls, "glare", |h| {
        let at = find(h, told(|what| what == What::Glare))?;
        let yielded = h[at].who;
        find(h, |n| n.who != yielded && has(n, |slot| matches!(slot, Slot::Accepted(_))) && n.at > h[at].at)?;
        change(h, move |n| n.who == yielded, |slot| slot == Slot::Cancelled, ACCEPTED)
    }),
    (Law::NoneLeft, "glare", |h| {
        let at = find(h, told(|what| what == What::Glare))?;
        let Noted::Call(call, shown) = h[at].what else { return None };
        let other = Note { who: 1 - h[at].who, what: Noted::Call(1 - call, shown), ..h[at] };
        h.insert(at, other);
        Some(())
    }),
    (Law::NoRoom, "full tables", |h| {
        let refused = |n: &Note| matches!(n.what, Noted::Call(_, Shown::Refused { .. }));
        let at = find(h, refused)?;
        let Noted::Call(call, _) = h[at].what else { return None };
        h[at].what = Noted::Call(call, Shown::Refused { over: 1 });
        Some(())
    }),
];

const ACCEPTED: Slot = Slot::Accepted(signaling_core::Device { id: 1, epoch: 7 });

fn find(history: &[Note], wanted: impl Fn(&Note) -> bool) -> Option<usize> {
    history.iter().position(wanted)
}

fn told(wanted: impl Fn(What) -> bool) -> impl Fn(&Note) -> bool {
    move |note| matches!(note.what, Noted::Call(_, Shown::Told { what, .. }) if wanted(what))
}

fn holds(wanted: impl Fn(Slot) -> bool) -> impl Fn(&Note) -> bool {
    move |note| note.who == 0 && has(note, &wanted)
}

fn has(note: &Note, wanted: impl Fn(Slot) -> bool) -> bool {
    matches!(note.what, Noted::Call(_, Shown::Holds { slots, .. }) if slots.into_iter().any(wanted))
}

/// One slot says something else from then on.
fn change(
    history: &mut [Note],
    whose: impl Fn(&Note) -> bool,
    which: impl Fn(Slot) -> bool,
    to: Slot,
) -> Option<()> {
    let at = find(history, |note| whose(note) && has(note, &which))?;
    let who = history[at].who;
    for note in history[at..].iter_mut().filter(|note| note.who == who) {
        let Noted::Call(_, Shown::Holds { slots, .. }) = &mut note.what else { continue };
        slots.iter_mut().filter(|slot| which(**slot) && **slot != to).for_each(|slot| *slot = to);
    }
    Some(())
}

/// One slot says something else right after.
fn flip(history: &mut Vec<Note>, whose: impl Fn(&Note) -> bool) -> Option<()> {
    let at = find(history, |note| whose(note) && has(note, |slot| matches!(slot, Slot::Accepted(_))))?;
    let mut second = history[at];
    change(
        core::slice::from_mut(&mut second),
        |_| true,
        |slot| matches!(slot, Slot::Accepted(_)),
        Slot::TimedOut,
    )?;
    history.insert(at + 1, second);
    Some(())
}

fn repeat(history: &mut Vec<Note>, wanted: impl Fn(&Note) -> bool) -> Option<()> {
    let at = find(history, wanted)?;
    history.insert(at, history[at]);
    Some(())
}

fn remove(history: &mut Vec<Note>, wanted: impl Fn(&Note) -> bool) -> Option<()> {
    let at = find(history, wanted)?;
    history.remove(at);
    Some(())
}

fn move_by(history: &mut [Note], wanted: impl Fn(&Note) -> bool, ms: i64) -> Option<()> {
    let at = find(history, wanted)?;
    history[at].at = history[at].at.checked_add_signed(ms)?;
    history.sort_by_key(|note| note.at);
    Some(())
}

/// Something else is told.
fn retell(history: &mut [Note], from: What, to: What) -> Option<()> {
    let at = find(history, told(|what| what == from))?;
    let Noted::Call(_, Shown::Told { what, .. }) = &mut history[at].what else { return None };
    *what = to;
    Some(())
}

/// Other data comes with what is told.
fn write(history: &mut [Note], wanted: impl Fn(&Note) -> bool, text: Data) -> Option<()> {
    let at = find(history, wanted)?;
    let Noted::Call(_, Shown::Told { data, .. }) = &mut history[at].what else { return None };
    *data = text;
    Some(())
}

/// How often the fault found a place in some seeds, and how often the law was seen to be broken: not always,
/// for what happens next may excuse it.
fn plant(law: Law, row: &str, plant: Plant) -> (u32, u32) {
    let condition = Condition::named(row).unwrap();
    let (mut planted, mut caught) = (0, 0);
    for seed in 0..300 {
        let mut history = run(&condition, seed, Record::History).history;
        assert_eq!(judge(&condition, seed, &history).faults, [], "{row} {seed}");
        if plant(&mut history).is_some() {
            planted += 1;
            caught +=
                u32::from(judge(&condition, seed, &history).faults.iter().any(|fault| fault.law == law));
        }
        if planted == 5 {
            break;
        }
    }
    (planted, caught)
}

#[test]
fn each_planted_fault_is_caught() {
    for (index, (law, row, fault)) in PLANTS.into_iter().chain(ADDED).enumerate() {
        let (planted, caught) = plant(law, row, fault);
        assert!(planted > 0, "{index}: no place for {law:?} in {row}");
        assert!(caught * 2 > planted, "{index}: {law:?} in {row}: {caught} of {planted}");
    }
}

#[test]
fn each_law_has_its_fault() {
    let planted = |law| PLANTS.iter().chain(&ADDED).any(|(planted, ..)| *planted == law);
    let missing: Vec<Law> = Law::ALL.into_iter().filter(|law| !planted(*law)).collect();
    assert_eq!(missing, []);
}

#[test]
fn the_history_alone_makes_the_verdict() {
    let condition = Condition::named("all of it").unwrap();
    let seen = run(&condition, 3, Record::History);
    let judged = judge(&condition, 3, &seen.history);
    assert_eq!((seen.verdict.latencies, seen.verdict.faults), (judged.latencies, judged.faults));
}

/// The inviter's table of four let go of a decided call, and a device is told without its data that carol accepted.
#[test]
fn a_full_table_may_lose_the_data_of_an_outcome_and_not_garble_it() {
    const SEED: u64 = 2206;
    let condition = Condition::named("full tables, reordered").unwrap();
    let mut history = run(&condition, SEED, Record::History).history;
    let lost = |note: &Note| {
        let accepted = |what| matches!(what, What::Accepted { slot: 1 });
        note.who == 2
            && matches!(note.what, Noted::Call(2, Shown::Told { what, data: [0, 0] }) if accepted(what))
    };
    assert_eq!(judge(&condition, SEED, &history).faults, []);
    write(&mut history, lost, *b"??").expect("the device lacks the data");
    let faults = judge(&condition, SEED, &history).faults;
    assert_eq!(faults.iter().map(|fault| fault.law).collect::<Vec<_>>(), [Law::Garbled]);
}
