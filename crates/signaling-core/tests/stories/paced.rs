//! Answers that had to wait, step by step at the inviter's engine.

use signaling_core::machine::{Answer, Mask, Stance};
use signaling_core::wire::{Ack, Deliver, Frame, From, Message, Reach, StanceMessage, encode_fanout};
use signaling_core::{Config, Device, FixedEngine, Invite, InviteId, UserId};

const BOB: Device = Device { id: 2, epoch: 1 };
const DESK: Device = Device { id: 3, epoch: 1 };

struct Alice {
    engine: FixedEngine<1, 1, 1, 16>,
    id: InviteId,
}

impl Alice {
    /// She rang bob, whose device is all that anybody has.
    fn new() -> Self {
        Self::limited(None)
    }

    /// She rings him for so many ms.
    fn limited(timeout: Option<u32>) -> Self {
        let config = Config::new(UserId::new("alice").unwrap(), Device { id: 1, epoch: 1 });
        let mut engine = FixedEngine::new(config, Default::default());
        let id = engine.invite(0, &Invite { invitees: &["bob"], timeout, ..Invite::default() }).unwrap();
        Self { engine, id }
    }

    /// How many frames leave; she hears all there is to hear.
    fn drain(&mut self, now: u64) -> usize {
        self.engine.handle_timeout(now);
        let mut buf = [0; 512];
        let sent = std::iter::from_fn(|| self.engine.poll_transmit(now, &mut buf)).count();
        while self.engine.poll_event().is_some() {}
        sent
    }

    /// The numbers that the frames which leave answer.
    fn echoes(&mut self, now: u64) -> Vec<u32> {
        self.engine.handle_timeout(now);
        let (mut buf, mut echoes) = ([0; 512], vec![]);
        while let Some(len) = self.engine.poll_transmit(now, &mut buf) {
            let Ok(Frame::Send(send)) = Frame::decode(&buf[..len]) else {
                panic!("a device only sends Sends")
            };
            let Ok(Message::Report(report)) = Message::decode(send.body) else {
                panic!("an inviter reports")
            };
            echoes.push(report.echo);
        }
        echoes
    }

    /// It reached bob's device, and those of hers.
    fn fan_out(&mut self, now: u64, ver: u32, hers: &[Device]) {
        let mut buf = [0; 256];
        let users = [("bob", &[BOB][..]), ("alice", hers)];
        let users = users.map(|(user, devices)| (user, Reach::Devices(devices.iter().copied())));
        let len = encode_fanout(&mut buf, self.id, ver, false, users.into_iter()).unwrap();
        let Ok(Frame::Fanout(fanout)) = Frame::decode(&buf[..len]) else { panic!("it is one") };
        self.engine.handle_fanout(now, &fanout).unwrap();
    }

    fn hear(&mut self, now: u64, message: &Message<'_>) {
        let mut body = [0; 64];
        let len = message.encode(&mut body).unwrap();
        let from = From { user: "bob", device: BOB, label: "" };
        let deliver =
            Deliver { key: self.id, from, group: None, to_users: false, dwell: 0, body: Some(&body[..len]) };
        self.engine.handle_message(now, &deliver, &mut []).unwrap();
    }
}

#[test]
fn a_row_goes_though_an_answer_still_waited_when_all_was_known() {
    let accept = Message::Stance(StanceMessage { n: 1, stance: Stance::Answer(Answer::Accept), data: b"" });
    let mut alice = Alice::new();
    alice.drain(0);
    alice.fan_out(10, 1, &[]);
    alice.hear(100, &accept);
    alice.drain(100);
    alice.fan_out(105, 2, &[]);
    alice.hear(110, &accept);
    assert_eq!(alice.drain(110), 1, "the repeat is answered");
    alice.hear(120, &accept);
    assert_eq!(alice.drain(120), 0, "not twice in 50 ms");
    assert_eq!(alice.engine.poll_timeout(), Some(160), "50 ms after the last");
    alice.hear(130, &Message::Ack(Ack { rev: 0, mask: Mask::one(0) }));
    assert_eq!((alice.drain(130), alice.engine.len()), (0, 1), "the answer still waits");
    assert_eq!(alice.drain(170), 1);
    assert!(alice.engine.is_empty(), "nobody has anything left to learn");
}

