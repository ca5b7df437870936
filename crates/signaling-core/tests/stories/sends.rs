//! What the relay is told beside each message: for how long to keep it, what a push shows, and which is newer (protocol
//! section 4).

use signaling_core::machine::{Kind, Rev};
use signaling_core::wire::{
    Deliver, Frame, From, Message, Reach, ReportMessage, SlotEntry, Target, encode_fanout, encode_report,
};
use signaling_core::{Config, Device, FixedEngine, Invite, InviteId, Slot, UserId};

type Phone = FixedEngine<2, 2, 2, 64>;

const ALICE: Device = Device { id: 1, epoch: 1 };
const BOB: Device = Device { id: 2, epoch: 1 };

/// A Send, without its body: is it for users, its ver, online-only, ttl in ms, and push info.
#[derive(PartialEq, Debug)]
struct Told(bool, u32, bool, u32, Option<Vec<u8>>);

fn phone(user: &str, device: Device) -> Phone {
    Phone::new(Config::new(UserId::new(user).unwrap(), device), Default::default())
}

fn told(frame: &[u8]) -> Told {
    let Frame::Send(send) = Frame::decode(frame).unwrap() else { panic!("a device only sends Sends") };
    let users = matches!(send.to, Target::Users(_));
    Told(users, send.ver, send.online_only, send.ttl, send.push.map(<[u8]>::to_vec))
}

fn next(phone: &mut Phone, now: u64) -> Option<Told> {
    let mut buf = [0; 512];
    phone.poll_transmit(now, &mut buf).map(|len| told(&buf[..len]))
}

fn invitation(online_only: bool) -> Invite<'static> {
    let timeout = Some(30_000);
    Invite { invitees: &["bob"], timeout, online_only, push: b"alice rings", ..Invite::default() }
}

/// Alice's call of bob comes to his phone, which may have no room for it; what it answers at once.
fn ring(bob: &mut Phone, sequence: u32, slot: Slot) -> Option<Told> {
    let key = InviteId { origin: ALICE, sequence };
    let kind = if slot == Slot::Pending { Kind::Invite } else { Kind::Decision };
    let report = ReportMessage {
        kind,
        remaining: Some(30_000),
        rev: Rev { number: 0, author: ALICE },
        run: 0,
        echo: 0,
        modify: None,
        online_only: false,
        group: None,
        data: Some(b""),
        answer: None,
        slots: Default::default(),
    };
    let (mut body, mut reply) = ([0; 128], [0; 256]);
    let slots = [SlotEntry { user: "bob", slot, data: false }];
    let len = encode_report(&mut body, &report, slots.into_iter()).unwrap();
    let from = From { user: "alice", device: ALICE, label: "" };
    let deliver = Deliver { key, from, group: None, to_users: true, dwell: 0, body: Some(&body[..len]) };
    let len = bob.handle_message(0, &deliver, &mut reply).unwrap();
    (len > 0).then(|| told(&reply[..len]))
}

#[test]
fn an_invite_is_kept_for_what_is_left_and_may_be_pushed_a_decision_for_t_keep() {
    let mut alice = phone("alice", ALICE);
    let id = alice.invite(0, &invitation(false)).unwrap();
    let push = Some(b"alice rings".to_vec());
    assert_eq!(next(&mut alice, 5_000), Some(Told(true, 1, false, 25_000, push)));
    alice.cancel(6_000, id, b"").unwrap();
    assert_eq!(next(&mut alice, 6_000), Some(Told(true, 2, false, 300_000, None)));
    alice.invite(6_100, &Invite { timeout: None, push: b"", ..invitation(false) }).unwrap();
    assert_eq!(
        next(&mut alice, 6_100),
        Some(Told(true, 1, false, 86_400_000, None)),
        "without a limit, a day"
    );
}

/// What stands in the next report of an inviter: its kind, the time that remains, for which run, and which number of it.
fn report(alice: &mut Phone, now: u64) -> (Kind, Option<u32>, u32, u32) {
    let mut buf = [0; 512];
    let len = alice.poll_transmit(now, &mut buf).expect("something is to be said");
    let Ok(Frame::Send(send)) = Frame::decode(&buf[..len]) else { panic!("a device only sends Sends") };
    let Ok(Message::Report(report)) = Message::decode(send.body) else { panic!("an inviter reports") };
    (report.kind, report.remaining, report.run, report.echo)
}

#[test]
fn a_repeat_to_one_device_is_for_its_run_and_a_decision_has_no_time_left() {
    let mut alice = phone("alice", ALICE);
    let key = alice.invite(0, &invitation(false)).unwrap();
    assert_eq!(report(&mut alice, 100), (Kind::Invite, Some(29_900), 0, 0));
    let mut fanout = [0; 128];
    let users = [("bob", vec![BOB]), ("alice", vec![])];
    let users = users.iter().map(|(user, devices)| (*user, Reach::Devices(devices.iter().copied())));
    let len = encode_fanout(&mut fanout, key, 1, false, users).unwrap();
    alice.handle_frame(100, &fanout[..len], &mut []).unwrap();
    alice.handle_timeout(2_000);
    assert_eq!(report(&mut alice, 2_000), (Kind::Invite, Some(28_000), 1, 0));
    alice.cancel(3_000, key, b"").unwrap();
    assert_eq!(report(&mut alice, 3_000), (Kind::Decision, Some(0), 0, 0));
}

#[test]
fn what_is_for_who_is_online_is_never_pushed() {
    let mut alice = phone("alice", ALICE);
    alice.invite(0, &invitation(true)).unwrap();
    assert_eq!(next(&mut alice, 0), Some(Told(true, 1, true, 30_000, None)));
}

#[test]
fn an_answer_is_kept_for_the_inviter_that_it_rings_is_not() {
    let mut bob = phone("bob", BOB);
    assert_eq!(ring(&mut bob, 1, Slot::Pending), None);
    assert_eq!(next(&mut bob, 0), Some(Told(false, 1, true, 0, None)), "it rings");
    let id = InviteId { origin: ALICE, sequence: 1 };
    bob.accept(10, id, b"yes").unwrap();
    assert_eq!(next(&mut bob, 10), Some(Told(false, 2, false, 30_000, None)));
}

#[test]
fn what_is_answered_at_once_carries_its_number_and_is_not_kept() {
    let mut bob = phone("bob", BOB);
    ring(&mut bob, 1, Slot::Pending);
    ring(&mut bob, 2, Slot::Pending);
    let Some(Told(false, full, true, 0, None)) = ring(&mut bob, 3, Slot::Pending) else {
        panic!("he is full")
    };
    let Some(Told(false, more, true, 0, None)) = ring(&mut bob, 4, Slot::Pending) else {
        panic!("he is full")
    };
    assert!(0 < full && full < more, "{full}, {more}: the later one is newer");
    let acked = ring(&mut bob, 3, Slot::TimedOut);
    assert_eq!(acked, Some(Told(false, 0, true, 0, None)), "nothing is newer than an Ack");
}

#[test]
fn a_send_has_the_number_of_the_stance_in_it() {
    let mut bob = phone("bob", BOB);
    ring(&mut bob, 1, Slot::Pending);
    let mut buf = [0; 512];
    let len = bob.poll_transmit(0, &mut buf).unwrap();
    let Frame::Send(send) = Frame::decode(&buf[..len]).unwrap() else { panic!("a device only sends Sends") };
    let Message::Stance(stance) = Message::decode(send.body).unwrap() else { panic!("it rings") };
    assert_eq!(stance.n, send.ver);
}
