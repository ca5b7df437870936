//! Which difference each rule explains. A rule explains as little as it can: it is what hides a fault.

use adapter_std::MAX_INVITEES;

use super::{At, Scene};
use crate::callback::{Callback, Kind};
use crate::compare::{Difference, TOLERANCE};
use crate::recording::{Answer, Command, Entry, Invite, Verb, user};
use crate::world::Told;

use Difference::{Code, Extra, Field, Late, Missing, Order};

/// The codes that signaling itself answers with; all others come from the messages underneath.
const SIGNALING_CODES: [u32; 9] = [0, 6013, 6014, 6017, 8001, 8010, 8011, 8012, 8020];

/// The two answers.
pub(super) const ANSWERS: [Verb; 2] = [Verb::Accept, Verb::Reject];

/// What it is about, if that is a callback.
pub(super) fn callback(difference: &Difference) -> Option<&Callback> {
    match difference {
        Missing(told) | Extra(told) | Late { ours: told, .. } => Some(&told.callback),
        Field { of, .. } => of.as_ref(),
        _ => None,
    }
}

pub(super) fn told_once(at: At<'_>, difference: &Difference) -> bool {
    let ours = at.scene.told_at(at.peer);
    match difference {
        Missing(told) if told.callback.kind == Kind::Timeout => {
            covers(ours, &told.callback) || at.scene.unannounced(at.peer, &told.callback)
        }
        Extra(told) if told.callback.kind == Kind::Timeout => {
            let recorded = at.scene.recorded_at(at.peer);
            let last = recorded.iter().filter(|it| it.callback.kind == Kind::Timeout).map(|it| it.at).max();
            covers(&recorded, &told.callback) && last.is_some_and(|last| told.at <= last + TOLERANCE)
        }
        Missing(told) if at.scene.unannounced(at.peer, &told.callback) => true,
        // The same again.
        Missing(told) => ours.iter().any(|ours| {
            let same = ours.callback.data == told.callback.data || told.callback.kind != Kind::Modified;
            same && ours.callback.is_like(&told.callback)
        }),
        _ => false,
    }
}

/// Whether each name of a time limit is in one of those that were told, with the same data or none.
fn covers(told: &[Told], callback: &Callback) -> bool {
    let empty = |data: &Option<String>| data.as_deref().unwrap_or_default().is_empty();
    let said = |told: &&Told| {
        let data = &told.callback.data;
        *data == callback.data || empty(data) || empty(&callback.data)
    };
    let told: Vec<Told> = told.iter().filter(said).cloned().collect();
    let all = Scene::timed_out(&told, &callback.id);
    callback.names().count() > 0 && callback.names().all(|name| all.contains(&name))
}

pub(super) fn over_is_8010(at: At<'_>, difference: &Difference) -> bool {
    let (Code { recorded, ours: Some(8010) }, Some((verb, id))) = (difference, at.act()) else {
        return false;
    };
    match recorded {
        Some(8020) => verb == Verb::Cancel,
        Some(8011) if ANSWERS.contains(&verb) => {
            at.scene.invited(id).is_some_and(|invited| invited.names(user(at.peer)))
        }
        _ => false,
    }
}

pub(super) fn every_refusal_has_its_code(at: At<'_>, difference: &Difference) -> bool {
    match difference {
        Code { recorded: None, ours: Some(1..) } => true,
        Code { recorded: Some(8010 | 8020), ours: Some(8011) } => {
            let Some((verb, id)) = at.act() else { return false };
            let Some(invited) = at.scene.invited(id) else { return false };
            match verb {
                Verb::Accept | Verb::Reject => !invited.names(user(at.peer)),
                Verb::Cancel => user(at.peer) != user(invited.peer),
                Verb::Modify => false,
            }
        }
        _ => false,
    }
}

pub(super) fn rejecters_follow(at: At<'_>, difference: &Difference) -> bool {
    let Extra(told) = difference else { return false };
    let callback = &told.callback;
    let group = at.scene.invited(&callback.id).is_some_and(|invited| invited.invite.group.is_some());
    group && callback.kind != Kind::New && at.scene.did(user(at.peer), Verb::Reject, &callback.id)
}

