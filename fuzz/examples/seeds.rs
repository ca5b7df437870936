//! Writes the seeds anew: frames and messages as our encoders make them, recordings of V2TIM's JSON, and for the
//! targets that read a plan of steps, numbers drawn from a fixed seed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use adapter_std::framing::tcp_codec;
use bytes::{Bytes, BytesMut};
use signaling_core::machine::{Answer, Full, Kind, Mask, Reason, Rev, Stance};
use signaling_core::wire::{
    Ack, AnswerData, Deliver, Frame, From, GroupAnswer, GroupOp, GroupRequest, Hello, Limits, Message, Reach,
    Refusal, Refused, ReportMessage, Send, SlotEntry, StanceMessage, Target, Welcome, encode_fanout,
    encode_group_reply, encode_report, encode_send,
};
use signaling_core::{Device, InviteId, Slot};
use tokio_util::codec::Encoder;

const RECORDED: &str = include_str!("../../crates/signaling-core/tests/json/recorded.jsonl");
const DEVICE: Device = Device { id: 0xa11c_e000_0000_0001, epoch: 3 };
const KEY: InviteId = InviteId { origin: DEVICE, sequence: 7 };

fn main() -> io::Result<()> {
    let (frames, messages) = (frames(), messages());
    write("decode", frames.iter().chain(&messages).cloned())?;
    write("json", RECORDED.lines().step_by(4).map(|line| line.as_bytes().to_vec()))?;
    write("framing", [stream(200, &frames[..4]), stream(20, &frames[4..]), stream(255, &[])].into_iter())?;
    // How the stream is cut, the pause, and whether the device goes: behind the bytes.
    let session = |frames: &[Vec<u8>], tail: [u8; 4]| [framed(255, frames), tail.to_vec()].concat();
    let hello = &frames[..1];
    let sessions = [(hello, [255, 0, 0, 1]), (&frames[..], [7, 0, 1, 1]), (&frames[2..], [3, 0, 2, 0])];
    write("session", sessions.into_iter().map(|(frames, tail)| session(frames, tail)))?;
    write("engine", (1..=24).map(|seed| noise(seed, 192)))?;
    write("switchboard", (1..=24).map(|seed| noise(seed + 100, 192)))
}

fn write(target: &str, seeds: impl Iterator<Item = Vec<u8>>) -> io::Result<()> {
    let dir: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    for (number, seed) in seeds.enumerate() {
        fs::write(dir.join(format!("{number:02}")), seed)?;
    }
    Ok(())
}

/// Numbers as a linear congruential generator draws them.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn framed(largest: usize, frames: &[Vec<u8>]) -> Vec<u8> {
    let (mut codec, mut bytes) = (tcp_codec(largest), BytesMut::new());
    for frame in frames.iter().filter(|frame| frame.len() <= largest) {
        codec.encode(Bytes::copy_from_slice(frame), &mut bytes).expect("it is small enough");
    }
    bytes.to_vec()
}

/// A stream as the target reads it: the largest frame, the pieces, the bytes.
fn stream(largest: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    [vec![largest, 1, 4, 9, 200], framed(largest.into(), frames)].concat()
}

fn vec(write: impl FnOnce(&mut [u8]) -> usize) -> Vec<u8> {
    let mut buf = vec![0; 1024];
    let len = write(&mut buf);
    buf.truncate(len);
    buf
}

fn frames() -> Vec<Vec<u8>> {
    let hello = Hello { user: "alice", device: DEVICE, label: "door", largest: 4096, token: "" };
    let from = From { user: "alice", device: DEVICE, label: "door" };
    let body = &messages()[0][..];
    let deliver =
        Deliver { key: KEY, from, group: Some("team"), to_users: true, dwell: 20, body: Some(body) };
    let limits = Limits { body: 28_672, recipients: 65, silence: 45_000 };
    let simple = [
        Frame::Hello(hello),
        Frame::Ping(300),
        Frame::Pong(300),
        Frame::Group(GroupRequest { seq: 1, op: GroupOp::Join, group: "team" }),
        Frame::Welcome(Welcome { limits, random: [9; 16] }),
        Frame::Deliver(deliver),
        Frame::Deliver(Deliver { group: None, to_users: false, body: None, ..deliver }),
        Frame::Refused(Refused { key: Some(KEY), ver: 2, reason: Refusal::Busy }),
        Frame::Refused(Refused { key: None, ver: 0, reason: Refusal::Replaced }),
    ];
    let frames = simple.iter().map(|frame| vec(|buf| frame.encode(buf).expect("it fits")));
    frames.chain(sends(body)).chain(lists()).collect()
}

