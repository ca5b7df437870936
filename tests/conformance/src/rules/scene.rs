//! What a rule may ask about a recording and its replay.

use std::collections::BTreeSet;

use adapter_std::CODE_INVALID;

use crate::callback::{Callback, Kind};
use crate::recording::{Answer, Command, Entry, Invite, Note, Recording, Verb, user};
use crate::replay::Replay;
use crate::world::Told;

/// A recording and its replay.
pub(crate) struct Scene<'a> {
    /// The recording.
    pub(crate) recording: &'a Recording,
    /// What we did.
    pub(crate) replay: &'a Replay,
}

/// An invitation that was recorded.
#[derive(Clone, Copy)]
pub(super) struct Invited<'a> {
    pub(super) at: u64,
    /// The device that invited.
    pub(super) peer: &'a str,
    pub(super) invite: &'a Invite,
    pub(super) recorded: Option<&'a Answer>,
    pub(super) ours: Option<u32>,
}

impl<'a> Scene<'a> {
    /// Of a recording and its replay.
    pub(crate) fn new(recording: &'a Recording, replay: &'a Replay) -> Self {
        Self { recording, replay }
    }

    /// What the listener of a peer was told, as recorded.
    pub(crate) fn recorded_at(&self, peer: &str) -> Vec<Told> {
        let here = self.recording.steps.iter().filter(|step| step.peer == peer);
        here.filter_map(|step| match &step.entry {
            Entry::Callback(callback) => {
                Some(Told { at: step.at, line: step.line, callback: callback.clone() })
            }
            _ => None,
        })
        .collect()
    }

    /// What the listener of a peer was told here.
    pub(crate) fn told_at(&self, peer: &str) -> &'a [Told] {
        self.replay.told.get(peer).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a peer was told something twice here, or that time was up twice for somebody.
    pub(super) fn repeats(&self, peer: &str, callback: &Callback) -> bool {
        let told = self.told_at(peer);
        if callback.kind != Kind::Timeout {
            let same = |other: &Callback| other.kind != Kind::Modified || other.data == callback.data;
            let again = told.iter().filter(|other| other.callback.is_like(callback) && same(&other.callback));
            return again.count() > 1;
        }
        let names = Self::timed_out(told, &callback.id);
        callback.names().any(|name| names.iter().filter(|other| **other == name).count() > 1)
    }

