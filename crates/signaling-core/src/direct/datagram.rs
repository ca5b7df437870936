//! One frame, and who says it.

use crate::name::Device;
use crate::wire::{DecodeError, NoRoom};

/// The bytes behind the frame of a datagram: the device's id and the epoch of its run, little end first.
pub const TRAILER: usize = 12;

/// How much data an invitation to so many `invitees`, an answer or a modification may carry, in bytes, so that
/// every message about it fits into datagrams of that size: 432 for one invitee and 1200 bytes. Push info
/// counts as data; nobody is there to show it.
///
/// What exceeds it does no harm: a peer that an invitation is too large for says so (`Full`), and the outcome
/// of an answer stands without its data.
pub const fn data_limit(datagram: usize, invitees: usize) -> usize {
    /// The head of a Send, the run, and all of an Invite but its names and its data, with the longest group
    /// and label: 115 + 12 + 128.
    const HEADS: usize = 255;
    /// A name of 32 bytes as a recipient, and another time with an outcome.
    const NAMES: usize = 81;
    // A modification and an answer may travel together.
    datagram.saturating_sub(HEADS.saturating_add(NAMES.saturating_mul(invitees))) / 2
}

/// Splits a datagram.
pub(super) fn split(datagram: &[u8]) -> Result<(&[u8], Device), DecodeError> {
    let (frame, trailer) = datagram.split_last_chunk::<TRAILER>().ok_or(DecodeError::Malformed)?;
    let (id, epoch) = trailer.split_first_chunk::<8>().ok_or(DecodeError::Malformed)?;
    let (epoch, _) = epoch.split_first_chunk::<4>().ok_or(DecodeError::Malformed)?;
    Ok((frame, Device { id: u64::from_le_bytes(*id), epoch: u32::from_le_bytes(*epoch) }))
}

/// Writes who says it behind a frame that stands in `buf`; how many bytes there are then.
pub(super) fn sign(buf: &mut [u8], frame: usize, run: Device) -> Result<usize, NoRoom> {
    let (id, epoch) = (run.id.to_le_bytes(), run.epoch.to_le_bytes());
    let rest = buf.get_mut(frame..).ok_or(NoRoom)?;
    rest.get_mut(..8).ok_or(NoRoom)?.copy_from_slice(&id);
    rest.get_mut(8..TRAILER).ok_or(NoRoom)?.copy_from_slice(&epoch);
    Ok(frame.saturating_add(TRAILER))
}
