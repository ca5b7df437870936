use crate::name::{Device, InviteId};
use crate::wire::codec::{List, Reader, Writer};
use crate::wire::{DecodeError, NoRoom};
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::*;

const KEY: InviteId = InviteId { origin: ALICE, sequence: 3 };
const ALICE: Device = Device { id: 0x0102_0304_0506_0708, epoch: 300 };
const BOB: Device = Device { id: 0xb0b, epoch: 1 };

/// The bytes of one frame of each kind, and of each variant of it. A change here is another version.
const GOLDEN: &[(&str, &str)] = &[
    ("hello", "0100 05616c696365 0807060504030201 ac02 046465736b 8020 05746f6b656e"),
    ("welcome", "0101 8060 41 c8df02 000102030405060708090a0b0c0d0e0f"),
    (
        "send to users",
        "0102 01020304050607080000012c00000003 05 00 01047465616d 01 b0ea01 010470757368 02 03626f62 056361726f6c 626f6479",
    ),
    (
        "send to device",
        "0102 01020304050607080000012c00000003 05 01 03626f62 0b0b000000000000 00 00 00 00 626f6479",
    ),
    (
        "deliver",
        "0103 01020304050607080000012c00000003 05616c696365 0807060504030201 ac02 046465736b 01 047465616d 01 fa01 01 626f6479",
    ),
    (
        "deliver without body",
        "0103 01020304050607080000012c00000003 05616c696365 0807060504030201 ac02 00 00 00 00 00",
    ),
    (
        "fanout",
        "0104 01020304050607080000012c00000003 05 01 04 03626f62 00 01 0b0b000000000000 01 056361726f6c 00 00 0464617665 01 03657665 02",
    ),
    ("refused", "0105 01 01020304050607080000012c00000003 03 06"),
    ("refused link", "0105 00 00 05"),
    ("ping", "0106 ac02"),
    ("pong", "0107 ac02"),
    ("group", "0108 09 03 047465616d"),
    ("group reply", "0109 09 00 02 05616c696365 03626f62"),
];

/// The frame of that name. Its lists stand in `space`.
fn frame<'a>(name: &str, space: &'a mut Vec<u8>) -> Frame<'a> {
    let from = From { user: "alice", device: ALICE, label: "desk" };
    let deliver =
        Deliver { key: KEY, from, group: Some("team"), to_users: true, dwell: 250, body: Some(b"body") };
    let send = Send {
        key: KEY,
        ver: 5,
        to: Target::Device("bob", BOB.id),
        group: None,
        online_only: false,
        ttl: 0,
        push: None,
        body: b"body",
    };
    match name {
        "hello" => {
            Frame::Hello(Hello { user: "alice", device: ALICE, label: "desk", largest: 4096, token: "token" })
        }
        "welcome" => Frame::Welcome(Welcome {
            limits: Limits { body: 12288, recipients: 65, silence: 45_000 },
            random: core::array::from_fn(|i| u8::try_from(i).unwrap()),
        }),
        "send to users" => Frame::Send(Send {
            to: Target::Users(names(space, ["bob", "carol"])),
            group: Some("team"),
            online_only: true,
            ttl: 30_000,
            push: Some(b"push"),
            ..send
        }),
        "send to device" => Frame::Send(send),
        "deliver" => Frame::Deliver(deliver),
        "deliver without body" => Frame::Deliver(Deliver {
            from: From { label: "", ..from },
            group: None,
            to_users: false,
            dwell: 0,
            body: None,
            ..deliver
        }),
        "fanout" => {
            let users = [
                ("bob", Reach::Devices([BOB].iter().copied())),
                ("carol", Reach::Devices([].iter().copied())),
                ("dave", Reach::Later),
                ("eve", Reach::Never),
            ];
            space.resize(512, 0);
            let len = encode_fanout(space, KEY, 5, true, users.into_iter()).unwrap();
            Frame::decode(&space[..len]).unwrap()
        }
        "refused" => Frame::Refused(Refused { key: Some(KEY), ver: 3, reason: Refusal::TooLarge }),
        "refused link" => Frame::Refused(Refused { key: None, ver: 0, reason: Refusal::Replaced }),
        "ping" => Frame::Ping(300),
        "pong" => Frame::Pong(300),
        "group" => Frame::Group(GroupRequest { seq: 9, op: GroupOp::Members, group: "team" }),
        "group reply" => Frame::GroupReply(GroupReply {
            seq: 9,
            answer: GroupAnswer::Done,
            members: names(space, ["alice", "bob"]),
        }),
        _ => panic!("no frame is called {name}"),
    }
}

/// A list of names as it stands in a frame.
fn names<'a, const N: usize>(space: &'a mut Vec<u8>, names: [&str; N]) -> List<'a, &'a str> {
    space.resize(512, 0);
    Writer::start(space, 0).list(names.into_iter(), Writer::text);
    let (_, mut from) = Reader::open(space).unwrap();
    List::read(&mut from, N)
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: String = hex.split(' ').collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn encode(frame: &Frame<'_>) -> Vec<u8> {
    let mut buf = vec![0; 64 * 1024];
    let len = frame.encode(&mut buf).unwrap();
    buf.truncate(len);
    buf
}

/// The body of a frame that has one, and nothing else that is not fixed by what stands before it.
fn body<'a>(frame: &Frame<'a>) -> Option<&'a [u8]> {
    match frame {
        Frame::Send(send) => Some(send.body),
        Frame::Deliver(deliver) => deliver.body,
        _ => None,
    }
}

