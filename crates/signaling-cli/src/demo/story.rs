//! What a story is.

use std::future::Future;
use std::pin::Pin;

use super::actor::Stuck;
use super::stage::Stage;

/// A device of the demo.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// `alice/phone`, who invites.
    Alice,
    /// `bob/kitchen`
    BobKitchen,
    /// `bob/phone`
    BobPhone,
    /// `carol/tablet`
    Carol,
    /// `dave/laptop`
    Dave,
}

impl Part {
    /// All five.
    pub(super) const ALL: [Self; 5] =
        [Self::Alice, Self::BobKitchen, Self::BobPhone, Self::Carol, Self::Dave];

    /// Its user and its label.
    pub(super) fn user_and_label(self) -> (&'static str, &'static str) {
        match self {
            Self::Alice => ("alice", "phone"),
            Self::BobKitchen => ("bob", "kitchen"),
            Self::BobPhone => ("bob", "phone"),
            Self::Carol => ("carol", "tablet"),
            Self::Dave => ("dave", "laptop"),
        }
    }

    /// As people call it.
    pub(super) fn name(self) -> String {
        let (user, label) = self.user_and_label();
        format!("{user}/{label}")
    }
}

/// What a story is to come to.
#[derive(Debug)]
pub(super) struct Expect {
    /// Who rings; nobody else does.
    pub(super) rings: &'static [Part],
    /// What becomes of each user.
    pub(super) outcomes: &'static [(&'static str, &'static str)],
    /// The data at the end.
    pub(super) data: &'static str,
}

/// The steps of a story.
pub(super) type Steps = for<'a> fn(&'a mut Stage) -> Pin<Box<dyn Future<Output = Result<(), Stuck>> + 'a>>;

/// One story.
pub(super) struct Story {
    pub(super) name: &'static str,
    /// What it is about, in one line.
    pub(super) line: &'static str,
    /// Who is asked for a record.
    pub(super) cast: &'static [Part],
    pub(super) expect: Expect,
    pub(super) steps: Steps,
}
