//! Rules swapped out one at a time: the search has to find each of them.

/// A swapped rule, and the small world in which it is found.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name in `broken!`.
    pub name: &'static str,
    /// The configuration.
    pub config: &'static str,
    /// What is done instead of the rule.
    pub instead: &'static str,
}

const fn variant(name: &'static str, config: &'static str, instead: &'static str) -> Variant {
    Variant { name, config, instead }
}

/// Worlds searched for each before it counts as missed.
pub const BOUND: usize = 400_000;

/// All of them.
pub const VARIANTS: [Variant; 56] = [
    variant("own-timer", "one", "each client decides: its ring timer is final"),
    variant("invitee-decides", "two", "the invitee's accept is final"),
    variant("volatile-decider", "forgotten", "the decider forgets, and decides again"),
    variant("doubt-is-timeout", "one", "an answer in doubt becomes timed out"),
    variant("forgotten", "forgotten", "a forgotten invitation is taken as timed out"),
    variant("no-tombstone", "forgotten", "what was seen is not remembered"),
    variant("no-resend", "one", "nothing is repeated"),
    variant("no-epoch", "crash", "an acceptance names no run"),
    variant("unarmed", "stray", "a timer that is not armed is obeyed"),
    variant("a", "one", "repeats go to known devices only"),
    variant("Q3", "one", "quiet without a Fanout"),
    variant("L1", "newcomer", "a late Fanout counts for what came later"),
    variant("partial", "relay", "a partial Fanout counts as complete"),
    variant("C1", "one", "a delayed copy rings from Confirming"),
    variant("R1", "one", "a delayed copy rings from Silent"),
    variant("e0", "one", "numbers are counted per row"),
    variant("Q1", "one", "who is in doubt answers at once"),
    variant("L2", "one", "who is in doubt never rings again"),
    variant("L3", "one", "who is in doubt drops the press"),
    variant("E1", "forgotten", "an event for an id never shown"),
    variant("observers-untold", "observer", "observers get no Decision"),
    variant("observer-decisions", "observer", "observers are answered by Decisions"),
    variant("unsaved", "durable", "a durable inviter tells what it has not saved"),
    variant("M1", "modify", "a Modify is applied whatever its number"),
    variant("M2", "modify", "the author gets a callback"),
    variant("M3", "observer", "a Cancel does not end with the invitation"),
    variant("M4", "modify-twice", "any Modify settles the request"),
    variant("S5", "store", "the store keeps what arrived last"),
    variant("L5", "store", "the store forgets on hand-over"),
    variant("answers-per-user", "siblings", "answers to one device are stored for the user"),
    variant("D1", "group-data", "the Ack means outcomes, not data"),
    variant("D2", "group-data", "only the newest answer's data is sent"),
    variant("newest-to-all", "group-own", "all hear the newest answer's data first, not their own"),
    variant("D3", "modify", "a Decision lacks the invitation's data"),
    variant("first-wins", "first-wins", "an acceptance ends nothing for the others"),
    variant("N1", "full", "one full device rejects for all"),
    variant("N1-all", "full", "all devices full is a reject"),
    variant("T1", "forgotten", "an event for what was seen without a row"),
    variant("full-marks", "full", "the window is marked when refusing"),
    variant("R2", "one", "a repeat renews the lease"),
    variant("fanout-other", "group", "a Fanout of one user counts for another"),
    variant("later", "later", "refused for now counts as complete"),
    variant("U1", "never", "a stale refusal rejects"),
    variant("L4", "group-data", "an answer's data is not shown to who rings"),
    variant("L6", "group-gone", "a row leaks when the inviter is gone"),
    variant("Q2", "forgotten", "what was seen without a row is not fully acknowledged"),
    variant("show-early", "group", "outcomes are taken as shown before it rings"),
    variant("small-waits", "group-small", "who takes no data is to wait for it"),
    variant("blind-ack", "forgotten", "a win without a row is acknowledged"),
    variant("echo-of-any-run", "crash", "an answer to an older run counts for the newer one"),
    variant("glare-none", "glare", "two who invite each other both ring"),
    variant("glare-each", "glare", "of two that cross each gives way"),
    variant("glare-first", "glare", "of two that cross each stays: the first seen wins"),
    variant("glare-unasked", "glare", "an invitation gives way to one that was not asked about"),
    variant("glare-anew", "glare", "an answer from before one's own call makes it give way"),
    variant("glare-forget", "glare", "what was held is not asked about again"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_protocol_lists_each_rule() {
        let page = include_str!("../../../docs/protocol.md");
        let (_, section) = page.split_once("## 12. ").unwrap();
        let rows = section.split("\n## ").next().unwrap().lines().filter_map(|row| row.strip_prefix("| "));
        let rules =
            rows.skip(1).filter_map(|row| row.split(" | ").next()).flat_map(|rules| rules.split(", "));
        let watched: BTreeSet<&str> = VARIANTS.iter().map(|variant| variant.name).collect();
        assert_eq!(rules.collect::<BTreeSet<_>>(), watched);
    }
}
