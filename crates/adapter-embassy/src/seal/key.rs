//! The key that two devices share.

use core::fmt;

use blake2::{Blake2s256, Digest};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret of at least 32 bytes that both sides of a direct link were given, and nobody else.
///
/// It must be random, not a password: who records a link can try passwords at home. Make one with
/// `head -c 32 /dev/urandom | base64 > call.key`. It is overwritten when it is dropped; the bytes it was made of are not.
///
/// ```
/// use adapter_embassy::seal::PresharedKey;
///
/// // A file has a line end, which is not part of the key. Mostly: include_bytes!("call.key")
/// let file = b"Zm9yIHRoaXMgcGFnZSwgYW5kIG5vdGhpbmcgZWxzZSE=\n";
/// let key = PresharedKey::of_file(file).unwrap();
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PresharedKey(pub(super) [u8; 32]);

/// A secret of fewer than 32 bytes: it has that many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShortKey(pub usize);

impl fmt::Display for ShortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key has {} bytes: it must have 32 at least, and be random", self.0)
    }
}

impl core::error::Error for ShortKey {}

impl PresharedKey {
    /// The least number of bytes of a secret.
    const LEAST: usize = 32;

    /// The key of that secret, whatever bytes it has.
    ///
    /// # Errors
    /// [`ShortKey`].
    pub fn new(secret: &[u8]) -> Result<Self, ShortKey> {
        if secret.len() < Self::LEAST {
            return Err(ShortKey(secret.len()));
        }
        Ok(Self(Blake2s256::digest(secret).into()))
    }

    /// The key in a file, as `signaling --psk-file` reads it: all of its bytes, but for spaces and line ends behind the
    /// last.
    ///
    /// # Errors
    /// [`ShortKey`].
    pub fn of_file(bytes: &[u8]) -> Result<Self, ShortKey> {
        Self::new(bytes.trim_ascii_end())
    }
}

impl fmt::Debug for PresharedKey {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresharedKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_long_and_the_line_end_does_not_count() {
        assert_eq!(PresharedKey::new(&[7; 31]).map(|_| ()), Err(ShortKey(31)));
        assert_eq!(
            PresharedKey::of_file(&[&[b'k'; 31][..], b"\r\n"].concat()).map(|_| ()),
            Err(ShortKey(31))
        );
        let [file, secret] =
            [PresharedKey::of_file(&[&[b'k'; 32][..], b" \r\n"].concat()), PresharedKey::new(&[b'k'; 32])];
        let (file, secret) = (file.unwrap(), secret.unwrap());
        assert_eq!(file.0, secret.0);
        assert_eq!(std::format!("{file:?}"), "PresharedKey");
    }
}