pub(super) fn observers_follow(at: At<'_>, difference: &Difference) -> bool {
    match difference {
        Code { recorded, ours: Some(0) } if *recorded != Some(0) => {
            let Some((Verb::Cancel | Verb::Modify, id)) = at.act() else { return false };
            let invited = at.scene.invited(id).filter(|invited| invited.invite.group.is_some());
            invited.is_some_and(|invited| invited.observed_by(at.peer))
        }
        Code { recorded: Some(0), ours: Some(8010) } => {
            at.act().is_some_and(|(_, id)| at.scene.observer_acted(id))
        }
        Missing(told) if told.callback.kind != Kind::New => {
            at.scene.observer_acted(&told.callback.id) && at.scene.knows(at.peer, &told.callback)
        }
        // What he changed is told, and what others change after him, as another change.
        Field { name, ours, of: Some(told), .. } if name == "data" => {
            at.scene.observer_acted(&told.id) && at.scene.was_said(ours, &told.id)
        }
        Late { ours: told, .. } | Order(told) => at.scene.observer_acted(&told.callback.id),
        Extra(told) if told.callback.kind != Kind::New => {
            let Some(invited) = at.scene.invited(&told.callback.id) else { return false };
            let observer = invited.invite.group.is_some() && invited.observed_by(at.peer);
            observer || at.scene.observer_acted(&told.callback.id)
        }
        _ => false,
    }
}

pub(super) fn crossing(at: At<'_>, difference: &Difference) -> bool {
    match difference {
        // Both calls succeeded, as recorded: the later one cannot, once it is known that it is.
        Code { recorded: Some(0), ours: Some(8010) } => {
            let Some((verb, id)) = at.act() else { return false };
            let crossed = at.scene.crossed(id);
            match verb {
                Verb::Accept | Verb::Reject => crossed.contains(&user(at.peer)),
                Verb::Cancel => !crossed.is_empty(),
                Verb::Modify => false,
            }
        }
        // One of the two ends must have been told, though, and be known there.
        Missing(told) if !at.scene.ended(&told.callback.id) => false,
        Missing(told) if !at.scene.knows(at.peer, &told.callback) => false,
        // Who is told of another end is told no later than of that one.
        Late { recorded, ours } if ours.at > *recorded => false,
        Missing(told) | Extra(told) | Late { ours: told, .. } => {
            let crossed = at.scene.crossed(&told.callback.id);
            let about = |name: &str| crossed.contains(&name);
            match told.callback.kind {
                Kind::Cancelled => !crossed.is_empty() || at.scene.said_twice(&told.callback),
                Kind::Accepted | Kind::Rejected | Kind::Timeout => told.callback.names().any(about),
                Kind::New | Kind::Modified => false,
            }
        }
        // Two devices of one user said it; one of them was heard.
        Field { name, ours, of: Some(callback), .. } => {
            name == "data" && at.scene.said_twice(callback) && at.scene.was_said(ours, &callback.id)
        }
        _ => false,
    }
}

pub(super) fn nothing_fails(at: At<'_>, difference: &Difference) -> bool {
    match difference {
        Code { recorded, ours: Some(0) } if foreign(*recorded) => true,
        // Tried again, as recorded; here the first try counts.
        Code { recorded: Some(0), ours: Some(8010) } => at.act().is_some_and(|(_, id)| failed(at.scene, id)),
        // What was answered here after all, or ran out there instead.
        Extra(told) => failed(at.scene, &told.callback.id),
        Missing(told) if told.callback.kind == Kind::Timeout => {
            failed(at.scene, &told.callback.id) && at.scene.knows(at.peer, &told.callback)
        }
        _ => false,
    }
}

/// A code of the messages underneath.
fn foreign(code: Option<u32>) -> bool {
    code.is_some_and(|code| !SIGNALING_CODES.contains(&code))
}

/// Whether something about that invitation could not be sent, as recorded.
fn failed(scene: &Scene<'_>, id: &str) -> bool {
    let invite = scene.invited(id).and_then(|invited| invited.recorded).and_then(Answer::code);
    let calls = |verb| scene.calls(verb, id).into_iter().any(|(_, _, code)| foreign(code));
    foreign(invite) || [Verb::Accept, Verb::Reject, Verb::Cancel, Verb::Modify].into_iter().any(calls)
}

pub(super) fn refused(at: At<'_>, difference: &Difference) -> bool {
    match difference {
        Code { ours: Some(6017), .. } => match at.command() {
            Some(Command::Invite(invite)) => hopeless(invite, user(at.peer)),
            _ => false,
        },
        Code { ours: Some(8010), .. } => at.act().is_some_and(|(_, id)| at.scene.was_refused(id)),
        Missing(told) => at.scene.was_refused(&told.callback.id),
        _ => false,
    }
}

fn hopeless(invite: &Invite, inviter: &str) -> bool {
    let names = &invite.invitees;
    let twice = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
    let nobody = names.is_empty() || names.iter().any(|name| name == inviter || name.is_empty());
    let nowhere = invite.group.as_deref() == Some("");
    nobody || twice || nowhere || names.len() > MAX_INVITEES || !(0.0..=86_400.0).contains(&invite.timeout)
}

