//! The key that two devices share.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use blake2::{Blake2s256, Digest};

/// A secret of at least 32 bytes that both sides of a direct link were given, and nobody else.
///
/// It must be random, not a password: who records a link can try passwords at home. Make one with
/// `head -c 32 /dev/urandom | base64 > call.key`.
#[derive(Clone)]
pub struct PresharedKey(pub(crate) [u8; 32]);

/// Why something is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Fewer than 32 bytes.
    #[error("the key has {0} bytes: it must have 32 at least, and be random")]
    Short(usize),
    /// The file cannot be read.
    #[error("cannot read the key file {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl PresharedKey {
    /// The least number of bytes of a secret.
    const LEAST: usize = 32;

    /// The key of that secret, whatever bytes it has.
    ///
    /// # Errors
    /// [`KeyError::Short`].
    pub fn new(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < Self::LEAST {
            return Err(KeyError::Short(secret.len()));
        }
        Ok(Self(Blake2s256::digest(secret).into()))
    }

    /// The key in a file: all of its bytes, but for spaces and line ends behind the last.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        let secret = std::fs::read(path).map_err(|error| KeyError::Io { path: path.into(), error })?;
        Self::new(secret.trim_ascii_end())
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
        assert!(matches!(PresharedKey::new(&[7; 31]), Err(KeyError::Short(31))));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        std::fs::write(&file, [&[b'k'; 32][..], b"\r\n"].concat()).unwrap();
        assert_eq!(PresharedKey::read(&file).unwrap().0, PresharedKey::new(&[b'k'; 32]).unwrap().0);
        assert!(matches!(PresharedKey::read(dir.path().join("none")), Err(KeyError::Io { .. })));
        assert_eq!(format!("{:?}", PresharedKey::new(&[7; 32]).unwrap()), "PresharedKey");
    }
}
