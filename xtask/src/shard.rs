//! One of several equal shares of a long chore.

use std::str::FromStr;

/// The `at`th of `of` shares, from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shard {
    pub(crate) at: usize,
    pub(crate) of: usize,
}

impl Default for Shard {
    /// All of it.
    fn default() -> Self {
        Self { at: 1, of: 1 }
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split_once('/').and_then(|(at, of)| Some((at.parse().ok()?, of.parse().ok()?)));
        let shard = numbers.map(|(at, of)| Self { at, of });
        shard.filter(|shard| (1..=shard.of).contains(&shard.at)).ok_or("say K/N, with K from 1 to N")
    }
}

impl Shard {
    /// Its share. All shares together are all of them.
    pub(crate) fn share<T>(self, all: Vec<T>) -> impl Iterator<Item = T> {
        all.into_iter().skip(self.at - 1).step_by(self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_all_of_it() {
        let share =
            |text: &str| text.parse::<Shard>().unwrap().share(vec![1, 2, 3, 4, 5]).collect::<Vec<_>>();
        assert_eq!((share("1/2"), share("2/2")), (vec![1, 3, 5], vec![2, 4]));
        assert_eq!(Shard::default().share(vec![1, 2]).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_share_that_is_none_is_refused() {
        assert!(["0/2", "3/2", "1", "x/2", "1/0"].iter().all(|text| text.parse::<Shard>().is_err()));
    }
}
