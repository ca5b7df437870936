//! Lays what was recorded beside what we did, and names each difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::callback::{Callback, Kind, shortened};
use crate::message::{rewritten, signaling_info};
use crate::recording::{Answer, Command, Entry, Recording};
use crate::replay::Replay;
use crate::rules::{Rule, Scene, explain};
use crate::world::Told;

/// Times that differ by no more, in ms, are the same: web clients look at their clocks once a second.
pub const TOLERANCE: u64 = 1_000;

/// Something that is not as recorded.
#[derive(Clone, PartialEq, Debug)]
pub enum Difference {
    /// A callback was recorded that did not come here.
    Missing(Told),
    /// A callback came here that was not recorded.
    Extra(Told),
    /// It came, but at another time.
    Late {
        /// As recorded.
        recorded: u64,
        /// As it came here.
        ours: Told,
    },
    /// It came, but after one that was recorded later.
    Order(Told),
    /// A parameter, or a field of a result, is another.
    Field {
        /// Which, in V2TIM's words.
        name: String,
        /// As recorded.
        recorded: String,
        /// As it came here.
        ours: String,
        /// The callback it belongs to; none for a result.
        of: Option<Callback>,
    },
    /// A method answered with another code. None is a failure without one.
    Code {
        /// As recorded.
        recorded: Option<u32>,
        /// As answered here.
        ours: Option<u32>,
    },
    /// A message of the recording was not read, or not written, as its sender meant it.
    Message(String),
    /// Two devices were told different outcomes of one invitee here.
    Contradiction(String),
}

/// A difference, and the rule that explains it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What.
    pub difference: Difference,
    /// The documented rule; none if nothing explains it.
    pub rule: Option<&'static Rule>,
}

/// One line of the comparison.
#[derive(Clone, Debug)]
pub struct Row {
    /// When: as recorded, or, for what was not, as it came here; in ms.
    pub at: u64,
    /// The line of the recording; past its end for what was not recorded.
    pub line: usize,
    /// Where.
    pub peer: String,
    /// What was recorded; empty if nothing was.
    pub recorded: String,
    /// What came here; empty if nothing did.
    pub ours: String,
    /// What is different about it.
    pub findings: Vec<Finding>,
}

/// Compares a recording with its replay.
pub fn compare(recording: &Recording, replay: &Replay) -> Vec<Row> {
    let scene = Scene::new(recording, replay);
    let mut rows: Vec<Row> =
        recording.steps.iter().enumerate().filter_map(|(at, _)| answer(&scene, at)).collect();
    for peer in recording.peers() {
        rows.extend(callbacks(&scene, peer));
    }
    rows.extend(messages(&scene));
    rows.extend(contradictions(&scene));
    rows.sort_by_key(|row| (row.at, row.line));
    rows
}

fn finding(scene: &Scene<'_>, peer: &str, step: Option<usize>, difference: Difference) -> Finding {
    let rule = explain(scene, peer, step, &difference);
    Finding { difference, rule }
}

/// The row of a command, if its answer was recorded.
fn answer(scene: &Scene<'_>, index: usize) -> Option<Row> {
    let step = scene.recording.steps.get(index)?;
    let Entry::Command(command) = &step.entry else { return None };
    let recorded = scene.recording.answer_of(index)?;
    let mut row = Row {
        at: step.at,
        line: step.line,
        peer: step.peer.clone(),
        recorded: format!("{} → {}", command.name(), code(recorded.code())),
        ours: String::new(),
        findings: Vec::new(),
    };
    if let Command::GetInfo { data, custom } = command {
        let ours = if *custom { signaling_info(data) } else { Value::Null };
        let Answer::Done(recorded) = recorded else { return Some(row) };
        row.recorded = format!("{} → {}", command.name(), brief(recorded));
        row.ours = format!("{} → {}", command.name(), brief(&ours));
        row.findings =
            differing(recorded, &ours).map(|what| finding(scene, &step.peer, Some(index), what)).collect();
        return Some(row);
    }
    let ours = scene.replay.answers.get(&index).copied().flatten();
    row.ours = format!("{} → {}", command.name(), code(ours));
    if ours != recorded.code() {
        let difference = Difference::Code { recorded: recorded.code(), ours };
        row.findings.push(finding(scene, &step.peer, Some(index), difference));
    }
    Some(row)
}

