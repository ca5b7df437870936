//! The application's data, shared instead of copied.

use std::fmt;
use std::ops::Deref;
use std::str::Utf8Error;
use std::sync::Arc;

use signaling_core::{MAX_DATA, Payload};

/// What an application sends along with an invitation or an answer (V2TIM's `data`): at most [`MAX_DATA`]
/// bytes, which a clone shares. V2TIM sends text; here it is bytes, see [`Data::as_str`].
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Data(Option<Arc<[u8]>>);

impl Data {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The data as V2TIM's text.
    ///
    /// # Errors
    /// [`Utf8Error`] if the sender did not send text.
    pub fn as_str(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(self.as_bytes())
    }
}

impl Payload for Data {
    const LIMIT: usize = MAX_DATA;
    const EMPTY: Self = Self(None);

    fn set(&mut self, bytes: &[u8]) -> bool {
        let fits = bytes.len() <= Self::LIMIT;
        if fits {
            self.0 = (!bytes.is_empty()).then(|| bytes.into());
        }
        fits
    }

    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Deref for Data {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<[u8]> for Data {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            Ok(text) => fmt::Debug::fmt(text, f),
            Err(_) => write!(f, "{} bytes", self.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_kept_up_to_the_limit_and_shared() {
        let mut data = Data::EMPTY;
        assert!(data.set("héllo".as_bytes()));
        assert_eq!(data.as_str(), Ok("héllo"));
        assert!(!data.set(&vec![0; MAX_DATA + 1]));
        assert_eq!(data.as_str(), Ok("héllo"), "what does not fit changes nothing");
        assert!(data.set(&[0xff]) && data.as_str().is_err());
        assert!(data.set(b"") && data == Data::default());
        assert!(data.set(&vec![7; MAX_DATA]));
        assert!(std::ptr::eq(data.as_bytes(), data.clone().as_bytes()));
    }
}
