//! Who may say what: everything else is ignored with its reason, and changes nothing.

use crate::world::World;
use signaling_core::machine::{Kind, Mask, Rev, Stance};
use signaling_core::wire::{
    Ack, DecodeError, Deliver, Frame, From, Message, Reach, Refusal, Refused, ReportMessage, SlotEntry,
    StanceMessage, encode_fanout, encode_report,
};
use signaling_core::{Device, Ignored, InviteId, Slot, Standing, State};

const MALLORY: Device = Device { id: 666, epoch: 1 };

/// alice (device 1) rings bob (device 2); nobody answered yet.
fn ringing() -> (World, InviteId) {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(500);
    (world, id)
}

fn give(
    world: &mut World,
    to: usize,
    key: InviteId,
    from: (&str, Device),
    body: &[u8],
) -> Result<usize, Ignored> {
    let from = From { user: from.0, device: from.1, label: "" };
    let deliver = Deliver { key, from, group: None, to_users: true, dwell: 0, body: Some(body) };
    world.phones[to].engine.handle_message(world.now, &deliver, &mut [0; 256])
}

fn body(message: &Message<'_>) -> Vec<u8> {
    let mut buf = [0; 256];
    let len = message.encode(&mut buf).unwrap();
    buf[..len].to_vec()
}

fn decision(slot: Slot, user: &'static str) -> Vec<u8> {
    report(Kind::Decision, None, slot, user)
}

fn report(kind: Kind, group: Option<&str>, slot: Slot, user: &'static str) -> Vec<u8> {
    report_with(5_000, kind, group, slot, user)
}

fn report_with(left: u32, kind: Kind, group: Option<&str>, slot: Slot, user: &'static str) -> Vec<u8> {
    let report = ReportMessage {
        kind,
        remaining: Some(left),
        rev: Rev::default(),
        run: 0,
        echo: 0,
        modify: None,
        online_only: false,
        group,
        data: (kind == Kind::Invite).then_some(b"video?"),
        answer: None,
        slots: Default::default(),
    };
    let mut buf = [0; 256];
    let len = encode_report(&mut buf, &report, [SlotEntry { user, slot, data: false }].into_iter()).unwrap();
    buf[..len].to_vec()
}

fn slot_at(world: &mut World, at: usize, id: InviteId) -> Slot {
    world.phones[at].engine.view(id).unwrap().invitee(0).unwrap().slot
}

#[test]
fn a_decision_of_somebody_else_is_ignored() {
    let (mut world, id) = ringing();
    let alice = world.phones[0].device;
    let forged = decision(Slot::Cancelled, "bob");
    assert_eq!(give(&mut world, 1, id, ("mallory", MALLORY), &forged), Err(Ignored::NotOrigin));
    assert_eq!(give(&mut world, 1, id, ("alice", MALLORY), &forged), Err(Ignored::NotOrigin));
    assert_eq!(give(&mut world, 1, id, ("mallory", alice), &forged), Err(Ignored::NotOrigin));
    let unknown = body(&Message::Unknown { echo: 0 });
    assert_eq!(give(&mut world, 1, id, ("mallory", MALLORY), &unknown), Err(Ignored::NotOrigin));
    assert_eq!(slot_at(&mut world, 1, id), Slot::Pending);
    assert_eq!(world.phones[1].engine.counters().ignored, 4);
}

#[test]
fn an_answer_of_somebody_who_was_not_asked_is_ignored() {
    let (mut world, id) = ringing();
    let accept = Stance::Answer(signaling_core::machine::Answer::Accept);
    let accept = body(&Message::Stance(StanceMessage { n: 1, stance: accept, data: b"" }));
    assert_eq!(give(&mut world, 0, id, ("mallory", MALLORY), &accept), Err(Ignored::NotListed));
    let ack = body(&Message::Ack(Ack { rev: 0, mask: Mask::from_bits(1) }));
    assert_eq!(give(&mut world, 0, id, ("mallory", MALLORY), &ack), Err(Ignored::NotListed));
    assert_eq!(slot_at(&mut world, 0, id), Slot::Pending);
}

