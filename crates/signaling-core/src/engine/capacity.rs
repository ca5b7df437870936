//! How much memory an engine needs, worked out before it is built.

use super::heap::Due;
use super::row::Row;
use super::storage::{Bytes, Fixed};
use super::{Engine, MAX_DATA};
use crate::name::{GroupId, Label, UserId};
use crate::wire::{MAX_FRAME, MAX_INVITEES};

/// An engine begins and ends at a multiple of so many bytes.
const ALIGN: usize = align_of::<u64>();

/// The bytes of RAM of a [`FixedEngine`](crate::FixedEngine) for `rows` invitations of up to `I` invitees with
/// `D` devices each and `BYTES` bytes of data. It saturates.
///
/// Add the buffers: one that holds [`largest_frame`] for what is sent, and one for each frame that is received.
///
/// ```
/// use signaling_core::{largest_frame, ram};
/// const DOORBELL: usize = ram::<4, 2, 64>(4) + 2 * largest_frame(4, 64);
/// assert!(DOORBELL < 10 * 1024);
/// ```
pub const fn ram<const I: usize, const D: usize, const BYTES: usize>(rows: usize) -> usize {
    let ram = fixed::<I, D, BYTES>().saturating_add(rows.saturating_mul(row::<I, D, BYTES>()));
    match ram.checked_next_multiple_of(ALIGN) {
        Some(ram) => ram,
        None => usize::MAX,
    }
}

/// How many such invitations an engine holds that may take `ram` bytes; 0 if it is too little for any.
///
/// ```
/// use signaling_core::{ram, rows};
/// const ROWS: usize = rows::<4, 2, 64>(8 * 1024);
/// assert!(ROWS > 0 && ram::<4, 2, 64>(ROWS) <= 8 * 1024 && ram::<4, 2, 64>(ROWS + 1) > 8 * 1024);
/// ```
pub const fn rows<const I: usize, const D: usize, const BYTES: usize>(ram: usize) -> usize {
    let ram = ram.saturating_sub(ram % ALIGN);
    match ram.saturating_sub(fixed::<I, D, BYTES>()).checked_div(row::<I, D, BYTES>()) {
        Some(rows) => rows,
        None => 0,
    }
}

/// What an engine takes without a row.
const fn fixed<const I: usize, const D: usize, const BYTES: usize>() -> usize {
    size_of::<Engine<Fixed<0, I, D, BYTES>, Bytes<BYTES>, I, D>>()
}

/// What a row takes, and its entries in the two indexes, the heap, and the two rings.
const fn row<const I: usize, const D: usize, const BYTES: usize>() -> usize {
    size_of::<Row<Bytes<BYTES>, I, D>>().saturating_add(size_of::<Due>()).saturating_add(5 * size_of::<u32>())
}

/// The most bytes that an engine writes into one frame, if its invitations have at most `invitees` invitees and
/// `bytes` bytes of data and of push info; at most [`MAX_FRAME`].
pub const fn largest_frame(invitees: usize, bytes: usize) -> usize {
    /// Numbers, marks, and the names of group and answering device, each as long as it can be.
    const REST: usize = 160 + GroupId::LIMIT + GroupId::LIMIT + UserId::LIMIT + Label::LIMIT;
    /// Once as a recipient; once as a slot, with the device that accepted.
    const INVITEE: usize = (1 + UserId::LIMIT) + (1 + UserId::LIMIT) + 1 + 8 + 5 + 1;
    let invitees = least(invitees, MAX_INVITEES).saturating_mul(INVITEE);
    let bytes = least(bytes, MAX_DATA).saturating_mul(3);
    least(REST.saturating_add(invitees).saturating_add(bytes), MAX_FRAME)
}

const fn least(one: usize, other: usize) -> usize {
    if one < other { one } else { other }
}
