//! The calls of our own engines as V2TIM's messages: who is named, with what, at each step.

use signaling_core::machine::Mask;
use signaling_core::v2tim::{SignalingInfo, ViewError, get_signaling_info};
use signaling_core::{Invite, InviteId};

use super::world::World;
use super::written;

/// When the time limit comes.
const END: u64 = 1_000 + 29_001;

/// alice invites bob and carol in the group g1.
fn ringing() -> (World, InviteId) {
    let mut world = World::of(&["alice", "bob", "carol"]);
    let invite = Invite {
        invitees: &["bob", "carol"],
        group: Some("g1"),
        data: b"\"video?\"",
        timeout: Some(29_001),
        ..Invite::default()
    };
    let id = world.phones[0].engine.invite(world.now, &invite).unwrap();
    world.run(10);
    (world, id)
}

/// What is sent, without the keys that are the same in each message of the call.
fn sent(id: InviteId, info: Result<SignalingInfo<'_>, ViewError>) -> String {
    let json = written(&info.unwrap());
    let same = format!(r#"{{"businessID":1,"inviteID":"{id}","inviter":"alice","#);
    let rest = json.strip_prefix(&same).unwrap();
    rest.strip_suffix(r#","groupID":"g1","onlineUserOnly":false}"#).unwrap().to_owned()
}

#[test]
fn an_invitation_names_all_and_the_seconds_left_but_never_0() {
    let (mut world, id) = ringing();
    let view = world.phones[0].engine.view(id).unwrap();
    let invite = sent(id, SignalingInfo::invite(&view));
    assert_eq!(invite, r#""actionType":1,"inviteeList":["bob","carol"],"data":"\"video?\"","timeout":29"#);
    for (left, seconds) in [(28_001, 29), (28_000, 28), (1, 1), (0, 1)] {
        world.phones[0].engine.handle_timeout(END - left);
        let view = world.phones[0].engine.view(id).unwrap();
        let invite = sent(id, SignalingInfo::invite(&view));
        assert!(invite.ends_with(&format!(r#""timeout":{seconds}"#)), "{left}: {invite}");
    }
}

#[test]
fn an_answer_names_who_answers_and_what_he_said() {
    let (mut world, id) = ringing();
    world.accept(1, id);
    let view = world.phones[1].engine.view(id).unwrap();
    let just_now =
        SignalingInfo::accept(&view, 0).map(|info| SignalingInfo { data: "just now".into(), ..info });
    let accept = sent(id, just_now);
    assert_eq!(accept, r#""actionType":3,"inviteeList":["bob"],"data":"just now","timeout":0"#);

    world.phones[2].engine.reject(world.now, id, false, b"no").unwrap();
    world.run(15);
    let view = world.phones[0].engine.view(id).unwrap();
    let accept = sent(id, SignalingInfo::accept(&view, 0));
    assert_eq!(accept, r#""actionType":3,"inviteeList":["bob"],"data":"yes","timeout":0"#);
    world.run(85);
    let view = world.phones[1].engine.view(id).unwrap();
    let reject = sent(id, SignalingInfo::reject(&view, 1));
    assert_eq!(reject, r#""actionType":4,"inviteeList":["carol"],"data":"no","timeout":0"#);
}

#[test]
fn a_cancel_names_who_was_still_pending() {
    let (mut world, id) = ringing();
    world.accept(1, id);
    world.run(100);
    let view = world.phones[0].engine.view(id).unwrap();
    let before = sent(id, SignalingInfo::cancel(&view));
    assert!(before.contains(r#""inviteeList":["carol"]"#), "{before}");

    world.phones[0].engine.cancel(world.now, id, b"never mind").unwrap();
    world.run(10);
    for phone in 0..3 {
        let view = world.phones[phone].engine.view(id).unwrap();
        let cancel = sent(id, SignalingInfo::cancel(&view));
        assert_eq!(cancel, r#""actionType":2,"inviteeList":["carol"],"data":"never mind","timeout":0"#);
    }
}

#[test]
fn a_timeout_names_whom_the_event_names() {
    let (mut world, id) = ringing();
    world.phones[0].engine.handle_timeout(END);
    let view = world.phones[0].engine.view(id).unwrap();
    let both = sent(id, SignalingInfo::timeout(&view, Mask::from_bits(0b11)));
    assert_eq!(both, r#""actionType":5,"inviteeList":["bob","carol"],"data":"\"video?\"","timeout":0"#);
    let carol = sent(id, SignalingInfo::timeout(&view, Mask::from_bits(0b1110)));
    assert!(carol.contains(r#""inviteeList":["carol"]"#), "{carol}");
}

#[test]
fn without_group_and_limit_they_are_empty_and_0() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 0);
    let view = world.phones[0].engine.view(id).unwrap();
    let json = written(&SignalingInfo::invite(&view).unwrap());
    assert!(json.ends_with(r#""timeout":0,"groupID":"","onlineUserOnly":false}"#), "{json}");

    let info = get_signaling_info(&json).unwrap();
    assert_eq!(info, SignalingInfo::invite(&view).unwrap());
    assert_eq!(info.invite_id.as_str().unwrap().parse(), Ok(id));
}

#[test]
fn a_message_may_cross_threads() {
    let (mut world, id) = ringing();
    world.run(10);
    let view = world.phones[0].engine.view(id).unwrap();
    let info = SignalingInfo::invite(&view).unwrap();
    let there = std::thread::scope(|scope| scope.spawn(|| written(&info)).join().unwrap());
    assert_eq!(there, written(&info));
}

#[test]
fn what_is_no_text_or_nobody_is_refused() {
    let mut world = World::of(&["alice", "bob"]);
    let invite = Invite { invitees: &["bob"], data: b"ab\xff", timeout: Some(1), ..Invite::default() };
    let id = world.phones[0].engine.invite(world.now, &invite).unwrap();
    let view = world.phones[0].engine.view(id).unwrap();
    let error = SignalingInfo::invite(&view).unwrap_err();
    assert_eq!(error, ViewError::NotText { at: 2 });
    assert_eq!(error.to_string(), "the data is not UTF-8 at byte 2; V2TIM's data is text");
    assert_eq!(SignalingInfo::timeout(&view, Mask::one(0)), Err(error));
    assert_eq!(SignalingInfo::accept(&view, 1), Err(ViewError::NoSuchSlot { slot: 1 }));
}