#[test]
fn an_answer_to_another_device_is_not_ours() {
    let (mut world, id) = ringing();
    let query = body(&Message::Stance(StanceMessage { n: 1, stance: Stance::Query, data: b"" }));
    assert_eq!(give(&mut world, 1, id, ("carol", MALLORY), &query), Err(Ignored::NotOurs));
}

#[test]
fn who_asks_for_what_is_not_there_hears_unknown() {
    let (mut world, id) = ringing();
    let id = InviteId { sequence: 99, ..id };
    let query = body(&Message::Stance(StanceMessage { n: 7, stance: Stance::Query, data: b"" }));
    let mut reply = [0; 256];
    let from = From { user: "carol", device: MALLORY, label: "" };
    let deliver = Deliver { key: id, from, group: None, to_users: false, dwell: 0, body: Some(&query) };
    let len = world.phones[0].engine.handle_message(world.now, &deliver, &mut reply).unwrap();
    let Ok(Frame::Send(send)) = Frame::decode(&reply[..len]) else { panic!("no answer") };
    assert_eq!(Message::decode(send.body), Ok(Message::Unknown { echo: 7 }));
}

#[test]
fn another_list_of_invitees_contradicts() {
    let (mut world, id) = ringing();
    let alice = world.phones[0].device;
    let other = decision(Slot::Cancelled, "carol");
    assert_eq!(give(&mut world, 1, id, ("alice", alice), &other), Err(Ignored::Contradicts));
    assert_eq!(slot_at(&mut world, 1, id), Slot::Pending);
}

#[test]
fn an_invitation_that_names_somebody_else_is_not_for_us() {
    let (mut world, id) = ringing();
    let (id, alice) = (InviteId { sequence: 50, ..id }, world.phones[0].device);
    let other = decision(Slot::Pending, "carol");
    assert_eq!(give(&mut world, 1, id, ("alice", alice), &other), Err(Ignored::NotForUs));
}

#[test]
fn a_group_is_what_the_relay_says_it_is() {
    let (mut world, id) = ringing();
    let key = InviteId { sequence: 70, ..id };
    let from = From { user: "alice", device: world.phones[0].device, label: "" };
    let body = report(Kind::Invite, Some("team"), Slot::Pending, "bob");
    let mut claim = |group| {
        let deliver = Deliver { key, from, group, to_users: true, dwell: 0, body: Some(&body) };
        world.phones[1].engine.handle_message(world.now, &deliver, &mut [0; 256])
    };
    assert_eq!(claim(None), Err(Ignored::Contradicts), "no rules of a group were asked");
    assert_eq!(claim(Some("other")), Err(Ignored::Contradicts));
    assert_eq!(claim(Some("team")), Ok(0));
    assert_eq!(world.phones[1].engine.view(key).unwrap().group(), Some("team"));
}

#[test]
fn garbage_and_wrong_directions_are_ignored() {
    let (mut world, id) = ringing();
    let alice = world.phones[0].device;
    let malformed = Err(Ignored::Malformed(DecodeError::Malformed));
    assert_eq!(give(&mut world, 1, id, ("alice", alice), &[1, 0, 9]), malformed);
    let version = Err(Ignored::Malformed(DecodeError::Version { found: 9 }));
    assert_eq!(give(&mut world, 1, id, ("alice", alice), &[9, 0]), version);
    let engine = &mut world.phones[1].engine;
    assert!(matches!(engine.handle_frame(0, b"garbage", &mut []), Err(Ignored::Malformed(_))));
    let mut buf = [0; 64];
    let len = Frame::Group(signaling_core::wire::GroupRequest {
        seq: 1,
        op: signaling_core::wire::GroupOp::Join,
        group: "home",
    })
    .encode(&mut buf)
    .unwrap();
    assert_eq!(engine.handle_frame(0, &buf[..len], &mut []), Err(Ignored::WrongDirection));
    assert_eq!(engine.counters().ignored, 4);
}

