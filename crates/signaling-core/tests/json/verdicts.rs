//! Odd but valid, and invalid: each with its verdict.

use signaling_core::v2tim::{ActionType, MAX_DEPTH, NotSignaling, SignalingInfo, get_signaling_info};

use super::oracle::{expected, read};
use super::written;

/// A message with these keys too, or instead.
fn with(keys: &str) -> String {
    format!(r#"{{"inviteID":"i","actionType":1,{keys}}}"#)
}

/// Reads it, and checks it against the oracle in passing.
fn info(json: &str) -> SignalingInfo<'_> {
    let info = get_signaling_info(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    let meant = expected(&serde_json::from_str(json).unwrap()).unwrap();
    assert_eq!(read(&info, &meant), meant, "{json}");
    info
}

fn refusal(json: &str) -> NotSignaling {
    get_signaling_info(json).map_or_else(|error| error, |info| panic!("{json} is {info:?}"))
}

#[test]
fn odd_but_valid() {
    for json in [
        " \t\r\n{ \"inviteID\" : \"i\" , \"actionType\" : 1 } \n",
        r#"{"actionType":1,"inviteID":"i"}"#,
        r#"{"\u0069nviteI\u0044":"i","action\u0054ype":1}"#,
        r#"{"inviteID":"\u0069","actionType":1.0}"#,
        r#"{"inviteID":7,"inviteID":"i","actionType":9,"actionType":1,"businessID":2,"businessID":1}"#,
        &with(r#""businessID":1.0"#),
        &with(r#""businessID":10e-1"#),
        &with(
            r#""businessID":null,"inviter":null,"inviteeList":null,"data":null,"timeout":null,"groupID":null"#,
        ),
        &with(r#""inviter":5,"inviteeList":"bob","timeout":"30","groupID":["g"],"onlineUserOnly":1"#),
        &with(r#""timeout":-5"#),
        &with(r#""timeout":0e400"#),
        &with(r#""new":{"a":[{"b":[]},"]}",null,true,false,-0.5e-3]},"inviteid":"x","ActionType":4,"":0"#),
    ] {
        let bare = SignalingInfo {
            invite_id: "i".into(),
            action_type: ActionType::Invite,
            ..SignalingInfo::default()
        };
        assert_eq!(info(json), bare, "{json}");
    }
}

#[test]
fn no_signaling() {
    use NotSignaling::{ActionType, BusinessId, InviteId, NotJson, NotObject, NotUtf8};
    for (json, why) in [
        ("", NotJson { at: 0 }),
        ("hello", NotJson { at: 0 }),
        ("null", NotObject),
        ("42", NotObject),
        (r#""{\"inviteID\":\"i\",\"actionType\":1}""#, NotObject),
        (r#"[{"inviteID":"i","actionType":1}]"#, NotObject),
        ("{}", InviteId),
        (r#"{"actionType":1}"#, InviteId),
        (r#"{"inviteID":"","actionType":1}"#, InviteId),
        (r#"{"inviteID":null,"actionType":1}"#, InviteId),
        (r#"{"inviteID":1,"actionType":1}"#, InviteId),
        (r#"{"inviteID":["i"],"actionType":1}"#, InviteId),
        (r#"{"inviteID":"i","inviteID":null,"actionType":1}"#, InviteId),
        (r#"{"inviteId":"i","actionType":1}"#, InviteId),
        (r#"{"inviteID":"i"}"#, ActionType),
        (r#"{"inviteID":"i","data":"\"actionType\":1"}"#, ActionType),
        (&with(r#""businessID":"av_call""#), BusinessId),
        (&with(r#""businessID":2"#), BusinessId),
        (&with(r#""businessID":"1""#), BusinessId),
        (&with(r#""businessID":true"#), BusinessId),
        (&with(r#""businessID":1.5"#), BusinessId),
        (&with(r#""businessID":-1"#), BusinessId),
        (&with(r#""businessID":1,"businessID":2"#), BusinessId),
        (&with(""), NotJson { at: 31 }),
        (&with(r#""a":1},"#), NotJson { at: 37 }),
        (r#"{"inviteID":"i","actionType":01}"#, NotJson { at: 30 }),
        (r#"{'inviteID':"i"}"#, NotJson { at: 1 }),
        ("\u{feff}{}", NotJson { at: 0 }),
    ] {
        assert_eq!(refusal(json), why, "{json}");
    }
    assert_eq!(get_signaling_info(b"{\"a\":\"\xff\"}"), Err(NotUtf8 { at: 6 }));
    assert_eq!(get_signaling_info(b"{\"a\":\"\xed\xa0\xbd\"}"), Err(NotUtf8 { at: 6 }));
}

#[test]
fn an_action_is_known_by_its_number_or_unknown() {
    use ActionType::{AcceptInvite, CancelInvite, Invite, InviteTimeout, RejectInvite, Unknown};
    let known = [Unknown, Invite, CancelInvite, AcceptInvite, RejectInvite, InviteTimeout];
    for (number, action) in (0u32..).zip(known) {
        assert_eq!((ActionType::of(number), action.number()), (action, number));
        assert_eq!(info(&format!(r#"{{"inviteID":"i","actionType":{number}}}"#)).action_type, action);
    }
    for odd in ["6", "-1", "1.5", "\"1\"", "null", "true", "[1]", "{}", "4294967297", "1e300"] {
        assert_eq!(info(&format!(r#"{{"inviteID":"i","actionType":{odd}}}"#)).action_type, Unknown, "{odd}");
    }
}

#[test]
fn an_id_of_any_form_has_1_to_127_bytes() {
    let id = |id: &str| format!(r#"{{"inviteID":"{id}","actionType":1}}"#);
    let native = "e9c0a51d90b17c5bc163d95d857317b3";
    for form in
        [native, "01c03624-eede-43ae-9a10-370d1f788697", "i", "邀请 1", &"é".repeat(63), &"x".repeat(127)]
    {
        assert_eq!(info(&id(form)).invite_id, form);
    }
    assert_eq!(info(&id(&r"\u0041".repeat(127))).invite_id, *"A".repeat(127), "escapes do not count");
    assert_eq!(refusal(&id(&"x".repeat(128))), NotSignaling::InviteId);
    assert_eq!(refusal(&id(&"é".repeat(64))), NotSignaling::InviteId);
}

#[test]
fn a_time_limit_is_rounded_up_and_cut() {
    for (json, seconds) in [
        ("30", 30),
        ("30.0", 30),
        ("3e1", 30),
        ("2.5", 3),
        ("1e-300", 1),
        ("-0.5", 0),
        ("4294967296", u32::MAX),
        ("1e300", u32::MAX),
        ("-1e300", 0),
    ] {
        assert_eq!(info(&with(&format!(r#""timeout":{json}"#))).timeout, seconds, "{json}");
    }
}

#[test]
fn data_that_is_no_string_is_kept_as_json() {
    for json in [r#"{"cmd": "audioCall", "n":[1,2]}"#, "[]", "-1.50", "true", "false"] {
        assert_eq!(info(&with(&format!(r#""data": {json} "#))).data, json);
    }
}

#[test]
fn each_key_is_read_and_written() {
    let json = r#"{"businessID":1,"inviteID":"i","inviter":"alice","actionType":2,"inviteeList":["bob","carol"],"data":"\u000f\u0010\u001f\"\\/\b\f\n\r\té😀","timeout":30,"groupID":"g1","onlineUserOnly":true}"#;
    assert!(info(json).online_user_only);
    assert_eq!(written(&info(json)), json);
}

#[test]
fn a_list_keeps_its_strings() {
    let json = with(r#""inviteeList" : [ "bob" , 1, null, ["carol"], "d\u00e9d\u00e9", {"a":"eve"}, "" ]"#);
    let list = info(&json).invitee_list;
    assert_eq!(list.iter().collect::<Vec<_>>(), ["bob", "dédé", ""]);
    assert_eq!((list.len(), list.contains("dédé"), list.contains("carol")), (3, true, false));
}

#[test]
fn half_a_surrogate_pair_is_read_and_written_as_a_replacement() {
    let json = with(r#""data":"\ud83d\ude00 \ud83d","inviter":"\ude00""#);
    let info = get_signaling_info(&json).unwrap();
    assert_eq!(
        (info.data.to_string().as_str(), info.inviter.to_string().as_str()),
        ("😀 \u{fffd}", "\u{fffd}")
    );
    assert_eq!(get_signaling_info(&written(&info)), Ok(info));
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| with(&format!(r#""a":{}{}"#, "[".repeat(depth), "]".repeat(depth)));
    let most = MAX_DEPTH as usize;
    assert!(get_signaling_info(&nested(most - 1)).is_ok());
    assert_eq!(refusal(&nested(most)), NotSignaling::TooDeep { at: 35 + most - 1 });
    let endless = r#"{"a":"#.repeat(1_000_000);
    assert!(matches!(refusal(&endless), NotSignaling::TooDeep { .. }));
}

#[test]
fn each_refusal_says_what_is_wrong() {
    for (json, says) in [
        ("{\"a\":1,}", "not JSON at byte 7"),
        ("[]", "JSON, but not an object"),
        (r#"{"inviteID":"i"}"#, "actionType is missing"),
        (r#"{"actionType":1}"#, "inviteID is missing, or not a string of 1 to 127 bytes"),
        (r#"{"businessID":"av_call"}"#, "businessID is not 1: another kind of message"),
    ] {
        assert_eq!(refusal(json).to_string(), says);
    }
}
