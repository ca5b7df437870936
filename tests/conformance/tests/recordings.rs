//! What was recorded happens here too, but for the documented differences.

mod replayed;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use conformance::{Callback, DONE, Difference, Entry, RULES, Recording, Replay, Told, check};
use replayed::{replay, unexplained};

fn files() -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut files: Vec<PathBuf> = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn recordings() -> Vec<Recording> {
    files().iter().flat_map(|file| Recording::read(file).unwrap()).collect()
}

#[test]
fn every_recording_is_as_here_or_explained() {
    let mut rules = BTreeSet::new();
    for recording in recordings() {
        let report = check(&recording);
        assert_eq!(report.unexplained(), 0, "{report}");
        assert!(report.unplayed.is_empty(), "{report}");
        assert!(!report.rows.is_empty(), "{report}");
        rules.extend(report.rules());
    }
    let idle: Vec<u8> =
        RULES.iter().map(|rule| rule.number).filter(|number| !rules.contains(number)).collect();
    assert_eq!(idle, [11], "it has a story of its own; each other rule is seen at work");
}

/// Within a moment, lines may come in any order that does not hide who knew what.
#[test]
fn callbacks_may_be_listed_behind_the_calls_of_their_moment() {
    for (mut recording, _) in plain() {
        recording.steps.sort_by_key(|step| (step.at, matches!(step.entry, Entry::Callback(_))));
        let report = check(&recording);
        assert_eq!(report.unexplained(), 0, "{report}");
    }
}

/// The recordings in which every method and every callback has its plain course.
fn plain() -> Vec<(Recording, Replay)> {
    let names = [
        "c2c-accept",
        "c2c-cancel",
        "c2c-multi-device-accept",
        "c2c-reject",
        "c2c-timeout-both-online",
        "group-accept-and-reject",
        "group-cancel-after-partial",
        "group-partial-accept-then-timeout",
        "modify-by-invitee",
    ];
    let plain =
        recordings().into_iter().filter(|it| it.client == "chat" && names.contains(&it.scenario.as_str()));
    let plain = plain.map(|recording| {
        let replay = replay(&recording);
        (recording, replay)
    });
    let plain: Vec<_> = plain.collect();
    assert_eq!(plain.len(), names.len());
    plain
}

/// Every replay with one callback of it changed.
fn with_each_callback(
    change: impl Fn(&mut Vec<Told>, usize),
    mut see: impl FnMut(&Recording, &Replay, &Callback),
) {
    for (recording, good) in plain() {
        assert_eq!(unexplained(&recording, &good), []);
        for (peer, told) in &good.told {
            for (at, one) in told.iter().enumerate() {
                let mut bad = Replay { told: good.told.clone(), answers: good.answers.clone() };
                change(bad.told.get_mut(peer).unwrap(), at);
                see(&recording, &bad, &one.callback);
            }
        }
    }
}

#[test]
fn no_rule_hides_a_callback_that_is_lost() {
    with_each_callback(
        |told, at| drop(told.remove(at)),
        |recording, bad, lost| {
            let found = unexplained(recording, bad);
            assert!(
                matches!(found[..], [Difference::Missing(_)]),
                "{}: {lost}: {found:?}",
                recording.scenario
            );
        },
    );
}

#[test]
fn no_rule_hides_a_callback_that_comes_twice() {
    with_each_callback(
        |told, at| told.push(told[at].clone()),
        |recording, bad, twice| {
            let found = unexplained(recording, bad);
            assert!(
                matches!(found[..], [Difference::Extra(_)]),
                "{}: {twice}: {found:?}",
                recording.scenario
            );
        },
    );
}

#[test]
fn no_rule_hides_other_data() {
    with_each_callback(
        |told, at| told[at].callback.data = Some("forged".into()),
        |recording, bad, changed| {
            let found = unexplained(recording, bad);
            assert!(
                matches!(found[..], [Difference::Field { .. }]),
                "{}: {changed}: {found:?}",
                recording.scenario
            );
        },
    );
}

#[test]
fn no_rule_hides_a_callback_at_a_wrong_time() {
    with_each_callback(
        |told, at| told[at].at += 2_500,
        |recording, bad, late| {
            let found = unexplained(recording, bad);
            assert!(
                matches!(found[..], [Difference::Late { .. }]),
                "{}: {late}: {found:?}",
                recording.scenario
            );
        },
    );
}

#[test]
fn no_rule_hides_another_order() {
    let mut swapped = 0;
    for (recording, good) in plain() {
        for (peer, told) in &good.told {
            for at in 1..told.len() {
                let mut bad = Replay { told: good.told.clone(), answers: good.answers.clone() };
                bad.told.get_mut(peer).unwrap().swap(at - 1, at);
                let found = unexplained(&recording, &bad);
                assert!(found.iter().any(|what| matches!(what, Difference::Order(_))), "{found:?}");
                swapped += 1;
            }
        }
    }
    assert!(swapped > 5);
}

/// Of two ends that cross, rule 8 lets one win, but not none.
#[test]
fn no_rule_hides_that_nobody_is_told_of_an_end() {
    let cross = recordings().into_iter().find(|it| it.scenario == "c2c-cross-cancel-accept").unwrap();
    let good = replay(&cross);
    assert_eq!(unexplained(&cross, &good), []);
    let mut bad = Replay { told: good.told, answers: good.answers };
    for told in bad.told.values_mut() {
        told.retain(|told| told.callback.kind == conformance::Kind::New);
    }
    assert_eq!(unexplained(&cross, &bad).len(), 2, "alice's acceptance and bob's cancel");
}