#[test]
fn an_answer_that_waits_is_to_the_newest_question_whatever_is_repeated() {
    let query = |n| Message::Stance(StanceMessage { n, stance: Stance::Query, data: b"" });
    let mut alice = Alice::new();
    alice.engine.modify(0, alice.id, b"audio").unwrap();
    alice.drain(0);
    alice.fan_out(10, 2, &[]);
    let repeat = alice.engine.poll_timeout().unwrap();
    alice.hear(repeat - 30, &query(1));
    assert_eq!(alice.echoes(repeat - 30), [1]);
    alice.hear(repeat - 20, &query(2));
    alice.hear(repeat - 10, &query(3));
    assert_eq!((alice.echoes(repeat - 10), alice.echoes(repeat)), (vec![], vec![]), "not twice in 50 ms");
    assert_eq!(alice.echoes(repeat + 20), [3]);
}

#[test]
fn who_is_first_named_after_long_is_told_soon() {
    let mut alice = Alice::new();
    alice.engine.modify(0, alice.id, b"audio").unwrap();
    for now in (0..20_000).step_by(100) {
        alice.drain(now);
    }
    alice.fan_out(20_000, 2, &[DESK]);
    assert_eq!(alice.drain(20_240), 2, "the repeats, seconds apart by now, start anew");
}

#[test]
fn what_nobody_answers_is_repeated_ever_more_slowly() {
    let mut alice = Alice::new();
    let sent = |alice: &mut Alice, times: std::ops::Range<u64>| -> usize {
        times.step_by(10).map(|now| alice.drain(now)).sum()
    };
    assert!((4..=6).contains(&sent(&mut alice, 0..3_200)), "at once; after 0.2, 0.6, 1.4 and 3 s");
    assert!(
        (8..=12).contains(&sent(&mut alice, 3_200..23_200)),
        "every 4 s, and as each third of the lease is over"
    );
}

#[test]
fn an_end_is_repeated_at_once_though_its_device_overslept() {
    let mut alice = Alice::limited(Some(5_000));
    (0..4_900).step_by(10).for_each(|now| {
        alice.drain(now);
    });
    // The limit passed, and a repeat of the Invite was due, too.
    assert_eq!(alice.drain(9_000), 1);
    assert_eq!(alice.drain(9_250), 1, "200 ms later, not 4 s");
}

#[test]
fn repeats_are_spread_so_that_devices_do_not_fall_into_step() {
    let mut pauses = std::collections::BTreeSet::new();
    let mut alice = Alice::new();
    for now in (0..60_000).step_by(1_000) {
        alice.drain(now);
        // Each revision starts the repeats anew, 200 ms later, give or take a fifth.
        alice.engine.modify(now, alice.id, b"audio").unwrap();
        pauses.insert(alice.engine.poll_timeout().unwrap() - now);
    }
    assert!(pauses.len() > 15, "{pauses:?}");
    assert!(pauses.first() < Some(&170) && pauses.last() > Some(&230), "{pauses:?}");
    assert!(pauses.iter().all(|pause| (159..=241).contains(pause)), "{pauses:?}");
}

#[test]
fn a_row_that_is_used_again_remembers_nothing() {
    let accept = Stance::Answer(Answer::Accept);
    let accept = Message::Stance(StanceMessage { n: 1, stance: accept, data: b"yes" });
    let mut alice = Alice::new();
    alice.drain(0);
    alice.fan_out(10, 1, &[]);
    alice.hear(100, &accept);
    alice.drain(100);
    alice.hear(110, &accept);
    alice.drain(110);
    alice.hear(120, &accept);
    // An answer to bob still waits; but his call is over, and its row is needed.
    let again = Invite { invitees: &["bob"], ..Invite::default() };
    alice.id = alice.engine.invite(130, &again).unwrap();
    assert_eq!((alice.drain(130), alice.drain(200)), (1, 0), "nothing but the new Invite");
    alice.fan_out(210, 1, &[]);
    assert_eq!(alice.echoes(500), [0], "repeated to who is silent; nobody asked anything of this call");
    let view = alice.engine.view(alice.id).unwrap();
    assert_eq!((view.invitee(0).unwrap().data.as_slice(), view.heard().0), (&b""[..], Device::default()));
}

#[test]
fn who_is_never_heard_is_called_no_faster_after_minutes() {
    let mut config = Config::new(UserId::new("alice").unwrap(), Device { id: 1, epoch: 1 });
    config.lease = 3_000_000; // no refresh comes between the repeats
    let mut alice = FixedEngine::<1, 1, 1, 16>::new(config, Default::default());
    alice.invite(0, &Invite { invitees: &["bob"], ..Invite::default() }).unwrap();
    let mut repeat = || {
        let now = alice.poll_timeout().unwrap();
        alice.handle_timeout(now);
        now
    };
    let times: Vec<u64> = (0..100).map(|_| repeat()).collect();
    let mut waits = times.windows(2).map(|two| two[1] - two[0]).skip(8);
    assert!(waits.all(|wait| (3_100..=4_900).contains(&wait)), "{times:?}");
}
