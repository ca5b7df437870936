//! Writing.

use super::super::VERSION;
use super::NoRoom;
use crate::machine::{Slot, Stance};
use crate::name::{Device, InviteId};

/// Writes values one behind the other into a buffer.
///
/// What does not fit is noted, and nothing is written from then on: whoever writes asks once, at the end.
#[derive(Debug)]
pub(in crate::wire) struct Writer<'b> {
    buf: &'b mut [u8],
    written: usize,
    full: bool,
}

impl<'b> Writer<'b> {
    /// Starts a frame or message: the version byte, and what kind it is.
    pub(in crate::wire) fn start(buf: &'b mut [u8], kind: u8) -> Self {
        let mut writer = Self { buf, written: 0, full: false };
        writer.raw(&[VERSION, kind]);
        writer
    }

    /// How many bytes stand in the buffer.
    ///
    /// # Errors
    /// [`NoRoom`] if anything did not fit.
    pub(in crate::wire) fn done(self) -> Result<usize, NoRoom> {
        if self.full { Err(NoRoom) } else { Ok(self.written) }
    }

    fn rest(&mut self) -> &mut [u8] {
        self.buf.get_mut(self.written..).unwrap_or_default()
    }

    /// Bytes as they are.
    pub(in crate::wire) fn raw(&mut self, bytes: &[u8]) {
        let rest = self.rest();
        if rest.len() < bytes.len() {
            self.full = true;
            return;
        }
        rest.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.written = self.written.saturating_add(bytes.len());
    }

    pub(in crate::wire) fn byte(&mut self, byte: u8) {
        self.raw(&[byte]);
    }

    #[allow(clippy::cast_possible_truncation)] // the low 7 bits are what is wanted
    pub(in crate::wire) fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    pub(in crate::wire) fn u32(&mut self, number: u32) {
        self.number(u64::from(number));
    }

    pub(in crate::wire) fn u16(&mut self, number: u16) {
        self.number(u64::from(number));
    }

    pub(in crate::wire) fn bool(&mut self, yes: bool) {
        self.byte(u8::from(yes));
    }

    /// What may be missing.
    pub(in crate::wire) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// Bytes behind their length.
    pub(in crate::wire) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.raw(bytes);
    }

    pub(in crate::wire) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A list: its length, then `write` for each item.
    pub(in crate::wire) fn list<T>(
        &mut self,
        items: impl Iterator<Item = T> + Clone,
        mut write: impl FnMut(&mut Self, T),
    ) {
        let count = u16::try_from(items.clone().count());
        self.full |= count.is_err();
        self.u16(count.unwrap_or_default());
        items.for_each(|item| write(self, item));
    }

    /// Lets `write` write a message right here, and counts it in.
    pub(in crate::wire) fn nest(&mut self, write: impl FnOnce(&mut [u8]) -> Result<usize, NoRoom>) {
        match write(self.rest()) {
            Ok(bytes) => self.written = self.written.saturating_add(bytes),
            Err(NoRoom) => self.full = true,
        }
    }

    pub(in crate::wire) fn id(&mut self, id: InviteId) {
        self.raw(&id.to_bytes());
    }

    /// The id of a device: 8 bytes, the least first.
    pub(in crate::wire) fn device_id(&mut self, id: u64) {
        self.raw(&id.to_le_bytes());
    }

    pub(in crate::wire) fn device(&mut self, device: Device) {
        self.device_id(device.id);
        self.u32(device.epoch);
    }

    pub(in crate::wire) fn slot(&mut self, slot: Slot) {
        match slot {
            Slot::Pending => self.byte(0),
            Slot::Accepted(device) => {
                self.byte(1);
                self.device(device);
            }
            Slot::Rejected(reason) => self.raw(&[2, reason as u8]),
            Slot::Cancelled => self.byte(3),
            Slot::TimedOut => self.byte(4),
        }
    }

    pub(in crate::wire) fn stance(&mut self, stance: Stance) {
        match stance {
            Stance::Ringing => self.byte(0),
            Stance::Query => self.byte(1),
            Stance::Answer(answer) => self.raw(&[2, answer as u8]),
            Stance::Full(full) => self.raw(&[3, full as u8]),
            Stance::Cancel => self.byte(4),
            Stance::Modify => self.byte(5),
        }
    }
}
