//! What is worked out beforehand holds when it is built and used.

use signaling_core::machine::{Answer, Kind, Rev, Stance};
use signaling_core::wire::{
    AnswerData, Deliver, From, MAX_FRAME, Message, ReportMessage, Send, SlotEntry, StanceMessage, Target,
    encode_report, encode_send,
};
use signaling_core::{
    Bytes, Config, Device, Engine, Fixed, FixedEngine, Invite, InviteId, Slot, UserId, largest_frame, ram,
    rows,
};

const LONGEST: &str = "12345678901234567890123456789012";

const GROUP: &str = "123456789012345678901234567890123456789012345678";

fn user(number: u32) -> String {
    format!("{number:02}{}", &LONGEST[2..])
}

#[test]
fn an_engine_takes_what_was_said() {
    assert_eq!(ram::<4, 2, 64>(4), size_of::<FixedEngine<4, 4, 2, 64>>());
    assert!(ram::<1, 1, 16>(32) >= size_of::<FixedEngine<32, 1, 1, 16>>());
    assert!(ram::<64, 8, 1024>(3) >= size_of::<FixedEngine<3, 64, 8, 1024>>());
    assert_eq!(rows::<4, 2, 64>(0), 0);
    assert_eq!(ram::<4, 2, 64>(usize::MAX), usize::MAX);
}

#[test]
fn as_many_rows_are_had_as_fit() {
    for budget in (0..100_000).step_by(997) {
        let count = rows::<4, 2, 64>(budget);
        assert!(count == 0 || ram::<4, 2, 64>(count) <= budget, "{budget} bytes");
        assert!(ram::<4, 2, 64>(count + 1) > budget, "{budget} bytes");
    }
}

#[test]
fn a_frame_takes_little_more_than_names_and_data() {
    let name = 32;
    // The group twice, in the frame and in its body; two names; and numbers.
    assert!((300..400).contains(&largest_frame(0, 0)));
    // Section 11: as a recipient; as a slot with the device that accepted, and whether there is data.
    let invitee = (1 + name) + (1 + name) + (1 + 8 + 5) + 1;
    assert_eq!(largest_frame(5, 64) - largest_frame(4, 64), invitee);
    assert_eq!(largest_frame(4, 65) - largest_frame(4, 64), 3, "data, an answer's, and push info");
    assert_eq!(largest_frame(65, 64), largest_frame(64, 64), "nobody invites more");
}

#[test]
fn no_frame_is_larger_than_was_said() {
    assert_eq!(largest_frame(64, 12 * 1024), MAX_FRAME);
    let device = Device { id: u64::MAX, epoch: u32::MAX };
    let alice = UserId::new(LONGEST).unwrap();
    let mut engine = FixedEngine::<1, 4, 2, 64>::new(Config::new(alice, device), Default::default());
    let names: Vec<String> = (0..4).map(user).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (data, push, timeout) = ([7; 64], [8; 64], Some(86_400_000));
    let invite = Invite {
        invitees: &names,
        group: Some(GROUP),
        data: &data,
        timeout,
        push: &push,
        ..Invite::default()
    };
    let id = engine.invite(0, &invite).unwrap();
    let mut largest = drain(&mut engine, 1);
    for (at, name) in (0u32..).zip(&names) {
        let peer = Device { id: u64::MAX - 1 - u64::from(at), epoch: u32::MAX };
        let modify = StanceMessage { n: u32::MAX - 1, stance: Stance::Modify, data: &data };
        let accept = StanceMessage { n: u32::MAX, stance: Stance::Answer(Answer::Accept), data: &data };
        for stance in [modify, accept] {
            let mut body = [0; 256];
            let len = Message::Stance(stance).encode(&mut body).unwrap();
            let from = From { user: name, device: peer, label: "123456789012345678901234" };
            let body = body.get(..len);
            let deliver = Deliver { key: id, from, group: None, to_users: false, dwell: 0, body };
            engine.handle_message(100, &deliver, &mut [0; 1024]).unwrap();
            largest = largest.max(drain(&mut engine, 100 + 100 * u64::from(at)));
        }
    }
    let said = largest_frame(4, 64);
    assert!(largest <= said && largest + 200 > said, "{largest} of {said} bytes");
}

fn drain(engine: &mut FixedEngine<1, 4, 2, 64>, now: u64) -> usize {
    let mut buf = [0; 2048];
    let lens = std::iter::from_fn(|| engine.poll_transmit(now, &mut buf));
    lens.max().unwrap_or(0)
}

#[test]
fn the_largest_frame_there_could_be_is_not_larger() {
    let device = Device { id: u64::MAX, epoch: u32::MAX };
    let names: Vec<String> = (0..5).map(user).collect();
    let names = names.iter().map(String::as_str);
    let entry = |user| SlotEntry { user, slot: Slot::Accepted(device), data: true };
    let (group, data) = (Some(GROUP), [7; 64]);
    let report = ReportMessage {
        kind: Kind::Invite,
        remaining: Some(u32::MAX),
        rev: Rev { number: u16::MAX, author: device },
        run: u32::MAX,
        echo: u32::MAX,
        modify: Some((u32::MAX, u16::MAX)),
        online_only: false,
        group,
        data: Some(&data),
        answer: Some(AnswerData { slot: 3, label: &LONGEST[..24], data: &data }),
        slots: Default::default(),
    };
    let key = InviteId { origin: device, sequence: u32::MAX };
    let (to, ttl, push) = (Target::Users(Default::default()), u32::MAX, Some(&data[..]));
    let send = Send { key, ver: u32::MAX, to, group, online_only: false, ttl, push, body: &[] };
    let body = |buf: &mut [u8]| encode_report(buf, &report, names.clone().take(4).map(entry));
    let len = encode_send(&mut [0; 2048], &send, names.clone(), body).unwrap();
    let said = largest_frame(4, 64);
    assert!(len <= said && len + 100 > said, "{len} of {said} bytes");
}

#[test]
fn an_engine_may_live_in_memory_of_somebody_else() {
    let mut memory = Fixed::<2, 1, 1, 16>::new();
    let alice = Config::new(UserId::new("alice").unwrap(), Device { id: 1, epoch: 1 });
    let mut engine: Engine<_, Bytes<16>, 1, 1> = Engine::new(alice, &mut memory);
    let id =
        engine.invite(0, &Invite { invitees: &["bob"], timeout: Some(500), ..Invite::default() }).unwrap();
    assert_eq!((engine.len(), engine.poll_timeout().is_some()), (1, true));
    engine.handle_timeout(500);
    assert_eq!(engine.view(id).unwrap().invitee(0).unwrap().slot, Slot::TimedOut);
    assert_eq!(engine.views().count(), 1);
}
