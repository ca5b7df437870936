//! The JSON of V2TIM's messages: what we write its clients take, and what they write we read.

mod common;

use adapter_std::v2tim::{ActionType, SignalingInfo, get_signaling_info};
use adapter_std::{Data, InvitationInfo, Slot};
use common::{act, team, to, world};
use conformance::Verb::{Accept, Cancel, Modify, Reject};
use conformance::{Invite, World, accepted, signaling_info, written};
use serde_json::{Value, json};

/// What V2TIM's clients send when that happens to an invitation: an application that serves both writes it so.
fn message(info: &InvitationInfo, action_type: ActionType, slots: &[usize], data: &Data) -> String {
    let names: Vec<&str> = slots.iter().map(|slot| info.invitees[*slot].user.as_str()).collect();
    let first = action_type == ActionType::Invite;
    let limit = info.remaining.filter(|_| first).map_or(0, |left| left.as_millis().div_ceil(1_000).max(1));
    let message = SignalingInfo {
        invite_id: info.id.into(),
        inviter: info.inviter.as_str().into(),
        group_id: info.group.as_ref().map_or("", |group| group.as_str()).into(),
        invitee_list: names.as_slice().into(),
        data: data.as_str().unwrap().into(),
        timeout: u32::try_from(limit).unwrap(),
        action_type,
        online_user_only: info.online_user_only,
        ..SignalingInfo::default()
    };
    written(&message).unwrap()
}

fn at(world: &World, peer: &str, id: adapter_std::InviteId) -> InvitationInfo {
    world.signaling(peer).invitation(id).unwrap()
}

/// The same message as V2TIM's clients take it.
fn taken(json: &str) -> Value {
    assert_eq!(accepted(json), Ok(()), "{json}");
    serde_json::from_str(json).unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_step_of_a_call_is_a_message_that_v2tims_clients_take() {
    let world = world(&["alice", "bob", "carol", "dave"]).await;
    let invitation = Invite { data: "{\"cmd\":\"¿video?\"}\n".into(), ..team(&["bob", "carol", "dave"]) };
    let id = world.invite("alice", &invitation).unwrap();
    world.settle().await;
    let seen = at(&world, "bob", id);
    let invite = taken(&message(&seen, ActionType::Invite, &[0, 1, 2], &seen.data));
    assert_eq!(
        invite,
        json!({
            "businessID": 1, "inviteID": id.to_string(), "inviter": "alice", "actionType": 1,
            "inviteeList": ["bob", "carol", "dave"], "data": "{\"cmd\":\"¿video?\"}\n",
            "timeout": 10, "groupID": "team", "onlineUserOnly": false,
        })
    );

    act(&world, "carol", Modify, id, "audio").await;
    let seen = at(&world, "bob", id);
    let modified = taken(&message(&seen, ActionType::Invite, &[0, 1, 2], &seen.data));
    assert_eq!((&modified["data"], &modified["actionType"]), (&json!("audio"), &json!(1)));

    act(&world, "bob", Accept, id, "yes").await;
    act(&world, "carol", Reject, id, "no").await;
    let seen = at(&world, "dave", id);
    let said = |action, slot: usize| taken(&message(&seen, action, &[slot], &seen.invitees[slot].data));
    let accept = said(ActionType::AcceptInvite, 0);
    assert_eq!(
        (&accept["actionType"], &accept["inviteeList"], &accept["data"]),
        (&json!(3), &json!(["bob"]), &json!("yes"))
    );
    let reject = said(ActionType::RejectInvite, 1);
    assert_eq!(
        (&reject["actionType"], &reject["inviteeList"], &reject["data"]),
        (&json!(4), &json!(["carol"]), &json!("no"))
    );

    act(&world, "alice", Cancel, id, "sorry").await;
    let seen = at(&world, "dave", id);
    assert_eq!(seen.invitees[2].outcome, Slot::Cancelled);
    let cancel = taken(&message(&seen, ActionType::CancelInvite, &[2], &seen.invitees[2].data));
    assert_eq!(
        (&cancel["actionType"], &cancel["inviteeList"], &cancel["data"]),
        (&json!(2), &json!(["dave"]), &json!("sorry"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_time_limit_is_a_message_too() {
    let world = world(&["alice", "bob"]).await;
    let id = world.invite("alice", &Invite { online_only: true, ..to("bob") }).unwrap();
    world.settle().await;
    world.until(world.now() + 10_000).await;
    let seen = at(&world, "bob", id);
    let timeout = taken(&message(&seen, ActionType::InviteTimeout, &[0], &seen.data));
    assert_eq!(
        timeout,
        json!({
            "businessID": 1, "inviteID": id.to_string(), "inviter": "alice", "actionType": 5, "inviteeList": ["bob"],
            "data": "x", "timeout": 0, "groupID": "", "onlineUserOnly": true,
        })
    );
}

/// The rows of V2TIM's edge cases that are about messages.
#[test]
fn odd_messages_are_read_or_left_to_others() {
    let invite = r#"{"businessID":1,"inviteID":"i","inviter":"alice","actionType":1,"inviteeList":["bob"]}"#;
    assert_eq!(signaling_info(invite)["inviteeList"], json!(["bob"]));
    for other in ["", "hello", "null", "7", "[]", "{}", r#"{"businessID":1}"#, r#"{"inviteID":"i"}"#] {
        assert_eq!(signaling_info(other), Value::Null, "{other}");
    }
    let app = invite.replace(r#""businessID":1"#, r#""businessID":"av_call""#);
    assert_eq!(signaling_info(&app), Value::Null, "tsignaling leaves it to the application, too");
    let without = invite.replace(r#","inviteeList":["bob"]"#, "");
    assert_eq!(signaling_info(&without)["inviteeList"], json!([]), "which V2TIM's clients trip over");
    let string = invite.replace(r#""actionType":1"#, r#""actionType":"1""#);
    assert_eq!(signaling_info(&string)["actionType"], json!(0), "which V2TIM's clients ignore");
    let bare: Value = serde_json::from_str(invite).unwrap();
    let missing: Vec<&str> =
        ["data", "timeout", "groupID"].into_iter().filter(|key| bare.get(key).is_none()).collect();
    assert_eq!(missing.len(), 3);
    let read = signaling_info(invite);
    assert_eq!((&read["data"], &read["timeout"], &read["groupID"]), (&json!(""), &json!(0), &json!("")));
}

#[test]
fn what_native_clients_write_is_read() {
    let native = concat!(
        r#"{"businessID":1,"inviteID":"e9c0a51d90b17c5bc163d95d857317b3","inviter":"144944","inviteeList":["1106"],"#,
        r#""data":"{\"version\":1,\"call_type\":2}","timeout":0,"actionType":2,"onlineUserOnly":false}"#
    );
    let info = get_signaling_info(native).unwrap();
    assert_eq!((info.action_type, info.group_id.is_empty()), (ActionType::CancelInvite, true));
    assert_eq!(info.data, r#"{"version":1,"call_type":2}"#);
    assert!(accepted(native).unwrap_err().contains("groupID"), "the web clients always send it");
    assert_eq!(accepted(&written(&info).unwrap()), Ok(()), "and so do we");
}
