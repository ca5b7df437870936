//! Frames on a serial line, which loses and garbles bytes (protocol section 4).
//!
//! A frame and its CRC-32 (the one of Ethernet, the low byte first) are encoded by
//! [COBS](https://doi.org/10.1109/90.769765), so that no byte in it is 0, and stand between two zeros. So a
//! garbled frame is noticed and dropped, and the next one is whole again, whatever came before.
//!
//! ```
//! use signaling_core::wire::line::{Decoder, encode};
//!
//! let bytes: Vec<u8> = encode(&[1, 6, 7]).collect();
//! assert_eq!((bytes.first(), bytes.last()), (Some(&0), Some(&0)));
//!
//! let mut decoder = Decoder::new([0; 64]);
//! let mut frames = Vec::new();
//! for byte in bytes {
//!     if let Some(frame) = decoder.push(byte) {
//!         frames.push(frame.unwrap().to_vec());
//!     }
//! }
//! assert_eq!(frames, [[1, 6, 7]]);
//! ```

use core::fmt;
use core::iter::{Chain, Copied};

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

/// How many bytes of a [`Decoder`]'s memory a frame cannot have: its CRC stands there.
pub const CRC: usize = 4;

/// The longest run of bytes without a 0 that a block of COBS holds.
const RUN: usize = 254;

// Bit by bit: a line is slower than that, and a table would take 1 KiB of a chip.
const SUM: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

/// Why what came between two zeros is no frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LineError {
    /// It was garbled: the CRC is not that of the bytes, or the encoding is broken.
    Garbled,
    /// It is longer than the memory of the decoder.
    TooLong,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Garbled => "garbled on the line",
            Self::TooLong => "a frame longer than the receiver's memory",
        })
    }
}

impl core::error::Error for LineError {}

/// The bytes that bring a frame over a line, the zeros around it included: at most one in 254 more than
/// the frame, and 8.
pub fn encode(frame: &[u8]) -> Encoded<'_> {
    let sum = SUM.checksum(frame).to_le_bytes();
    Encoded { rest: frame.iter().copied().chain(sum), left: 0, next: Next::Open }
}

/// The bytes of one frame on the line. From [`encode`].
#[derive(Clone, Debug)]
pub struct Encoded<'a> {
    rest: Chain<Copied<core::slice::Iter<'a, u8>>, core::array::IntoIter<u8, CRC>>,
    /// The bytes left of this block.
    left: usize,
    next: Next,
}

/// What stands behind the bytes left of this block.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// The zero before the frame.
    Open,
    /// A block.
    Block,
    /// A zero of the frame, which the block stands for, and then a block; or the end.
    Zero,
    /// A block, unless this is the end; the run was too long to stand for a zero.
    More,
    /// Nothing: it is over.
    Done,
}

impl Encoded<'_> {
    /// The first byte of a block says where the next zero is.
    fn block(&mut self) -> u8 {
        self.left = self.rest.clone().take(RUN).take_while(|byte| *byte != 0).count();
        self.next = if self.left == RUN { Next::More } else { Next::Zero };
        u8::try_from(self.left).unwrap_or(0).saturating_add(1)
    }

    fn done(&mut self) -> u8 {
        self.next = Next::Done;
        0
    }
}

impl Iterator for Encoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return self.rest.next();
        }
        let over = match self.next {
            Next::Open => {
                self.next = Next::Block;
                return Some(0);
            }
            Next::Done => return None,
            Next::Block => false,
            Next::Zero => self.rest.next().is_none(),
            Next::More => self.rest.clone().next().is_none(),
        };
        Some(if over { self.done() } else { self.block() })
    }
}

/// Puts frames together out of the bytes of a line, in the memory `B`.
#[derive(Clone, Debug)]
pub struct Decoder<B> {
    buf: B,
    len: usize,
    /// The bytes left of this block, and whether a zero stands behind it.
    left: u8,
    zero: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing came since the last zero.
    Empty,
    /// In a frame.
    Frame,
    /// In one that did not fit.
    Overrun,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Decoder<B> {
    /// A decoder of frames that are, with their [`CRC`], no longer than `buf`.
    pub fn new(buf: B) -> Self {
        Self { buf, len: 0, left: 0, zero: false, state: State::Empty }
    }

    /// Takes the next byte of the line; a frame, or what became of it, if that ends it.
    pub fn push(&mut self, byte: u8) -> Option<Result<&[u8], LineError>> {
        if byte == 0 {
            return self.end();
        }
        if self.state == State::Empty {
            (self.len, self.left, self.zero, self.state) = (0, 0, false, State::Frame);
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                self.put(byte);
            }
            None => self.block(byte),
        }
        None
    }

    /// Forgets the frame that is under way: what comes next has nothing to do with it.
    pub fn reset(&mut self) {
        self.state = State::Empty;
    }

