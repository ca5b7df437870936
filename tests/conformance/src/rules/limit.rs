//! Rule 3: a time limit is one at the limit, and after it nothing goes on.

use super::At;
use super::explain::ANSWERS;
use crate::callback::Kind;
use crate::compare::{Difference, TOLERANCE};
use crate::recording::{Verb, user};

use Difference::{Code, Extra, Field, Late, Missing};

/// How long after the limit a web client's inviter announces it, in ms.
const GRACE: u64 = 5_000;

pub(super) fn at_the_limit(at: At<'_>, difference: &Difference) -> bool {
    match difference {
        Code { recorded: Some(0 | 8011), ours: Some(8010) } => {
            let Some(((verb, id), when)) = at.act().zip(at.when()) else { return false };
            let inviter = at.scene.invited(id).is_some_and(|invited| user(invited.peer) == user(at.peer));
            (inviter || verb == Verb::Modify) && still_open(at, id, when)
        }
        // It was told with the data that was not changed here any more.
        Missing(told) if told.callback.kind == Kind::Timeout => {
            done_after_the_limit(at, Verb::Modify, &told.callback.id)
                && at.scene.knows(at.peer, &told.callback)
        }
        Missing(told) => {
            let verb = match told.callback.kind {
                Kind::Cancelled => Verb::Cancel,
                Kind::Modified => Verb::Modify,
                _ => return false,
            };
            let id = &told.callback.id;
            done_after_the_limit(at, verb, id) && at.scene.knows_an_end(at.peer, id)
        }
        Field { name, recorded, of: Some(callback), .. }
            if name == "data" && callback.kind == Kind::Timeout =>
        {
            recorded.is_empty() || done_after_the_limit(at, Verb::Modify, &callback.id)
        }
        Late { ours: told, .. } | Extra(told) if told.callback.kind == Kind::Timeout => {
            let callback = &told.callback;
            let Some(invited) = at.scene.invited(&callback.id) else { return false };
            let now = invited.limit().is_some_and(|limit| told.at.abs_diff(limit) <= TOLERANCE);
            let answered = |name| ANSWERS.iter().any(|verb| at.scene.did(name, *verb, &callback.id));
            let rings = invited.invite.group.is_none() && user(at.peer) == user(invited.peer);
            let party = rings || at.peer == invited.peer || invited.names(user(at.peer));
            let early =
                now && (matches!(difference, Late { .. }) || (party && !callback.names().any(answered)));
            early || done_after_the_limit(at, Verb::Cancel, &callback.id)
        }
        _ => false,
    }
}

/// Whether the method was called with success, as recorded, between the limit and the announcement of it.
fn done_after_the_limit(at: At<'_>, verb: Verb, id: &str) -> bool {
    let done = at.scene.calls(verb, id).into_iter().filter(|(_, _, code)| *code == Some(0));
    done.into_iter().any(|(step, _, _)| at.scene.when(step).is_some_and(|when| still_open(at, id, when)))
}

/// Whether a web client's inviter still holds an invitation whose time is up.
fn still_open(at: At<'_>, id: &str, when: u64) -> bool {
    let limit = at.scene.invited(id).and_then(|invited| invited.limit());
    limit.is_some_and(|limit| (limit..=limit + GRACE + TOLERANCE).contains(&when))
}
