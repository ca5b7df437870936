//! Values to bytes and back, as postcard does it: numbers in groups of 7 bits, the least first; texts and lists
//! behind their length; a choice behind its number.
//!
//! Written by hand and not generated, because all of it together is then a fifth of the code, cannot panic, and
//! says what was wrong with a frame.

mod list;
mod read;
mod write;

use core::fmt;

use serde::Serializer;

use super::VERSION;
pub use list::{Item, List};
pub(super) use read::Reader;
pub(super) use write::Writer;

/// Why bytes are not a frame or message of this version.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum DecodeError {
    /// Not one byte.
    Empty,
    /// Another version than ours.
    Version {
        /// The version that was found.
        found: u8,
    },
    /// It ends too early, or is no encoding of anything.
    Malformed,
    /// More bytes than the message has.
    Trailing,
    /// A name or a label is empty, too long, or holds a control character.
    Name,
    /// A list is empty, too long, or repeats itself.
    List,
    /// A number is out of its range.
    Range,
    /// A frame that devices send and no device hears: a Hello, Send or Group.
    Uplink,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty frame"),
            Self::Version { found } => write!(f, "version {found}, but this is version {VERSION}"),
            Self::Malformed => f.write_str("malformed or truncated"),
            Self::Trailing => f.write_str("bytes behind the end of the message"),
            Self::Name => f.write_str("a name that is empty, too long or holds control characters"),
            Self::List => f.write_str("a list that is empty, too long or repeats itself"),
            Self::Range => f.write_str("a number out of its range"),
            Self::Uplink => f.write_str("a frame that only a relay can take"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// The buffer is too small for what was to be written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the buffer is too small for the frame")
    }
}

impl core::error::Error for NoRoom {}

/// Bytes that serde writes as bytes, not as a list of numbers.
pub(crate) fn bytes<S: Serializer>(bytes: &&[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    const NUMBERS: [u64; 10] =
        [0, 1, 127, 128, 16_383, 65_535, 65_536, u32::MAX as u64, u32::MAX as u64 + 1, u64::MAX];

    #[test]
    fn numbers_are_written_as_postcard_writes_them() {
        for number in NUMBERS {
            let (mut ours, mut theirs) = ([0; 16], [0; 16]);
            let mut to = Writer::start(&mut ours, 7);
            to.number(number);
            let written = to.done().unwrap();
            let theirs = postcard::to_slice(&number, &mut theirs).unwrap();
            assert_eq!(ours[2..written], *theirs, "{number}");
        }
    }

    /// Each group of 7 bits either empty, full, or the highest, and each of up to 11 of them marked as the last.
    fn hostile() -> impl Iterator<Item = Vec<u8>> {
        (1..=11usize).flat_map(|len| {
            [0x00, 0x01, 0x03, 0x0f, 0x7f].into_iter().flat_map(move |last| {
                [0x80, 0xff].map(|before| [std::vec![before; len - 1], std::vec![last]].concat())
            })
        })
    }

    #[test]
    fn numbers_are_read_as_postcard_reads_them() {
        for bytes in hostile() {
            let framed = [&[VERSION, 0], &bytes[..]].concat();
            let read = |read: fn(&mut Reader<'_>) -> u64| {
                let (_, mut from) = Reader::open(&framed).unwrap();
                let number = read(&mut from);
                from.end().ok().map(|()| number)
            };
            let short: Option<u16> = postcard::from_bytes(&bytes).ok();
            let usual: Option<u32> = postcard::from_bytes(&bytes).ok();
            let long: Option<u64> = postcard::from_bytes(&bytes).ok();
            assert_eq!(read(|from| from.u16().into()), short.map(u64::from), "{bytes:02x?}");
            assert_eq!(read(|from| from.u32().into()), usual.map(u64::from), "{bytes:02x?}");
            assert_eq!(read(|from| from.mask().bits()), long, "{bytes:02x?}");
        }
    }
}
