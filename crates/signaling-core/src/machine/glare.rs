//! Two users who invite each other at the same time (protocol section 6, "Glare").

use crate::broken;
use crate::name::InviteId;

/// Whether an own invitation to the inviter is pending, both of them one to one, and which of the two stays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Rival {
    /// None is pending.
    #[default]
    None,
    /// The own one gives way once the other rings, and that one is asked about before it does.
    Yields,
    /// The own one stays: the other is held until it ended.
    Holds,
}

impl Rival {
    /// What a pending invitation of one's own is to that of the one invited: the smaller id stays.
    pub fn of(own: InviteId, theirs: InviteId) -> Self {
        match own.to_bytes() < theirs.to_bytes() {
            _ if broken!("glare-none") => Self::None,
            true if !broken!("glare-each") => Self::Holds,
            false if broken!("glare-first") => Self::Holds,
            _ => Self::Yields,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Device;

    #[test]
    fn of_two_that_cross_one_stays() {
        let ids = [(1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1)]
            .map(|(id, epoch, sequence)| InviteId { origin: Device { id, epoch }, sequence });
        for (at, &one) in ids.iter().enumerate() {
            for &other in &ids[..at] {
                assert_eq!((Rival::of(one, other), Rival::of(other, one)), (Rival::Yields, Rival::Holds));
            }
        }
    }

    #[test]
    fn to_hold_is_stronger() {
        assert_eq!([Rival::Holds, Rival::None, Rival::Yields].into_iter().max(), Some(Rival::Holds));
    }
}
