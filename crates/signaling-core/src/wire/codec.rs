//! The encoder, and lists that are decoded as they are read.

use core::fmt;
use core::marker::PhantomData;

use serde::{Deserialize, Serialize, Serializer};

use super::VERSION;

/// Why bytes are not a frame or message of this version.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
        }
    }
}

impl core::error::Error for DecodeError {}

/// The buffer is too small for what was to be written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the buffer is too small for the frame")
    }
}

impl core::error::Error for NoRoom {}

/// Writes values one behind the other into a buffer.
#[derive(Debug)]
pub struct Encoder<'b> {
    rest: &'b mut [u8],
    written: usize,
}

impl<'b> Encoder<'b> {
    /// Starts a frame or message: the version byte, and what kind it is.
    ///
    /// # Errors
    /// [`NoRoom`] if not even these fit.
    pub fn start(buf: &'b mut [u8], kind: u8) -> Result<Self, NoRoom> {
        let mut encoder = Self { rest: buf, written: 0 };
        encoder.raw(&[VERSION, kind])?;
        Ok(encoder)
    }

    /// How many bytes stand in the buffer.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Writes a value as postcard does.
    ///
    /// # Errors
    /// [`NoRoom`] if it does not fit; the encoder is then of no further use.
    pub fn put<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoRoom> {
        let used = postcard::to_slice(value, self.rest).map_err(|_| NoRoom)?.len();
        self.advance(used)
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// [`NoRoom`] if they do not fit.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), NoRoom> {
        self.rest.get_mut(..bytes.len()).ok_or(NoRoom)?.copy_from_slice(bytes);
        self.advance(bytes.len())
    }

    /// Writes a list: its length, then `put` for each item.
    ///
    /// # Errors
    /// [`NoRoom`] if it does not fit.
    pub fn list<T>(
        &mut self,
        items: impl Iterator<Item = T> + Clone,
        mut put: impl FnMut(&mut Self, T) -> Result<(), NoRoom>,
    ) -> Result<(), NoRoom> {
        self.put(&u16::try_from(items.clone().count()).map_err(|_| NoRoom)?)?;
        items.into_iter().try_for_each(|item| put(self, item))
    }

    /// Lets `write` write a message right here, and counts it in.
    ///
    /// # Errors
    /// What `write` says.
    pub fn nest(&mut self, write: impl FnOnce(&mut [u8]) -> Result<usize, NoRoom>) -> Result<(), NoRoom> {
        let used = write(self.rest)?;
        self.advance(used)
    }

    fn advance(&mut self, used: usize) -> Result<(), NoRoom> {
        let rest = core::mem::take(&mut self.rest);
        self.rest = rest.split_at_mut_checked(used).ok_or(NoRoom)?.1;
        self.written = self.written.saturating_add(used);
        Ok(())
    }
}

/// Splits the version byte and the kind off.
pub(super) fn open(bytes: &[u8]) -> Result<(u8, &[u8]), DecodeError> {
    match bytes {
        [] => Err(DecodeError::Empty),
        [VERSION, kind, rest @ ..] => Ok((*kind, rest)),
        [VERSION] => Err(DecodeError::Malformed),
        [found, ..] => Err(DecodeError::Version { found: *found }),
    }
}

/// Takes a value off the front.
pub(super) fn take<'a, T: Deserialize<'a>>(bytes: &mut &'a [u8]) -> Result<T, DecodeError> {
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|_| DecodeError::Malformed)?;
    *bytes = rest;
    Ok(value)
}

/// Takes the last value: nothing may stand behind it.
pub(super) fn last<'a, T: Deserialize<'a>>(mut bytes: &'a [u8]) -> Result<T, DecodeError> {
    let value = take(&mut bytes)?;
    if bytes.is_empty() { Ok(value) } else { Err(DecodeError::Trailing) }
}

/// What a [`List`] holds.
pub trait Item<'a>: Sized {
    /// Takes one item off the front of the input and checks it.
    ///
    /// # Errors
    /// [`DecodeError`] if there is none.
    fn take(bytes: &mut &'a [u8]) -> Result<Self, DecodeError>;
}

/// A list inside a frame. It was checked when the frame was decoded, and borrows from it.
pub struct List<'a, T> {
    count: u16,
    bytes: &'a [u8],
    item: PhantomData<fn() -> T>,
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<'_, T> {}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self { count: 0, bytes: &[], item: PhantomData }
    }
}

impl<'a, T: Item<'a> + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T: Item<'a> + PartialEq> PartialEq for List<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, T: Item<'a>> List<'a, T> {
    /// Takes a list of at most `limit` items off the front, and checks each.
    pub(super) fn take(bytes: &mut &'a [u8], limit: usize) -> Result<Self, DecodeError> {
        let count: u16 = take(bytes)?;
        if usize::from(count) > limit {
            return Err(DecodeError::List);
        }
        let list = Self { count, bytes, item: PhantomData };
        for _ in 0..count {
            T::take(bytes)?;
        }
        Ok(list)
    }

    /// The items, in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + Clone + use<'a, T> {
        let mut bytes = self.bytes;
        (0..self.count).map_while(move |_| T::take(&mut bytes).ok())
    }
}

impl<T> List<'_, T> {
    /// How many items.
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Bytes that serde writes as bytes, not as a list of numbers.
pub(crate) fn bytes<S: Serializer>(bytes: &&[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bytes(bytes)
}

/// As [`bytes`], for those that may be missing.
pub(super) fn maybe_bytes<S: Serializer>(bytes: &Option<&[u8]>, to: S) -> Result<S::Ok, S::Error> {
    struct Bytes<'a>(&'a [u8]);
    impl Serialize for Bytes<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_bytes(self.0)
        }
    }
    bytes.map(Bytes).serialize(to)
}
