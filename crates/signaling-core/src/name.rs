//! Names of users, groups and devices, and the ids of invitations (protocol section 2).

use core::fmt::{self, Write};
use core::str::FromStr;

use heapless::String;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text is not a name (V2TIM code 6017).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum NameError {
    /// No character at all.
    Empty,
    /// More bytes of UTF-8 than the name may have.
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// A control character, which would disturb terminals and logs.
    Control,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty"),
            Self::TooLong { limit } => write!(f, "the name is longer than {limit} bytes"),
            Self::Control => f.write_str("the name holds a control character"),
        }
    }
}

impl core::error::Error for NameError {}

fn check(text: &str, limit: usize) -> Result<(), NameError> {
    if text.len() > limit {
        return Err(NameError::TooLong { limit });
    }
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !plain && text.chars().any(char::is_control) {
        return Err(NameError::Control);
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $limit:literal, empty: $empty:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
        pub struct $name(String<$limit, u8>);

        impl $name {
            /// The most bytes of UTF-8 that it may have.
            pub const LIMIT: usize = $limit;

            /// No text at all, where a name may be missing.
            pub(crate) const EMPTY: Self = Self(String::new());

            /// Checks `text` and copies it.
            ///
            /// # Errors
            /// [`NameError`] says what is wrong with the text.
            pub fn new(text: &str) -> Result<Self, NameError> {
                Self::check(text)?;
                String::try_from(text).map(Self).map_err(|_| NameError::TooLong { limit: $limit })
            }

            /// Checks `text` without copying it.
            ///
            /// # Errors
            /// [`NameError`] says what is wrong with the text.
            pub fn check(text: &str) -> Result<(), NameError> {
                if !$empty && text.is_empty() {
                    return Err(NameError::Empty);
                }
                check(text, $limit)
            }

            /// As [`new`](Self::new), where the old one lies: a chip need not copy it there.
            ///
            /// # Errors
            /// [`NameError`] says what is wrong with the text; the name is empty then.
            pub fn assign(&mut self, text: &str) -> Result<(), NameError> {
                self.0.clear();
                Self::check(text)?;
                self.0.push_str(text).map_err(|_| NameError::TooLong { limit: $limit })
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = NameError;
            fn try_from(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::<$limit, u8>::deserialize(from)?;
                Self::new(&text).map_err(de::Error::custom)
            }
        }
    };
}

name! {
    /// A user: 1 to 32 bytes of UTF-8 without control characters (V2TIM's `userID`).
    UserId, 32, empty: false
}
name! {
    /// A group: 1 to 48 bytes of UTF-8 without control characters (V2TIM's `groupID`).
    GroupId, 48, empty: false
}
name! {
    /// What people call a device ("kitchen"): at most 24 bytes of UTF-8, or none.
    Label, 24, empty: true
}

impl Label {
    /// Leaves no text in it.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// One run of one device: what answers, and what an acceptance names.
///
/// Packed into 12 bytes, because rows keep many of them: copy `id` out before you borrow it.
#[repr(C, packed(4))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Device {
    /// The device: provisioned or random, kept for ever.
    #[serde(with = "postcard::fixint::le")]
    pub id: u64,
    /// The run: another at every start, never repeated. 0 means "none drawn yet".
    pub epoch: u32,
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, epoch } = *self;
        write!(f, "{id:016x}.{epoch}")
    }
}

/// The id of an invitation (V2TIM's `inviteID`): who made it, in which run, as which one.
///
/// To applications it is opaque; as text it is 32 lower-case hex digits.
///
/// ```
/// use signaling_core::{Device, InviteId};
/// let id = InviteId { origin: Device { id: 0xabc, epoch: 7 }, sequence: 1 };
/// assert_eq!(id.to_string(), "0000000000000abc0000000700000001");
/// assert_eq!("0000000000000abc0000000700000001".parse(), Ok(id));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct InviteId {
    /// The device that decides, in the run in which it invited.
    pub origin: Device,
    /// Counts the invitations of that run, from 1.
    pub sequence: u32,
}

/// The text is not 32 hex digits (V2TIM code 8010).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InviteIdError;

impl fmt::Display for InviteIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an invite id is 32 hexadecimal digits")
    }
}

impl core::error::Error for InviteIdError {}

impl InviteId {
    fn to_u128(self) -> u128 {
        (u128::from(self.origin.id) << 64) | (u128::from(self.origin.epoch) << 32) | u128::from(self.sequence)
    }

    #[allow(clippy::cast_possible_truncation)] // each part is cut out of its own bits
    fn from_u128(bits: u128) -> Self {
        let origin = Device { id: (bits >> 64) as u64, epoch: (bits >> 32) as u32 };
        Self { origin, sequence: bits as u32 }
    }

    /// The 16 bytes that travel, big end first.
    pub fn to_bytes(self) -> [u8; 16] {
        self.to_u128().to_be_bytes()
    }

    /// The id of 16 bytes; each pattern is some id.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::from_u128(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for InviteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.to_bytes() {
            for digit in [byte >> 4, byte & 15] {
                f.write_char(char::from_digit(digit.into(), 16).unwrap_or_default())?;
            }
        }
        Ok(())
    }
}

impl FromStr for InviteId {
    type Err = InviteIdError;
    fn from_str(text: &str) -> Result<Self, InviteIdError> {
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(InviteIdError);
        }
        u128::from_str_radix(text, 16).map(Self::from_u128).map_err(|_| InviteIdError)
    }
}

impl Serialize for InviteId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { self.to_bytes().serialize(to) }
    }
}

impl<'de> Deserialize<'de> for InviteId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            return String::<32>::deserialize(from)?.parse().map_err(de::Error::custom);
        }
        <[u8; 16]>::deserialize(from).map(Self::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert_eq!(UserId::new(""), Err(NameError::Empty));
        assert_eq!(UserId::new("123456789 123456789 123456789 123"), Err(NameError::TooLong { limit: 32 }));
        assert_eq!(UserId::new("a\nb"), Err(NameError::Control));
        assert_eq!(UserId::new("Zoë").unwrap().as_str(), "Zoë");
        assert!(Label::new("").is_ok());
    }

    #[test]
    fn an_id_is_32_digits_and_nothing_else() {
        for wrong in ["", "abc", "+0000000000000abc000000070000001", "g0000000000000abc0000000700000001"] {
            assert_eq!(wrong.parse::<InviteId>(), Err(InviteIdError));
        }
    }
}
