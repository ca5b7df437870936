//! What is said once two devices have keys in common.

use chacha20poly1305::{AeadInPlace, ChaCha20Poly1305, KeyInit, Tag};

use super::noise::{Keys, SHORT, TAG, nonce};

/// Bytes of a number.
const NUMBER: usize = 8;
/// Bytes that stand before what is sealed: the kind of a datagram, and its number.
pub(super) const HEAD: usize = 1 + NUMBER;
/// Bytes that a sealed datagram has more than what is in it.
pub(super) const OVERHEAD: usize = HEAD + TAG;
/// The first byte of a sealed datagram. It cannot be that of a frame.
pub(super) const SEALED: u8 = 0xe3;

/// A session: each datagram in it has a number that never repeats.
pub(super) struct Session {
    keys: Keys,
    sent: u64,
    seen: Window,
}

impl Session {
    pub(super) fn new(keys: Keys) -> Self {
        Self { keys, sent: 0, seen: Window::default() }
    }

    /// Writes the frame, sealed, into `out`; how long it is then. None if there is no room for it.
    pub(super) fn seal(&mut self, frame: &[u8], out: &mut [u8]) -> Option<usize> {
        let len = frame.len().checked_add(OVERHEAD)?;
        let (head, rest) = out.get_mut(..len)?.split_first_chunk_mut::<HEAD>()?;
        let (body, end) = rest.split_last_chunk_mut::<TAG>()?;
        let number = self.sent;
        self.sent = number.checked_add(1)?;
        head[0] = SEALED;
        head[1..].copy_from_slice(&number.to_le_bytes());
        body.copy_from_slice(frame);
        let cipher = ChaCha20Poly1305::new((&self.keys.sends).into());
        let tag = cipher.encrypt_in_place_detached(&nonce(number), &[], body).expect(SHORT);
        end.copy_from_slice(&tag);
        Some(len)
    }

    /// Opens what was sealed in this session, where it lies; otherwise it stays as it is.
    pub(super) fn opens(&self, Sealed { number, body, tag }: &mut Sealed<'_>) -> bool {
        let cipher = ChaCha20Poly1305::new((&self.keys.receives).into());
        cipher.decrypt_in_place_detached(&nonce(*number), &[], body, tag).is_ok()
    }

    /// Whether what was opened came for the first time.
    pub(super) fn is_first(&mut self, number: u64) -> bool {
        self.seen.first(number)
    }
}

/// A sealed datagram, in its parts.
pub(super) struct Sealed<'d> {
    pub(super) number: u64,
    pub(super) body: &'d mut [u8],
    tag: Tag,
}

impl<'d> Sealed<'d> {
    /// Of what stands behind the kind; none if that is too short.
    pub(super) fn of(rest: &'d mut [u8]) -> Option<Self> {
        let (number, rest) = rest.split_first_chunk_mut::<NUMBER>()?;
        let (body, tag) = rest.split_last_chunk_mut::<TAG>()?;
        Some(Self { number: u64::from_le_bytes(*number), body, tag: Tag::from(*tag) })
    }
}

/// Which numbers came: the highest, and 63 below it. What is older counts as having come.
#[derive(Default)]
struct Window {
    /// One above the highest.
    next: u64,
    /// Bit i is `next` - 1 - i.
    bits: u64,
}

impl Window {
    /// Whether the number comes for the first time.
    fn first(&mut self, number: u64) -> bool {
        if let Some(ahead) = number.checked_sub(self.next) {
            let steps = u32::try_from(ahead).unwrap_or(u32::MAX).saturating_add(1);
            self.bits = self.bits.checked_shl(steps).unwrap_or(0) | 1;
            self.next = number.saturating_add(1);
            return true;
        }
        let age = u32::try_from(self.next - 1 - number).unwrap_or(u32::MAX);
        let bit = 1u64.checked_shl(age).unwrap_or(0);
        let new = bit != 0 && self.bits & bit == 0;
        self.bits |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn each_number_is_taken_once_and_old_ones_are_not() {
        let mut window = Window::default();
        for (number, first) in
            [(5, true), (5, false), (3, true), (68, true), (5, false), (4, false), (6, true), (6, false)]
        {
            assert_eq!(window.first(number), first, "{number}");
        }
        for (number, first) in [(1_000_000, true), (68, false), (u64::MAX - 1, true), (u64::MAX - 2, true)] {
            assert_eq!(window.first(number), first, "{number}");
        }
    }
}
