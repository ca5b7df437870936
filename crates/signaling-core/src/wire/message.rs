//! The end-to-end messages: what the body of a frame holds (protocol section 3).
//!
//! The invite id is not repeated in them: it is the key of the frame.

use serde::{Deserialize, Serialize};

use super::MAX_INVITEES;
use super::codec::{DecodeError, Encoder, Item, List, NoRoom, bytes, last, maybe_bytes, open, take};
use crate::engine::MAX_LIMIT;
use crate::machine::{Kind, Mask, Rev, Slot, Stance};
use crate::name::{GroupId, Label, UserId};

/// Any end-to-end message.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Message<'a> {
    /// Origin → devices: an Invite or a Decision.
    Report(ReportMessage<'a>),
    /// A device → origin: what it does or wants.
    Stance(StanceMessage<'a>),
    /// A device → origin: what it knows.
    Ack(Ack),
    /// Origin → a device: "I hold no record", answering `echo`.
    Unknown {
        /// The number that it answers.
        echo: u32,
    },
}

/// An Invite or a Decision, with names and payloads.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ReportMessage<'a> {
    /// Which of the two.
    pub kind: Kind,
    /// What is left of the time limit when it was sent, in ms, at most 24 h; none for "no limit". 0 in a
    /// Decision.
    pub remaining: Option<u32>,
    /// The revision of the data.
    pub rev: Rev,
    /// The run (epoch) of the device that it answers; 0 if it is for users.
    pub run: u32,
    /// Which number of that run it answers; 0 for none.
    pub echo: u32,
    /// That run's last Modify: its number and the revision it became, 0 if refused.
    pub modify: Option<(u32, u16)>,
    /// Whether only who is online may hear of it.
    pub online_only: bool,
    /// The group, if it was made in one.
    pub group: Option<&'a str>,
    /// The invitation's data; always in an Invite.
    pub data: Option<&'a [u8]>,
    /// What came with one answer.
    pub answer: Option<AnswerData<'a>>,
    /// All invitees and what became of them.
    pub slots: List<'a, SlotEntry<'a>>,
}

#[derive(Serialize, Deserialize)]
struct ReportHead<'a> {
    remaining: Option<u32>,
    rev: u16,
    author: Option<crate::name::Device>,
    run: u32,
    echo: u32,
    modify: Option<(u32, u16)>,
    online_only: bool,
    group: Option<&'a str>,
    #[serde(serialize_with = "maybe_bytes", borrow)]
    data: Option<&'a [u8]>,
    answer: Option<AnswerData<'a>>,
}

/// What an answer brought with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AnswerData<'a> {
    /// Whose answer.
    pub slot: u8,
    /// What people call the device that gave it.
    pub label: &'a str,
    /// The application's data.
    #[serde(serialize_with = "bytes", borrow)]
    pub data: &'a [u8],
}

/// One invitee.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SlotEntry<'a> {
    /// Who.
    pub user: &'a str,
    /// What became of him.
    pub slot: Slot,
    /// Whether data or a label came with it.
    pub data: bool,
}

/// What a device tells the origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StanceMessage<'a> {
    /// Its number.
    pub n: u32,
    /// What it does or wants.
    pub stance: Stance,
    /// The data of an answer, a Cancel or a Modify.
    #[serde(serialize_with = "bytes", borrow)]
    pub data: &'a [u8],
}

/// What a device knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ack {
    /// The revision whose data it has.
    pub rev: u16,
    /// The slots whose outcome and data it has.
    pub mask: Mask,
}

impl<'a> Item<'a> for SlotEntry<'a> {
    fn take(bytes: &mut &'a [u8]) -> Result<Self, DecodeError> {
        let entry: Self = take(bytes)?;
        UserId::check(entry.user).map_err(|_| DecodeError::Name)?;
        Ok(entry)
    }
}

mod kind {
    pub(super) const INVITE: u8 = 0;
    pub(super) const DECISION: u8 = 1;
    pub(super) const STANCE: u8 = 2;
    pub(super) const ACK: u8 = 3;
    pub(super) const UNKNOWN: u8 = 4;
}

