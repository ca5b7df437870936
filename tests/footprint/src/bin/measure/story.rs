//! Calls that go well, badly and wrong, so that each operation has its deepest call.

use signaling_core::wire::{
    Frame, GroupOp, GroupRequest, Hello, Limits, Refusal, Refused, Send, Target, Welcome,
};
use signaling_core::{Added, CancelOutcome, InviteId};

use crate::wire::Bytes;
use crate::world::{CAR, DATA, INVITER, KITCHEN, TABLET, World};

pub fn all(world: &mut World) {
    accepted(world);
    modified(world);
    cancelled(world);
    timed_out(world);
    added(world);
    full(world);
    refused(world);
    hostile(world);
    looked_at(world);
}

/// Both devices ring, one accepts, all hear of it.
fn accepted(world: &mut World) {
    let id = world.invite(30);
    world.run(500);
    world.on("accept", KITCHEN, |phone, now| phone.accept(now, id, DATA)).expect("it rings");
    world.run(1_000);
    over(world, id);
}

/// The inviter changes the data, then the invitee asks for that; the invitee says no.
fn modified(world: &mut World) {
    let id = world.invite(30);
    world.run(500);
    for at in [INVITER, KITCHEN] {
        world.on("modify", at, |phone, now| phone.modify(now, id, b"audio_hd")).expect("it is open");
        world.run(500);
    }
    world.on("reject", CAR, |phone, now| phone.reject(now, id, true, DATA)).expect("it rings");
    world.run(1_000);
    over(world, id);
}

/// The inviter's tablet takes one back, the inviter another.
fn cancelled(world: &mut World) {
    for (at, outcome) in [(TABLET, CancelOutcome::Asked), (INVITER, CancelOutcome::Cancelled)] {
        let id = world.invite(30);
        world.run(500);
        assert_eq!(world.on("cancel", at, |phone, now| phone.cancel(now, id, DATA)), Ok(outcome));
        world.run(1_000);
        over(world, id);
    }
}

/// The inviter is away for longer than a lease and comes back; then the time limit comes.
fn timed_out(world: &mut World) {
    let id = world.invite(60);
    world.run(500);
    world.online[INVITER] = false;
    world.run(45_000);
    world.online[INVITER] = true;
    (0..4).for_each(|at| world.on("handle_link_up", at, |phone, now| phone.handle_link_up(now)));
    world.run(20_000);
    over(world, id);
    world.run(400_000);
}

/// An application learns of an invitation that its inviter does not know.
fn added(world: &mut World) {
    let id = InviteId { origin: world.device(INVITER), sequence: 99 };
    let invitees = &["rosalind"];
    let added = Added { id, inviter: "franklin", group: None, invitees, data: DATA, timeout: Some(9_000) };
    let done = world.on("add_invited_signaling", CAR, |phone, now| phone.add_invited_signaling(now, &added));
    done.expect("it was not known");
    world.run(400_000);
}

/// The inviter restarts again and again, so that the invitees have more invitations than rows.
fn full(world: &mut World) {
    for _ in 0..5 {
        world.restart(INVITER);
        world.invite(60);
        world.run(500);
    }
    assert!(world.phones[KITCHEN].counters().full > 0, "the fifth invitation finds no room");
    world.run(600_000);
}

/// The relay will not have it.
fn refused(world: &mut World) {
    let key = Some(world.invite(30));
    say(world, &Frame::Refused(Refused { key, ver: 1, reason: Refusal::Forbidden }));
    world.run(600_000);
}

/// What no device may be told, and each kind of frame with any byte changed, and cut off anywhere.
fn hostile(world: &mut World) {
    let limits = Limits { body: 32_768, recipients: 65, silence: 30_000 };
    let hello = Hello { user: "franklin", device: world.device(0), label: "phone", largest: 512, token: "" };
    let to = Target::Device("rosalind", 7);
    let key = InviteId::default();
    let (group, push, body) = (None, None, &[][..]);
    say(world, &Frame::Hello(hello));
    say(world, &Frame::Welcome(Welcome { limits, random: [7; 16] }));
    say(world, &Frame::Send(Send { key, ver: 1, to, group, online_only: false, ttl: 0, push, body }));
    say(world, &Frame::Group(GroupRequest { seq: 1, op: GroupOp::Join, group: "home" }));
    say(world, &Frame::Ping(7));
    many_users(world);
    let frames: heapless::Vec<Bytes, 32> = world.kinds.frames().cloned().collect();
    frames.iter().for_each(|frame| mangle(world, frame));
}

/// A Send to as many users as there may be.
fn many_users(world: &mut World) {
    let mut bytes = Bytes::from_slice(&[1, 2]).expect("two bytes");
    let key_ver_and_head = [0; 22];
    bytes.extend_from_slice(&key_ver_and_head).expect("room");
    bytes.push(65).expect("room");
    for user in 0..65 {
        bytes.extend_from_slice(&[2, b'0' + user / 10, b'0' + user % 10]).expect("room");
    }
    assert!(matches!(Frame::decode(&bytes), Ok(Frame::Send(_))));
    world.give(CAR, &bytes);
}

fn mangle(world: &mut World, frame: &Bytes) {
    for at in 0..frame.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut wrong = frame.clone();
            wrong[at] ^= flip;
            world.give(CAR, &wrong);
            world.give(INVITER, &wrong);
        }
        world.give(CAR, &frame[..at]);
    }
}

fn say(world: &mut World, frame: &Frame<'_>) {
    let mut buf = [0; 128];
    let len = frame.encode(&mut buf).expect("a short frame");
    world.kinds.note(&buf[..len]);
    world.give(INVITER, &buf[..len]);
}

/// The getters.
fn looked_at(world: &mut World) {
    let id = world.invite(30);
    assert!(world.on("view", INVITER, |phone, _| phone.view(id).is_some_and(|view| view.id() == id)));
    assert!(world.on("views", INVITER, |phone, _| phone.views().any(|view| view.id() == id)));
}

/// It ended on the invitee's device.
fn over(world: &mut World, id: InviteId) {
    let view = world.phones[KITCHEN].view(id).expect("the row stays for a while");
    assert!(view.over());
}
