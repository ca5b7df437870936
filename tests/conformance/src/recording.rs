//! Recordings: one line of JSON for each thing that a client was told, did, or told its application.

mod line;
mod presence;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use adapter_std::{GroupId, UserId};
use serde_json::Value;

use crate::callback::Callback;
use line::Line;

/// Why a recording cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("{}: {error}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is nothing in it.
    #[error("{}: the file holds no recording: it should be lines of JSON", .0.display())]
    Empty(PathBuf),
    /// A line is not of the format.
    #[error("{}:{line}: {}{what}", file.display(), place(field))]
    Line {
        /// The file.
        file: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Which field of it, as a path; empty for the line as a whole.
        field: String,
        /// What is wrong with it.
        what: String,
    },
}

fn place(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("field `{field}`: ") }
}

/// One run of one scenario with one client.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The file that it is in.
    pub file: PathBuf,
    /// What is played.
    pub scenario: String,
    /// Which client played it (`impl`).
    pub client: String,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// Fields that nobody knows, of lines and of callbacks, and the line where each is first: they are not compared.
    pub strange: BTreeMap<String, usize>,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number in the file, from 1.
    pub line: usize,
    /// When, in ms from the beginning.
    pub at: u64,
    /// At which peer: a user, or a device of one as `user-d2`. Empty in notes about all.
    pub peer: String,
    /// What.
    pub entry: Entry,
}

/// What a line says.
#[derive(Clone, Debug)]
pub enum Entry {
    /// The application called a method.
    Command(Command),
    /// The method answered.
    Answer {
        /// Which method, and a number that rises from call to call.
        of: (String, u64),
        /// What it answered.
        answer: Answer,
    },
    /// The application was called back.
    Callback(Callback),
    /// A message was sent or modified: its JSON.
    Json(String),
    /// The world changed.
    Note(Note),
}

/// What a method answered.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// It succeeded, with this `result`.
    Done(Value),
    /// It failed; with a code, except in one client.
    Failed(Option<u32>),
}

impl Answer {
    /// 0 for success, as V2TIM has it; none for a failure without a code.
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Done(_) => Some(0),
            Self::Failed(code) => *code,
        }
    }
}

/// What the world did.
#[derive(Clone, PartialEq, Debug)]
pub enum Note {
    /// So many ms pass.
    Advance(u64),
    /// The peer gets its link.
    Online,
    /// The peer loses its link.
    Offline,
    /// Something that this program does not know how to play.
    Other(String),
}

/// A method that the application called.
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// `invite` and `inviteInGroup`
    Invite(Invite),
    /// One of the methods that take an id and data.
    Act {
        /// Which.
        verb: Verb,
        /// `inviteID`; empty if it was left out.
        id: String,
        /// `data`
        data: String,
    },
    /// `addInvitedSignaling`
    Add(Added),
    /// `getSignalingInfo`
    GetInfo {
        /// The `data` of the message.
        data: String,
        /// Whether it is a custom message, the only ones that signaling uses.
        custom: bool,
    },
}

/// The methods that take an id and data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// `accept`
    Accept,
    /// `reject`
    Reject,
    /// `cancel`
    Cancel,
    /// `modifyInvitation`
    Modify,
}

/// The arguments of `invite` and `inviteInGroup`.
#[derive(Clone, PartialEq, Debug)]
pub struct Invite {
    /// `groupID`; none for `invite`.
    pub group: Option<String>,
    /// `userID` (native: `invitee`) or `inviteeList`.
    pub invitees: Vec<String>,
    /// `data`
    pub data: String,
    /// `timeout` in seconds; 0 if it was left out, as in V2TIM.
    pub timeout: f64,
    /// `onlineUserOnly`
    pub online_only: bool,
}

impl Invite {
    /// Whether that user is invited.
    pub fn names(&self, who: &str) -> bool {
        self.invitees.iter().any(|name| name == who)
    }
}

/// The arguments of `addInvitedSignaling`.
#[derive(Clone, PartialEq, Debug)]
pub struct Added {
    /// `inviteID`
    pub id: String,
    /// `inviter`
    pub inviter: String,
    /// `groupID`, "" without one.
    pub group: String,
    /// `inviteeList`
    pub invitees: Vec<String>,
    /// `data`
    pub data: String,
    /// `timeout` in seconds.
    pub timeout: f64,
}