/// The fields of a result that are others here; the whole result if one of the two is none.
fn differing(recorded: &Value, ours: &Value) -> impl Iterator<Item = Difference> {
    let field = |name: &str, recorded: &Value, ours: &Value| Difference::Field {
        name: name.into(),
        recorded: recorded.to_string(),
        ours: ours.to_string(),
        of: None,
    };
    let fields = match (recorded, ours) {
        (Value::Object(fields), Value::Object(here)) => {
            let of = |name: &str| here.get(name).cloned().unwrap_or_default();
            fields.iter().map(|(name, value)| (name.clone(), value.clone(), of(name))).collect()
        }
        _ => vec![("result".to_owned(), recorded.clone(), ours.clone())],
    };
    fields
        .into_iter()
        .filter(|(_, recorded, ours)| recorded != ours)
        .map(move |(name, recorded, ours)| field(&name, &recorded, &ours))
}

/// A result in a few words.
fn brief(result: &Value) -> String {
    match result.get("actionType") {
        Some(action) => format!("action {action}, id {}", result.get("inviteID").unwrap_or(&Value::Null)),
        None => result.to_string(),
    }
}

fn code(code: Option<u32>) -> String {
    code.map_or_else(|| "error without a code".into(), |code| code.to_string())
}

/// The rows of all callbacks at one peer.
fn callbacks(scene: &Scene<'_>, peer: &str) -> Vec<Row> {
    let recorded = scene.recorded_at(peer);
    let ours = scene.told_at(peer);
    let mut free: BTreeSet<usize> = (0..ours.len()).collect();
    let mut rows = Vec::new();
    let mut pairs: Vec<(usize, &Told)> = Vec::new();
    for told in &recorded {
        let pair = free.iter().copied().find(|at| ours[*at].callback.is_like(&told.callback));
        let Some(at) = pair else {
            rows.push(row(scene, peer, Some(told), None, vec![Difference::Missing(told.clone())]));
            continue;
        };
        free.remove(&at);
        let mut differences = fields(&told.callback, &ours[at].callback);
        differences.extend(late(told, &ours[at]));
        if pairs.iter().any(|(before, earlier)| at < *before && ordered(scene, earlier, told)) {
            differences.push(Difference::Order(ours[at].clone()));
        }
        // Also where it was recorded twice.
        if pairs.iter().any(|(before, _)| repeats(&ours[*before].callback, &ours[at].callback)) {
            differences.push(Difference::Extra(ours[at].clone()));
        }
        pairs.push((at, told));
        rows.push(row(scene, peer, Some(told), Some(&ours[at]), differences));
    }
    let extra =
        |at: usize| row(scene, peer, None, Some(&ours[at]), vec![Difference::Extra(ours[at].clone())]);
    rows.extend(free.into_iter().map(extra));
    rows
}

fn row(
    scene: &Scene<'_>,
    peer: &str,
    recorded: Option<&Told>,
    ours: Option<&Told>,
    differences: Vec<Difference>,
) -> Row {
    let text = |told: Option<&Told>| told.map(|told| told.callback.to_string()).unwrap_or_default();
    // What was not recorded is not compared, and so not shown.
    let same = recorded.is_some()
        && !differences
            .iter()
            .any(|what| matches!(what, Difference::Field { name, .. } if name != "isSelfTimeout"));
    Row {
        at: recorded.or(ours).map_or(0, |told| told.at),
        line: recorded.map_or(usize::MAX, |told| told.line),
        peer: peer.into(),
        recorded: text(recorded),
        ours: text(if same { ours.and(recorded) } else { ours }),
        findings: differences.into_iter().map(|difference| finding(scene, peer, None, difference)).collect(),
    }
}

/// Whether the same is told a second time; only a modification may look so.
fn repeats(earlier: &Callback, later: &Callback) -> bool {
    later.kind != Kind::Modified && later.is_like(earlier)
}