fn sends(body: &[u8]) -> Vec<Vec<u8>> {
    let users = Target::Users(Default::default());
    let to_users = Send {
        key: KEY,
        ver: 1,
        to: users,
        group: Some("team"),
        online_only: false,
        ttl: 30_000,
        push: Some(b"ring"),
        body: b"",
    };
    let to_device = Send { to: Target::Device("bob", 2), group: None, push: None, ..to_users };
    let copy = |buf: &mut [u8]| {
        buf[..body.len()].copy_from_slice(body);
        Ok(body.len())
    };
    let names = ["bob", "carol"].into_iter();
    vec![
        vec(|buf| encode_send(buf, &to_users, names, copy).expect("it fits")),
        vec(|buf| encode_send(buf, &to_device, std::iter::empty(), copy).expect("it fits")),
    ]
}

fn lists() -> Vec<Vec<u8>> {
    let reach = [
        ("bob", Reach::Devices(vec![DEVICE, Device { id: 2, epoch: 1 }])),
        ("carol", Reach::Later),
        ("dave", Reach::Never),
    ];
    let reach = reach.iter().map(|(user, reach)| (*user, reach.clone().map(Vec::into_iter)));
    let members = ["alice", "bob"].into_iter();
    vec![
        vec(|buf| encode_fanout(buf, KEY, 2, true, reach).expect("it fits")),
        vec(|buf| encode_group_reply(buf, 1, GroupAnswer::Done, members).expect("it fits")),
    ]
}

fn messages() -> Vec<Vec<u8>> {
    let stances = [
        Stance::Ringing,
        Stance::Query,
        Stance::Answer(Answer::Accept),
        Stance::Answer(Answer::Busy),
        Stance::Full(Full::TooLarge),
        Stance::Cancel,
        Stance::Modify,
    ];
    let stances = stances.map(|stance| Message::Stance(StanceMessage { n: 300, stance, data: b"yes" }));
    let others = [Message::Ack(Ack { rev: 2, mask: Mask::from_bits(3) }), Message::Unknown { echo: 9 }];
    let simple = stances.into_iter().chain(others);
    let simple = simple.map(|message| vec(|buf| message.encode(buf).expect("it fits")));
    [report(Kind::Invite), report(Kind::Decision)].into_iter().chain(simple).collect()
}

fn report(kind: Kind) -> Vec<u8> {
    let report = ReportMessage {
        kind,
        remaining: Some(29_000),
        rev: Rev { number: 1, author: DEVICE },
        run: 1,
        echo: 4,
        modify: Some((5, 1)),
        online_only: false,
        group: Some("team"),
        data: Some(b"video?"),
        answer: (kind == Kind::Decision).then_some(AnswerData { slot: 0, label: "car", data: b"yes" }),
        slots: Default::default(),
    };
    let decided = [Slot::Accepted(DEVICE), Slot::Rejected(Reason::Declined), Slot::Cancelled, Slot::TimedOut];
    let slot = |at: usize| if kind == Kind::Invite { Slot::Pending } else { decided[at] };
    let users = ["bob", "carol", "dave", "eve"];
    let entry = |(at, user): (usize, &&'static str)| SlotEntry {
        user,
        slot: slot(at),
        data: at == 0 && kind == Kind::Decision,
    };
    vec(|buf| encode_report(buf, &report, users.iter().enumerate().map(entry)).expect("it fits"))
}
