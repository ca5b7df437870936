//! Tokens: JWT, signed with HS256 (RFC 7519, RFC 7518 section 3.2).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use signaling_core::wire::Refusal;
use signaling_core::{GroupId, UserId};

use super::Authenticator;

/// The fewest bytes of a key: as many as the hash has.
const SHORTEST_KEY: usize = 32;

/// Why this is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is easier to guess than the signature.
    #[error("the key has {found} bytes; HS256 needs at least {SHORTEST_KEY}")]
    TooShort {
        /// How many it has.
        found: usize,
    },
    /// The file cannot be read.
    #[error("cannot read the key file {}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// A token without an end must be bound to a device.
    #[error("a token needs an end, a device, or both")]
    Unbounded,
    /// The library refused.
    #[error("cannot sign the token: {0}")]
    Sign(jsonwebtoken::errors::Error),
}

/// The key that signs and checks tokens: a JWT with the claims `sub` (the user), `exp` (seconds after 1970;
/// may be missing if there is a device), `device` (16 hex digits; may be missing) and `groups` (a list of names; may be
/// missing, and then allows all).
///
/// Anything but HS256 is refused, `none` above all. An end counts to the second: clocks that differ need
/// tokens that last longer. `nbf` is honoured; a token with an `aud` is for somebody else.
///
/// A token is looked at when a link begins, and never again: a link outlives its token. A relay that is started anew
/// ends all links and asks each device for its token; with another key it voids all tokens.
#[derive(Clone)]
pub struct JwtKey {
    signs: EncodingKey,
    checks: DecodingKey,
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtKey(..)")
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<String>>,
}

impl JwtKey {
    /// Takes the bytes of the secret as they are.
    ///
    /// # Errors
    /// [`KeyError::TooShort`] if they are fewer than 32.
    pub fn new(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < SHORTEST_KEY {
            return Err(KeyError::TooShort { found: secret.len() });
        }
        Ok(Self { signs: EncodingKey::from_secret(secret), checks: DecodingKey::from_secret(secret) })
    }

    /// Takes the bytes of a file, without the white space around them that editors leave.
    ///
    /// # Errors
    /// [`KeyError::File`] if it cannot be read, [`KeyError::TooShort`] if what is left is fewer than 32 bytes.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let file = |error| KeyError::File { path: path.to_owned(), error };
        Self::new(std::fs::read(path).map_err(file)?.trim_ascii())
    }

    /// Makes a token for the user: for one device or for all of his, until `expires` (seconds after 1970) or
    /// for ever.
    ///
    /// # Errors
    /// [`MintError::Unbounded`] if it is for all devices and for ever.
    pub fn mint(
        &self,
        user: &UserId,
        device: Option<u64>,
        expires: Option<u64>,
    ) -> Result<String, MintError> {
        self.sign(&Claims {
            sub: user.to_string(),
            device: device.map(hex),
            exp: expires,
            nbf: None,
            groups: None,
        })
    }

    /// The same, for a user who may make and join these groups only; none, if there are none.
    ///
    /// # Errors
    /// As [`mint`](Self::mint).
    pub fn mint_for_groups(
        &self,
        user: &UserId,
        device: Option<u64>,
        expires: Option<u64>,
        groups: &[GroupId],
    ) -> Result<String, MintError> {
        let groups = Some(groups.iter().map(GroupId::to_string).collect());
        self.sign(&Claims { sub: user.to_string(), device: device.map(hex), exp: expires, nbf: None, groups })
    }

    fn sign(&self, claims: &Claims) -> Result<String, MintError> {
        if claims.device.is_none() && claims.exp.is_none() {
            return Err(MintError::Unbounded);
        }
        encode(&Header::new(Algorithm::HS256), claims, &self.signs).map_err(MintError::Sign)
    }

    /// The claims, if they are signed with this key. Their times are not looked at.
    fn claims(&self, token: &str) -> Result<Claims, Refusal> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        let data = decode(token, &self.checks, &validation).map_err(|_| Refusal::Token)?;
        Ok(data.claims)
    }
}

fn hex(device: u64) -> String {
    format!("{device:016x}")
}

impl Authenticator for JwtKey {
    fn authenticate(&self, user: &str, device: u64, token: &str, wall: u64) -> Result<(), Refusal> {
        let claims = self.claims(token)?;
        let of_device = claims.device.as_ref().is_none_or(|bound| *bound == hex(device));
        let early = claims.nbf.is_some_and(|begin| wall < begin);
        let unbounded = claims.exp.is_none() && claims.device.is_none();
        if claims.sub != user || !of_device || early || unbounded {
            return Err(Refusal::Token);
        }
        if claims.exp.is_some_and(|end| end <= wall) {
            return Err(Refusal::Expired);
        }
        Ok(())
    }

    /// A name that no group can have allows nothing.
    fn groups(&self, token: &str) -> Option<Vec<GroupId>> {
        let groups = self.claims(token).ok()?.groups?;
        Some(groups.iter().filter_map(|group| GroupId::new(group).ok()).collect())
    }
}
