//! Who may be whom, and in which groups.

#[cfg(feature = "jwt")]
mod jwt;

use signaling_core::wire::Refusal;
use signaling_core::{GroupId, UserId};

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

    /// The groups that this token, which was just let in, allows its user to make and to join over its link; none if it
    /// sets no bounds. Of his groups it takes none away that he is in already.
    fn groups(&self, _token: &str) -> Option<Vec<GroupId>> {
        None
    }

    /// Whether the user may make or join that group: asked each time, whatever his token says. If not, he is answered as
    /// if there were no such group. It must not block.
    fn may_join(&self, _user: &UserId, _group: &GroupId) -> bool {
        true
    }

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
