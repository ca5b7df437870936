//! What errors say, and what names are taken.

use signaling_core::direct::{Ignored as LinkIgnored, PeerError};
use signaling_core::v2tim::{self, ViewError};
use signaling_core::wire::line::LineError;
use signaling_core::wire::{self, DecodeError, Frame, Reach};
use signaling_core::{
    AddError, AnswerError, CancelError, Device, GroupId, Ignored, InviteError, InviteId, Label, ModifyError,
    NameError, RestoreError, UserId,
};

/// Each of them says something of its own, in one line without a full stop.
fn all_differ(errors: &[&dyn std::error::Error]) {
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    for (at, words) in said.iter().enumerate() {
        assert!(words.len() > 10 && !words.contains('\n') && !words.ends_with('.'), "{words:?}");
        assert!(!said[..at].contains(words), "{words:?} is said twice");
    }
}

#[test]
fn every_refused_command_says_why() {
    all_differ(&[
        &InviteError::NoInvitee,
        &InviteError::Repeated,
        &InviteError::Oneself,
        &InviteError::TooManyInvitees(4),
        &InviteError::Timeout,
        &InviteError::Endless,
        &InviteError::DataTooLong(64),
        &InviteError::PushTooLong(64),
        &InviteError::Capacity,
        &InviteError::NoEpoch,
        &InviteError::Name(NameError::Empty),
    ]);
    all_differ(&[&AnswerError::Unknown, &AnswerError::Over, &AnswerError::Answered, &AnswerError::Held]);
    all_differ(&[&CancelError::Unknown, &CancelError::Over, &CancelError::NotInviter, &CancelError::Busy]);
    all_differ(&[&ModifyError::Unknown, &ModifyError::Over, &ModifyError::OnlineOnly, &ModifyError::Busy]);
    all_differ(&[&AddError::Known, &AddError::Invitees, &AddError::NotInvited, &AddError::Own]);
    assert_eq!(InviteError::DataTooLong(64).to_string(), "more than 64 bytes of data");
}

#[test]
fn whatever_is_ignored_says_why() {
    let broken = DecodeError::Malformed;
    all_differ(&[
        &Ignored::Malformed(broken),
        &Ignored::NotOrigin,
        &Ignored::NotListed,
        &Ignored::NotOurs,
        &Ignored::NotForUs,
        &Ignored::Contradicts,
        &Ignored::WrongDirection,
        &Ignored::NoRow,
    ]);
    all_differ(&[
        &LinkIgnored::Malformed(broken),
        &LinkIgnored::NoPeer,
        &LinkIgnored::Stranger,
        &LinkIgnored::OwnDevice,
        &LinkIgnored::UnknownRun,
        &LinkIgnored::NotForUs,
        &LinkIgnored::WrongDirection,
        &LinkIgnored::Engine(Ignored::NoRow),
    ]);
    all_differ(&[&PeerError::Repeated, &PeerError::Full]);
}

#[test]
fn what_is_not_restored_says_why() {
    all_differ(&[
        &RestoreError::Version { found: 9 },
        &RestoreError::OtherDevice,
        &RestoreError::OtherUser,
        &RestoreError::Known,
        &RestoreError::Name(NameError::Empty),
        &RestoreError::Malformed,
        &RestoreError::TooLarge,
        &RestoreError::Capacity,
    ]);
    assert!(RestoreError::Version { found: 9 }.to_string().contains('9'));
}

#[test]
fn what_is_not_read_or_written_says_why() {
    all_differ(&[
        &DecodeError::Malformed,
        &DecodeError::Version { found: 9 },
        &DecodeError::Range,
        &wire::NoRoom,
        &LineError::Garbled,
        &LineError::TooLong,
        &v2tim::NoRoom { needed: 512 },
        &ViewError::NoSuchSlot { slot: 3 },
    ]);
    assert!(v2tim::NoRoom { needed: 512 }.to_string().contains("512 bytes"));
}

#[test]
fn a_list_shows_what_is_in_it() {
    let bytes = {
        let mut buf = [0; 128];
        let id = InviteId { origin: Device { id: 1, epoch: 1 }, sequence: 1 };
        let users = [("bob", Reach::<std::iter::Empty<Device>>::Later)].into_iter();
        let len = wire::encode_fanout(&mut buf, id, 1, false, users).unwrap();
        buf[..len].to_vec()
    };
    let Ok(Frame::Fanout(fanout)) = Frame::decode(&bytes) else { panic!("it is one") };
    let shown = format!("{:?}", fanout.users.clone());
    assert!(shown.starts_with('[') && shown.contains("bob") && shown.contains("Later"), "{shown}");
    let text = r#"{"businessID":1,"inviteID":"a","actionType":1,"inviteeList":["bob","carol"]}"#;
    let names = v2tim::get_signaling_info(text).unwrap().invitee_list;
    assert_eq!(format!("{names:?}"), r#"["bob", "carol"]"#);
    assert!(!names.is_empty());
}

#[test]
fn a_name_is_short_and_has_no_control_characters() {
    let long = "a".repeat(33);
    assert_eq!("".parse::<UserId>(), Err(NameError::Empty));
    assert_eq!("".parse::<Label>().unwrap().as_str(), "", "a device may go without one");
    assert_eq!(UserId::try_from(long.as_str()), Err(NameError::TooLong { limit: 32 }));
    assert_eq!(UserId::try_from(&long[1..]).unwrap().as_ref(), &long[1..]);
    assert_eq!(GroupId::new("a\u{7}"), Err(NameError::Control));
    assert_eq!(GroupId::new("a\u{85}"), Err(NameError::Control));
    assert_eq!(GroupId::new("Küche").unwrap().to_string(), "Küche");
    all_differ(&[&NameError::Empty, &NameError::TooLong { limit: 32 }, &NameError::Control]);
}

#[test]
fn names_and_ids_are_text_in_json() {
    let bob = UserId::new("bob").unwrap();
    assert_eq!((format!("{bob:?}"), format!("{bob:>5}")), ("\"bob\"".into(), "  bob".into()));
    let json = serde_json::to_string(&bob).unwrap();
    assert_eq!(json, "\"bob\"");
    assert_eq!(serde_json::from_str::<UserId>(&json).unwrap(), bob);
    assert!(serde_json::from_str::<UserId>("\"\"").unwrap_err().to_string().contains("empty"));
    let id = InviteId { origin: Device { id: 1, epoch: 2 }, sequence: 3 };
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(serde_json::from_str::<InviteId>(&json).unwrap(), id);
    let refused = serde_json::from_str::<InviteId>("\"00\"").unwrap_err().to_string();
    assert!(refused.contains("32 hexadecimal digits"), "{refused}");
    assert_eq!(id.origin.to_string(), "0000000000000001.2");
}
