//! One line of a recording, field by field.

use adapter_std::{NameError, UserId};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Added, Answer, Command, Entry, Invite, Note, Step, Verb, user};
use crate::callback::{Callback, Kind};

/// A path to a field, and what is wrong with it.
pub(super) type Fault = (String, String);

const COMMANDS: &str = "invite, inviteInGroup, accept, reject, cancel, modifyInvitation, addInvitedSignaling, \
                        getSignalingInfo";
const EVENTS: &str = "NEW_INVITATION_RECEIVED, INVITEE_ACCEPTED, INVITEE_REJECTED, INVITATION_CANCELLED, \
                      INVITATION_TIMEOUT, INVITATION_MODIFIED";

/// The fields of an object that were not read yet.
struct Fields {
    path: String,
    map: Map<String, Value>,
}

impl Fields {
    fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.into() } else { format!("{}.{name}", self.path) }
    }

    fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Takes a field that may be missing, or `null`.
    fn maybe<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Fault> {
        let Some(value) = self.map.remove(name).filter(|value| !value.is_null()) else { return Ok(None) };
        serde_json::from_value(value).map(Some).map_err(|error| (self.at(name), error.to_string()))
    }

    /// Takes a field that may be missing and then is empty, zero or `false`.
    fn or_default<T: DeserializeOwned + Default>(&mut self, name: &str) -> Result<T, Fault> {
        self.maybe(name).map(Option::unwrap_or_default)
    }

    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Fault> {
        self.maybe(name)?.ok_or_else(|| (self.at(name), "is missing".into()))
    }

    /// Takes a field that holds an object.
    fn object(&mut self, name: &str) -> Result<Self, Fault> {
        Ok(Self { path: self.at(name), map: self.take(name)? })
    }

    /// Takes fields that say nothing about signaling.
    fn skip(&mut self, names: &[&str]) {
        for name in names {
            self.map.remove(*name);
        }
    }

    /// The fields that are left, which say nothing that can be compared.
    fn rest(self) -> impl Iterator<Item = String> {
        let path = if self.path.is_empty() { self.path } else { format!("{}.", self.path) };
        self.map.into_iter().map(move |(name, _)| format!("{path}{name}"))
    }

    /// Nothing may be left.
    fn end(&self, what: &str) -> Result<(), Fault> {
        let stray = self.map.keys().next();
        stray.map_or(Ok(()), |name| Err((self.at(name), format!("{what} has no such field"))))
    }
}

/// A line: the scenario, the client, the step, and the fields that nobody knows.
pub(super) struct Line {
    pub(super) scenario: String,
    pub(super) client: String,
    pub(super) step: Step,
    pub(super) strange: Vec<String>,
}

/// Reads a line.
pub(super) fn read(line: usize, text: &str) -> Result<Line, Fault> {
    let map = serde_json::from_str(text).map_err(|error| (String::new(), error.to_string()))?;
    let mut fields = Fields { path: String::new(), map };
    let mut strange = Vec::new();
    let (scenario, client) = (fields.take("scenario")?, fields.take("impl")?);
    let at = milliseconds(fields.take("t")?)
        .ok_or_else(|| ("t".into(), "is no number of seconds from the beginning".into()))?;
    let peer: String = fields.or_default("peer")?;
    let entry = entry(&mut fields, &mut strange)?;
    strange.extend(fields.rest());
    match UserId::check(user(&peer)) {
        _ if peer.is_empty() && matches!(entry, Entry::Note(_)) => {}
        Err(NameError::Empty) => return Err(("peer".into(), "is missing".into())),
        Err(error) => return Err(("peer".into(), error.to_string())),
        Ok(()) => {}
    }
    Ok(Line { scenario, client, step: Step { line, at, peer, entry }, strange })
}

fn milliseconds(seconds: f64) -> Option<u64> {
    let ms = (seconds * 1_000.0).round();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within the range that was checked
    (0.0..=1e12).contains(&ms).then_some(ms as u64)
}

/// Reads what is particular to one kind of line; strange fields of it go into the list.
type Reader = fn(&mut Fields, &mut Vec<String>) -> Result<Entry, Fault>;

fn entry(fields: &mut Fields, strange: &mut Vec<String>) -> Result<Entry, Fault> {
    const KINDS: [(&str, Reader); 7] = [
        ("cmd", |fields, _| command(fields)),
        ("send", |fields, _| send(fields)),
        ("modify", |fields, _| modify(fields)),
        ("result", |fields, _| result(fields)),
        ("error", |fields, _| error(fields)),
        ("event", event),
        ("note", |fields, _| note(fields)),
    ];
    let Some((name, read)) = KINDS.iter().find(|(name, _)| fields.has(name)) else {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        return Err((String::new(), format!("a line has one of the fields {}", names.join(", "))));
    };
    let entry = read(fields, strange)?;
    let others = KINDS.iter().map(|(name, _)| *name).chain(["of", "args", "data"]);
    match others.into_iter().find(|other| fields.has(other)) {
        Some(other) => Err((other.into(), format!("a line with `{name}` has no such field"))),
        None => Ok(entry),
    }
}

fn send(fields: &mut Fields) -> Result<Entry, Fault> {
    let mut sent = fields.object("send")?;
    let json = sent.take("json")?;
    sent.skip(&["to", "conversationType", "priority", "options"]);
    sent.end("a message that was sent")?;
    Ok(Entry::Json(json))
}

fn modify(fields: &mut Fields) -> Result<Entry, Fault> {
    let mut modified = fields.object("modify")?;
    let json = modified.take("data")?;
    modified.skip(&["n", "ID", "from", "to", "conversationType"]);
    modified.end("a message that was modified")?;
    Ok(Entry::Json(json))
}

