//! How a part went, as a table and the list of those that survived.

use super::accepted::{Accepted, placeless};
use super::outcome::{Outcome, Outcomes};
use super::{Least, Part};

pub(super) struct Row {
    name: &'static str,
    least: Least,
    mutants: usize,
    caught: usize,
    timeouts: usize,
    unviable: usize,
    untried: usize,
    accepted: usize,
    survivors: Vec<String>,
    /// Accepted, but caught, or not there.
    stale: Vec<String>,
}

impl Row {
    /// `list` names all mutants of the part, one a line.
    pub(super) fn new(part: &Part, list: &str, outcomes: &Outcomes, accepted: &Accepted) -> Self {
        let count = |outcome| list.lines().filter(|name| outcomes.get(name) == outcome).count();
        let mut row = Self {
            name: part.name,
            least: part.least,
            mutants: list.lines().count(),
            caught: count(Some(Outcome::Caught)),
            timeouts: count(Some(Outcome::Timeout)),
            unviable: count(Some(Outcome::Unviable)),
            untried: count(None),
            accepted: 0,
            survivors: Vec::new(),
            stale: Vec::new(),
        };
        row.sort_out(list.lines().filter(|name| outcomes.get(name) == Some(Outcome::Survived)), accepted);
        row
    }

    fn sort_out<'a>(&mut self, survived: impl Iterator<Item = &'a str>, accepted: &Accepted) {
        let mut left = accepted.clone();
        for name in survived {
            match left.get_mut(&placeless(name)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    self.accepted += 1;
                }
                _ => self.survivors.push(name.to_owned()),
            }
        }
        // What was not tried yet may be one of them.
        if self.untried == 0 {
            self.stale = left.into_iter().filter(|(_, count)| *count > 0).map(|(name, _)| name).collect();
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether enough are caught.
    pub(super) fn good(&self) -> bool {
        let enough = match self.least {
            Least::AllBut(most) => self.survivors.is_empty() && self.accepted <= most,
            Least::Percent(least) => 100 * self.seen() >= least * (self.mutants - self.unviable),
        };
        enough && self.untried == 0 && self.stale.is_empty()
    }

    fn seen(&self) -> usize {
        self.caught + self.timeouts
    }

    fn asked(&self) -> String {
        match self.least {
            Least::AllBut(most) => format!("all but {most}, each with a proof"),
            Least::Percent(least) => format!("{least} in 100"),
        }
    }
}

pub(super) fn render(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<8} {:>7} {:>8} {:>7} {:>8} {:>9} {:>8} {:>7}  {}\n",
        "part",
        "mutants",
        "unviable",
        "caught",
        "timeouts",
        "survivors",
        "accepted",
        "untried",
        "to be caught"
    );
    for row in rows {
        let Row { name, mutants, unviable, caught, timeouts, accepted, untried, .. } = row;
        let (survivors, asked) = (row.survivors.len(), row.asked());
        text += &format!(
            "{name:<8} {mutants:>7} {unviable:>8} {caught:>7} {timeouts:>8} {survivors:>9} {accepted:>8} {untried:>7}  {asked}\n"
        );
    }
    for row in rows {
        text += &row.survivors.iter().map(|name| format!("survived: {name}\n")).collect::<String>();
        let stale = |name: &String| format!("accepted in docs/mutants.md, but caught or gone: {name}\n");
        text += &row.stale.iter().map(stale).collect::<String>();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str =
        "a.rs:1:1: replace + with -\na.rs:2:1: replace + with -\na.rs:3:1: f with ()\na.rs:4:1: g\n";

    fn row(least: Least, outcomes: [Outcome; 4], accepted: &[(&str, usize)]) -> Row {
        let outcomes: Vec<_> = LIST.lines().zip(outcomes).collect();
        let accepted = accepted.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Row::new(&Part { name: "a", least, oracles: &[] }, LIST, &Outcomes::of(&outcomes), &accepted)
    }

    #[test]
    fn a_survivor_is_accepted_as_often_as_it_is_written_down() {
        use Outcome::{Caught, Survived, Unviable};
        let outcomes = [Survived, Survived, Caught, Unviable];
        let once = row(Least::AllBut(5), outcomes, &[("a.rs: replace + with -", 1)]);
        assert_eq!((once.accepted, once.survivors.len(), once.good()), (1, 1, false));
        let twice = row(Least::AllBut(5), outcomes, &[("a.rs: replace + with -", 2)]);
        assert_eq!((twice.accepted, twice.survivors.len(), twice.good()), (2, 0, true));
        assert!(!row(Least::AllBut(1), outcomes, &[("a.rs: replace + with -", 2)]).good(), "too many");
        let stale = row(Least::AllBut(5), outcomes, &[("a.rs: replace + with -", 3)]);
        assert_eq!((stale.stale.len(), stale.good()), (1, false));
    }

    #[test]
    fn a_share_may_survive_where_that_is_asked_for() {
        use Outcome::{Caught, Survived, Timeout, Unviable};
        assert!(row(Least::Percent(66), [Survived, Timeout, Caught, Unviable], &[]).good());
        assert!(!row(Least::Percent(67), [Survived, Timeout, Caught, Unviable], &[]).good());
    }

    #[test]
    fn what_was_not_tried_is_not_caught() {
        let row = Row::new(&PART, LIST, &Outcomes::of(&[]), &Accepted::new());
        assert_eq!((row.untried, row.good()), (4, false));
    }

    const PART: Part = Part { name: "a", least: Least::Percent(0), oracles: &[] };
}
