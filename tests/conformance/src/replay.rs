//! Plays a recording: what its applications called is called here, at its time.

use std::collections::{BTreeMap, HashMap};

use adapter_std::InviteId;

use crate::callback::Kind;
use crate::compare::TOLERANCE;
use crate::recording::{Command, Entry, Note, Recording, user};
use crate::world::{DONE, Told, World};

/// After the last line the world goes on for so long, in ms.
const AFTERMATH: u64 = 500;

/// What came of it.
#[derive(Debug, Default)]
pub struct Replay {
    /// What the listener of each peer was told; ids are the recording's.
    pub told: BTreeMap<String, Vec<Told>>,
    /// What the method called at each step answered: 0, or an error's code if it has one.
    pub answers: BTreeMap<usize, Option<u32>>,
}

/// The ids of the recording and ours.
#[derive(Default)]
struct Ids {
    ours: HashMap<String, InviteId>,
}

impl Ids {
    /// Ours for a recorded id; for one that names no invitation here, one that nobody has made.
    fn ours(&self, recorded: &str) -> InviteId {
        self.ours.get(recorded).copied().unwrap_or_default()
    }

    fn recorded(&self, ours: &str) -> String {
        let pair = self.ours.iter().find(|(_, id)| id.to_string() == ours);
        pair.map_or_else(|| ours.to_owned(), |(recorded, _)| recorded.clone())
    }
}

/// Plays a recording in a world of its own. Needs a tokio runtime whose clock is paused.
pub async fn play(recording: &Recording) -> Replay {
    let mut world = people(recording).await;
    let begin = world.now();
    let (mut ids, mut replay) = (Ids::default(), Replay::default());
    let held = held_up(recording);
    let mut heard = false;
    for (index, step) in recording.steps.iter().enumerate() {
        match &step.entry {
            Entry::Command(command) => {
                // What the recording shows as arrived has to arrive here too; what it does not, crosses.
                if std::mem::take(&mut heard) || told_already(recording, index) {
                    world.settle().await;
                }
                world.until(begin + step.at).await;
                if let Some(id) = ran_out(recording, index) {
                    world.run_out(&step.peer, ids.ours(id)).await;
                }
                for (_, peer) in held.iter().filter(|(invite, _)| *invite == index) {
                    world.offline(peer).await;
                }
                if let Some(code) = call(&world, &step.peer, command, &mut ids, recording, index) {
                    replay.answers.insert(index, code);
                }
            }
            Entry::Callback(callback) => {
                let arrives = |(invite, peer): &(usize, &str)| {
                    *peer == step.peer && recording.id_of(*invite) == callback.id
                };
                if callback.kind == Kind::New && held.iter().any(arrives) {
                    world.until(begin + step.at).await;
                    world.online(&step.peer).await;
                }
                heard = true;
            }
            Entry::Note(note) => {
                pass(&mut world, &step.peer, note, begin + step.at).await;
                heard = false;
            }
            Entry::Answer { .. } | Entry::Json(_) => {}
        }
    }
    world.until(world.now() + AFTERMATH).await;
    let peers = recording.peers().into_iter();
    replay.told = peers.map(|peer| (peer.to_owned(), told(&world, peer, &ids, begin))).collect();
    replay
}

/// Whether the call at that step names an invitation that somebody was told of at this moment, though it is listed
/// later: nobody names what has not arrived.
fn told_already(recording: &Recording, index: usize) -> bool {
    let Entry::Command(Command::Act { id: named, .. }) = &recording.steps[index].entry else { return false };
    let mut later = recording.steps[index..].iter().take_while(|step| step.at == recording.steps[index].at);
    later.any(|step| matches!(&step.entry, Entry::Callback(it) if it.kind == Kind::New && it.id == *named))
}

/// The invitation that the call at that step names, if its time was up at this very moment. What was called in one
/// moment takes several here, so that it may have some ms left.
fn ran_out(recording: &Recording, index: usize) -> Option<&str> {
    let Entry::Command(Command::Act { id: named, .. }) = &recording.steps[index].entry else { return None };
    let mut earlier =
        recording.steps[..index].iter().rev().take_while(|step| step.at == recording.steps[index].at);
    let told =
        |entry: &Entry| matches!(entry, Entry::Callback(it) if it.kind == Kind::Timeout && it.id == *named);
    earlier.any(|step| told(&step.entry)).then_some(named)
}

/// The invitations that the network held up, and for whom: he had his link all the time, and was told late. Here he
/// loses it for so long.
fn held_up(recording: &Recording) -> Vec<(usize, &str)> {
    let mut held = Vec::new();
    for (index, invite) in recording.steps.iter().enumerate() {
        if !matches!(&invite.entry, Entry::Command(Command::Invite(_))) {
            continue;
        }
        let id = recording.id_of(index);
        for told in &recording.steps[index..] {
            let new = matches!(&told.entry, Entry::Callback(it) if it.kind == Kind::New && it.id == id);
            if new
                && told.at > invite.at + TOLERANCE
                && !recording.comes_online(&told.peer, &(invite.at..=told.at))
            {
                held.push((index, told.peer.as_str()));
            }
        }
    }
    held
}

/// All who occur, in all groups that occur; those who are there from the beginning, with links.
async fn people(recording: &Recording) -> World {
    let mut world = World::new().await;
    let peers: Vec<&str> = recording.peers().into_iter().collect();
    for group in recording.groups() {
        let strangers = recording.strangers(group);
        let members: Vec<&str> =
            peers.iter().copied().filter(|peer| !strangers.contains(user(peer))).collect();
        world.group(group, &members).await;
    }
    let present = recording.present();
    for peer in &peers {
        world.add(peer, present.contains(peer)).await;
    }
    world
}

async fn pass(world: &mut World, peer: &str, note: &Note, at: u64) {
    world.settle().await;
    match note {
        Note::Advance(ms) => world.until(at + ms).await,
        Note::Online if !peer.is_empty() => world.online(peer).await,
        Note::Offline if !peer.is_empty() => world.offline(peer).await,
        _ => {}
    }
}

fn told(world: &World, peer: &str, ids: &Ids, begin: u64) -> Vec<Told> {
    let mut told = world.device(peer).told();
    for Told { at, callback, .. } in &mut told {
        *at = at.saturating_sub(begin);
        callback.id = ids.recorded(&callback.id);
    }
    told
}

/// Calls a method; none for those that ask no endpoint.
fn call(
    world: &World,
    peer: &str,
    command: &Command,
    ids: &mut Ids,
    recording: &Recording,
    index: usize,
) -> Option<Option<u32>> {
    match command {
        Command::Invite(invite) => Some(match world.invite(peer, invite) {
            Ok(id) => {
                ids.ours.insert(recording.id_of(index), id);
                DONE
            }
            Err(code) => code,
        }),
        Command::Act { verb, id, data } => Some(world.act(peer, *verb, ids.ours(id), data)),
        Command::Add(added) => Some(world.learn(peer, added, ids.ours(&added.id))),
        Command::GetInfo { .. } => None,
    }
}