fn result(fields: &mut Fields) -> Result<Entry, Fault> {
    let result = fields.map.remove("result").unwrap_or_default();
    // V2TIM for Flutter gives failures as results, too.
    let failure = result.get("code").and_then(Value::as_u64).filter(|code| *code != 0);
    let code = failure.map(|code| u32::try_from(code).unwrap_or(u32::MAX));
    let answer = code.map_or(Answer::Done(result), |code| Answer::Failed(Some(code)));
    Ok(Entry::Answer { of: tag(fields)?, answer })
}

fn error(fields: &mut Fields) -> Result<Entry, Fault> {
    let mut error = fields.object("error")?;
    let code = error.or_default("code")?;
    error.skip(&["message", "desc"]);
    error.end("an error")?;
    Ok(Entry::Answer { of: tag(fields)?, answer: Answer::Failed(code) })
}

/// `accept#5`: the method, and a number that rises from call to call.
fn tag(fields: &mut Fields) -> Result<(String, u64), Fault> {
    let of: String = fields.take("of")?;
    let parts = of.split_once('#').and_then(|(name, number)| Some((name.to_owned(), number.parse().ok()?)));
    let (name, number) = parts.ok_or_else(|| ("of".into(), format!("{of:?} is not like \"accept#5\"")))?;
    Ok((name.trim_end_matches("Sync").into(), number))
}

fn event(fields: &mut Fields, strange: &mut Vec<String>) -> Result<Entry, Fault> {
    let name: String = fields.take("event")?;
    let unknown = || ("event".into(), format!("there is no event {name:?}; there are {EVENTS}"));
    let kind = Kind::named(&name).ok_or_else(unknown)?;
    let mut data = fields.object("data")?;
    let callback = Callback {
        kind,
        id: data.take("inviteID")?,
        inviter: data.maybe("inviter")?,
        group: data.maybe("groupID")?,
        invitees: data.maybe("inviteeList")?,
        invitee: data.maybe("invitee")?,
        data: data.maybe("data")?,
        self_timeout: data.maybe("isSelfTimeout")?,
    };
    strange.extend(data.rest());
    Ok(Entry::Callback(callback))
}

fn command(fields: &mut Fields) -> Result<Entry, Fault> {
    let name: String = fields.take("cmd")?;
    let map = fields.or_default("args")?;
    let mut args = Fields { path: "args".into(), map };
    let command = match name.trim_end_matches("Sync") {
        "invite" => invite(&mut args, None)?,
        "inviteInGroup" => {
            let group = args.or_default("groupID")?;
            invite(&mut args, Some(group))?
        }
        "accept" => act(&mut args, Verb::Accept)?,
        "reject" => act(&mut args, Verb::Reject)?,
        "cancel" => act(&mut args, Verb::Cancel)?,
        "modifyInvitation" => act(&mut args, Verb::Modify)?,
        "addInvitedSignaling" => add(&mut args)?,
        "getSignalingInfo" => get_info(&mut args)?,
        _ => return Err(("cmd".into(), format!("there is no command {name:?}; there are {COMMANDS}"))),
    };
    args.end(&name)?;
    Ok(Entry::Command(command))
}

fn invite(args: &mut Fields, group: Option<String>) -> Result<Command, Fault> {
    args.skip(&["offlinePushInfo"]);
    let invitees = match &group {
        // As native clients call it.
        None if args.has("invitee") => vec![args.take("invitee")?],
        None => vec![args.or_default("userID")?],
        Some(_) => args.or_default("inviteeList")?,
    };
    Ok(Command::Invite(Invite {
        group,
        invitees,
        data: args.or_default("data")?,
        timeout: args.or_default("timeout")?,
        online_only: args.or_default("onlineUserOnly")?,
    }))
}

fn act(args: &mut Fields, verb: Verb) -> Result<Command, Fault> {
    args.skip(&["offlinePushInfo"]);
    Ok(Command::Act { verb, id: args.or_default("inviteID")?, data: args.or_default("data")? })
}

fn add(args: &mut Fields) -> Result<Command, Fault> {
    args.skip(&["actionType", "businessID", "onlineUserOnly", "offlinePushInfo"]);
    Ok(Command::Add(Added {
        id: args.or_default("inviteID")?,
        inviter: args.or_default("inviter")?,
        group: args.or_default("groupID")?,
        invitees: args.or_default("inviteeList")?,
        data: args.or_default("data")?,
        timeout: args.or_default("timeout")?,
    }))
}

fn get_info(args: &mut Fields) -> Result<Command, Fault> {
    args.skip(&["cloudCustomData"]);
    let kind: Option<String> = args.maybe("type")?;
    Ok(Command::GetInfo {
        data: args.or_default("data")?,
        custom: kind.is_none_or(|kind| kind == "TIMCustomElem"),
    })
}

fn note(fields: &mut Fields) -> Result<Entry, Fault> {
    let text: String = fields.take("note")?;
    Ok(Entry::Note(match pause(&text) {
        Some(ms) => Note::Advance(ms),
        None if text.contains("offline") => Note::Offline,
        None if text.contains("online") => Note::Online,
        None => Note::Other(text),
    }))
}

/// `advance 30s`, in ms.
fn pause(text: &str) -> Option<u64> {
    let rest = text.strip_prefix("advance ")?.trim();
    let (number, unit) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
    let number: f64 = number.trim().parse().ok()?;
    match unit {
        "ms" => milliseconds(number / 1_000.0),
        "s" => milliseconds(number),
        _ => None,
    }
}