#[test]
fn frames_are_written_to_the_golden_bytes() {
    for (name, hex) in GOLDEN {
        assert_eq!(encode(&frame(name, &mut Vec::new())), unhex(hex), "{name}");
    }
}

#[test]
fn golden_bytes_are_read_to_the_frames() {
    for (name, hex) in GOLDEN {
        assert_eq!(Frame::decode(&unhex(hex)), Ok(frame(name, &mut Vec::new())), "{name}");
    }
}

#[test]
fn a_frame_cut_short_anywhere_is_refused_or_has_a_shorter_body() {
    for (name, hex) in GOLDEN {
        let whole = unhex(hex);
        let of_body = body(&frame(name, &mut Vec::new())).map_or(0, <[u8]>::len);
        for len in 0..whole.len() {
            let cut = Frame::decode(&whole[..len]);
            match len.checked_sub(whole.len() - of_body) {
                Some(left) => {
                    assert_eq!(body(&cut.unwrap()).unwrap(), &b"body"[..left], "{name} cut to {len}");
                }
                None if len == 0 => assert_eq!(cut, Err(DecodeError::Empty)),
                None => assert_eq!(cut, Err(DecodeError::Malformed), "{name} cut to {len}"),
            }
        }
    }
}

#[test]
fn bytes_behind_a_frame_are_refused_or_belong_to_its_body() {
    for (name, hex) in GOLDEN {
        let mut bytes = unhex(hex);
        bytes.push(0);
        match body(&frame(name, &mut Vec::new())) {
            Some(_) => assert_eq!(body(&Frame::decode(&bytes).unwrap()), Some(&b"body\0"[..]), "{name}"),
            None => assert_eq!(Frame::decode(&bytes), Err(DecodeError::Trailing), "{name}"),
        }
    }
}

#[test]
fn another_version_is_named() {
    for (name, hex) in GOLDEN {
        let mut bytes = unhex(hex);
        bytes[0] = 2;
        assert_eq!(Frame::decode(&bytes), Err(DecodeError::Version { found: 2 }), "{name}");
    }
}

#[test]
fn an_unknown_kind_is_refused() {
    for kind in 10..=255 {
        assert_eq!(Frame::decode(&[1, kind, 0, 0]), Err(DecodeError::Malformed));
    }
}

#[test]
fn a_damaged_frame_is_refused_or_is_another_good_one() {
    for (name, hex) in GOLDEN {
        let golden = unhex(hex);
        for (at, value) in (0..golden.len()).flat_map(|at| (0..=255).map(move |value| (at, value))) {
            let mut bytes = golden.clone();
            bytes[at] = value;
            let Ok(read) = Frame::decode(&bytes) else { continue };
            assert_eq!(Frame::decode(&encode(&read)), Ok(read), "{name}, byte {at} = {value}");
        }
    }
}

#[test]
fn a_buffer_too_small_by_one_byte_has_no_room() {
    for (name, hex) in GOLDEN {
        let mut small = vec![0; unhex(hex).len() - 1];
        assert_eq!(frame(name, &mut Vec::new()).encode(&mut small), Err(NoRoom), "{name}");
    }
}

#[test]
fn names_are_checked() {
    let long = "x".repeat(33);
    for user in ["", "a\nb", long.as_str()] {
        let hello = Hello { user, device: ALICE, label: "", largest: 4096, token: "" };
        assert_eq!(Frame::decode(&encode(&Frame::Hello(hello))), Err(DecodeError::Name), "{user:?}");
    }
    let hello = Hello { user: "alice", device: ALICE, label: &long[..25], largest: 4096, token: "" };
    assert_eq!(Frame::decode(&encode(&Frame::Hello(hello))), Err(DecodeError::Name));
    let group = GroupRequest { seq: 1, op: GroupOp::Join, group: "" };
    assert_eq!(Frame::decode(&encode(&Frame::Group(group))), Err(DecodeError::Name));
}

fn send_to(users: &[&str]) -> Vec<u8> {
    let to = Target::Users(List::default());
    let send = Send { key: KEY, ver: 1, to, group: None, online_only: false, ttl: 0, push: None, body: b"" };
    let mut buf = vec![0; 64 * 1024];
    let len = encode_send(&mut buf, &send, users.iter().copied(), |_| Ok(0)).unwrap();
    buf.truncate(len);
    buf
}

#[test]
fn the_users_of_a_send_are_some_each_once_and_not_too_many() {
    let names: Vec<String> = (0..=MAX_RECIPIENTS).map(|i| format!("user {i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert!(Frame::decode(&send_to(&names[..MAX_RECIPIENTS])).is_ok());
    for wrong in [&names[..], &[], &["bob", "bob"]] {
        assert_eq!(Frame::decode(&send_to(wrong)), Err(DecodeError::List), "{} users", wrong.len());
    }
    assert_eq!(Frame::decode(&send_to(&["bob", ""])), Err(DecodeError::Name));
}

#[test]
fn a_list_that_claims_more_than_it_may_is_not_read() {
    let mut bytes = encode(&frame("group reply", &mut Vec::new()));
    bytes.splice(4..5, [0x81, 0x08]);
    assert_eq!(Frame::decode(&bytes), Err(DecodeError::List), "1025 members");
}

#[test]
fn every_refusal_says_something_else() {
    let read = |code| match Frame::decode(&[1, 5, 0, 0, code]) {
        Ok(Frame::Refused(refused)) => Some(refused.reason),
        _ => None,
    };
    let said: Vec<String> = (0..=255).map_while(read).map(|refusal| format!("{refusal}")).collect();
    assert_eq!(said.len(), 11);
    assert!(said.iter().enumerate().all(|(i, text)| !said[..i].contains(text)));
}