/// Rule 1 lets an answer wait until the inviter's device is back, but not get lost.
#[test]
fn no_rule_hides_an_answer_that_the_inviter_could_hear_in_time() {
    let away = recordings().into_iter().find(|it| it.scenario == "inviter-away").unwrap();
    let good = replay(&away);
    assert_eq!(unexplained(&away, &good), []);
    let mut bad = Replay { told: good.told, answers: good.answers };
    for told in bad.told.values_mut() {
        told.retain(|told| told.callback.kind != conformance::Kind::Accepted);
    }
    assert_eq!(unexplained(&away, &bad).len(), 2, "at ann and at cem");
}

/// What rules explain in a recording is as narrow as that: one more fault in it is seen.
#[test]
fn no_rule_hides_a_fault_where_it_explains_something_else() {
    let lost: fn(&mut Vec<Told>, usize) = |told, at| drop(told.remove(at));
    let late: fn(&mut Vec<Told>, usize) = |told, at| told[at].at += 2_500;
    let twice: fn(&mut Vec<Told>, usize) = |told, at| told.push(told[at].clone());
    let forged: fn(&mut Vec<Told>, usize) = |told, at| told[at].callback.data = Some("forged".into());
    for (scenario, peer, what, fault) in [
        ("inviter-away", "ann", "accepted [ben]", late),
        ("inviter-away", "cem", "accepted [ben]", late),
        ("modify-twice", "ben-d2", "modified", lost),
        ("group-inviter-d2", "carol", "new", lost),
        ("group-inviter-d2", "bob-d2", "cancelled", lost),
        ("own-devices-cross", "ann", "accepted [ben]", lost),
        ("own-devices-cross", "cem", "accepted [ben]", lost),
        ("cancels-cross", "ben", "cancelled", forged),
        ("cancels-cross", "ben", "cancelled", twice),
        ("c2c-cross-cancel-accept", "bob", "cancelled", late),
        ("c2c-duplicate-delivery", "alice", "accepted [bob]", twice),
        ("c2c-multi-device-timeout", "bob-d2", "timeout [bob]", twice),
        ("c2c-accept-send-fails", "alice", "accepted [bob]", lost),
        ("c2c-two-at-once", "alice", "rejected [bob]", lost),
        ("group-offline-after-other-accepted", "alice", "timeout [carol]", lost),
        ("group-timeout", "bob", "timeout [bob, carol]", late),
        ("late-answer", "ann", "rejected [cem]", lost),
        ("no-member", "ben", "rejected [dave]", lost),
    ] {
        let mut same = recordings().into_iter().filter(|it| it.scenario == scenario);
        let recording = same.rfind(|it| it.peers().contains(peer)).unwrap();
        let mut bad = replay(&recording);
        assert_eq!(unexplained(&recording, &bad), [], "{scenario}");
        let told = bad.told.get_mut(peer).unwrap();
        fault(told, told.iter().rposition(|told| told.callback.to_string().starts_with(what)).unwrap());
        assert_ne!(unexplained(&recording, &bad), [], "{scenario}: {what} at {peer}");
    }
}

#[test]
fn no_rule_hides_another_code() {
    for (recording, good) in plain() {
        for step in good.answers.keys() {
            for code in [Some(8010), Some(8011), Some(6017), None, DONE] {
                let mut bad = Replay { told: good.told.clone(), answers: good.answers.clone() };
                if bad.answers.insert(*step, code) == Some(code) {
                    continue;
                }
                let found = unexplained(&recording, &bad);
                assert!(
                    matches!(found[..], [Difference::Code { .. }]),
                    "{}: {code:?}: {found:?}",
                    recording.scenario
                );
            }
        }
    }
}

/// Two devices of ben's cross, and cem's answer has nothing to do with it.
#[test]
fn no_rule_hides_that_somebody_else_is_refused_where_two_cross() {
    let cross = recordings().into_iter().find(|it| it.scenario == "own-devices-cross").unwrap();
    let mut bad = replay(&cross);
    let mut answers = bad.answers.iter_mut().filter(|(step, _)| cross.steps[**step].peer == "cem");
    *answers.next().unwrap().1 = Some(8010);
    assert!(matches!(unexplained(&cross, &bad)[..], [Difference::Code { .. }]));
}

#[test]
fn two_outcomes_of_one_invitee_are_never_explained() {
    let (recording, mut bad) = plain().remove(0);
    let mut told = bad.told["alice"][0].clone();
    told.callback.kind = conformance::Kind::Rejected;
    bad.told.get_mut("bob").unwrap().push(told);
    let found = unexplained(&recording, &bad);
    assert!(found.iter().any(|what| matches!(what, Difference::Contradiction(_))), "{found:?}");
}

#[test]
fn the_documented_differences_are_those_of_the_code() {
    let docs = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/v2tim.md")).unwrap();
    let rows: Vec<&str> = docs.lines().filter(|line| line.starts_with("| ")).collect();
    for rule in &RULES {
        let begin = format!("| {} | {} | ", rule.number, rule.title);
        let row =
            rows.iter().find(|row| row.starts_with(&begin)).unwrap_or_else(|| panic!("no row {begin:?}"));
        assert!(row.ends_with(&format!(" | {} |", rule.section)), "{row}");
        assert_eq!(row.matches(" | ").count(), 4, "{row}");
    }
    let numbered = rows
        .iter()
        .filter(|row| row[2..].starts_with(|c: char| c.is_ascii_digit()) && row.matches(" | ").count() == 4);
    assert_eq!(numbered.count(), RULES.len());
}
