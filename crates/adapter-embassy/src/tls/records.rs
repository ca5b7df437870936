//! The records of a stream, followed from outside: embedded-tls would panic at an empty one that is encrypted, and at one
//! of a handshake in the clear when there is none any more. Anybody on the way could send them.

use super::TlsTrouble;

/// What records are of: to change keys, an alert, a handshake, and whatever is encrypted.
const CHANGE: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const ENCRYPTED: u8 = 23;
/// An encrypted record has at least a byte that says what is in it, and a tag.
const LEAST: usize = 17;

/// How far a stream is.
#[derive(Clone, Copy)]
pub(super) struct Records {
    /// The memory for a record.
    room: usize,
    head: [u8; 5],
    /// So much of a head came.
    came: usize,
    /// So much of a record's body is still to come.
    left: usize,
    /// Everything is encrypted from now on.
    encrypted: bool,
    /// What the matter is, for good.
    pub(super) trouble: Option<TlsTrouble>,
}

impl Records {
    /// Before the first byte of a stream, with that much memory for a record.
    pub(super) fn new(room: usize) -> Self {
        Self { room, head: [0; 5], came: 0, left: 0, encrypted: false, trouble: None }
    }

    /// Takes note of what came; whether it may be read.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) -> bool {
        while let Some((byte, rest)) = bytes.split_first() {
            if self.left > 0 {
                let body = self.left.min(bytes.len());
                (self.left, bytes) = (self.left - body, bytes.get(body..).unwrap_or_default());
                continue;
            }
            bytes = rest;
            self.head.iter_mut().skip(self.came).take(1).for_each(|place| *place = *byte);
            self.came += 1;
            if self.came == self.head.len() {
                self.came = 0;
                self.trouble = self.trouble.or(self.begin().err());
            }
        }
        self.trouble.is_none()
    }

    /// Whether a record that begins so is in its place.
    fn begin(&mut self) -> Result<(), TlsTrouble> {
        let [kind, _, _, len @ ..] = self.head;
        self.left = u16::from_be_bytes(len).into();
        match kind {
            CHANGE..=ENCRYPTED if self.left > self.room => Err(TlsTrouble::Memory),
            CHANGE => Ok(()),
            ALERT | HANDSHAKE if !self.encrypted => Ok(()),
            ENCRYPTED if self.left >= LEAST => {
                self.encrypted = true;
                Ok(())
            }
            ALERT | HANDSHAKE | ENCRYPTED => Err(TlsTrouble::Handshake),
            _ => Err(TlsTrouble::NoTls),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    fn record(kind: u8, len: u8) -> Vec<u8> {
        let mut record = vec![kind, 3, 3, 0, len];
        record.resize(5 + usize::from(len), kind);
        record
    }

    /// What becomes of these records, whole and byte by byte.
    fn follows(records: &[Vec<u8>]) -> Option<TlsTrouble> {
        let bytes = records.concat();
        let (mut whole, mut parts) = (Records::new(200), Records::new(200));
        whole.follow(&bytes);
        for byte in bytes {
            parts.follow(&[byte]);
        }
        assert_eq!(whole.trouble, parts.trouble);
        whole.trouble
    }

    #[test]
    fn a_handshake_and_what_is_encrypted_may_come() {
        assert_eq!(follows(&[record(22, 90), record(20, 1), record(23, 200), record(23, 17)]), None);
        assert_eq!(follows(&[record(21, 2)]), None);
    }

    #[test]
    fn what_nobody_would_survive_is_kept_away() {
        assert_eq!(follows(&[record(22, 90), record(23, 16)]), Some(TlsTrouble::Handshake));
        assert_eq!(follows(&[record(22, 90), record(23, 30), record(22, 4)]), Some(TlsTrouble::Handshake));
    }

    #[test]
    fn what_does_not_fit_is_told() {
        assert_eq!(follows(&[record(22, 200)]), None);
        assert_eq!(follows(&[record(22, 90), record(23, 201)]), Some(TlsTrouble::Memory));
    }

    #[test]
    fn what_is_no_record_is_no_tls() {
        assert_eq!(follows(&[b"HTTP/1.1 400".to_vec()]), Some(TlsTrouble::NoTls));
        assert_eq!(follows(&[record(22, 90), vec![0, 0, 0, 9, 0]]), Some(TlsTrouble::NoTls));
    }
}