/// Whether the order of two callbacks means anything: of one invitation it does, else their times say so. Answers that
/// were given at once come in any order.
fn ordered(scene: &Scene<'_>, earlier: &Told, later: &Told) -> bool {
    let (earlier, later) = (&earlier.callback, &later.callback);
    earlier.id == later.id && !scene.answered_at_once(earlier, later)
}

fn late(recorded: &Told, ours: &Told) -> Option<Difference> {
    let differs = recorded.at.abs_diff(ours.at) > TOLERANCE;
    differs.then(|| Difference::Late { recorded: recorded.at, ours: ours.clone() })
}

/// The parameters that were recorded and are not the same.
fn fields(recorded: &Callback, ours: &Callback) -> Vec<Difference> {
    let list = |names: &Option<Vec<String>>| names.as_ref().map(|names| names.join(", "));
    let flag = |flag: &Option<bool>| flag.map(|flag| flag.to_string());
    let pairs = [
        ("inviter", recorded.inviter.clone(), ours.inviter.clone()),
        ("groupID", recorded.group.clone(), ours.group.clone()),
        ("inviteeList", list(&recorded.invitees), list(&ours.invitees)),
        ("invitee", recorded.invitee.clone(), ours.invitee.clone()),
        ("data", recorded.data.clone(), ours.data.clone()),
        ("isSelfTimeout", flag(&recorded.self_timeout), flag(&ours.self_timeout)),
    ];
    let differ = pairs.into_iter().filter_map(|(name, recorded, here)| {
        let recorded = recorded?;
        let here = here.unwrap_or_default();
        let of = Some(ours.clone());
        (recorded != here).then_some(Difference::Field { name: name.into(), recorded, ours: here, of })
    });
    differ.collect()
}

/// Each message that was recorded is read, and written anew.
fn messages(scene: &Scene<'_>) -> Vec<Row> {
    let sent = scene.recording.steps.iter().filter_map(|step| match &step.entry {
        Entry::Json(json) => Some((step, json)),
        _ => None,
    });
    sent.map(|(step, json)| {
        let differences = rewritten(json).err().map(Difference::Message);
        Row {
            at: step.at,
            line: step.line,
            peer: step.peer.clone(),
            recorded: "message".into(),
            ours: "message".into(),
            findings: differences.into_iter().map(|what| finding(scene, &step.peer, None, what)).collect(),
        }
    })
    .collect()
}

/// Whatever was recorded: no two devices here may be told different outcomes of one invitee.
fn contradictions(scene: &Scene<'_>) -> Vec<Row> {
    let mut outcomes: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for told in scene.replay.told.values().flatten() {
        let outcome = match told.callback.kind {
            Kind::Accepted => "accepted",
            Kind::Rejected => "rejected",
            Kind::Timeout => "timed out",
            _ => continue,
        };
        for name in told.callback.names() {
            outcomes.entry((told.callback.id.clone(), name.into())).or_default().insert(outcome);
        }
    }
    let bad = outcomes.into_iter().filter(|(_, outcomes)| outcomes.len() > 1);
    bad.map(|((_, name), outcomes)| {
        let text = format!("{name}: {outcomes:?}");
        row(scene, "", None, None, vec![Difference::Contradiction(text)])
    })
    .collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(_) => f.write_str("did not come"),
            Self::Extra(_) => f.write_str("was not recorded"),
            Self::Late { recorded, ours } => {
                write!(f, "at {} s, not {} s", seconds(ours.at), seconds(*recorded))
            }
            Self::Order(_) => f.write_str("came in another order"),
            Self::Field { name, recorded, ours, .. } => {
                write!(f, "{name} is {}, not {}", shortened(ours, 40), shortened(recorded, 40))
            }
            Self::Code { recorded, ours } => write!(f, "{}, not {}", code(*ours), code(*recorded)),
            Self::Message(why) => f.write_str(why),
            Self::Contradiction(text) => write!(f, "two outcomes of {text}"),
        }
    }
}

/// ms as s.
pub(crate) fn seconds(ms: u64) -> String {
    format!("{}.{}", ms / 1_000, ms % 1_000 / 100)
}
