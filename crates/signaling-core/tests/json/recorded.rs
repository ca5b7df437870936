//! What V2TIM's own clients wrote is read as they meant it.

use serde_json::Value;
use signaling_core::v2tim::{ActionType, NoRoom, NotSignaling, SignalingInfo, get_signaling_info};

use super::oracle::{expected, read};
use super::written;

/// From tsignaling, chat and a native client: each step of an invitation, one message a line.
pub(crate) const RECORDED: &str = include_str!("recorded.jsonl");

#[test]
fn each_recorded_message_is_read_and_means_the_same_when_written() {
    assert_eq!(RECORDED.lines().count(), 58);
    for json in RECORDED.lines() {
        let info = get_signaling_info(json).unwrap();
        let meant = expected(&serde_json::from_str(json).unwrap()).unwrap();
        assert_eq!(read(&info, &meant), meant, "{json}");
        assert_ne!(info.action_type, ActionType::Unknown);

        let again = written(&info);
        assert_eq!(serde_json::from_str::<Value>(&again).unwrap(), meant);
        assert_eq!(get_signaling_info(&again), Ok(info));
    }
}

#[test]
fn an_invitation_is_written_as_tsignaling_writes_it() {
    let invites: Vec<_> =
        RECORDED.lines().filter(|json| json.contains(r#""onlineUserOnly":false}"#)).take(2).collect();
    for json in invites {
        assert_eq!(written(&get_signaling_info(json).unwrap()), json);
    }
}

#[test]
fn a_message_that_is_cut_short_is_none() {
    for json in RECORDED.lines() {
        for (len, _) in json.char_indices() {
            let cut = get_signaling_info(&json[..len]);
            assert!(matches!(cut, Err(NotSignaling::NotJson { at }) if at <= len), "{cut:?}");
        }
    }
}

#[test]
fn a_buffer_that_is_too_small_says_what_would_do() {
    for json in RECORDED.lines() {
        let info = get_signaling_info(json).unwrap();
        let needed = info.written_len();
        let mut buf = vec![0; needed];
        for room in 0..needed {
            assert_eq!(info.write(&mut buf[..room]), Err(NoRoom { needed }));
        }
    }
}

/// What chat's own getSignalingInfo made of each, as recorded; and what we do.
#[test]
fn get_signaling_info_agrees_with_the_recorded_one() {
    let full = r#"{"businessID":1,"inviteID":"i","inviter":"alice","actionType":3,"inviteeList":["bob"],"groupID":"","timeout":0,"data":"d"}"#;
    let bob = ["bob"];
    let accept = SignalingInfo {
        invite_id: "i".into(),
        inviter: "alice".into(),
        action_type: ActionType::AcceptInvite,
        invitee_list: (&bob).into(),
        data: "d".into(),
        ..SignalingInfo::default()
    };
    let bare =
        SignalingInfo { invite_id: "i".into(), action_type: ActionType::Invite, ..SignalingInfo::default() };
    assert_eq!(get_signaling_info(full), Ok(accept));
    assert_eq!(get_signaling_info(r#"{"inviteID":"i","actionType":1}"#), Ok(bare));
    assert_eq!(get_signaling_info(r#"{"businessID":1}"#), Err(NotSignaling::InviteId));
    assert_eq!(get_signaling_info("hello"), Err(NotSignaling::NotJson { at: 0 }));
    assert_eq!(get_signaling_info(r#"{"inviteID":"i"}"#), Err(NotSignaling::ActionType));

    // Here we differ, by the strict rule: a number that means nothing is Unknown ...
    let unknown = SignalingInfo { invitee_list: (&bob).into(), action_type: ActionType::Unknown, ..bare };
    let nine = r#"{"businessID":1,"inviteID":"i","actionType":9,"inviteeList":["bob"]}"#;
    assert_eq!(get_signaling_info(nine), Ok(unknown));
    // ... and the names of the keys, somewhere in a text, do not make a message.
    assert_eq!(get_signaling_info(r#"{"a":"inviteID","b":"actionType"}"#), Err(NotSignaling::InviteId));
    assert_eq!(get_signaling_info("{}"), Err(NotSignaling::InviteId));
}