#[test]
fn a_frame_without_its_body_is_answered_too_large() {
    let (mut world, id) = ringing();
    let key = InviteId { sequence: 60, ..id };
    let from = From { user: "alice", device: world.phones[0].device, label: "" };
    let deliver = Deliver { key, from, group: None, to_users: true, dwell: 0, body: None };
    let mut answer = || {
        let mut reply = [0; 256];
        let len = world.phones[1].engine.handle_message(world.now, &deliver, &mut reply).unwrap();
        let Ok(Frame::Send(send)) = Frame::decode(&reply[..len]) else { panic!("no answer") };
        let Ok(Message::Stance(stance)) = Message::decode(send.body) else { panic!("no stance") };
        assert_eq!(stance.stance, Stance::Full(signaling_core::Full::TooLarge));
        stance.n
    };
    assert_ne!(answer(), answer(), "no number is used twice");
}

#[test]
fn what_waited_or_has_no_time_left_is_asked_about_first() {
    for (left, dwell, rings) in
        [(5_000, 1_000, true), (5_000, 1_001, false), (501, 500, true), (500, 500, false), (400, 500, false)]
    {
        let (mut world, id) = ringing();
        let key = InviteId { sequence: 62, ..id };
        let from = From { user: "alice", device: world.phones[0].device, label: "" };
        let body = report_with(left, Kind::Invite, None, Slot::Pending, "bob");
        let deliver = Deliver { key, from, group: None, to_users: true, dwell, body: Some(&body) };
        world.phones[1].engine.handle_message(world.now, &deliver, &mut []).unwrap();
        let state = if rings { State::Ringing } else { State::Confirming };
        let standing = world.phones[1].engine.view(key).unwrap().standing();
        assert_eq!(standing, Standing::Invitee(0, state), "{left} ms left after {dwell} ms");
    }
}

#[test]
fn what_names_nobody_finds_no_room() {
    let (mut world, id) = ringing();
    let (key, device) = (InviteId { sequence: 61, ..id }, world.phones[0].device);
    for (user, group) in [("a\nlice", None), ("alice", Some("te\nam"))] {
        let body = report(Kind::Invite, None, Slot::Pending, "bob");
        let from = From { user, device, label: "" };
        let deliver = Deliver { key, from, group, to_users: false, dwell: 0, body: Some(&body) };
        let written = world.phones[1].engine.handle_message(world.now, &deliver, &mut [0; 256]);
        assert!(written.is_ok_and(|len| len > 0) && world.phones[1].engine.view(key).is_none(), "it says so");
    }
}

/// A refusal for good of all of the users, of the Send with that version.
fn refuse(world: &mut World, id: InviteId, ver: u32, users: &[&str]) {
    let mut buf = [0; 256];
    let never = users.iter().map(|user| (*user, Reach::<std::iter::Empty<Device>>::Never));
    let len = encode_fanout(&mut buf, id, ver, false, never).unwrap();
    world.give(0, &buf[..len]);
}

#[test]
fn all_refused_at_once_are_unreachable_at_once() {
    let mut world = World::of(&["alice"]);
    let id = world.invite(0, &["bob", "carol"], 30);
    refuse(&mut world, id, 1, &["bob", "carol"]);
    let view = world.phones[0].engine.view(id).unwrap();
    let unreachable = Slot::Rejected(signaling_core::Reason::Unreachable);
    assert!(view.invitees().all(|invitee| invitee.slot == unreachable));
}

#[test]
fn a_stale_refusal_is_no_refusal() {
    let mut world = World::of(&["alice"]);
    let id = world.invite(0, &["bob", "carol"], 30);
    world.phones[0].engine.modify(world.now, id, b"audio").unwrap();
    refuse(&mut world, id, 1, &["bob"]);
    let refused = Refused { key: Some(id), ver: 1, reason: Refusal::TooLarge };
    world.phones[0].engine.handle_refused(world.now, &refused);
    assert_eq!(slot_at(&mut world, 0, id), Slot::Pending);
    world.phones[0].engine.handle_refused(world.now, &Refused { ver: 2, ..refused });
    assert_eq!(slot_at(&mut world, 0, id), Slot::Rejected(signaling_core::Reason::Unreachable));
}