pub(super) fn online_only(at: At<'_>, difference: &Difference) -> bool {
    let online = |id: &str| at.scene.invited(id).is_some_and(|invited| invited.invite.online_only);
    match difference {
        Code { recorded: Some(0), ours: Some(8011) } => {
            at.act().is_some_and(|(verb, id)| verb == Verb::Modify && online(id))
        }
        Missing(told) => told.callback.kind == Kind::Modified && online(&told.callback.id),
        // A time limit is told with the data that was not changed here.
        Field { name, of: Some(callback), .. } if name == "data" => {
            callback.kind == Kind::Timeout
                && online(&callback.id)
                && at.scene.done(Verb::Modify, &callback.id)
        }
        _ => false,
    }
}

pub(super) fn no_global_guard(at: At<'_>, difference: &Difference) -> bool {
    match difference {
        Code { recorded: Some(8010) | None, ours: Some(0) } => {
            at.step.is_some_and(|step| at.scene.waits_for_another(step))
        }
        // What was done here after all, or ran out there instead.
        Extra(told) => was_guarded(at.scene, &told.callback.id),
        Missing(told) if told.callback.kind == Kind::Timeout => {
            was_guarded(at.scene, &told.callback.id) && at.scene.knows(at.peer, &told.callback)
        }
        _ => false,
    }
}

fn was_guarded(scene: &Scene<'_>, id: &str) -> bool {
    let calls = [Verb::Accept, Verb::Reject, Verb::Cancel].iter().flat_map(|verb| scene.calls(*verb, id));
    calls.into_iter().any(|(step, _, code)| code != Some(0) && scene.waits_for_another(step))
}

pub(super) fn late_comers_ring(at: At<'_>, difference: &Difference) -> bool {
    // Whoever rang late could answer here.
    let answered = |callback: &Callback| callback.names().any(|name| at.scene.rang_late(name, &callback.id));
    match difference {
        Code { recorded: Some(8010) | None, ours: Some(0) } => at
            .act()
            .is_some_and(|(verb, id)| ANSWERS.contains(&verb) && at.scene.rang_late(user(at.peer), id)),
        // Nor does anybody ring for what is over, and hear how it ends.
        Missing(told) if at.scene.rang_in_vain(at.peer, &told.callback.id) => true,
        Missing(told) => {
            let ran_out = told.callback.kind == Kind::Timeout && answered(&told.callback);
            ran_out && at.scene.knows(at.peer, &told.callback)
        }
        Extra(told) => {
            rings_late(at, told) || (told.callback.kind != Kind::Timeout && answered(&told.callback))
        }
        _ => false,
    }
}

/// Whether it came to somebody who was late for what is online only, or for a group invitation that others had
/// answered.
fn rings_late(at: At<'_>, told: &Told) -> bool {
    let id = &told.callback.id;
    let Some(invite) = at.scene.invited(id).map(|invited| invited.invite) else { return false };
    let late = at.scene.came_online(at.peer).is_some_and(|online| told.at >= online);
    let answered = || invite.group.is_some() && ANSWERS.iter().any(|verb| at.scene.done(*verb, id));
    late && (invite.online_only || answered())
}

pub(super) fn strangers_are_rejected(at: At<'_>, difference: &Difference) -> bool {
    match difference {
        Extra(told) => {
            let strangers = at.scene.strangers(&told.callback.id);
            told.callback.kind == Kind::Rejected && told.callback.names().any(|name| strangers.contains(name))
        }
        Missing(told) if told.callback.kind == Kind::Timeout => {
            let strangers = at.scene.strangers(&told.callback.id);
            let strange = told.callback.names().any(|name| strangers.contains(name));
            strange && at.scene.knows(at.peer, &told.callback)
        }
        // He was the last who was waited for, as recorded.
        Missing(told) => {
            let id = &told.callback.id;
            let all_known = || at.scene.strangers(id).iter().all(|who| at.scene.is_told(at.peer, id, who));
            told.callback.kind == Kind::Cancelled && at.scene.waits_for_strangers(id) && all_known()
        }
        Code { recorded: Some(0), ours: Some(8010) } => {
            at.act().is_some_and(|(verb, id)| verb == Verb::Cancel && at.scene.waits_for_strangers(id))
        }
        _ => false,
    }
}

pub(super) fn strict_info(at: At<'_>, difference: &Difference) -> bool {
    let Some(Command::GetInfo { .. }) = at.command() else { return false };
    let Field { name, ours, .. } = difference else { return false };
    (name == "result" && ours == "null") || (name == "actionType" && ours == "0")
}

impl<'a> At<'a> {
    /// The command that was called.
    fn command(self) -> Option<&'a Command> {
        match &self.scene.recording.steps.get(self.step?)?.entry {
            Entry::Command(command) => Some(command),
            _ => None,
        }
    }

    /// When it was called, in ms from the beginning.
    pub(super) fn when(self) -> Option<u64> {
        self.scene.when(self.step?)
    }

    /// The same, of those that take an id: which, and for which invitation.
    pub(super) fn act(self) -> Option<(Verb, &'a str)> {
        self.scene.act(self.step?)
    }
}
