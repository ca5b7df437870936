//! What can be the matter with a seal.

use core::fmt;

/// Why nothing that a peer sends can be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SealTrouble {
    /// It asks for a session with another key; or means other users than this side does.
    Key,
    /// It has no key.
    Plain,
}

impl fmt::Display for SealTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "has another key, or means other users: give both the same key",
            Self::Plain => "does not seal: give it the key",
        })
    }
}
