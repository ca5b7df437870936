//! The deliberate differences from V2TIM's clients, each with the test that tells whether it explains one.
//!
//! `docs/v2tim.md` tells the same table to people; a test compares the two.

mod decider;
mod explain;
mod limit;
mod scene;

use crate::compare::Difference;

pub(crate) use scene::Scene;

/// A deliberate difference.
#[derive(Debug)]
pub struct Rule {
    /// Its number in `docs/v2tim.md`.
    pub number: u8,
    /// What it says, in one line.
    pub title: &'static str,
    /// The section of `docs/protocol.md` that it follows from.
    pub section: u8,
    /// Whether it explains a difference.
    explains: fn(At<'_>, &Difference) -> bool,
}

/// Where a difference was found.
#[derive(Clone, Copy)]
struct At<'a> {
    scene: &'a Scene<'a>,
    /// At this peer.
    peer: &'a str,
    /// In what was answered to the command of this step.
    step: Option<usize>,
}

/// All of them.
pub static RULES: [Rule; 15] = [
    Rule {
        number: 1,
        title: "The inviter's device alone decides; while it is away, nobody is told an end",
        section: 1,
        explains: decider::one_decider,
    },
    Rule {
        number: 2,
        title: "Each end is told once, where the invitation was told, and one callback names all whom the time limit ended",
        section: 9,
        explains: explain::told_once,
    },
    Rule {
        number: 3,
        title: "A time limit is told at the limit, to everybody and with the data, not up to 5 s later",
        section: 7,
        explains: limit::at_the_limit,
    },
    Rule {
        number: 4,
        title: "What is over is 8010: no 8020, and no 8011 for a second answer",
        section: 9,
        explains: explain::over_is_8010,
    },
    Rule {
        number: 5,
        title: "Every refusal has its code: 8011 for what is not yours to do, even where clients say 8010 or nothing",
        section: 9,
        explains: explain::every_refusal_has_its_code,
    },
    Rule {
        number: 6,
        title: "Who rejected in a group goes on hearing what becomes of the others",
        section: 6,
        explains: explain::rejecters_follow,
    },
    Rule {
        number: 7,
        title: "The inviter's other devices hear how a group invitation ends, and may cancel and modify it",
        section: 6,
        explains: explain::observers_follow,
    },
    Rule {
        number: 8,
        title: "What crosses has one outcome, and everybody is told that one",
        section: 5,
        explains: explain::crossing,
    },
    Rule {
        number: 9,
        title: "Nothing fails for want of a link: it goes out when the link is up",
        section: 5,
        explains: explain::nothing_fails,
    },
    Rule {
        number: 10,
        title: "What cannot work is refused with 6017: oneself, nobody, somebody twice, more than 32, a limit below 0 or above 24 h",
        section: 2,
        explains: explain::refused,
    },
    Rule {
        number: 11,
        title: "An online-only invitation cannot be modified: 8011",
        section: 3,
        explains: explain::online_only,
    },
    Rule {
        number: 12,
        title: "Calls for one invitation do not wait for those for another",
        section: 3,
        explains: explain::no_global_guard,
    },
    Rule {
        number: 13,
        title: "Who comes late rings as long as time is left, though others have answered or it is online-only",
        section: 6,
        explains: explain::late_comers_ring,
    },
    Rule {
        number: 14,
        title: "An invitee who is no member of the group is rejected at once, not after the time limit",
        section: 5,
        explains: explain::strangers_are_rejected,
    },
    Rule {
        number: 15,
        title: "A message is signaling only if it has an inviteID and an actionType; one that V2TIM does not know is 0",
        section: 9,
        explains: explain::strict_info,
    },
];

/// The first rule that explains a difference. That something is told twice here, no rule explains.
pub(crate) fn explain(
    scene: &Scene<'_>,
    peer: &str,
    step: Option<usize>,
    difference: &Difference,
) -> Option<&'static Rule> {
    if matches!(difference, Difference::Extra(told) if scene.repeats(peer, &told.callback)) {
        return None;
    }
    let at = At { scene, peer, step };
    RULES.iter().find(|rule| (rule.explains)(at, difference))
}