#[test]
fn what_was_delivered_once_is_refused_to_nobody_as_a_whole() {
    let mut world = World::of(&["alice", "carol"]);
    let id = world.invite(0, &["bob", "carol"], 30);
    assert!(world.run(100).told(0).contains(&"delivered"));
    let refused = Refused { key: Some(id), ver: 1, reason: Refusal::TooLarge };
    world.phones[0].engine.handle_refused(world.now, &refused);
    assert_eq!(slot_at(&mut world, 0, id), Slot::Pending, "of bob no device is known yet");
}

#[test]
fn at_most_eight_messages_leave_for_one_that_came() {
    let mut world = World::of(&["alice", "bob", "carol", "dave"]);
    let id = world.invite(0, &["bob", "carol", "dave"], 30);
    world.run(500);
    world.accept(1, id);
    world.run(9);
    let before = world.frames;
    world.run(2);
    let sent = world.frames - before;
    assert!((1..=8).contains(&sent), "{sent}");
}

#[test]
fn only_an_invitee_answers_and_only_an_observer_cancels() {
    let (mut world, id) = ringing();
    let (desk, bob) = (Device { id: 9, epoch: 1 }, world.phones[1].device);
    let stance = |stance| body(&Message::Stance(StanceMessage { n: 1, stance, data: b"" }));
    let accept = Stance::Answer(signaling_core::machine::Answer::Accept);
    for of_an_invitee in [accept, Stance::Ringing, Stance::Full(signaling_core::Full::NoCapacity)] {
        assert_eq!(give(&mut world, 0, id, ("alice", desk), &stance(of_an_invitee)), Ok(0));
    }
    assert_eq!(give(&mut world, 0, id, ("bob", bob), &stance(Stance::Cancel)), Ok(0));
    let told = world.told(0).len();
    world.run(500);
    assert_eq!(world.told(0).len(), told, "nobody heard anything of it");
    assert_eq!(slot_at(&mut world, 0, id), Slot::Pending);
}

/// Alice's report with data that no phone of this world can keep.
fn too_much(kind: Kind, rev: u16, slot: Slot, answer: Option<&[u8]>) -> Vec<u8> {
    let report = ReportMessage {
        kind,
        remaining: Some(5_000),
        rev: Rev { number: rev, author: MALLORY },
        run: 0,
        echo: 0,
        modify: None,
        online_only: false,
        group: None,
        data: (kind == Kind::Invite).then_some(&[7; 65]),
        answer: answer.map(|data| signaling_core::wire::AnswerData { slot: 0, label: "car", data }),
        slots: Default::default(),
    };
    let mut buf = [0; 256];
    let entry = SlotEntry { user: "bob", slot, data: answer.is_some() };
    let len = encode_report(&mut buf, &report, [entry].into_iter()).unwrap();
    buf[..len].to_vec()
}

#[test]
fn data_that_is_too_large_is_dropped_and_the_outcome_stands() {
    let (mut world, id) = ringing();
    let alice = ("alice", world.phones[0].device);
    let modified = too_much(Kind::Invite, 1, Slot::Pending, None);
    assert_eq!(give(&mut world, 1, id, alice, &modified), Ok(0));
    assert_eq!(
        world.phones[1].engine.view(id).unwrap().data().as_slice(),
        b"",
        "neither the old nor the new"
    );
    let decided = too_much(Kind::Decision, 1, Slot::Accepted(MALLORY), Some(&[8; 65]));
    assert_eq!(give(&mut world, 1, id, alice, &decided), Ok(0));
    assert_eq!(slot_at(&mut world, 1, id), Slot::Accepted(MALLORY));
    let view = world.phones[1].engine.view(id).unwrap();
    assert_eq!((view.invitee(0).unwrap().label, view.invitee(0).unwrap().data.as_slice()), ("car", &b""[..]));
    assert_eq!(world.phones[1].engine.counters().oversize, 2);
}