    /// The names that time limits of `id` were recorded for, or told for, at a peer.
    pub(super) fn timed_out<'t>(told: &'t [Told], id: &str) -> Vec<&'t str> {
        let timeouts =
            told.iter().filter(|told| told.callback.kind == Kind::Timeout && told.callback.id == id);
        timeouts.flat_map(|told| told.callback.names()).collect()
    }

    /// The invitation of that recorded id.
    pub(super) fn invited(&self, id: &str) -> Option<Invited<'a>> {
        let mut all = self.recording.steps.iter().enumerate().filter_map(|(index, step)| {
            let Entry::Command(Command::Invite(invite)) = &step.entry else { return None };
            (self.recording.id_of(index) == id).then_some((index, step, invite))
        });
        let (index, step, invite) = all.next()?;
        Some(Invited {
            at: step.at,
            peer: &step.peer,
            invite,
            recorded: self.recording.answer_of(index),
            ours: self.replay.answers.get(&index).copied().flatten(),
        })
    }

    /// The command of a step, if it takes an id: which, and for which invitation.
    pub(super) fn act(&self, step: usize) -> Option<(Verb, &'a str)> {
        match &self.recording.steps.get(step)?.entry {
            Entry::Command(Command::Act { verb, id, .. }) => Some((*verb, id)),
            _ => None,
        }
    }

    /// When a step was, in ms from the beginning.
    pub(super) fn when(&self, step: usize) -> Option<u64> {
        self.recording.steps.get(step).map(|step| step.at)
    }

    /// The steps at which that method was called for `id`: index, peer, recorded code.
    pub(super) fn calls(&self, verb: Verb, id: &str) -> Vec<(usize, &'a str, Option<u32>)> {
        let all = self.recording.steps.iter().enumerate();
        all.filter(|(index, _)| self.act(*index) == Some((verb, id)))
            .map(|(index, step)| {
                let answer = self.recording.answer_of(index);
                (index, step.peer.as_str(), answer.and_then(Answer::code))
            })
            .collect()
    }

    /// Whether that user called the method for `id` with success, as recorded.
    pub(super) fn did(&self, who: &str, verb: Verb, id: &str) -> bool {
        self.calls(verb, id).iter().any(|(_, peer, code)| user(peer) == who && *code == Some(0))
    }

    /// Whether anybody did.
    pub(super) fn done(&self, verb: Verb, id: &str) -> bool {
        self.calls(verb, id).iter().any(|(_, _, code)| *code == Some(0))
    }

    /// When a peer first came online; none if it was there from the beginning, or never.
    pub(super) fn came_online(&self, peer: &str) -> Option<u64> {
        let mut here = self.recording.steps.iter().filter(|step| step.peer == peer);
        here.find(|step| matches!(step.entry, Entry::Note(Note::Online))).map(|step| step.at)
    }

    /// The invitees whose answer succeeded, as recorded, although a cancel or the time limit also did.
    pub(super) fn crossed(&self, id: &str) -> Vec<&'a str> {
        let answers = [(Verb::Accept, Kind::Accepted), (Verb::Reject, Kind::Rejected)];
        let mut crossed = Vec::new();
        for (verb, kind) in answers {
            for (step, peer, _) in self.calls(verb, id).into_iter().filter(|(_, _, code)| *code == Some(0)) {
                let cancels =
                    self.calls(Verb::Cancel, id).into_iter().filter(|(_, _, code)| *code == Some(0));
                let cancelled = cancels
                    .into_iter()
                    .any(|(cancel, at, _)| !self.heard_between(step, cancel, at, kind, user(peer)));
                if cancelled || self.ran_out(id, user(peer)) || self.answered_elsewhere(id, peer) {
                    crossed.push(user(peer));
                }
            }
        }
        crossed
    }

    /// Whether another device of that user answered too, with success, as recorded.
    fn answered_elsewhere(&self, id: &str, peer: &str) -> bool {
        let answers = [Verb::Accept, Verb::Reject].into_iter().flat_map(|verb| self.calls(verb, id));
        let mut others = answers.filter(|(_, other, code)| *other != peer && *code == Some(0));
        others.any(|(_, other, _)| user(other) == user(peer))
    }

    /// Whether two answers were given, as recorded, without anything that was told in between.
    pub(crate) fn answered_at_once(&self, one: &Callback, other: &Callback) -> bool {
        let given = |callback: &Callback| {
            let verb = match callback.kind {
                Kind::Accepted => Verb::Accept,
                Kind::Rejected => Verb::Reject,
                _ => return None,
            };
            let by = |peer: &str| callback.invitee.as_deref() == Some(user(peer));
            let mut calls = self.calls(verb, &callback.id).into_iter();
            calls.find(|(_, peer, code)| *code == Some(0) && by(peer)).map(|(step, _, _)| step)
        };
        let (Some(one), Some(other)) = (given(one), given(other)) else { return false };
        let between = &self.recording.steps[one.min(other)..one.max(other)];
        one != other && !between.iter().any(|step| matches!(step.entry, Entry::Callback(_) | Entry::Note(_)))
    }

    /// Whether two devices of one user said what is told there, both with success, as recorded.
    pub(super) fn said_twice(&self, callback: &Callback) -> bool {
        let verb = match callback.kind {
            Kind::Cancelled => Verb::Cancel,
            Kind::Accepted => Verb::Accept,
            Kind::Rejected => Verb::Reject,
            _ => return false,
        };
        let who = callback.invitee.as_deref();
        let calls = self.calls(verb, &callback.id).into_iter();
        calls.filter(|(_, peer, code)| *code == Some(0) && who.is_none_or(|who| user(peer) == who)).count()
            > 1
    }

    /// Who called the method for `id` with success, as recorded, while the inviting device was away.
    pub(super) fn unheard(&self, verb: Verb, id: &str) -> Vec<&'a str> {
        let Some(invited) = self.invited(id) else { return Vec::new() };
        let done = self.calls(verb, id).into_iter().filter(|(_, _, code)| *code == Some(0));
        done.filter(|(step, _, _)| self.when(*step).is_some_and(|at| self.was_away(invited.peer, at)))
            .map(|(_, peer, _)| user(peer))
            .collect()
    }

    /// The invitees who are no members of the group of that invitation.
    pub(super) fn strangers(&self, id: &str) -> BTreeSet<&'a str> {
        let Some(invited) = self.invited(id) else { return BTreeSet::new() };
        invited.invite.group.as_deref().map(|group| self.recording.strangers(group)).unwrap_or_default()
    }

    /// Whether all other invitees had answered, as recorded, and some are no members of the group.
    pub(super) fn waits_for_strangers(&self, id: &str) -> bool {
        let (Some(invited), strangers) = (self.invited(id), self.strangers(id)) else { return false };
        let answered = |who: &str| [Verb::Accept, Verb::Reject].iter().any(|verb| self.did(who, *verb, id));
        let mut names = invited.invite.invitees.iter().map(String::as_str);
        !strangers.is_empty() && names.all(|who| strangers.contains(who) || answered(who))
    }

    /// Whether somebody said that about the invitation, as recorded.
    pub(super) fn was_said(&self, text: &str, id: &str) -> bool {
        self.recording.steps.iter().any(|step| match &step.entry {
            Entry::Command(Command::Act { id: about, data, .. }) => about == id && data == text,
            _ => false,
        })
    }

    /// Whether a peer was never told of the one-to-one invitation that this is the end of.
    pub(super) fn unannounced(&self, peer: &str, callback: &Callback) -> bool {
        let Some(invited) = self.invited(&callback.id) else { return false };
        let is_new = |told: &Told| told.callback.kind == Kind::New && told.callback.id == callback.id;
        let announced = self.recorded_at(peer).iter().chain(self.told_at(peer)).any(is_new);
        let end = !matches!(callback.kind, Kind::New | Kind::Modified);
        end && invited.invite.group.is_none() && peer != invited.peer && !announced
    }

    /// Whether a device of that user, which came late, rang here for a group invitation, or for what is online only, and
    /// did not as recorded.
    pub(super) fn rang_late(&self, who: &str, id: &str) -> bool {
        let is_new = |told: &Told| told.callback.kind == Kind::New && told.callback.id == id;
        let open = self.invited(id).map(|invited| invited.invite);
        let open = open.is_some_and(|invite| invite.group.is_some() || invite.online_only);
        let mut peers = self.replay.told.iter().filter(|(peer, _)| user(peer) == who);
        open && peers.any(|(peer, told)| {
            let late = self.came_online(peer).is_some();
            late && told.iter().any(is_new) && !self.recorded_at(peer).iter().any(is_new)
        })
    }

    /// Whether a peer rang, as recorded, when the time limit was over, and did not here.
    pub(super) fn rang_in_vain(&self, peer: &str, id: &str) -> bool {
        let Some(limit) = self.invited(id).and_then(|invited| invited.limit()) else { return false };
        let is_new = |told: &Told| told.callback.kind == Kind::New && told.callback.id == id;
        let late = self.recorded_at(peer).iter().any(|told| is_new(told) && told.at >= limit);
        late && !self.told_at(peer).iter().any(is_new)
    }

    /// Whether a peer knows here what became of each whom a callback names; of a cancellation, that it is over. Who said
    /// it is told nothing.
    pub(super) fn knows(&self, peer: &str, callback: &Callback) -> bool {
        let (id, cancelled) = (&callback.id, self.said(peer, &[Verb::Cancel], &callback.id));
        let answered = |who: &str| who == user(peer) && self.said(peer, &[Verb::Accept, Verb::Reject], id);
        if callback.kind == Kind::Cancelled {
            return cancelled || answered(user(peer)) || self.knows_an_end(peer, id);
        }
        callback.names().all(|who| cancelled || answered(who) || self.is_told(peer, id, who))
    }

    /// Whether a peer was told an end of it here.
    pub(super) fn knows_an_end(&self, peer: &str, id: &str) -> bool {
        self.ends(peer, id).next().is_some()
    }

    /// Whether a peer was told here what became of that invitee.
    pub(super) fn is_told(&self, peer: &str, id: &str, who: &str) -> bool {
        let about = |end: &Callback| end.kind == Kind::Cancelled || end.names().any(|name| name == who);
        self.ends(peer, id).any(about)
    }

    /// Whether anybody was told of an end here.
    pub(super) fn ended(&self, id: &str) -> bool {
        self.replay.told.keys().any(|peer| self.knows_an_end(peer, id))
    }

    /// The ends of `id` that a peer was told here.
    fn ends(&self, peer: &str, id: &str) -> impl Iterator<Item = &'a Callback> {
        let told = self.told_at(peer).iter().map(|told| &told.callback);
        told.filter(move |told| told.id == id && !matches!(told.kind, Kind::New | Kind::Modified))
    }

    /// Whether a peer called one of these methods for `id` with success here.
    fn said(&self, peer: &str, verbs: &[Verb], id: &str) -> bool {
        let calls = verbs.iter().flat_map(|verb| self.calls(*verb, id));
        calls
            .into_iter()
            .any(|(step, at, _)| at == peer && self.replay.answers.get(&step).copied().flatten() == Some(0))
    }

    /// Whether a peer was told, between two steps, that `who` answered.
    fn heard_between(&self, first: usize, last: usize, peer: &str, kind: Kind, who: &str) -> bool {
        let between = self.recording.steps.get(first..last).unwrap_or_default();
        between.iter().filter(|step| step.peer == peer).any(|step| match &step.entry {
            Entry::Callback(callback) => callback.kind == kind && callback.invitee.as_deref() == Some(who),
            _ => false,
        })
    }

    /// Whether anybody was told that time was up for `who`, as recorded.
    fn ran_out(&self, id: &str, who: &str) -> bool {
        self.recording.steps.iter().any(|step| match &step.entry {
            Entry::Callback(callback) => {
                callback.kind == Kind::Timeout
                    && callback.id == id
                    && callback.names().any(|name| name == who)
            }
            _ => false,
        })
    }

    /// Whether an invitation was made, as recorded, and refused here.
    pub(super) fn was_refused(&self, id: &str) -> bool {
        self.invited(id).is_some_and(|invited| {
            invited.ours == Some(CODE_INVALID) && invited.recorded.and_then(Answer::code) == Some(0)
        })
    }

    /// Whether, at that step, an earlier call of the same peer for another invitation was not answered yet.
    pub(super) fn waits_for_another(&self, step: usize) -> bool {
        let Some(this) = self.recording.steps.get(step) else { return false };
        (0..step).any(|other| {
            let same_peer = self.recording.steps[other].peer == this.peer;
            let another =
                self.act(other).is_some_and(|(_, id)| self.act(step).is_some_and(|act| act.1 != id));
            same_peer && another && self.recording.answered_at(other).is_none_or(|at| at > step)
        })
    }

    /// Whether a peer had lost its link by then, and had it not back.
    pub(super) fn was_away(&self, peer: &str, at: u64) -> bool {
        self.away_since(peer, at).is_some()
    }

    /// When a peer lost its link that it had not back by then.
    pub(super) fn away_since(&self, peer: &str, at: u64) -> Option<u64> {
        self.recording.away_since(peer, at)
    }

    /// Whether a peer began to ring, as recorded, while the inviting device was away, and did not here.
    pub(super) fn waits_to_ring(&self, peer: &str, id: &str) -> bool {
        let Some(invited) = self.invited(id) else { return false };
        let is_new = |told: &&Told| told.callback.kind == Kind::New && told.callback.id == id;
        let recorded = self.recorded_at(peer);
        let rang = recorded.iter().find(is_new).is_some_and(|told| self.was_away(invited.peer, told.at));
        rang && !self.told_at(peer).iter().any(|told| is_new(&told))
    }

    /// Whether another device of the inviter cancelled or modified a group invitation here, which it could not,
    /// as recorded.
    pub(super) fn observer_acted(&self, id: &str) -> bool {
        let Some(invited) = self.invited(id).filter(|invited| invited.invite.group.is_some()) else {
            return false;
        };
        [Verb::Cancel, Verb::Modify].iter().flat_map(|verb| self.calls(*verb, id)).any(
            |(step, peer, code)| {
                let here = self.replay.answers.get(&step).copied().flatten();
                invited.observed_by(peer) && code != Some(0) && here == Some(0)
            },
        )
    }
}

impl Invited<'_> {
    /// When its time limit is, in ms from the beginning; none without one.
    pub(super) fn limit(&self) -> Option<u64> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` keeps within the range
        let ms = (self.invite.timeout * 1_000.0) as u64;
        (ms > 0).then(|| self.at + ms)
    }

    /// Whether the inviting device came back before the time limit, as recorded.
    pub(super) fn is_back(&self, scene: &Scene<'_>) -> bool {
        scene.recording.comes_online(self.peer, &(self.at..=self.limit().unwrap_or(u64::MAX)))
    }

    /// Whether that is another device of the inviter.
    pub(super) fn observed_by(&self, peer: &str) -> bool {
        peer != self.peer && user(peer) == user(self.peer)
    }

    pub(super) fn names(&self, who: &str) -> bool {
        self.invite.names(who)
    }
}
