//! Reading.

use super::super::VERSION;
use super::DecodeError;
use crate::machine::{Answer, Full, Mask, Reason, Slot, Stance};
use crate::name::{Device, GroupId, InviteId, Label, NameError, UserId};

/// Takes values off the front of bytes.
///
/// What is wrong is noted, and from then on all values are zero or empty: whoever reads asks once, at the end.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    wrong: Option<DecodeError>,
}

impl<'a> Reader<'a> {
    /// Reads what stands in a list that was read before.
    pub(super) fn again(bytes: &'a [u8]) -> Self {
        Self { bytes, wrong: None }
    }

    /// Takes the version byte and the kind off.
    pub(in crate::wire) fn open(bytes: &'a [u8]) -> Result<(u8, Self), DecodeError> {
        match bytes {
            [] => Err(DecodeError::Empty),
            [VERSION, kind, rest @ ..] => Ok((*kind, Self::again(rest))),
            [VERSION] => Err(DecodeError::Malformed),
            [found, ..] => Err(DecodeError::Version { found: *found }),
        }
    }

    /// Whether nothing was wrong and nothing stands behind it.
    pub(in crate::wire) fn end(&self) -> Result<(), DecodeError> {
        match self.wrong {
            Some(wrong) => Err(wrong),
            None if self.bytes.is_empty() => Ok(()),
            None => Err(DecodeError::Trailing),
        }
    }

    /// Notes what is wrong; the first counts.
    #[cold]
    #[inline(never)] // it is called from everywhere
    pub(in crate::wire) fn fail(&mut self, wrong: DecodeError) {
        self.wrong.get_or_insert(wrong);
        self.bytes = &[];
    }

    /// Notes that something is wrong, unless it is right.
    pub(in crate::wire) fn check(&mut self, right: bool, wrong: DecodeError) {
        if !right {
            self.fail(wrong);
        }
    }

    /// Whether something was wrong.
    pub(super) fn failed(&self) -> bool {
        self.wrong.is_some()
    }

    /// All that was not read yet.
    pub(super) fn left(&self) -> &'a [u8] {
        self.bytes
    }

    /// The rest, to the last byte.
    pub(in crate::wire) fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.bytes)
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let Some((taken, rest)) = self.bytes.split_at_checked(len) else {
            self.fail(DecodeError::Malformed);
            return &[];
        };
        self.bytes = rest;
        taken
    }

    /// So many bytes as they are.
    pub(in crate::wire) fn raw<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap_or([0; N])
    }

    pub(in crate::wire) fn byte(&mut self) -> u8 {
        let [byte] = self.raw();
        byte
    }

    /// A number of so many bits.
    fn number(&mut self, bits: u32) -> u64 {
        let (mut number, mut shift) = (0u64, 0u32);
        while shift < bits {
            let byte = self.byte();
            let group = u64::from(byte & 0x7f);
            number |= group.wrapping_shl(shift);
            if byte < 0x80 {
                let lost = number.wrapping_shr(shift) != group
                    || u64::BITS.saturating_sub(number.leading_zeros()) > bits;
                self.check(!lost, DecodeError::Malformed);
                return number;
            }
            shift = shift.saturating_add(7);
        }
        self.fail(DecodeError::Malformed);
        0
    }

    #[allow(clippy::cast_possible_truncation)] // a number of 16 bits is what was asked for
    pub(in crate::wire) fn u16(&mut self) -> u16 {
        self.number(16) as u16
    }

    #[allow(clippy::cast_possible_truncation)] // a number of 32 bits is what was asked for
    pub(in crate::wire) fn u32(&mut self) -> u32 {
        self.number(32) as u32
    }

    pub(in crate::wire) fn mask(&mut self) -> Mask {
        Mask::from_bits(self.number(64))
    }

    pub(in crate::wire) fn bool(&mut self) -> bool {
        let byte = self.byte();
        self.check(byte < 2, DecodeError::Malformed);
        byte == 1
    }

    /// What may be missing.
    pub(in crate::wire) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.bool().then(|| read(self))
    }

    /// One of several, behind its place among them.
    pub(in crate::wire) fn one_of<T: Copy, const N: usize>(&mut self, all: [T; N]) -> Option<T> {
        let chosen = all.get(usize::from(self.byte())).copied();
        self.check(chosen.is_some(), DecodeError::Malformed);
        chosen
    }

    /// Bytes behind their length.
    pub(in crate::wire) fn bytes(&mut self) -> &'a [u8] {
        let len = usize::try_from(self.u32()).unwrap_or(usize::MAX);
        self.take(len)
    }

    pub(in crate::wire) fn text(&mut self) -> &'a str {
        core::str::from_utf8(self.bytes()).unwrap_or_else(|_| {
            self.fail(DecodeError::Malformed);
            ""
        })
    }

    fn name(&mut self, check: impl FnOnce(&str) -> Result<(), NameError>) -> &'a str {
        let text = self.text();
        self.check(check(text).is_ok(), DecodeError::Name);
        text
    }

    pub(in crate::wire) fn user(&mut self) -> &'a str {
        self.name(UserId::check)
    }

    pub(in crate::wire) fn group(&mut self) -> &'a str {
        self.name(GroupId::check)
    }

    pub(in crate::wire) fn label(&mut self) -> &'a str {
        self.name(Label::check)
    }

    pub(in crate::wire) fn id(&mut self) -> InviteId {
        InviteId::from_bytes(self.raw())
    }

    /// The id of a device: 8 bytes, the least first.
    pub(in crate::wire) fn device_id(&mut self) -> u64 {
        u64::from_le_bytes(self.raw())
    }

    pub(in crate::wire) fn device(&mut self) -> Device {
        Device { id: self.device_id(), epoch: self.u32() }
    }

    pub(in crate::wire) fn slot(&mut self) -> Slot {
        match self.byte() {
            0 => Slot::Pending,
            1 => Slot::Accepted(self.device()),
            2 => self.reason(),
            3 => Slot::Cancelled,
            4 => Slot::TimedOut,
            _ => {
                self.fail(DecodeError::Malformed);
                Slot::Pending
            }
        }
    }

    fn reason(&mut self) -> Slot {
        let reasons = [Reason::Declined, Reason::Busy, Reason::Unreachable];
        self.one_of(reasons).map_or(Slot::Pending, Slot::Rejected)
    }

    pub(in crate::wire) fn stance(&mut self) -> Stance {
        let answers = [Answer::Accept, Answer::Decline, Answer::Busy];
        let stance = match self.byte() {
            0 => Some(Stance::Ringing),
            1 => Some(Stance::Query),
            2 => self.one_of(answers).map(Stance::Answer),
            3 => self.one_of([Full::NoCapacity, Full::TooLarge]).map(Stance::Full),
            4 => Some(Stance::Cancel),
            5 => Some(Stance::Modify),
            _ => None,
        };
        self.check(stance.is_some(), DecodeError::Malformed);
        stance.unwrap_or(Stance::Query)
    }
}
