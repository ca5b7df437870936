//! Who may be whom.

#[cfg(feature = "jwt")]
mod jwt;

use signaling_core::wire::Refusal;

#[cfg(feature = "jwt")]
pub use jwt::{JwtKey, KeyError, MintError};

/// Judges a Hello: once for each link, when it begins. What it allowed holds until that link ends.
pub trait Authenticator: Send {
    /// Whether `token` proves, at `wall` seconds after 1970, that this is `user` on the device of that id.
    /// It must neither block nor log the token.
    ///
    /// # Errors
    /// [`Refusal::Token`] if it does not, [`Refusal::Expired`] if it did once.
    fn authenticate(&self, user: &str, device: u64, token: &str, wall: u64) -> Result<(), Refusal>;

    /// Whether anybody may say to be anybody. A relay that allows this stays on the loopback interface.
    fn is_insecure(&self) -> bool {
        false
    }
}

/// Takes every name, and looks at no token. For tests and demonstrations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Insecure;

impl Authenticator for Insecure {
    fn authenticate(&self, _user: &str, _device: u64, _token: &str, _wall: u64) -> Result<(), Refusal> {
        Ok(())
    }

    fn is_insecure(&self) -> bool {
        true
    }
}
