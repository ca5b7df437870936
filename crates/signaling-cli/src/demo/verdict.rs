//! Whether all parties agree. It sees what they printed, and what the story is to come to.

use std::collections::BTreeMap;

use super::record::Record;
use super::story::{Expect, Part};

/// What is wrong with these records; nothing if all agree, with each other and with the story.
pub(super) fn judge(expect: &Expect, cast: &[Part], lines: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    let records: Vec<Record> = lines.iter().filter_map(|line| read(line, &mut faults)).collect();
    for part in Part::ALL {
        let name = part.name();
        match records.iter().find(|record| record.party == name) {
            None => faults.push(format!("{name} left no record")),
            Some(record) => {
                check_ring(record, expect.rings.contains(&part), &mut faults);
                if cast.contains(&part) {
                    check_outcomes(record, expect, &mut faults);
                }
            }
        }
    }
    contradictions(&records, &mut faults);
    faults
}

fn read(line: &str, faults: &mut Vec<String>) -> Option<Record> {
    serde_json::from_str(line).map_err(|error| faults.push(format!("unreadable record: {error}"))).ok()
}

fn check_ring(record: &Record, expected: bool, faults: &mut Vec<String>) {
    if record.rang != expected {
        let what = if record.rang { "rang, and should not have" } else { "never rang" };
        faults.push(format!("{} {what}", record.party));
    }
}

/// Who never rang need not have seen the data.
fn check_outcomes(record: &Record, expect: &Expect, faults: &mut Vec<String>) {
    let party = &record.party;
    for (user, outcome) in expect.outcomes {
        match record.outcomes.get(*user).map(String::as_str) {
            Some(known) if known == *outcome => {}
            Some(known) => faults.push(format!("{party} knows {user} as {known}, not {outcome}")),
            None => faults.push(format!("{party} does not know what became of {user}")),
        }
    }
    if record.rang && record.data != expect.data {
        faults.push(format!("{party} has the data {:?}, not {:?}", record.data, expect.data));
    }
}

/// Each record against the others.
fn contradictions(records: &[Record], faults: &mut Vec<String>) {
    let mut first: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for record in records {
        for (user, outcome) in &record.outcomes {
            let (party, known) = *first.entry(user).or_insert((&record.party, outcome));
            if known != outcome {
                faults.push(format!("{party} says {user} {known}, {} says {outcome}", record.party));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECT: Expect =
        Expect { rings: &[Part::BobKitchen], outcomes: &[("bob", "accepted on kitchen")], data: "video?" };
    const CAST: &[Part] = &[Part::Alice, Part::BobKitchen];

    fn record(party: Part, rang: bool, outcome: &str) -> String {
        let outcomes = [("bob".to_owned(), outcome.to_owned())].into_iter();
        let outcomes = outcomes.filter(|(_, known)| !known.is_empty()).collect();
        let record = Record { party: party.name(), rang, outcomes, data: "video?".into() };
        serde_json::to_string(&record).unwrap()
    }

    /// Records of alice and bob's kitchen, and empty ones of all others.
    fn records(alice: &str, kitchen: &str) -> Vec<String> {
        Part::ALL
            .map(|part| match part {
                Part::Alice => record(part, false, alice),
                Part::BobKitchen => record(part, true, kitchen),
                other => record(other, false, ""),
            })
            .into()
    }

    fn faults(alice: &str, kitchen: &str) -> Vec<String> {
        judge(&EXPECT, CAST, &records(alice, kitchen))
    }

    #[test]
    fn agreement_has_no_faults() {
        assert_eq!(faults("accepted on kitchen", "accepted on kitchen"), Vec::<String>::new());
    }

    #[test]
    fn two_who_disagree_are_named() {
        let faults = faults("accepted on kitchen", "timed out");
        assert!(
            faults.contains(&"alice/phone says bob accepted on kitchen, bob/kitchen says timed out".into())
        );
    }

    #[test]
    fn agreeing_on_the_wrong_thing_is_a_fault() {
        assert_eq!(faults("cancelled", "cancelled").len(), 2);
    }

    #[test]
    fn not_knowing_is_a_fault() {
        assert_eq!(faults("accepted on kitchen", ""), ["bob/kitchen does not know what became of bob"]);
    }

    #[test]
    fn ringing_in_vain_and_not_ringing_are_faults() {
        let mut lines = records("accepted on kitchen", "accepted on kitchen");
        lines[Part::BobKitchen as usize] = record(Part::BobKitchen, false, "accepted on kitchen");
        lines[Part::Dave as usize] = record(Part::Dave, true, "");
        let found = judge(&EXPECT, CAST, &lines);
        assert_eq!(found, ["bob/kitchen never rang", "dave/laptop rang, and should not have"]);
    }

    #[test]
    fn other_data_is_a_fault() {
        let mut lines = records("accepted on kitchen", "accepted on kitchen");
        lines[1] = lines[1].replace("video?", "audio?");
        assert_eq!(judge(&EXPECT, CAST, &lines), [r#"bob/kitchen has the data "audio?", not "video?""#]);
    }

    #[test]
    fn silence_and_noise_are_faults() {
        let mut lines = records("accepted on kitchen", "accepted on kitchen");
        lines[4] = "{}".into();
        let found = judge(&EXPECT, CAST, &lines);
        assert!(
            found[0].starts_with("unreadable record") && found[1] == "dave/laptop left no record",
            "{found:?}"
        );
    }
}
