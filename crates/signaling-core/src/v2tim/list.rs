//! The names in an `inviteeList`.

use core::{fmt, slice};

use super::json::{self, Elements, Value};
use super::text::Text;
use crate::engine::View;
use crate::machine::Mask;

/// The names of a message's `inviteeList`, in order: those of the JSON it was read from, those of a slice, or
/// those of some invitees of a [`View`].
///
/// ```
/// use signaling_core::v2tim::InviteeList;
/// let list = InviteeList::from(&["bob", "carol"]);
/// assert!(list.contains("carol"));
/// assert_eq!(list.iter().next().unwrap(), "bob");
/// ```
#[derive(Clone, Copy)]
pub struct InviteeList<'a>(Names<'a>);

#[derive(Clone, Copy)]
enum Names<'a> {
    /// An array of JSON that was checked.
    Array(&'a str),
    Slice(&'a [&'a str]),
    View(&'a Roll<'a>, Mask),
}

/// A [`View`] without the type of its data. That it is `Sync` lets a message cross threads.
type Roll<'a> = dyn Named + Sync + 'a;

pub(super) trait Named {
    /// The name of one invitee; none past the end of the list.
    fn name(&self, slot: u8) -> Option<&str>;
}

impl<P> Named for View<'_, P> {
    fn name(&self, slot: u8) -> Option<&str> {
        Some(self.invitee(slot)?.user)
    }
}

impl<'a> InviteeList<'a> {
    pub(super) fn array(array: &'a str) -> Self {
        Self(Names::Array(array))
    }

    pub(super) fn view(roll: &'a Roll<'a>, slots: Mask) -> Self {
        Self(Names::View(roll, slots))
    }

    /// The names. From JSON they are read anew each time; what is no string there is left out.
    pub fn iter(self) -> impl Iterator<Item = Text<'a>> + Clone + use<'a> {
        match self.0 {
            Names::Array(array) => Iter::Array(json::elements(array)),
            Names::Slice(names) => Iter::Slice(names.iter()),
            Names::View(roll, slots) => Iter::View { roll, slots, next: 0 },
        }
    }

    /// How many there are; counted, not known.
    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether `user` is one of them.
    pub fn contains(self, user: &str) -> bool {
        self.iter().any(|name| name == user)
    }
}

impl<'a> From<&'a [&'a str]> for InviteeList<'a> {
    fn from(names: &'a [&'a str]) -> Self {
        Self(Names::Slice(names))
    }
}

impl<'a, const N: usize> From<&'a [&'a str; N]> for InviteeList<'a> {
    fn from(names: &'a [&'a str; N]) -> Self {
        Self(Names::Slice(names))
    }
}

impl Default for InviteeList<'_> {
    fn default() -> Self {
        Self(Names::Slice(&[]))
    }
}

impl PartialEq for InviteeList<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for InviteeList<'_> {}

impl fmt::Debug for InviteeList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[derive(Clone)]
enum Iter<'a> {
    Array(Elements<'a>),
    Slice(slice::Iter<'a, &'a str>),
    View { roll: &'a Roll<'a>, slots: Mask, next: u8 },
}

impl<'a> Iterator for Iter<'a> {
    type Item = Text<'a>;

    fn next(&mut self) -> Option<Text<'a>> {
        match self {
            Self::Array(elements) => elements.find_map(Value::text),
            Self::Slice(names) => names.next().map(|name| Text::from(*name)),
            Self::View { roll, slots, next } => loop {
                let slot = *next;
                let name = roll.name(slot)?;
                *next = slot.saturating_add(1);
                if slots.has(slot) {
                    return Some(name.into());
                }
            },
        }
    }
}