/// The user whose device a peer is: `bob` for `bob-d2`.
pub fn user(peer: &str) -> &str {
    match peer.rsplit_once("-d") {
        Some((user, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => user,
        _ => peer,
    }
}

impl Recording {
    /// Reads the recordings of a file: one, or several one after the other.
    ///
    /// # Errors
    /// [`ReadError`] names the file, the line and the field.
    pub fn read(file: &Path) -> Result<Vec<Self>, ReadError> {
        let text = fs::read_to_string(file).map_err(|error| ReadError::Io { file: file.into(), error })?;
        Self::parse(file, &text)
    }

    /// Reads the text of a file; `file` only names it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(file: &Path, text: &str) -> Result<Vec<Self>, ReadError> {
        let mut recordings: Vec<Self> = Vec::new();
        let text = text.trim_start_matches('\u{feff}'); // some editors begin a file with it
        let lines = (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty());
        for (line, text) in lines {
            let failed = |(field, what)| ReadError::Line { file: file.into(), line, field, what };
            let Line { scenario, client, step, strange } = line::read(line, text).map_err(failed)?;
            if recordings.last().is_none_or(|last| last.scenario != scenario || last.client != client) {
                recordings.push(Self::new(file, scenario, client));
            }
            let Some(last) = recordings.last_mut() else { continue };
            last.steps.push(step);
            for field in strange {
                last.strange.entry(field).or_insert(line);
            }
        }
        if recordings.is_empty() { Err(ReadError::Empty(file.into())) } else { Ok(recordings) }
    }

    fn new(file: &Path, scenario: String, client: String) -> Self {
        Self { file: file.into(), scenario, client, steps: Vec::new(), strange: BTreeMap::new() }
    }

    /// The groups that occur and may be called so.
    pub fn groups(&self) -> BTreeSet<&str> {
        self.invites()
            .filter_map(|invite| invite.group.as_deref())
            .filter(|group| GroupId::check(group).is_ok())
            .collect()
    }

    fn invites(&self) -> impl Iterator<Item = &Invite> {
        self.steps.iter().filter_map(|step| match &step.entry {
            Entry::Command(Command::Invite(invite)) => Some(invite),
            _ => None,
        })
    }

    fn invited(&self) -> impl Iterator<Item = &str> {
        self.invites()
            .flat_map(|invite| &invite.invitees)
            .map(String::as_str)
            .filter(|name| UserId::check(name).is_ok())
    }

    /// The `inviteID` that the invitation made at that step got: as answered, or as in its first message. One
    /// that never left its client is known by its line.
    pub fn id_of(&self, step: usize) -> String {
        let answered = match self.answer_of(step) {
            Some(Answer::Done(result)) => made(result),
            _ => None,
        };
        answered.or_else(|| self.id_in_message(step)).unwrap_or_else(|| {
            let line = self.steps.get(step).map_or(0, |step| step.line);
            format!("line {line}")
        })
    }

    /// The id in what the peer sent between a call and its answer.
    fn id_in_message(&self, step: usize) -> Option<String> {
        let peer = &self.steps.get(step)?.peer;
        let until = self.answered_at(step).unwrap_or(self.steps.len());
        let between = self.steps.get(step..until)?.iter().filter(|step| step.peer == *peer);
        let mut messages = between.filter_map(|step| match &step.entry {
            Entry::Json(json) => serde_json::from_str(json).ok(),
            _ => None,
        });
        text(&messages.next()?, "inviteID")
    }

    /// What the method of that step answered; none if the recording ends before.
    pub fn answer_of(&self, step: usize) -> Option<&Answer> {
        match &self.steps.get(self.answered_at(step)?)?.entry {
            Entry::Answer { answer, .. } => Some(answer),
            _ => None,
        }
    }

    /// The step at which the method of that step answered. The answers to calls of one method by one peer are
    /// told apart by their numbers, which rise as the calls were made.
    pub fn answered_at(&self, step: usize) -> Option<usize> {
        let name = self.command_at(step)?.name();
        let peer = &self.steps.get(step)?.peer;
        let here = || self.steps.iter().enumerate().filter(|(_, other)| other.peer == *peer);
        let calls = here().filter_map(|(at, _)| Some((at, self.command_at(at)?)));
        let before = calls.filter(|(at, command)| *at < step && command.name() == name).count();
        let answers = here().filter_map(|(at, other)| match &other.entry {
            Entry::Answer { of, .. } if of.0 == name => Some((of.1, at)),
            _ => None,
        });
        let answers: BTreeSet<(u64, usize)> = answers.collect();
        answers.into_iter().nth(before).map(|(_, at)| at)
    }

    fn command_at(&self, step: usize) -> Option<&Command> {
        match &self.steps.get(step)?.entry {
            Entry::Command(command) => Some(command),
            _ => None,
        }
    }
}

/// The id in what `invite` answered: native clients give it bare, web clients as `inviteID`, that for Flutter as
/// `data`.
fn made(result: &Value) -> Option<String> {
    let bare = result.as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    bare.or_else(|| text(result, "inviteID")).or_else(|| text(result, "data"))
}

fn text(json: &Value, key: &str) -> Option<String> {
    Some(json.get(key)?.as_str()?.to_owned())
}

impl Command {
    /// The method, in V2TIM's words.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Invite(invite) if invite.group.is_some() => "inviteInGroup",
            Self::Invite(_) => "invite",
            Self::Act { verb, .. } => verb.name(),
            Self::Add(_) => "addInvitedSignaling",
            Self::GetInfo { .. } => "getSignalingInfo",
        }
    }
}

impl Verb {
    /// The method, in V2TIM's words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Cancel => "cancel",
            Self::Modify => "modifyInvitation",
        }
    }
}