#[test]
fn an_invitation_that_is_too_large_finds_no_room() {
    let (mut world, id) = ringing();
    let (key, alice) = (InviteId { sequence: 80, ..id }, ("alice", world.phones[0].device));
    let large = too_much(Kind::Invite, 0, Slot::Pending, None);
    assert!(give(&mut world, 1, key, alice, &large).is_ok_and(|reply| reply > 0), "it says so");
    assert_eq!((world.phones[1].engine.len(), world.phones[1].engine.counters().full), (1, 1));
}

#[test]
fn an_answer_counts_though_its_data_is_too_large() {
    let (mut world, id) = ringing();
    let bob = ("bob", world.phones[1].device);
    let stance = |n, stance| body(&Message::Stance(StanceMessage { n, stance, data: &[7; 65] }));
    assert_eq!(give(&mut world, 0, id, bob, &stance(8, Stance::Modify)), Ok(0));
    assert_eq!(world.phones[0].engine.view(id).unwrap().data().as_slice(), b"video?", "it is refused");
    let accept = Stance::Answer(signaling_core::machine::Answer::Accept);
    assert_eq!(give(&mut world, 0, id, bob, &stance(9, accept)), Ok(0));
    let view = world.phones[0].engine.view(id).unwrap();
    let answered = view.invitee(0).unwrap();
    assert_eq!((answered.slot, answered.data.as_slice()), (Slot::Accepted(bob.1), &b""[..]));
    assert_eq!(world.phones[0].engine.counters().oversize, 2);
}

#[test]
fn what_the_driver_has_to_read_does_nothing_here() {
    let (mut world, id) = ringing();
    let mut buf = [0; 64];
    for frame in [Frame::Ping(1), Frame::Pong(1)] {
        let len = frame.encode(&mut buf).unwrap();
        assert_eq!(world.phones[0].engine.handle_frame(world.now, &buf[..len], &mut []), Ok(0));
    }
    let refused = Refused { key: Some(id), ver: 1, reason: Refusal::TooLarge };
    let len = Frame::Refused(refused).encode(&mut buf).unwrap();
    assert_eq!(world.phones[0].engine.handle_frame(world.now, &buf[..len], &mut []), Ok(0));
    assert_eq!(slot_at(&mut world, 0, id), Slot::Pending, "it was delivered before");
}

#[test]
fn a_modification_that_is_too_large_for_the_inviter_is_refused() {
    let (mut world, id) = ringing();
    let bob = world.phones[1].device;
    let modify = |n, data| body(&Message::Stance(StanceMessage { n, stance: Stance::Modify, data }));
    assert_eq!(give(&mut world, 0, id, ("bob", bob), &modify(100, &[7; 65])), Ok(0));
    let alice = &world.phones[0].engine;
    assert_eq!((alice.view(id).unwrap().data().as_slice(), alice.counters().oversize), (&b"video?"[..], 1));
    world.run(10);
    assert!(!world.told(0).iter().any(|told| told.starts_with("modified")), "{:?}", world.told(0));
    assert_eq!(give(&mut world, 0, id, ("bob", bob), &modify(101, &[7; 64])), Ok(0));
    let alice = &world.phones[0].engine;
    assert_eq!((alice.view(id).unwrap().data().as_slice(), alice.counters().oversize), (&[7; 64][..], 1));
}

#[test]
fn others_wait_for_data_where_there_is_some() {
    for (data, waits) in [(&b""[..], false), (b"yes", true)] {
        let (mut world, id) = ringing();
        let (bob, accept) = (world.phones[1].device, signaling_core::machine::Answer::Accept);
        let accept = Message::Stance(StanceMessage { n: 100, stance: Stance::Answer(accept), data });
        give(&mut world, 0, id, ("bob", bob), &body(&accept)).unwrap();
        let mut buf = [0; 512];
        let len = world.phones[0].engine.poll_transmit(world.now, &mut buf).unwrap();
        let Ok(Frame::Send(send)) = Frame::decode(&buf[..len]) else { panic!("a device only sends Sends") };
        let Ok(Message::Report(report)) = Message::decode(send.body) else { panic!("an inviter reports") };
        assert!(report.slots.iter().all(|entry| entry.data == waits), "bob has no label, and said {data:?}");
    }
}