impl<'a> Message<'a> {
    /// Reads one message.
    ///
    /// # Errors
    /// [`DecodeError`] for whatever is not exactly one message of this version.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (kind, rest) = open(bytes)?;
        Ok(match kind {
            kind::INVITE => Self::Report(report(Kind::Invite, rest)?),
            kind::DECISION => Self::Report(report(Kind::Decision, rest)?),
            kind::STANCE => Self::Stance(last(rest)?),
            kind::ACK => Self::Ack(last(rest)?),
            kind::UNKNOWN => Self::Unknown { echo: last(rest)? },
            _ => return Err(DecodeError::Malformed),
        })
    }

    /// Writes the message; how many bytes it took.
    ///
    /// # Errors
    /// [`NoRoom`] if `buf` is too small.
    pub fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        match self {
            Self::Report(report) => encode_report(buf, report, report.slots.iter()),
            Self::Stance(stance) => simple(buf, kind::STANCE, stance),
            Self::Ack(ack) => simple(buf, kind::ACK, ack),
            Self::Unknown { echo } => simple(buf, kind::UNKNOWN, echo),
        }
    }
}

fn simple(buf: &mut [u8], kind: u8, value: &impl Serialize) -> Result<usize, NoRoom> {
    let mut out = Encoder::start(buf, kind)?;
    out.put(value)?;
    Ok(out.written())
}

fn report(kind: Kind, mut bytes: &[u8]) -> Result<ReportMessage<'_>, DecodeError> {
    let head: ReportHead<'_> = take(&mut bytes)?;
    let slots: List<'_, SlotEntry<'_>> = List::take(&mut bytes, MAX_INVITEES)?;
    if !bytes.is_empty() {
        return Err(DecodeError::Trailing);
    }
    let ReportHead { remaining, rev, author, run, echo, modify, online_only, group, data, answer } = head;
    if group.is_some_and(|group| GroupId::check(group).is_err())
        || answer.is_some_and(|answer| Label::check(answer.label).is_err())
    {
        return Err(DecodeError::Name);
    }
    if slots.is_empty() || repeats(slots.iter().map(|entry| entry.user)) {
        return Err(DecodeError::List);
    }
    let strange_answer = answer.is_some_and(|answer| {
        !slots.iter().nth(usize::from(answer.slot)).is_some_and(|entry| entry.slot.decided() && entry.data)
    });
    let lacks_data = kind == Kind::Invite && data.is_none();
    let too_long = remaining.is_some_and(|remaining| remaining > MAX_LIMIT);
    if strange_answer || lacks_data || too_long || (rev == 0) != author.is_none() {
        return Err(DecodeError::Range);
    }
    let rev = Rev { number: rev, author: author.unwrap_or_default() };
    Ok(ReportMessage { kind, remaining, rev, run, echo, modify, online_only, group, data, answer, slots })
}

/// Whether a name comes twice.
pub(crate) fn repeats<'n>(mut names: impl Iterator<Item = &'n str> + Clone) -> bool {
    while let Some(name) = names.next() {
        if names.clone().any(|other| other == name) {
            return true;
        }
    }
    false
}

/// Writes an Invite or a Decision whose slots come from `slots`; those of `report` are not looked at.
///
/// # Errors
/// [`NoRoom`] if `buf` is too small.
pub fn encode_report<'u>(
    buf: &mut [u8],
    report: &ReportMessage<'_>,
    slots: impl Iterator<Item = SlotEntry<'u>> + Clone,
) -> Result<usize, NoRoom> {
    let kind = match report.kind {
        Kind::Invite => kind::INVITE,
        Kind::Decision => kind::DECISION,
    };
    let mut out = Encoder::start(buf, kind)?;
    let ReportMessage { remaining, rev, run, echo, modify, online_only, group, data, answer, .. } = *report;
    let author = (rev.number > 0).then_some(rev.author);
    out.put(&ReportHead {
        remaining,
        rev: rev.number,
        author,
        run,
        echo,
        modify,
        online_only,
        group,
        data,
        answer,
    })?;
    out.list(slots, |out, entry| out.put(&entry))?;
    Ok(out.written())
}
