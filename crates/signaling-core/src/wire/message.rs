//! The end-to-end messages: what the body of a frame holds (protocol section 3).
//!
//! The invite id is not repeated in them: it is the key of the frame.

use super::MAX_INVITEES;
use super::codec::{DecodeError, Item, List, NoRoom, Reader, Writer};
use crate::engine::MAX_LIMIT;
use crate::machine::{Kind, Mask, Rev, Slot, Stance};

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

/// What an answer brought with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnswerData<'a> {
    /// Whose answer.
    pub slot: u8,
    /// What people call the device that gave it.
    pub label: &'a str,
    /// The application's data.
    pub data: &'a [u8],
}

/// One invitee.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlotEntry<'a> {
    /// Who.
    pub user: &'a str,
    /// What became of him.
    pub slot: Slot,
    /// Whether data or a label came with it.
    pub data: bool,
}

/// What a device tells the origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StanceMessage<'a> {
    /// Its number.
    pub n: u32,
    /// What it does or wants.
    pub stance: Stance,
    /// The data of an answer, a Cancel or a Modify.
    pub data: &'a [u8],
}

/// What a device knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ack {
    /// The revision whose data it has.
    pub rev: u16,
    /// The slots whose outcome and data it has.
    pub mask: Mask,
}

impl<'a> Item<'a> for SlotEntry<'a> {
    fn read(from: &mut Reader<'a>) -> Self {
        Self { user: from.user(), slot: from.slot(), data: from.bool() }
    }
}

/// A [`SlotEntry`] without the name.
impl<'a> Item<'a> for (Slot, bool) {
    fn read(from: &mut Reader<'a>) -> Self {
        from.bytes();
        (from.slot(), from.bool())
    }
}

impl<'a> ReportMessage<'a> {
    /// The slots without the names, each with whether data or a label came with it.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (Slot, bool)> + Clone + use<'a> {
        self.slots.as_list_of().iter()
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
        let (kind, mut from) = Reader::open(bytes)?;
        let message = match kind {
            kind::INVITE => return report(Kind::Invite, from),
            kind::DECISION => return report(Kind::Decision, from),
            kind::STANCE => {
                Self::Stance(StanceMessage { n: from.u32(), stance: from.stance(), data: from.bytes() })
            }
            kind::ACK => Self::Ack(Ack { rev: from.u16(), mask: from.mask() }),
            kind::UNKNOWN => Self::Unknown { echo: from.u32() },
            _ => return Err(DecodeError::Malformed),
        };
        from.end()?;
        Ok(message)
    }

    /// Writes the message; how many bytes it took.
    ///
    /// # Errors
    /// [`NoRoom`] if `buf` is too small.
    pub fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        match *self {
            Self::Report(report) => encode_report(buf, &report, report.slots.iter()),
            Self::Stance(stance) => Brief::Stance(stance).encode(buf),
            Self::Ack(ack) => Brief::Ack(ack).encode(buf),
            Self::Unknown { echo } => Brief::Unknown { echo }.encode(buf),
        }
    }
}

/// Any message but a report: who writes one of these needs no code for names and slots.
#[derive(Clone, Copy)]
pub(crate) enum Brief<'a> {
    Stance(StanceMessage<'a>),
    Ack(Ack),
    Unknown { echo: u32 },
}

impl Brief<'_> {
    pub(crate) fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        match self {
            Self::Stance(stance) => stance.encode(buf),
            Self::Ack(ack) => {
                let mut to = Writer::start(buf, kind::ACK);
                to.u16(ack.rev);
                to.number(ack.mask.bits());
                to.done()
            }
            Self::Unknown { echo } => {
                let mut to = Writer::start(buf, kind::UNKNOWN);
                to.u32(*echo);
                to.done()
            }
        }
    }
}

impl StanceMessage<'_> {
    fn encode(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        let mut to = Writer::start(buf, kind::STANCE);
        to.u32(self.n);
        to.stance(self.stance);
        to.bytes(self.data);
        to.done()
    }
}

/// Built where it is wanted: it is large, and a chip's stack is not.
#[inline(never)]
fn report<'a>(kind: Kind, mut from: Reader<'a>) -> Result<Message<'a>, DecodeError> {
    let remaining = from.option(Reader::u32);
    let number = from.u16();
    let author = from.option(Reader::device);
    let report = ReportMessage {
        kind,
        remaining,
        rev: Rev { number, author: author.unwrap_or_default() },
        run: from.u32(),
        echo: from.u32(),
        modify: from.option(|from| (from.u32(), from.u16())),
        online_only: from.bool(),
        group: from.option(Reader::group),
        data: from.option(Reader::bytes),
        answer: from.option(|from| AnswerData { slot: from.byte(), label: from.label(), data: from.bytes() }),
        slots: List::read(&mut from, MAX_INVITEES),
    };
    let names = report.slots.iter().map(|entry| entry.user);
    from.check(!report.slots.is_empty() && !repeats(names), DecodeError::List);
    from.check((number == 0) == author.is_none() && sound(&report), DecodeError::Range);
    from.end()?;
    Ok(Message::Report(report))
}

/// Whether it says what an invitation can say.
fn sound(report: &ReportMessage<'_>) -> bool {
    let slot = |answer: AnswerData<'_>| report.slots.iter().nth(usize::from(answer.slot));
    let belongs = |entry: SlotEntry<'_>| entry.slot.decided() && entry.data;
    report.answer.is_none_or(|answer| slot(answer).is_some_and(belongs))
        && (report.kind == Kind::Decision || report.data.is_some())
        && report.remaining.is_none_or(|remaining| remaining <= MAX_LIMIT)
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
    let mut to = Writer::start(buf, kind);
    write_head(report, &mut to);
    to.list(slots, |to, entry| {
        to.text(entry.user);
        to.slot(entry.slot);
        to.bool(entry.data);
    });
    to.done()
}

/// All of it but the slots.
fn write_head(report: &ReportMessage<'_>, to: &mut Writer<'_>) {
    let rev = report.rev;
    to.option(report.remaining, Writer::u32);
    to.u16(rev.number);
    to.option((rev.number > 0).then_some(rev.author), Writer::device);
    to.u32(report.run);
    to.u32(report.echo);
    to.option(report.modify, |to, (n, became)| {
        to.u32(n);
        to.u16(became);
    });
    to.bool(report.online_only);
    to.option(report.group, Writer::text);
    to.option(report.data, Writer::bytes);
    to.option(report.answer, |to, answer| {
        to.byte(answer.slot);
        to.text(answer.label);
        to.bytes(answer.data);
    });
}
