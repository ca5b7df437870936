//! Lists that are decoded as they are read.

use core::fmt;
use core::marker::PhantomData;

use super::{DecodeError, Reader};
use crate::name::Device;

/// What a [`List`] holds.
pub trait Item<'a>: Sized {
    /// Takes one item off the front and checks it.
    #[doc(hidden)]
    fn read(from: &mut Reader<'a>) -> Self;
}

impl<'a> Item<'a> for &'a str {
    fn read(from: &mut Reader<'a>) -> Self {
        from.user()
    }
}

impl<'a> Item<'a> for Device {
    fn read(from: &mut Reader<'a>) -> Self {
        from.device()
    }
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
    pub(in crate::wire) fn read(from: &mut Reader<'a>, limit: usize) -> Self {
        let count = from.u16();
        from.check(usize::from(count) <= limit, DecodeError::List);
        let list = Self { count, bytes: from.left(), item: PhantomData };
        for _ in 0..count {
            if from.failed() {
                break;
            }
            T::read(from);
        }
        list
    }

    /// The same bytes, read as something else.
    pub(in crate::wire) fn as_list_of<U: Item<'a>>(&self) -> List<'a, U> {
        List { count: self.count, bytes: self.bytes, item: PhantomData }
    }

    /// The items, in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + Clone + use<'a, T> {
        let mut bytes = self.bytes;
        (0..self.count).map(move |_| {
            let mut reader = Reader::again(bytes);
            let item = T::read(&mut reader);
            bytes = reader.left();
            item
        })
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
