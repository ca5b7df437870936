//! Rule 1: what the inviter's device alone decides, and what nobody does while it is away.

use super::explain::{ANSWERS, callback};
use super::scene::Invited;
use super::{At, Scene};
use crate::callback::{Callback, Kind};
use crate::compare::{Difference, TOLERANCE};
use crate::recording::{Verb, user};

use Difference::{Code, Extra, Field, Late, Missing};

/// After so many ms without a word from the inviter a device gives an invitation up: a lease and T_resolve.
const GIVEN_UP: u64 = 40_000;

pub(super) fn one_decider(at: At<'_>, difference: &Difference) -> bool {
    if let Code { recorded, ours } = difference {
        return answers_otherwise(at, *recorded, *ours);
    }
    let Some(invited) = callback(difference).and_then(|callback| at.scene.invited(&callback.id)) else {
        return false;
    };
    match difference {
        Field { name, ours, .. } if name == "isSelfTimeout" => *ours == (at.peer == invited.peer).to_string(),
        // Nobody begins to ring for an inviter who is away.
        Missing(told) if at.scene.waits_to_ring(at.peer, &told.callback.id) => true,
        // No device but the inviter's announces anything, and that one announces no inviter.
        Missing(told) if told.callback.kind == Kind::Timeout => {
            let strange = !told.callback.names().any(|name| invited.names(name));
            let decided = || !invited.is_back(at.scene) || at.scene.knows(at.peer, &told.callback);
            strange
                || at.scene.was_away(invited.peer, told.at)
                || (unheard(at.scene, &told.callback) && decided())
        }
        Late { recorded, ours: told } => {
            let back = told.at.saturating_sub(TOLERANCE)..=told.at;
            let ends = matches!(told.callback.kind, Kind::New | Kind::Timeout);
            (unheard(at.scene, &told.callback) || (ends && at.scene.was_away(invited.peer, *recorded)))
                && at.scene.recording.comes_online(invited.peer, &back)
        }
        // Back in time, it decides on what it hears then.
        Missing(told) | Extra(told) => unheard(at.scene, &told.callback) && !invited.is_back(at.scene),
        _ => false,
    }
}

/// Whether it is about what was said while the inviting device was away.
fn unheard(scene: &Scene<'_>, callback: &Callback) -> bool {
    let said = |verb| scene.unheard(verb, &callback.id);
    match callback.kind {
        Kind::New => false,
        Kind::Cancelled => !said(Verb::Cancel).is_empty(),
        Kind::Modified => !said(Verb::Modify).is_empty(),
        Kind::Accepted | Kind::Rejected | Kind::Timeout => {
            callback.names().any(|name| ANSWERS.iter().any(|verb| said(*verb).contains(&name)))
        }
    }
}

/// Whether what is called while the inviting device is away may be answered like that.
fn answers_otherwise(at: At<'_>, recorded: Option<u32>, ours: Option<u32>) -> bool {
    let Some(((verb, id), when)) = at.act().zip(at.when()) else { return false };
    let Some(invited) = at.scene.invited(id) else { return false };
    match (recorded, ours) {
        (Some(0), Some(8010)) => waits(at, verb, id) || gave_up(at.scene, &invited, when),
        (Some(0), _) | (_, Some(1..) | None) => false,
        // Answered on another of his devices, or he believes that time is up, but nothing is decided yet.
        (_, Some(0)) => {
            let answered = ANSWERS.iter().any(|verb| at.scene.unheard(*verb, id).contains(&user(at.peer)));
            let over =
                at.scene.was_away(invited.peer, when) && invited.limit().is_some_and(|limit| limit <= when);
            ANSWERS.contains(&verb) && (answered || over) || (verb == Verb::Modify && over)
        }
    }
}

/// Whether his last modification still waits for the inviter.
fn waits(at: At<'_>, verb: Verb, id: &str) -> bool {
    let unheard = at.scene.unheard(Verb::Modify, id);
    verb == Verb::Modify && unheard.iter().filter(|who| **who == user(at.peer)).count() > 1
}

/// Whether the inviting device had been away for so long that others gave the invitation up.
fn gave_up(scene: &Scene<'_>, invited: &Invited<'_>, when: u64) -> bool {
    let since = scene.away_since(invited.peer, when);
    since.is_some_and(|since| when + TOLERANCE >= since + GIVEN_UP)
}
