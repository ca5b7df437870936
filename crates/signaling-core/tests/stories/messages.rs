//! The end-to-end messages, to the byte: a change here is a change of the protocol's version.

use signaling_core::machine::{Answer, Kind, Mask, Rev, Stance};
use signaling_core::wire::{
    Ack, AnswerData, DecodeError, Message, NoRoom, ReportMessage, SlotEntry, StanceMessage, encode_report,
};
use signaling_core::{Device, MAX_LIMIT, Reason, Slot};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const BOB: Device = Device { id: 0x0102_0304_0506_0708, epoch: 7 };

fn report(kind: Kind) -> ReportMessage<'static> {
    ReportMessage {
        kind,
        remaining: Some(30_000),
        rev: Rev { number: 1, author: BOB },
        run: 300,
        echo: 5,
        modify: Some((4, 1)),
        online_only: false,
        group: Some("home"),
        data: Some(b"video?"),
        answer: Some(AnswerData { slot: 0, label: "car", data: b"yes" }),
        slots: Default::default(),
    }
}

const SLOTS: [SlotEntry<'static>; 4] = [
    SlotEntry { user: "bob", slot: Slot::Accepted(BOB), data: true },
    SlotEntry { user: "carol", slot: Slot::Pending, data: false },
    SlotEntry { user: "dave", slot: Slot::Rejected(Reason::Busy), data: false },
    SlotEntry { user: "eve", slot: Slot::TimedOut, data: false },
];

fn encode(kind: Kind) -> Vec<u8> {
    let mut buf = [0; 256];
    let len = encode_report(&mut buf, &report(kind), SLOTS.into_iter()).unwrap();
    buf[..len].to_vec()
}

#[test]
fn an_invite_to_the_byte() {
    assert_eq!(
        hex(&encode(Kind::Invite)),
        "010001b0ea010101080706050403020107ac02050104010001".to_string()
            + "04686f6d65"
            + "0106766964656f3f"
            + "010003636172"
            + "03796573"
            + "04"
            + "03626f6201080706050403020107"
            + "01"
            + "056361726f6c0000"
            + "0464617665020100"
            + "036576650400"
    );
}

#[test]
fn the_small_messages_to_the_byte() {
    let bytes = |message: Message<'_>| {
        let mut buf = [0; 64];
        let len = message.encode(&mut buf).unwrap();
        hex(&buf[..len])
    };
    let stance = |stance, data| Message::Stance(StanceMessage { n: 300, stance, data });
    assert_eq!(bytes(stance(Stance::Ringing, b"")), "0102ac020000");
    assert_eq!(bytes(stance(Stance::Query, b"")), "0102ac020100");
    assert_eq!(bytes(stance(Stance::Answer(Answer::Accept), b"yes")), "0102ac02020003796573");
    assert_eq!(bytes(stance(Stance::Cancel, b"")), "0102ac020400");
    assert_eq!(bytes(Message::Ack(Ack { rev: 2, mask: Mask::from_bits(5) })), "01030205");
    assert_eq!(bytes(Message::Unknown { echo: 9 }), "010409");
}

#[test]
fn what_is_written_is_read() {
    for kind in [Kind::Invite, Kind::Decision] {
        let bytes = encode(kind);
        let Ok(Message::Report(read)) = Message::decode(&bytes) else { panic!("no report") };
        assert!(read.slots.iter().eq(SLOTS));
        assert_eq!(ReportMessage { slots: Default::default(), ..read }, report(kind));
    }
}

#[test]
fn each_cut_and_each_addition_is_refused() {
    let bytes = encode(Kind::Invite);
    for cut in 0..bytes.len() {
        assert!(Message::decode(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    assert_eq!(Message::decode(&[&bytes[..], &[0]].concat()), Err(DecodeError::Trailing));
    let mut small = [0; 20];
    assert_eq!(encode_report(&mut small, &report(Kind::Invite), SLOTS.into_iter()), Err(NoRoom));
}

#[test]
fn other_versions_and_kinds_are_named() {
    assert_eq!(Message::decode(&[]), Err(DecodeError::Empty));
    assert_eq!(Message::decode(&[2, 0, 0]), Err(DecodeError::Version { found: 2 }));
    assert_eq!(Message::decode(&[1, 77, 0]), Err(DecodeError::Malformed));
}

#[test]
fn a_report_that_makes_no_sense_is_refused() {
    let refused = |change: &dyn Fn(&mut ReportMessage<'static>), slots: &[SlotEntry<'static>]| {
        let mut message = report(Kind::Invite);
        change(&mut message);
        let mut buf = [0; 256];
        let len = encode_report(&mut buf, &message, slots.iter().copied()).unwrap();
        Message::decode(&buf[..len]).unwrap_err()
    };
    assert_eq!(refused(&|m| m.answer = None, &[]), DecodeError::List);
    assert_eq!(refused(&|_| {}, &[SLOTS[0], SLOTS[0]]), DecodeError::List);
    assert_eq!(refused(&|m| m.data = None, &SLOTS), DecodeError::Range);
    assert_eq!(refused(&|m| m.remaining = Some(MAX_LIMIT + 1), &SLOTS), DecodeError::Range);
    assert_eq!(
        refused(&|m| m.answer = Some(AnswerData { slot: 1, label: "", data: b"" }), &SLOTS),
        DecodeError::Range
    );
    assert_eq!(refused(&|m| m.group = Some(""), &SLOTS), DecodeError::Name);
    assert_eq!(refused(&|_| {}, &[SLOTS[0], SlotEntry { user: "", ..SLOTS[1] }]), DecodeError::Name);
}

#[test]
fn random_bytes_never_panic() {
    let mut state = 1u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    for _ in 0..20_000 {
        let mut bytes: Vec<u8> = (0..random() % 80).map(|_| random()).collect();
        if let [version, kind, ..] = &mut bytes[..] {
            (*version, *kind) = (1, *kind % 5);
        }
        let _ = Message::decode(&bytes);
        let mut changed = encode(Kind::Invite);
        let at = usize::from(random()) % changed.len();
        changed[at] = random();
        let _ = Message::decode(&changed);
    }
}
