//! JSON to `SignalingInfo`.

use core::{fmt, str};

use super::json::{self, MAX_DEPTH, Value};
use super::list::InviteeList;
use super::number::Count;
use super::text::Text;
use super::{ActionType, BUSINESS_ID, SignalingInfo};

/// The most bytes of an `inviteID` (V2TIM's C interface: a buffer of 128 with the final zero).
pub const MAX_INVITE_ID: usize = 127;

/// Why a custom message is not an invitation's. What it is instead is for others to find out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NotSignaling {
    /// It is not UTF-8.
    NotUtf8 {
        /// The place of the first wrong byte.
        at: usize,
    },
    /// It is not JSON, or ends too early.
    NotJson {
        /// The place of the first wrong byte.
        at: usize,
    },
    /// More than [`MAX_DEPTH`] arrays and objects inside one another.
    TooDeep {
        /// The place of the first that is too deep.
        at: usize,
    },
    /// It is JSON, but not an object.
    NotObject,
    /// `businessID` is there, but not 1: another kind of message.
    BusinessId,
    /// `inviteID` is missing, or not a string of 1 to [`MAX_INVITE_ID`] bytes.
    InviteId,
    /// There is no `actionType`.
    ActionType,
}

impl fmt::Display for NotSignaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 { at } => write!(f, "not UTF-8 at byte {at}"),
            Self::NotJson { at } => write!(f, "not JSON at byte {at}"),
            Self::TooDeep { at } => write!(f, "more than {MAX_DEPTH} arrays and objects deep at byte {at}"),
            Self::NotObject => f.write_str("JSON, but not an object"),
            Self::BusinessId => f.write_str("businessID is not 1: another kind of message"),
            Self::InviteId => write!(f, "inviteID is missing, or not a string of 1 to {MAX_INVITE_ID} bytes"),
            Self::ActionType => f.write_str("actionType is missing"),
        }
    }
}

impl core::error::Error for NotSignaling {}

/// Reads a custom message (V2TIM `getSignalingInfo`), given as `str` or as bytes. The module's doc says what
/// becomes of each key.
///
/// # Errors
/// [`NotSignaling`] says why it is no message of an invitation.
///
/// ```
/// use signaling_core::v2tim::{ActionType, NotSignaling, get_signaling_info};
///
/// let json = r#"{"inviter":"alice","actionType":3,"inviteeList":["bob"],"inviteID":"e9c0a51d","new":[{}]}"#;
/// let info = get_signaling_info(json)?;
/// assert_eq!((info.action_type, info.timeout), (ActionType::AcceptInvite, 0));
/// assert!(info.invitee_list.contains("bob"));
///
/// assert_eq!(get_signaling_info(b"{\"inviteID\":\"i\"}"), Err(NotSignaling::ActionType));
/// # Ok::<(), NotSignaling>(())
/// ```
pub fn get_signaling_info<'a>(
    message: &'a (impl AsRef<[u8]> + ?Sized),
) -> Result<SignalingInfo<'a>, NotSignaling> {
    read(message.as_ref())
}

fn read(message: &[u8]) -> Result<SignalingInfo<'_>, NotSignaling> {
    let text = str::from_utf8(message).map_err(|error| NotSignaling::NotUtf8 { at: error.valid_up_to() })?;
    let Value::Object(object) = json::document(text)? else { return Err(NotSignaling::NotObject) };
    let mut draft = Draft::default();
    json::members(object).for_each(|(key, value)| draft.set(key, value));
    draft.checked()
}

/// A message whose keys are being read; a later value takes the place of an earlier one.
#[derive(Default)]
struct Draft<'a> {
    info: SignalingInfo<'a>,
    acts: bool,
}

impl<'a> Draft<'a> {
    fn set(&mut self, key: Text<'a>, value: Value<'a>) {
        let info = &mut self.info;
        // The longest key of ours has 14 bytes: what does not fit is none of them.
        match key.copy_to(&mut [0; 14]) {
            Ok("businessID") => info.business_id = business(value),
            Ok("inviteID") => info.invite_id = value.text().unwrap_or_default(),
            Ok("inviter") => info.inviter = value.text().unwrap_or_default(),
            Ok("actionType") => {
                info.action_type = action(value);
                self.acts = true;
            }
            Ok("inviteeList") => info.invitee_list = list(value),
            Ok("data") => info.data = data(value),
            Ok("timeout") => info.timeout = timeout(value),
            Ok("groupID") => info.group_id = value.text().unwrap_or_default(),
            Ok("onlineUserOnly") => info.online_user_only = matches!(value, Value::Bool(true)),
            _ => {}
        }
    }

    fn checked(self) -> Result<SignalingInfo<'a>, NotSignaling> {
        if self.info.business_id != BUSINESS_ID {
            return Err(NotSignaling::BusinessId);
        }
        if !(1..=MAX_INVITE_ID).contains(&self.info.invite_id.len()) {
            return Err(NotSignaling::InviteId);
        }
        if self.acts { Ok(self.info) } else { Err(NotSignaling::ActionType) }
    }
}

/// 0, which is no business of ours, for what is neither missing nor a whole number.
fn business(value: Value<'_>) -> u32 {
    match value {
        Value::Null => BUSINESS_ID,
        Value::Number(number) => Count::of(number).exact().unwrap_or_default(),
        _ => 0,
    }
}

fn action(value: Value<'_>) -> ActionType {
    let Value::Number(number) = value else { return ActionType::Unknown };
    Count::of(number).exact().map(ActionType::of).unwrap_or_default()
}

fn timeout(value: Value<'_>) -> u32 {
    if let Value::Number(number) = value { Count::of(number).rounded_up() } else { 0 }
}

fn list(value: Value<'_>) -> InviteeList<'_> {
    if let Value::Array(array) = value { InviteeList::array(array) } else { InviteeList::default() }
}

fn data(value: Value<'_>) -> Text<'_> {
    match value {
        Value::Null => Text::default(),
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        Value::Text(text) => text,
        Value::Number(json) | Value::Array(json) | Value::Object(json) => json.into(),
    }
}
