//! A whole Send with an Invite in it: our frames beside postcard's own encoding of a struct with the same fields.
//!
//! Ours also checks names, lists and ranges; postcard's does not. `cargo xtask bench` runs this.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use serde::{Deserialize, Serialize, Serializer};
use signaling_core::machine::{Kind, Rev, Slot};
use signaling_core::wire::{
    Deliver, Frame, From, Message, ReportMessage, Send, SlotEntry, Target, encode_report, encode_send,
};
use signaling_core::{Device, InviteId};

const DATA: &[u8] = &[7; 64];
const USERS: [&str; 4] = ["bob-at-1", "bob-at-2", "bob-at-3", "bob-at-4"];
const KEY: InviteId = InviteId { origin: Device { id: 0x0102_0304_0506_0708, epoch: 3 }, sequence: 9 };
const FROM: From<'_> = From { user: "alice-01", device: KEY.origin, label: "kitchen" };

/// What a Send of ours says, and the Invite in it.
#[derive(Serialize)]
struct PlainSend<'a> {
    key: [u8; 16],
    ver: u32,
    device: Option<(&'a str, u64)>,
    group: Option<&'a str>,
    online_only: bool,
    ttl: u32,
    push: Option<&'a [u8]>,
    users: &'a [&'a str],
    invite: PlainInvite<'a>,
}

/// The same of a Deliver.
#[derive(Serialize, Deserialize)]
struct PlainDeliver<'a> {
    key: [u8; 16],
    user: &'a str,
    device: Device,
    label: &'a str,
    group: Option<&'a str>,
    to_users: bool,
    dwell: u32,
    #[serde(borrow)]
    invite: PlainInvite<'a>,
}

#[derive(Serialize, Deserialize)]
struct PlainInvite<'a> {
    remaining: Option<u32>,
    rev: u16,
    author: Option<Device>,
    run: u32,
    echo: u32,
    modify: Option<(u32, u16)>,
    online_only: bool,
    group: Option<&'a str>,
    #[serde(serialize_with = "bytes")]
    data: &'a [u8],
    slots: Vec<PlainSlot<'a>>,
}

fn bytes<S: Serializer>(bytes: &&[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bytes(bytes)
}

#[derive(Serialize, Deserialize)]
struct PlainSlot<'a> {
    user: &'a str,
    slot: Slot,
    data: bool,
}

fn plain_invite() -> PlainInvite<'static> {
    let slots = USERS.map(|user| PlainSlot { user, slot: Slot::Pending, data: false });
    PlainInvite {
        remaining: Some(30_000),
        rev: 0,
        author: None,
        run: 0,
        echo: 0,
        modify: None,
        online_only: false,
        group: None,
        data: DATA,
        slots: slots.into(),
    }
}

fn plain_send() -> PlainSend<'static> {
    let (key, invite) = (KEY.to_bytes(), plain_invite());
    let (device, group, push) = (None, None, None);
    PlainSend { key, ver: 1, device, group, online_only: false, ttl: 30_000, push, users: &USERS, invite }
}

fn plain_deliver() -> PlainDeliver<'static> {
    let From { user, device, label } = FROM;
    let (key, invite) = (KEY.to_bytes(), plain_invite());
    PlainDeliver { key, user, device, label, group: None, to_users: true, dwell: 0, invite }
}

fn invite() -> ReportMessage<'static> {
    ReportMessage {
        kind: Kind::Invite,
        remaining: Some(30_000),
        rev: Rev::default(),
        run: 0,
        echo: 0,
        modify: None,
        online_only: false,
        group: None,
        data: Some(DATA),
        answer: None,
        slots: Default::default(),
    }
}

fn entries() -> impl Iterator<Item = SlotEntry<'static>> + Clone {
    USERS.into_iter().map(|user| SlotEntry { user, slot: Slot::Pending, data: false })
}

fn deliver(buf: &mut [u8]) -> usize {
    let mut body = [0; 512];
    let len = encode_report(&mut body, &invite(), entries()).expect("it fits");
    let deliver =
        Deliver { key: KEY, from: FROM, group: None, to_users: true, dwell: 0, body: body.get(..len) };
    Frame::Deliver(deliver).encode(buf).expect("it fits")
}

/// Reads all that a receiver looks at.
fn read(bytes: &[u8]) -> usize {
    let Ok(Frame::Deliver(deliver)) = Frame::decode(bytes) else { panic!("it is a Deliver") };
    let Ok(Message::Report(report)) = Message::decode(deliver.body.expect("it has one")) else {
        panic!("it is an Invite")
    };
    report.slots.iter().map(|entry| entry.user.len()).sum()
}

fn read_plain(bytes: &[u8]) -> usize {
    let plain: PlainDeliver<'_> = postcard::from_bytes(bytes).expect("it is whole");
    plain.invite.slots.iter().map(|entry| entry.user.len()).sum()
}

fn codec(criterion: &mut Criterion) {
    let mut buf = [0; 1024];
    let mut group = criterion.benchmark_group("encode");
    group.bench_function("ours", |bencher| {
        let users = black_box(USERS);
        let send = Send {
            key: KEY,
            ver: 1,
            to: Target::Users(Default::default()),
            group: None,
            online_only: false,
            ttl: 30_000,
            push: None,
            body: &[],
        };
        bencher.iter(|| {
            let body = |body: &mut [u8]| encode_report(body, &invite(), entries());
            encode_send(&mut buf, black_box(&send), users.into_iter(), body).expect("it fits")
        });
    });
    group.bench_function("postcard", |bencher| {
        let plain = plain_send();
        bencher.iter(|| postcard::to_slice(black_box(&plain), &mut buf).expect("it fits").len());
    });
    group.finish();

    let mut group = criterion.benchmark_group("decode");
    let len = deliver(&mut buf);
    let ours = buf[..len].to_vec();
    let theirs = postcard::to_slice(&plain_deliver(), &mut buf).expect("it fits").to_vec();
    group.bench_function("ours", |bencher| bencher.iter(|| read(black_box(&ours))));
    group.bench_function("postcard", |bencher| {
        bencher.iter(|| read_plain(black_box(&theirs)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots();
    targets = codec
}
criterion_main!(benches);
