//! What every board is told when it is built, and how much memory it gives.

use adapter_embassy::{Device, GroupId, Identity, Label, Resources, UserId};

/// 4 invitations of 4 invitees with 2 devices each, 64 bytes of data, and frames of 768 bytes: a token of
/// 600 bytes fits.
pub type Memory = Resources<4, 4, 2, 64, 768>;

/// Whom the doorbell rings, up to 4 names with commas between: SIGNALING_WHOM at build time.
const WHOM: &str = match option_env!("SIGNALING_WHOM") {
    Some(whom) => whom,
    None => "bob",
};

/// What proves the board to the relay: SIGNALING_TOKEN at build time.
const TOKEN: &str = match option_env!("SIGNALING_TOKEN") {
    Some(token) => token,
    None => "",
};

const USER: Option<&str> = option_env!("SIGNALING_USER");
const GROUP: Option<&str> = option_env!("SIGNALING_GROUP");

const _: () = assert!(fits(USER, UserId::LIMIT), "SIGNALING_USER has to be a name of 1 to 32 bytes");
const _: () = assert!(fits(GROUP, GroupId::LIMIT), "SIGNALING_GROUP has to be a name of 1 to 48 bytes");

const fn fits(name: Option<&str>, most: usize) -> bool {
    match name {
        Some(name) => !name.is_empty() && name.len() <= most,
        None => true,
    }
}

/// Whom the doorbell rings.
pub fn whom() -> heapless::Vec<&'static str, 4> {
    WHOM.split(',').take(4).collect()
}

/// The board, by its number and what people call it; `user` unless SIGNALING_USER says otherwise at build time.
/// It joins the group SIGNALING_GROUP, if there is one. It counts its starts nowhere: the relay draws the epoch.
///
/// # Panics
/// If a name holds a control character, or `label` is longer than 24 bytes. Names that are empty or too long do
/// not compile.
pub fn identity(user: &str, label: &str, id: u64) -> Identity {
    let user = USER.unwrap_or(user);
    let user = UserId::new(user).expect("SIGNALING_USER has no control characters");
    let label = Label::new(label).expect("a label has up to 24 bytes");
    let group = GROUP.map(|group| GroupId::new(group).expect("SIGNALING_GROUP has no control characters"));
    Identity { label, token: TOKEN, group, ..Identity::new(user, Device { id, epoch: 0 }) }
}