    fn block(&mut self, code: u8) {
        if self.zero {
            self.put(0);
        }
        self.left = code.saturating_sub(1);
        self.zero = usize::from(self.left) < RUN;
    }

    fn put(&mut self, byte: u8) {
        match self.buf.as_mut().get_mut(self.len) {
            Some(place) => *place = byte,
            None => self.state = State::Overrun,
        }
        self.len = self.len.saturating_add(1);
    }

    fn end(&mut self) -> Option<Result<&[u8], LineError>> {
        let state = core::mem::replace(&mut self.state, State::Empty);
        match state {
            State::Empty => None,
            State::Overrun => Some(Err(LineError::TooLong)),
            State::Frame => Some(self.frame().ok_or(LineError::Garbled)),
        }
    }

    fn frame(&self) -> Option<&[u8]> {
        let bytes = self.buf.as_ref().get(..self.len).filter(|_| self.left == 0)?;
        let (frame, sum) = bytes.split_last_chunk::<CRC>()?;
        (SUM.checksum(frame) == u32::from_le_bytes(*sum)).then_some(frame)
    }
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;

    /// What a decoder of `room` bytes makes of a line.
    fn read(room: usize, line: &[u8]) -> Vec<Result<Vec<u8>, LineError>> {
        let mut decoder = Decoder::new(vec![0; room]);
        line.iter().filter_map(|byte| decoder.push(*byte).map(|frame| frame.map(<[u8]>::to_vec))).collect()
    }

    fn line(frame: &[u8]) -> Vec<u8> {
        encode(frame).collect()
    }

    /// Frames whose zeros stand at every place that matters to COBS.
    fn frames() -> Vec<Vec<u8>> {
        let lengths = [0, 1, 2, 249, 250, 251, 253, 254, 255, 256, 504, 505, 508, 509, 1000];
        let of = |len: usize, period: usize| (0..len).map(move |at| u8::from(at % period != period - 1));
        lengths.iter().flat_map(|&len| [1, 2, 3, 254, 255, 5000].map(|p| of(len, p).collect())).collect()
    }

    #[test]
    fn the_bytes_are_pinned() {
        // "123456789" has the CRC that the catalogues give for it.
        let bytes = line(b"123456789");
        assert_eq!(bytes, *b"\x00\x0e123456789\x26\x39\xf4\xcb\x00");
    }

    #[test]
    fn it_is_cobs_as_others_write_it() {
        for frame in frames() {
            let mut whole = frame.clone();
            whole.extend(SUM.checksum(&frame).to_le_bytes());
            let mut theirs = vec![0];
            theirs.extend(cobs::encode_vec(&whole));
            theirs.push(0);
            assert_eq!(line(&frame), theirs, "{frame:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for frame in frames() {
            assert_eq!(read(frame.len() + CRC, &line(&frame)), [Ok(frame.clone())], "{frame:?}");
            assert!(line(&frame).len() <= frame.len() + frame.len() / RUN + 8);
        }
    }

    #[test]
    fn one_garbled_byte_costs_one_frame() {
        let (before, after) = (line(&[1, 0, 2]), line(&[3; 9]));
        for at in 1..before.len() - 1 {
            for flip in [1, 0x80, 0xff] {
                let mut garbled = before.clone();
                garbled[at] ^= flip;
                let read = read(64, &[garbled, after.clone()].concat());
                let (last, lost) = read.split_last().unwrap();
                assert_eq!(*last, Ok(vec![3; 9]));
                assert!(lost.iter().all(|frame| *frame == Err(LineError::Garbled)), "{at} {flip}");
            }
        }
    }

    #[test]
    fn who_comes_in_the_middle_of_a_frame_reads_the_next() {
        let first = line(&[7; 5]);
        for at in 0..first.len() {
            let read = read(64, &[&first[at..], &line(&[8; 5])].concat());
            assert_eq!(read.last(), Some(&Ok(vec![8; 5])), "{at}");
        }
    }

    #[test]
    fn what_is_too_long_is_told_from_noise() {
        assert_eq!(read(8, &line(&[5; 5])), [Err(LineError::TooLong)]);
        assert_eq!(read(0, &[1, 1, 0]), [Err(LineError::TooLong)]);
        assert_eq!(read(8, &[0, 0, 9, 9, 0]), [Err(LineError::Garbled)], "it ends within a block");
    }

    #[test]
    fn a_reset_forgets_what_was_under_way() {
        let mut decoder = Decoder::new([0; 16]);
        assert_eq!(decoder.push(5), None);
        assert_eq!(decoder.push(9), None);
        decoder.reset();
        let frames: Vec<_> =
            encode(&[1]).filter_map(|b| decoder.push(b).map(|f| f.map(<[u8]>::len))).collect();
        assert_eq!(frames, [Ok(1)]);
    }
}
