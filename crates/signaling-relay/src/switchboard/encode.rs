//! Frames into bytes that can be shared.

use bytes::Bytes;
use signaling_core::Device;
use signaling_core::wire::{Deliver, Fanout, Frame, NoRoom, Reach, encode_fanout};

/// What one user of a Fanout takes at most, and each of his devices.
const FANOUT_USER: usize = 40;
const FANOUT_DEVICE: usize = 13;
/// What stands before the users.
const FANOUT_HEAD: usize = 32;
/// What stands before the body of a Deliver, at most: the full names of a user, a device and a group.
const DELIVER_HEAD: usize = 146;
/// No frame without a list or a body is larger.
const SMALL: usize = 64;

/// Writes into at most `size` bytes; none if that is too little.
pub(super) fn within(size: usize, write: impl FnOnce(&mut [u8]) -> Result<usize, NoRoom>) -> Option<Bytes> {
    let mut buf = vec![0; size];
    let len = write(&mut buf).ok()?;
    buf.truncate(len);
    Some(buf.into())
}

/// Writes a Welcome, Refused or Pong.
pub(super) fn small(frame: &Frame<'_>) -> Bytes {
    within(SMALL, |buf| frame.encode(buf)).expect("these frames are of fixed size")
}

/// Writes a Deliver.
pub(super) fn deliver(deliver: Deliver<'_>) -> Bytes {
    let size = DELIVER_HEAD + deliver.body.map_or(0, <[u8]>::len);
    within(size, |buf| Frame::Deliver(deliver).encode(buf)).expect("names are bounded")
}

/// Whom of a user a Send reached.
pub(super) type Reached<'a> = (&'a str, Reach<Vec<Device>>);

/// Writes a Fanout of those users; none if it takes more than `largest` bytes.
pub(super) fn fanout(head: &Fanout<'_>, users: &[Reached<'_>], largest: usize) -> Option<Bytes> {
    let of = |reach: &Reach<Vec<Device>>| match reach {
        Reach::Devices(devices) => devices.len() * FANOUT_DEVICE,
        Reach::Later | Reach::Never => 0,
    };
    let size = users.iter().map(|(_, reach)| FANOUT_USER + of(reach)).sum::<usize>() + FANOUT_HEAD;
    let lists = users.iter().map(|(user, reach)| (*user, devices(reach)));
    within(size.min(largest), |buf| encode_fanout(buf, head.key, head.ver, head.partial, lists))
}

fn devices(reach: &Reach<Vec<Device>>) -> Reach<impl Iterator<Item = Device> + Clone> {
    match reach {
        Reach::Devices(devices) => Reach::Devices(devices.iter().copied()),
        Reach::Later => Reach::Later,
        Reach::Never => Reach::Never,
    }
}
